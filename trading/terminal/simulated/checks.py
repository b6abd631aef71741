"""The trade server's checks, each of which refuses with its own retcode (F§6 to F§9)."""

from dataclasses import dataclass
from decimal import Decimal

from trading.terminal.simulated import constants as mt5
from trading.terminal.simulated.book import Book
from trading.terminal.simulated.catalogue import Spec
from trading.terminal.simulated.feed import Quote
from trading.terminal.simulated.market import BUY, Market
from trading.terminal.simulated.records import Order, Position
from trading.terminal.simulated.requests import Request
from trading.terminal.simulated.retcodes import Refused

_MODE_MARKET, _MODE_SL, _MODE_TP, _MODE_CLOSE_BY = 1, 16, 32, 64  # order_mode mask (F§7)
_PENDING_MODES = {2: 2, 3: 2, 4: 4, 5: 4, 6: 8, 7: 8}
_NOISE = Decimal("1e-9")
FILLING_BITS = {mt5.ORDER_FILLING_FOK: 1, mt5.ORDER_FILLING_IOC: 2}


@dataclass
class Permissions:
    """What the terminal, the account and the broker allow."""

    is_connected: bool = True
    is_autotrading: bool = True
    is_account_tradable: bool = True
    is_expert_allowed: bool = True
    is_fifo: bool = False
    is_hedging_prohibited: bool = False
    most_orders: int = 0
    most_positions: int = 0


def check_permissions(permissions: Permissions) -> None:
    """Refuse what no request of this account may do."""
    if not permissions.is_autotrading:
        raise Refused(mt5.TRADE_RETCODE_CLIENT_DISABLES_AT)
    if not permissions.is_connected:
        raise Refused(mt5.TRADE_RETCODE_CONNECTION)
    if not permissions.is_account_tradable:
        raise Refused(mt5.TRADE_RETCODE_TRADE_DISABLED)
    if not permissions.is_expert_allowed:
        raise Refused(mt5.TRADE_RETCODE_SERVER_DISABLES_AT)


def check_session(market: Market, spec: Spec) -> Quote:
    """Return the newest quote; refuse without one, and outside the session."""
    if spec.trade_mode == mt5.SYMBOL_TRADE_MODE_DISABLED:
        raise Refused(mt5.TRADE_RETCODE_TRADE_DISABLED)
    quote = market.quote(spec.name)
    if quote is None:
        raise Refused(mt5.TRADE_RETCODE_PRICE_OFF)
    if not market.is_open(spec.name):
        raise Refused(mt5.TRADE_RETCODE_MARKET_CLOSED)
    return quote


def check_side(spec: Spec, side: int) -> None:
    """Refuse an opening that the symbol's trade mode forbids."""
    if spec.trade_mode == mt5.SYMBOL_TRADE_MODE_CLOSEONLY:
        raise Refused(mt5.TRADE_RETCODE_CLOSE_ONLY)
    if spec.trade_mode == mt5.SYMBOL_TRADE_MODE_LONGONLY and side != BUY:
        raise Refused(mt5.TRADE_RETCODE_LONG_ONLY)
    if spec.trade_mode == mt5.SYMBOL_TRADE_MODE_SHORTONLY and side == BUY:
        raise Refused(mt5.TRADE_RETCODE_SHORT_ONLY)


def check_type(spec: Spec, request: Request) -> None:
    """Refuse an order type that the action does not know or the symbol prohibits."""
    if request.action == mt5.TRADE_ACTION_DEAL:
        if request.type not in (mt5.ORDER_TYPE_BUY, mt5.ORDER_TYPE_SELL):
            raise Refused(mt5.TRADE_RETCODE_INVALID)
        bit = _MODE_MARKET
    else:
        if request.type not in _PENDING_MODES:
            raise Refused(mt5.TRADE_RETCODE_INVALID)
        bit = _PENDING_MODES[request.type]
    allowed = spec.order_mode
    is_level_prohibited = (request.sl and not allowed & _MODE_SL) or (
        request.tp and not allowed & _MODE_TP
    )
    if not allowed & bit or is_level_prohibited:
        raise Refused(mt5.TRADE_RETCODE_INVALID_ORDER)


def check_filling(spec: Spec, request: Request) -> None:
    """Refuse a filling mode that the symbol's mask lacks; RETURN is for pendings only (F§7)."""
    is_pending = request.action == mt5.TRADE_ACTION_PENDING
    if is_pending and request.type_filling == mt5.ORDER_FILLING_RETURN:
        return
    if not spec.filling_mode & FILLING_BITS.get(request.type_filling, 0):
        raise Refused(mt5.TRADE_RETCODE_INVALID_FILL)


def check_volume(spec: Spec, volume: Decimal) -> None:
    """Refuse a volume below the minimum, above the maximum or off the step."""
    is_off_step = volume % spec.volume_step != 0
    if volume < spec.volume_min or volume > spec.volume_max or is_off_step:
        raise Refused(mt5.TRADE_RETCODE_INVALID_VOLUME)


