"""What the module itself refuses before anything reaches the terminal (F§5): answers of -2."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from trading.terminal.simulated import structs

INTEGERS = (
    "action", "magic", "order", "deviation", "type", "type_filling", "type_time", "expiration",
    "position", "position_by",
)  # fmt: skip
NUMBERS = ("volume", "price", "stoplimit", "sl", "tp")
TEXTS = ("symbol", "comment")
COMMENT_LENGTH = 27  # the shortest limit that was reported (F§5)
_UNSIGNED = 1 << 64


class BadArgument(Exception):  # noqa: N818 - an answer, not a failure of ours
    """The call is refused by the module: None and -2."""


@dataclass(frozen=True)
class Request:
    """A trade request with every field present and every number exact."""

    action: int = 0
    magic: int = 0
    order: int = 0
    symbol: str = ""
    volume: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    stoplimit: Decimal = Decimal(0)
    sl: Decimal = Decimal(0)
    tp: Decimal = Decimal(0)
    deviation: int = 0
    type: int = 0
    type_filling: int = 0  # a missing one is FOK (F§5)
    type_time: int = 0
    expiration: int = 0
    comment: str = ""
    position: int = 0
    position_by: int = 0
    given: frozenset[str] = frozenset()

    @property
    def is_finite(self) -> bool:
        """Return whether every number is one."""
        return all(getattr(self, name).is_finite() for name in NUMBERS)

    def struct(self) -> Any:
        """Return the request as results carry it."""
        values = {name: getattr(self, name) for name in structs.TradeRequest._fields}
        return structs.TradeRequest(
            **{name: float(value) if name in NUMBERS else value for name, value in values.items()}
        )


def read_request(args: tuple[Any, ...], keywords: dict[str, Any]) -> Request:
    """Return the request of an order_send or order_check call; raise ``BadArgument``."""
    if args and (keywords or len(args) > 1 or type(args[0]) is not dict):
        raise BadArgument("Unnamed arguments not allowed")
    raw = args[0] if args else keywords
    if not raw:
        raise BadArgument("Unnamed arguments not allowed")
    readers = {
        **dict.fromkeys(INTEGERS, _integer),
        **dict.fromkeys(NUMBERS, _number),
        **dict.fromkeys(TEXTS, _text),
    }
    values: dict[str, Any] = {}
    for name, read in readers.items():
        if name not in raw:
            continue
        try:
            values[name] = read(raw[name])
        except (TypeError, ValueError) as error:
            raise BadArgument(f'Invalid "{name}" argument') from error
    if len(values.get("comment", "")) > COMMENT_LENGTH:
        raise BadArgument('Invalid "comment" argument')
    return Request(**values, given=frozenset(values))


def read_filters(
    args: tuple[Any, ...], keywords: dict[str, Any], unnamed: int, texts: tuple[str, ...]
) -> dict[str, Any]:
    """Return the checked keyword filters of a ``*_get`` call; raise ``BadArgument``."""
    if len(args) not in (0, unnamed):
        raise BadArgument("Invalid arguments")
    filters: dict[str, Any] = {}
    for name, value in keywords.items():
        is_ticket = name in ("ticket", "position") and _is_unsigned(value)
        if is_ticket or (name in texts and isinstance(value, str)):
            filters[name] = value
        else:
            raise BadArgument(f'Invalid "{name}" argument')
    return filters


def read_instant(value: Any, place: str) -> float:
    """Return seconds from a number or a datetime (F§3); raise ``BadArgument``."""
    if isinstance(value, int | float):
        return float(value)
    if hasattr(value, "timestamp"):
        return float(value.timestamp())
    raise BadArgument(f"Invalid {place} unnamed argument")


def positional_number(value: Any, place: str) -> Decimal:
    """Return a number argument of an ``order_calc_*`` call; raise ``BadArgument``."""
    try:
        return _number(value)
    except (TypeError, ValueError) as error:
        raise BadArgument(f"Invalid {place} unnamed argument") from error


def _is_unsigned(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < _UNSIGNED


def _integer(value: Any) -> int:
    # PyLong_AsUnsignedLongLong: no float, no text, no numpy integer, nothing negative (F§5).
    if not _is_unsigned(value):
        raise TypeError(value)
    return int(value)


def _number(value: Any) -> Decimal:
    if not isinstance(value, int | float):
        raise TypeError(value)
    return Decimal(repr(float(value))) if math.isfinite(value) else Decimal("NaN")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
