"""Answers about results, as records: what a store gives and a card shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from trading.drawdown.dayclock import DayClock
from trading.ids import AccountId
from trading.model import Side
from trading.results.figures import Booked, EquityPoint, Ratios, SpanResult, Stretch, Tally
from trading.results.periods import Grain


class Dimension(StrEnum):
    """What closed trades are summed by."""

    SIDE = "side"
    SYMBOL = "symbol"
    SOURCE = "source"
    HOUR = "hour"
    REASON = "reason"


class ExitReason(StrEnum):
    """Why a trade ended, as its last closing deal and our own intent behind it say."""

    STOP_LOSS = "stop loss"
    TAKE_PROFIT = "take profit"
    STOP_OUT = "stop out"
    CAP = "drawdown cap"
    PANIC = "panic"
    DESK = "closed here"
    BY_HAND = "by hand"
    CLOSE_BY = "closed by opposite"
    REVERSED = "reversed"
    OTHER = "other"


MANUAL = "manual"
"""The source of trades that this program did not open."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A closed round trip."""

    id: int
    position_id: int
    symbol: str
    side: Side
    opened_at: datetime | None
    closed_at: datetime
    volume: Decimal
    price_in: Decimal | None
    price_out: Decimal | None
    net: Decimal
    r: Decimal | None
    source: str
    reason: str

    @property
    def held(self) -> timedelta | None:
        return None if self.opened_at is None else self.closed_at - self.opened_at


@dataclass(frozen=True, slots=True)
class Summary:
    """The closed trades of a window, and what its deals did to the balance."""

    tally: Tally
    booked: Booked | None
    """None where only one side was asked for: costs of open positions belong to neither."""
    best: Trade | None
    worst: Trade | None
    since: datetime | None
    """When the window begins; None for everything known."""
    growth: Stretch | None
    """The growth index of the window; None before the first reading of equity."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two closed trades: newer ones before it, older ones after."""

    closed_ms: int
    trade_id: int
    newer: bool = False
    """Look towards newer trades from here."""


@dataclass(frozen=True, slots=True)
class TradePage:
    """Some closed trades, newest first, and where to go on."""

    trades: Sequence[Trade]
    newer: Cursor | None
    older: Cursor | None
    total: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures of /stats."""

    days: int
    tally: Tally
    ratios: Ratios
    growth: Stretch | None
    """The growth index of the window; None before the first reading of equity."""
    reasons: Sequence[tuple[str, Tally]]


class ResultStore(Protocol):
    """Results as kept; each method reads one transaction's worth and never history itself."""

    async def day_clock(self, account_id: AccountId) -> DayClock:
        """Return by which clock the account's days begin."""

    async def summary(self, account_id: AccountId, days: int | None, side: Side | None) -> Summary:
        """Return the sums of the last so many days, today included, or of everything."""

    async def spans(self, account_id: AccountId, grain: Grain, count: int) -> list[SpanResult]:
        """Return the last so many days, weeks or months, newest first."""

    async def groups(self, account_id: AccountId, dimension: Dimension) -> list[tuple[str, Tally]]:
        """Return the sums of all closed trades by one dimension, best result first."""

    async def page(self, account_id: AccountId, cursor: Cursor | None, count: int) -> TradePage:
        """Return closed trades from a place on, the newest ones where none is named."""

    async def statistics(self, account_id: AccountId, days: int) -> Statistics:
        """Return the figures of the last so many days."""

    async def curve(self, account_id: AccountId, days: int) -> list[EquityPoint]:
        """Return equity and drawdown of the last so many days, oldest first."""
