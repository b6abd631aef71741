"""A chart as JSON and back to floats: decimals end here, for a picture needs no more."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal

from trading.charts import Bar, Chart, Look

LENGTH_BYTES = 4
OK, FAILED = b"+", b"-"


def encode(chart: Chart, look: Look, words: Mapping[str, str] | None = None) -> bytes:
    """Return the body of a request; ``words`` says a label in another language."""
    plain = {each.name: _plain(getattr(chart, each.name)) for each in fields(chart)}
    how = {"look": look.value, "words": dict(words or {})}
    return json.dumps({"kind": type(chart).__name__, **plain, **how}).encode()


def frame(body: bytes) -> bytes:
    """Return the body with its length before it."""
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def _plain(value: object) -> object:
    match value:
        case None | str() | int():
            return value
        case Decimal():
            return float(value)
        case datetime():
            return value.timestamp()
        case date():
            return value.isoformat()
        case Bar():
            prices = (value.open, value.high, value.low, value.close)
            return [value.start.timestamp(), *map(float, prices)]
        case tuple():
            return [_plain(one) for one in value]
    raise TypeError(f"a chart cannot carry {type(value).__name__}")
