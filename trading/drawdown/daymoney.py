"""What a day began with, from the broker's own deals: exact for the balance, however late."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from trading.drawdown.caps import Cap, CapKind
from trading.drawdown.dayclock import SERVER, Day, DayClock, day_of, server_wall
from trading.drawdown.flows import FlowKind, balance_at, flows_of
from trading.drawdown.resets import SEEN_WITHIN
from trading.drawdown.state import NO_INPUTS, CapState, DayInputs, Reading
from trading.model import Deal

DealsSince = Callable[[datetime], Awaitable[Sequence[Deal]]]
Sample = tuple[datetime, Decimal, Decimal, Decimal]
"""Instant, balance, equity and credit of a stored reading."""
SampleBefore = Callable[[datetime], Awaitable[Sample | None]]
MOST_DAYS = 60
"""Days of absence whose closes are looked for."""


def clock_offset(at: datetime, measured: int | None) -> timedelta | None:
    """Return the broker's offset where it differs from New York + 7 h, else None.

    The rule knows when summer time comes; a measured offset only what holds now.
    """
    if measured is None:
        return None
    offset = timedelta(seconds=measured)
    usual = server_wall(at) - server_wall(at, timedelta(0))
    return None if offset == usual else offset


def enters_day(cap: Cap, state: CapState | None, at: datetime) -> bool:
    """Tell whether a reading begins a day for a cap."""
    if not cap.has_day:
        return False
    return state is None or (state.day_ends is not None and at >= state.day_ends)


async def day_inputs(
    cap: Cap,
    state: CapState | None,
    reading: Reading,
    deals_since: DealsSince,
    sample_before: SampleBefore,
    offset: timedelta | None,
) -> DayInputs:
    """Return what is known of the money at the start of the day that a reading begins."""
    if not enters_day(cap, state, reading.at):
        return NO_INPUTS
    day = day_of(cap.day, reading.at, offset)
    missed = _missed_closes(cap, state, day, offset)
    deals = await deals_since(min((*missed, day.start)))
    closes = [balance_at(at, reading.balance, deals) for at in (*missed, day.start)]
    after = [deal for deal in deals if deal.at >= day.start]
    flows = tuple((flow.amount, None) for flow in flows_of(after) if flow.kind is FlowKind.CASH)
    seen_live = reading.at - day.start <= SEEN_WITHIN
    sample = None if seen_live else await sample_before(day.start)
    if sample is None:
        return DayInputs(balance=max(closes), flows=flows)
    at, _, equity, credit = sample
    return DayInputs(balance=max(closes), equity=equity, credit=credit, sampled_at=at, flows=flows)


def _missed_closes(
    cap: Cap, state: CapState | None, day: Day, offset: timedelta | None
) -> list[datetime]:
    """Return the ends of the days between: an end-of-day trail follows each of them."""
    if cap.kind is not CapKind.TRAILING or state is None or state.day_ends is None:
        return []
    clock: DayClock = cap.day
    ends: list[datetime] = []
    at = state.day_ends
    while at < day.start and len(ends) < MOST_DAYS:
        ends.append(at)
        at = day_of(clock, at, offset if clock.zone == SERVER else None).end
    return ends
