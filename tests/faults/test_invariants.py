"""The promises I1 to I18, each by its number; tests/bench/mutants.py shows that each can fail.

Time is held by the test; database, worker code and simulated broker are the real ones.
"""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from storage import database as database_module
from tests.faults.test_crash_everywhere import CALM, FALL_AT, FALLING, trade
from tests.support.fresh import ON_POSTGRES, direct
from tests.support.loop_desk import Crash, LoopDesk, ManualClock, Tripwire
from tests.support.terminal import FAKE, QUICK, Fault, market_order, pipe
from tests.support.terminal import opened as opened_terminal
from trading.decisions import TooLate
from trading.drawdown import Cap, CapKind
from trading.errors import StoreError
from trading.model import Breach, Unknown
from trading.ports import Terminal


async def opened(folder: Path, rows: Any = CALM, **environment: str) -> LoopDesk:
    """Return a desk that has seen its account."""
    desk = LoopDesk(folder, rows, **environment)
    await desk.open()
    await desk.passes(2)
    return desk


async def asked(desk: LoopDesk, count: int) -> None:
    """Put so many signals to the desk and show their cards."""
    for number in range(count):
        await desk.ingest(f"s{number}", volume=Decimal("0.01"))
    for _ in range(count // 10 + 2):
        await desk.passes(1, every=0.2)


async def positions_open(desk: LoopDesk, count: int) -> None:
    """Have so many positions at the broker by approved signals."""
    await asked(desk, count)
    for number in range(1, count + 1):
        await desk.approve(number)
    await desk.passes(count // 10 + 3, every=0.2)
    assert len(desk.positions()) == count


async def books_agree(desk: LoopDesk) -> None:
    """I18: what the broker opened under our ids and what we call filled are the same."""
    opened_there = {deal.magic for deal in desk.deals(entry=0) if deal.magic}
    rows = await desk.rows("SELECT client_order_id, status FROM orders WHERE purpose = 'entry'")
    filled = {row["client_order_id"] for row in rows if row["status"] == "filled"}
    assert filled == opened_there
    assert len([deal for deal in desk.deals(entry=0) if deal.magic]) == len(opened_there)


@contextlib.contextmanager
def before_sends(desk: LoopDesk, look: Callable[[Any], None]) -> Any:
    """Call ``look(request)`` at the very moment a request leaves for the terminal."""
    client: Terminal = desk.client
    send = client.send

    async def watched(request: Any) -> Any:
        look(request)
        return await send(request)

    client.send = watched  # type: ignore[method-assign]
    yield
    client.send = send  # type: ignore[method-assign]


async def test_i1_a_kill_between_send_and_answer_leaves_exactly_one_order(tmp_path: Path) -> None:
    for at in range(12, 40, 5):
        folder = tmp_path / str(at)
        folder.mkdir()
        desk = LoopDesk(folder, CALM)
        wire = Tripwire(at, after=True)
        with contextlib.suppress(Crash):
            await desk.open(wire)
            await trade(desk)
        await desk.drop()
        await desk.open()
        await trade(desk)
        await desk.passes(20)
        (order,) = await desk.rows("SELECT status FROM orders WHERE purpose = 'entry'")
        assert (order["status"], len(desk.deals(entry=0))) in {("filled", 1), ("rejected", 0)}
        await books_agree(desk)
        await desk.drop()


async def test_i2_the_intent_is_on_disk_before_its_request_leaves(tmp_path: Path) -> None:
    desk = await opened(tmp_path)
    await asked(desk, 1)
    await desk.approve()
    seen: list[str] = []

    def look(request: Any) -> None:
        with direct(tmp_path / "desk.db") as other:
            row = other.execute(
                "SELECT status FROM orders WHERE client_order_id = ?", (request.client_order_id,)
            ).fetchone()
            told = other.execute("SELECT 1 FROM outbox WHERE body_json LIKE '%\"filled\"%'")
            seen.append("nothing" if row is None else row["status"])
            assert told.fetchone() is None

    with before_sends(desk, look):
        await desk.passes(2)
    assert seen == ["submitted"]
    durable = "SHOW synchronous_commit" if ON_POSTGRES else "PRAGMA synchronous"
    (level,) = (await desk.rows(durable))[0]
    assert level == ("on" if ON_POSTGRES else 2)
    await desk.drop()


async def test_i2_a_fill_is_told_only_by_the_transaction_that_keeps_it(tmp_path: Path) -> None:
    desk = await opened(tmp_path, CALM)
    await asked(desk, 1)
    await desk.approve()
    await desk.drop()
    # Every crash point of the pass that sends: no card says more than its order does.
    for at in range(1, 60):
        wire = Tripwire(at)
        died = False
        try:
            await desk.open(wire)
            await desk.passes(2)
        except Crash:
            died = True
        rows = await desk.rows(
            "SELECT body_json, (SELECT status FROM orders WHERE purpose = 'entry') AS status"
            " FROM outbox WHERE topic = 'approval:1'"
        )
        order = json.loads(rows[0]["body_json"])["order"]
        told, kept = None if order is None else order["status"], rows[0]["status"]
        assert told == kept or (told is None and kept == "submitted")
        await desk.drop()
        if not died:
            break


async def test_i3_a_hundred_copies_of_one_tap_are_one_intent(tmp_path: Path) -> None:
    desk = await opened(tmp_path)
    await asked(desk, 1)
    for _ in range(5):
        await asyncio.gather(*(desk.approve(1) for _ in range(20)))
        await desk.passes(1)
        await desk.drop()
        await desk.open()
    await desk.passes(15)
    assert len(await desk.rows("SELECT * FROM orders")) == 1
    assert len(desk.deals(entry=0)) == 1
    await desk.drop()


@pytest.mark.parametrize("late", [0.5, 4, 9, 30])
async def test_i4_a_broker_that_books_late_gets_one_order_and_no_second(
    tmp_path: Path, late: float
) -> None:
    desk = await opened(tmp_path)
    await asked(desk, 1)
    await desk.approve()
    desk.faults.write_text(
        json.dumps([{"kind": "late_book", "call": "order_send", "seconds": late, "times": 1}])
    )
    sent: list[int] = []
    with before_sends(desk, lambda request: sent.append(request.client_order_id)):
        await desk.passes(3, every=0.5)
        (order,) = await desk.rows("SELECT status FROM orders")
        assert order["status"] in {"submitted", "filled"}  # never called failed this early
        await desk.passes(50)
    assert len(sent) == 1
    assert len(desk.deals(entry=0)) == 1
    (order,) = await desk.rows("SELECT status FROM orders")
    assert order["status"] == "filled"
    await books_agree(desk)
    await desk.drop()


async def test_i6_a_decision_is_kept_before_it_is_answered(tmp_path: Path) -> None:
    desk = await opened(tmp_path)
    await asked(desk, 1)
    await desk.approve()
    # What another connection sees now is what a kill at this very moment would leave.
    with direct(tmp_path / "desk.db") as other:
        (status,) = other.execute("SELECT status FROM approval").fetchone()
    assert status == "approved"
    await desk.drop()


async def test_i7_taps_that_waited_out_a_long_outage_trade_nothing(tmp_path: Path) -> None:
    desk = await opened(tmp_path)
    await asked(desk, 20)
    for number in range(1, 11):
        await desk.approve(number)  # tapped in time, and never sent: the desk went down
    await desk.drop()
    desk.clock.advance(7200)
    await desk.open()
    late = [await desk.approve(number) for number in range(11, 21)]
    sent: list[int] = []
    with before_sends(desk, lambda request: sent.append(request.client_order_id)):
        await desk.passes(3)
    await desk.store.expire()
    assert all(isinstance(one, TooLate) for one in late)
    assert sent == []
    rows = await desk.rows(
        "SELECT coalesce(o.status, a.status) AS fate, count(*) AS n FROM approval a"
        " LEFT JOIN orders o ON o.approval_id = a.id GROUP BY fate"
    )
    assert {row["fate"] for row in rows} <= {"expired", "denied"}
    assert sum(row["n"] for row in rows) == 20
    await desk.drop()


async def test_i8_a_breach_while_down_is_acted_on_at_the_first_looks(tmp_path: Path) -> None:
    desk = LoopDesk(tmp_path, FALLING, TERMINAL_BALANCE="4100")
    await desk.open()
    await trade(desk)
    await desk.tighten(Decimal(10))
    await desk.passes(1)
    before = await desk.rows("SELECT entry_equity FROM account")
    await desk.drop()
    while desk.clock.monotonic() < 1000 + FALL_AT + 1:
        desk.clock.advance(1)
    await desk.open()
    await desk.passes(3, every=0.3)
    (account,) = await desk.rows("SELECT * FROM account")
    assert account["trading_state"] == "halted"
    assert account["entry_equity"] == before[0]["entry_equity"]
    await desk.passes(3, every=0.3)
    assert desk.positions() == ()
    await desk.drop()
    await desk.open()
    await desk.passes(3)
    (account,) = await desk.rows("SELECT * FROM account")
    assert account["trading_state"] == "halted"  # the latch outlives a restart
    await desk.drop()


async def test_i8_the_mark_of_a_trailing_cap_outlives_a_restart(tmp_path: Path) -> None:
    desk = await opened(tmp_path)
    assert desk.loop.account is not None
    await desk.store.put_cap(
        desk.loop.account.id, Cap(CapKind.TRAILING, Decimal(10)), None, "owner"
    )
    desk.loop.caps_changed()
    await desk.passes(2)
    states = "SELECT kind, state_json FROM cap WHERE active = 1 ORDER BY kind"
    before = [tuple(row) for row in await desk.rows(states)]
    await desk.drop()
    await desk.open()
    await desk.passes(2)
    marks = [json.loads(row["state_json"]).get("mark") for row in await desk.rows(states)]
    assert marks == [json.loads(state).get("mark") for _, state in before]
    await desk.drop()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "equity_nan"},
        {"kind": "equity_zero"},
        {"kind": "wrong_login"},
        {"kind": "none", "call": "account_info"},
        {"kind": "none", "call": "positions_get"},
        {"kind": "disconnected"},
    ],
)
async def test_i9_what_is_no_reading_blocks_entries_and_closes_nothing(
    tmp_path: Path, fault: dict[str, object]
) -> None:
    desk = await opened(tmp_path)
    await positions_open(desk, 1)
    await desk.ingest("next")
    await desk.passes(2)
    await desk.approve(2)
    desk.faults.write_text(json.dumps([fault]))
    await desk.passes(50)
    assert len(desk.deals()) == 1  # the entry alone: nothing was closed, nothing was opened
    assert '"kind": "blind"' in (await desk.told()).replace('"kind":"blind"', '"kind": "blind"')
    (account,) = await desk.rows("SELECT trading_state, flatten_asked_ms FROM account")
    assert account["flatten_asked_ms"] is None
    await desk.drop()


