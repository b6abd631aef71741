"""I1, I8, I10, I13: die at every call of store and terminal, start again, and nothing is wrong."""

import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.depth import THOROUGH
from tests.support.loop_desk import Crash, LoopDesk, Tripwire
from tests.support.simulated_desk import Row
from trading.loop import NO_RULES
from trading.model import Breach, TradingState
from trading.positions.model import Defaults
from trading.terminal.simulated import admin

FALL_AT = 30
pytestmark = pytest.mark.timeout(240)  # a run for each call there is; the machine may be busy


def quotes(after_the_fall: str = "1.100") -> list[Row]:
    """Return ten minutes of EURUSD round 1.100 that go on elsewhere after half a minute."""
    return [
        (half / 2, "EURUSD", f"{base}{half % 5:02d}", f"{base}{half % 5 + 10:02d}")
        for half in range(1200)
        for base in ["1.100" if half / 2 < FALL_AT else after_the_fall]
    ]


CALM, FALLING = quotes(), quotes("1.055")

Scenario = Callable[[LoopDesk], Awaitable[None]]


async def trade(desk: LoopDesk) -> None:
    """A signal, a tap, a fill; each step is safe to take again."""
    await desk.passes(2)
    await desk.ingest()
    await desk.passes(1)
    await desk.approve()
    await desk.passes(3)


async def breach(desk: LoopDesk) -> None:
    """A trade, a tighter cap, then a fall through it, until all is closed."""
    await trade(desk)
    await desk.tighten(Decimal(10))
    while desk.clock.monotonic() < 1000 + FALL_AT + 1:
        desk.clock.advance(1)
    await desk.passes(6, every=0.4)


async def crashed(
    folder: Path,
    rows: list[Row],
    scenario: Scenario,
    at: int,
    *,
    after: bool,
    management: Defaults,
) -> tuple[LoopDesk, bool]:
    """Run a scenario that dies at a call, then start again and let it come to rest."""
    desk = LoopDesk(folder, rows, TERMINAL_BALANCE="4100")
    desk.management = management
    wire = Tripwire(at, after=after)
    died = False
    try:
        await desk.open(wire)
        await scenario(desk)
    except Crash:
        died = True
        await desk.drop()
        await desk.open()
        await scenario(desk)
    wire.disarm()
    await desk.passes(20)
    return desk, died


async def assert_one_trade_told(desk: LoopDesk) -> None:
    """One fill, or none where the intent was written and never sent: and the card says which."""
    (order,) = await desk.rows("SELECT * FROM orders WHERE purpose = 'entry'")
    opened = len(desk.deals(entry=0))
    assert (order["status"], opened) in {("filled", 1), ("rejected", 0)}
    (card,) = await desk.rows("SELECT * FROM outbox WHERE topic = 'approval:1'")
    told = json.loads(card["body_json"])
    assert told["status"] == "ordered"
    assert told["order"]["status"] == order["status"]
    if not opened:
        assert told["order"]["detail"].startswith("absent from positions")


async def assert_flat_and_latched(desk: LoopDesk) -> None:
    await assert_one_trade_told(desk)
    assert desk.positions() == ()
    if not desk.deals(entry=0):
        return  # it died between intent and send: there was nothing to lose
    assert len(desk.deals(entry=1)) == 1
    (account,) = await desk.rows("SELECT * FROM account")
    assert account["trading_state"] == "halted"
    assert account["flatten_asked_ms"] is None
    breaches = await desk.rows("SELECT * FROM breach")
    assert len(breaches) == 1
    assert breaches[0]["flat_ms"] is not None
    (report,) = await desk.rows("SELECT * FROM outbox WHERE topic = 'breach:1'")
    (ticket,) = json.loads(report["body_json"])["tickets"]
    assert ticket["problem"] == ""
    assert ticket["result"] is not None
    assert not await desk.rows("SELECT * FROM orders WHERE status = 'submitted'")


