"""Pauses on closed results: a streak of losses, and the loss of a rolling window."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from trading.ids import Ticket
from trading.model import Deal, DealEntry, DealType

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ClosedResult:
    """What a position that is wholly closed made, all its costs included."""

    position_id: Ticket
    result: Decimal
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class LossStreak:
    """So many losing positions in a row pause entries for a while."""

    losses: int
    pause: timedelta


@dataclass(frozen=True, slots=True)
class LossLookback:
    """A closed loss of that much within a window pauses entries until it has rolled out."""

    limit: Decimal
    window: timedelta


ProtectionRule = LossStreak | LossLookback


@dataclass(frozen=True, slots=True)
class KeptProtection:
    """A rule of an account, and what is to be forgotten."""

    id: int
    rule: ProtectionRule
    forgiven_at: datetime | None
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Protection:
    """Where a protection stands: the streak's length or the window's sum, and until when."""

    value: Decimal
    limit: Decimal
    tripped: bool
    until: datetime | None
    """When it lifts by itself; None while it is not tripped."""


def closed_results(deals: Iterable[Deal]) -> tuple[ClosedResult, ...]:
    """Return the results of positions that the deals open and wholly close, oldest first."""
    books: dict[Ticket, _Book] = {}
    results: list[ClosedResult] = []
    # By ticket: an instant read before the broker's clock was known may be hours off.
    for deal in sorted(deals, key=lambda deal: deal.ticket):
        if deal.deal_type not in (DealType.BUY, DealType.SELL):
            continue
        book = books.setdefault(deal.position_id, _Book())
        if book.take(deal):
            results.append(ClosedResult(deal.position_id, book.result, deal.at))
            book.result = ZERO
    return tuple(results)


def judge_streak(
    rule: LossStreak,
    results: Sequence[ClosedResult],
    now: datetime,
    since: datetime | None = None,
) -> Protection:
    """Count the losses in a row up to now; ``since`` forgets those an owner has resumed after."""
    streak = 0
    last: datetime | None = None
    for closed in sorted(results, key=lambda closed: closed.closed_at, reverse=True):
        if closed.closed_at > now:
            continue
        if closed.result >= 0 or (since is not None and closed.closed_at <= since):
            break
        last = last or closed.closed_at
        streak += 1
    until = None if last is None else last + rule.pause
    tripped = streak >= rule.losses and until is not None and now < until
    return Protection(Decimal(streak), Decimal(rule.losses), tripped, until if tripped else None)


def judge_lookback(
    rule: LossLookback, results: Iterable[ClosedResult], now: datetime
) -> Protection:
    """Sum the closed results of the window; tripped at a loss of the limit or more."""
    opened = now - rule.window
    inside = sorted(
        (closed for closed in results if opened < closed.closed_at <= now),
        key=lambda closed: closed.closed_at,
    )
    total = sum((closed.result for closed in inside), ZERO)
    tripped = total <= -rule.limit
    return Protection(total, rule.limit, tripped, _lifts(rule, inside, total) if tripped else None)


def _lifts(rule: LossLookback, inside: Sequence[ClosedResult], total: Decimal) -> datetime | None:
    """Return when enough losses have left the window, if nothing else closes."""
    for closed in inside:
        total -= closed.result
        if total > -rule.limit:
            return closed.closed_at + rule.window
    return None


@dataclass(slots=True)
class _Book:
    """One position's open volume and result so far."""

    volume: Decimal = field(default=ZERO)
    result: Decimal = field(default=ZERO)

    def take(self, deal: Deal) -> bool:
        """Add a deal; tell whether it closed what was open."""
        self.result += deal.result
        if deal.entry is DealEntry.IN:
            self.volume += deal.volume
            return False
        if deal.entry is DealEntry.INOUT:
            # A netting reversal closes all that was open and opens the rest the other way.
            self.volume = deal.volume - self.volume
            return True
        opened = self.volume > 0
        self.volume = max(ZERO, self.volume - deal.volume)
        # A position opened before the deals begin has no known cost: it is not counted.
        return opened and self.volume == 0
