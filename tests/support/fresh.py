"""New, empty databases of this version: migrated once in a process, copied ever after."""

import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import cache
from pathlib import Path

from storage.database import Database, open_database, prepare
from storage.migrate import migrate


@cache
def _file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "desk.db"
        prepare(path)
        return path.read_bytes()


@cache
def _memory() -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        return connection.serialize()


def fresh_file(path: Path) -> Path:
    """Put what ``prepare`` makes of nothing at a path, unless a file is there already."""
    if not path.exists():
        path.write_bytes(_file())
    return path


@asynccontextmanager
async def fresh_database(path: Path) -> AsyncIterator[Database]:
    """Open a database that is new, or the one that is there."""
    async with open_database(fresh_file(path)) as database:
        yield database


def fresh_memory() -> sqlite3.Connection:
    """Return a migrated database without a file."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.deserialize(_memory())
    return connection
