"""Plans: what each allows, and which one a member has by what was booked for them.

A plan limits comfort, never safety: the guard, closing, alerts and one's own data know no plan.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from trading.ids import MemberId

GRACE: Final = timedelta(days=3)
"""How long a plan that ran out still counts, so that a late payment interrupts nothing."""
REMINDERS: Final = (timedelta(days=7), timedelta(days=3), timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Plan:
    """One tier: its price for a term, and its limits."""

    key: str
    name: str
    rank: int
    """Higher replaces lower; 0 is what everyone has."""
    accounts: int
    sources: int
    auto: bool
    """May a source trade without asking, inside the limits an owner set."""
    history_days: int
    charts: bool
    reports: bool
    """Scheduled reports; a person's own data can always be exported."""
    stars: int = 0
    """Telegram Stars for a term; 0 is not sold."""
    usdt: Decimal = Decimal(0)
    days: int = 30

    @property
    def daily_weight(self) -> Decimal:
        """Return what a day of it is worth beside a day of another."""
        return Decimal(self.stars) / self.days


FREE: Final = Plan("free", "Free", 0, 1, 1, auto=False, history_days=31, charts=True, reports=False)
PLANS: Final[Mapping[str, Plan]] = {
    plan.key: plan
    for plan in (
        FREE,
        Plan(
            "trader",
            "Trader",
            1,
            3,
            5,
            auto=False,
            history_days=366,
            charts=True,
            reports=True,
            stars=750,
            usdt=Decimal("9.90"),
        ),
        Plan(
            "desk",
            "Desk",
            2,
            10,
            50,
            auto=True,
            history_days=36_500,
            charts=True,
            reports=True,
            stars=2200,
            usdt=Decimal("29.00"),
        ),
    )
}


class Provider(StrEnum):
    """Where a booking comes from; with its external id it is booked once."""

    STARS = "stars"
    CRYPTO = "crypto"
    GRANT = "grant"
    TRIAL = "trial"
    PROMO = "promo"


@dataclass(frozen=True, slots=True)
class Booking:
    """Days of a plan that were paid for or given."""

    id: int
    member_id: MemberId
    provider: Provider
    external_id: str
    plan: str
    days: int
    amount: Decimal
    currency: str
    at: datetime
    refunded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A stretch of time with one plan."""

    plan: Plan
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """The plan a member has at an instant."""

    plan: Plan
    until: datetime | None
    """When the last booked day ends; None for what everyone has."""
    in_grace: bool = False


def terms(bookings: Iterable[Booking], plans: Mapping[str, Plan] = PLANS) -> list[Term]:
    """Return the stretches that bookings add up to, in order of time.

    The same plan again follows the last of it. A higher plan starts at once: what was left of
    lower ones is credited as days of the higher in proportion of their prices. A lower plan
    starts when everything booked before has ended. What was refunded never was.
    """
    found: list[Term] = []
    kept = [one for one in bookings if one.refunded_at is None and one.plan in plans]
    for booking in sorted(kept, key=lambda one: (one.at, one.id)):
        plan, days = plans[booking.plan], timedelta(days=booking.days)
        left = [one for one in found if one.end > booking.at]
        top = max((one.plan.rank for one in left), default=0)
        if left and plan.rank > top:
            past = [one for one in found if one.end <= booking.at]
            cut = [Term(one.plan, one.start, booking.at) for one in left if one.start < booking.at]
            credit = sum((_credit(one, plan, booking.at) for one in left), timedelta())
            found = [*past, *cut, Term(plan, booking.at, booking.at + days + credit)]
        else:
            start = max((one.end for one in left), default=booking.at)
            found.append(Term(plan, start, start + days))
    return found


def _credit(term: Term, plan: Plan, at: datetime) -> timedelta:
    if not plan.daily_weight:
        return timedelta()
    left = term.end - max(term.start, at)
    share = term.plan.daily_weight / plan.daily_weight
    return timedelta(seconds=int(Decimal(int(left.total_seconds())) * share))


def standing(
    bookings: Iterable[Booking],
    now: datetime,
    plans: Mapping[str, Plan] = PLANS,
    grace: timedelta = GRACE,
) -> Standing:
    """Return the plan that holds now; after the end it still does for the grace time."""
    found = terms(bookings, plans)
    last = max((one.end for one in found), default=None)
    for term in found:
        if term.start <= now < term.end:
            return Standing(term.plan, last)
    ended = [one for one in found if one.end <= now < one.end + grace]
    if ended:
        return Standing(ended[-1].plan, ended[-1].end, in_grace=True)
    return Standing(plans["free"], None)


def reminder_due(standing_now: Standing, now: datetime) -> str | None:
    """Return which reminder the end of a plan calls for: a name that is told once, or None."""
    if standing_now.until is None:
        return None
    if standing_now.in_grace:
        return "ended"
    left = standing_now.until - now
    due = [ahead for ahead in REMINDERS if left <= ahead]
    return None if not due else f"{min(due).days}d"
