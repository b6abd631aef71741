"""When a trading day begins: a zone and a time of day, never a fixed offset."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SERVER = "server"
MIDNIGHT = time(0)

# Most MetaTrader servers keep GMT+2/+3 on the American dates: New York + 7 h, all year.
_SERVER_ZONE = "America/New_York"
_SERVER_AHEAD = timedelta(hours=7)


@dataclass(frozen=True, slots=True)
class DayClock:
    """The wall time at which a day ends and the next begins."""

    zone: str = SERVER
    """An IANA name, "UTC", or "server" for the broker's own wall clock."""
    at: time = MIDNIGHT


@dataclass(frozen=True, slots=True)
class Day:
    """One trading day: its id is the local date it starts on; ``end`` is the next one's start."""

    id: str
    start: datetime
    end: datetime


def day_of(clock: DayClock, instant: datetime, server_offset: timedelta | None = None) -> Day:
    """Return the day an instant lies in, by zone arithmetic: 23 and 25 hours happen (Z1).

    ``server_offset`` is the broker clock's measured distance from UTC; without it the
    server's zone follows New York + 7 h.
    """
    today = _wall_date(clock, instant, server_offset)
    # A wall clock that jumps can put the boundary a day off either way, so try the neighbours.
    for date_ in (today + timedelta(days=1), today, today - timedelta(days=1)):
        start = boundary(clock, date_, server_offset)
        if start <= instant:
            end = boundary(clock, date_ + timedelta(days=1), server_offset)
            return Day(date_.isoformat(), start, end)
    raise ValueError(f"no trading day of {clock} holds {instant}")


def boundary(clock: DayClock, date_: date, server_offset: timedelta | None = None) -> datetime:
    """Return the UTC instant at which the day of that local date begins."""
    wall = datetime.combine(date_, clock.at)
    if clock.zone != SERVER:
        return wall.replace(tzinfo=ZoneInfo(clock.zone)).astimezone(UTC)
    if server_offset is not None:
        return (wall - server_offset).replace(tzinfo=UTC)
    return (wall - _SERVER_AHEAD).replace(tzinfo=ZoneInfo(_SERVER_ZONE)).astimezone(UTC)


def server_wall(instant: datetime, server_offset: timedelta | None = None) -> datetime:
    """Return what the broker's clock shows at an instant, as a naive wall time."""
    if server_offset is not None:
        return instant.astimezone(UTC).replace(tzinfo=None) + server_offset
    return instant.astimezone(ZoneInfo(_SERVER_ZONE)).replace(tzinfo=None) + _SERVER_AHEAD


def is_zone(name: str) -> bool:
    """Tell whether a day clock can be set to that zone."""
    if name == SERVER:
        return True
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # KeyError is "not found", OSError a folder such as "America".
        return False
    return True


def _wall_date(clock: DayClock, instant: datetime, server_offset: timedelta | None) -> date:
    if clock.zone == SERVER:
        return server_wall(instant, server_offset).date()
    return instant.astimezone(ZoneInfo(clock.zone)).date()
