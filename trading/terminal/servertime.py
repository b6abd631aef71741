"""The broker's clock: its offset from UTC, and how old a quote is.

Every time MetaTrader gives is the server's wall clock written as if it were UTC, and nothing says
how far off that is. A quote that was just seen to change was stamped just now, which tells.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.clock import Clock, from_ms, to_ms
from trading.errors import ProtocolError

STEP = 900
"""Offsets are whole quarters of an hour."""
LOWEST, HIGHEST = -12 * 3600, 14 * 3600
RESIDUAL = 60
"""Seconds a fresh stamp may be off a whole step: clock errors and the way here."""
FRESH = 5
"""Seconds within which a first-seen quote counts as new."""
CONFIRMATIONS = 3
"""Agreeing readings in a row before a known offset is replaced (summer time, or a late quote)."""
WIDENING = 15 * 3600
"""Seconds a history window is widened by on both sides while the offset is unknown."""


@dataclass(slots=True)
class _Seen:
    content: tuple[int, Decimal, Decimal]
    changed: float | None


class ServerTime:
    """Converts between server time and UTC, and learns the offset from the quotes it is shown."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset: int | None = None
        self._seen: dict[str, _Seen] = {}
        self._candidates: list[int] = []
        self._rival: int | None = None
        self._rival_seen = 0

    @property
    def offset(self) -> int | None:
        """Seconds the server's clock is ahead of UTC; None while unknown."""
        return self._offset

    def forget_quotes(self) -> None:
        """Take every next quote as seen for the first time, as after a restart."""
        self._seen.clear()

    def observe(self, symbol: str, stamp_ms: int, bid: Decimal, ask: Decimal) -> float | None:
        """Take note of a quote; return its age in seconds, None before that can be known."""
        content = (stamp_ms, bid, ask)
        moment = self._clock.monotonic()
        seen = self._seen.get(symbol)
        if seen is None:
            is_new = self._lies_near_now(stamp_ms)
            self._seen[symbol] = _Seen(content, moment if is_new else None)
            return 0.0 if is_new else None
        if seen.content != content:
            if stamp_ms > seen.content[0]:
                self._consider(stamp_ms)
            seen.content, seen.changed = content, moment
            return 0.0
        return None if seen.changed is None else moment - seen.changed

    def settle(self) -> None:
        """Decide on the offset once all quotes of a snapshot were observed."""
        if not self._candidates:
            return
        newest = max(self._candidates)  # some feeds are late, none is early
        self._candidates.clear()
        if newest == self._offset:
            self._rival_seen = 0
            return
        self._rival_seen = self._rival_seen + 1 if newest == self._rival else 1
        self._rival = newest
        if self._offset is None or self._rival_seen >= CONFIRMATIONS:
            self._offset, self._rival_seen = newest, 0

    def to_utc(self, server_ms: int) -> datetime:
        """Return the instant of a server stamp; with no known offset, the stamp itself."""
        try:
            return from_ms(server_ms - (self._offset or 0) * 1000)
        except OverflowError as error:
            raise ProtocolError(f"{server_ms} is not a time") from error

    def to_server(self, instant: datetime) -> int:
        """Return the server's whole seconds of an instant."""
        return to_ms(instant) // 1000 + (self._offset or 0)

    def window(self, since: datetime, until: datetime) -> tuple[int, int]:
        """Return a span in server seconds that surely covers the given one."""
        slack = WIDENING if self._offset is None else 0
        return self.to_server(since) - slack, self.to_server(until) + 1 + slack

    def _ahead(self, stamp_ms: int) -> int:
        return (stamp_ms - to_ms(self._clock.now())) // 1000

    def _lies_near_now(self, stamp_ms: int) -> bool:
        ahead = self._ahead(stamp_ms)
        offset = self._offset if self._offset is not None else plausible(ahead, FRESH)
        return offset is not None and abs(ahead - offset) <= FRESH

    def _consider(self, stamp_ms: int) -> None:
        candidate = plausible(self._ahead(stamp_ms), RESIDUAL)
        if candidate is not None:
            self._candidates.append(candidate)


def plausible(ahead: int, residual: int) -> int | None:
    """Return the offset that a fresh stamp so many seconds ahead of UTC speaks for, if any."""
    candidate = round(ahead / STEP) * STEP
    if LOWEST <= candidate <= HIGHEST and abs(ahead - candidate) <= residual:
        return candidate
    return None
