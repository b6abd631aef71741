"""The same functions on PostgreSQL: one writer whose connection holds the right to write.

As in a file, what queued while a commit was under way shares the next one, each function inside a
savepoint. Reads have connections of their own, and threads, for the server may be far away. A
connection that is lost fails what comes until it is taken back; nothing waits for it.
"""

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from storage import postgres_right
from storage.database import LONG_READERS, Database, Job
from storage.postgres_right import Right
from storage.postgres_sql import adapt, placed, rows_by_name
from trading.errors import DatabaseInUse, OutcomeUnknown, StoreError

P = ParamSpec("P")
T = TypeVar("T")
Connection = psycopg.Connection[Any]
Values = Sequence[object] | Mapping[str, object]

log = logging.getLogger(__name__)

SHORT_READERS: Final = 4
RETRY_SECONDS: Final = 1.0
"""How often a free lock, or a server that is away, is looked for."""
GRACE: Final = (0.05, 0.1, 0.2, 0.4)
"""Seconds between looks for a lock whose holder may have ended: the server has yet to see it."""
_DEFAULTS: Final[dict[str, str | int]] = {
    "application_name": "tradedesk",
    "connect_timeout": 5,
    # A peer that is gone without a word is known to be gone after some ten seconds, on both sides.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "target_session_attrs": "read-write",
}
_SESSION: Final = b"""
SET statement_timeout = '30s';
SET lock_timeout = '5s';
SET idle_in_transaction_session_timeout = '30s';
SET tcp_keepalives_idle = 5;
SET tcp_keepalives_interval = 2;
SET tcp_keepalives_count = 3;
SET tcp_user_timeout = 10000;
"""


