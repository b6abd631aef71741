"""Frames and the JSON inside them; floats end here and Decimals begin."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from trading.errors import ProtocolError

PROTOCOL = 1
MAX_FRAME = 64 * 1024 * 1024

_PREFIX = b'{"id":'


@dataclass(frozen=True, slots=True)
class WireError:
    """What the worker answered instead of a result."""

    kind: str
    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the worker: a result or an error."""

    id: int
    ok: object = None
    error: WireError | None = None


def encode_request(call_id: int, op: str, args: Mapping[str, object]) -> bytes:
    """Return the body of a request frame."""
    return _dumps({"v": PROTOCOL, "id": call_id, "op": op, "args": args}).encode("ascii")


def frame(body: bytes) -> bytes:
    """Return the body with its length before it."""
    return len(body).to_bytes(4, "big") + body


def answer_id(body: bytes) -> int | None:
    """Return the id an answer begins with, without reading the rest."""
    if not body.startswith(_PREFIX):
        return None
    digits = body[len(_PREFIX) : body.find(b",", len(_PREFIX), 32)]
    return int(digits) if digits.isdigit() else None


def decode_answer(body: bytes) -> Answer:
    """Return the answer in a frame's body; raise ``ProtocolError`` on anything else."""
    try:
        data = _loads(body.decode("utf-8"))
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ProtocolError(f"the worker's answer is not JSON: {error}") from error
    if not isinstance(data, dict) or type(data.get("id")) is not int:
        raise ProtocolError("the worker's answer carries no id")
    if "ok" in data:
        return Answer(data["id"], ok=data["ok"])
    return Answer(data["id"], error=_error(data.get("error")))


class FrameReader:
    """Cuts a stream of bytes into frame bodies."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the bodies that are complete; keep the rest for the next bytes."""
        buffer = self._buffer
        buffer += data
        while len(buffer) >= 4:
            length = int.from_bytes(buffer[:4], "big")
            if length > MAX_FRAME:
                raise ProtocolError(f"a frame of {length} bytes is announced")
            if len(buffer) < 4 + length:
                return
            body = bytes(buffer[4 : 4 + length])
            del buffer[: 4 + length]
            yield body


def _error(data: object) -> WireError:
    if not isinstance(data, dict):
        raise ProtocolError("the worker's answer holds neither a result nor an error")
    kind, code, text = data.get("kind"), data.get("code"), data.get("text")
    if not isinstance(kind, str) or not isinstance(text, str):
        raise ProtocolError("the worker's error has no kind or no text")
    return WireError(kind, code if isinstance(code, int) else None, text)


_loads = json.JSONDecoder(parse_float=Decimal, parse_constant=Decimal).decode
_dumps = json.JSONEncoder(separators=(",", ":"), default=str).encode
"""Decimals travel as strings; the worker makes the floats MetaTrader takes."""
