"""One SQLite file, one writer, one hop a transaction, and one commit for what queued.

A transaction is a plain function of a ``sqlite3.Connection``; it runs whole on aiosqlite's
thread, so no await can cut it open. Everything queued while a commit was being written shares
the next commit, each function inside its own savepoint. Short reads have a connection of their
own and no hop: between a tap and its order nothing waits for somebody else's commit. Long reads
have threads and connections of their own.
"""

import asyncio
import contextlib
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, Generic, ParamSpec, TypeVar

import aiosqlite

from storage.migrate import migrate, pending, version
from storage.planner_facts import tell_planner
from trading.errors import DatabaseUnusable, StoreError

P = ParamSpec("P")
T = TypeVar("T")

BUSY_TIMEOUT_SECONDS = 5.0
LONG_READERS = 2


class Job(Generic[T]):
    """A function waiting for its transaction, and then its result or its error."""

    __slots__ = ("error", "function", "result")

    def __init__(self, function: Callable[[sqlite3.Connection], T]) -> None:
        self.function = function
        self.result: T
        self.error: BaseException | None = None


def connect(path: Path) -> sqlite3.Connection:
    """Open the file with the settings every connection of ours has."""
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    # FULL, not NORMAL: after a power cut NORMAL had forgotten 3,100 of 3,110 sent orders.
    connection.executescript(
        """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = ON;
        PRAGMA wal_autocheckpoint = 1000;
        """
    )
    return connection


