"""Bookings: opening, reducing, reversing and closing positions, with all money exact."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from trading.terminal.simulated.book import DEAL_BALANCE, DEAL_CREDIT, Book
from trading.terminal.simulated.catalogue import Spec
from trading.terminal.simulated.config import Config
from trading.terminal.simulated.market import BUY, Market
from trading.terminal.simulated.records import ZERO, Deal, Order, Position

IN, OUT, INOUT, OUT_BY = 0, 1, 2, 3  # DEAL_ENTRY_*
CLIENT, EXPERT = 0, 3  # *_REASON_*
CANCELED, PARTIAL, FILLED, REJECTED, EXPIRED = 2, 3, 4, 5, 6  # ORDER_STATE_*


class Standing(NamedTuple):
    """The account's sums; ``floating`` includes accrued swaps."""

    balance: Decimal
    credit: Decimal
    floating: Decimal
    margin: Decimal

    @property
    def equity(self) -> Decimal:
        """Return what would remain if everything was closed now."""
        return self.balance + self.credit + self.floating

    @property
    def free(self) -> Decimal:
        """Return the equity that no position binds."""
        return self.equity - self.margin

    @property
    def level(self) -> Decimal:
        """Return equity in percent of margin, 0 when there is no margin (F§4)."""
        return self.equity / self.margin * 100 if self.margin > 0 else ZERO


@dataclass
class Fill:
    """An order about to be executed in full at one price."""

    order: Order
    side: int
    price: Decimal


