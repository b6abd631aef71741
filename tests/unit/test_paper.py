"""Paper trades by the same rules as real ones: spread, stops, parts, time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from trading.ids import SignalId
from trading.model import OrderType, Side, SignalDraft
from trading.paper import LONGEST, Paper, advance

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DRAFT = SignalDraft(
    "XAUUSD",
    Side.BUY,
    OrderType.MARKET,
    (Decimal(2648), Decimal(2650)),
    Decimal(2640),
    (Decimal(2660), Decimal(2670)),
)
WAITING = Paper(SignalId(1), DRAFT, "waiting", NOW, NOW + timedelta(minutes=5))


def at(paper: Paper, *prices: float, spread: float = 0.5, after: int = 0) -> Paper:
    for price in prices:
        bid = Decimal(str(price))
        now = NOW + timedelta(seconds=after)
        paper = advance(paper, bid, bid + Decimal(str(spread)), now)
    return paper


def test_an_entry_waits_for_its_zone_and_pays_the_spread() -> None:
    assert at(WAITING, 2651).status == "waiting"
    opened = at(WAITING, 2651, 2649.5)
    assert (opened.status, opened.opened_price) == ("open", Decimal("2650.0"))


def test_an_equal_part_is_closed_at_each_target() -> None:
    done = at(WAITING, 2649.5, 2661, 2671)
    assert (done.status, done.reason, done.r) == ("closed", "targets", Decimal("1.5"))


def test_a_stop_fills_at_the_quote_behind_it() -> None:
    done = at(WAITING, 2649.5, 2635)
    assert (done.status, done.reason, done.r) == ("closed", "stop", Decimal("-1.5"))


def test_what_was_won_at_a_target_stays_won() -> None:
    done = at(WAITING, 2649.5, 2660, 2640)
    assert done.r == Decimal(0)


def test_a_sell_is_the_mirror_of_a_buy() -> None:
    draft = SignalDraft(
        "EURUSD",
        Side.SELL,
        OrderType.LIMIT,
        (Decimal("1.1"),) * 2,
        Decimal("1.11"),
        (Decimal("1.08"),),
    )
    paper = replace(WAITING, draft=draft)
    assert at(paper, 1.0990, spread=0.0001).status == "waiting"
    done = at(paper, 1.1000, 1.0799, spread=0.0001)
    assert (done.status, done.r) == ("closed", Decimal(2))


def test_a_stop_order_enters_beyond_its_price() -> None:
    draft = replace(DRAFT, order_type=OrderType.STOP, entry=(Decimal(2650),) * 2)
    assert at(replace(WAITING, draft=draft), 2648).status == "waiting"
    assert at(replace(WAITING, draft=draft), 2650).status == "open"


def test_what_is_not_reached_in_time_or_stopped_first_is_missed() -> None:
    assert at(WAITING, 2655, after=301).reason == "not reached in time"
    assert at(WAITING, 2630).status == "missed"


def test_a_trade_that_goes_nowhere_ends() -> None:
    opened = at(WAITING, 2649.5)
    done = at(opened, 2652, after=int(LONGEST.total_seconds()) + 1)
    assert (done.status, done.reason, done.r) == ("closed", "time", Decimal("0.2"))
