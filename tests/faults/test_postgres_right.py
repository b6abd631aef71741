"""One writer on a server, whatever becomes of its connection; what is told is what is kept."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from storage import postgres, postgres_right
from storage.postgres import open_postgres
from tests.support import postgres_server
from tests.support.cut_wire import CutWire
from trading.errors import DatabaseInUse, OutcomeUnknown, RightLost, StoreError

pytestmark = pytest.mark.skipif(postgres_server.why_not() != "", reason=postgres_server.why_not())


@pytest_asyncio.fixture
async def dsn(tmp_path: Path) -> AsyncIterator[str]:
    yield postgres_server.fresh(tmp_path)
    await asyncio.to_thread(postgres_server.drop, tmp_path)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "RETRY_SECONDS", 0.05)


def add(connection: sqlite3.Connection, telegram_id: int) -> None:
    connection.execute(
        "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (?, 'A', 'owner', 1)",
        (telegram_id,),
    )


def members(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT telegram_id FROM member ORDER BY 1")]


async def kept(dsn: str) -> list[int]:
    """Return what a fresh start finds."""
    async with open_postgres(dsn) as database:
        return await database.run(members)


async def test_the_second_is_refused_or_waits_until_the_first_has_ended(dsn: str) -> None:
    told: list[str] = []
    waiting = asyncio.Event()

    @contextlib.asynccontextmanager
    async def wait(who: str) -> AsyncIterator[None]:
        told.append(who)
        waiting.set()
        yield

    async def second() -> list[int]:
        async with open_postgres(dsn, wait) as database:
            await database.run(add, 2)
            return await database.run(members)

    async with asyncio.TaskGroup() as group, open_postgres(dsn) as database:
        with pytest.raises(DatabaseInUse, match="process"):
            await kept(dsn)
        task = group.create_task(second())
        await waiting.wait()
        await database.run(add, 1)
        await asyncio.sleep(0.3)
        assert not task.done()
    assert task.result() == [1, 2]
    assert "process" in told[0]


async def test_a_lost_connection_fails_what_comes_until_it_is_taken_back(dsn: str) -> None:
    async with open_postgres(dsn) as database:
        await database.run(add, 1)
        assert await database.glance(members) == [1]
        await asyncio.to_thread(postgres_server.end_connections, dsn)
        with pytest.raises(StoreError):
            await database.run(add, 2)
        async with asyncio.timeout(10):
            while True:
                with contextlib.suppress(StoreError):
                    await database.run(add, 3)
                    break
                await asyncio.sleep(0.02)
        assert await database.run(members) == [1, 3]
        assert await database.glance(members) == await database.aside(members) == [1, 3]


async def test_who_was_replaced_writes_nothing_and_ends(dsn: str) -> None:
    async with CutWire(dsn) as wire:
        with pytest.RaisesGroup(pytest.RaisesExc(RightLost, match="took over")):
            async with open_postgres(wire.dsn) as database:
                await database.run(add, 1)
                wire.sever()
                await asyncio.to_thread(postgres_server.end_connections, dsn)
                async with open_postgres(dsn) as other:
                    with pytest.raises(StoreError):
                        await database.run(add, 2)
                    with pytest.raises(StoreError):
                        await database.run(add, 3)  # and no second try goes around the right
                    await other.run(add, 4)
                    wire.heal()
                    await asyncio.sleep(10)
    assert await kept(dsn) == [1, 4]


async def test_who_comes_back_after_another_was_active_ends(dsn: str) -> None:
    async with CutWire(dsn) as wire:
        with pytest.RaisesGroup(pytest.RaisesExc(RightLost, match="active meanwhile")):
            async with open_postgres(wire.dsn) as database:
                wire.sever()
                with pytest.raises(StoreError):
                    await database.run(add, 1)
                await asyncio.to_thread(postgres_server.end_connections, dsn)
                assert await kept(dsn) == []
                wire.heal()
                await asyncio.sleep(10)


async def test_a_commit_cut_off_before_the_server_saw_it_is_tried_again(dsn: str) -> None:
    async with CutWire(dsn) as wire, open_postgres(wire.dsn) as database:
        await database.run(add, 1)
        wire.cut_at(b"COMMIT", forward=False)
        with pytest.raises(OutcomeUnknown):
            await database.run(add, 2)
        async with asyncio.timeout(10):
            while True:
                with contextlib.suppress(StoreError):
                    assert await database.run(members) == [1]
                    break
                await asyncio.sleep(0.02)
        await database.run(add, 2)  # it was not kept, so the same may be said again
        assert await database.run(members) == [1, 2]


async def test_a_commit_cut_off_and_kept_ends_the_instance(dsn: str) -> None:
    """The server's side of the cut connection lives on with the lock: it is ended first."""
    async with CutWire(dsn) as wire:
        with pytest.RaisesGroup(pytest.RaisesExc(RightLost, match="was kept")):
            async with open_postgres(wire.dsn) as database:
                wire.cut_at(b"COMMIT", forward=True)
                with pytest.raises(OutcomeUnknown):
                    await database.run(add, 2)
                await asyncio.sleep(10)
    assert await kept(dsn) == [2]


async def test_a_server_that_forgot_what_it_confirmed_ends_the_instance(dsn: str) -> None:
    """As one does that took over from another without all of its log."""

    def lose(confirmed: str) -> None:
        with contextlib.closing(postgres.connect(dsn)) as connection:
            right = postgres_right.take(connection)
        with contextlib.closing(postgres.connect(dsn)) as connection:
            postgres_right.take_again(connection, right, confirmed, None)

    def rolled_back() -> str:
        with contextlib.closing(postgres.connect(dsn)) as connection:
            connection.execute("BEGIN")
            (number,) = connection.execute("SELECT pg_current_xact_id()::text").fetchone() or ("",)
            connection.execute("ROLLBACK")
            return str(number)

    for number in (await asyncio.to_thread(rolled_back), "99999999"):
        with pytest.raises(RightLost, match="lost what it had confirmed"):
            await asyncio.to_thread(lose, number)
