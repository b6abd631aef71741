"""A signal's JSON body: exact decimals in, a draft or the faults of each field out."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from trading.model import OrderType, Side, SignalDraft
from trading.signals import LONGEST_TTL, LONGEST_WAIT, MOST_TARGETS, Fault

T = TypeVar("T", Side, OrderType)
MOST_DIGITS = 15
_SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_#-]{1,19}")
_SIDES = {side.value: side for side in Side}
_TYPES = {kind.value: kind for kind in OrderType}
_FIELDS = frozenset(
    {
        "source", "ref", "symbol", "side", "type", "entry", "stop_loss", "take_profits",
        "volume", "risk_percent", "expires_in", "comment", "stop_limit", "good_for",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SignalBody:
    """A signal as a program sends it, with its idempotency key."""

    source: str
    ref: str
    draft: SignalDraft


class NotJson(Exception):  # noqa: N818 - reads as a state
    """The body is not JSON at all."""


class TwiceError(Exception):
    """A field stands twice: which of the two is meant, nobody can tell."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.fault = Fault(field[:64], "stands twice")


def read_body(body: bytes) -> SignalBody | tuple[Fault, ...]:
    """Return the signal of a body, or every field that is wrong; raise ``NotJson``."""
    try:
        data = read_json(body)
    except TwiceError as error:
        return (error.fault,)
    if not isinstance(data, dict):
        return (Fault("body", "must be a JSON object"),)
    return read_fields(data)


def read_json(body: bytes) -> object:
    """Return a JSON value whose numbers are exact decimals; raise ``NotJson`` or ``TwiceError``."""
    try:
        data: object = json.loads(
            body,
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_refuse,
            object_pairs_hook=_once,
        )
        if b"\\ud" in body.lower():
            # Half of a pair (RFC 8259, 8.2) can be neither stored nor shown: this raises.
            json.dumps(data, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise NotJson(str(error)) from error
    return data


def read_fields(data: dict[str, object]) -> SignalBody | tuple[Fault, ...]:
    """Return the signal of these fields, or every one that is wrong."""
    return _Reader(data).read()


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object each name of which stands once (RFC 8259, 4 leaves the other case open)."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = Counter(name for name, _ in pairs)
        raise TwiceError(names.most_common(1)[0][0])
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number")


class _Reader:
    """Collects faults while it reads, so that one answer names them all."""

    def __init__(self, data: dict[str, object]) -> None:
        self._data = data
        self._faults = [
            Fault(str(name)[:64], "is not a field of a signal")
            for name in data
            if name not in _FIELDS
        ]

    def read(self) -> SignalBody | tuple[Fault, ...]:
        source, ref = self._text("source", 64), self._text("ref", 128)
        symbol, side = self._symbol(), self._choice("side", _SIDES)
        order_type = self._choice("type", _TYPES, OrderType.MARKET)
        entry, targets = self._entry(), self._targets()
        stop = self._decimal("stop_loss")
        volume, risk = self._decimal("volume"), self._decimal("risk_percent")
        expires, comment = self._seconds("expires_in", LONGEST_TTL), self._comment()
        good_for, limit = self._seconds("good_for", LONGEST_WAIT), self._decimal("stop_limit")
        if self._faults or side is None or order_type is None:
            return tuple(self._faults)
        draft = SignalDraft(
            symbol=symbol,
            side=side,
            order_type=order_type,
            entry=entry,
            stop_loss=stop,
            take_profits=targets,
            volume=volume,
            risk_percent=risk,
            expires_in=expires,
            comment=comment,
            stop_limit=limit,
            good_for=good_for,
        )
        return SignalBody(source, ref, draft)

    def _fault(self, field: str, words: str) -> None:
        self._faults.append(Fault(field, words))

    def _text(self, field: str, most: int) -> str:
        value = self._data.get(field)
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            self._fault(field, f"is required: a text of 1 to {most} characters")
            return ""
        if not value.isprintable():
            self._fault(field, "has characters that cannot be shown")
        return value

    def _symbol(self) -> str:
        value = self._data.get("symbol")
        if not isinstance(value, str) or not _SYMBOL.fullmatch(value.strip()):
            self._fault("symbol", "is required: 2 to 20 letters and digits, such as XAUUSD")
            return ""
        return re.sub(r"[/_-]", "", value.strip().upper())

    def _choice(self, field: str, allowed: dict[str, T], default: T | None = None) -> T | None:
        value = self._data.get(field)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or value.lower() not in allowed:
            self._fault(field, f"must be one of: {', '.join(allowed)}")
            return None
        return allowed[value.lower()]

    def _decimal(self, field: str) -> Decimal | None:
        return self._number(field, self._data.get(field))

    def _number(self, field: str, value: object) -> Decimal | None:
        if value is None:
            return None
        number = _exact(value)
        if number is None:
            self._fault(field, f"must be a number above zero of at most {MOST_DIGITS} digits")
        return number

    def _entry(self) -> tuple[Decimal, Decimal] | None:
        value = self._data.get("entry")
        if not isinstance(value, list):
            price = self._number("entry", value)
            return None if price is None else (price, price)
        prices = [self._number("entry", one) for one in value]
        if len(prices) != 2 or any(one is None for one in value):
            self._fault("entry", "must be a price, [low, high] or null")
            return None
        low, high = prices
        if low is None or high is None:
            return None
        if low > high:
            self._fault("entry", f"its low {low} is above its high {high}")
            return None
        return low, high

    def _targets(self) -> tuple[Decimal, ...]:
        value = self._data.get("take_profits")
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > MOST_TARGETS or None in value:
            self._fault("take_profits", f"must be a list of at most {MOST_TARGETS} prices")
            return ()
        prices = (self._number("take_profits", one) for one in value)
        return tuple(price for price in prices if price is not None)

    def _seconds(self, field: str, most: int) -> int | None:
        value = self._data.get(field)
        if value is None:
            return None
        if not isinstance(value, Decimal) or value % 1 or not 1 <= value <= most:
            self._fault(field, f"must be 1 to {most} whole seconds")
            return None
        return int(value)

    def _comment(self) -> str:
        value = self._data.get("comment", "")
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > 200:
            self._fault("comment", "must be a text of at most 200 characters")
            return ""
        return value


def _exact(value: object) -> Decimal | None:
    """Return a positive finite number of bounded size, exactly as written, or None."""
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", value.strip()):
            return None
        value = Decimal(value.strip())
    if not isinstance(value, Decimal) or not value.is_finite() or value <= 0:
        return None
    _, digits, exponent = value.as_tuple()
    small = len(digits) <= MOST_DIGITS and -MOST_DIGITS <= int(exponent) <= MOST_DIGITS
    return value if small else None
