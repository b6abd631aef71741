"""Caps in words, firms' presets, protections, budget and warnings."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from trading.drawdown.budget import loss_per_lot, open_risk
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
from trading.drawdown.dayclock import DayClock, day_of, is_zone, server_wall
from trading.drawdown.grammar import EXAMPLES, parse_cap
from trading.drawdown.presets import PRESETS, RULES_READ
from trading.drawdown.protections import (
    ClosedResult,
    LossLookback,
    LossStreak,
    closed_results,
    judge_lookback,
    judge_streak,
)
from trading.drawdown.rules import binding, observe, start
from trading.drawdown.state import Reading
from trading.ids import ClientOrderId, Ticket
from trading.model import (
    Deal,
    DealEntry,
    DealReason,
    DealType,
    Execution,
    Position,
    Side,
    SymbolSpec,
    TradeMode,
)
from trading.sizing import Refusal, lots_for_risk

D = Decimal
NOON = datetime(2025, 6, 3, 12, tzinfo=UTC)
SPEC = SymbolSpec(
    name="EURUSD",
    digits=5,
    point=D("0.00001"),
    tick_size=D("0.00001"),
    tick_value_loss=D(1),
    contract_size=D(100_000),
    volume_min=D("0.01"),
    volume_max=D(50),
    volume_step=D("0.01"),
    volume_limit=D(0),
    stops_level=0,
    freeze_level=0,
    fillings=(),
    execution=Execution.MARKET,
    trade_mode=TradeMode.FULL,
    currency_base="EUR",
    currency_profit="USD",
    currency_margin="EUR",
)


def reading(equity: int | str) -> Reading:
    return Reading(NOON, 0, D(equity), D(equity), positions_open=1)


# --- words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cap"),
    [
        ("15", Cap(CapKind.STATIC, D(15))),
        ("total 15", Cap(CapKind.STATIC, D(15))),
        ("static 15 %", Cap(CapKind.STATIC, D(15))),
        ("STATIC 7,5%", Cap(CapKind.STATIC, D("7.5"))),
        ("static 10 initial 100000", Cap(CapKind.STATIC, D(10), initial=D(100_000))),
        ("trailing 10", Cap(CapKind.TRAILING, D(10))),
        ("daily 5", Cap(CapKind.DAILY, D(5))),
        ("floor 9000", Cap(CapKind.FLOOR, D(9000), Unit.MONEY)),
        ("daily 500 money", Cap(CapKind.DAILY, D(500), Unit.MONEY)),
        (
            "daily 5 percent strict credit",
            Cap(CapKind.DAILY, D(5), strict=True, include_credit=True),
        ),
        ("trailing 5 lock initial", Cap(CapKind.TRAILING, D(5), lock_at=LockAt.INITIAL)),
        (
            "daily 5 balance of initial at 17:00 America/New_York pause",
            Cap(
                CapKind.DAILY,
                D(5),
                base=DayBase.BALANCE,
                allowance_of=AllowanceOf.INITIAL,
                day=DayClock("America/New_York", time(17)),
                action=CapAction.PAUSE,
            ),
        ),
        (
            "trailing 6 balance lock",
            Cap(CapKind.TRAILING, D(6), over=TrailOver.BALANCE, lock_at=LockAt.INITIAL),
        ),
        (
            "trailing 2000 at 00:00 europe/prague eod lock at 50000 own act at 90 % money",
            Cap(
                CapKind.TRAILING,
                D(2000),
                Unit.MONEY,
                over=TrailOver.END_OF_DAY,
                lock_at=D(50_000),
                day=DayClock("Europe/Prague"),
                scope=Scope.OWN,
                act_at=D("0.9"),
            ),
        ),
    ],
)
def test_a_cap_is_read_as_people_type_it(text: str, cap: Cap) -> None:
    assert parse_cap(text.split()) == cap


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "a number"),
        ("trailing", "Understood: trailing"),
        ("ten", "“ten”"),
        ("0,99", "between 1 and 99 %"),
        ("99.01", "between 1 and 99 %"),
        ("-5", "“-5”"),
        ("floor 9,000", "write 9000"),
        ("floor 15%", "a floor is an amount of money"),
        ("floor 0 ", "positive amount"),
        ("daily 5 blance", "“blance”"),
        ("static 5 balance", "does not go with a static cap"),
        ("static 5 lock", "only a trailing cap can lock"),
        ("static 5 at 17:00", "goes with a daily"),
        ("daily 5 at 24:00", "a time such as 17:00"),
        ("daily 5 at 17:00 Mars/Base", "no time zone “Mars/Base”"),
        ("daily 5 of equity", "“of initial”"),
        ("daily 5000 money of initial 4000", "smaller than the initial"),
        ("daily 5 act 0", "more than 0 %"),
        ("trailing 5 lock 0", "the lock must be"),
        ("floor 9000 of initial", "goes with a percent cap"),
        ("floor 9000 percent", "a floor is an amount of money"),
        ("static 5 initial 0", "the initial balance must be"),
    ],
)
def test_a_refusal_names_what_is_wrong_and_gives_an_example(text: str, named: str) -> None:
    answer = parse_cap(text.split())
    assert isinstance(answer, str)
    assert named in answer
    assert "Example: " in answer


@pytest.mark.parametrize("example", [e for e in EXAMPLES.values() if "," not in e])
def test_every_example_is_a_cap(example: str) -> None:
    assert isinstance(parse_cap(example.split()), Cap)


@pytest.mark.parametrize("size", ["1", "99"])
def test_both_bounds_are_allowed(size: str) -> None:
    assert isinstance(parse_cap([size]), Cap)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("15", "total 15 % below entry equity, closes all"),
        ("floor 9000 warn", "floor at 9000, warns"),
        (
            "daily 5 balance of initial at 17:00 UTC own",
            (
                "daily 5 % (of the initial balance) below the day's first balance, "
                "days from 17:00 UTC, closes the bot's own positions"
            ),
        ),
        (
            "trailing 6000 money balance lock act 90",
            (
                "trailing 6000 money below the closed-balance peak, "
                "locks at the initial balance, closes all at 90 % of the allowance"
            ),
        ),
    ],
)
def test_a_cap_is_described_in_one_line(text: str, words: str) -> None:
    cap = parse_cap(text.split())
    assert isinstance(cap, Cap)
    assert describe(cap) == words


def test_a_base_that_a_deposit_scaled_is_described_to_the_cent() -> None:
    cap = Cap(CapKind.STATIC, D(20), initial=D("10500.1265320125991875944614"))
    assert describe(cap) == "total 20 % below an initial 10500.13, closes all"


def test_what_chat_cannot_say_is_validated_too() -> None:
    good = Cap(CapKind.DAILY, D(5))
    assert validate(good) is None
    for bad in (
        replace(good, size=D("NaN")),
        replace(good, warn_at=(D("0.8"), D("0.6"))),
        replace(good, warn_at=(D(1),)),
        replace(good, act_at=D("1.01")),
        replace(good, day=DayClock("America")),
        replace(good, size=D(10) ** 13, unit=Unit.MONEY),
    ):
        assert validate(bad) is not None


# --- clocks ---------------------------------------------------------------------------------


def test_the_server_s_day_follows_american_dates() -> None:
    clock = DayClock()
    # American summer time began on 9 March 2025; the change falls inside the server's day.
    starts = [day_of(clock, datetime(2025, 3, day, 12, tzinfo=UTC)).start for day in (8, 9, 10)]
    assert [start.hour for start in starts] == [22, 22, 21]
    hours = [(b - a) // timedelta(hours=1) for a, b in pairwise(starts)]
    assert hours == [24, 23]
    measured = timedelta(hours=3)
    day = day_of(clock, datetime(2025, 1, 8, 21, 30, tzinfo=UTC), measured)
    assert (day.id, day.start.hour) == ("2025-01-09", 21)
    assert server_wall(day.start, measured) == datetime(2025, 1, 9)  # noqa: DTZ001 - a wall time


@pytest.mark.parametrize("name", ["Nowhere/Else", "America", "../etc/passwd", "", "a\0b"])
def test_a_zone_must_exist(name: str) -> None:
    assert not is_zone(name)


# --- several caps ---------------------------------------------------------------------------


def test_the_highest_floor_binds_among_caps_that_act() -> None:
    caps = [
        Cap(CapKind.STATIC, D(20)),
        Cap(CapKind.FLOOR, D(9000), Unit.MONEY),
        Cap(CapKind.TRAILING, D(5), action=CapAction.WARN),
    ]
    seen = [observe(cap, start(cap, reading(10_000)), reading(9700)) for cap in caps]
    highest, acting = binding(seen), binding(seen, CapAction.PAUSE)
    assert highest is not None
    assert acting is not None
    assert (highest.floor, acting.floor) == (D(9500), D(9000))
    assert binding([]) is None


def test_a_buffer_acts_before_the_floor_of_a_strict_cap() -> None:
    cap = Cap(CapKind.STATIC, D(10), strict=True, act_at=D("0.9"))
    state = start(cap, reading(100_000))
    acts = [observe(cap, state, reading(equity)).acts for equity in ("91000.01", 91_000, 90_000)]
    breached = [
        observe(cap, state, reading(equity)).breached for equity in (91_000, 90_000, 89_999)
    ]
    assert acts == [False, True, True]
    assert breached == [False, False, True]


def test_a_warning_is_told_once_and_again_only_after_a_recovery() -> None:
    cap = Cap(CapKind.STATIC, D(10))
    state = start(cap, reading(10_000))
    told = []
    for equity in (9500, 9400, 9390, 9410, 9400, 9190, 9600, 9400):
        found = observe(cap, state, reading(equity))
        told.append(found.warn)
        state = found.state
    assert told == [None, D("0.60"), None, None, None, D("0.80"), None, D("0.60")]


def test_a_cap_that_is_reached_at_one_jump_is_not_warned_of_as_well() -> None:
    cap = Cap(CapKind.STATIC, D(10))
    state = start(cap, reading(10_000))
    found = observe(cap, state, reading(8900))
    assert (found.acts, found.warn) == (True, None)
    spike_over = observe(cap, found.state, reading(9150))
    assert (spike_over.acts, spike_over.warn) == (False, D("0.80"))


# --- presets --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_sound_labelled_and_buffered(name: str) -> None:
    caps = PRESETS[name](D(100_000))
    assert caps
    for cap in caps:
        assert validate(cap) is None
        assert (cap.label, cap.act_at, cap.initial) == (RULES_READ, D("0.90"), D(100_000))
        assert not observe(cap, start(cap, reading(100_000)), reading(100_000)).acts


@pytest.mark.parametrize(
    ("name", "numbers", "sizes"),
    [
        ("ftmo", {"daily": D(4), "total": D(8)}, [8, 4]),
        ("ftmo1", {"daily": D(3)}, [10, 3]),
        ("the5ers", {}, [10, 5]),
        ("e8", {"total": D(8)}, [8000]),
        ("alpha", {"total": D(10)}, [10, 5]),
        ("bem", {"daily": D(4)}, [4]),
        ("itrader", {"total": D(6)}, [6, D("2.5")]),
    ],
)
def test_the_numbers_of_a_preset_can_be_changed(
    name: str, numbers: dict[str, Decimal], sizes: list[Decimal]
) -> None:
    assert [cap.size for cap in PRESETS[name](D(100_000), **numbers)] == sizes


# --- protections ----------------------------------------------------------------------------


def closed(*results: int) -> list[ClosedResult]:
    return [
        ClosedResult(Ticket(n), D(result), NOON + timedelta(minutes=n))
        for n, result in enumerate(results)
    ]


def test_a_streak_of_losses_pauses_until_its_time_is_up() -> None:
    rule = LossStreak(3, timedelta(hours=1))
    results = closed(-1, 5, -2, -3, -4)
    now = NOON + timedelta(minutes=10)
    tripped = judge_streak(rule, results, now)
    assert (tripped.tripped, tripped.value) == (True, D(3))
    assert tripped.until == NOON + timedelta(minutes=64)
    assert not judge_streak(rule, results, NOON + timedelta(minutes=64)).tripped
    assert not judge_streak(rule, results, NOON + timedelta(minutes=3)).tripped
    assert not judge_streak(rule, closed(-1, -1, 0), now).tripped
    assert judge_streak(rule, results, now, since=NOON + timedelta(minutes=2)).value == 2


def test_the_loss_of_a_window_pauses_until_it_has_rolled_out() -> None:
    rule = LossLookback(D(100), timedelta(hours=1))
    now = NOON + timedelta(minutes=10)
    exact = judge_lookback(rule, closed(-60, 10, -50), now)
    assert (exact.tripped, exact.value) == (True, D(-100))
    assert exact.until == NOON + timedelta(hours=1)
    assert not judge_lookback(rule, closed(-60, 10, -49), now).tripped
    assert not judge_lookback(rule, closed(-60, 10, -50), NOON + timedelta(hours=1)).tripped


def fill(ticket: int, entry: DealEntry, volume: str, profit: str, position: int = 7) -> Deal:
    return Deal(
        ticket=Ticket(ticket),
        order=Ticket(ticket),
        position_id=Ticket(position),
        deal_type=DealType.BUY,
        entry=entry,
        symbol="EURUSD",
        volume=D(volume),
        price=D(1),
        profit=D(profit),
        swap=D(0),
        commission=D(-1),
        fee=D(0),
        reason=DealReason.EXPERT,
        client_order_id=ClientOrderId(0),
        comment="",
        at=NOON + timedelta(seconds=ticket),
    )


def test_a_position_counts_once_it_is_wholly_closed_with_its_costs() -> None:
    deals = [
        fill(4, DealEntry.OUT, "0.6", "-20"),
        fill(1, DealEntry.IN, "1", "0"),
        fill(2, DealEntry.OUT, "0.4", "30"),
        fill(3, DealEntry.OUT, "1", "99", position=8),  # opened before the deals begin
        replace(fill(5, DealEntry.IN, "0", "500"), deal_type=DealType.BALANCE),
    ]
    assert [found.result for found in closed_results(deals)] == [D(7)]
    assert closed_results(deals[1:3]) == ()


def test_a_netting_reversal_closes_one_and_opens_the_next() -> None:
    deals = [
        fill(1, DealEntry.IN, "1", "0"),
        fill(2, DealEntry.INOUT, "1.5", "-10"),
        fill(3, DealEntry.OUT, "0.5", "4"),
    ]
    assert [found.result for found in closed_results(deals)] == [D(-12), D(3)]


# --- budget and sizing ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "stop", "risk"),
    [
        (Side.BUY, "1.0950", "1000"),
        (Side.SELL, "1.1050", "1000"),
        (Side.BUY, "1.1010", "0"),
        (Side.BUY, None, "4400"),
    ],
)
def test_open_risk_counts_from_the_present_price(side: Side, stop: str | None, risk: str) -> None:
    position = Position(
        ticket=Ticket(1),
        identifier=Ticket(1),
        symbol="EURUSD",
        side=side,
        volume=D(2),
        price_open=D("1.2"),
        price_current=D("1.1"),
        stop_loss=None if stop is None else D(stop),
        take_profit=None,
        profit=D(0),
        swap=D(0),
        client_order_id=ClientOrderId(0),
        comment="",
        opened_at=NOON,
    )
    assert open_risk(position, SPEC) == D(risk)
    assert loss_per_lot(SPEC, D("0.0050")) == 500


@pytest.mark.parametrize(
    ("risk", "loss", "spec", "lots"),
    [
        ("100", "500", SPEC, "0.20"),
        ("104.99", "500", SPEC, "0.20"),
        ("5", "500", SPEC, "0.01"),
        # Division keeps 28 digits, so this one comes out as 0.30.
        ("0.29999999999999999999999999999", "1", SPEC, "0.29"),
        ("999999", "500", SPEC, "50"),
        ("999999", "500", replace(SPEC, volume_limit=D(3)), "3"),
        ("100", "500", replace(SPEC, volume_step=D("0.15")), "0.15"),
    ],
)
def test_lots_round_down_to_the_step(risk: str, loss: str, spec: SymbolSpec, lots: str) -> None:
    assert lots_for_risk(D(risk), D(loss), spec) == D(lots)


@pytest.mark.parametrize(
    ("risk", "loss", "spec"),
    [
        ("4.99", "500", SPEC),
        ("0", "500", SPEC),
        ("NaN", "500", SPEC),
        ("100", "0", SPEC),
        ("100", "Infinity", SPEC),
        ("100", "500", replace(SPEC, volume_step=D(0))),
    ],
)
def test_no_volume_is_refused_with_its_numbers(risk: str, loss: str, spec: SymbolSpec) -> None:
    refusal = lots_for_risk(D(risk), D(loss), spec)
    assert isinstance(refusal, Refusal)
    assert refusal.words
    assert "risk" in refusal.numbers
