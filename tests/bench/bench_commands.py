"""What a command costs on a full database, against an empty one.

Three desks run whole (loop, worker process, real files) with 200 open positions at the broker:
one with nothing in its database, a young one (200 deals, 20 signals: its answers look like the
full one's), and one with a million deals and a hundred thousand signals. A command is fed to the
dispatcher and timed until its handler has returned; Telegram answers at once, so that its network
is in no figure. Turns alternate between the desks; median
and 95th percentile are over every turn. The plans of every query are printed.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.enums import ParseMode
from aiogram.types import Chat, Message, Update, User

from bot.app import App, open_app
from bot.sandbox import TOKEN, Sandbox
from bot.settings import load_settings
from bot.terminals import terminal_config
from storage.database import connect
from tests.support.big_book import fill
from tests.support.chat_desk import OWNER, environment, steady
from tests.support.instant import Instant
from trading.clock import SystemClock
from trading.terminal.simulated import admin

DEALS, SIGNALS, POSITIONS = 1_000_000, 100_000, 200
YOUNG_DEALS, YOUNG_SIGNALS = 200, 20
ROUNDS = 60
LIMIT_MS, TIMES = 50.0, 1.2
COMMANDS = (
    "/status", "/status table", "/status {ticket}", "/positions", "/drawdown", "/orders",
    "/count", "/balance", "/heartbeat", "/accounts", "/help", "/help cap",
    "/fx", "/fx all", "/fx {ticket} 50%", "/partial {ticket} 50", "/be all",
    "/sl {ticket} 1.0500", "/tp {ticket} 1.2000", "/trail {ticket} 50",
    "/timelimit {ticket} 4h", "/cancel all", "/order {ticket}", "/trade {ticket}",
    "/profit", "/profit 7", "/profit 366", "/profit_long", "/daily", "/daily 60", "/weekly",
    "/monthly", "/trades", "/performance", "/performance source", "/performance hour", "/stats",
    "/stats 366", "/report", "/report month",
    "/cap", "/riskpct", "/preset", "/signals", "/pending", "/why 1", "/channels", "/channel 1",
    "/score", "/users", "/audit", "/notify", "/settings", "/plan",
)  # fmt: skip
"""What is only read or asked; ``{ticket}`` is an open position's."""


class Subject:
    """A running desk, and how long it takes to answer."""

    def __init__(self, app: App, database: Path) -> None:
        self.app = app
        self.database = database
        self._bot = Bot(
            TOKEN, session=Instant(), default=DefaultBotProperties(parse_mode=ParseMode.HTML)
        )
        self._number = 10_000

    @property
    def ticket(self) -> int:
        """Return an open position's."""
        one = next(iter(self.app.loop.loops.values()))
        assert one.snapshot is not None
        return one.snapshot.positions[0].ticket

    async def answers(self, text: str) -> float:
        """Return the milliseconds a command takes."""
        self._number += 1
        person = User(id=OWNER, is_bot=False, first_name="Olga")
        message = Message(
            message_id=self._number,
            date=0,  # type: ignore[arg-type]  # aiogram reads seconds
            chat=Chat(id=OWNER, type="private"),
            from_user=person,
            text=text,
        )
        update = Update(update_id=self._number, message=message)
        begun = time.perf_counter()
        await self.app.polling._dispatcher.feed_update(self._bot, update)  # noqa: SLF001 - as polling does
        return (time.perf_counter() - begun) * 1000


