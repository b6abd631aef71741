"""Positions, orders and deals as the broker keeps them, and their rows in the account file."""

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, TypeVar

ZERO = Decimal(0)
NEVER = 0


@dataclass
class Position:
    """An open position; times are on the server's clock, in milliseconds."""

    ticket: int
    identifier: int
    symbol: str
    type: int
    volume: Decimal
    price_open: Decimal
    sl: Decimal
    tp: Decimal
    margin: Decimal
    time_msc: int
    update_msc: int
    magic: int = 0
    reason: int = 3
    comment: str = ""
    swap: Decimal = ZERO


@dataclass
class Order:
    """An order, working or finished; ``expiration`` is in seconds of the server's clock."""

    ticket: int
    symbol: str
    type: int
    volume: Decimal
    volume_left: Decimal
    price: Decimal
    sl: Decimal
    tp: Decimal
    setup_msc: int
    stoplimit: Decimal = ZERO
    state: int = 1
    type_time: int = 0
    type_filling: int = 0
    expiration: int = NEVER
    done_msc: int = NEVER
    magic: int = 0
    reason: int = 3
    position_id: int = 0
    position_by_id: int = 0
    comment: str = ""


@dataclass
class Deal:
    """One booking; money is in the account's currency."""

    ticket: int
    order: int
    symbol: str
    type: int
    entry: int
    time_msc: int
    magic: int = 0
    position_id: int = 0
    reason: int = 3
    volume: Decimal = ZERO
    price: Decimal = ZERO
    commission: Decimal = ZERO
    swap: Decimal = ZERO
    profit: Decimal = ZERO
    fee: Decimal = ZERO
    comment: str = ""

    @property
    def result(self) -> Decimal:
        """Return what this deal adds to the balance (F§9)."""
        return self.profit + self.commission + self.swap + self.fee


Record = TypeVar("Record", Position, Order, Deal)


def pack(record: Position | Order | Deal) -> list[Any]:
    """Return a record as a JSON row."""
    values = (getattr(record, field.name) for field in fields(record))
    return [str(value) if isinstance(value, Decimal) else value for value in values]


def unpack(kind: type[Record], row: list[Any]) -> Record:
    """Return the record of a JSON row."""
    names = fields(kind)
    if len(names) != len(row):
        raise ValueError(f"a {kind.__name__} has {len(names)} fields, not {len(row)}")
    pairs = zip(names, row, strict=True)
    values: list[Any] = [
        Decimal(value) if field.type is Decimal else value for field, value in pairs
    ]
    return kind(*values)
