"""The actions of order_send, from a checked request to the book."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from trading.terminal.simulated import constants as mt5
from trading.terminal.simulated.book import Book
from trading.terminal.simulated.catalogue import Spec
from trading.terminal.simulated.checks import (
    Permissions,
    check_close,
    check_close_by,
    check_expiration,
    check_filling,
    check_freeze,
    check_levels,
    check_limits,
    check_pending_price,
    check_permissions,
    check_price,
    check_session,
    check_side,
    check_type,
    check_volume,
)
from trading.terminal.simulated.config import Config
from trading.terminal.simulated.engine import DAY_MS, Engine
from trading.terminal.simulated.feed import Quote
from trading.terminal.simulated.ledger import CANCELED, FILLED, OUT_BY, PARTIAL, Fill, Ledger
from trading.terminal.simulated.market import BUY, Market
from trading.terminal.simulated.records import ZERO, Order, Position
from trading.terminal.simulated.requests import Request
from trading.terminal.simulated.retcodes import Refused


@dataclass(frozen=True)
class Answer:
    """What the trade server says of a request it accepted."""

    retcode: int = mt5.TRADE_RETCODE_DONE
    deal: int = 0
    order: int = 0
    volume: Decimal = ZERO
    price: Decimal = ZERO
    bid: Decimal = ZERO
    ask: Decimal = ZERO


@dataclass(frozen=True)
class Plan:
    """A request that passed every check, and what it will do."""

    run: Callable[[], Answer]
    margin: Decimal | None = None
    """The margin in use afterwards, None when it stays."""


class TradeServer:
    """Checks requests and carries them out."""

    def __init__(
        self, config: Config, market: Market, book: Book, ledger: Ledger, engine: Engine
    ) -> None:
        self._config = config
        self._market = market
        self._book = book
        self._ledger = ledger
        self._engine = engine
        self.fill_fraction = Decimal(1)
        """How much of the next market order is filled."""
        self._actions: dict[int, Callable[[Request, Permissions], Plan]] = {
            mt5.TRADE_ACTION_DEAL: self._deal,
            mt5.TRADE_ACTION_PENDING: self._pending,
            mt5.TRADE_ACTION_SLTP: self._sltp,
            mt5.TRADE_ACTION_MODIFY: self._modify,
            mt5.TRADE_ACTION_REMOVE: self._remove,
            mt5.TRADE_ACTION_CLOSE_BY: self._close_by,
        }

    def plan(self, request: Request, permissions: Permissions) -> Plan:
        """Return what a request would do; raise ``Refused``."""
        check_permissions(permissions)
        if request.action not in self._actions or not request.is_finite:
            raise Refused(mt5.TRADE_RETCODE_INVALID)
        return self._actions[request.action](request, permissions)

    def _spec(self, symbol: str) -> Spec:
        spec = self._market.specs.get(symbol)
        if spec is None:
            raise Refused(mt5.TRADE_RETCODE_INVALID)
        return spec

    def _levels(
        self, spec: Spec, request: Request, side: int, starts: tuple[Decimal, Decimal]
    ) -> tuple[Decimal, Decimal]:
        sl = check_price(spec, request.sl, mt5.TRADE_RETCODE_INVALID_STOPS)
        tp = check_price(spec, request.tp, mt5.TRADE_RETCODE_INVALID_STOPS)
        check_levels(spec, side, *starts, sl, tp)
        return sl, tp

    def _order(self, request: Request, volume: Decimal, price: Decimal) -> Order:
        return Order(
            0, request.symbol, request.type, volume, volume, price, ZERO, ZERO,
            self._ledger.now_msc, type_filling=request.type_filling, magic=request.magic,
            comment=request.comment,
        )  # fmt: skip

    # --- market orders ---------------------------------------------------------------------

    def _deal(self, request: Request, permissions: Permissions) -> Plan:
        spec = self._spec(request.symbol)
        check_type(spec, request)
        closing = self._position_to_close(spec, request, permissions)
        is_opening = closing is None or request.volume > closing.volume
        if closing is None or self._config.is_netting:
            check_volume(spec, request.volume)
        check_filling(spec, request)
        quote = check_session(self._market, spec)
        price = quote.ask if request.type == BUY else quote.bid
        # Market execution ignores the price and the deviation of the request (F§7).
        start = quote.bid if request.type == BUY else quote.ask
        sl, tp = ZERO, ZERO
        margin = None
        if is_opening:
            check_side(spec, request.type)
            sl, tp = self._levels(spec, request, request.type, (start, start))
            self._check_room(spec, request, permissions)
            if not self._engine.is_affordable(spec.name, request.type, request.volume, price):
                raise Refused(mt5.TRADE_RETCODE_NO_MONEY)
            extra = self._market.margin(spec, request.type, request.volume, price)
            margin = self._ledger.margin_with(spec.name, request.type, extra)
        elif closing is not None and not self._config.is_netting:
            check_freeze(spec, closing, quote)
        return Plan(lambda: self._execute(request, spec, quote, (sl, tp)), margin)

    def _position_to_close(
        self, spec: Spec, request: Request, permissions: Permissions
    ) -> Position | None:
        if self._config.is_netting:
            position = self._ledger.netted(spec.name)
            if request.position and (position is None or position.ticket != request.position):
                raise Refused(mt5.TRADE_RETCODE_POSITION_CLOSED)
            return position if position and position.type != request.type else None
        if request.position:
            return check_close(self._book, spec, request, is_fifo=permissions.is_fifo)
        return None

    def _check_room(self, spec: Spec, request: Request, permissions: Permissions) -> None:
        check_limits(self._book, spec, request.type % 2, request.volume)
        positions = self._book.positions.values()
        if permissions.most_positions and len(positions) >= permissions.most_positions:
            raise Refused(mt5.TRADE_RETCODE_LIMIT_POSITIONS)
        opposite = (spec.name, 1 - request.type)
        is_hedging = any((one.symbol, one.type) == opposite for one in positions)
        if is_hedging and permissions.is_hedging_prohibited and not self._config.is_netting:
            raise Refused(10046)  # the package has no name for it (F§6)

    def _execute(
        self, request: Request, spec: Spec, quote: Quote, levels: tuple[Decimal, Decimal]
    ) -> Answer:
        price = quote.ask if request.type == BUY else quote.bid
        filled = request.volume * self.fill_fraction // spec.volume_step * spec.volume_step
        filled = max(filled, spec.volume_step)
        is_partial = filled < request.volume
        order = self._order(request, filled, price)
        order.ticket = self._book.next_ticket()
        order.sl, order.tp = levels
        position = self._book.positions.get(request.position)
        state = PARTIAL if is_partial else FILLED
        deal = self._ledger.execute(Fill(order, request.type, price), position, state)
        if is_partial:
            order.volume, order.volume_left = request.volume, request.volume - filled
        retcode = mt5.TRADE_RETCODE_DONE_PARTIAL if is_partial else mt5.TRADE_RETCODE_DONE
        return Answer(retcode, deal.ticket, order.ticket, filled, price, quote.bid, quote.ask)

    # --- pending orders --------------------------------------------------------------------

    def _pending(self, request: Request, permissions: Permissions) -> Plan:
        spec = self._spec(request.symbol)
        check_type(spec, request)
        check_volume(spec, request.volume)
        check_filling(spec, request)
        check_side(spec, request.type % 2)
        check_expiration(spec, request, self._ledger.now_msc)
        if permissions.most_orders and len(self._book.orders) >= permissions.most_orders:
            raise Refused(mt5.TRADE_RETCODE_LIMIT_ORDERS)
        check_limits(self._book, spec, request.type % 2, request.volume)
        order = self._order(request, request.volume, request.price)
        if not self._config.is_netting:
            order.position_id = request.position
        self._price_pending(spec, order, request)
        return Plan(lambda: self._place(order))

    def _price_pending(self, spec: Spec, order: Order, request: Request) -> None:
        """Set the prices and the life time of a pending order from a request."""
        quote = check_session(self._market, spec)
        price = check_price(spec, request.price, mt5.TRADE_RETCODE_INVALID_PRICE)
        stoplimit = check_price(spec, request.stoplimit, mt5.TRADE_RETCODE_INVALID_PRICE)
        check_pending_price(
            spec, replace(request, price=price, stoplimit=stoplimit, type=order.type), quote
        )
        start = stoplimit if order.type in _STOP_LIMITS else price
        order.sl, order.tp = self._levels(spec, request, order.type % 2, (start, start))
        order.price = price
        order.stoplimit = stoplimit if order.type in _STOP_LIMITS else ZERO
        order.type_time = request.type_time
        order.expiration = self._expiration(request)

    def _expiration(self, request: Request) -> int:
        day = DAY_MS // 1000
        if request.type_time == mt5.ORDER_TIME_DAY:
            return (self._ledger.now_msc // DAY_MS + 1) * day
        if request.type_time == mt5.ORDER_TIME_SPECIFIED_DAY:
            return (request.expiration // day + 1) * day - 1
        return request.expiration if request.type_time == mt5.ORDER_TIME_SPECIFIED else 0

    def _place(self, order: Order) -> Answer:
        order.ticket = self._book.next_ticket()
        self._book.put_order(order)
        return Answer(order=order.ticket, volume=order.volume, price=order.price)

    def _modify(self, request: Request, permissions: Permissions) -> Plan:
        del permissions
        order = self._working(request)
        spec = self._spec(order.symbol)
        quote = check_session(self._market, spec)
        check_freeze(spec, order, quote)
        wanted = request if request.stoplimit else replace(request, stoplimit=order.stoplimit)
        if "type_time" not in request.given:
            wanted = replace(wanted, type_time=order.type_time, expiration=order.expiration)
        check_expiration(spec, wanted, self._ledger.now_msc)
        changed = replace(order)
        self._price_pending(spec, changed, wanted)
        if changed == order:
            raise Refused(mt5.TRADE_RETCODE_NO_CHANGES)
        return Plan(lambda: self._replace(changed))

    def _replace(self, order: Order) -> Answer:
        self._book.put_order(order)
        return Answer(order=order.ticket, volume=order.volume, price=order.price)

    def _remove(self, request: Request, permissions: Permissions) -> Plan:
        del permissions
        order = self._working(request)
        spec = self._spec(order.symbol)
        check_freeze(spec, order, check_session(self._market, spec))
        return Plan(lambda: self._cancel(order))

    def _cancel(self, order: Order) -> Answer:
        self._book.finish_order(order, CANCELED, self._ledger.now_msc)
        return Answer(order=order.ticket)

    def _working(self, request: Request) -> Order:
        order = self._book.orders.get(request.order)
        if order is None:
            raise Refused(mt5.TRADE_RETCODE_INVALID)
        return order

    # --- positions -------------------------------------------------------------------------

    def _sltp(self, request: Request, permissions: Permissions) -> Plan:
        del permissions
        position = self._position(request)
        spec = self._spec(position.symbol)
        quote = check_session(self._market, spec)
        start = quote.bid if position.type == BUY else quote.ask
        # A level that is not sent is removed (F§5).
        sl = check_price(spec, request.sl, mt5.TRADE_RETCODE_INVALID_STOPS)
        tp = check_price(spec, request.tp, mt5.TRADE_RETCODE_INVALID_STOPS)
        if (sl, tp) == (position.sl, position.tp):
            raise Refused(mt5.TRADE_RETCODE_NO_CHANGES)
        check_freeze(spec, position, quote)
        changed = (sl if sl != position.sl else ZERO, tp if tp != position.tp else ZERO)
        check_levels(spec, position.type, start, start, *changed)
        return Plan(lambda: self._set_levels(position, sl, tp))

    def _position(self, request: Request) -> Position:
        position = self._book.positions.get(request.position)
        if position is None and self._config.is_netting and not request.position:
            position = self._ledger.netted(request.symbol)
        if position is None:
            raise Refused(mt5.TRADE_RETCODE_POSITION_CLOSED)
        if request.symbol and request.symbol != position.symbol:
            raise Refused(mt5.TRADE_RETCODE_INVALID)
        return position

    def _set_levels(self, position: Position, sl: Decimal, tp: Decimal) -> Answer:
        position.sl, position.tp = sl, tp
        position.update_msc = self._ledger.now_msc
        self._book.put_position(position)
        return Answer()

    def _close_by(self, request: Request, permissions: Permissions) -> Plan:
        del permissions
        if self._config.is_netting:
            raise Refused(mt5.TRADE_RETCODE_INVALID)
        named = self._book.positions.get(request.position)
        if named is None:
            raise Refused(mt5.TRADE_RETCODE_POSITION_CLOSED)
        spec = self._spec(named.symbol)
        one, other = check_close_by(self._book, spec, request)
        check_session(self._market, spec)
        return Plan(lambda: self._close_pair(request, one, other))

    def _close_pair(self, request: Request, one: Position, other: Position) -> Answer:
        volume, price = min(one.volume, other.volume), other.price_open
        order = self._order(replace(request, symbol=one.symbol), volume, price)
        order.ticket, order.type = self._book.next_ticket(), mt5.ORDER_TYPE_CLOSE_BY
        order.position_id, order.position_by_id = one.identifier, other.identifier
        # The first closes at the other's opening price and carries the whole result.
        deal = self._ledger.reduce(Fill(order, 1 - one.type, price), one, OUT_BY)
        self._ledger.reduce(Fill(order, 1 - other.type, price), other, OUT_BY)
        order.volume_left = ZERO
        self._book.finish_order(order, FILLED, self._ledger.now_msc)
        return Answer(deal=deal.ticket, order=order.ticket, volume=volume, price=price)


_STOP_LIMITS = (mt5.ORDER_TYPE_BUY_STOP_LIMIT, mt5.ORDER_TYPE_SELL_STOP_LIMIT)
