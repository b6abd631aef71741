"""Reports: a span in one message, asked for or planned for an hour of a person's zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol

from trading.drawdown.dayclock import DayClock, boundary, is_zone
from trading.ids import AccountId, MemberId
from trading.results.periods import Grain
from trading.words import told

LOOKS_BACK = timedelta(hours=6)
"""A plan reports the span that so long before its slot lies in: at 22:00 the day that goes on,
at 05:00 the day before."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_GRAINS = {"daily": Grain.DAY, "weekly": Grain.WEEK, "monthly": Grain.MONTH}


@dataclass(frozen=True, slots=True)
class Plan:
    """When a report comes: each day, one day a week, or the first day a month, at an hour."""

    grain: Grain
    at: time
    zone: str
    weekday: int = 0
    """0 is Monday; of weekly reports alone."""

    def after(self, instant: datetime) -> datetime:
        """Return the first slot later than an instant."""
        clock = DayClock(self.zone, self.at)
        day = instant.date() - timedelta(days=1)
        while True:
            slot = boundary(clock, day)
            if slot > instant and self._holds(day):
                return slot
            day += timedelta(days=1)

    def _holds(self, day: date) -> bool:
        match self.grain:
            case Grain.WEEK:
                return day.weekday() == self.weekday
            case Grain.MONTH:
                return day.day == 1
            case _:
                return True


@dataclass(frozen=True, slots=True)
class Unread:
    """A plan that was not understood, and why."""

    why: str


def read_plan(words: list[str], zone: str) -> Plan | Unread:
    """Read ``daily 22:00``, ``weekly fri 18 Europe/Prague`` or ``monthly 7:30``."""
    grain, rest = _GRAINS[words[0]], words[1:]
    weekday = 4
    if grain is Grain.WEEK and rest and rest[0][:3].casefold() in WEEKDAYS:
        weekday, rest = WEEKDAYS.index(rest[0][:3].casefold()), rest[1:]
    if not rest:
        return Unread(told("the hour is missing"))
    at = _time(rest[0])
    if at is None:
        return Unread(told("{rest} is no time of day", rest=f"{rest[0]!r}"))
    if len(rest) > 2:
        return Unread(told("{rest} is too much", rest=f"{' '.join(rest[2:])!r}"))
    if len(rest) == 2 and not is_zone(rest[1]):
        return Unread(told("{rest} is no time zone", rest=f"{rest[1]!r}"))
    return Plan(grain, at, rest[1] if len(rest) == 2 else zone, weekday)


def _time(word: str) -> time | None:
    hour, _, minute = word.partition(":")
    if not (hour.isascii() and hour.isdigit()) or (minute and not minute.isascii()):
        return None
    try:
        return time(int(hour[:3]), int(minute or 0))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Report:
    """A span of an account in figures."""

    account: str
    currency: str
    grain: Grain
    first: date
    clock: str
    result: Decimal
    percent: Decimal | None
    trades: int
    wins: int
    losses: int
    profit_factor: Decimal | None
    average_r: Decimal | None
    costs: Decimal
    """Commission, fees and charges."""
    swap: Decimal
    flows: Decimal
    balance: Decimal | None
    """As last read, like equity."""
    equity: Decimal | None
    drawdown: Decimal | None
    """Deepest fall of the growth index in the span, in percent."""


class ReportStore(Protocol):
    """Reports and their plans; each method is one transaction."""

    async def report(self, account_id: AccountId, grain: Grain) -> Report:
        """Return the report of the span that goes on."""

    async def plan(self, account_id: AccountId, member_id: MemberId, plan: Plan) -> datetime:
        """Keep a person's plan in place of the one of the same grain; return its next slot."""

    async def plans(self, account_id: AccountId, member_id: MemberId) -> list[Plan]:
        """Return a person's plans."""

    async def unplan(self, account_id: AccountId, member_id: MemberId) -> int:
        """Drop a person's plans; return how many there were."""

    async def send_due(self, *, limited: bool = False) -> int:
        """Post what is due, once a slot, however often and from wherever it is called."""
