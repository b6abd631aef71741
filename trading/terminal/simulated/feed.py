"""Recorded quotes: a tick file is checked once, then read lazily in the order of its rows."""

import contextlib
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from trading.terminal.simulated.config import SetupError

HEADER = b"time_msc,symbol,bid,ask"
_ROW = re.compile(rb"(\d{1,15}),([\w.#&-]{1,31}),(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)\r?\n?")
_SHAPE = re.compile(
    rb"^\d{1,15},([\w.#&-]{1,31}),-?\d+(?:\.(\d+))?,-?\d+(?:\.(\d+))?\r?$", re.MULTILINE
)
_BLOCK = 1 << 18
_MAGIC = b"\x1f\x8b"


class Quote(NamedTuple):
    """One update of one symbol; ``ms`` is on the feed's own time scale."""

    ms: int
    symbol: str
    bid: Decimal
    ask: Decimal


@dataclass
class Report:
    """How many rows were read so far, and why some were not used."""

    rows: int = 0
    used: int = 0
    crossed: int = 0
    not_positive: int = 0
    backwards: int = 0


@dataclass
class Contents:
    """What a checked file holds: decimals by symbol, first and last time."""

    decimals: dict[str, int] = field(default_factory=dict)
    first_ms: int = 0
    last_ms: int = 0


class TickFile:
    """A file of recorded quotes, consumed once from its start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: Iterator[Quote] | None = None
        self._next: Quote | None = None
        self.report = Report()
        self.is_exhausted = False

    def check(self) -> Contents:
        """Read the whole file once; raise ``SetupError`` naming the first bad line."""
        contents = Contents()
        with self._reading() as lines:
            while block := lines.read(_BLOCK):
                self._take_block(contents, block + lines.readline())
        if not contents.decimals:
            raise SetupError(f"tick file {self._path}: no quotes in it")
        return contents

    def _take_block(self, contents: Contents, block: bytes) -> None:
        shapes = _SHAPE.findall(block)
        lines = block.splitlines()
        if len(shapes) != len(lines):
            for _ in self._parsed():  # row by row, to name the line
                pass
        decimals = contents.decimals
        for symbol, bid, ask in {(name, len(bid), len(ask)) for name, bid, ask in shapes}:
            plain = symbol.decode()
            decimals[plain] = max(bid, ask, decimals.get(plain, 0))
        contents.first_ms = contents.first_ms or _time_of(lines[0])
        contents.last_ms = max(contents.last_ms, _time_of(lines[-1]))

    def until(self, ms: int) -> Iterator[Quote]:
        """Return the quotes up to and including an instant that were not returned before."""
        if self._rows is None:
            self._rows = self._usable()
            self._next = next(self._rows, None)
        while self._next is not None and self._next.ms <= ms:
            quote, self._next = self._next, next(self._rows, None)
            yield quote
        self.is_exhausted = self._next is None

    def _usable(self) -> Iterator[Quote]:
        report, last = self.report, 0
        names: dict[bytes, str] = {}
        for row in self._parsed():
            report.rows += 1
            ms, symbol = int(row[1]), row[2]
            bid, ask = Decimal(row[3].decode()), Decimal(row[4].decode())
            if bid <= 0 or ask <= 0:
                report.not_positive += 1
            elif ask < bid:
                report.crossed += 1
            elif ms < last:
                report.backwards += 1
            else:
                report.used += 1
                last = ms
                yield Quote(ms, names.setdefault(symbol, symbol.decode()), bid, ask)

    def _parsed(self) -> Iterator[re.Match[bytes]]:
        with self._reading() as lines:
            for number, line in enumerate(lines, 2):
                row = _ROW.fullmatch(line)
                if row is None:
                    text = line[:60].decode("utf-8", "replace").strip()
                    raise SetupError(f"tick file {self._path}, line {number}: bad row {text!r}")
                yield row

    @contextlib.contextmanager
    def _reading(self) -> Iterator[BinaryIO]:
        try:
            with self._open() as lines:
                if lines.readline().strip() != HEADER:
                    words = f"header is not {HEADER.decode()!r}"
                    raise SetupError(f"tick file {self._path}, line 1: {words}")
                yield lines
        except (OSError, EOFError, zlib.error) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise SetupError(f"tick file {self._path}: {reason}") from error

    def _open(self) -> BinaryIO:
        with self._path.open("rb") as raw:
            is_packed = raw.read(2) == _MAGIC
        if self._path.suffix == ".gz" and not is_packed:
            raise SetupError(f"tick file {self._path}: not a gzip file")
        if is_packed:
            return cast(BinaryIO, gzip.open(self._path))
        return self._path.open("rb")


def _time_of(line: bytes) -> int:
    return int(line.partition(b",")[0])
