"""Long reads hold nothing up and hold nothing in memory."""

import asyncio
import threading
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection

import pytest

from storage.database import Database, open_database
from storage.exports import ExportStore
from storage.result_store import ResultStore
from tests.support.big_book import fill
from tests.support.loop_desk import ManualClock
from trading.drawdown.dayclock import DayClock
from trading.errors import StoreError
from trading.ids import AccountId
from trading.results.export import ExportRequest, Format, What, export
from trading.results.periods import Grain
from trading.results.views import Dimension

ACCOUNT = AccountId(1)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@asynccontextmanager
async def filled(folder: Path, deals: int) -> AsyncIterator[Database]:
    """Yield a database with so many deals."""
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs
    async with open_database(folder / "desk.db") as database:
        await database.run(
            lambda db: (
                db.execute(
                    "INSERT INTO account (id, login, server, currency, margin_mode, trading_state,"
                    " deals_seen_ms, created_ms)"
                    " VALUES (1, 1, 's', 'USD', 'hedging', 'active', 0, 0)"
                ).rowcount
            )
        )
        await database.run(
            lambda db: db.execute("INSERT INTO result_clock VALUES (1, 'UTC', '00:00', 1, 1, 0)")
        )
        fill(folder / "desk.db", deals, deals // 10, int(NOW.timestamp() * 1000), years=1)
        yield database


async def test_a_commit_does_not_wait_for_a_long_read(tmp_path: Path) -> None:
    async with open_database(tmp_path / "desk.db") as database, asyncio.TaskGroup() as group:
        begun, finish = threading.Event(), threading.Event()

        def long_read(connection: Connection) -> int:
            (before,) = connection.execute("SELECT count(*) FROM member").fetchone()
            begun.set()
            assert finish.wait(10)
            (after,) = connection.execute("SELECT count(*) FROM member").fetchone()
            return int(after - before)

        reading = group.create_task(database.aside(long_read))
        assert await asyncio.to_thread(begun.wait, 10)
        async with asyncio.timeout(10):
            await database.run(
                lambda db: (
                    db.execute(
                        "INSERT INTO member (telegram_id, name, role, created_ms)"
                        " VALUES (1, 'Olga', 'owner', 0)"
                    ).rowcount
                )
            )
            seen = await database.glance(
                lambda db: db.execute("SELECT count(*) AS n FROM member").fetchone()["n"]
            )
        assert seen == 1  # committed while the read goes on
        assert not reading.done()
        finish.set()
        assert await reading == 0  # which sees the moment it began at, whole


async def test_a_long_read_cannot_write(tmp_path: Path) -> None:
    async with open_database(tmp_path / "desk.db") as database:
        with pytest.raises(StoreError, match="readonly"):
            await database.aside(lambda db: db.execute("DELETE FROM member").rowcount)
        assert await database.aside(lambda db: db.execute("SELECT 7").fetchone()[0]) == 7


async def test_memory_does_not_grow_with_the_rows_of_an_export(tmp_path: Path) -> None:
    peaks = []
    for deals in (2_000, 10_000):
        async with filled(tmp_path / str(deals), deals) as database:
            folder = tmp_path / f"out-{deals}"
            folder.mkdir()
            request = ExportRequest(
                ACCOUNT, What.DEALS, Format.JSON, datetime(2000, 1, 1, tzinfo=UTC), NOW
            )
            told: list[tuple[int, int | None]] = []

            async def progress(done: int, total: int | None, told: list = told) -> None:  # type: ignore[type-arg]
                told.append((done, total))

            tracemalloc.start()
            try:
                done = await export(
                    ExportStore(database, ManualClock()), request, "deals", progress, folder
                )
                peaks.append(tracemalloc.get_traced_memory()[1])
            finally:
                tracemalloc.stop()
            assert told[-1] == (deals, deals)
            assert done.file is not None
            assert done.file.read_text().count('"ticket"') == deals
    assert peaks[1] < peaks[0] * 1.25, peaks


async def test_sums_made_in_bulk_for_measurements_are_those_the_desk_makes(
    tmp_path: Path,
) -> None:
    async with filled(tmp_path / "book", 600) as database:
        clock = ManualClock()
        clock.advance((NOW - clock.now()).total_seconds())

        async def answers() -> list[object]:
            store = ResultStore(database, clock)
            return [
                await store.summary(ACCOUNT, None, None),
                await store.summary(ACCOUNT, 300, None),
                *[await store.spans(ACCOUNT, grain, 12) for grain in Grain if grain != "all"],
                *[await store.groups(ACCOUNT, dimension) for dimension in Dimension],
            ]

        bulk = await answers()
        await database.run(
            lambda db: db.execute("UPDATE result_clock SET built = 0, built_to = 0").rowcount
        )
        await ResultStore(database, clock).open(DayClock("UTC"))
        built = await answers()
        for made, right in zip(bulk[2:5], built[2:5], strict=True):
            assert made == right
        assert [one.tally.net for one in bulk[:2]] == [one.tally.net for one in built[:2]]  # type: ignore[attr-defined]


async def test_an_answer_is_kept_until_something_is_booked_or_the_day_ends(
    tmp_path: Path,
) -> None:
    async with filled(tmp_path / "book", 200) as database:
        clock = ManualClock()
        store = ResultStore(database, clock)
        first = await store.summary(ACCOUNT, None, None)
        assert await store.summary(ACCOUNT, None, None) is first
        await database.run(
            lambda db: db.execute("UPDATE result_clock SET revision = revision + 1").rowcount
        )
        second = await store.summary(ACCOUNT, None, None)
        assert second is not first
        assert second == first
        clock.advance(timedelta(days=1).total_seconds())
        assert await store.summary(ACCOUNT, None, None) is not second
