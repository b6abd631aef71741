"""I1 for what is done to open positions: die at every call, start again, and it happened once."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.faults.test_crash_everywhere import CALM, FALL_AT, every_crash, quotes, trade
from tests.support.loop_desk import OWNER, LoopDesk, Tripwire
from trading.model import Side
from trading.positions.model import Ask, Defaults, Request, WishKind

pytestmark = pytest.mark.timeout(240)  # hundreds of starts: slow where the machine is shared
RISING = quotes("1.106")
HALF = Decimal("0.05")
LADDER = Defaults(ladder=(Decimal(50),), break_even_after=1)


async def calls_of_a_trade(folder: Path) -> int:
    """Return how many calls an entry takes: dying at those is tried for trades already."""
    wire = Tripwire()
    desk = await LoopDesk(folder, CALM, TERMINAL_BALANCE="4100").open(wire)
    await trade(desk)
    await desk.drop()
    return wire.calls


async def close_half(desk: LoopDesk) -> None:
    """A trade, then a person closes a half of it; each step is safe to take again."""
    await trade(desk)
    account, snapshot = desk.loop.account, desk.loop.snapshot
    if account is None or snapshot is None or not snapshot.positions:
        return
    if not await desk.rows("SELECT id FROM wish"):
        member = await desk.store.member(OWNER)
        assert member is not None
        ticket = snapshot.positions[0].ticket
        request = Request((Ask(WishKind.CLOSE, ticket, "EURUSD", Side.BUY, volume=HALF),))
        asked = await desk.asks.ask_for(member.id, account.id, request, timedelta(minutes=1))
        await desk.asks.confirm(asked, member.id, yes=True)
    await desk.passes(3)


async def assert_half_closed_once(desk: LoopDesk) -> None:
    if not desk.deals(entry=0):
        return  # it died between the entry's intent and its send: nothing was open
    closed = tuple(Decimal(str(deal.volume)) for deal in desk.deals(entry=1))
    wishes = await desk.rows("SELECT * FROM wish")
    if not wishes:
        assert closed == ()
        return
    (wish,) = wishes
    assert (wish["status"], closed) in {("done", (HALF,)), ("failed", ())}
    (report,) = await desk.rows("SELECT * FROM outbox WHERE topic LIKE 'wish:%'")
    (line,) = json.loads(report["body_json"])["lines"]
    assert line["status"] == wish["status"]
    if wish["status"] == "failed":
        assert line["why"].startswith("absent from positions")


async def climb(desk: LoopDesk) -> None:
    """A trade with two targets, then a rise through the first."""
    await desk.passes(2)
    await desk.ingest(take_profits=(Decimal("1.1030"), Decimal("1.1300")))
    await desk.passes(1)
    await desk.approve()
    await desk.passes(3)
    while desk.clock.monotonic() < 1000 + FALL_AT + 1:
        desk.clock.advance(1)
    await desk.passes(5)


async def assert_one_rung_and_break_even(desk: LoopDesk) -> None:
    if not desk.deals(entry=0):
        return
    assert [Decimal(str(deal.volume)) for deal in desk.deals(entry=1)] == [HALF]
    (position,) = desk.positions()
    assert Decimal(str(position.volume)) == HALF
    assert position.sl == position.price_open
    assert position.tp == pytest.approx(1.13)
    (managed,) = await desk.rows("SELECT * FROM managed")
    assert managed["done_json"] == "[1]"
    assert not await desk.rows("SELECT * FROM orders WHERE status = 'submitted'")
    told = await desk.told()
    assert '"rule":"target"' in told
    assert '"rule":"break_even"' in told


@pytest.mark.parametrize("after", [False, True])
async def test_dying_at_any_call_of_a_partial_close_leaves_exactly_one(
    tmp_path: Path, after: bool
) -> None:
    first = await calls_of_a_trade(tmp_path)
    points = await every_crash(
        tmp_path, CALM, close_half, assert_half_closed_once, after=after, first=first
    )
    assert points > first + 10


@pytest.mark.parametrize("after", [False, True])
async def test_dying_at_any_call_of_a_ladder_closes_each_rung_once(
    tmp_path: Path, after: bool
) -> None:
    first = await calls_of_a_trade(tmp_path)
    points = await every_crash(
        tmp_path,
        RISING,
        climb,
        assert_one_rung_and_break_even,
        after=after,
        management=LADDER,
        first=first,
    )
    assert points > first + 15
