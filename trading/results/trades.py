"""Deals folded into round trips: what was opened, what it was closed at, what it cost."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from trading.model import ZERO, Deal, DealEntry, DealReason, DealType, Side
from trading.money import CENT


class Money(NamedTuple):
    """The parts of a deal's effect on the balance, in account currency."""

    profit: Decimal = ZERO
    swap: Decimal = ZERO
    commission: Decimal = ZERO
    fee: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.profit + self.swap + self.commission + self.fee

    def plus(self, other: "Money") -> "Money":
        return Money(*(mine + its for mine, its in zip(self, other, strict=True)))


@dataclass(slots=True)
class RoundTrip:
    """One trade from its first deal to flat; open while ``closed_at`` is None.

    A reversal on a netting account ends one and begins the next of the same position.
    """

    position_id: int
    leg: int
    """0 for the first of a position, 1 after its first reversal, and so on."""
    symbol: str
    side: Side
    opened_at: datetime | None
    """None where the position was opened before its deals were known."""
    closed_at: datetime | None = None
    volume_in: Decimal = ZERO
    volume_out: Decimal = ZERO
    turnover_in: Decimal = ZERO
    """Sum of price times volume: an average price is this by its volume."""
    turnover_out: Decimal = ZERO
    money: Money = field(default_factory=Money)
    entry_ticket: int | None = None
    """The deal that opened it."""
    exit_ticket: int | None = None
    """The latest deal that closed some of it."""
    exit_reason: DealReason | None = None
    closed_by: DealEntry | None = None

    @property
    def net(self) -> Decimal:
        """What it did to the balance: profit + swap + commission + fee of all its deals."""
        return self.money.net

    @property
    def price_in(self) -> Decimal | None:
        return self.turnover_in / self.volume_in if self.volume_in else None

    @property
    def price_out(self) -> Decimal | None:
        return self.turnover_out / self.volume_out if self.volume_out else None

    @property
    def held(self) -> timedelta | None:
        """How long it was open; None while it is, or where its opening is unknown."""
        if self.opened_at is None or self.closed_at is None:
            return None
        return self.closed_at - self.opened_at

    def risk(self, stop_loss: Decimal | None) -> Decimal | None:
        """Return the money from the entry to a stop, valued as this trade's own result was.

        None without a stop, or where the exit at the entry's price gives nothing to value by.
        """
        entry, exit_ = self.price_in, self.price_out
        if stop_loss is None or entry is None or exit_ is None or stop_loss == entry:
            return None
        moved = (exit_ - entry) * self.side.sign * self.volume_out
        if not moved or not self.money.profit:
            return None
        return abs(entry - stop_loss) * self.volume_in * abs(self.money.profit / moved)


def round_trips(deals: Iterable[Deal]) -> list[RoundTrip]:
    """Return the round trips of one position's deals, in order; only the last can be open."""
    found: list[RoundTrip] = []
    # By ticket, which the broker counts up: two stamps can be equal, or read by another offset.
    for deal in sorted(deals, key=lambda one: one.ticket):
        trip = found[-1] if found and found[-1].closed_at is None else None
        match deal.entry:
            case DealEntry.IN:
                if trip is None:
                    trip = _begin(deal, len(found), _side(deal))
                    found.append(trip)
                _enter(trip, deal, deal.volume, _money(deal))
            case DealEntry.OUT | DealEntry.OUT_BY:
                if trip is None:
                    trip = _met_late(deal, len(found))
                    found.append(trip)
                _leave(trip, deal, deal.volume, _money(deal))
            case DealEntry.INOUT:
                found.extend(_reverse(trip, deal, len(found)))
    return found


def _reverse(trip: RoundTrip | None, deal: Deal, number: int) -> list[RoundTrip]:
    """Close what is open with a part of the deal, and open the rest the other way."""
    started = []
    if trip is None:
        trip = _met_late(deal, number)
        trip.volume_in = deal.volume / 2  # what it closed is not known: half is as good as any
        started.append(trip)
    closing = min(deal.volume, trip.volume_in - trip.volume_out)
    costs = Money(ZERO, ZERO, deal.commission, deal.fee)
    share = closing / deal.volume if deal.volume else Decimal(1)
    commission, fee = (
        (cost * share).quantize(CENT, ROUND_HALF_UP) for cost in (deal.commission, deal.fee)
    )
    # The result and the swap are the closed part's; only what the deal cost is shared.
    _leave(trip, deal, closing, Money(deal.profit, deal.swap, commission, fee))
    opened = _begin(deal, number + len(started), _side(deal))
    _enter(
        opened,
        deal,
        deal.volume - closing,
        Money(ZERO, ZERO, costs.commission - commission, costs.fee - fee),
    )
    return [*started, opened]


def _begin(deal: Deal, leg: int, side: Side) -> RoundTrip:
    return RoundTrip(deal.position_id, leg, deal.symbol, side, deal.at, entry_ticket=deal.ticket)


def _met_late(deal: Deal, leg: int) -> RoundTrip:
    """Return a trade of which only the end is known: its opening deals lie before our books."""
    return RoundTrip(deal.position_id, leg, deal.symbol, _side(deal).opposite, None)


def _enter(trip: RoundTrip, deal: Deal, volume: Decimal, money: Money) -> None:
    trip.volume_in += volume
    trip.turnover_in += volume * deal.price
    trip.money = trip.money.plus(money)


def _leave(trip: RoundTrip, deal: Deal, volume: Decimal, money: Money) -> None:
    trip.volume_out += volume
    trip.turnover_out += volume * deal.price
    trip.money = trip.money.plus(money)
    trip.exit_ticket, trip.exit_reason, trip.closed_by = deal.ticket, deal.reason, deal.entry
    if trip.opened_at is None or trip.volume_out >= trip.volume_in:
        trip.closed_at = deal.at


def _money(deal: Deal) -> Money:
    return Money(deal.profit, deal.swap, deal.commission, deal.fee)


def _side(deal: Deal) -> Side:
    return Side.BUY if deal.deal_type is DealType.BUY else Side.SELL