async def test_i10_refused_closes_are_repeated_and_stop_no_other(tmp_path: Path) -> None:
    desk = await opened(tmp_path)
    await positions_open(desk, 4)
    await panic(desk)
    desk.faults.write_text(
        json.dumps(
            [{"kind": "retcode", "retcode": 10006, "call": "order_send", "times": 10, "id": "k"}]
        )
    )
    left: list[int] = []
    for _ in range(40):
        await desk.passes(1, every=6)
        left.append(len(desk.positions()))
    assert left[-1] == 0
    closes = [deal.position_id for deal in desk.deals(entry=1)]
    assert sorted(closes) == sorted(set(closes))
    (account,) = await desk.rows("SELECT * FROM account")
    assert (account["trading_state"], account["flatten_asked_ms"]) == ("halted", None)
    await desk.drop()


async def panic(desk: LoopDesk) -> None:
    """Latch as a person's panic does."""
    assert desk.loop.account is not None
    assert desk.loop.snapshot is not None
    await desk.store.latch(
        desk.loop.account.id,
        Breach(equity=Decimal(10000), asked_by="Olga", scope="all"),
        desk.loop.snapshot.positions,
    )


async def test_i11_a_close_overtakes_every_entry_that_waits(tmp_path: Path) -> None:
    desk = await opened(tmp_path)
    await positions_open(desk, 1)
    await asked_more(desk, 60)
    for number in range(2, 62):
        await desk.approve(number)
    sent: list[tuple[str, float]] = []

    def look(request: Any) -> None:
        sent.append(("close" if request.position else "entry", desk.clock.monotonic()))

    desk.faults.write_text(json.dumps([{"kind": "delay", "call": "order_send", "seconds": 0.1}]))
    latched = desk.clock.monotonic()
    await panic(desk)
    with before_sends(desk, look):
        await desk.passes(3, every=0.0)
    assert [what for what, _ in sent] == ["close"]
    assert sent[0][1] - latched <= 0.1
    await desk.drop()


