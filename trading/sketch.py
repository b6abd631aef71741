"""What is known of a signal that is not taken yet."""

from dataclasses import dataclass
from decimal import Decimal

from trading.model import OrderType, Side, SignalDraft


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is known of a signal so far; nothing in it is a guess."""

    symbol: str | None = None
    side: Side | None = None
    order_type: OrderType = OrderType.MARKET
    entry: tuple[Decimal, Decimal] | None = None
    stop_loss: Decimal | None = None
    take_profits: tuple[Decimal, ...] = ()


def sketch_of(draft: SignalDraft | None) -> Sketch:
    """Return a draft as something that can be corrected."""
    if draft is None:
        return Sketch()
    return Sketch(
        draft.symbol,
        draft.side,
        draft.order_type,
        draft.entry,
        draft.stop_loss,
        draft.take_profits,
    )
