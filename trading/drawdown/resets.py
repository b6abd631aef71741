"""The money a day begins with: seen live, rebuilt, or estimated and said to be."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from trading.drawdown.caps import ONE, AllowanceOf, Cap, CapKind, DayBase, Unit
from trading.drawdown.dayclock import Day
from trading.drawdown.state import CapState, DayInputs, Reading
from trading.money import HUNDRED

SEEN_WITHIN = timedelta(seconds=10)
"""A reading this soon after the boundary is a look at the boundary."""
SAMPLED_WITHIN = timedelta(minutes=10)
"""A stored sample older than this at the boundary makes the base an estimate."""
RESET_WARNINGS = (5, 15, 60)
"""Minutes before a reset at which a breach at the reset is told."""


@dataclass(frozen=True, slots=True)
class NextReset:
    """What the coming reset would do if nothing moved until then."""

    at: datetime
    floor: Decimal
    breaches: bool
    minutes: int | None
    """The warning that is due: 60, 15 or 5 minutes before; None further out."""


def day_base(
    cap: Cap, reading: Reading, inputs: DayInputs, day: Day, previous: Decimal | None
) -> tuple[Decimal, bool]:
    """Return the base of a daily cap and whether it is an estimate (D1-D4).

    ``previous`` is the equity of the reading before: where both straddle the boundary the
    lower counts, so that a spike of one tick does not set the day's base.
    """
    balance, balance_guessed = day_close(cap, reading, inputs, day)
    equity, equity_guessed = _equity_at(cap, reading, inputs, day, previous)
    equity = balance if equity is None else _after_flows(cap, equity, inputs)
    if cap.base is DayBase.BALANCE:
        return balance, balance_guessed
    if cap.base is DayBase.EQUITY:
        return equity, equity_guessed
    return max(balance, equity), balance_guessed or equity_guessed


def day_close(cap: Cap, reading: Reading, inputs: DayInputs, day: Day) -> tuple[Decimal, bool]:
    """Return the balance at the boundary and whether it is an estimate (T3, T4)."""
    if inputs.balance is not None:
        return _after_flows(cap, inputs.balance, inputs), False
    return reading.balance, not _seen(reading, day)


def moved(cap: Cap, amount: Decimal, flow: Decimal, equity_before: Decimal | None) -> Decimal:
    """Return a base after a flow: money caps shift, percent caps scale by (E+f)/E (F1)."""
    if cap.unit is Unit.MONEY or equity_before is None or equity_before <= 0:
        return amount + flow
    # Everything paid out leaves nothing to lose: the base becomes zero, not negative.
    return amount * max(Decimal(0), equity_before + flow) / equity_before


def next_reset(cap: Cap, state: CapState, reading: Reading) -> NextReset | None:
    """Return what the coming reset does to a daily cap as things stand (D1, last row)."""
    if cap.kind is not CapKind.DAILY or state.day_ends is None:
        return None
    own = reading.measured(cap)
    base = {
        DayBase.BALANCE: reading.balance,
        DayBase.EQUITY: own,
        DayBase.MAX: max(reading.balance, own),
    }[cap.base]
    of = state.initial if cap.allowance_of is AllowanceOf.INITIAL else base
    allowed = cap.size if cap.unit is Unit.MONEY else of * cap.size / HUNDRED
    floor = base - allowed
    line = floor + (ONE - cap.act_at) * allowed
    breaches = own < line if cap.strict and cap.act_at == ONE else own <= line
    left = state.day_ends - reading.at
    due = next((m for m in RESET_WARNINGS if left <= timedelta(minutes=m)), None)
    return NextReset(state.day_ends, floor, breaches, due if breaches else None)


def _equity_at(
    cap: Cap, reading: Reading, inputs: DayInputs, day: Day, previous: Decimal | None
) -> tuple[Decimal | None, bool]:
    if inputs.equity is not None:
        sample = inputs.equity if cap.include_credit else inputs.equity - inputs.credit
        at = inputs.sampled_at
        return sample, at is not None and day.start - at > SAMPLED_WITHIN
    if not _seen(reading, day):
        return None, True
    own = reading.measured(cap)
    return (own if previous is None else min(own, previous)), False


def _after_flows(cap: Cap, amount: Decimal, inputs: DayInputs) -> Decimal:
    for flow, equity_before in inputs.flows:
        amount = moved(cap, amount, flow, equity_before)
    return amount


def _seen(reading: Reading, day: Day) -> bool:
    return reading.at - day.start <= SEEN_WITHIN
