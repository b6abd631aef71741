"""The laws of automatic management: stops only tighten, ladders never close too much."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.specs import EURUSD
from trading.ids import AccountId, ClientOrderId, Ticket
from trading.model import Position, Side, SymbolSpec
from trading.positions.model import Defaults, Managed, ManagedId, Rules, Rung
from trading.positions.rules import (
    CloseAct,
    StopAct,
    broker_target,
    first_rules,
    is_looser,
    ladder,
    nearest_first,
    next_act,
    remaining,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
POINT = EURUSD.point

points = st.integers(-3000, 3000)
sides = st.sampled_from(list(Side))
lots = st.integers(1, 500).map(lambda steps: steps * EURUSD.volume_step)
percents = st.lists(st.integers(1, 60).map(Decimal), max_size=4).filter(lambda of: sum(of) <= 100)


def position(side: Side, volume: Decimal, **changes: object) -> Position:
    fields: dict[str, object] = {
        "ticket": Ticket(7),
        "identifier": Ticket(7),
        "symbol": "EURUSD",
        "side": side,
        "volume": volume,
        "price_open": Decimal("1.10000"),
        "price_current": Decimal("1.10000"),
        "stop_loss": Decimal("1.10000") - 500 * POINT * side.sign,
        "take_profit": None,
        "profit": Decimal(0),
        "swap": Decimal(0),
        "client_order_id": ClientOrderId(1),
        "comment": "",
        "opened_at": NOW,
        **changes,
    }
    return Position(**fields)  # type: ignore[arg-type]  # built by name


def managed(one: Position, rules: Rules) -> Managed:
    return Managed(
        ManagedId(1), AccountId(1), one.identifier, one.symbol, one.side, one.price_open,
        one.volume, one.stop_loss, "test", None, rules,
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(sides, lots, st.lists(st.integers(1, 3000), min_size=1, max_size=6, unique=True), percents)
def test_a_ladder_leaves_the_broker_at_least_the_minimum(
    side: Side, volume: Decimal, away: list[int], shares: list[Decimal]
) -> None:
    targets = [Decimal("1.1") + points * POINT * side.sign for points in away]
    rungs = ladder(volume, side, targets, shares, EURUSD)
    assert all(rung.volume >= EURUSD.volume_min for rung in rungs)
    assert all(rung.volume % EURUSD.volume_step == 0 for rung in rungs)
    left = volume - sum((rung.volume for rung in rungs), Decimal(0))
    assert left >= (EURUSD.volume_min if rungs else volume)
    assert [rung.price for rung in rungs] == sorted(
        [rung.price for rung in rungs], key=lambda price: price * side.sign
    )
    end = broker_target(side, targets, rungs)
    assert end is not None
    ordered = nearest_first(side, targets)
    assert end == (ordered[-1] if rungs else ordered[0])
    assert all((end - rung.price) * side.sign > 0 for rung in rungs)


@settings(max_examples=120, deadline=None)
@given(
    sides,
    lots,
    st.lists(points, min_size=1, max_size=60),
    st.integers(1, 800),
    st.booleans(),
    st.data(),
)
def test_over_any_path_the_stop_only_tightens_and_no_more_than_the_position_is_closed(
    side: Side, volume: Decimal, path: list[int], trail: int, trails: bool, data: st.DataObject
) -> None:
    targets = [Decimal("1.1") + step * POINT * side.sign for step in (300, 700, 1200)]
    one = position(side, volume, take_profit=targets[-1])
    rules = first_rules(one, targets, Defaults(ladder=(Decimal(50), Decimal(30)),
                        break_even_after=1), EURUSD)  # fmt: skip
    if trails:
        rules = replace(rules, trail=trail * POINT)
    known, closed = managed(one, rules), Decimal(0)
    for step in path:
        one = replace(one, price_current=Decimal("1.1") + step * POINT)
        for _ in range(6):
            # A restart between any two looks loses nothing: all there is, is passed in.
            act = next_act(one, known, EURUSD, NOW)
            if isinstance(act, StopAct):
                assert not is_looser(act.stop_loss, one.stop_loss, side)
                assert act.stop_loss != one.stop_loss
                assert (one.price_current - act.stop_loss) * side.sign > 0
                one = replace(one, stop_loss=act.stop_loss)
            elif isinstance(act, CloseAct):
                assert 0 < act.volume <= one.volume
                if data.draw(st.booleans(), label="the broker refused it"):
                    break
                closed += act.volume
                one = replace(one, volume=one.volume - act.volume)
                if data.draw(st.booleans(), label="its answer was recorded"):
                    number = int(act.cause.partition(":")[2])
                    known = replace(known, done=tuple(sorted({*known.done, number})))
            else:
                break
        else:
            raise AssertionError("the rules never come to rest at one price")
    assert closed <= volume - EURUSD.volume_min or not rules.rungs
    assert one.volume == volume - closed
    assert one.volume >= remaining(known, len(rules.rungs))


def test_break_even_waits_for_the_position_to_be_smaller() -> None:
    targets = (Decimal("1.1030"), Decimal("1.1060"))
    one = position(Side.BUY, Decimal("0.10"), take_profit=targets[-1])
    rules = first_rules(one, targets, Defaults(ladder=(Decimal(50),), break_even_after=1), EURUSD)
    assert rules.rungs == (Rung(targets[0], Decimal("0.05")),)
    known = managed(one, rules)
    there = replace(one, price_current=Decimal("1.1031"))
    act = next_act(there, known, EURUSD, NOW)
    assert act == CloseAct(Decimal("0.05"), "target:1")
    # The broker said done, but the position read anew is as large as before: no break-even.
    told = replace(known, done=(1,))
    back = replace(one, price_current=Decimal("1.1020"))
    assert next_act(back, told, EURUSD, NOW) is None
    smaller = replace(back, volume=Decimal("0.05"))
    assert next_act(smaller, told, EURUSD, NOW) == StopAct(Decimal("1.10000"), "break_even")
    # Someone closed a half by hand before the target was seen: the stop stays.
    assert next_act(smaller, known, EURUSD, NOW) is None


def test_a_time_limit_closes_the_whole_position() -> None:
    one = position(Side.SELL, Decimal("0.30"))
    known = managed(one, Rules(closes_at=NOW + timedelta(hours=1)))
    assert next_act(one, known, EURUSD, NOW + timedelta(minutes=59)) is None
    assert next_act(one, known, EURUSD, NOW + timedelta(hours=1)) == CloseAct(
        Decimal("0.30"), "time_limit"
    )


def test_a_stop_nearer_than_the_broker_allows_is_not_asked_for() -> None:
    strict: SymbolSpec = replace(EURUSD, stops_level=100)
    one = position(Side.BUY, Decimal("0.10"))
    close_by = managed(one, Rules(trail=50 * POINT))
    assert next_act(one, close_by, EURUSD, NOW) is not None
    assert next_act(one, close_by, strict, NOW) is None


def test_a_volume_that_cannot_be_split_closes_whole_at_the_first_target() -> None:
    targets = (Decimal("1.1060"), Decimal("1.1030"))
    assert ladder(Decimal("0.01"), Side.BUY, targets, (Decimal(50),), EURUSD) == ()
    assert broker_target(Side.BUY, targets, ()) == Decimal("1.1030")
    assert broker_target(Side.SELL, (), ()) is None
