"""From an act that is asked for to the order that carries it out."""

from decimal import Decimal
from typing import assert_never

from trading.closing import close_request, protect_request, remove_request
from trading.ids import AccountId
from trading.model import NewOrder, OrderRequest, PendingOrder, Position, Purpose
from trading.positions.model import Ask, WishKind


def order_for(
    account_id: AccountId, ask: Ask, target: Position | PendingOrder, volume: Decimal | None
) -> NewOrder:
    """Return the intent for an ask; a level it does not name stays as it is at the broker."""
    purpose, request = _request(ask, target, volume)
    return NewOrder(
        account_id=account_id,
        purpose=purpose,
        request=request,
        expected_price=request.price,
    )


def _request(
    ask: Ask, target: Position | PendingOrder, volume: Decimal | None
) -> tuple[Purpose, OrderRequest]:
    match ask.kind:
        case WishKind.CANCEL:
            assert isinstance(target, PendingOrder)
            return Purpose.CANCEL, remove_request(target)
        case WishKind.CLOSE:
            assert isinstance(target, Position)
            return Purpose.CLOSE, close_request(target, volume)
        case WishKind.PROTECT:
            assert isinstance(target, Position)
            stop = target.stop_loss if ask.stop_loss is None else ask.stop_loss
            target_price = target.take_profit if ask.take_profit is None else ask.take_profit
            return Purpose.PROTECT, protect_request(target, stop, target_price)
        case _:
            assert_never(ask.kind)
