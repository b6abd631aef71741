"""A desk that has traded from its file is carried to a server, and goes on there."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.instance import hold
from bot.move_command import move
from bot.settings import Settings, SettingsError, load_settings
from storage.postgres import looking
from tests.faults.test_crash_everywhere import CALM
from tests.support import postgres_server
from tests.support.loop_desk import LoopDesk
from trading.errors import DatabaseInUse, StoreError

needs_server = pytest.mark.skipif(postgres_server.why_not() != "", reason=postgres_server.why_not())


def settings(path: Path, **more: str) -> Settings:
    return load_settings({"DATABASE_PATH": str(path), **more}, None, need_telegram=False)


def rows_of(connection: sqlite3.Connection, table: str) -> list[str]:
    found = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - a name of our schema
    return sorted(repr(tuple(row)) for row in found)


async def used(folder: Path) -> LoopDesk:
    """A stopped desk with one filled signal and one that waits for its answer."""
    desk = LoopDesk(folder, CALM)
    desk.on_postgres = False
    await desk.open()
    await desk.passes(3)
    await desk.ingest("first")
    await desk.ingest("second")
    await desk.passes(2)
    await desk.approve(1)
    await desk.passes(3)
    assert len(desk.positions()) == 1
    await desk.drop()
    return desk


@needs_server
async def test_a_moved_desk_has_every_row_and_goes_on_where_it_stood(tmp_path: Path) -> None:
    desk = await used(tmp_path)
    path = tmp_path / "desk.db"
    url = postgres_server.fresh(path)
    counts, aside = await asyncio.to_thread(move, settings(path, DATABASE_URL=url))
    assert (path.exists(), aside.exists()) == (False, True)
    assert not path.with_name("desk.db-wal").exists()
    assert min(counts[table] for table in ("approval", "orders", "deal", "cap", "audit")) > 0
    with closing(sqlite3.connect(aside)) as file, looking(url) as server:
        for table, count in counts.items():
            kept = rows_of(file, table)
            assert len(kept) == count
            assert rows_of(server, table) == kept, table

    desk.on_postgres = True
    await desk.open()
    await desk.passes(2)
    await desk.approve(2)
    await desk.ingest("third")
    await desk.passes(3)
    assert len(desk.positions()) == 2
    rows = await desk.rows("SELECT id, status FROM approval ORDER BY id")
    assert [tuple(row) for row in rows] == [(1, "ordered"), (2, "ordered"), (3, "offered")]
    await desk.drop()


@needs_server
async def test_a_server_in_use_takes_no_file_and_the_file_stays(tmp_path: Path) -> None:
    await used(tmp_path)
    path = tmp_path / "desk.db"
    one = settings(path, DATABASE_URL=postgres_server.fresh(path))
    await asyncio.to_thread(move, one)
    path.with_name("desk.db.moved").rename(path)
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.to_thread(move, one)
    (why,) = caught.value.exceptions
    assert isinstance(why, StoreError)
    assert "in use already" in str(why)
    assert path.exists()


async def test_a_file_that_a_bot_has_open_is_not_moved(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    path.touch()
    one = settings(path, DATABASE_URL="postgresql://desk:x@127.0.0.1:1/desk")
    with hold(path), pytest.raises(DatabaseInUse):
        await asyncio.to_thread(move, one)


def test_a_move_without_a_server_or_a_file_says_which_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL: is required"):
        move(settings(tmp_path / "desk.db"))
    with pytest.raises(SettingsError, match="there is nothing to move"):
        move(settings(tmp_path / "desk.db", DATABASE_URL="postgresql://desk:x@127.0.0.1:1/desk"))
