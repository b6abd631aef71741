"""The latest prices of the symbols the desk looks at, kept in memory for a picture."""

from array import array
from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from trading.clock import from_ms, to_ms
from trading.model import Snapshot

MOST_SYMBOLS: Final = 32
MOST_PRICES: Final = 3600
"""An hour of a look a second."""
_SLACK: Final = 400
"""How many more there may be before the oldest are thrown away at once."""
_DIGITS: Final = 8
"""Decimals a price is kept with: no broker quotes more."""
_LONGEST: Final = 1 << 63


class QuoteTail:
    """Remembers the bid of each look; the symbol unseen for longest is forgotten first."""

    def __init__(self) -> None:
        self._prices: OrderedDict[str, _Prices] = OrderedDict()

    def take(self, snapshot: Snapshot) -> None:
        """Take a snapshot's quotes in; a price that did not change since says nothing new."""
        at = to_ms(snapshot.at)
        for symbol, quote in snapshot.quotes.items():
            self._prices.setdefault(symbol, _Prices()).add(at, quote.bid)
            self._prices.move_to_end(symbol)
        while len(self._prices) > MOST_SYMBOLS:
            self._prices.popitem(last=False)

    def of(self, symbol: str) -> tuple[tuple[datetime, Decimal], ...]:
        """Return a symbol's prices in the order of time."""
        kept = self._prices.get(symbol)
        return () if kept is None else tuple(kept.last())


class _Prices:
    """Instants and prices as whole numbers: 16 bytes a price, where the objects take 220."""

    def __init__(self) -> None:
        self._times = array("q")
        self._bids = array("q")

    def add(self, at: int, bid: Decimal) -> None:
        """Take a price that is newer than the last one and another."""
        scaled = int(bid.scaleb(_DIGITS))
        if scaled >= _LONGEST:  # no price; a picture goes without it
            return
        if self._times and (at <= self._times[-1] or scaled == self._bids[-1]):
            return
        self._times.append(at)
        self._bids.append(scaled)
        if len(self._times) > MOST_PRICES + _SLACK:
            del self._times[:-MOST_PRICES]
            del self._bids[:-MOST_PRICES]

    def last(self) -> Iterator[tuple[datetime, Decimal]]:
        """Give the newest prices, the oldest of them first."""
        for at, bid in zip(self._times[-MOST_PRICES:], self._bids[-MOST_PRICES:], strict=True):
            yield from_ms(at), Decimal(bid).scaleb(-_DIGITS)
