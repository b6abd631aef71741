"""Charts as plain requests: what is to be drawn, never how; a renderer makes a picture of one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from trading.model import Side


@dataclass(frozen=True, slots=True)
class Bar:
    """One candle: the prices of a span that begins at ``start``."""

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


@dataclass(frozen=True, slots=True)
class EquityChart:
    """Own equity over time, in account currency."""

    title: str
    currency: str
    points: tuple[tuple[datetime, Decimal], ...]
    zone: str = "UTC"
    """IANA name of the zone the time axis is labelled in."""


@dataclass(frozen=True, slots=True)
class DrawdownChart:
    """Percent below the peak over time (positive is down)."""

    title: str
    points: tuple[tuple[datetime, Decimal], ...]
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class DailyChart:
    """The result of each trading day, in account currency."""

    title: str
    currency: str
    days: tuple[tuple[date, Decimal], ...]


@dataclass(frozen=True, slots=True)
class DecisionChart:
    """The price of a symbol with the levels of a signal on it."""

    title: str
    symbol: str
    digits: int
    side: Side
    entry: Decimal
    stop_loss: Decimal | None
    take_profits: tuple[Decimal, ...]
    bars: tuple[Bar, ...]
    price: Decimal | None = None
    """What the entry would pay now; None where it is unknown."""
    zone: str = "UTC"


Chart = EquityChart | DrawdownChart | DailyChart | DecisionChart


class Look(StrEnum):
    """What a picture is made for."""

    CHAT = "chat"
    """A PNG with its title in it."""
    LIGHT = "light"
    """An SVG for a page with a light ground, without a ground or a title of its own."""
    DARK = "dark"


class ChartError(Exception):
    """The picture could not be made; the words are for a person."""


class Charts(Protocol):
    """Turns a chart into a picture without holding anything else up."""

    async def render(self, chart: Chart, look: Look = Look.CHAT) -> bytes:
        """Return the picture; raise ``ChartError`` when there is none within the time allowed."""


def bars_of(prices: Iterable[tuple[datetime, Decimal]], width: timedelta) -> tuple[Bar, ...]:
    """Return the candles of a price series in order of time; spans without a price are absent."""
    bars: list[Bar] = []
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for at, price in prices:
        start = at - (at - epoch) % width
        if bars and bars[-1].start == start:
            last = bars[-1]
            bars[-1] = Bar(start, last.open, max(last.high, price), min(last.low, price), price)
        else:
            bars.append(Bar(start, price, price, price, price))
    return tuple(bars)
