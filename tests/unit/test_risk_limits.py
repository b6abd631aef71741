"""Every control just under its limit, on it, just over it, and without what it refers to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.market import NOW, QUOTE, SPEC
from trading.ids import AccountId
from trading.model import (
    Account,
    AccountState,
    Denial,
    DenialReason,
    MarginMode,
    OrderType,
    Side,
    SignalDraft,
    Snapshot,
    TerminalState,
    TradingState,
)
from trading.risk import CHECKS, Held, OrderContext, RiskLimits, assess, check_order, deny
from trading.risk.context import SPREAD_READINGS
from trading.risk.sessions import minutes_to_weekend, parse_window

R = DenialReason
POINT = SPEC.point
DRAFT = SignalDraft("EURUSD", Side.BUY, OrderType.MARKET, None, Decimal("1.09010"))
MONEY = AccountState(
    login=1,
    server="s",
    currency="USD",
    margin_mode=MarginMode.HEDGING,
    leverage=100,
    balance=Decimal(10000),
    credit=Decimal(0),
    equity=Decimal(10000),
    profit=Decimal(0),
    margin=Decimal(0),
    margin_free=Decimal(1000),
    margin_level=Decimal(0),
    trade_allowed=True,
    trade_expert=True,
)
SNAPSHOT = Snapshot(MONEY, TerminalState(True, True, False, 5000), (), (), {}, NOW, 0.0)
ACCOUNT = Account(AccountId(1), 1, "s", "USD", MarginMode.HEDGING, TradingState.ACTIVE, None)
HELD = Held("EURUSD", Side.BUY, Decimal("0.10"))
OTHER = Held("GBPUSD", Side.BUY, Decimal("0.10"))


def context(**changes: Any) -> OrderContext:
    """Return a context in which everything is in order, but for what is named."""
    limits = RiskLimits(**changes.pop("limits", {}))
    fields: dict[str, Any] = {
        "account": ACCOUNT,
        "snapshot": SNAPSHOT,
        "spec": SPEC,
        "quote": QUOTE,
        "draft": DRAFT,
        "entry": QUOTE.ask,
        "volume": Decimal("0.10"),
        "risk_money": Decimal(100),
        "margin": Decimal(110),
        "floor": Decimal(9000),
        "open_risk": Decimal(0),
        "unresolved": False,
        "blind": "",
        "expires_at": NOW + timedelta(minutes=1),
        "now": NOW,
        "snapshot_age": 0.1,
        "limits": limits,
        "specs": {"GBPUSD": replace(SPEC, name="GBPUSD", currency_base="GBP")},
        "reference": QUOTE.ask,
        **changes,
    }
    return OrderContext(**fields)


def reason(ctx: OrderContext) -> DenialReason | None:
    denial = check_order(ctx)
    return None if denial is None else denial.reason


def spread(points: int) -> dict[str, Any]:
    ask = QUOTE.bid + points * POINT
    return {"quote": replace(QUOTE, ask=ask), "entry": ask, "reference": ask}


def drifted(points: int) -> dict[str, Any]:
    """The price is so many points above the one it is measured from; the stop 1000 below that."""
    reference = QUOTE.ask - points * POINT
    return {
        "reference": reference,
        "draft": replace(DRAFT, stop_loss=reference - 1000 * POINT),
    }


def money(**changes: Any) -> dict[str, Any]:
    return {"snapshot": replace(SNAPSHOT, account=replace(MONEY, **changes))}


def at(text: str) -> dict[str, Any]:
    now = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return {"now": now, "expires_at": now + timedelta(minutes=5)}


LONDON = {"sessions": (parse_window("Mon-Fri 08:00-17:00 Europe/London"),)}
FRIDAY_HOUR = {"weekend_minutes": 60}
USUAL = {"usual_spread": 10 * POINT, "spread_readings": SPREAD_READINGS}
RATIO = {"max_spread_ratio": Decimal(3)}

STEPS: dict[str, tuple[dict[str, Any], list[dict[str, Any]], list[DenialReason | None]]] = {
    # limits, contexts at limit - 1, limit, limit + 1, and what each of them is answered with
    "spread in points": (
        {"max_spread_points": 20},
        [spread(19), spread(20), spread(21)],
        [None, None, R.SPREAD_TOO_WIDE],
    ),
    "spread against its median": (
        RATIO,
        [spread(29) | USUAL, spread(30) | USUAL, spread(31) | USUAL],
        [None, None, R.SPREAD_TOO_WIDE],
    ),
    "drift in points": (
        {"max_drift_points": 30},
        [drifted(29), drifted(30), drifted(31)],
        [None, None, R.PRICE_RAN],
    ),
    "drift in R": (
        {"max_drift_r": Decimal("0.5")},
        [drifted(499), drifted(500), drifted(501)],
        [None, None, R.PRICE_RAN],
    ),
    "positions": (
        {"max_open_positions": 2},
        [{"held": (OTHER,) * n} for n in (1, 2, 3)],
        [None, R.TOO_MANY_POSITIONS, R.TOO_MANY_POSITIONS],
    ),
    "positions in the symbol": (
        {"max_positions_per_symbol": 2},
        [{"held": (OTHER, *(HELD,) * n)} for n in (1, 2, 3)],
        [None, R.TOO_MANY_IN_SYMBOL, R.TOO_MANY_IN_SYMBOL],
    ),
    "positions in a currency": (
        {"max_positions_per_currency": 2},
        [{"held": (OTHER,) * n} for n in (1, 2, 3)],
        [None, R.TOO_MANY_IN_CURRENCY, R.TOO_MANY_IN_CURRENCY],
    ),
    "volume": (
        {"max_volume": Decimal("0.50")},
        [{"volume": Decimal(v)} for v in ("0.49", "0.50", "0.51")],
        [None, None, R.VOLUME_TOO_LARGE],
    ),
    "least volume": (
        {},
        [{"volume": Decimal(v)} for v in ("0.02", "0.01", "0.00")],
        [None, None, R.VOLUME_TOO_SMALL],
    ),
    "duplicate": (
        {"allow_duplicate": False},
        [{"held": (OTHER,)}, {"held": (HELD,)}, {"held": (HELD, HELD)}],
        [None, R.DUPLICATE_POSITION, R.DUPLICATE_POSITION],
    ),
    "opposite": (
        {"allow_opposite": False},
        [{"held": (replace(HELD, side=Side.SELL),) * n} for n in (0, 1, 2)],
        [None, R.OPPOSITE_POSITION, R.OPPOSITE_POSITION],
    ),
    "order rate": (
        {"max_orders": 3},
        [{"recent_orders": n, "window_left": 12.0} for n in (2, 3, 4)],
        [None, R.ORDER_RATE, R.ORDER_RATE],
    ),
    "session end": (
        LONDON,
        [at("2026-11-24T16:59:59"), at("2026-11-24T17:00:00"), at("2026-11-24T17:00:01")],
        [None, R.SESSION_WINDOW, R.SESSION_WINDOW],
    ),
    "session start": (
        LONDON,
        [at("2026-11-24T08:00:01"), at("2026-11-24T08:00:00"), at("2026-11-24T07:59:59")],
        [None, None, R.SESSION_WINDOW],
    ),
    "weekend": (  # Friday 17:00 in New York is 22:00 UTC in winter
        FRIDAY_HOUR,
        [at("2026-11-27T20:59:00"), at("2026-11-27T21:00:00"), at("2026-11-27T21:01:00")],
        [None, R.WEEKEND_WINDOW, R.WEEKEND_WINDOW],
    ),
    "margin": (
        {},
        [{"margin": Decimal(1000) + n} for n in (-1, 0, 1)],
        [None, None, R.MARGIN_TOO_SMALL],
    ),
    "worst case": (  # B1: on the floor is a breach, for caps are inclusive
        {},
        [{"open_risk": Decimal(900) + n} for n in (-1, 0, 1)],
        [None, R.WORST_CASE_BELOW_FLOOR, R.WORST_CASE_BELOW_FLOOR],
    ),
    "floor": (
        {},
        [money(equity=Decimal(9000) + n) | {"risk_money": Decimal("0.5")} for n in (1, 0, -1)],
        [None, R.CAP_REACHED, R.CAP_REACHED],
    ),
    "quote age": (
        {"max_quote_age": 60.0},
        [{"quote": replace(QUOTE, age=age)} for age in (59.0, 60.0, 61.0)],
        [None, None, R.QUOTE_STALE],
    ),
    "snapshot age": (
        {"max_snapshot_age": 2.0},
        [{"snapshot_age": age} for age in (1.0, 2.0, 3.0)],
        [None, None, R.SNAPSHOT_STALE],
    ),
    "time left": (
        {},
        [{"expires_at": NOW + timedelta(seconds=n)} for n in (1, 0, -1)],
        [None, R.SIGNAL_EXPIRED, R.SIGNAL_EXPIRED],
    ),
    "distance of the stop": (
        {},
        [
            {
                "spec": replace(SPEC, stops_level=100),
                "draft": replace(DRAFT, stop_loss=QUOTE.bid - n * POINT),
            }
            for n in (101, 100, 99)
        ],
        [None, None, R.STOP_TOO_CLOSE],
    ),
}


@pytest.mark.parametrize("control", STEPS)
def test_a_control_at_its_limit(control: str) -> None:
    limits, contexts, expected = STEPS[control]
    assert [reason(context(limits=limits, **one)) for one in contexts] == expected


@pytest.mark.parametrize(
    ("limits", "changes", "expected"),
    [
        ({"max_spread_points": 20}, {"quote": None}, R.QUOTE_STALE),
        ({}, {"quote": replace(QUOTE, age=None)}, R.QUOTE_STALE),
        ({}, {"quote": replace(QUOTE, ask=QUOTE.bid - POINT)}, R.QUOTE_STALE),
        ({}, {"quote": replace(QUOTE, age=float("nan"))}, R.QUOTE_STALE),
        (RATIO, {"usual_spread": None, "spread_readings": 19}, R.SPREAD_UNKNOWN),
        ({}, {"reference": None}, R.PRICE_UNKNOWN),
        ({}, {"draft": replace(DRAFT, stop_loss=None)}, R.STOP_MISSING),
        ({}, {"open_risk": None}, R.EXPOSURE_UNKNOWN),
        ({}, {"risk_money": None}, R.RISK_UNKNOWN),
        ({}, {"margin": None}, R.MARGIN_UNKNOWN),
        ({}, {"margin": Decimal("NaN")}, R.MARGIN_UNKNOWN),
        ({}, {"snapshot_age": float("nan")}, R.SNAPSHOT_STALE),
        ({}, {"blind": "equity reads NaN"}, R.EQUITY_UNREADABLE),
        ({}, {"unexplained": Decimal(-50)}, R.BALANCE_UNEXPLAINED),
        ({}, {"unresolved": True}, R.ORDER_UNRESOLVED),
        (
            {"max_positions_per_currency": 5},
            {"held": (Held("UNHEARD", Side.BUY, Decimal(1)),)},
            R.EXPOSURE_UNKNOWN,
        ),
        ({}, {"pauses": (deny(R.LOSS_STREAK, value=3, limit=3),)}, R.LOSS_STREAK),
    ],
)
def test_what_a_control_refers_to_is_missing(
    limits: dict[str, Any], changes: dict[str, Any], expected: DenialReason
) -> None:
    assert reason(context(limits=limits, **changes)) == expected


def test_a_first_look_has_no_price_to_run_from() -> None:
    assert reason(context(reference=None, offering=True)) is None


def test_netting_never_takes_the_opposite_side() -> None:
    against = (replace(HELD, side=Side.SELL),)
    assert reason(context(held=against)) is None
    netting = money(margin_mode=MarginMode.NETTING)
    assert reason(context(held=against, **netting)) is R.OPPOSITE_POSITION


def test_every_rule_is_reported_with_value_and_limit() -> None:
    findings = assess(context(limits={"max_spread_points": 20}))
    assert len(findings) == len(CHECKS)
    assert len({one.rule for one in findings}) == len(CHECKS)
    assert all(one.value and one.limit for one in findings)
    assert all(one.denial is None or isinstance(one.denial, Denial) for one in findings)


@pytest.mark.parametrize(
    ("window", "instant", "inside"),
    [
        ("22:00-06:00", "2026-11-24T23:00:00", True),
        ("22:00-06:00", "2026-11-24T06:00:00", False),
        ("Fri 22:00-06:00", "2026-11-28T05:59:00", True),  # Saturday morning of Friday's window
        ("Fri 22:00-06:00", "2026-11-27T05:59:00", False),
        ("Sat-Mon 00:00-24:00", "2026-11-29T12:00:00", True),
        ("mon-fri 09:30-16:00 America/New_York", "2026-11-24T14:30:00", True),
        ("mon-fri 09:30-16:00 America/New_York", "2026-11-24T14:29:00", False),
    ],
)
def test_a_window_of_the_week(window: str, instant: str, inside: bool) -> None:
    moment = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert parse_window(window).holds(moment) is inside


@pytest.mark.parametrize("text", ["soon", "Mon-Fri", "Foo 08:00-09:00", "08:00-09:00 Nowhere/X"])
def test_what_is_no_window_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_window(text)


def test_the_weekend_is_new_york_s() -> None:
    def left(text: str) -> float:
        return minutes_to_weekend(datetime.fromisoformat(text).replace(tzinfo=UTC))

    assert left("2026-11-27T21:59:00") == 1
    assert left("2026-11-28T12:00:00") == 0
    assert left("2026-11-29T21:59:00") == 0  # Sunday before the opening
    assert left("2026-11-29T22:00:00") == 5 * 24 * 60
    assert left("2026-07-03T20:59:00") == 1  # an hour earlier in summer
