"""``python -m bot replay``: from files and options to a scenario, and out with what it found."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from bot.limits import loop_settings, risk_limits
from bot.replay.arguments import instant
from bot.replay.bars import (
    BarOptions,
    First,
    ReplayError,
    Route,
    ask_file,
    is_bars,
    symbols_in,
    write_ticks,
)
from bot.replay.engine import Outcome, Scenario, TimedSignal, replay
from bot.replay.report import as_json, as_text
from bot.settings import Settings
from bot.signal_body import NotJson, SignalBody, read_body
from trading.clock import to_ms
from trading.drawdown import Cap, parse_cap
from trading.terminal.simulated.config import SetupError
from trading.terminal.simulated.feed import TickFile

BARS_STEP = 15.0
BEFORE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    ticks: Path
    signals: Path
    caps: tuple[str, ...] = ()
    until: datetime | None = None
    approve_after: float = 5.0
    step: float | None = None
    bars: BarOptions = field(default_factory=BarOptions)
    as_json: bool = False


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run it; exit 1 where it ends latched with positions open, or cannot run."""
    options = Options(
        ticks=arguments.ticks,
        signals=arguments.signals,
        caps=tuple(arguments.cap),
        until=arguments.until,
        approve_after=arguments.approve_after,
        step=arguments.step,
        bars=BarOptions(First(arguments.first), Route(arguments.route), arguments.spread),
        as_json=arguments.json,
    )
    try:
        outcome, assumptions = run(options, settings)
    except (ReplayError, SetupError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    show = as_json if options.as_json else as_text
    sys.stdout.write(show(outcome, assumptions))
    return 1 if outcome.ends_badly else 0


def run(options: Options, settings: Settings) -> tuple[Outcome, str]:
    """Replay the files; return what came of it, and in words what had to be assumed."""
    caps = tuple(_cap(words) for words in options.caps)
    with _open(options.signals) as lines:
        signals = read_signals(lines)
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        scenario, assumptions = _scenario(options, settings, caps, signals, Path(folder))
        return asyncio.run(replay(scenario, Path(folder))), assumptions


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ReplayError(f"{path}: {error.strerror}") from error


def read_signals(lines: Iterable[bytes]) -> tuple[TimedSignal, ...]:
    """Return the signals by time; raise ``ReplayError`` naming the first bad line."""
    return tuple(sorted(_signals(lines), key=lambda one: one.at))


def _signals(lines: Iterable[bytes]) -> Iterator[TimedSignal]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line, parse_float=str, parse_int=str)
            at = instant(data.pop("time"))
        except (ValueError, KeyError, AttributeError, argparse.ArgumentTypeError) as error:
            raise ReplayError(
                f"signals, line {number}: a JSON object with a time is needed ({error})"
            ) from None
        data.setdefault("source", "replay")
        data.setdefault("ref", f"line-{number}")
        if isinstance(data.get("expires_in"), str):
            data["expires_in"] = int(data["expires_in"])
        try:
            body = read_body(json.dumps(data).encode())
        except NotJson as error:
            raise ReplayError(f"signals, line {number}: {error}") from error
        if not isinstance(body, SignalBody):
            faults = "; ".join(f"{fault.field} {fault.words}" for fault in body)
            raise ReplayError(f"signals, line {number}: {faults}")
        yield TimedSignal(at, body.source, body.ref, body.draft)


def _scenario(
    options: Options,
    settings: Settings,
    caps: tuple[Cap, ...],
    signals: tuple[TimedSignal, ...],
    folder: Path,
) -> tuple[Scenario, str]:
    terminal, bars = settings.terminal, is_bars(options.ticks)
    words = ""
    if bars:
        ticks, first, last, words = _from_bars(options, signals, terminal.currency, folder)
    else:
        contents = TickFile(options.ticks).check()
        ticks, first, last = options.ticks, contents.first_ms, contents.last_ms
    if options.until is not None:
        last = min(last, to_ms(options.until))
    early = [one for one in signals if not first <= to_ms(one.at) <= last]
    if early:
        raise ReplayError(
            f"the signal of {early[0].at:%Y-%m-%d %H:%M:%S} is not in the time of the recording"
        )
    step = options.step or (BARS_STEP if bars else 1.0)
    return (
        Scenario(
            ticks=ticks,
            first_ms=first,
            last_ms=last,
            signals=signals,
            caps=caps,
            limits=replace(risk_limits(settings), max_snapshot_age=60.0),
            loop=replace(loop_settings(settings), login=None, server=None, simulated=True),
            terminal={
                "TERMINAL_BALANCE": str(terminal.balance),
                "TERMINAL_CURRENCY": terminal.currency,
                "TERMINAL_LEVERAGE": str(terminal.leverage),
            },
            ttl=timedelta(seconds=settings.signals.ttl_seconds),
            approve_after=options.approve_after,
            step=step,
        ),
        words,
    )


def _from_bars(
    options: Options, signals: tuple[TimedSignal, ...], currency: str, folder: Path
) -> tuple[Path, int, int, str]:
    offered = symbols_in(options.ticks)
    wanted = _needed({one.draft.symbol for one in signals}, offered, currency)
    target = folder / "bars.csv"
    since = to_ms(min((one.at for one in signals), default=datetime(1970, 1, 1, tzinfo=UTC)))
    first, last = write_ticks(
        options.ticks,
        target,
        options.bars,
        symbols=wanted,
        since_ms=max(0, since - int(BEFORE.total_seconds() * 1000)),
        until_ms=None if options.until is None else to_ms(options.until),
    )
    return target, first, last, _bar_words(options)


def _bar_words(options: Options) -> str:
    bars = options.bars
    if ask_file(options.ticks) is not None:
        spread = "recorded bid and ask"
    elif bars.spread_points is not None:
        spread = f"a spread of {bars.spread_points} points"
    else:
        spread = "the simulated broker's usual spread"
    between = "in a straight line" if bars.route is Route.LINE else "in jumps"
    return f"bars: the {bars.first.value} came first, the price went {between}, {spread}"


def _needed(symbols: set[str], offered: frozenset[str], currency: str) -> frozenset[str]:
    """Return the symbols of the signals and the pairs that convert their results."""
    missing = symbols - offered
    if missing:
        has = ", ".join(sorted(offered))
        raise ReplayError(f"the recording has no {', '.join(sorted(missing))}; it has {has}")
    money = {part for symbol in symbols for part in (symbol[:3], symbol[3:6])} | {currency, "USD"}
    hubs = {currency, "USD"}
    return frozenset(
        symbol
        for symbol in offered
        if symbol in symbols
        or ({symbol[:3], symbol[3:6]} <= money and {symbol[:3], symbol[3:6]} & hubs)
    )


def _cap(words: str) -> Cap:
    cap = parse_cap(words.split())
    if isinstance(cap, str):
        raise ReplayError(f"--cap {words!r}: {cap}")
    return cap