async def asked_more(desk: LoopDesk, count: int) -> None:
    for number in range(count):
        await desk.ingest(f"more{number}", volume=Decimal("0.01"))
    for _ in range(count // 10 + 2):
        await desk.passes(1, every=0.05)


@pytest.mark.parametrize("limit", [1, 3])
async def test_i12_unexecuted_intents_count_against_the_limit_of_positions(
    tmp_path: Path, limit: int
) -> None:
    desk = LoopDesk(tmp_path, CALM)
    desk.limits = replace(desk.limits, max_open_positions=limit)
    await desk.open()
    await desk.passes(2)
    await asked(desk, limit + 2)
    desk.faults.write_text(
        json.dumps([{"kind": "execute_then_none", "call": "order_send", "times": 99}])
    )
    for number in range(1, limit + 3):
        await desk.approve(number)
    await desk.passes(60)
    assert len(desk.deals(entry=0)) == limit
    rows = await desk.rows("SELECT status, count(*) AS n FROM orders GROUP BY status")
    assert {row["status"]: row["n"] for row in rows} == {"filled": limit, "denied": 2}
    await desk.drop()


@pytest.mark.parametrize("after", [False, True])
async def test_i13_a_halt_beats_an_intent_that_is_not_committed_yet(
    tmp_path: Path, after: bool
) -> None:
    desk = await opened(tmp_path)
    await asked(desk, 1)
    await desk.approve()
    real = desk.loop.executor._store.submit  # noqa: SLF001 - the very moment before the commit

    async def halted_first(new: Any) -> Any:
        if not after:
            await panic(desk)
        order = await real(new)
        if after:
            raise Crash  # the intent is written, the request never left, and then people halt
        return order

    desk.loop.executor._store = _Submitting(desk.store, halted_first)  # noqa: SLF001
    with contextlib.suppress(Crash):
        await desk.passes(1)
    if after:
        await panic(desk)
    await desk.drop()
    await desk.open()
    await desk.passes(30)
    assert desk.deals(entry=0) == []
    (account,) = await desk.rows("SELECT trading_state FROM account")
    assert account["trading_state"] == "halted"
    await desk.drop()


class _Submitting:
    """A store whose one method is replaced."""

    def __init__(self, inner: object, submit: Callable[[Any], Any]) -> None:
        self._inner = inner
        self.submit = submit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


async def test_i14_a_worker_that_hangs_is_waited_for_no_longer_than_its_deadline(
    tmp_path: Path,
) -> None:
    fault = Fault(tmp_path / "fake.json")
    fault.set(order_send="hang")
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    async with opened_terminal(pipe(FAKE, fault.environment), QUICK) as client:
        async with asyncio.TaskGroup() as group, asyncio.timeout(10):
            turning = group.create_task(turn())
            outcome = await client.send(market_order())
            turning.cancel()
        assert isinstance(outcome, Unknown)
        assert turns > 10  # the loop went on meanwhile
        fault.set()
        assert (await client.snapshot(["EURUSD"])).account.login == 1001


async def test_i15_a_clean_stop_changes_no_position_and_loses_nothing(tmp_path: Path) -> None:
    ends = []
    for clean in (True, False):
        folder = tmp_path / str(clean)
        folder.mkdir()
        desk = await opened(folder)
        await positions_open(desk, 2)
        await desk.ingest("pending")
        await desk.passes(1)
        await desk.approve(3)
        if clean:
            desk.loop.stop()
            await desk.loop.run()
        await desk.drop()
        await desk.open()
        await desk.passes(5)
        ends.append(
            (
                len(desk.positions()),
                len(desk.deals(entry=1)),
                [tuple(row) for row in await desk.rows("SELECT id, status FROM approval")],
                [tuple(row) for row in await desk.rows("SELECT id, status FROM orders")],
            )
        )
        await desk.drop()
    assert ends[0] == ends[1]
    assert ends[0][:2] == (3, 0)


@pytest.mark.skipif(ON_POSTGRES, reason="nobody locks a whole server")
async def test_i17_a_locked_database_sends_nothing_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_SECONDS", 0.02)
    desk = await opened(tmp_path)
    await asked(desk, 1)
    await desk.approve()
    with contextlib.closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await desk.passes(3)
        assert desk.deals(entry=0) == []
        with pytest.raises(StoreError):
            await desk.store.expire()
        other.execute("ROLLBACK")
    await desk.passes(5)
    assert len(desk.deals(entry=0)) == 1
    await desk.drop()


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
async def test_i17_a_clock_that_jumps_makes_no_second_order(tmp_path: Path, jump: float) -> None:
    desk = await opened(tmp_path)
    await asked(desk, 2)
    await desk.approve(1)
    await desk.passes(1)
    jumping = _Jumped(desk.clock, jump)
    desk.store._clock = jumping  # noqa: SLF001 - the wall clock of this process alone
    result = await desk.approve(2)
    await desk.passes(20)
    assert len(desk.deals(entry=0)) == (1 if isinstance(result, TooLate) else 2)
    assert isinstance(result, TooLate) == (jump > 0)
    await books_agree(desk)
    await desk.drop()


class _Jumped:
    def __init__(self, clock: ManualClock, seconds: float) -> None:
        self._clock = clock
        self._by = timedelta(seconds=seconds)

    def now(self) -> Any:
        return self._clock.now() + self._by

    def monotonic(self) -> float:
        return self._clock.monotonic()


async def test_i18_what_others_do_at_the_broker_is_told(tmp_path: Path) -> None:
    desk = await opened(tmp_path)
    await positions_open(desk, 1)
    ours = desk.positions()[0]
    desk.broker.order_send(
        {"action": 1, "type": 1, "symbol": "EURUSD", "volume": 0.01, "type_filling": 0}
    )
    desk.broker.order_send(
        {
            "action": 1, "type": 1, "symbol": "EURUSD", "volume": ours.volume,
            "position": ours.ticket, "type_filling": 0,
        }
    )  # fmt: skip
    await desk.passes(4)
    told = await desk.told()
    assert "foreign_trade" in told
    assert "position_closed" in told
    await books_agree(desk)
    await desk.drop()


def test_every_promise_has_a_test_that_carries_its_number() -> None:
    """I5, I6, I16 and I17 have theirs where chat, watchdog and disk are real."""
    root = Path(__file__).resolve().parents[1]
    found = "\n".join(path.read_text(encoding="utf-8") for path in root.rglob("test_*.py"))
    for number in range(1, 19):
        assert f"_i{number}_" in found, f"I{number} has no test that carries its number"
