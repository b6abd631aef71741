"""Time is asked of a clock, so that tests can hold one."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards, for ages and deadlines."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place that reads the wall clock

    def monotonic(self) -> float:
        return time.monotonic()


def to_ms(instant: datetime) -> int:
    """Return whole milliseconds since the epoch; refuse a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError(f"naive datetime: {instant!r}")
    return (instant - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """Return the aware UTC instant of milliseconds since the epoch."""
    return _EPOCH + ms * _MILLISECOND


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = datetime.resolution * 1000
