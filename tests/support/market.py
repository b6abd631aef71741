"""A symbol, its quote and positions in it, for tests of pure rules."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.support.specs import EURUSD
from trading.ids import ClientOrderId, Ticket
from trading.model import (
    Filling,
    Position,
    Quote,
    Side,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SPEC = replace(EURUSD, volume_max=Decimal(50), fillings=(Filling.FOK,))
QUOTE = Quote("EURUSD", Decimal("1.10000"), Decimal("1.10010"), NOW, 0.5)


def position(
    ticket: int, side: Side = Side.BUY, *, volume: str = "0.10", **changes: Any
) -> Position:
    """Return an open position of EURUSD with a stop 100 pips away, unless said otherwise."""
    sign = side.sign
    fields: dict[str, Any] = {
        "symbol": "EURUSD",
        "stop_loss": Decimal("1.10000") - sign * Decimal("0.01000"),
        "client_order_id": ClientOrderId(0),
        **changes,
    }
    made = Position(
        ticket=Ticket(ticket),
        identifier=Ticket(ticket),
        side=side,
        volume=Decimal(volume),
        price_open=Decimal("1.10000"),
        price_current=Decimal("1.10000"),
        take_profit=None,
        profit=Decimal(0),
        swap=Decimal(0),
        comment="",
        opened_at=NOW,
        **fields,
    )
    return replace(made)
