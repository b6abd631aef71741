"""Carries everything a desk knows from its file to a server, in one transaction there."""

import sqlite3
from collections.abc import Iterator
from graphlib import TopologicalSorter

from trading.errors import StoreError

_BATCH = 1_000


def carry(target: sqlite3.Connection, source: sqlite3.Connection) -> dict[str, int]:
    """Fill an unused database with every row of a file of the same schema; return the counts.

    ``target`` is a server's, in a transaction of its own. Raises ``StoreError`` where somebody has
    used it already, or where a table does not hold afterwards what the file holds.
    """
    if _has_rows(target, "member") or _has_rows(target, "account"):
        raise StoreError("the server's database is in use already: nothing was copied into it")
    tables = _in_order(source)
    for table in reversed(tables):
        if _has_rows(target, table):  # what the schema's own steps put there
            target.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of our schema
    counts = {table: _fill(target, source, table) for table in tables}
    for table, count in counts.items():
        (kept,) = target.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        if kept != count:
            raise StoreError(f"{table} has {count} rows in the file and {kept} on the server")
    return counts


def _in_order(source: sqlite3.Connection) -> list[str]:
    """Return the tables, each after those it refers to."""
    names = [
        row["name"]
        for row in source.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        )
    ]
    refers = {
        name: {row["table"] for row in source.execute(f"PRAGMA foreign_key_list({name})")}
        for name in names
    }
    return list(TopologicalSorter(refers).static_order())


def _fill(target: sqlite3.Connection, source: sqlite3.Connection, table: str) -> int:
    described = source.execute(f"PRAGMA table_info({table})").fetchall()
    columns = [row["name"] for row in described]
    marks = ", ".join("?" * len(columns))
    insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - the same
    count = 0
    for rows in _batches(source, table, columns):
        target.executemany(insert, rows)
        count += len(rows)
    if count and any(row["name"] == "id" and row["pk"] for row in described):
        target.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608
        )
    return count


def _batches(
    source: sqlite3.Connection, table: str, columns: list[str]
) -> Iterator[list[tuple[object, ...]]]:
    cursor = source.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608 - the same
    while rows := cursor.fetchmany(_BATCH):
        yield [tuple(row) for row in rows]


def _has_rows(connection: sqlite3.Connection, table: str) -> bool:
    found = connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()  # noqa: S608 - the same
    return found is not None
