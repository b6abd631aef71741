"""What became of an order, in one or two lines."""

from decimal import Decimal
from typing import assert_never

from handlers.cards.text import WORDS, foreign, lots, price
from handlers.texts import later, retell, t
from handlers.words import detail_words, pips
from trading.model import OrderStatus
from trading.notices import OrderView

UNCONFIRMED = later(
    "❓ <b>Not confirmed yet</b>: the broker's answer is missing. Asking the broker;"
    " nothing is sent twice."
)


def lines(order: OrderView, by: str | None, digits: int | None) -> list[str]:
    """Return the order's state, under the name of who approved it."""
    head = [] if by is None else [t("Approved by {by}.", by=foreign(by))]
    if order.unresolved:
        return [*head, t(UNCONFIRMED)]
    return [*head, *outcome(order, digits)]


def outcome(order: OrderView, digits: int | None) -> list[str]:
    """Return what the broker, or we, did with it."""
    match order.status:
        case OrderStatus.SUBMITTED:
            return [t("⏳ Sent to the broker, waiting for its answer…")]
        case OrderStatus.ACCEPTED:
            return [
                t("🕓 <b>Accepted</b> \u2013 waits at the broker{ticket}.", ticket=_ticket(order))
            ]
        case OrderStatus.PARTIALLY_FILLED | OrderStatus.FILLED:
            return _filled(order, digits)
        case OrderStatus.DENIED:
            words = foreign(detail_words(order.detail, order.facts), WORDS)
            return [t("⛔ <b>Denied</b> \u2013 no trade: {why}.", why=words)]
        case OrderStatus.REJECTED:
            why = foreign(retell(order.detail), WORDS) if order.detail else t("no reason was given")
            if order.retcode is None:  # it never reached the broker, or is not to be found there
                return [t("⛔ <b>Not executed</b> \u2013 no trade: {why}", why=why)]
            code = t(" (code {retcode})", retcode=order.retcode)
            return [t("⛔ <b>Rejected by the broker</b>: {why}", why=f"{why}{code}")]
        case OrderStatus.CANCELED:
            return [
                *_part(order, digits),
                t("🚫 <b>Canceled</b> at the broker{why}.", why=_why(order)),
            ]
        case OrderStatus.EXPIRED:
            return [
                *_part(order, digits),
                t("⌛ <b>Expired</b> at the broker{why}.", why=_no_trade(order)),
            ]
        case _:
            assert_never(order.status)


def _filled(order: OrderView, digits: int | None) -> list[str]:
    filled = t("{volume} lots", volume=lots(order.filled_volume))
    if order.volume is not None and order.filled_volume < order.volume:
        part, whole = lots(order.filled_volume), lots(order.volume)
        filled = t("{part} of {whole} lots", part=part, whole=whole)
    paid = ""
    if order.average_price is not None:
        paid = t(" at {price}", price=price(order.average_price, digits))
    first = t("✅ <b>Filled</b> {what}.", what=f"{filled}{paid}{_ticket(order)}")
    slip = _slippage(order.slippage, digits)
    return [first, slip] if slip else [first]


def _slippage(points: Decimal | None, digits: int | None) -> str:
    if points is None or not points.is_finite() or points.adjusted() > 9:
        return ""
    if not points:
        return t("Slippage 0: the price that was asked for.")
    size = pips(abs(points), digits)
    if points > 0:
        return t("Slippage {size} worse.", size=size)
    return t("Slippage {size} better.", size=size)


def _ticket(order: OrderView) -> str:
    return "" if order.ticket is None else t(", ticket {ticket}", ticket=order.ticket)


def _part(order: OrderView, digits: int | None) -> list[str]:
    return _filled(order, digits) if order.filled_volume else []


def _why(order: OrderView) -> str:
    words = f": {foreign(retell(order.detail), WORDS)}" if order.detail else ""
    return f"{_no_trade(order)}{words}"


def _no_trade(order: OrderView) -> str:
    return "" if order.filled_volume else t(" \u2013 no trade")
