"""New, empty databases of this version: migrated once, copied ever after.

``TEST_STORE=postgres`` puts every desk's store on PostgreSQL instead of in a file: a database of
its own for each path a test would have given its file.
"""

import os
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager
from functools import cache
from pathlib import Path

from storage.database import Database, connect, open_database, prepare
from storage.migrate import migrate
from tests.support import postgres_server

ON_POSTGRES = os.environ.get("TEST_STORE", "sqlite") == "postgres"


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


def fresh_file(path: Path, *, on_postgres: bool = ON_POSTGRES) -> Path:
    """Put what ``prepare`` makes of nothing at a path, unless a file is there already."""
    if on_postgres:
        postgres_server.fresh(path)
    elif not path.exists():
        path.write_bytes(_file())
    return path


@asynccontextmanager
async def fresh_database(path: Path) -> AsyncIterator[Database]:
    """Open a database that is new, or the one that is there."""
    async with open_store(fresh_file(path)) as database:
        yield database


def open_store(
    path: Path, make_room: Callable[[], bool] = lambda: False, *, on_postgres: bool = ON_POSTGRES
) -> AbstractAsyncContextManager[Database]:
    """Open what ``fresh_file`` made, on the engine of this run unless one is named."""
    if not on_postgres:
        return open_database(path, make_room)
    from storage.postgres import open_postgres  # noqa: PLC0415 - an extra of its own

    return open_postgres(postgres_server.dsn(path))


def engine_settings(path: Path) -> dict[str, str]:
    """Return the settings that lead a program to what ``fresh_file`` made of that path."""
    settings = {"DATABASE_PATH": str(path)}
    return settings | {"DATABASE_URL": postgres_server.fresh(path)} if ON_POSTGRES else settings


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let no decision be committed until the context ends."""
    with direct(path) as other:
        for statement in (
            ("BEGIN", "LOCK TABLE approval IN EXCLUSIVE MODE") if ON_POSTGRES
            else ("BEGIN IMMEDIATE",)
        ):  # fmt: skip
            other.execute(statement)
        yield


@contextmanager
def direct(path: Path, *, on_postgres: bool = ON_POSTGRES) -> Iterator[sqlite3.Connection]:
    """Look into a desk's database, or change it, beside the desk; each statement by itself."""
    if not on_postgres:
        with closing(connect(path)) as connection:
            yield connection
        return
    from storage import postgres  # noqa: PLC0415

    with closing(postgres.connect(postgres_server.dsn(path))) as link:
        yield postgres.surface(link)


def fresh_memory() -> sqlite3.Connection:
    """Return a migrated database without a file."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.deserialize(_memory())
    return connection
