"""What long work does to passes and commits: ``python -m tests.bench.bench_longwork``.

A ticker stands for the passes: how late is a step that was due every 10 ms. Beside it a commit is
made every 25 ms. Both are measured while nothing runs (the floor), while charts are drawn one
after another, and while a million rows are exported.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from bot.charts.renderer import ChartRenderer
from storage.database import Database, open_database
from storage.exports import ExportStore
from tests.support.big_book import fill
from trading.charts import EquityChart
from trading.clock import SystemClock
from trading.ids import AccountId
from trading.results.export import ExportRequest, Format, What, export

DEALS, SECONDS, EVERY, COMMIT_EVERY, LIMIT_MS = 1_000_000, 8.0, 0.010, 0.025, 100.0


async def late(stopped: asyncio.Event) -> list[float]:
    """Return how many milliseconds late each step of a ticker was."""
    found = []
    due = time.perf_counter()
    while not stopped.is_set():
        due += EVERY
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        found.append((time.perf_counter() - due) * 1000)
        due = max(due, time.perf_counter() - EVERY)
    return found


async def commits(database: Database, stopped: asyncio.Event) -> list[float]:
    """Return how many milliseconds each commit took."""
    found = []
    while not stopped.is_set():
        begun = time.perf_counter()
        await database.run(
            lambda db: db.execute("UPDATE account SET trades_total = trades_total + 1").rowcount
        )
        found.append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(COMMIT_EVERY)
    return found


async def measure(name: str, database: Database, work: Callable[[], Awaitable[object]]) -> float:
    """Run a work beside ticker and commits, print what they felt, return the latest step."""
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        ticker = group.create_task(late(stopped))
        committer = group.create_task(commits(database, stopped))
        begun = time.perf_counter()
        count = 0
        while not count or time.perf_counter() - begun < SECONDS:
            await work()
            count += 1
        took = (time.perf_counter() - begun) / count
        stopped.set()
    row = [
        figure
        for values in (ticker.result(), committer.result())
        for figure in (
            statistics.median(values),
            statistics.quantiles(values, n=100)[98],
            max(values),
        )
    ]
    say(f"{name:<22}{took:>9.2f}" + "".join(f"{one:>9.2f}" for one in row))
    return max(ticker.result())


async def main() -> int:
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="bench-longwork-") as name:
        folder = Path(name)
        path = folder / "desk.db"
        async with open_database(path) as database:
            await database.run(
                lambda db: (
                    db.execute(
                        "INSERT INTO account (id, login, server, currency, margin_mode,"
                        " trading_state, deals_seen_ms, created_ms)"
                        " VALUES (1, 1, 's', 'USD', 'hedging', 'active', 0, 0)"
                    ).rowcount
                )
            )
            fill(path, DEALS, 10, int(clock.now().timestamp() * 1000))
            heads = ("each s", "late p50", "p99", "max", "commit", "p99", "max ms")
            say(" " * 22 + "".join(f"{head:>9}" for head in heads))
            charts = ChartRenderer()
            await measure("nothing", database, lambda: asyncio.sleep(SECONDS))
            worst = await measure("charts", database, lambda: charts.render(chart()))
            await charts.close()
            for what in What:
                export_all = partial(whole, database, what, folder)
                worst = max(worst, await measure(f"export of {what}", database, export_all))
    return int(worst > LIMIT_MS)


def chart() -> EquityChart:
    """Return a chart of a year by the day."""
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    points = tuple((begun + timedelta(days=day), Decimal(10_000 + day % 37)) for day in range(365))
    return EquityChart("Equity", "USD", points)


async def whole(database: Database, what: What, folder: Path) -> None:
    """Export everything there is."""
    request = ExportRequest(
        AccountId(1),
        what,
        Format.CSV,
        datetime(2000, 1, 1, tzinfo=UTC),
        datetime(2100, 1, 1, tzinfo=UTC),
    )

    async def progress(done: int, total: int | None) -> None:
        del done, total

    name = f"{what}-{time.perf_counter_ns()}"
    finished = await export(ExportStore(database, SystemClock()), request, name, progress, folder)
    assert finished.file is not None
    finished.file.unlink()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
