"""Bars as ticks: a stated order of high and low, a stated path between the four prices."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import groupby, pairwise
from pathlib import Path
from typing import IO

from trading.terminal.simulated.catalogue import spec_of
from trading.terminal.simulated.feed import HEADER

BARS = b"time,symbol,open,high,low,close"
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
EVERY_MS = 15_000
"""A tick at least so often: a market that is silent for a minute counts as closed."""


class First(StrEnum):
    """Which of a bar's extremes came first: a bar does not say."""

    LOW = "low"
    HIGH = "high"


class Route(StrEnum):
    """How the price gets from one of a bar's four prices to the next."""

    LINE = "line"
    JUMP = "jump"


class ReplayError(Exception):
    """The files cannot be replayed, in words."""


@dataclass(frozen=True, slots=True)
class BarOptions:
    """What must be assumed to make ticks of bars."""

    first: First = First.LOW
    route: Route = Route.LINE
    spread_points: int | None = None
    """Of bars without an ask; None takes the simulated broker's usual spread."""


@dataclass(frozen=True, slots=True)
class _Bar:
    ms: int
    symbol: str
    digits: int
    prices: tuple[int, int, int, int]
    """Open, high, low, close in units of the last digit."""


def is_bars(path: Path) -> bool:
    """Tell bars from ticks by the header; raise ``ReplayError`` for anything else."""
    try:
        with _opened(path) as lines:
            head = lines.readline().strip().encode()
    except (OSError, EOFError) as error:
        raise ReplayError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if head.startswith(BARS):
        return True
    if head == HEADER:
        return False
    raise ReplayError(
        f"{path}: its first line is neither {HEADER.decode()!r} nor {BARS.decode()!r}"
    )


def ask_file(bid: Path) -> Path | None:
    """Return the file of the ask side that stands beside one of the bid side."""
    other = bid.with_name(bid.name.replace("_bid.", "_ask."))
    return other if other != bid and other.is_file() else None


def write_ticks(
    bars: Path,
    target: Path,
    options: BarOptions,
    *,
    symbols: frozenset[str],
    since_ms: int = 0,
    until_ms: int | None = None,
) -> tuple[int, int]:
    """Make a tick file of the bars of these symbols; return its first and last instant."""
    first = last = 0
    with ExitStack() as stack:
        lines = stack.enter_context(_opened(bars))
        ask = ask_file(bars)
        asks = None if ask is None else _bars(stack.enter_context(_opened(ask)), symbols)
        out = stack.enter_context(target.open("w", encoding="utf-8", newline="\n"))
        out.write(f"{HEADER.decode()}\n")
        both = _with_asks(_bars(lines, symbols), asks, options)
        period = _period(bars, symbols)
        for ms, group in groupby(both, key=lambda pair: pair[0].ms):
            if ms + period <= since_ms or (until_ms is not None and ms > until_ms):
                continue
            rows = sorted(row for bid, high in group for row in _ticks(bid, high, period, options))
            for at, symbol, bid_price, ask_price in rows:
                out.write(f"{at},{symbol},{bid_price},{ask_price}\n")
            if rows:
                first, last = first or rows[0][0], rows[-1][0]
    if not first:
        raise ReplayError(f"{bars} holds no bars of {', '.join(sorted(symbols))} in that time")
    return first, last


def symbols_in(bars: Path) -> frozenset[str]:
    """Return the symbols a file of bars holds."""
    with _opened(bars) as lines:
        return frozenset(row["symbol"] for row in csv.DictReader(lines))


def _opened(path: Path) -> IO[str]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    if packed:
        return io.TextIOWrapper(gzip.open(path), encoding="utf-8")
    return path.open(encoding="utf-8")


def _bars(lines: IO[str], symbols: frozenset[str]) -> Iterator[_Bar]:
    for row in csv.DictReader(lines):
        if row["symbol"] not in symbols:
            continue
        texts = [row[name] for name in ("open", "high", "low", "close")]
        written = max(len(text.partition(".")[2]) for text in texts)
        digits = spec_of(row["symbol"], written).digits
        units = [int(Decimal(text).scaleb(digits)) for text in texts]
        yield _Bar(
            int(row["time"]) * 1000,
            row["symbol"],
            digits,
            (units[0], units[1], units[2], units[3]),
        )


def _with_asks(
    bids: Iterable[_Bar], asks: Iterator[_Bar] | None, options: BarOptions
) -> Iterator[tuple[_Bar, _Bar]]:
    """Pair each bar of the bid with the ask's, or with itself and a spread on top."""
    for bid in bids:
        if asks is not None:
            ask = next(asks, None)
            if ask is None or (ask.ms, ask.symbol) != (bid.ms, bid.symbol):
                raise ReplayError("the files of bid and ask do not have the same bars")
            yield bid, ask
            continue
        spec = spec_of(bid.symbol, bid.digits)
        points = spec.spread if options.spread_points is None else options.spread_points
        spread = int(points * spec.point.scaleb(bid.digits))
        shifted = tuple(price + spread for price in bid.prices)
        yield bid, _Bar(bid.ms, bid.symbol, bid.digits, shifted)  # type: ignore[arg-type]


def _period(bars: Path, symbols: frozenset[str]) -> int:
    """Return the length of the bars: an hour or a minute, the least distance of two."""
    last: dict[str, int] = {}
    least = HOUR_MS
    with _opened(bars) as lines:
        for count, bar in enumerate(_bars(lines, symbols)):
            if bar.symbol in last:
                least = min(least, bar.ms - last[bar.symbol])
            last[bar.symbol] = bar.ms
            if count > 200:
                break
    return max(MINUTE_MS, least)


def _ticks(
    bid: _Bar, ask: _Bar, period: int, options: BarOptions
) -> Iterator[tuple[int, str, Decimal, Decimal]]:
    low, high = _path(bid, period, options), _path(ask, period, options)
    scale = max(bid.digits, ask.digits)
    for (at, bid_units), (_, ask_units) in zip(low, high, strict=True):
        yield (
            bid.ms + at,
            bid.symbol,
            Decimal(bid_units).scaleb(-bid.digits).quantize(Decimal(1).scaleb(-scale)),
            Decimal(ask_units).scaleb(-ask.digits).quantize(Decimal(1).scaleb(-scale)),
        )


def _path(bar: _Bar, period: int, options: BarOptions) -> list[tuple[int, int]]:
    """Return (offset, price) through open, the two extremes and close."""
    begin, high, low, end = bar.prices
    extremes = (low, high) if options.first is First.LOW else (high, low)
    anchors = [
        (0, begin),
        (period // 4, extremes[0]),
        (period * 3 // 4, extremes[1]),
        (period - 1000, end),
    ]
    path = [anchors[0]]
    for (start, from_), (stop, to) in pairwise(anchors):
        steps = max(1, -(-(stop - start) // EVERY_MS))
        for step in range(1, steps + 1):
            at = start + (stop - start) * step // steps
            on_line = from_ + (to - from_) * step // steps
            held = to if step == steps else from_
            path.append((at, held if options.route is Route.JUMP else on_line))
    return path
