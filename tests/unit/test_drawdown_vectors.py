"""Every worked vector of the drawdown definitions, from the file kept for machines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from trading.drawdown.budget import worst_case
from trading.drawdown.caps import AllowanceOf, Cap, CapKind, DayBase, LockAt, TrailOver, Unit
from trading.drawdown.dayclock import DayClock, boundary, day_of, server_wall
from trading.drawdown.flows import Flow, FlowKind, apply_flow
from trading.drawdown.presets import bem, e8, ftmo, ftmo1, itrader, topstep, upside
from trading.drawdown.rules import observe, settle, start
from trading.drawdown.state import CapState, DayInputs, Observation, Reading
from trading.ids import Ticket
from trading.model import Execution, Filling, SymbolSpec, TradeMode
from trading.sizing import Refusal, lots_for_risk

FILE = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "drawdown_vectors.json"
Step = Mapping[str, Decimal]

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the vectors' file is not here")

CENT = Decimal("0.01")
NOON = datetime(2025, 6, 3, 12, tzinfo=UTC)
UTC_DAY = DayClock("UTC")


def vectors() -> dict[str, Mapping[str, object]]:
    if not FILE.exists():
        return {}
    text = FILE.read_text(encoding="utf-8")
    loaded = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return {vector["id"]: vector for vector in loaded}


VECTORS = vectors()
COVERED = (
    "S1",
    "D1",
    "D2",
    "D3",
    "D4",
    "T1",
    "T2",
    "T3",
    "T4",
    "T5",
    "X1",
    "F1",
    "C1",
    "B1",
    "Z1",
    "R1",
)


def steps_of(name: str) -> Sequence[Step]:
    return cast("Sequence[Step]", VECTORS[name]["steps"])


def params_of(name: str) -> Step:
    return cast("Step", VECTORS[name]["params"])


def numbered(name: str) -> list[object]:
    if name not in VECTORS:
        return []
    return [pytest.param(step, id=f"{name}.{n}") for n, step in enumerate(steps_of(name), 1)]


def percent(fraction: Decimal) -> Decimal:
    return fraction * 100


def reading(
    equity: Decimal,
    balance: Decimal | None = None,
    credit: Decimal = Decimal(0),
    at: datetime = NOON,
) -> Reading:
    return Reading(
        at=at,
        monotonic_ms=int((at - NOON) / timedelta(milliseconds=1)),
        balance=equity - credit if balance is None else balance,
        equity=equity,
        credit=credit,
        positions_open=1,
    )


def look(cap: Cap, state: CapState, seen: Reading, inputs: DayInputs | None = None) -> Observation:
    """Judge a row alone: no second reading is waited for."""
    return observe(cap, state, seen, inputs or DayInputs(), confirm_ms=0)


def check_breach(cap: Cap, state: CapState, seen: Reading, step: Step) -> None:
    inclusive = look(cap, state, seen)
    strict = look(replace(cap, strict=True), state, seen)
    assert inclusive.breached == step["breach_inclusive"]
    assert strict.breached == step["breach_strict"]
    assert inclusive.acts == inclusive.breached


def test_every_vector_of_the_file_is_covered() -> None:
    assert sorted(VECTORS) == sorted(COVERED)


@pytest.mark.parametrize("step", numbered("S1"))
def test_s1_static(step: Step) -> None:
    params = params_of("S1")
    cap = Cap(CapKind.STATIC, percent(params["max"]), initial=params["initial"])
    state = start(cap, reading(params["initial"]))
    seen = reading(step["equity"], step["balance"])
    assert seen.floating == step["floating"]
    assert look(cap, state, seen).floor == step["floor"]
    check_breach(cap, state, seen, step)


def test_d1_daily_balance_less_a_share_of_the_initial() -> None:
    params = params_of("D1")
    cap = Cap(
        CapKind.DAILY,
        percent(params["daily"]),
        initial=params["initial"],
        base=DayBase.BALANCE,
        allowance_of=AllowanceOf.INITIAL,
        day=UTC_DAY,
    )
    midnight = NOON.replace(hour=0) + timedelta(days=1)
    times = [NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=2), midnight]
    state = start(cap, reading(params["initial"]), DayInputs(balance=params["initial"]))
    for at, step in zip(times, steps_of("D1"), strict=True):
        seen = reading(step["equity"], step["balance"], at=at)
        found = look(cap, state, seen)
        assert found.floor == step["floor"]
        assert found.room == step.get("room", found.room)
        assert found.reset == (at == midnight)
        check_breach(cap, state, seen, step)
        state = found.state


@pytest.mark.parametrize("of", list(AllowanceOf))
@pytest.mark.parametrize("base", list(DayBase))
@pytest.mark.parametrize("step", numbered("D2"))
def test_d2_three_bases_two_allowances(step: Step, base: DayBase, of: AllowanceOf) -> None:
    params = params_of("D2")
    cap = Cap(
        CapKind.DAILY,
        percent(params["daily"]),
        initial=params["initial"],
        base=base,
        allowance_of=of,
        day=UTC_DAY,
    )
    midnight = NOON.replace(hour=0)
    state = start(cap, reading(params["initial"], at=midnight - timedelta(hours=3)))
    found = look(
        cap, state, reading(step["equity_at_reset"], step["balance_at_reset"], at=midnight)
    )
    assert found.reset
    assert found.floor == step[f"floor_{base}_pct_of_{of}"]


@pytest.mark.parametrize("step", numbered("D3"))
def test_d3_daily_higher_base_less_a_share_of_the_initial(step: Step) -> None:
    params = params_of("D3")
    (cap,) = bem(params["initial"], daily=percent(params["daily"]))
    inputs = DayInputs(balance=params["initial"], equity=step["base"])
    assert start(cap, reading(step["base"]), inputs).floor == step["floor"]


@pytest.mark.parametrize("step", numbered("D4"))
def test_d4_daily_percent_of_equity(step: Step) -> None:
    (cap,) = itrader(Decimal(100_000), daily=percent(params_of("D4")["daily"]))
    inputs = DayInputs(balance=Decimal(100_000), equity=step["base"])
    assert start(cap, reading(step["base"]), inputs).floor == step["floor"]


def test_t1_trailing_proportional_to_the_equity_peak() -> None:
    params = params_of("T1")
    (preset,) = upside(params["initial"], total=percent(params["max"]))
    cap = replace(preset, strict=False, act_at=Decimal(1))
    state = start(cap, reading(params["initial"]))
    for step in steps_of("T1"):
        seen = reading(step["equity"])
        check_breach(cap, state, seen, step)
        found = look(cap, state, seen)
        assert found.state.mark == step["peak"]
        assert found.floor == step["floor"]
        assert abs(found.drawdown_percent - step["drawdown_pct"]) < Decimal("0.0001")
        state = found.state


def test_t2_fixed_amount_below_the_closed_balance_peak_with_a_lock() -> None:
    params = params_of("T2")
    (preset,) = e8(params["initial"])
    cap = replace(preset, strict=False, act_at=Decimal(1))
    assert cap.size == params["amount"]
    state = start(cap, reading(params["initial"]))
    for step in steps_of("T2"):
        seen = reading(step["equity"], step["balance"])
        check_breach(cap, state, seen, step)
        found = look(cap, state, seen)
        assert found.floor == step["floor"]
        assert found.state.mark == step["hwm_balance"]
        assert found.state.locked == step["locked"]
        state = found.state


def test_t3_end_of_day_trail_with_a_lock() -> None:
    params = params_of("T3")
    (cap,) = topstep(params["initial"])
    assert cap.size == params["amount"]
    state = start(cap, reading(params["initial"]))
    for step in steps_of("T3"):
        assert state.day_ends is not None
        # An intraday high between two closes moves nothing.
        high = reading(step["eod_balance"] + 5000, at=state.day_ends - timedelta(hours=1))
        assert look(cap, state, high).floor == state.floor
        found = look(cap, state, reading(step["eod_balance"], at=state.day_ends))
        assert found.floor == step["floor_next_day"]
        assert found.state.locked == step["locked"]
        state = found.state


def test_t4_end_of_day_trail_without_a_lock() -> None:
    params = params_of("T4")
    (cap,) = ftmo1(params["initial"], total=percent(params["max"]))
    state = start(cap, reading(params["initial"]))
    for step in steps_of("T4"):
        assert state.day_ends is not None
        found = look(cap, state, reading(step["eod_balance"], at=state.day_ends))
        assert found.floor == step["floor_next_day"]
        state = found.state


@pytest.mark.parametrize("step", numbered("T5"))
def test_t5_proportional_trail_with_a_lock(step: Step) -> None:
    params = params_of("T5")
    cap = Cap(
        CapKind.TRAILING,
        percent(params["max"]),
        initial=params["initial"],
        over=TrailOver.BALANCE,
        lock_at=LockAt.INITIAL,
    )
    state = start(cap, reading(params["initial"]))
    found = look(cap, state, reading(step["peak"]))
    raw = settle(replace(cap, lock_at=None), found.state).floor
    assert raw.quantize(CENT) == step.get("raw_floor", step.get("floor", raw))
    assert found.floor.quantize(CENT) == step.get("floor", step.get("raw_floor"))
    assert found.state.locked == step.get("locked", False)


@pytest.mark.parametrize("model", ["static", "equity_trail", "balance_trail"])
def test_x1_one_path_three_models(model: str) -> None:
    params = params_of("X1")
    size, initial = percent(params["max"]), params["initial"]
    cap = {
        "static": Cap(CapKind.STATIC, size, initial=initial),
        "equity_trail": Cap(CapKind.TRAILING, size, initial=initial),
        "balance_trail": Cap(CapKind.TRAILING, size, initial=initial, over=TrailOver.BALANCE),
    }[model]
    state = start(cap, reading(initial))
    for step in steps_of("X1"):
        found = look(cap, state, reading(step["equity"], step["balance"]))
        assert found.floor == step[f"{model}_floor"]
        assert found.breached == step[f"{model}_breach"]
        state = found.state


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("step", numbered("F1"))
def test_f1_flows_scale_percent_caps_and_shift_money_caps(step: Step, unit: Unit) -> None:
    size = Decimal(10) if unit is Unit.PERCENT else Decimal(5000)
    cap = Cap(CapKind.TRAILING, size, unit)
    state = start(cap, reading(step["peak"]))
    before = look(cap, state, reading(step["equity_before"]))
    assert abs(before.drawdown_percent - step["dd_before_pct"]) < Decimal("0.0001")
    flow = Flow(FlowKind.CASH, step["flow"], NOON, Ticket(1))
    moved_cap, moved = apply_flow(cap, before.state, flow, step["equity_before"])
    after = look(moved_cap, moved, reading(step["equity_after"]))
    how = "scaled" if unit is Unit.PERCENT else "additive"
    assert after.state.mark.quantize(CENT) == step[f"peak_{how}"]
    assert abs(after.drawdown_percent - step[f"dd_{how}_pct"]) < Decimal("0.0001")


def test_f1_last_row_of_a_fixed_amount_has_the_firm_s_floor() -> None:
    cap = Cap(CapKind.TRAILING, Decimal(5000), Unit.MONEY)
    state = start(cap, reading(Decimal(55_000)))
    flow = Flow(FlowKind.CASH, Decimal(-3000), NOON, Ticket(1))
    _, moved = apply_flow(cap, state, flow, Decimal(55_000))
    assert moved.floor == 47_000


@pytest.mark.parametrize("step", numbered("C1"))
def test_c1_credit_is_not_ours(step: Step) -> None:
    params = params_of("C1")
    cap = Cap(CapKind.STATIC, percent(params["max"]), initial=params["initial"])
    seen = reading(step["mt5_equity"], step["balance"], step["credit"])
    assert seen.floating == step["floating"]
    assert seen.own_equity == step["own_equity"]
    own = look(cap, start(cap, seen), seen)
    assert own.floor == step["floor"]
    assert own.breached == step["breach_using_own_equity"]
    counted = replace(cap, include_credit=True)
    assert look(counted, start(counted, seen), seen).breached == step["breach_using_mt5_equity"]


@pytest.mark.parametrize("step", numbered("B1"))
def test_b1_worst_case_before_an_approval(step: Step) -> None:
    found = worst_case(step["equity"], step["floor"], [step["open_risk_to_sl"]], step["new_risk"])
    assert found.worst_equity == step["worst_equity"]
    assert found.allowed == step["allow"]
    assert found.max_new_risk == step["max_new_risk"]


def test_b1_the_bound_itself_is_denied_unless_the_cap_is_strict() -> None:
    bound = worst_case(Decimal(97_000), Decimal(95_000), [Decimal(1500)], Decimal(500))
    assert not bound.allowed
    assert worst_case(
        Decimal(97_000), Decimal(95_000), [Decimal(1500)], Decimal(500), strict=True
    ).allowed


@pytest.mark.parametrize("step", numbered("Z1"))
def test_z1_prague_midnight_against_the_server(step: Mapping[str, str]) -> None:
    clock = ftmo(Decimal(100_000))[1].day
    wanted = datetime.strptime(step["reset_utc"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    day = date.fromisoformat(step["prague_day"])
    assert boundary(clock, day) == wanted
    assert f"{server_wall(wanted):%Y-%m-%d %H:%M}" == step["server_wall"]
    for instant in (wanted, wanted + timedelta(hours=13)):
        found = day_of(clock, instant)
        assert (found.id, found.start) == (step["prague_day"], wanted)
        assert (found.end - found.start) / timedelta(hours=1) == Decimal(step["day_hours"])
    assert day_of(clock, wanted - timedelta(microseconds=1)).end == wanted


@pytest.mark.parametrize("step", numbered("R1"))
def test_r1_sizing_rounds_down_or_refuses(step: Mapping[str, Decimal | str | None]) -> None:
    number = cast("Mapping[str, Decimal]", step)
    spec = SymbolSpec(
        name=str(step["symbol"]),
        digits=5,
        point=number["tick_size"],
        tick_size=number["tick_size"],
        tick_value_loss=number["tick_value"],
        contract_size=Decimal(100),
        volume_min=CENT,
        volume_max=Decimal(100),
        volume_step=CENT,
        volume_limit=Decimal(0),
        stops_level=0,
        freeze_level=0,
        fillings=(Filling.IOC,),
        execution=Execution.MARKET,
        trade_mode=TradeMode.FULL,
        currency_base="EUR",
        currency_profit="USD",
        currency_margin="EUR",
    )
    ticks = abs(number["entry"] - number["sl"]) / number["tick_size"]
    per_lot = ticks * number["tick_value"]
    assert per_lot == number["loss_per_lot"]
    risk = number["equity"] * number["risk"]
    assert risk / per_lot == number["raw_lots"]
    lots = lots_for_risk(risk, per_lot, spec)
    if step["lots"] is None:
        assert isinstance(lots, Refusal)
        share = lots.numbers["least_risk"] / number["equity"] * 100
        assert f"{share:.2f}%" in str(step["action"])
    else:
        assert lots == step["lots"]