class _Surface:
    """All that a storage function uses of a connection, as of ``sqlite3.Connection``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Values = ()) -> psycopg.Cursor[Any]:
        said, names = placed(statement)
        return self._connection.execute(said, _in_order(values, names) or None)

    def executemany(self, statement: str, many: Iterable[Values]) -> None:
        said, names = placed(statement)
        in_order = [_in_order(values, names) for values in many]
        self._connection.cursor().executemany(said, in_order)


def _in_order(values: Values, names: Sequence[str]) -> Sequence[object]:
    return [values[name] for name in names] if isinstance(values, Mapping) else values


def surface(connection: Connection) -> sqlite3.Connection:
    """Return a connection as the storage functions take it.

    They name SQLite's type and use of it what both engines have.
    """
    return cast(sqlite3.Connection, _Surface(connection))


def connect(dsn: str) -> Connection:
    """Open a connection with the settings every one of ours has; raise ``psycopg.Error``."""
    given = conninfo_to_dict(dsn).keys()
    connection: Connection = psycopg.connect(
        make_conninfo(dsn, **{name: _DEFAULTS[name] for name in _DEFAULTS.keys() - given}),
        autocommit=True,
        cursor_factory=psycopg.RawCursor,
        row_factory=rows_by_name,
    )
    adapt(connection)
    connection.execute(_SESSION)
    return connection


@contextlib.contextmanager
def looking(dsn: str) -> Iterator[sqlite3.Connection]:
    """Give one moment of the database to read, beside whoever writes; raise ``StoreError``."""
    try:
        with contextlib.closing(connect(dsn)) as connection:
            connection.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield surface(connection)
    except psycopg.Error as error:
        raise StoreError(_words(error)) from error


def about(looked_at: sqlite3.Connection) -> tuple[str, int, str]:
    """Return what ``looking`` looks at in words, the number of its schema, and ``ok``."""
    name, server = looked_at.execute(
        "SELECT current_database(), current_setting('server_version')"
    ).fetchone()
    (known,) = looked_at.execute("SELECT to_regclass('desk_right')").fetchone()
    present = 0
    if known is not None:
        (present,) = looked_at.execute("SELECT version FROM desk_right").fetchone()
    return f"database {name} on PostgreSQL {server.split()[0]}", present, "ok"


class PostgresDatabase(Database):
    """A schema on a server, and the right to write it."""

    def __init__(self, dsn: str, connection: Connection, right: Right) -> None:
        self._dsn = dsn
        self._connection: Connection | None = connection
        """None while it is lost."""
        self._right = right
        self._why = ""
        self._closed = False
        self._confirmed: str | None = None
        self._unknown: str | None = None
        self._lost = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Job[object]] = deque()
        self._writer = ThreadPoolExecutor(1, "postgres-writer")
        self._short_readers = _Readers(dsn, SHORT_READERS, "postgres-glance")
        self._long_readers = _Readers(dsn, LONG_READERS, "postgres-aside")

    async def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        job: Job[T] = Job(lambda connection: function(connection, *args, **kwargs))
        self._waiting.append(job)  # type: ignore[arg-type]  # a queue of jobs of any result
        # Who gives up waiting takes nothing out of the queue: as on a file, it is kept or it fails.
        await asyncio.shield(self._loop.run_in_executor(self._writer, self._commit_waiting))
        if job.error is not None:
            if isinstance(job.error, psycopg.Error):
                raise StoreError(_words(job.error)) from job.error
            raise job.error
        return job.result

    async def glance(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return await self._short_readers.run(lambda one: function(one, *args, **kwargs))

    async def aside(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return await self._long_readers.run(lambda one: function(one, *args, **kwargs))

    async def keep(self) -> None:
        """Take a lost connection and its right back, for as long as the program runs.

        Raises ``RightLost`` once the right is another's, or what was told is not what is kept.
        """
        while True:
            await self._lost.wait()
            self._lost.clear()
            log.warning("database_lost", extra={"facts": {"why": self._why}})
            while self._connection is None:
                try:
                    await asyncio.to_thread(self._regain)
                except psycopg.OperationalError as error:
                    self._why = _words(error)
                    await asyncio.sleep(RETRY_SECONDS)
            log.warning("database_back", extra={"facts": {"term": self._right.term}})

    async def close(self) -> None:
        """End every connection; the right is free from then on."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._closed = True
        for threads in (self._short_readers, self._long_readers):
            threads.close()
        self._writer.shutdown()
        if self._connection is not None:
            self._connection.close()

    def _regain(self) -> None:
        connection = connect(self._dsn)
        try:
            self._right = postgres_right.take_again(
                connection, self._right, self._confirmed, self._unknown
            )
        except BaseException:
            connection.close()
            raise
        self._unknown = None
        self._connection = connection
        if self._closed:
            connection.close()

    def _commit_waiting(self) -> None:
        jobs: list[Job[object]] = []
        while self._waiting:
            jobs.append(self._waiting.popleft())
        if not jobs:
            return
        connection = self._connection
        if connection is None:
            _fail(jobs, StoreError(f"the database is away: {self._why}"))
            return
        try:
            self._commit(connection, jobs)
        except psycopg.Error as error:
            _fail(jobs, StoreError(_words(error)))
            self._give_up_if_broken(connection, error)

    def _commit(self, connection: Connection, jobs: Sequence[Job[object]]) -> None:
        connection.execute(b"BEGIN")
        if len(jobs) > 1:
            for job in jobs:
                _run_in_savepoint(connection, job)
        elif not _run_alone(connection, jobs[0]):
            return
        number = postgres_right.transaction(connection)
        try:
            connection.execute(b"COMMIT")
        except psycopg.Error as error:
            if self._give_up_if_broken(connection, error) and number is not None:
                self._unknown = number
                _fail(jobs, postgres_right.unknown_outcome(error))
                return
            raise
        self._confirmed = number or self._confirmed

    def _give_up_if_broken(self, connection: Connection, error: psycopg.Error) -> bool:
        """Make the connection ready for the next transaction, or tell that it is lost."""
        if self._connection is not connection:
            return True
        try:
            connection.execute(b"ROLLBACK")
        except psycopg.Error:
            self._why = _words(error)
            self._connection = None
            connection.close()
            self._loop.call_soon_threadsafe(self._lost.set)
            return True
        return False


