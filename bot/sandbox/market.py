"""Where a recording falls hardest: so that a demonstration can start shortly before it."""

import csv
import gzip
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from trading.clock import from_ms

WINDOW_MS = 60_000


@dataclass(frozen=True, slots=True)
class Fall:
    """The steepest fall of a bid within a minute, relative to the price."""

    symbol: str
    bottom_ms: int
    """When it is deepest, in the recording's time."""
    size: Decimal
    price: Decimal

    def lead(self, seconds: float) -> str:
        """Return the instant that many seconds before the bottom, as the replay takes it."""
        return from_ms(self.bottom_ms - int(seconds * 1000)).isoformat()


def steepest_fall(path: Path) -> Fall:
    """Return a tick file's steepest fall; raise ``ValueError`` for a file without ticks."""
    best: Fall | None = None
    # For each symbol a queue of (time, bid) whose bids fall from its head: the head is the peak.
    peaks: dict[str, deque[tuple[int, Decimal]]] = {}
    for at, symbol, bid in _bids(path):
        peak = peaks.setdefault(symbol, deque())
        while peak and at - peak[0][0] > WINDOW_MS:
            peak.popleft()
        while peak and peak[-1][1] <= bid:
            peak.pop()
        peak.append((at, bid))
        _, high = peak[0]
        fall = high - bid
        if best is None or fall / high > best.size / best.price:
            best = Fall(symbol, at, fall, high)
    if best is None:
        raise ValueError(f"{path}: no ticks in it")
    return best


def _bids(path: Path) -> Iterator[tuple[int, str, Decimal]]:
    reader = gzip.open if path.suffix == ".gz" else open
    with reader(path, "rt") as lines:
        for row in csv.DictReader(lines):
            bid = Decimal(row["bid"])
            if 0 < bid <= Decimal(row["ask"]):
                yield int(row["time_msc"]), row["symbol"], bid
