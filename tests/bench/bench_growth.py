"""How the desk grows: ``python -m tests.bench.bench_growth``.

Accounts 1 to 200, open positions 1 to 500, approvals that wait 1 to 1,000, and a history of up to
a million rows. Everything is in one process (the worker's code and the simulated broker too), so
the figures are our own work, without the machine's scheduler between two processes. Each row is
compared with a floor of the same run, or with its own smallest size.
"""

import asyncio
import contextlib
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from storage.database import open_database
from storage.store import SqliteStore
from tests.bench.harness import Report, arguments
from tests.faults.test_crash_everywhere import CALM
from tests.support.loop_desk import OWNER, LoopDesk
from trading.ids import ApprovalId, MemberId, mint_client_order_id
from trading.loop import SIGNAL_BATCH_SIZE, AccountLoop
from trading.model import (
    Action,
    Decision,
    Filled,
    Filling,
    NewOrder,
    Order,
    OrderRequest,
    OrderType,
    Side,
    SignalDraft,
)
from trading.signals import digest

ACCOUNTS = (1, 10, 50, 200)
POSITIONS = (1, 50, 500)
WAITING = (1, 10, 100, 1000)


async def micros(act: Callable[[], Awaitable[object]], times: int) -> list[float]:
    """Return how long each of so many calls took."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await act()
        taken.append((time.perf_counter() - began) * 1e6)
    return taken


@contextlib.asynccontextmanager
async def desk_in(folder: Path, **environment: str) -> AsyncIterator[LoopDesk]:
    """Give a desk that has seen its account."""
    folder.mkdir(parents=True)  # noqa: ASYNC240 - before anything runs
    desk = LoopDesk(folder, CALM, **environment)
    desk.limits = replace(desk.limits, max_open_positions=10_000, max_orders=None)
    await desk.open()
    await desk.passes(3, every=0.2)
    yield desk
    await desk.drop()


# --- accounts --------------------------------------------------------------------------------


async def accounts(report: Report, folder: Path, rounds: int) -> None:
    """Measure one pass over all of so many idle accounts, on one process and one database."""
    first = 0.0
    for count in ACCOUNTS:
        async with desk_in(folder / f"accounts-{count}") as desk:
            loops = [desk.loop, *(desk.another(1_000_100 + number) for number in range(1, count))]

            async def sweep(loops: list[AccountLoop] = loops, clock: Any = desk.clock) -> None:
                await asyncio.gather(*(loop.guarded_pass() for loop in loops))
                clock.advance(0.01)

            for _ in range(3):
                await sweep()
            assert all(not loop.blind for loop in loops)
            began = time.process_time()
            taken = await micros(sweep, rounds)
            spent = (time.process_time() - began) / rounds
        middle = min(taken)  # what else the machine does is not ours
        first = first or middle
        last = count == ACCOUNTS[-1]
        goal = 250 if last else None
        report.value(f"pass over {count} idle accounts", middle / 1000, "ms", at_most=goal)
        if last:
            report.value("processor time at a pass a second", spent * 100, "%", at_most=25)
            report.value("one of them against one alone", middle / first / count, "x", at_most=1.5)


# --- one signal for everybody -----------------------------------------------------------------


async def fan_out(report: Report, folder: Path) -> None:
    """Measure from the last decision on one signal to the last intent on disk, 200 accounts.

    Every decision is taken at the same moment, as a source in automatic mode takes them.
    """
    async with desk_in(folder / "fan-out") as desk:
        loops = [
            desk.loop,
            *(desk.another(1_000_100 + number) for number in range(1, ACCOUNTS[-1])),
        ]

        async def sweep(times: int) -> None:
            for _ in range(times):
                await asyncio.gather(*(loop.guarded_pass() for loop in loops))
                desk.clock.advance(0.2)

        taken = []
        await sweep(3)
        for signal in range(5):
            await _ingest(desk, str(signal))
            await sweep(3)
            await _approve_all(desk)
            written = _watch_intents(desk)
            began = time.perf_counter()
            await sweep(1)
            assert len(written) == len(loops)
            taken.append(max(written) - began)
            await sweep(2)
    report.value("one signal to 200 accounts: last intent", min(taken) * 1000, "ms", at_most=150)


async def _ingest(desk: LoopDesk, ref: str) -> None:
    draft = _draft()
    await desk.store.ingest(draft, "bench", ref, digest(draft), timedelta(hours=1))


async def _approve_all(desk: LoopDesk) -> None:
    member = await desk.store.member(OWNER)
    assert member is not None
    rows = await desk.rows("SELECT id FROM approval WHERE status = 'offered'")
    await asyncio.gather(
        *(desk.store.decide(ApprovalId(row[0]), member.id, Decision.APPROVE) for row in rows)
    )


def _watch_intents(desk: LoopDesk) -> list[float]:
    """Return a list that gets the moment of each intent from now on."""
    store: Any = desk.store
    submit, written = SqliteStore.submit, []

    async def noted(new: NewOrder) -> Order | None:
        order = await submit(store, new)
        written.append(time.perf_counter())
        return order

    store.submit = noted
    return written


# --- positions -------------------------------------------------------------------------------


async def positions(report: Report, folder: Path, rounds: int) -> None:
    """Measure a pass with so many open positions."""
    each: list[float] = []
    for count in POSITIONS:
        async with desk_in(folder / f"positions-{count}", TERMINAL_BALANCE="10000000") as desk:
            for number in range(count):
                desk.broker.order_send(
                    {"action": 1, "type": number % 2, "symbol": "EURUSD", "volume": 0.01,
                     "type_filling": 0}
                )  # fmt: skip
            await desk.passes(3, every=0.2)
            taken = await micros(desk.loop.guarded_pass, rounds)
        middle = min(taken)
        each.append(middle)
        report.value(f"pass with {count} open positions", middle / 1000, "ms")
    grown = each[-1] / each[1] / (POSITIONS[-1] / POSITIONS[1])
    report.value("500 positions against 10 x 50", grown, "x", at_most=1.3)


# --- approvals that wait ---------------------------------------------------------------------


async def waiting(report: Report, folder: Path) -> None:
    """Measure how fast approvals that wait are taken, by decision and to the stored result.

    The account is a netting one, so that no open positions grow meanwhile; the floor sends the
    same orders to a broker of the same kind with an intent and an answer on disk, and no more.
    """
    many = {"TERMINAL_BALANCE": "100000000", "SIMULATED_MARGIN_MODE": "netting"}
    for count in WAITING:
        async with (
            desk_in(folder / f"waiting-{count}", **many) as desk,
            desk_in(folder / f"floor-{count}", **many) as bare,
        ):
            floor = await _floor_of(folder / f"floor-{count}.db", bare, count)
            member = await _offered(desk, count)
            began = time.perf_counter()
            await asyncio.gather(
                *(
                    desk.store.decide(ApprovalId(number), member, Decision.APPROVE)
                    for number in range(1, count + 1)
                )
            )
            decided = time.perf_counter() - began
            stored = await _sent(desk, count)
        report.value(f"{count} taps at once", count / decided, "/s")
        report.value(f"{count} approvals to the stored result", count / stored, "/s")
        if count == WAITING[-1]:
            report.value("taps against the floor's", floor[0] / decided, "x")
            report.value("an order's time against the floor's", stored / floor[1], "x", at_most=2)
            report.value("floor: one at a time", count / floor[1], "/s")


async def _offered(desk: LoopDesk, count: int) -> MemberId:
    for number in range(count):
        await _ingest(desk, str(number))
    for _ in range(count // 10 + 2):
        await desk.passes(1, every=0.2)
    member = await desk.store.member(OWNER)
    assert member is not None
    return MemberId(member.id)


def _draft() -> SignalDraft:
    return SignalDraft(
        symbol="EURUSD",
        side=Side.BUY,
        order_type=OrderType.MARKET,
        entry=None,
        stop_loss=Decimal("1.0200"),
        take_profits=(),
        volume=Decimal("0.01"),
    )


async def _sent(desk: LoopDesk, count: int) -> float:
    """Let the loop send every approval, checks and all; return the seconds."""
    began = time.perf_counter()
    for _ in range(count // SIGNAL_BATCH_SIZE + 1):
        await desk.passes(1, every=0.03)  # what a pass with a batch takes
    took = time.perf_counter() - began
    filled = await desk.rows("SELECT id FROM orders WHERE status = 'filled'")
    assert len(filled) == count
    return took


async def _floor_of(path: Path, desk: LoopDesk, count: int) -> tuple[float, float]:
    """Return the seconds of so many bare decisions at once, and of bare orders one by one."""

    def make(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE tap (id INTEGER PRIMARY KEY, status TEXT, at INTEGER)")
        connection.execute("CREATE TABLE intent (id INTEGER PRIMARY KEY, tap UNIQUE, status TEXT)")

    def tapped(connection: sqlite3.Connection, number: int) -> None:
        connection.execute("INSERT INTO tap VALUES (?, 'approved', 0)", (number,))

    def sent(connection: sqlite3.Connection, number: int) -> None:
        connection.execute("INSERT INTO intent VALUES (?, ?, 'submitted')", (number, number))

    def answered(connection: sqlite3.Connection, number: int) -> None:
        connection.execute("UPDATE intent SET status = 'filled' WHERE id = ?", (number,))

    async with open_database(path) as database:
        await database.run(make)
        began = time.perf_counter()
        await asyncio.gather(*(database.run(tapped, number) for number in range(count)))
        decided = time.perf_counter() - began
        began = time.perf_counter()
        for number in range(count):
            await database.run(sent, number)
            outcome = await desk.client.send(_request())
            assert isinstance(outcome, Filled), outcome
            await database.run(answered, number)
        return decided, time.perf_counter() - began


def _request() -> OrderRequest:
    return OrderRequest(
        Action.DEAL,
        mint_client_order_id(),
        "EURUSD",
        side=Side.BUY,
        order_type=OrderType.MARKET,
        volume=Decimal("0.01"),
        price=Decimal("1.1001"),
        stop_loss=Decimal("1.0200"),
        deviation=100,
        fillings=(Filling.FOK,),
    )


# --- history ---------------------------------------------------------------------------------


_HISTORY = (
    (
        "INSERT INTO signal (id, source, source_ref, digest, symbol, side, order_type, draft_json,"
        " created_ms, expires_ms) SELECT i + 10000, 'old', i, 'x', 'EURUSD', 'buy', 'market',"
        " (SELECT draft_json FROM signal WHERE source = 'before' LIMIT 1), at, at FROM temp.old"
    ),
    (
        "INSERT INTO approval (id, signal_id, account_id, status, expires_ms)"
        " SELECT i + 10000, i + 10000, 1, 'ordered', at FROM temp.old"
    ),
    (
        "INSERT INTO orders (account_id, approval_id, client_order_id, purpose, symbol,"
        " request_json, status, created_ms, submitted_ms, finished_ms) SELECT 1, i + 10000,"
        " -i - 1000000, 'entry', 'EURUSD', '{\"action\":\"deal\",\"client_order_id\":1,'"
        " || '\"symbol\":\"EURUSD\"}', 'filled', at, at, at FROM temp.old"
    ),
    (
        "INSERT INTO deal (account_id, ticket, order_ticket, position_id, deal_type, entry, symbol,"
        " volume, price, profit, swap, commission, fee, reason, magic, comment, at_ms)"
        " SELECT 1, i + 100000000, i, i, 'buy', 'in', 'EURUSD', '0.01', '1.1', '0', '0', '0', '0',"
        " 'expert', 1, '', at FROM temp.old"
    ),
    (
        "INSERT INTO outbox (chat_id, topic, priority, body_json, sent_revision, status,"
        " created_ms) SELECT 7, 'old:' || i, 1, '{}', 1, 'sent', at FROM temp.old"
    ),
)


def fill(connection: sqlite3.Connection, rows: int) -> None:
    """Write a history of so many rows: signals, approvals, orders, deals, messages in fifths."""
    connection.execute("CREATE TEMP TABLE old (i INTEGER PRIMARY KEY, at INTEGER)")
    connection.execute(
        "INSERT INTO temp.old WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < ?) SELECT i, 1700000000000 + i * 1000 FROM n",
        (rows // len(_HISTORY),),
    )
    for statement in _HISTORY:
        connection.execute(statement)


async def history(report: Report, folder: Path, rounds: int, rows: int) -> None:
    """Measure what people and the loop ask for, before and after a long history."""
    async with desk_in(folder / "history", TERMINAL_BALANCE="10000000") as desk:
        before = await _asked(desk, rounds, "before")
        await desk.database.run(fill, rows)
        after = await _asked(desk, rounds, "after")
    for name, taken in after.items():
        ratio = low(taken) / low(before[name])
        report.value(f"{name}, {rows:,} rows of history", low(taken), "us")
        report.value(f"{name}: against none", ratio, "x", at_most=1.15)


def low(taken: list[float]) -> float:
    """Return the first decile: what else the machine does is in the others."""
    return sorted(taken)[len(taken) // 10]


async def _asked(desk: LoopDesk, rounds: int, name: str) -> dict[str, list[float]]:
    store: SqliteStore = desk.store
    account = desk.loop.account
    assert account is not None
    numbers = iter(range(10**9))
    draft = _draft()

    async def intake() -> None:
        await store.ingest(draft, name, str(next(numbers)), digest(draft), timedelta(seconds=1))

    async def facts() -> None:
        await store.pass_facts(account.id, 10)

    async def commands() -> None:
        await store.recent_approvals(account.id, 15)
        await store.totals(account.id)
        await store.outbox_backlog()

    async def claim() -> None:
        await store.outbox_claim(desk.clock.now(), 0)

    async def whole_pass() -> None:
        await desk.loop.guarded_pass()
        desk.clock.advance(0.01)

    found = {}
    for what, act in (
        ("signal intake", intake),
        ("what a pass reads", facts),
        ("what commands read", commands),
        ("a claim of the sender", claim),
        ("a whole pass", whole_pass),
    ):
        await micros(act, rounds // 5)
        found[what] = await micros(act, rounds)
        desk.clock.advance(5)
        await store.expire()
        await desk.passes(2, every=0.1)
    return found


async def measure(report: Report, rounds: int, rows: int) -> None:
    with tempfile.TemporaryDirectory(prefix="desk-growth-") as name:
        folder = Path(name)
        await accounts(report, folder, max(3, rounds // 20))
        await fan_out(report, folder)
        await positions(report, folder, max(10, rounds // 5))
        await waiting(report, folder)
        await history(report, folder, rounds, rows)


def main() -> int:
    options = arguments(__doc__ or "", 200)
    report = Report("growth", options)
    asyncio.run(measure(report, options.count, 1_000_000))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