class Ledger:
    """Turns executions into deals and positions."""

    def __init__(self, config: Config, market: Market, book: Book) -> None:
        self._config = config
        self._market = market
        self._book = book
        self.now_msc = 0
        """The server's clock at the moment that is being booked."""

    def move_money(self, amount: Decimal, comment: str, kind: int = DEAL_BALANCE) -> Deal:
        """Book a deposit, a withdrawal or a credit."""
        assert kind in (DEAL_BALANCE, DEAL_CREDIT)
        profit = self._market.cents(amount)
        return self._book.add_deal(
            Deal(
                self._book.next_deal(), 0, "", kind, IN, self.now_msc,
                reason=CLIENT, profit=profit, comment=comment,
            )
        )  # fmt: skip

    def execute(self, fill: Fill, position: Position | None, state: int = FILLED) -> Deal:
        """Execute an order against a position, or open one; return the deal."""
        order = fill.order
        if position is None and self._config.is_netting:
            position = self.netted(order.symbol)
        if position is None:
            deal = self._open(fill)
        elif position.type == fill.side:
            deal = self._increase(fill, position)
        elif order.volume > position.volume:
            deal = self._reverse(fill, position)
        else:
            deal = self.reduce(fill, position, OUT)
        order.position_id = deal.position_id
        if state == FILLED:
            order.volume_left = ZERO
        self._book.finish_order(order, state, self.now_msc)
        return deal

    def netted(self, symbol: str) -> Position | None:
        """Return the one position a netting account has in a symbol."""
        for position in self._book.positions.values():
            if position.symbol == symbol:
                return position
        return None

    def floating(self, position: Position) -> Decimal:
        """Return a position's result at the price that would close it, without swap."""
        price = self.closing_price(position)
        if price is None:
            return ZERO
        spec = self._market.specs[position.symbol]
        return self._market.profit(spec, position.type, position.volume, position.price_open, price)

    def closing_price(self, position: Position) -> Decimal | None:
        """Return bid for a buy and ask for a sell (F§4)."""
        quote = self._market.quote(position.symbol)
        if quote is None:
            return None
        return quote.bid if position.type == BUY else quote.ask

    def standing(self) -> Standing:
        """Return the account's sums at the newest quotes."""
        positions = self._book.positions.values()
        floating = sum((self.floating(one) + one.swap for one in positions), ZERO)
        return Standing(self._book.balance, self._book.credit, floating, self.margin())

    def margin(self) -> Decimal:
        """Return the margin in use: by symbol, that of the larger side."""
        sides: dict[str, list[Decimal]] = {}
        for position in self._book.positions.values():
            sides.setdefault(position.symbol, [ZERO, ZERO])[position.type] += position.margin
        return sum((max(pair) for pair in sides.values()), ZERO)

    def margin_with(self, symbol: str, side: int, extra: Decimal) -> Decimal:
        """Return the margin in use if a position with its own margin came on top."""
        sides = [ZERO, ZERO]
        for position in self._book.positions.values():
            if position.symbol == symbol:
                sides[position.type] += position.margin
        before = max(sides)
        sides[side] += extra
        return self.margin() - before + max(sides)

    def commission(self, spec: Spec, volume: Decimal) -> Decimal:
        """Return what one side of a trade costs, as a number that is not positive."""
        rate = self._config.commission if spec.is_commissioned else ZERO
        return -self._market.cents(rate * volume)

    def close(self, position: Position, reason: int, comment: str) -> Deal | None:
        """Close a whole position at the market on behalf of the server or of a person."""
        price = self.closing_price(position)
        if price is None:
            return None
        side = 1 - position.type
        order = Order(
            self._book.next_ticket(), position.symbol, side, position.volume, position.volume,
            price, ZERO, ZERO, self.now_msc, magic=position.magic, reason=reason, comment=comment,
        )  # fmt: skip
        return self.execute(Fill(order, side, price), position)

    def reduce(self, fill: Fill, position: Position, entry: int) -> Deal:
        """Close a part or all of a position by an opposite execution."""
        volume = min(fill.order.volume, position.volume)
        deal = self._closing_deal(fill, position, volume, volume, entry)
        if volume == position.volume:
            self._book.drop_position(position.ticket)
        else:
            left = (position.volume - volume) / position.volume
            position.margin = self._market.cents(position.margin * left)
            position.volume -= volume
            position.update_msc = self.now_msc
            self._book.put_position(position)
        return deal

    def _closing_deal(
        self, fill: Fill, position: Position, closed: Decimal, dealt: Decimal, entry: int
    ) -> Deal:
        spec = self._market.specs[position.symbol]
        swap = self._market.cents(position.swap * closed / position.volume)
        position.swap -= swap
        profit = self._market.profit(spec, position.type, closed, position.price_open, fill.price)
        commission = ZERO if entry == OUT_BY else self.commission(spec, dealt)
        deal = self._deal(fill, entry, position.identifier, dealt)
        return self._book.add_deal(replace(deal, commission=commission, swap=swap, profit=profit))

    def _deal(self, fill: Fill, entry: int, position_id: int, volume: Decimal) -> Deal:
        order = fill.order
        return Deal(
            self._book.next_deal(), order.ticket, order.symbol, fill.side, entry, self.now_msc,
            magic=order.magic, position_id=position_id, reason=order.reason, volume=volume,
            price=fill.price, comment=order.comment,
        )  # fmt: skip

    def _opened(self, fill: Fill, volume: Decimal, identifier: int) -> Position:
        order, spec = fill.order, self._market.specs[fill.order.symbol]
        position = Position(
            order.ticket, identifier, order.symbol, fill.side, volume, fill.price, order.sl,
            order.tp, self._market.margin(spec, fill.side, volume, fill.price), self.now_msc,
            self.now_msc, order.magic, order.reason, order.comment,
        )  # fmt: skip
        self._book.put_position(position)
        return position

    def _open(self, fill: Fill) -> Deal:
        order = fill.order
        position = self._opened(fill, order.volume, order.ticket)
        deal = self._deal(fill, IN, position.identifier, order.volume)
        deal.commission = self.commission(self._market.specs[order.symbol], order.volume)
        return self._book.add_deal(deal)

    def _increase(self, fill: Fill, position: Position) -> Deal:
        order, spec = fill.order, self._market.specs[position.symbol]
        total = position.volume + order.volume
        paid = position.price_open * position.volume + fill.price * order.volume
        position.price_open = (paid / total).quantize(spec.point.scaleb(-3))
        position.margin += self._market.margin(spec, fill.side, order.volume, fill.price)
        position.volume = total
        position.sl, position.tp = order.sl or position.sl, order.tp or position.tp
        position.update_msc = self.now_msc
        self._book.put_position(position)
        deal = self._deal(fill, IN, position.identifier, order.volume)
        deal.commission = self.commission(spec, order.volume)
        return self._book.add_deal(deal)

    def _reverse(self, fill: Fill, position: Position) -> Deal:
        rest = fill.order.volume - position.volume
        deal = self._closing_deal(fill, position, position.volume, fill.order.volume, INOUT)
        self._book.drop_position(position.ticket)
        # The reversing order names the position anew, its identifier stays (F§9).
        self._opened(fill, rest, position.identifier)
        return deal
