"""From a breach to the first close request: ``python -m tests.bench.bench_breach``.

A whole desk holds one position when the recorded price falls through the cap. Counted from the
instant the account's equity is below it at the broker, to the close request leaving for the
worker; and from the reading that showed it, to the same. The guard asks for a second reading
250 ms later unless the first is beyond doubt, so both kinds of fall are measured.
"""

import asyncio
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from tests.bench.bench_tap_to_order import Desk, Marks, bot_api, running_desk
from tests.bench.harness import Report, arguments
from tests.support.simulated_desk import Row
from trading.clock import SystemClock, to_ms
from trading.drawdown import Cap, CapKind
from trading.terminal.simulated.broker import Broker

INTERVAL = 1.0
FALL_AT = 7.0
BALANCE = "10000"
FALLS = {"just below the cap": "1.0895", "far below the cap": "1.0700"}


def quotes(after: str) -> list[Row]:
    """Return a minute of EURUSD round 1.1 that goes on elsewhere from the fall."""
    return [
        (half / 4, "EURUSD", f"{base}{half % 2}", f"{base[:-1]}{int(base[-1]) + 1}{half % 2}")
        for half in range(240)
        for base in ["1.1000" if half / 4 < FALL_AT else after]
    ]


class _Sight:
    """Notes when the terminal first showed equity at or below a floor."""

    def __init__(self, desk: Desk, floor: Decimal, marks: Marks) -> None:
        self._floor = floor
        self._marks = marks
        terminal = desk.loop.terminal
        self._ask = terminal.snapshot
        terminal.snapshot = self.snapshot  # type: ignore[method-assign,assignment]  # to time it

    async def snapshot(self, symbols: object = ()) -> object:
        found = await self._ask(symbols)  # type: ignore[arg-type]
        if found.account.own_equity <= self._floor:
            self._marks.mark("reading")
        return found


async def one(after: str, url: str) -> tuple[float, float]:
    """Return milliseconds from the fall, and from the reading, to the close request."""
    marks = Marks()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with running_desk(folder, url, marks, rows=quotes(after)) as app:
            desk = Desk(app, marks)
            await desk.enter()
            account = desk.loop.account
            assert account is not None
            assert account.entry_equity is not None
            cap = Cap(CapKind.STATIC, Decimal(1), initial=account.entry_equity)
            await app.store.put_cap(account.id, cap, None, "bench")
            desk.loop.caps_changed()
            marks.start()
            _Sight(desk, account.entry_equity * Decimal("0.99"), marks)
            zero = to_ms(SystemClock().now()) - time.perf_counter() * 1000
            async with asyncio.timeout(FALL_AT + 10):
                while "sent" not in marks.at:  # noqa: ASYNC110 - a mark has no event
                    await asyncio.sleep(0.01)
            sent, reading = marks.at["sent"] * 1000, marks.at["reading"] * 1000
        return zero + sent - _fell_ms(folder), sent - reading


def _fell_ms(folder: Path) -> float:
    """Return the wall clock's milliseconds at which the replay showed the fallen price."""
    files = {
        "SIMULATED_ACCOUNT_FILE": str(next(folder.glob("*.simulated"))),
        "TERMINAL_TICKS": str(folder / "ticks.csv"),
    }
    broker = Broker(files)
    assert broker.initialize(), broker.last_error()
    assert broker.session is not None
    state = broker.session.book.state
    first = int((folder / "ticks.csv").read_text().splitlines()[1].partition(",")[0])
    broker.shutdown()
    return state.origin_ms + first + FALL_AT * 1000 - state.start_ms


async def measure(count: int) -> dict[str, list[tuple[float, float]]]:
    with bot_api() as url:
        return {
            name: [await one(after, url) for _ in range(count)] for name, after in FALLS.items()
        }


def main() -> int:
    options = arguments(__doc__ or "", 4)
    report = Report("breach", options)
    for name, found in asyncio.run(measure(max(2, options.count))).items():
        report.value(
            f"{name}: breach to close request, worst",
            max(since for since, _ in found),
            "ms",
            at_most=INTERVAL * 1000 + 50,
        )
        report.series(f"{name}: reading to close request", [after for _, after in found], unit="ms")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
