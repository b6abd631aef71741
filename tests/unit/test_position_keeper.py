"""The loop keeps positions: on netting accounts, through refusals, and never against a person."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from tests.faults.test_crash_everywhere import quotes
from tests.support.loop_desk import OWNER, LoopDesk
from trading.ids import Ticket
from trading.model import Side
from trading.positions.model import Ask, Defaults, Request, WishKind

LADDER = Defaults(ladder=(Decimal(50),), break_even_after=1)
TARGETS = (Decimal("1.1030"), Decimal("1.1300"))


async def opened(tmp_path: Path, **environment: str) -> LoopDesk:
    desk = LoopDesk(tmp_path, quotes("1.106"), **environment)
    desk.management = LADDER
    await desk.open()
    await desk.passes(2)
    await buy(desk, "one", 1)
    return desk


async def buy(desk: LoopDesk, ref: str, approval: int, **changes: object) -> None:
    await desk.ingest(ref, take_profits=TARGETS, **changes)
    await desk.passes(1)
    await desk.approve(approval)
    await desk.passes(3)


async def wished(desk: LoopDesk, *asks: Ask) -> None:
    account, member = desk.loop.account, await desk.store.member(OWNER)
    assert account is not None
    assert member is not None
    asked = await desk.wishes.ask_for(member.id, account.id, Request(asks), timedelta(minutes=1))
    await desk.wishes.confirm(asked, member.id, yes=True)


async def test_a_netting_position_that_grows_keeps_a_ladder_that_fits(tmp_path: Path) -> None:
    desk = await opened(tmp_path, SIMULATED_MARGIN_MODE="netting")
    await buy(desk, "two", 2, volume=Decimal("0.20"), stop_loss=Decimal("1.0900"))
    (position,) = desk.positions()
    assert position.volume == 0.30
    (row,) = await desk.rows("SELECT * FROM managed")
    assert Decimal(row["volume"]) == Decimal("0.30")
    while desk.clock.monotonic() < 1032:
        desk.clock.advance(1)
    await desk.passes(4)
    assert sum(Decimal(str(deal.volume)) for deal in desk.deals(entry=1)) == Decimal("0.05")
    (position,) = desk.positions()
    assert position.sl == position.price_open
    await desk.drop()


async def test_a_rule_the_broker_refuses_waits_longer_each_time_and_is_told_once(
    tmp_path: Path,
) -> None:
    desk = await opened(tmp_path)
    desk.faults.write_text('[{"call": "order_send", "kind": "retcode", "retcode": 10006}]')
    while desk.clock.monotonic() < 1032:
        desk.clock.advance(1)
    await desk.passes(40)
    tried = await desk.rows("SELECT * FROM wish WHERE cause = 'target:1'")
    assert 3 <= len(tried) <= 5
    told = await desk.rows("SELECT * FROM outbox WHERE topic LIKE 'refused:%'")
    assert len(told) == 1
    desk.faults.write_text("[]")
    await desk.passes(60)
    assert [Decimal(str(deal.volume)) for deal in desk.deals(entry=1)] == [Decimal("0.05")]
    await desk.drop()


async def test_a_wish_is_judged_again_when_it_is_sent(tmp_path: Path) -> None:
    desk = await opened(tmp_path)
    (position,) = desk.positions()
    ticket = Ticket(position.ticket)
    tighter = Ask(WishKind.PROTECT, ticket, "EURUSD", Side.BUY, stop_loss=Decimal("1.0900"))
    looser = Ask(WishKind.PROTECT, ticket, "EURUSD", Side.BUY, stop_loss=Decimal("1.0500"))
    gone = Ask(WishKind.CLOSE, Ticket(4711), "EURUSD", Side.BUY)
    await wished(desk, tighter, looser, gone)
    await desk.passes(3)
    found = await desk.rows("SELECT * FROM wish ORDER BY id")
    states = [(row["status"], row["detail"]) for row in found]
    assert states[0] == ("done", "")
    assert states[1][0] == "dropped"
    assert "would loosen" in states[1][1]
    assert states[2] == ("dropped", "the position is already closed")
    (position,) = desk.positions()
    assert position.sl == 1.09
    await desk.drop()


async def test_a_wish_that_could_not_be_sent_for_minutes_is_dropped(tmp_path: Path) -> None:
    desk = await opened(tmp_path)
    (position,) = desk.positions()
    await wished(desk, Ask(WishKind.CLOSE, Ticket(position.ticket), "EURUSD", Side.BUY))
    desk.clock.advance(301)
    await desk.passes(3)
    (wish,) = await desk.rows("SELECT * FROM wish WHERE cause = 'person'")
    assert wish["status"] == "dropped"
    assert len(desk.positions()) == 1
    await desk.drop()


async def test_a_requote_is_asked_anew_and_closes_once(tmp_path: Path) -> None:
    desk = await opened(tmp_path)
    (position,) = desk.positions()
    desk.faults.write_text('[{"call": "order_send", "kind": "requote", "times": 2}]')
    await wished(desk, Ask(WishKind.CLOSE, Ticket(position.ticket), "EURUSD", Side.BUY))
    await desk.passes(6)

    assert desk.positions() == ()
    assert len(desk.deals(entry=1)) == 1
    (wish,) = await desk.rows("SELECT * FROM wish")
    assert (wish["status"], wish["attempts"]) == ("done", 3)
    await desk.drop()
