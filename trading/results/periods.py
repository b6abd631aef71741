"""Days, weeks and months of an account, begun when its trading day begins."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from trading.drawdown.dayclock import SERVER, DayClock, boundary, day_of, server_wall
from trading.words import told


class Grain(StrEnum):
    """How wide a span of results is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Period:
    """One span of an account's days; ``first`` is the local date it begins on."""

    grain: Grain
    first: date

    @property
    def key(self) -> str:
        return "" if self.grain is Grain.ALL else self.first.isoformat()

    def before(self) -> "Period":
        """Return the span that ends where this one begins."""
        return Period(self.grain, begin(self.grain, self.first - timedelta(days=1)))


def trading_day(clock: DayClock, at: datetime) -> date:
    """Return the local date the account's trading day of an instant begins on."""
    return date.fromisoformat(day_of(clock, at).id)


def begin(grain: Grain, day: date) -> date:
    """Return the first day of the span a day lies in: weeks begin on Monday."""
    match grain:
        case Grain.DAY:
            return day
        case Grain.WEEK:
            return day - timedelta(days=day.weekday())
        case Grain.MONTH:
            return day.replace(day=1)
        case Grain.ALL:
            return date.min


def periods_of(clock: DayClock, at: datetime) -> tuple[Period, ...]:
    """Return every span an instant counts towards, the day first and all of time last."""
    day = trading_day(clock, at)
    return tuple(Period(grain, begin(grain, day)) for grain in Grain)


def latest(grain: Grain, clock: DayClock, now: datetime, count: int) -> tuple[Period, ...]:
    """Return the last ``count`` spans, the present one first."""
    found = [Period(grain, begin(grain, trading_day(clock, now)))]
    while len(found) < count:
        found.append(found[-1].before())
    return tuple(found)


def starts_at(clock: DayClock, day: date) -> datetime:
    """Return the instant a trading day begins, in UTC."""
    return boundary(clock, day)


def wall_hour(clock: DayClock, at: datetime) -> int:
    """Return the hour an instant shows on the account's wall clock."""
    if clock.zone == SERVER:
        return server_wall(at).hour
    return at.astimezone(ZoneInfo(clock.zone)).hour


def clock_name(clock: DayClock) -> str:
    """Return a day clock in words: ``server time``, ``Europe/Prague``, ``UTC from 17:00``."""
    name = told("server time") if clock.zone == SERVER else clock.zone
    if not (clock.at.hour or clock.at.minute):
        return name
    return told("{name} from {at}", name=name, at=f"{clock.at:%H:%M}")
