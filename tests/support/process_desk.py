"""The bot as a process that can be killed, with the chat in this one."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp

from bot.sandbox import Sandbox
from bot.settings import load_settings
from tests.support import nursery
from tests.support.chat_desk import OWNER, ChatDesk, environment, steady
from tests.support.fresh import fresh_file
from trading.terminal.simulated.broker import Broker

READY_SECONDS = 60.0


class Nursery:
    """Forks bots whose imports are done; see ``tests.support.nursery``."""

    async def __aenter__(self) -> Self:
        path = await asyncio.to_thread(nursery.address)
        self._answers, self._wishes = await asyncio.open_unix_connection(path)
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        self._wishes.close()
        await self._wishes.wait_closed()

    async def start(self, **wish: object) -> int:
        """Start a bot and return its process id."""
        return await self._ask(wish)

    async def wait(self, pid: int) -> int:
        """Wait for a bot's end and return its exit code, negative for a signal."""
        return await self._ask({"wait": pid})

    async def _ask(self, wish: Mapping[str, object]) -> int:
        self._wishes.write(json.dumps(wish).encode() + b"\n")
        async with asyncio.timeout(READY_SECONDS):
            return int(await self._answers.readline())


@dataclass
class ProcessDesk(ChatDesk):
    """A desk whose bot is started, killed and stopped by the test."""

    nursery: Nursery = field(default_factory=Nursery)
    environment: dict[str, str] = field(default_factory=dict)
    pid: int | None = None

    @property
    def log(self) -> str:
        """Everything the bots of this desk wrote."""
        return (self.folder / "log.txt").read_text()

    async def start(self, *, ready: bool = True, **wish: object) -> None:
        """Start the bot; it is ready when its own health page says so."""
        wish = {"env": self.environment, "log": str(self.folder / "log.txt"), **wish}
        self.pid = await self.nursery.start(**wish)
        if ready:
            await self.ready()

    async def ready(self) -> None:
        """Wait until everything is well."""
        url = f"http://127.0.0.1:{self.settings.http.port}/health/ready"
        try:
            async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as session:
                while True:
                    with suppress(aiohttp.ClientError):
                        async with session.get(url) as answer:
                            if answer.status == 200:
                                return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"the bot is not ready:\n{self.log}") from None

    async def kill(self) -> None:
        """End the bot as a power cut of the process would."""
        assert await self.end(signal.SIGKILL) == -signal.SIGKILL

    async def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        assert self.pid is not None
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)
        return await self.ended()

    async def ended(self) -> int:
        """Wait until the bot has ended and return its exit code."""
        assert self.pid is not None
        pid, self.pid = self.pid, None
        return await self.nursery.wait(pid)

    def deals(self) -> list[Any]:
        """Return every trade deal in the simulated account's file; the bot must be down."""
        account = self.settings.database_path.with_suffix(".simulated")
        broker = Broker({**self.environment, "SIMULATED_ACCOUNT_FILE": str(account)})
        assert broker.initialize(), broker.last_error()
        found = broker.history_deals_get(0, 4_000_000_000)
        broker.shutdown()
        return [one for one in found or () if one.type in (0, 1)]


@asynccontextmanager
async def process_desk(folder: Path, bots: Nursery, **changes: str) -> AsyncIterator[ProcessDesk]:
    """Give a desk whose bot is not started yet; whatever runs at the end is killed."""
    async with Sandbox() as sandbox:
        given = environment(folder, sandbox.url, steady(), **changes)
        fresh_file(Path(given["DATABASE_PATH"]))
        extra = {"SIMULATED_FAULTS": str(folder / "faults.json"), "SIMULATED_COMMISSION": "0"}
        desk = ProcessDesk(
            folder,
            sandbox,
            load_settings(given, None, need_telegram=True),
            sandbox.person(OWNER, "Olga"),
            nursery=bots,
            environment={**given, **extra},
        )
        try:
            yield desk
        finally:
            if desk.pid is not None:
                await desk.end(signal.SIGKILL)
