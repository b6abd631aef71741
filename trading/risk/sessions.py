"""When entries are allowed: windows of the week in a zone of their own, and the weekend."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from trading.drawdown.dayclock import SERVER, is_zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(
    r"(?:([a-z]{3})(?:-([a-z]{3}))? +)?(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})(?: +(\S+))?",
    re.IGNORECASE,
)
_FRIDAY, _SUNDAY = 4, 6
_NEW_YORK = "America/New_York"
_CLOSE = time(17)
"""The currency market closes on Friday and opens on Sunday at 17:00 in New York."""


@dataclass(frozen=True, slots=True)
class SessionWindow:
    """Hours of some days; one that ends before it begins runs past midnight."""

    days: frozenset[int]
    start: time
    end: time
    zone: str = "UTC"
    words: str = ""

    def holds(self, instant: datetime) -> bool:
        """Tell whether an instant lies in it; the end does not."""
        local = instant.astimezone(ZoneInfo(self.zone))
        at, today = local.time(), local.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= at < self.end
        yesterday = (today - 1) % 7
        return (today in self.days and at >= self.start) or (
            yesterday in self.days and at < self.end
        )


def parse_window(text: str) -> SessionWindow:
    """Return the window of ``Mon-Fri 08:00-17:00 Europe/London``; raise ``ValueError`` in words."""
    found = _WINDOW.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text[:40]!r} is no window: write one like Mon-Fri 08:00-17:00 UTC")
    first, last, zone = found[1], found[2], found[7] or "UTC"
    if zone == SERVER or not is_zone(zone):
        raise ValueError(f"there is no time zone {zone!r}: write one such as Europe/London or UTC")
    start, end = _time(found[3], found[4]), _time(found[5], found[6])
    return SessionWindow(_days(first, last), start, end, zone, " ".join(text.split()))


def minutes_to_weekend(instant: datetime) -> float:
    """Return the minutes until the currency market's weekend; zero or less within it."""
    local = instant.astimezone(ZoneInfo(_NEW_YORK))
    weekday = local.weekday()
    if weekday == _SUNDAY and local.time() < _CLOSE:
        return 0.0
    friday = local.date() + timedelta(days=(_FRIDAY - weekday) % 7)
    if weekday == _FRIDAY + 1:
        return 0.0
    close = datetime.combine(friday, _CLOSE, ZoneInfo(_NEW_YORK))
    return max(0.0, (close - instant).total_seconds() / 60)


def _time(hours: str, minutes: str) -> time:
    if int(hours) == 24 and minutes == "00":
        return time(23, 59, 59, 999_999)
    return time(int(hours), int(minutes))


def _days(first: str | None, last: str | None) -> frozenset[int]:
    if first is None:
        return frozenset(range(7))
    names = [first.lower(), (last or first).lower()]
    if any(name not in DAYS for name in names):
        raise ValueError(f"{first}-{last or first} are no days: write mon, tue, … sun")
    begin, end = DAYS.index(names[0]), DAYS.index(names[1])
    return frozenset((begin + step) % 7 for step in range((end - begin) % 7 + 1))
