"""What holds of drawdown caps for any path of readings, flows and restarts."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from trading.drawdown.caps import (
    AllowanceOf,
    Cap,
    CapAction,
    CapKind,
    DayBase,
    LockAt,
    Scope,
    TrailOver,
    Unit,
    describe,
    validate,
)
from trading.drawdown.confirm import BreachConfirmation, Suspicion
from trading.drawdown.dayclock import DayClock, day_of
from trading.drawdown.flows import Flow, FlowKind, apply_flow
from trading.drawdown.grammar import parse_cap
from trading.drawdown.plain import cap_from_plain, cap_to_plain, state_from_plain, state_to_plain
from trading.drawdown.rules import observe, start
from trading.drawdown.state import CapState, DayInputs, Reading
from trading.ids import RuleId, Ticket
from trading.model import Execution, SymbolSpec, TradeMode
from trading.sizing import Refusal, lots_for_risk

BEGIN = datetime(2025, 3, 28, 12, tzinfo=UTC)
TINY = Decimal("1e-15")

money = st.decimals("1000", "200000", places=2)
zones = st.sampled_from(["server", "UTC", "Europe/Prague", "America/New_York"])
clocks = st.builds(DayClock, zones, st.times().map(lambda t: t.replace(second=0, microsecond=0)))
sizes = st.one_of(
    st.tuples(st.decimals("1", "99", places=2), st.just(Unit.PERCENT)),
    st.tuples(st.decimals("1", "900", places=2), st.just(Unit.MONEY)),
)


@st.composite
def caps(draw: st.DrawFn, kinds: tuple[CapKind, ...] = tuple(CapKind)) -> Cap:
    kind = draw(st.sampled_from(kinds))
    size, unit = draw(sizes)
    cap = Cap(
        kind=kind,
        size=draw(money) if kind is CapKind.FLOOR else size,
        unit=Unit.MONEY if kind is CapKind.FLOOR else unit,
        id=RuleId(3),
        initial=draw(st.none() | money),
        base=draw(st.sampled_from(DayBase)),
        allowance_of=draw(st.sampled_from(AllowanceOf)),
        over=draw(st.sampled_from(TrailOver)),
        lock_at=draw(st.none() | st.just(LockAt.INITIAL) | money)
        if kind is CapKind.TRAILING
        else None,
        strict=draw(st.booleans()),
        include_credit=draw(st.booleans()),
        day=draw(clocks),
        action=draw(st.sampled_from(CapAction)),
        scope=draw(st.sampled_from(Scope)),
        act_at=draw(st.sampled_from([Decimal(1), Decimal("0.9")])),
    )
    assert validate(cap) is None
    return cap


@st.composite
def paths(draw: st.DrawFn) -> list[Reading]:
    """Readings that follow each other by 0.05 s to 20 h."""
    steps = st.integers(50, 72_000_000)
    at = BEGIN
    path = []
    for _ in range(draw(st.integers(1, 12))):
        balance = draw(money)
        credit = draw(st.sampled_from([Decimal(0), Decimal(500)]))
        floating = draw(st.decimals("-900", "5000", places=2))
        path.append(
            Reading(
                at=at,
                monotonic_ms=(at - BEGIN) // timedelta(milliseconds=1),
                balance=balance,
                equity=balance + credit + floating,
                credit=credit,
                positions_open=1,
            )
        )
        at += timedelta(milliseconds=draw(steps))
    return path


@given(caps(), paths())
def test_the_mark_never_falls_and_the_floor_only_at_a_reset(cap: Cap, path: list[Reading]) -> None:
    state = start(cap, path[0])
    for seen in path:
        found = observe(cap, state, seen)
        if cap.kind is not CapKind.DAILY:
            assert found.state.mark >= state.mark
        if not found.reset or cap.kind is not CapKind.DAILY:
            assert found.floor >= state.floor
            assert found.state.locked >= state.locked
        state = found.state


@given(caps(kinds=(CapKind.TRAILING,)), paths())
def test_a_new_mark_was_shown_by_two_readings(cap: Cap, path: list[Reading]) -> None:
    cap = replace(cap, over=TrailOver.EQUITY)
    state = start(cap, path[0])
    first = state.mark
    for seen in path:
        state = observe(cap, state, seen).state
    shown = sorted((seen.measured(cap) for seen in path), reverse=True)
    assert state.mark == first or sum(value >= state.mark for value in shown) >= 2


@given(caps(), paths())
def test_verdicts_agree_with_the_money(cap: Cap, path: list[Reading]) -> None:
    state = start(cap, path[0])
    for seen in path:
        found = observe(cap, state, seen)
        own = seen.measured(cap)
        assert found.room == own - found.floor
        assert found.breached == (own < found.floor if cap.strict else own <= found.floor)
        assert found.acts >= found.breached
        assert found.act_line >= found.floor
        assert found.used >= 0
        assert found.drawdown_percent >= 0
        state = found.state


@given(caps(), paths(), st.data())
def test_observing_is_deterministic_and_survives_a_restart(
    cap: Cap, path: list[Reading], data: st.DataObject
) -> None:
    straight = state = start(cap, path[0])
    for seen in path:
        if data.draw(st.booleans()):
            stored = json.dumps([cap_to_plain(cap), state_to_plain(state)])
            plain_cap, plain_state = json.loads(stored)
            cap = cap_from_plain(plain_cap, cap.id)
            state = state_from_plain(plain_state)
        expected = observe(cap, straight, seen)
        found = observe(cap, state, seen)
        assert found == expected
        straight, state = expected.state, found.state


def moved(cap: Cap, amount: Decimal) -> tuple[CapState, Cap, CapState, Decimal]:
    seen = Reading(BEGIN, 0, Decimal(10_000), Decimal(10_000))
    state = start(cap, seen, DayInputs(balance=Decimal(10_000)))
    flow = Flow(FlowKind.CASH, amount, BEGIN, Ticket(1))
    after_cap, after = apply_flow(cap, state, flow, Decimal(10_000))
    return state, after_cap, after, (10_000 + amount) / Decimal(10_000)


percent_kinds = (CapKind.STATIC, CapKind.TRAILING, CapKind.DAILY)
amounts = st.decimals("-9900", "50000", places=2)


@given(caps(kinds=percent_kinds), amounts)
def test_flows_scale_percent_caps(cap: Cap, amount: Decimal) -> None:
    cap = replace(cap, unit=Unit.PERCENT, size=min(cap.size, Decimal(99)))
    state, after_cap, after, factor = moved(cap, amount)
    assert abs(after.floor - state.floor * factor) < TINY
    assert abs(after.mark - state.mark * factor) < TINY
    assert abs(after.initial - state.initial * factor) < TINY
    assert after.locked == state.locked
    assert after_cap.size == cap.size


@given(caps(), amounts)
def test_flows_shift_money_caps(cap: Cap, amount: Decimal) -> None:
    cap = replace(cap, unit=Unit.MONEY)
    state, _, after, _ = moved(cap, amount)
    assert after.floor == state.floor + amount
    assert after.mark == state.mark + amount


@given(caps(kinds=percent_kinds), amounts)
def test_a_flow_and_its_reverse_leave_a_cap_where_it_was(cap: Cap, amount: Decimal) -> None:
    state, after_cap, after, _ = moved(cap, amount)
    back = Flow(FlowKind.CASH, -amount, BEGIN, Ticket(2))
    _, returned = apply_flow(after_cap, after, back, 10_000 + amount)
    assert abs(returned.floor - state.floor) < TINY
    assert abs(returned.mark - state.mark) < TINY


@given(caps(), paths())
def test_no_reading_takes_a_confirmed_breach_back(cap: Cap, path: list[Reading]) -> None:
    state = start(cap, path[0])
    step = BreachConfirmation()
    for seen in path:
        found = observe(cap, state, seen)
        following = step.after(found, seen.monotonic_ms)
        if step.suspicion is Suspicion.CONFIRMED:
            assert following == step
        elif following.suspicion is not Suspicion.NONE:
            assert found.acts
        step, state = following, found.state


@given(clocks, st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001
def test_every_instant_lies_in_one_day_of_23_to_25_hours(clock: DayClock, naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC)
    day = day_of(clock, instant)
    assert day.start <= instant < day.end
    assert timedelta(hours=23) <= day.end - day.start <= timedelta(hours=25)
    following = day_of(clock, day.end)
    assert following.start == day.end
    assert following.id > day.id


VOCABULARY = """
total static trailing daily floor 5 15% 7,5 9000 9,000 1e9 NaN -1 0 % money percent balance
equity max eod of initial base lock at 17:00 25:61 UTC Europe/Prague server warn pause close
own all strict credit act
"""
vocabulary = st.sampled_from(VOCABULARY.split())


@given(st.lists(vocabulary | st.text(max_size=12), max_size=9))
def test_parsing_never_raises_and_gives_only_sound_caps(words: list[str]) -> None:
    parsed = parse_cap(words)
    if isinstance(parsed, str):
        assert "Example: " in parsed
        assert len(parsed) < 600
    else:
        assert validate(parsed) is None
        assert "\n" not in describe(parsed)


@given(
    st.decimals("0.01", "1000000", places=2),
    st.decimals("0.0001", "100000", places=4),
    st.sampled_from([Decimal("0.01"), Decimal("0.1"), Decimal("0.03"), Decimal(1)]),
)
def test_sizing_never_risks_more_than_asked_nor_breaks_the_step(
    risk: Decimal, loss: Decimal, step: Decimal
) -> None:
    spec = SymbolSpec(
        name="X",
        digits=2,
        point=step,
        tick_size=step,
        tick_value_loss=step,
        contract_size=step,
        volume_min=step,
        volume_max=Decimal(100),
        volume_step=step,
        volume_limit=Decimal(0),
        stops_level=0,
        freeze_level=0,
        fillings=(),
        execution=Execution.MARKET,
        trade_mode=TradeMode.FULL,
        currency_base="A",
        currency_profit="B",
        currency_margin="A",
    )
    lots = lots_for_risk(risk, loss, spec)
    if isinstance(lots, Refusal):
        assert step * loss > risk
        return
    assert lots * loss <= risk
    assert lots % step == 0
    assert step <= lots <= spec.volume_max
    # The next step would risk too much, or is more than the broker takes.
    assert (lots + step) * loss > risk or lots + step > spec.volume_max
