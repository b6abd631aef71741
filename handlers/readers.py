"""Who reads what is being written: their language, zone and form of numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from trading.model import EVERYONE, Reader

_READER: ContextVar[Reader] = ContextVar("reader", default=EVERYONE)


def reader() -> Reader:
    """Return who reads; nobody in particular reads English, UTC and points."""
    return _READER.get()


@contextmanager
def reading(by: Reader) -> Iterator[None]:
    """Let everything written inside be written for that reader."""
    token = _READER.set(by)
    try:
        yield
    finally:
        _READER.reset(token)
