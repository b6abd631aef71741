"""What spread a symbol usually has, from the desk's own readings of late."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from statistics import median

from trading.model import Snapshot
from trading.risk.context import SPREAD_READINGS

WINDOW = 600.0
MOST = 1200
WATCHED_FOR = 3600.0


@dataclass(slots=True)
class _Readings:
    last: datetime | None = None
    spreads: deque[tuple[float, Decimal]] = field(default_factory=lambda: deque(maxlen=MOST))


class SpreadBook:
    """Remembers the spread of every quote seen, for ten minutes."""

    def __init__(self) -> None:
        self._readings: dict[str, _Readings] = {}

    def take(self, snapshot: Snapshot) -> None:
        """Add the quotes that changed since they were last seen."""
        for symbol, quote in snapshot.quotes.items():
            known = self._readings.setdefault(symbol, _Readings())
            if quote.at == known.last or quote.bid <= 0 or quote.ask < quote.bid:
                continue
            known.last = quote.at
            known.spreads.append((snapshot.taken, quote.spread))
            while known.spreads[0][0] < snapshot.taken - WINDOW:
                known.spreads.popleft()

    def usual(self, symbol: str) -> tuple[Decimal | None, int]:
        """Return the median, None while too few readings tell, and how many there are."""
        known = self._readings.get(symbol)
        count = 0 if known is None else len(known.spreads)
        if known is None or count < SPREAD_READINGS:
            return None, count
        return median(spread for _, spread in known.spreads), count

    def watched(self, now: float) -> list[str]:
        """Return the symbols quoted within the last hour: they stay worth a look."""
        return [
            symbol
            for symbol, known in self._readings.items()
            if known.spreads and known.spreads[-1][0] >= now - WATCHED_FOR
        ]