async def every_crash(
    tmp_path: Path,
    rows: list[Row],
    scenario: Scenario,
    check: Callable[[LoopDesk], Awaitable[None]],
    *,
    after: bool,
    management: Defaults = NO_RULES,
    first: int = 1,
) -> int:
    """Die at the first call, the second, and so on to the last; return how many there are.

    What lies between two calls is in memory alone, so dying before a call finds what dying after
    the one before it left, and dying after one that changed neither disk nor broker nor clock
    finds what was there before it: ``make test`` leaves most of both out, this proves it.
    """
    calls, changes = await _calls(tmp_path, rows, scenario, management)
    some = changes if after else range(first, calls + 1, 5)
    for at in range(first, calls + 1) if THOROUGH else [one for one in some if one >= first]:
        folder = tmp_path / f"{at}"
        folder.mkdir()
        desk, died = await crashed(folder, rows, scenario, at, after=after, management=management)
        try:
            await check(desk)
        except AssertionError as error:
            raise AssertionError(f"dying at call {at}, after={after}: {error}") from error
        finally:
            await desk.drop()
        assert died, f"call {at} was never reached"
    return calls


async def _calls(
    tmp_path: Path, rows: list[Row], scenario: Scenario, management: Defaults
) -> tuple[int, list[int]]:
    """Return how many calls a scenario takes, and those after which a crash leaves other things."""
    folder = tmp_path / "whole"
    folder.mkdir()
    desk = LoopDesk(folder, rows, TERMINAL_BALANCE="4100")
    desk.management = management
    wire = Tripwire(outlives=desk.outlives)
    await desk.open(wire)
    await scenario(desk)
    await desk.drop()
    return wire.calls, wire.changes


@pytest.mark.parametrize("after", [False, True])
async def test_dying_at_any_call_of_a_trade_leaves_exactly_one(tmp_path: Path, after: bool) -> None:
    points = await every_crash(tmp_path, CALM, trade, assert_one_trade_told, after=after)
    assert points > 20


@pytest.mark.parametrize("after", [False, True])
async def test_dying_at_any_call_of_a_breach_ends_flat_and_latched(
    tmp_path: Path, after: bool
) -> None:
    points = await every_crash(tmp_path, FALLING, breach, assert_flat_and_latched, after=after)
    assert points > 40


async def hedged(desk: LoopDesk) -> None:
    """A hedged pair and a position of its own, opened by hand, and a panic; safe to repeat."""
    await desk.passes(2)
    for number, (side, volume) in enumerate((("buy", "0.30"), ("sell", "0.10"), ("buy", "0.05"))):
        order = {"admin": "open", "symbol": "EURUSD", "side": side, "volume": volume}
        admin.instruct(desk.folder / "account.jsonl", {**order, "id": f"hand-{number}"})
    await desk.passes(1)
    account, snapshot = desk.loop.account, desk.loop.snapshot
    if account is None or snapshot is None:
        return
    if (await desk.store.account(account.id)).trading_state is TradingState.ACTIVE:
        wish = Breach(equity=snapshot.account.own_equity, asked_by="owner", scope="all")
        await desk.store.latch(account.id, wish, snapshot.positions)
    await desk.passes(4)


async def assert_pairs_closed_once(desk: LoopDesk) -> None:
    """Flat and latched by one breach, and never more closed than there was."""
    assert desk.positions() == ()
    (account,) = await desk.rows("SELECT * FROM account")
    assert (account["trading_state"], account["flatten_asked_ms"]) == ("halted", None)
    assert len(await desk.rows("SELECT * FROM breach")) == 1
    opened = sum(one.volume for one in desk.deals(entry=0))
    closed = sum(one.volume for one in desk.deals() if one.entry)
    assert round(opened - closed, 2) == 0
    (report,) = await desk.rows("SELECT * FROM outbox WHERE topic = 'breach:1'")
    told = json.loads(report["body_json"])
    assert len(told["tickets"]) == 3
    assert all(one["problem"] == "" and one["result"] is not None for one in told["tickets"])


async def test_dying_at_any_call_while_a_hedge_is_closed_ends_flat(tmp_path: Path) -> None:
    # What comes before the panic is died in by the tests above.
    points = await every_crash(
        tmp_path, CALM, hedged, assert_pairs_closed_once, after=True, first=30
    )
    assert points > 40
