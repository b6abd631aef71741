"""Who may write: a lock of the server's that lives and dies with the writer's own connection.

Losing the connection is losing the right, so nobody can write on a right that is gone. A number
that grows with every taking tells a holder that comes back whether somebody else wrote meanwhile.
"""

import hashlib
import os
import socket
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from storage.migrate import steps_after
from storage.postgres_sql import schema_step
from trading.errors import OutcomeUnknown, RightLost, StoreError

OLDEST_SERVER: Final = 14
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS desk_right (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    version BIGINT NOT NULL,
    term BIGINT NOT NULL,
    holder TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL
);
INSERT INTO desk_right (one, version, term, holder, since) VALUES (1, 0, 0, '', now())
ON CONFLICT DO NOTHING;
"""
Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Right:
    """A right that was taken: the how-manieth, and the server's process that holds its lock."""

    term: int
    backend: int
    backend_start: str


def try_lock(connection: Connection) -> bool:
    """Take the lock if it is free; it is this connection's until that ends."""
    row = connection.execute(b"SELECT pg_try_advisory_lock($1)", (_key(connection),)).fetchone()
    return row is not None and bool(row[0])


def holder(connection: Connection) -> str:
    """Return who took the right last, in words."""
    if _first(connection, b"SELECT to_regclass('desk_right')") is None:
        return "another instance"
    return str(_first(connection, b"SELECT holder FROM desk_right"))


def take(connection: Connection) -> Right:
    """Having the lock, bring the schema up to date and count this taking.

    Raises ``DatabaseTooNew``, and ``StoreError`` for a server that does not keep what it confirms.
    """
    _check(connection)
    connection.execute(_TABLE.encode())
    _migrate(connection)
    term = _first(
        connection,
        b"UPDATE desk_right SET term = term + 1, holder = $1, since = now() RETURNING term",
        f"{socket.gethostname()}, process {os.getpid()}",
    )
    pid, start = _backend(connection)
    return Right(term, pid, start)


def take_again(
    connection: Connection, before: Right, confirmed: str | None, unknown: str | None
) -> Right:
    """Take the right back over a new connection, or raise ``RightLost``.

    ``confirmed`` is the last transaction that was kept, ``unknown`` one that was cut off in its
    commit: its callers were told that it failed.
    """
    if not try_lock(connection):
        # The server may not have noticed yet that our old connection is gone.
        _end(connection, before)
        if not try_lock(connection):
            raise RightLost(f"another instance took over: {holder(connection)}")
    _check(connection)
    term = _first(connection, b"SELECT term FROM desk_right")
    if term != before.term:
        raise RightLost("another instance was active meanwhile: this one starts again")
    if confirmed is not None and _fate(connection, confirmed) != "committed":
        raise RightLost("the server lost what it had confirmed: this instance starts again")
    if unknown is not None and _fate(connection, unknown) != "aborted":
        raise RightLost("what was told as failed was kept: this instance starts again")
    pid, start = _backend(connection)
    return Right(term, pid, start)


def transaction(connection: Connection) -> str | None:
    """Return the number of the transaction that is open, None while it has written nothing."""
    number = _first(connection, b"SELECT pg_current_xact_id_if_assigned()::text")
    return None if number is None else str(number)


def _fate(connection: Connection, transaction: str) -> str:
    try:
        return str(_first(connection, b"SELECT pg_xact_status($1::text::xid8)", transaction))
    except psycopg.DataError:  # a number that this server has not given yet
        return "not known"


def _key(connection: Connection) -> int:
    """Return the lock's number: one desk a schema."""
    schema = _first(connection, b"SELECT current_schema()")
    if schema is None:
        raise StoreError("the database has no schema to work in: see search_path")
    digest = hashlib.sha256(f"tradedesk:{schema}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _check(connection: Connection) -> None:
    """Refuse a server on which a commit, or a lock, does not mean what it must."""
    if connection.info.server_version < OLDEST_SERVER * 10_000:
        raise StoreError(f"the database must be PostgreSQL {OLDEST_SERVER} or later")
    if _first(connection, b"SHOW fsync") == "off":
        raise StoreError("the database is not durable: the server runs with fsync = off")
    if connection.info.backend_pid != _first(connection, b"SELECT pg_backend_pid()"):
        raise StoreError("DATABASE_URL leads to a pooler; a lock needs the server itself")
    # Any other level keeps a commit on the disk, and what it adds is the operator's choice.
    if _first(connection, b"SHOW synchronous_commit") == "off":
        connection.execute(b"SET synchronous_commit = on")


def _migrate(connection: Connection) -> None:
    present = _first(connection, b"SELECT version FROM desk_right")
    for number, sql in steps_after(int(present)):
        with connection.transaction():
            connection.execute(b"SET LOCAL statement_timeout = 0")
            for statement in schema_step(sql):
                connection.execute(statement.encode())
            connection.execute(b"UPDATE desk_right SET version = $1", (number,))


def _backend(connection: Connection) -> tuple[int, str]:
    row = connection.execute(
        b"SELECT pid, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    ).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])


def _end(connection: Connection, before: Right) -> None:
    """End the server's side of our old connection, and wait until its lock is free."""
    connection.execute(
        b"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        b" WHERE pid = $1 AND backend_start::text = $2",
        (before.backend, before.backend_start),
    )


def _first(connection: Connection, statement: bytes, *values: object) -> Any:
    row = connection.execute(statement, values or None).fetchone()
    return None if row is None else row[0]


def unknown_outcome(error: psycopg.Error) -> OutcomeUnknown:
    """Return what to tell those whose commit was cut off."""
    return OutcomeUnknown(f"the database broke off while it kept this: {error}")
