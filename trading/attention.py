"""How loud a message may be: each person's wishes, which nothing critical has to heed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trading.model import Reader
from trading.notices import Priority

DAY: Final = 24 * 60
_LONGEST_MUTE: Final = timedelta(days=7)


class Level(StrEnum):
    """What a person wants of one kind of message."""

    ON = "on"
    SILENT = "silent"
    OFF = "off"


EVENTS: Final[Mapping[str, frozenset[str]]] = {
    "signals": frozenset({"approval_card", "held_card", "update_card"}),
    "sources": frozenset({"source_met", "source_flood", "stale_dropped", "source_demoted"}),
    "orders": frozenset({"order_resolved", "order_unconfirmed", "order_failed"}),
    "positions": frozenset(
        {"position_closed", "foreign_trade", "wish_report", "rule_acted", "levels_missing"}
    ),
    "limits": frozenset(
        {
            *("drawdown_warning", "drawdown_recovered", "reset_warning"),
            *("caps_changed", "balance_asked", "entries_paused"),
        }
    ),
    "state": frozenset({"trading_state_changed", "flatten_report", "flatten_stuck"}),
    "people": frozenset({"rights_changed", "unreachable"}),
    "desk": frozenset(
        {
            *("blind", "loop_stalled", "started", "terminal_news", "terminal_not_ready"),
            *("trouble", "mail_trouble"),
        }
    ),
    "plans": frozenset(
        {"payment_booked", "payment_unmatched", "paid_without_rights", "plan_reminder"}
    ),
    "reports": frozenset({"report_due"}),
    "heartbeat": frozenset({"heartbeat"}),
}
"""What a person names in /notify, and the kinds of notice it stands for."""
OTHER: Final = "other"


def event_of(kind: str) -> str:
    """Return the event a kind of notice belongs to; ``other`` for what has no name of its own."""
    return next((event for event, kinds in EVENTS.items() if kind in kinds), OTHER)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the person's day in which nothing may sound; from and until in minutes."""

    start: int
    end: int
    digest: bool = False
    """Whether what can wait comes as one message afterwards."""

    def ends(self, local: datetime) -> datetime | None:
        """Return when the quiet that holds at a local time ends, None outside it."""
        minute = local.hour * 60 + local.minute
        inside = (
            self.start <= minute < self.end
            if self.start < self.end
            else minute >= self.start or minute < self.end
        )
        if not inside:
            return None
        days = 1 if self.start > self.end and minute >= self.start else 0
        hour, rest = divmod(self.end, 60)
        day = local.date() + timedelta(days=days)
        return datetime.combine(day, time(hour % 24, rest), local.tzinfo)


@dataclass(frozen=True, slots=True)
class Attention:
    """A person's wishes; the defaults hear everything."""

    reader: Reader = field(default_factory=Reader)
    levels: Mapping[str, Level] = field(default_factory=dict)
    quiet: Quiet | None = None
    muted_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """Send it now, with a sound or without."""

    silent: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep it until then, for a digest."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """The person does not want it."""


def judge(
    kind: str,
    priority: Priority,
    attention: Attention,
    now: datetime,
    *,
    silent: bool = False,
    shown: bool = False,
    passes: bool = False,
) -> Sound | Hold | Drop:
    """Return what becomes of a message: nothing critical is ever held, dropped or made silent.

    ``shown``: the chat has it already, this is a change of it. ``passes``: it would be stale
    by the end of a quiet night (a question, a heartbeat), so it is not held for a digest.
    """
    if priority is Priority.CRITICAL:
        return Sound(silent)
    level = attention.levels.get(event_of(kind), Level.ON)
    if level is Level.OFF and not shown:
        return Drop()
    silent = silent or level is Level.SILENT
    if attention.muted_until is not None and now < attention.muted_until:
        silent = True
    quiet = attention.quiet
    if quiet is None or shown:
        return Sound(silent)
    ends = quiet.ends(now.astimezone(zone_of(attention.reader.zone)))
    if ends is None:
        return Sound(silent)
    if quiet.digest and not passes:
        return Hold(ends)
    return Sound(silent=True)


def zone_of(name: str) -> ZoneInfo:
    """Return a zone by its IANA name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def is_zone(name: str) -> bool:
    """Tell whether this is a zone's IANA name."""
    try:
        return bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def parse_quiet(text: str) -> Quiet | None:
    """Return the hours of ``22:00-07:00`` or ``22-7``, None where it is neither."""
    start, dash, end = text.replace("\u2013", "-").partition("-")
    first, last = _minute(start), _minute(end)
    if not dash or first is None or last is None or first == last:
        return None
    return Quiet(first, last)


def _minute(text: str) -> int | None:
    hour, colon, minute = text.strip().partition(":")
    numbers = (hour, minute if colon else "0")
    if not all(one.isascii() and one.isdecimal() and len(one) <= 2 for one in numbers):
        return None
    total = int(numbers[0]) * 60 + int(numbers[1])
    return total if total < DAY and int(numbers[1]) < 60 else None


_UNITS: Final = {"m": 60, "min": 60, "h": 3600, "d": 86400}


def parse_span(text: str) -> timedelta | None:
    """Return the length of ``90m``, ``2h`` or ``1d``, None where it is none or over a week."""
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = _UNITS.get(text[len(digits) :])
    if unit is None or not (digits.isascii() and digits.isdecimal() and len(digits) <= 5):
        return None
    span = timedelta(seconds=int(digits) * unit)
    return span if timedelta(0) < span <= _LONGEST_MUTE else None


def quiet_words(quiet: Quiet) -> str:
    """Return the hours as they are typed."""
    hours = "-".join(f"{one // 60:02}:{one % 60:02}" for one in (quiet.start, quiet.end))
    return f"{hours} digest" if quiet.digest else hours
