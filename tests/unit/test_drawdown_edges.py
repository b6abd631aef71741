"""The edge cases of the drawdown definitions, by their numbers.

Number 10 (the close-all) belongs to execution and is tested there.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from trading.drawdown.caps import AllowanceOf, Cap, CapAction, CapKind, DayBase, TrailOver, Unit
from trading.drawdown.confirm import BreachConfirmation, Suspicion
from trading.drawdown.dayclock import DayClock
from trading.drawdown.edits import edit, is_looser
from trading.drawdown.flows import (
    Flow,
    FlowKind,
    Unexplained,
    apply_flow,
    apply_flows,
    balance_at,
    balance_effect,
    decide_unexplained,
    flows_of,
)
from trading.drawdown.readings import Invalid, InvalidReading, Look, Valid, judge, was_stopped_out
from trading.drawdown.resets import next_reset
from trading.drawdown.rules import binding, observe, start
from trading.drawdown.state import CapState, DayInputs, Reading
from trading.ids import ClientOrderId, Ticket
from trading.model import AccountState, Deal, DealEntry, DealReason, DealType, MarginMode

LOGIN = 1001
D = Decimal
NOON = datetime(2025, 6, 3, 12, tzinfo=UTC)
MIDNIGHT = datetime(2025, 6, 4, tzinfo=UTC)
UTC_DAY = DayClock("UTC")
STATIC = Cap(CapKind.STATIC, Decimal(10))
TRAILING = Cap(CapKind.TRAILING, Decimal(10))
DAILY = Cap(CapKind.DAILY, Decimal(5), day=UTC_DAY)


def reading(
    equity: int | str,
    balance: int | str | None = None,
    credit: int = 0,
    at: datetime = NOON,
) -> Reading:
    return Reading(
        at=at,
        monotonic_ms=(at - NOON) // timedelta(milliseconds=1),
        balance=Decimal(equity) - credit if balance is None else Decimal(balance),
        equity=Decimal(equity),
        credit=Decimal(credit),
        positions_open=1,
    )


def later(ms: int) -> datetime:
    return NOON + timedelta(milliseconds=ms)


def account(
    equity: str = "10000", balance: str = "10000", margin_level: str = "500", login: int = LOGIN
) -> AccountState:
    return AccountState(
        login=login,
        server="Broker-Demo",
        currency="JPY",
        margin_mode=MarginMode.HEDGING,
        leverage=100,
        balance=Decimal(balance),
        credit=Decimal(0),
        equity=Decimal(equity),
        profit=Decimal(0),
        margin=Decimal(100),
        margin_free=Decimal(9000),
        margin_level=Decimal(margin_level),
        trade_allowed=True,
        trade_expert=True,
    )


def look(seen: AccountState | None, **changes: object) -> Look:
    return replace(Look(seen, 2, NOON, 0), **changes)  # type: ignore[arg-type]


def deal(kind: DealType, amount: str, at: datetime = NOON, ticket: int = 1) -> Deal:
    trade = kind in (DealType.BUY, DealType.SELL)
    return Deal(
        ticket=Ticket(ticket),
        order=Ticket(ticket),
        position_id=Ticket(7 if trade else 0),
        deal_type=kind,
        entry=DealEntry.OUT if trade else DealEntry.IN,
        symbol="EURUSD" if trade else "",
        volume=Decimal(1) if trade else Decimal(0),
        price=Decimal(1),
        profit=Decimal(amount),
        swap=Decimal(0),
        commission=Decimal(0),
        fee=Decimal(0),
        reason=DealReason.CLIENT,
        client_order_id=ClientOrderId(0),
        comment="",
        at=at,
    )


# --- 1: what is not a reading ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (look(None), InvalidReading.NO_ACCOUNT),
        (look(account(equity="NaN")), InvalidReading.NOT_A_NUMBER),
        (look(account(balance="sNaN")), InvalidReading.NOT_A_NUMBER),
        (look(account(equity="Infinity")), InvalidReading.NOT_A_NUMBER),
        (look(account(equity="0")), InvalidReading.ZERO_EQUITY),
        (look(account(equity="0"), positions_open=0), InvalidReading.ZERO_EQUITY),
        (look(account(equity="-500")), InvalidReading.NEGATIVE_EQUITY),
        (look(account(), connected=False), InvalidReading.DISCONNECTED),
        (look(account(), quote_age=Decimal(31)), InvalidReading.STALE_QUOTES),
        (look(account(equity="0", margin_level="0")), InvalidReading.ZERO_EQUITY),
        (look(account(equity="0"), stopped_out=True), InvalidReading.ZERO_EQUITY),
    ],
)
def test_edge_01_unreadable_equity_is_not_a_number(seen: Look, reason: InvalidReading) -> None:
    found = judge(seen, expected_login=LOGIN)
    assert isinstance(found, Invalid)
    assert found.reason is reason
    assert not found.reason.halts


@pytest.mark.parametrize("equity", ["0", "-120"])
def test_edge_01_ruin_is_real_after_stop_outs_at_margin_level_zero(equity: str) -> None:
    stop_out = replace(deal(DealType.SELL, "-9000"), reason=DealReason.STOP_OUT)
    assert was_stopped_out((deal(DealType.BUY, "1"), stop_out))
    ruined = look(account(equity, balance=equity, margin_level="0"), stopped_out=True)
    found = judge(ruined, expected_login=LOGIN)
    assert isinstance(found, Valid)
    state = start(STATIC, reading(10_000))
    assert observe(STATIC, state, found.reading).breached


def test_edge_01_an_emptied_account_reads_zero_and_breaches_nothing() -> None:
    empty = look(account("0", balance="0"), positions_open=0)
    found = judge(empty, expected_login=LOGIN)
    assert isinstance(found, Valid)
    state = start(STATIC, reading(10_000))
    out = Flow(FlowKind.CASH, Decimal(-10_000), NOON, Ticket(1))
    cap, state = apply_flow(STATIC, state, out, Decimal(10_000))
    assert not observe(cap, state, found.reading).acts


def test_edge_01_equity_cannot_jump_without_a_deal() -> None:
    previous = reading(10_000)
    jumped = look(account("4000", balance="4000"), explained=Decimal(0))
    found = judge(jumped, expected_login=LOGIN, previous=previous)
    assert isinstance(found, Invalid)
    assert found.reason is InvalidReading.JUMP_WITHOUT_DEAL
    told = look(account("4000", balance="4000"), explained=Decimal(-6000))
    assert isinstance(judge(told, expected_login=LOGIN, previous=previous), Valid)
    # Deals not asked for yet: nothing can be said, so nothing is held against it.
    unasked = look(account("4000", balance="4000"))
    assert isinstance(judge(unasked, expected_login=LOGIN, previous=previous), Valid)


def test_edge_01_a_close_whose_deal_is_late_leaves_equity_believable() -> None:
    previous = reading(9400, balance=10_000)
    closed = look(account("9395", balance="9395"), explained=Decimal(0))
    assert isinstance(judge(closed, expected_login=LOGIN, previous=previous), Valid)


def test_edge_01_a_floating_loss_of_any_size_is_a_reading() -> None:
    crashed = look(account("2000"), explained=Decimal(0))
    assert isinstance(judge(crashed, expected_login=LOGIN, previous=reading(10_000)), Valid)


def test_edge_01_an_answer_that_comes_late_is_dropped() -> None:
    found = judge(look(account()), expected_login=LOGIN, previous=reading(10_000, at=later(5)))
    assert isinstance(found, Invalid)
    assert found.reason is InvalidReading.OUT_OF_ORDER


# --- 2 --------------------------------------------------------------------------------------


def test_edge_02_another_login_halts() -> None:
    found = judge(look(account(login=1002)), expected_login=LOGIN)
    assert isinstance(found, Invalid)
    assert found.reason is InvalidReading.WRONG_LOGIN
    assert found.reason.halts


# --- 3: two looks ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second_ms", "expected"),
    [(249, Suspicion.SUSPECTED), (250, Suspicion.CONFIRMED), (1000, Suspicion.CONFIRMED)],
)
def test_edge_03_a_breach_is_confirmed_250_ms_later(second_ms: int, expected: Suspicion) -> None:
    state = start(STATIC, reading(10_000))
    seen = observe(STATIC, state, reading(9000))
    first = BreachConfirmation().after(seen, 0)
    assert first.suspicion is Suspicion.SUSPECTED
    assert first.after(seen, second_ms).suspicion is expected


def test_edge_03_a_spike_below_the_floor_is_forgotten() -> None:
    state = start(STATIC, reading(10_000))
    below = observe(STATIC, state, reading(8900))
    above = observe(STATIC, state, reading(9001))
    step = BreachConfirmation().after(below, 0).after(above, 100).after(below, 300)
    assert step == BreachConfirmation(Suspicion.SUSPECTED, 300)


@pytest.mark.parametrize(
    ("equity", "expected"), [("8800", Suspicion.SUSPECTED), ("8799.99", Suspicion.CONFIRMED)]
)
def test_edge_03_a_fifth_of_the_allowance_past_the_floor_leaves_no_doubt(
    equity: str, expected: Suspicion
) -> None:
    state = start(STATIC, reading(10_000))
    seen = observe(STATIC, state, reading(equity))
    assert BreachConfirmation().after(seen, 0).suspicion is expected


def test_edge_03_a_confirmed_breach_stays_and_a_restarted_clock_starts_again() -> None:
    state = start(STATIC, reading(10_000))
    below, above = (observe(STATIC, state, reading(equity)) for equity in (8900, 10_000))
    suspected = BreachConfirmation(Suspicion.SUSPECTED, 90_000)
    assert suspected.after(below, 5) == BreachConfirmation(Suspicion.SUSPECTED, 5)
    confirmed = suspected.after(below, 90_250)
    assert confirmed.after(above, 95_000) == confirmed


def test_edge_03_a_spike_of_one_tick_does_not_raise_the_mark() -> None:
    state = start(TRAILING, reading(10_000))
    spiked = observe(TRAILING, state, reading(15_000, at=later(1000))).state
    assert (spiked.mark, spiked.pending_mark) == (D(10_000), D(15_000))
    early = observe(TRAILING, spiked, reading(10_800, at=later(1200))).state
    assert early.mark == 10_000
    after = observe(TRAILING, early, reading(10_500, at=later(1300))).state
    assert (after.mark, after.pending_mark) == (D(10_500), None)
    gone = observe(TRAILING, spiked, reading(9900, at=later(1300))).state
    assert (gone.mark, gone.pending_mark) == (D(10_000), None)


def test_edge_03_a_mark_rises_to_the_lower_of_two_readings() -> None:
    state = start(TRAILING, reading(10_000))
    for ms, equity in ((1000, 10_300), (2000, 10_400), (3000, 10_350)):
        state = observe(TRAILING, state, reading(equity, at=later(ms))).state
    assert state.mark == 10_350


def test_edge_03_a_spike_at_the_boundary_does_not_set_the_day_s_base() -> None:
    before = reading(10_000, at=MIDNIGHT - timedelta(seconds=1))
    state = start(DAILY, before, DayInputs(balance=Decimal(10_000)))
    state = observe(DAILY, state, before).state
    found = observe(DAILY, state, reading(14_000, balance=10_000, at=MIDNIGHT))
    assert found.reset
    assert found.state.base == 10_000


# --- 4: money in and out --------------------------------------------------------------------


def test_edge_04_only_balance_deals_are_flows_unless_asked() -> None:
    deals = [deal(kind, "10", ticket=n) for n, kind in enumerate(DealType)]
    assert [flow.kind for flow in flows_of(deals)] == [FlowKind.CASH, FlowKind.CREDIT]
    assert len(flows_of(deals, bonus=True, correction=True)) == 4


@pytest.mark.parametrize("cap", [STATIC, TRAILING, DAILY])
def test_edge_04_a_withdrawal_alone_breaches_no_percent_cap(cap: Cap) -> None:
    state = start(cap, reading(100_000), DayInputs(balance=Decimal(100_000)))
    before = observe(cap, state, reading(96_000))
    out = Flow(FlowKind.CASH, Decimal(-50_000), NOON, Ticket(1))
    cap, state = apply_flow(cap, before.state, out, Decimal(96_000))
    after = observe(cap, state, reading(46_000))
    assert not after.breached
    assert abs(after.drawdown_percent - before.drawdown_percent) < Decimal("1e-15")
    assert abs(after.used - before.used) < Decimal("1e-15")


def test_edge_04_initial_lock_and_floor_move_too() -> None:
    cap = replace(TRAILING, initial=Decimal(10_000), lock_at=Decimal(10_500))
    state = start(cap, reading(10_000))
    flow = Flow(FlowKind.CASH, Decimal(10_000), NOON, Ticket(1))
    scaled, _ = apply_flow(cap, state, flow, Decimal(10_000))
    assert (scaled.initial, scaled.lock_at) == (D(20_000), D(21_000))
    floor = Cap(CapKind.FLOOR, Decimal(9000), Unit.MONEY)
    moved, after = apply_flow(floor, start(floor, reading(10_000)), flow, Decimal(10_000))
    assert (moved.size, after.floor, after.base) == (D(19_000), D(19_000), D(20_000))


def test_edge_04_two_flows_compound() -> None:
    state = start(TRAILING, reading(10_000))
    flows = [Flow(FlowKind.CASH, Decimal(n), NOON, Ticket(1)) for n in (10_000, -15_000)]
    _, moved = apply_flows(TRAILING, state, flows, Decimal(8000))
    assert abs(moved.mark - Decimal(3000) / 8000 * 10_000) < Decimal("1e-15")


@pytest.mark.parametrize(
    ("difference", "waited", "expected"),
    [
        ("0.02", 99_000, Unexplained.NOTHING),
        ("-500", 0, Unexplained.HOLD),
        ("500", 59_999, Unexplained.HOLD),
        ("500", 60_000, Unexplained.ASK),
    ],
)
def test_edge_04_an_unexplained_change_is_held_then_asked_about(
    difference: str, waited: int, expected: Unexplained
) -> None:
    assert decide_unexplained(Decimal(difference), waited) is expected


def test_edge_04_a_held_mark_does_not_rise() -> None:
    state = start(TRAILING, reading(10_000))
    for ms in (1000, 2000, 3000):
        seen = reading(15_000, at=later(ms))
        state = observe(TRAILING, state, seen, hold_mark=True).state
    assert (state.mark, state.pending_mark) == (D(10_000), None)


def test_edge_04_a_flow_today_shifts_the_day_s_base_after_a_restart() -> None:
    late = MIDNIGHT + timedelta(hours=9)
    deals = [
        deal(DealType.BALANCE, "5000", MIDNIGHT + timedelta(hours=2)),
        deal(DealType.SELL, "-300", MIDNIGHT + timedelta(hours=3)),
        deal(DealType.CREDIT, "700", MIDNIGHT + timedelta(hours=4)),
    ]
    assert balance_effect(deals) == 4700
    balance = balance_at(MIDNIGHT, Decimal(14_700), deals)
    assert balance == 10_000
    cap = replace(DAILY, base=DayBase.BALANCE)
    inputs = DayInputs(balance=balance, flows=((Decimal(5000), Decimal(10_000)),))
    assert start(cap, reading(14_700, at=late), inputs).base == 15_000


# --- 5, 6 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("credit", [2000, 0])
def test_edge_05_credit_given_or_taken_changes_nothing_of_ours(credit: int) -> None:
    state = start(STATIC, reading(12_000, credit=2000))
    found = observe(STATIC, state, reading(9500 + credit, credit=credit))
    assert (found.own, found.floor, found.breached) == (D(9500), D(9000), False)
    flow = Flow(FlowKind.CREDIT, Decimal(-2000), NOON, Ticket(1))
    assert apply_flow(STATIC, state, flow, Decimal(9500)) == (STATIC, state)
    counted = replace(STATIC, include_credit=True)
    moved = apply_flow(counted, start(counted, reading(12_000, credit=2000)), flow, Decimal(12_000))
    assert moved[1].base == 10_000


def test_edge_06_swap_at_rollover_is_a_result_and_may_breach() -> None:
    state = start(STATIC, reading(9010), DayInputs())
    assert flows_of([replace(deal(DealType.SELL, "0"), swap=Decimal(-15))]) == ()
    kinds = (DealType.CHARGE, DealType.COMMISSION, DealType.INTEREST, DealType.TAX)
    assert flows_of([deal(kind, "-15") for kind in kinds]) == ()
    cap = replace(STATIC, initial=Decimal(10_000))
    state = start(cap, reading(9010))
    assert not observe(cap, state, reading(9010)).breached
    assert observe(cap, state, reading(8995, balance=8995)).breached


# --- 7: the reset ---------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "due"), [(61, None), (60, 60), (14, 15), (5, 5), (1, 5)])
def test_edge_07_a_breach_at_the_coming_reset_is_told(minutes: int, due: int | None) -> None:
    cap = replace(DAILY, base=DayBase.BALANCE, allowance_of=AllowanceOf.INITIAL)
    at = MIDNIGHT - timedelta(minutes=minutes)
    state = start(cap, reading(200_000, at=at), DayInputs(balance=Decimal(200_000)))
    coming = next_reset(cap, state, reading(191_000, balance=204_000, at=at))
    assert coming is not None
    assert (coming.at, coming.floor, coming.breaches) == (MIDNIGHT, D(194_000), True)
    assert coming.minutes == due
    calm = next_reset(cap, state, reading(204_000, at=at))
    assert calm is not None
    assert (calm.breaches, calm.minutes) == (False, None)
    assert next_reset(STATIC, state, reading(204_000, at=at)) is None


def test_edge_07_a_reset_happens_once_whatever_the_wall_clock_does() -> None:
    state = start(DAILY, reading(10_000), DayInputs(balance=Decimal(10_000)))
    first = observe(DAILY, state, reading(10_400, at=MIDNIGHT))
    assert first.reset
    back = observe(DAILY, first.state, reading(9900, at=MIDNIGHT - timedelta(minutes=30)))
    again = observe(DAILY, back.state, reading(9900, at=MIDNIGHT + timedelta(seconds=2)))
    assert (back.reset, again.reset) == (False, False)
    assert again.state.base == first.state.base


# --- 8: a start in the middle ---------------------------------------------------------------


@pytest.mark.parametrize("base", list(DayBase))
def test_edge_08_a_first_start_at_noon_takes_the_day_from_the_deals(base: DayBase) -> None:
    cap = replace(DAILY, base=base)
    at_start = DayInputs(
        balance=Decimal(10_000),
        equity=Decimal(10_300),
        credit=Decimal(100),
        sampled_at=MIDNIGHT - timedelta(days=1, minutes=1),
    )
    state = start(cap, reading(9700), at_start)
    expected = {DayBase.BALANCE: D(10_000), DayBase.EQUITY: D(10_200), DayBase.MAX: D(10_200)}
    assert (state.base, state.estimated) == (expected[base], False)
    assert (state.day_id, state.day_ends) == ("2025-06-03", MIDNIGHT)


@pytest.mark.parametrize("base", [DayBase.EQUITY, DayBase.MAX])
def test_edge_08_a_base_that_nobody_saw_is_an_estimate(base: DayBase) -> None:
    cap = replace(DAILY, base=base)
    known = start(cap, reading(9700), DayInputs(balance=Decimal(10_000)))
    assert (known.base, known.estimated) == (D(10_000), True)
    old = DayInputs(
        balance=Decimal(10_000), equity=Decimal(10_500), sampled_at=NOON - timedelta(days=2)
    )
    stale = start(cap, reading(9700), old)
    assert (stale.base, stale.estimated) == (D(10_500), True)


def test_edge_08_a_first_start_in_loss_takes_the_given_initial() -> None:
    cap = replace(STATIC, initial=Decimal(10_000))
    assert start(cap, reading(8900)).floor == 9000
    trail = replace(TRAILING, initial=Decimal(10_000))
    assert start(trail, reading(8900)).mark == 10_000


# --- 9: edits -------------------------------------------------------------------------------


def test_edge_09_an_edit_keeps_base_and_mark_and_shows_its_floor() -> None:
    seen = reading(9200)
    state = start(STATIC, reading(10_000))
    tighter = replace(STATIC, size=Decimal(5))
    assert edit(STATIC, tighter, state, seen).floor == 9500
    assert not is_looser(tighter, STATIC, state, seen)
    assert is_looser(replace(STATIC, size=Decimal(15)), STATIC, state, seen)
    trail_state = start(TRAILING, reading(12_000))
    edited = edit(TRAILING, replace(TRAILING, size=Decimal(20)), trail_state, seen)
    assert (edited.mark, edited.floor) == (D(12_000), D(9600))


@pytest.mark.parametrize(
    "new",
    [
        replace(TRAILING, action=CapAction.WARN),
        replace(TRAILING, strict=True),
        replace(TRAILING, include_credit=True),
        replace(TRAILING, lock_at=Decimal(20_000)),
        replace(TRAILING, over=TrailOver.BALANCE),
        replace(STATIC, size=Decimal(10)),
    ],
)
def test_edge_09_what_may_give_more_room_later_is_looser(new: Cap) -> None:
    state = start(TRAILING, reading(10_000))
    assert is_looser(new, TRAILING, state, reading(10_000))


def test_edge_09_a_new_initial_that_forgets_the_mark_is_looser() -> None:
    state = start(TRAILING, reading(10_000))
    rebased = replace(TRAILING, initial=Decimal(9000))
    assert is_looser(rebased, TRAILING, state, reading(9500))
    assert not is_looser(rebased, TRAILING, state, reading(10_000))


def test_edge_09_buffers_and_clocks_count() -> None:
    buffered = replace(DAILY, act_at=Decimal("0.9"))
    known = DayInputs(balance=Decimal(10_000))
    state = start(DAILY, reading(10_000), known)
    assert is_looser(DAILY, buffered, state, reading(10_000))
    assert not is_looser(buffered, DAILY, state, reading(10_000))
    assert is_looser(replace(DAILY, day=DayClock()), DAILY, state, reading(10_000), known)
    fixed = start(STATIC, reading(10_000))
    assert not is_looser(TRAILING, STATIC, fixed, reading(10_000))


# --- 11, 12, 13 -----------------------------------------------------------------------------


def test_edge_11_a_gap_over_the_weekend_is_reported_past_the_floor() -> None:
    friday = datetime(2025, 6, 6, 20, tzinfo=UTC)
    monday = friday + timedelta(days=2, hours=3)
    state = start(DAILY, reading(10_000, at=friday), DayInputs(balance=Decimal(10_000)))
    cap_state = start(STATIC, reading(10_000, at=friday))
    found = observe(STATIC, cap_state, reading(8200, at=monday))
    assert (found.breached, found.room) == (True, D(-800))
    # The day clock ran on: Monday's base is of Sunday's reset, not of Friday.
    daily = observe(DAILY, state, reading(8200, 10_000, at=monday))
    assert (daily.reset, daily.state.day_id) == (True, "2025-06-08")


def test_edge_12_money_without_cents_and_cent_accounts() -> None:
    yen = start(STATIC, reading(1_000_001))
    assert yen.floor == Decimal("900000.9")
    assert observe(STATIC, yen, reading(900_001)).breached is False
    assert observe(STATIC, yen, reading(900_000)).breached is True
    cents = start(replace(STATIC, size=Decimal("33.3")), reading("0.07"))
    assert cents.floor == Decimal("0.04669")


def test_edge_13_after_a_breach_every_reading_is_still_judged() -> None:
    state: CapState = start(STATIC, reading(10_000))
    seen = [observe(STATIC, state, reading(equity)) for equity in (8900, 8500, 9500)]
    assert [found.room for found in seen] == [-100, -500, 500]
    assert [found.acts for found in seen] == [True, True, False]
    lowest = binding(seen)
    assert lowest is not None
    assert lowest.floor == 9000
