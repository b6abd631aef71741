"""What the server does by itself between two calls, tick by tick in the order of time."""

from decimal import Decimal

from trading.terminal.simulated.book import Book
from trading.terminal.simulated.config import Config
from trading.terminal.simulated.feed import Quote
from trading.terminal.simulated.ledger import CANCELED, EXPIRED, REJECTED, Fill, Ledger
from trading.terminal.simulated.market import BUY, Market, Timeline
from trading.terminal.simulated.records import ZERO, Order, Position

DAY_MS = 86_400_000
STOP_OUT_LEVEL = Decimal(50)
MARGIN_CALL_LEVEL = Decimal(100)
REASON_SL, REASON_TP, REASON_SO = 4, 5, 6  # DEAL_REASON_*
BUY_LIMIT, SELL_LIMIT, BUY_STOP, SELL_STOP, BUY_STOP_LIMIT, SELL_STOP_LIMIT = range(2, 8)
_TIME_DAY, _TIME_SPECIFIED, _TIME_SPECIFIED_DAY = 1, 2, 3
_THURSDAY, _SUNDAY, _MONDAY = 3, 6, 0  # the day that begins at a midnight; Monday is 0
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


class Engine:
    """Moves market and account forward together."""

    def __init__(self, config: Config, market: Market, book: Book, ledger: Ledger) -> None:
        self._config = config
        self._market = market
        self._book = book
        self._ledger = ledger

    def advance(self, timeline: Timeline, wall_ms: int) -> None:
        """Process everything up to a wall-clock instant."""
        wall_ms = max(wall_ms, self._book.state.looked_ms)  # a clock set back stops the market
        timer = self._next_timer()
        for quote in self._market.ticks(timeline.feed_ms(wall_ms), self._watched()):
            now = timeline.wall_ms(quote.ms)
            while timer <= now:
                self._on_timer(timer)
                timer = self._next_timer()
            self._set_clock(now)
            if self._on_quote(quote):
                timer = self._next_timer()
        while timer <= wall_ms:
            self._on_timer(timer)
            timer = self._next_timer()
        self._set_clock(wall_ms)
        self._book.state.looked_ms = wall_ms

    def _set_clock(self, wall_ms: int) -> None:
        self._ledger.now_msc = wall_ms + self._config.offset_ms

    def _watched(self) -> set[str]:
        symbols = {position.symbol for position in self._book.positions.values()}
        symbols |= {order.symbol for order in self._book.orders.values()}
        watched: set[str] = set()
        for symbol in symbols:
            watched |= self._market.deciding(symbol)
        return watched

    # --- the clock -------------------------------------------------------------------------

    def _next_timer(self) -> int:
        offset = self._config.offset_ms
        timers = [self._book.state.rollover_ms]
        timers += [
            order.expiration * 1000 - offset
            for order in self._book.orders.values()
            if order.expiration
        ]
        return min(timers)

    def _on_timer(self, wall_ms: int) -> None:
        self._set_clock(wall_ms)
        for order in list(self._book.orders.values()):
            if order.expiration and order.expiration * 1000 <= self._ledger.now_msc:
                self._book.finish_order(order, EXPIRED, self._ledger.now_msc)
        if wall_ms >= self._book.state.rollover_ms:
            self._roll_over()
            self._book.touch_state().rollover_ms = next_midnight(wall_ms, self._config.offset_ms)

    def _roll_over(self) -> None:
        nights = _nights(self._ledger.now_msc)
        for position in list(self._book.positions.values()) if nights else ():
            spec = self._market.specs[position.symbol]
            points = spec.swap_long if position.type == BUY else spec.swap_short
            amount = points * spec.point * spec.contract * position.volume * nights
            converted = self._market.convert(amount, spec.profit)
            position.swap += self._market.cents(converted if converted is not None else ZERO)
            self._book.put_position(position)

    # --- a tick ----------------------------------------------------------------------------

    def _on_quote(self, quote: Quote) -> bool:
        has_changed = False
        for order in [one for one in self._book.orders.values() if one.symbol == quote.symbol]:
            has_changed |= self._look_at_order(order, quote)
        for position in [
            one for one in self._book.positions.values() if one.symbol == quote.symbol
        ]:
            has_changed |= self._look_at_levels(position, quote)
        return self._stop_out() or has_changed

    def _look_at_order(self, order: Order, quote: Quote) -> bool:
        if not _is_reached(order, quote):
            return False
        if order.type in (BUY_STOP_LIMIT, SELL_STOP_LIMIT):
            order.type = BUY_LIMIT if order.type == BUY_STOP_LIMIT else SELL_LIMIT
            order.price, order.stoplimit = order.stoplimit, ZERO
            self._book.put_order(order)
            self._look_at_order(order, quote)
            return True
        side = order.type % 2
        fill = Fill(order, side, quote.ask if side == BUY else quote.bid)
        if order.position_id:
            # A pending with ``position=`` closes it when it fills (F§5).
            self._fill_closing(fill)
        elif self.is_affordable(order.symbol, side, order.volume, fill.price):
            self._ledger.execute(fill, None)
        else:
            self._book.finish_order(order, REJECTED, self._ledger.now_msc)
        return True

    def _fill_closing(self, fill: Fill) -> None:
        order = fill.order
        position = self._book.positions.get(order.position_id)
        if position is None or position.type == fill.side or position.volume < order.volume:
            self._book.finish_order(order, CANCELED, self._ledger.now_msc)
        else:
            self._ledger.execute(fill, position)

    def is_affordable(self, symbol: str, side: int, volume: Decimal, price: Decimal) -> bool:
        """Return whether free margin covers a trade and its commission."""
        spec = self._market.specs[symbol]
        if self._config.is_netting:
            held = self._ledger.netted(symbol)
            if held is not None and held.type != side:
                volume -= held.volume * 2  # closes the one side before it opens the other
                if volume <= 0:
                    return True
                volume += held.volume
        standing = self._ledger.standing()
        extra = self._market.margin(spec, side, volume, price)
        margin = self._ledger.margin_with(symbol, side, extra)
        return standing.equity + self._ledger.commission(spec, volume) >= margin

    def _look_at_levels(self, position: Position, quote: Quote) -> bool:
        spec = self._market.specs[position.symbol]
        is_buy = position.type == BUY
        price = quote.bid if is_buy else quote.ask
        sl, tp = position.sl, position.tp
        if sl and (price <= sl if is_buy else price >= sl):
            self._ledger.close(position, REASON_SL, f"[sl {sl:.{spec.digits}f}]")
        elif tp and (price >= tp if is_buy else price <= tp):
            self._ledger.close(position, REASON_TP, f"[tp {tp:.{spec.digits}f}]")
        else:
            return False
        return True

    def _stop_out(self) -> bool:
        """Close the largest loss until the margin level is above the stop-out level."""
        has_closed = False
        while self._book.positions:
            standing = self._ledger.standing()
            if standing.margin <= 0 or standing.level > STOP_OUT_LEVEL:
                break
            worst = min(
                self._book.positions.values(),
                key=lambda one: self._ledger.floating(one) + one.swap,
            )
            words = f"[so {standing.level:.2f}%/{standing.equity}/{standing.margin}]"
            if self._ledger.close(worst, REASON_SO, words[:31]) is None:
                break
            has_closed = True
        return has_closed


def next_midnight(wall_ms: int, offset_ms: int) -> int:
    """Return the wall-clock instant of the server's next midnight."""
    return ((wall_ms + offset_ms) // DAY_MS + 1) * DAY_MS - offset_ms


def _nights(server_msc: int) -> int:
    """Return how many nights of swap a midnight counts: three after Wednesday, none at weekends."""
    begins = (server_msc // DAY_MS + _EPOCH_WEEKDAY) % 7
    if begins == _THURSDAY:
        return 3
    return 0 if begins in (_SUNDAY, _MONDAY) else 1


def _is_reached(order: Order, quote: Quote) -> bool:
    bid, ask, price = quote.bid, quote.ask, order.price
    return {
        BUY_LIMIT: ask <= price,
        SELL_LIMIT: bid >= price,
        BUY_STOP: ask >= price,
        SELL_STOP: bid <= price,
        BUY_STOP_LIMIT: ask >= price,
        SELL_STOP_LIMIT: bid <= price,
    }[order.type]
