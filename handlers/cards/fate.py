"""What became of an order, in one or two lines."""

from decimal import Decimal
from typing import assert_never

from handlers.cards.text import DASH, WORDS, foreign, lots, price
from handlers.words import detail_words, pips
from trading.model import OrderStatus
from trading.notices import OrderView

UNCONFIRMED = (
    "❓ <b>Not confirmed yet</b>: the broker's answer is missing. Asking the broker;"
    " nothing is sent twice."
)


def lines(order: OrderView, by: str | None, digits: int | None) -> list[str]:
    """Return the order's state, under the name of who approved it."""
    head = [] if by is None else [f"Approved by {foreign(by)}."]
    if order.unresolved:
        return [*head, UNCONFIRMED]
    return [*head, *outcome(order, digits)]


def outcome(order: OrderView, digits: int | None) -> list[str]:
    """Return what the broker, or we, did with it."""
    match order.status:
        case OrderStatus.SUBMITTED:
            return ["⏳ Sent to the broker, waiting for its answer…"]
        case OrderStatus.ACCEPTED:
            return [f"🕓 <b>Accepted</b> {DASH} waits at the broker{_ticket(order)}."]
        case OrderStatus.PARTIALLY_FILLED | OrderStatus.FILLED:
            return _filled(order, digits)
        case OrderStatus.DENIED:
            words = foreign(detail_words(order.detail, order.facts), WORDS)
            return [f"⛔ <b>Denied</b> {DASH} no trade: {words}."]
        case OrderStatus.REJECTED:
            code = "" if order.retcode is None else f" (code {order.retcode})"
            why = foreign(order.detail, WORDS) if order.detail else "no reason was given"
            return [f"⛔ <b>Rejected by the broker</b>: {why}{code}"]
        case OrderStatus.CANCELED:
            return [*_part(order, digits), f"🚫 <b>Canceled</b> at the broker{_why(order)}."]
        case OrderStatus.EXPIRED:
            return [*_part(order, digits), f"⌛ <b>Expired</b> at the broker{_no_trade(order)}."]
        case _:
            assert_never(order.status)


def _filled(order: OrderView, digits: int | None) -> list[str]:
    filled = f"{lots(order.filled_volume)} lots"
    if order.volume is not None and order.filled_volume < order.volume:
        filled = f"{lots(order.filled_volume)} of {lots(order.volume)} lots"
    paid = "" if order.average_price is None else f" at {price(order.average_price, digits)}"
    first = f"✅ <b>Filled</b> {filled}{paid}{_ticket(order)}."
    slip = _slippage(order.slippage, digits)
    return [first, slip] if slip else [first]


def _slippage(points: Decimal | None, digits: int | None) -> str:
    if points is None or not points.is_finite() or points.adjusted() > 9:
        return ""
    if not points:
        return "Slippage 0: the price that was asked for."
    return f"Slippage {pips(abs(points), digits)} {'worse' if points > 0 else 'better'}."


def _ticket(order: OrderView) -> str:
    return "" if order.ticket is None else f", ticket {order.ticket}"


def _part(order: OrderView, digits: int | None) -> list[str]:
    return _filled(order, digits) if order.filled_volume else []


def _why(order: OrderView) -> str:
    words = f": {foreign(order.detail, WORDS)}" if order.detail else ""
    return f"{_no_trade(order)}{words}"


def _no_trade(order: OrderView) -> str:
    return "" if order.filled_volume else f" {DASH} no trade"
