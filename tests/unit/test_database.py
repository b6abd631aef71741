"""The one file: short reads beside the writer, and a disk or a lock that refuses."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage import database as module
from storage.database import connect, open_database
from trading.errors import StoreError


def count(connection: sqlite3.Connection) -> int:
    (found,) = connection.execute("SELECT count(*) FROM member").fetchone()
    return int(found)


def add(connection: sqlite3.Connection, telegram_id: int) -> None:
    connection.execute(
        "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (?, 'A', 'owner', 1)",
        (telegram_id,),
    )


async def test_a_glance_sees_what_was_committed_and_cannot_write(tmp_path: Path) -> None:
    async with open_database(tmp_path / "desk.db") as database:
        assert await database.glance(count) == 0
        await database.run(add, 1)
        assert await database.glance(count) == 1
        await database.run(add, 2)
        assert await database.glance(count) == 2


async def test_a_glance_on_a_locked_file_waits_like_a_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT_SECONDS", 0.1)
    path = tmp_path / "desk.db"
    async with open_database(path) as database:
        with closing(connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")  # a writer keeps no reader out
            assert await database.glance(count) == 0
            with pytest.raises(StoreError, match="locked"):
                await database.run(add, 1)
            other.execute("ROLLBACK")
        await database.run(add, 1)
        assert await database.glance(count) == 1


async def test_a_full_disk_keeps_nothing_of_a_transaction_and_all_of_the_rest(
    tmp_path: Path,
) -> None:
    async with open_database(tmp_path / "desk.db") as database:
        await database.run(add, 1)
        (pages,) = await database.run(lambda db: db.execute("PRAGMA page_count").fetchone())
        await database.run(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())

        def much(connection: sqlite3.Connection) -> None:
            add(connection, 2)
            connection.execute("CREATE TABLE big(text TEXT)")
            connection.execute("INSERT INTO big VALUES (?)", ("x" * 1_000_000,))

        with pytest.raises(StoreError, match="full"):
            await database.run(much)
        assert await database.glance(count) == 1
        await database.run(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
        await database.run(much)
        assert await database.glance(count) == 2