def _run_alone(connection: Connection, job: Job[object]) -> bool:
    """Run the only function of a transaction: no savepoint, so two trips to the server less."""
    try:
        job.result = job.function(surface(connection))
    except Exception as error:
        job.error = error
        if connection.closed:
            raise
        connection.execute(b"ROLLBACK")
        return False
    return True


def _run_in_savepoint(connection: Connection, job: Job[object]) -> None:
    connection.execute(b"SAVEPOINT job")
    try:
        job.result = job.function(surface(connection))
    except Exception as error:
        job.error = error
        if connection.closed:
            raise
        connection.execute(b"ROLLBACK TO job")
    connection.execute(b"RELEASE job")


def _fail(jobs: Iterable[Job[object]], error: StoreError) -> None:
    """Nothing of the transaction was kept, or nobody knows: what failed by itself keeps its why."""
    for job in jobs:
        if job.error is None or isinstance(error, OutcomeUnknown):
            job.error = error


def _words(error: psycopg.Error) -> str:
    return " ".join(str(error).split()) or type(error).__name__


class _Readers:
    """A few threads, each with a connection that only reads, opened when it is first needed."""

    def __init__(self, dsn: str, count: int, name: str) -> None:
        self._dsn = dsn
        self._own = threading.local()
        self._opened: list[Connection] = []
        self._threads = ThreadPoolExecutor(count, name)

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._read, function)
        except psycopg.Error as error:
            raise StoreError(_words(error)) from error

    def close(self) -> None:
        self._threads.shutdown()
        for connection in self._opened:
            connection.close()

    def _read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        known: Connection | None = getattr(self._own, "connection", None)
        if known is not None:
            try:
                return _read_only(known, function)
            except psycopg.OperationalError:
                if not known.closed:
                    raise
        return _read_only(self._open(), function)

    def _open(self) -> Connection:
        connection = self._own.connection = connect(self._dsn)
        self._opened = [one for one in self._opened if not one.closed]
        self._opened.append(connection)
        return connection


def _read_only(connection: Connection, function: Callable[[sqlite3.Connection], T]) -> T:
    """Let a function see one moment of the database."""
    connection.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        return function(surface(connection))
    finally:
        with contextlib.suppress(psycopg.Error):
            connection.execute(b"ROLLBACK")


@contextlib.asynccontextmanager
async def open_postgres(
    dsn: str, wait: Callable[[str], contextlib.AbstractAsyncContextManager[None]] | None = None
) -> AsyncIterator[Database]:
    """Take the right to write, migrate, and close; the database ends whoever loses the right.

    While another instance has it, this one waits inside ``wait(who)``; without it raises
    ``DatabaseInUse``. ``RightLost`` comes out of the block as a group, its body is cancelled.
    """
    try:
        connection = await asyncio.to_thread(connect, dsn)
        try:
            connection = await _locked(dsn, connection, wait)
            right = await asyncio.to_thread(postgres_right.take, connection)
        except BaseException:
            connection.close()
            raise
    except psycopg.Error as error:
        raise StoreError(_words(error)) from error
    database = PostgresDatabase(dsn, connection, right)
    try:
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(database.keep())
            yield database
            keeping.cancel()
    finally:
        await database.close()


async def _locked(
    dsn: str,
    connection: Connection,
    wait: Callable[[str], contextlib.AbstractAsyncContextManager[None]] | None,
) -> Connection:
    """Return the connection, or a new one, once it holds the lock."""
    for pause in (*GRACE, 0.0):
        if await asyncio.to_thread(postgres_right.try_lock, connection):
            return connection
        await asyncio.sleep(pause)
    who = await asyncio.to_thread(postgres_right.holder, connection)
    if wait is None:
        raise DatabaseInUse(f"the database is in use by {who}")
    async with wait(who):
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                if connection.closed:
                    connection = await asyncio.to_thread(connect, dsn)
                    log.warning("standby_looks_again")
                if await asyncio.to_thread(postgres_right.try_lock, connection):
                    return connection
            except psycopg.OperationalError as error:
                if not connection.closed:
                    log.warning("standby_cannot_look", extra={"facts": {"why": _words(error)}})
                connection.close()
