"""``python -m bot run`` as a user starts it, over the strict stand-in and the sandbox Bot API.

The stand-in is the package named MetaTrader5 on the worker's path (``local``) or inside an rpyc
classic server of its own process (``remote``); nothing of the program is replaced.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.sandbox import Person, Sandbox
from bot.settings import load_settings
from tests.support.chat_desk import OWNER, ChatDesk, environment
from tests.support.process_desk import Nursery
from tests.support.strict.MetaTrader5._book import FOLDER, Book

PACKAGE = Path(__file__).with_name("strict")
ROOT = Path(__file__).parents[2]
CAN_FORK = hasattr(os, "fork")
SERVER = (
    "import sys; from rpyc.core.service import ClassicService as C;"
    " from rpyc.utils.server import ThreadedServer as T;"
    " s = T(C, hostname='127.0.0.1', port=int(sys.argv[1])); s._listen();"
    " print(s.port, flush=True); s.start()"
)


@dataclass
class StrictDesk(ChatDesk):
    """A chat desk whose broker is the strict stand-in."""

    book: Book | None = None

    @property
    def broker(self) -> Book:
        """The broker's books, read anew."""
        assert self.book is not None
        self.book.load()
        return self.book

    def price(self, symbol: str, bid: float, ask: float) -> None:
        """Move a price."""
        book = self.broker
        book.set(quotes={**book.control["quotes"], symbol: [bid, ask]})

    def by_hand(self, symbol: str, side: int, volume: float) -> None:
        """Open a position that the desk did not order."""
        self.broker.do("open", symbol, side, volume)


def local(folder: Path) -> dict[str, str]:
    """Return the environment of a worker that finds the stand-in as MetaTrader5."""
    path = os.pathsep.join([str(PACKAGE), str(ROOT)])
    return {"TERMINAL_KIND": "local", "PYTHONPATH": path, FOLDER: str(folder)}


@asynccontextmanager
async def classic_server(folder: Path, port: int = 0) -> AsyncIterator[int]:
    """Run an rpyc classic server whose process can import the stand-in; give its port."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVER, str(port)),
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(PACKAGE), FOLDER: str(folder)},
    )
    assert server.stdout is not None
    try:
        yield int(await server.stdout.readline())
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


@asynccontextmanager
async def strict_desk(folder: Path, kind: str, **changes: str) -> AsyncIterator[StrictDesk]:
    """Run the program over the stand-in until the context ends, then expect a clean stop."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox())
        given = strict_environment(folder, sandbox.url)
        if kind == "local":
            given |= local(folder)
        else:
            port = await stack.enter_async_context(classic_server(folder))
            given |= {"TERMINAL_KIND": "remote", "TERMINAL_PORT": str(port)}
        given |= changes
        known = {name: value for name, value in given.items() if name not in ("PYTHONPATH", FOLDER)}
        settings = load_settings(known, None, need_telegram=True)
        owner: Person = sandbox.person(OWNER, "Olga")
        desk = StrictDesk(folder, sandbox, settings, owner, book=Book(folder))
        # One kind pays for a fresh interpreter, as a user's start does; the other need not.
        start = forked(given, folder) if kind == "local" and CAN_FORK else program(given)
        await stack.enter_async_context(start)
        await listening(settings.http.port)
        yield desk


async def listening(port: int) -> None:
    """Wait until the program answers on its port."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(90):
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/health/live"):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)


def strict_environment(folder: Path, url: str) -> dict[str, str]:
    """Return the settings of a desk for the stand-in's account."""
    given = environment(folder, url, [])
    del given["TERMINAL_TICKS"]
    (folder / "ticks.csv").unlink()
    return {
        **given,
        "TERMINAL_LOGIN": "5001",
        "TERMINAL_PASSWORD": "right",
        "TERMINAL_SERVER": "Strict-Demo",
    }


@asynccontextmanager
async def forked(given: dict[str, str], folder: Path) -> AsyncIterator[None]:
    """Run the program from the nursery; at the end it must stop by itself with 0."""
    async with Nursery() as nursery:
        pid = await nursery.start(env=given, log=str(folder / "log.txt"))
        yield
        os.kill(pid, signal.SIGTERM)
        assert await nursery.wait(pid) == 0


@asynccontextmanager
async def program(given: dict[str, str]) -> AsyncIterator[None]:
    """Run ``python -m bot run`` with these variables; at the end it must stop by itself with 0."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        env={"PATH": os.environ["PATH"], **given},
        cwd=ROOT,
    )
    try:
        yield
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
