"""Sums of results and what is worked out from them; no figure is made up where there is none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from trading.model import ZERO
from trading.money import HUNDRED
from trading.results.trades import Money

TRADING_DAYS = 252
"""Days of a year that returns are annualised by."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Closed round trips, summed."""

    trades: int = 0
    wins: int = 0
    losses: int = 0
    gross_profit: Decimal = ZERO
    gross_loss: Decimal = ZERO
    """Sum of the losing trades' results: zero or below."""
    r_sum: Decimal = ZERO
    r_trades: int = 0
    """Trades whose risk at entry is known."""
    held_ms: int = 0
    held_trades: int = 0

    @property
    def net(self) -> Decimal:
        return self.gross_profit + self.gross_loss

    @property
    def win_rate(self) -> Decimal | None:
        """Winning trades in percent of all."""
        return Decimal(self.wins) / self.trades * HUNDRED if self.trades else None

    @property
    def profit_factor(self) -> Decimal | None:
        """Gross profit by gross loss; None without a losing trade."""
        return self.gross_profit / -self.gross_loss if self.gross_loss else None

    @property
    def expectancy(self) -> Decimal | None:
        """The mean result of a trade."""
        return self.net / self.trades if self.trades else None

    @property
    def average_win(self) -> Decimal | None:
        return self.gross_profit / self.wins if self.wins else None

    @property
    def average_loss(self) -> Decimal | None:
        return self.gross_loss / self.losses if self.losses else None

    @property
    def average_r(self) -> Decimal | None:
        return self.r_sum / self.r_trades if self.r_trades else None

    @property
    def average_held(self) -> timedelta | None:
        if not self.held_trades:
            return None
        return timedelta(milliseconds=self.held_ms // self.held_trades)

    def plus(self, other: "Tally", times: int = 1) -> "Tally":
        """Return the sum of both; ``times`` -1 takes the other away."""
        return Tally(
            self.trades + times * other.trades,
            self.wins + times * other.wins,
            self.losses + times * other.losses,
            self.gross_profit + times * other.gross_profit,
            self.gross_loss + times * other.gross_loss,
            self.r_sum + times * other.r_sum,
            self.r_trades + times * other.r_trades,
            self.held_ms + times * other.held_ms,
            self.held_trades + times * other.held_trades,
        )


def tally_of(net: Decimal, r: Decimal | None, held: timedelta | None) -> Tally:
    """Return what one closed trade adds; a result of exactly zero is neither won nor lost."""
    return Tally(
        1,
        int(net > 0),
        int(net < 0),
        max(net, ZERO),
        min(net, ZERO),
        r or ZERO,
        int(r is not None),
        0 if held is None else held // timedelta(milliseconds=1),
        int(held is not None),
    )


@dataclass(frozen=True, slots=True)
class Booked:
    """What the deals of a span did to the balance."""

    money: Money = field(default_factory=Money)
    charges: Decimal = ZERO
    """Charges, interest, dividends and taxes that belong to no trade."""
    flows: Decimal = ZERO
    """Paid in (positive) and out: no result."""

    @property
    def result(self) -> Decimal:
        """The change of the balance without deposits and withdrawals."""
        return self.money.net + self.charges

    def plus(self, other: "Booked") -> "Booked":
        return Booked(
            self.money.plus(other.money), self.charges + other.charges, self.flows + other.flows
        )

    def negated(self) -> "Booked":
        """Return what takes this away again."""
        return Booked(Money(*(-part for part in self.money)), -self.charges, -self.flows)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The growth index over a span: own equity with deposits and withdrawals taken out."""

    high: Decimal
    low: Decimal
    close: Decimal
    fall: Decimal
    """Deepest fall from an earlier high within it, as a fraction."""

    def then(self, later: "Stretch") -> "Stretch":
        """Return both spans as one."""
        across = (self.high - later.low) / self.high
        return Stretch(
            max(self.high, later.high),
            min(self.low, later.low),
            later.close,
            max(self.fall, later.fall, across),
        )


def at_index(index: Decimal) -> Stretch:
    """Return the span of a single reading."""
    return Stretch(index, index, index, ZERO)


@dataclass(frozen=True, slots=True)
class Ratios:
    """Return over risk from daily returns, annualised; None where the days do not give it."""

    days: int
    sharpe: Decimal | None
    sortino: Decimal | None


def daily_returns(closes: Iterable[tuple[date, Decimal]]) -> list[Decimal]:
    """Return the day-on-day changes of the index, idle Saturdays and Sundays left out."""
    returns: list[Decimal] = []
    before: Decimal | None = None
    for day, close in closes:
        if before:
            change = close / before - 1
            if change or day.weekday() < 5:
                returns.append(change)
        before = close
    return returns


def ratios(returns: Sequence[Decimal]) -> Ratios:
    """Return Sharpe and Sortino over a riskless rate of zero."""
    count = len(returns)
    if count < 2:
        return Ratios(count, None, None)
    mean = sum(returns, ZERO) / count
    variance = sum(((one - mean) ** 2 for one in returns), ZERO) / (count - 1)
    downside = sum((min(one, ZERO) ** 2 for one in returns), ZERO) / count
    year = Decimal(TRADING_DAYS).sqrt()
    return Ratios(
        count,
        mean / variance.sqrt() * year if variance else None,
        mean / downside.sqrt() * year if downside else None,
    )


@dataclass(frozen=True, slots=True)
class SpanResult:
    """One line of a table of days, weeks or months."""

    first: date
    booked: Booked
    tally: Tally
    balance_before: Decimal | None
    """The balance the span began with; None where it is unknown."""

    @property
    def percent(self) -> Decimal | None:
        """The result in percent of what there was to lose.

        That is the balance the span began with, and what was paid in during it.
        """
        if self.balance_before is None:
            return None
        base = self.balance_before + max(self.booked.flows, ZERO)
        return self.booked.result / base * HUNDRED if base > 0 else None


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """A reading of the growth of an account."""

    at: datetime
    equity: Decimal
    drawdown: Decimal
    """Percent below the highest index so far."""
