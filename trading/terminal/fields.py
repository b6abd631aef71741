"""Fields of the worker's rows, read so that a bad one raises instead of becoming a number."""

from collections.abc import Mapping
from decimal import Context, Decimal

from trading.errors import ProtocolError
from trading.model import ZERO

Row = Mapping[str, object]

_DOUBLE = Context(prec=15)  # the digits of a binary double that mean something


def number(row: Row, key: str) -> Decimal:
    """Return a finite number."""
    value = row.get(key)
    if type(value) is Decimal and value.is_finite():
        rounded = _DOUBLE.plus(value)
        if rounded != value:  # 0.30000000000000004 is how a double writes 0.3
            return rounded.normalize()
        return value or ZERO  # a negative zero is a zero
    if type(value) is int:
        return Decimal(value)
    raise ProtocolError(f"{key} is {value!r}, which is not a number")


def positive(row: Row, key: str) -> Decimal:
    """Return a number above zero."""
    value = number(row, key)
    if value <= ZERO:
        raise ProtocolError(f"{key} is {value}, which is not above zero")
    return value


def level(row: Row, key: str) -> Decimal | None:
    """Return a stop loss or take profit; MetaTrader's zero is none."""
    return number(row, key) or None


def whole(row: Row, key: str) -> int:
    """Return a whole number."""
    value = row.get(key)
    if type(value) is not int:
        raise ProtocolError(f"{key} is {value!r}, which is not a whole number")
    return value


def text(row: Row, key: str) -> str:
    """Return a text in which every character can be stored and sent on."""
    value = row.get(key)
    if not isinstance(value, str):
        raise ProtocolError(f"{key} is {value!r}, which is not a text")
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def flag(row: Row, key: str) -> bool:
    """Return a yes or no."""
    value = row.get(key)
    if value in (0, 1) and isinstance(value, int):
        return bool(value)
    raise ProtocolError(f"{key} is {value!r}, which is neither true nor false")


def section(data: object, key: str) -> Row:
    """Return an object inside an object."""
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, dict):
        raise ProtocolError(f"the worker's answer has no {key}")
    return value


def rows(data: object, key: str) -> list[Row]:
    """Return a list of objects inside an object; absent is an error, never an empty list."""
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise ProtocolError(f"the worker's answer has no list of {key}")
    return value