@asynccontextmanager
async def subject(folder: Path, deals: int, signals: int) -> Any:
    """Run a desk with open positions over a database of so many deals and signals."""
    folder.mkdir()  # noqa: ASYNC240 - before anything runs
    async with Sandbox() as sandbox:
        given = environment(
            folder, sandbox.url, steady(3600), RESULTS_DAY_ZONE="UTC", LOOP_INTERVAL_SECONDS="1"
        )
        sandbox.person(OWNER, "Olga").chat.started = True
        settings = load_settings(given, None, need_telegram=True)
        config = terminal_config(settings, settings.database_path)
        config = replace(config, extra={**config.extra, "SIMULATED_COMMISSION": "0"})
        async with running(settings, config):
            pass  # makes the account
        if deals:
            now_ms = int(SystemClock().now().timestamp() * 1000)
            begun = time.perf_counter()
            fill(settings.database_path, deals, signals, now_ms)
            size = settings.database_path.stat().st_size / 1e6
            say(
                f"{deals:,} deals and {signals:,} signals in {time.perf_counter() - begun:.0f} s,"
                f" {size:.0f} MB"
            )
        account = settings.database_path.with_suffix(".simulated")
        for _ in range(POSITIONS):
            admin.instruct(
                account,
                {
                    "admin": "open",
                    "symbol": "EURUSD",
                    "side": "buy",
                    "volume": "0.01",
                },
            )
        async with running(settings, config) as app:
            one = next(iter(app.loop.loops.values()))
            async with asyncio.timeout(60):
                while one.snapshot is None or len(one.snapshot.positions) < POSITIONS:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            yield Subject(app, settings.database_path)


@asynccontextmanager
async def running(settings: Any, config: Any) -> Any:
    async with open_app(settings, terminal=config) as app, asyncio.TaskGroup() as group:
        task = group.create_task(app.run())
        try:
            async with asyncio.timeout(30):
                while not app.loop.loops or any(  # noqa: ASYNC110 - it has no event
                    one.account is None for one in app.loop.loops.values()
                ):
                    await asyncio.sleep(0.05)
            yield app
        finally:
            app.sender.drain = nothing  # type: ignore[method-assign]  # nobody reads these messages
            app.stopping.set()
            await task


async def nothing(seconds: float) -> None:
    """Drain nothing."""
    del seconds


def plans(database: Path) -> list[str]:
    """Return the plan of every query of the results' answers, most telling line first."""
    from tests.unit.test_result_plans import statements  # noqa: PLC0415 - beside its own test

    found = []
    with closing(connect(database)) as connection:
        for name, sql in statements(connection):
            steps = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
            found.append(f"{name:<12} {' · '.join(steps)}")
    return list(dict.fromkeys(found))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main() -> int:
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="bench-commands-") as name:
        folder = Path(name)
        async with (
            subject(folder / "empty", 0, 0) as empty,
            subject(folder / "young", YOUNG_DEALS, YOUNG_SIGNALS) as young,
            subject(folder / "full", DEALS, SIGNALS) as full,
        ):
            missed = await compare((empty, young, full))
            say("")
            for line in plans(full.database):
                say(line)
    say(f"\n{time.perf_counter() - begun:.0f} s in all")
    return missed


async def compare(subjects: Sequence[Subject]) -> int:
    """Print a row for each command; return how many missed the mark."""
    heads = ("empty p50", "p95", "young p50", "p95", "full p50", "p95")
    say(f"{'command, ms':<22}" + "".join(f"{head:>10}" for head in heads) + "  full/young")
    missed, worst_ms, worst_ratio = 0, 0.0, 0.0
    for text in COMMANDS:
        times: list[list[float]] = [[] for _ in subjects]
        for _ in range(ROUNDS):
            for one, taken in zip(subjects, times, strict=True):
                taken.append(await one.answers(text.format(ticket=one.ticket)))
        found = [middle_and_high(taken) for taken in times]
        ratio = found[2][0] / found[1][0]
        bad = found[2][1] > LIMIT_MS or ratio > TIMES
        missed += bad
        worst_ms, worst_ratio = max(worst_ms, found[2][1]), max(worst_ratio, ratio)
        cells = "".join(f"{figure:>10.2f}" for pair in found for figure in pair)
        say(f"{text:<22}{cells}{ratio:>12.2f}{'  MISSED' if bad else ''}")
    goals = f"{LIMIT_MS:.0f} ms and {TIMES} x"
    say(f"worst p95 {worst_ms:.1f} ms, worst full/young {worst_ratio:.2f} x (goal at most {goals})")
    return missed


def middle_and_high(times: list[float]) -> tuple[float, float]:
    """Return median and 95th percentile."""
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(main()) else 0)
