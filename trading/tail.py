"""The latest prices of the symbols the desk looks at, kept in memory for a picture."""

from collections import OrderedDict, deque
from datetime import datetime
from decimal import Decimal

from trading.model import Snapshot

MOST_SYMBOLS = 32
MOST_PRICES = 3600
"""An hour of a look a second."""


class QuoteTail:
    """Remembers the bid of each look; the symbol unseen for longest is forgotten first."""

    def __init__(self) -> None:
        self._prices: OrderedDict[str, deque[tuple[datetime, Decimal]]] = OrderedDict()

    def take(self, snapshot: Snapshot) -> None:
        """Take a snapshot's quotes in; a price that did not change since says nothing new."""
        for symbol, quote in snapshot.quotes.items():
            kept = self._prices.setdefault(symbol, deque(maxlen=MOST_PRICES))
            self._prices.move_to_end(symbol)
            if not kept or (snapshot.at > kept[-1][0] and quote.bid != kept[-1][1]):
                kept.append((snapshot.at, quote.bid))
        while len(self._prices) > MOST_SYMBOLS:
            self._prices.popitem(last=False)

    def of(self, symbol: str) -> tuple[tuple[datetime, Decimal], ...]:
        """Return a symbol's prices in the order of time."""
        return tuple(self._prices.get(symbol, ()))