def check_limits(book: Book, spec: Spec, side: int, volume: Decimal) -> None:
    """Refuse what would exceed the symbol's volume in one direction (F§6)."""
    if not spec.volume_limit:
        return
    for position in book.positions.values():
        if (position.symbol, position.type) == (spec.name, side):
            volume += position.volume
    for order in book.orders.values():
        if (order.symbol, order.type % 2) == (spec.name, side):
            volume += order.volume_left
    if volume > spec.volume_limit:
        raise Refused(mt5.TRADE_RETCODE_LIMIT_VOLUME)


def check_price(spec: Spec, price: Decimal, retcode: int) -> Decimal:
    """Return a price on the symbol's digits; refuse one off the tick or not positive."""
    rounded = spec.price(price) if abs(price) < spec.point * 10**15 else Decimal(-1)
    if price < 0 or abs(rounded - price) > _NOISE:
        raise Refused(retcode)
    return rounded


def check_levels(
    spec: Spec, side: int, start_sl: Decimal, start_tp: Decimal, sl: Decimal, tp: Decimal
) -> None:
    """Refuse levels on the wrong side or inside the stops level (F§8)."""
    room = spec.point * spec.stops_level
    sign = 1 if side == BUY else -1
    for level, start, way in ((sl, start_sl, -sign), (tp, start_tp, sign)):
        distance = (level - start) * way
        if level and (distance <= 0 or distance < room):
            raise Refused(mt5.TRADE_RETCODE_INVALID_STOPS)


def check_pending_price(spec: Spec, request: Request, quote: Quote) -> None:
    """Refuse a pending order on the wrong side of the market or too close to it (F§7)."""
    room = spec.point * spec.stops_level
    is_buy = request.type % 2 == BUY
    market = quote.ask if is_buy else quote.bid
    is_limit = request.type in (mt5.ORDER_TYPE_BUY_LIMIT, mt5.ORDER_TYPE_SELL_LIMIT)
    distance = market - request.price if is_buy == is_limit else request.price - market
    if request.price <= 0 or distance <= 0 or distance < room:
        raise Refused(mt5.TRADE_RETCODE_INVALID_PRICE)
    if request.type in (mt5.ORDER_TYPE_BUY_STOP_LIMIT, mt5.ORDER_TYPE_SELL_STOP_LIMIT):
        gap = request.price - request.stoplimit if is_buy else request.stoplimit - request.price
        if request.stoplimit <= 0 or gap < room or gap <= 0:
            raise Refused(mt5.TRADE_RETCODE_INVALID_PRICE)


def check_expiration(spec: Spec, request: Request, now_msc: int) -> None:
    """Refuse a life time that the symbol prohibits or that is already over."""
    if request.type_time not in range(4) or not spec.expiration_mode >> request.type_time & 1:
        raise Refused(mt5.TRADE_RETCODE_INVALID_EXPIRATION)
    if request.type_time >= mt5.ORDER_TIME_SPECIFIED and request.expiration * 1000 <= now_msc:
        raise Refused(mt5.TRADE_RETCODE_INVALID_EXPIRATION)


def check_close(book: Book, spec: Spec, request: Request, *, is_fifo: bool) -> Position:
    """Return the position that a closing request names; refuse if it cannot close it."""
    position = book.positions.get(request.position)
    if position is None:
        raise Refused(mt5.TRADE_RETCODE_POSITION_CLOSED)
    if position.symbol != request.symbol or position.type == request.type:
        raise Refused(mt5.TRADE_RETCODE_INVALID)
    if request.volume > position.volume:
        raise Refused(mt5.TRADE_RETCODE_INVALID_CLOSE_VOLUME)
    if request.volume <= 0 or request.volume % spec.volume_step != 0:
        raise Refused(mt5.TRADE_RETCODE_INVALID_VOLUME)
    oldest = min(one.ticket for one in book.positions.values() if one.symbol == position.symbol)
    if is_fifo and oldest != position.ticket:
        raise Refused(mt5.TRADE_RETCODE_FIFO_CLOSE)
    return position


def check_close_by(book: Book, spec: Spec, request: Request) -> tuple[Position, Position]:
    """Return the two positions of a closing by each other; refuse if they cannot."""
    one = book.positions.get(request.position)
    other = book.positions.get(request.position_by)
    if one is None or other is None:
        raise Refused(mt5.TRADE_RETCODE_POSITION_CLOSED)
    if one.symbol != other.symbol or one.type == other.type:
        raise Refused(mt5.TRADE_RETCODE_INVALID)
    if not spec.order_mode & _MODE_CLOSE_BY:
        raise Refused(mt5.TRADE_RETCODE_INVALID_ORDER)
    return one, other


def check_freeze(spec: Spec, target: Position | Order, quote: Quote) -> None:
    """Refuse a change while the market is within the freeze level of what it would trigger."""
    room = spec.point * spec.freeze_level
    if not room:
        return
    side = target.type % 2
    if isinstance(target, Order):
        prices, market = (target.price,), quote.ask if side == BUY else quote.bid
    else:
        prices, market = (target.sl, target.tp), quote.bid if side == BUY else quote.ask  # type: ignore[assignment]
    if any(price and abs(price - market) <= room for price in prices):
        raise Refused(mt5.TRADE_RETCODE_FROZEN)