class Database(ABC):
    """A migrated database that runs functions as transactions, whichever engine keeps it."""

    @abstractmethod
    async def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run ``function(connection, ...)`` as one durable transaction and return its result.

        Raises ``StoreError`` when the database cannot keep it: nothing of it was kept, or, where
        it is an ``OutcomeUnknown``, nobody knows.
        """

    @abstractmethod
    async def glance(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return what a short read of the committed, durable state finds, waiting for no commit.

        Raises ``StoreError`` as ``run`` does.
        """

    @abstractmethod
    async def aside(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return what a read finds that may take long, on a thread that no commit waits for.

        Raises ``StoreError`` when the database cannot give it.
        """


class SqliteDatabase(Database):
    """One file of this machine."""

    def __init__(
        self,
        connection: aiosqlite.Connection,
        reader: sqlite3.Connection,
        long_readers: "_LongReaders",
        make_room: Callable[[], bool] = lambda: False,
    ) -> None:
        """``make_room`` is called on the database's thread when the disk is full.

        Where it made some (True), what queued is tried once more.
        """
        self._connection = connection
        self._reader = reader
        self._make_room = make_room
        self._long_readers = long_readers
        self._waiting: deque[Job[object]] = deque()

    async def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        job: Job[T] = Job(lambda connection: function(connection, *args, **kwargs))
        self._waiting.append(job)  # type: ignore[arg-type]  # a queue of jobs of any result
        await self._connection._execute(self._commit_waiting)  # type: ignore[no-untyped-call]  # noqa: SLF001 - the one hop
        if job.error is not None:
            if isinstance(job.error, sqlite3.Error):
                raise StoreError(str(job.error)) from job.error
            raise job.error
        return job.result

    async def glance(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Read at once: it runs on the event loop's thread, so it is for a few rows by index.

        Where the file is locked it waits its turn like ``run``.
        """
        try:
            self._reader.execute("BEGIN")
            try:
                return function(self._reader, *args, **kwargs)
            finally:
                self._reader.execute("ROLLBACK")
        except sqlite3.Error:
            return await self.run(function, *args, **kwargs)

    async def aside(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        try:
            return await self._long_readers.run(lambda one: function(one, *args, **kwargs))
        except sqlite3.Error as error:
            raise StoreError(str(error)) from error

    def _commit_waiting(self) -> None:
        jobs: list[Job[object]] = []
        while self._waiting:
            jobs.append(self._waiting.popleft())
        if not jobs:
            return
        connection = self._connection._conn  # noqa: SLF001 - we are on its thread
        left_out = _commit(connection, jobs)
        if left_out and self._make_room():
            for job in left_out:
                job.error = None
            _commit(connection, left_out)


def _commit(connection: sqlite3.Connection, jobs: list[Job[object]]) -> list[Job[object]]:
    """Run every job in one transaction; return those that a full disk kept out."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            _run_in_savepoint(connection, job)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        for job in jobs:
            job.error = job.error or error
        return jobs if _is_full(error) else []
    return [job for job in jobs if _is_full(job.error)]


def _is_full(error: BaseException | None) -> bool:
    if error is None:
        return False
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_FULL:
        return True
    return _is_full(error.__cause__)


def _run_in_savepoint(connection: sqlite3.Connection, job: Job[object]) -> None:
    connection.execute("SAVEPOINT job")
    try:
        job.result = job.function(connection)
    except Exception as error:
        job.error = error
        if not connection.in_transaction:
            raise sqlite3.OperationalError("the transaction was ended by the engine") from error
        connection.execute("ROLLBACK TO job")
    connection.execute("RELEASE job")


class _LongReaders:
    """A few threads, each with a connection that only reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._threads = ThreadPoolExecutor(LONG_READERS, "long-read", self._open)

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._read, function)

    def close(self) -> None:
        self._threads.shutdown()
        for connection in self._opened:
            connection.close()

    def _open(self) -> None:
        connection = self._own.connection = connect_read_only(self._path, BUSY_TIMEOUT_SECONDS)
        self._opened.append(connection)

    def _read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        connection: sqlite3.Connection = self._own.connection
        connection.execute("BEGIN")
        try:
            return function(connection)
        finally:
            connection.execute("ROLLBACK")


@contextlib.asynccontextmanager
async def open_database(
    path: Path, make_room: Callable[[], bool] = lambda: False
) -> AsyncIterator[Database]:
    """Open the file (its folder is made), back it up before a migration, migrate, and close."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        prepare(path)
        connection = await aiosqlite.connect(path, isolation_level=None)
    except sqlite3.Error as error:
        raise DatabaseUnusable(f"{path}: {error}") from error
    try:
        await connection._execute(_apply_settings, connection)  # type: ignore[no-untyped-call]  # noqa: SLF001
        # The event loop's own reader never waits; the others are on threads and may.
        with (
            contextlib.closing(connect_read_only(path, 0)) as reader,
            contextlib.closing(_LongReaders(path)) as long_readers,
        ):
            yield SqliteDatabase(connection, reader, long_readers, make_room)
    finally:
        await connection.close()


def connect_read_only(path: Path, timeout: float) -> sqlite3.Connection:
    """Open a connection that cannot write, and waits so many seconds where the file is locked."""
    connection = sqlite3.connect(
        path, timeout=timeout, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA query_only = ON")
    return connection


def _apply_settings(connection: aiosqlite.Connection) -> None:
    raw = connection._conn  # noqa: SLF001
    raw.row_factory = sqlite3.Row
    raw.execute("PRAGMA synchronous = FULL")
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("PRAGMA wal_autocheckpoint = 1000")
    raw.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_SECONDS * 1000)}")
    (level,) = raw.execute("PRAGMA synchronous").fetchone()
    if level != 2:
        raise StoreError(f"the database is not durable: synchronous is {level}, not FULL")


def prepare(path: Path) -> None:
    """Migrate the file, keeping a copy of what it was beside it; refuse a newer one."""
    with contextlib.closing(connect(path)) as connection:
        present = version(connection)
        if pending(connection) and present:
            copy = path.with_name(f"{path.name}.schema-{present}.bak")
            with contextlib.closing(sqlite3.connect(copy)) as target:
                connection.backup(target)
        migrate(connection)
        tell_planner(connection)
