"""The whole desk in a test: sandbox Bot API, real polling, real worker process, real files."""

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp

from bot.app import App, open_app
from bot.sandbox import TOKEN, Person, Sandbox
from bot.sandbox.chats import ChatMessage
from bot.settings import Settings, load_settings
from bot.signal_command import PATH, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from bot.terminals import terminal_config
from tests.support.fresh import direct, engine_settings, fresh_file
from tests.support.simulated_desk import Row, write_ticks
from trading.clock import SystemClock
from trading.terminal.simulated import admin

SECRET = "a-test-key"  # noqa: S105 - of these tests alone
OWNER = 1001


def steady(seconds: int = 600, bid: str = "1.1000", ask: str = "1.1001") -> list[Row]:
    """Return EURUSD that flickers by a tenth of a pip, so that its quotes stay fresh."""
    return [
        (half / 2, "EURUSD", f"{bid}{half % 2}", f"{ask}{half % 2}") for half in range(seconds * 2)
    ]


@dataclass
class ChatDesk:
    """Where everything of one desk is, and how people and programs reach it."""

    folder: Path
    sandbox: Sandbox
    settings: Settings
    owner: Person
    app: App | None = None
    _refs: list[int] = field(default_factory=list)

    @property
    def faults(self) -> Path:
        return self.folder / "faults.json"

    def fault(self, *rules: dict[str, object]) -> None:
        """Put faults of the simulated terminal in force, in place of those before."""
        self.faults.write_text(json.dumps(rules))

    def instruct(self, kind: str, **values: object) -> None:
        """Do something at the broker that the desk did not order."""
        account = self.settings.database_path.with_suffix(".simulated")
        admin.instruct(account, {"admin": kind, **values})

    async def post(self, **changes: object) -> tuple[int, dict[str, object]]:
        """Post a signed signal: a buy of EURUSD unless said otherwise."""
        self._refs.append(1)
        signal: dict[str, object] = {
            "source": "desk",
            "ref": f"signal-{len(self._refs)}",
            "symbol": "EURUSD",
            "side": "buy",
            "type": "market",
            "stop_loss": "1.0950",
            "take_profits": ["1.1100", "1.1200"],
            **changes,
        }
        body = json.dumps(signal).encode()
        stamp = str(int(SystemClock().now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: stamp,
            SIGNATURE_HEADER: sign(SECRET, stamp, body),
        }
        url = f"http://127.0.0.1:{self.settings.http.port}{PATH}"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.json(content_type=None)

    async def card(self, **changes: object) -> ChatMessage:
        """Post a signal and return its card in the owner's chat."""
        before = self.owner.messages[-1] if self.owner.messages else None
        status, body = await self.post(**changes)
        assert status == 201, body
        side = str(changes.get("side", "buy")).upper()
        return await self.owner.sees(f"{side} EURUSD", after=before)

    async def says(self, text: str, expected: str) -> ChatMessage:
        """Let the owner say something and return the answer that contains the expected words."""
        sent = await self.owner.sends(text)
        return await self.owner.sees(expected, after=sent)

    def rows(self, sql: str) -> list[dict[str, object]]:
        """Return what the database says."""
        on_postgres = self.settings.database_url is not None
        with direct(self.settings.database_path, on_postgres=on_postgres) as database:
            return [dict(row) for row in database.execute(sql)]


def environment(folder: Path, url: str, rows: list[Row], **changes: str) -> dict[str, str]:
    """Return the settings of a desk in a folder, as a process would be given them."""
    return {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_OWNER_IDS": str(OWNER),
        "TELEGRAM_API_URL": url,
        **engine_settings(folder / "desk.db"),
        "HTTP_PORT": str(free_port()),
        "SIGNAL_SECRET": SECRET,
        "TERMINAL_TICKS": str(write_ticks(folder / "ticks.csv", rows)),
        "LOOP_INTERVAL_SECONDS": "0.2",
        "HEARTBEAT_INTERVAL_SECONDS": "10",
        "SIGNAL_CHARTS": "false",
        **changes,
    }


def free_port() -> int:
    """Return a port nobody has, below those that a system gives to connections by itself.

    Any of those could be given away again before the desk comes to listen on it.
    """
    while True:
        port = random.SystemRandom().randint(12_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@asynccontextmanager
async def chat_desk(
    folder: Path, rows: list[Row] | None = None, **changes: str
) -> AsyncIterator[ChatDesk]:
    """Run a desk and its chat until the context ends."""
    async with Sandbox() as sandbox:
        given = environment(folder, sandbox.url, rows or steady(), **changes)
        settings = load_settings(given, None, need_telegram=True)
        fresh_file(settings.database_path)
        desk = ChatDesk(folder, sandbox, settings, sandbox.person(OWNER, "Olga"))
        async with running(desk):
            yield desk


@asynccontextmanager
async def running(desk: ChatDesk) -> AsyncIterator[App]:
    """Run the desk's process part, which can be stopped and run again on the same files."""
    config = terminal_config(desk.settings, desk.settings.database_path)
    extra = {**config.extra, "SIMULATED_FAULTS": str(desk.faults), "SIMULATED_COMMISSION": "0"}
    async with (
        open_app(desk.settings, terminal=replace(config, extra=extra)) as app,
        asyncio.TaskGroup() as group,
    ):
        desk.app = app
        task = group.create_task(app.run())
        try:
            yield app
        finally:
            app.stopping.set()
            await task
            desk.app = None
