"""Bring a database file up to this version of the program, one numbered step at a time."""

import sqlite3
from importlib import resources

from trading.errors import DatabaseTooNew


def migrations() -> list[tuple[int, str]]:
    """Return every step as (number, SQL text), in order."""
    folder = resources.files("storage") / "migrations"
    steps = [
        (int(item.name.split("_", 1)[0]), item.read_text(encoding="utf-8"))
        for item in folder.iterdir()
        if item.name.endswith(".sql")
    ]
    return sorted(steps)


def version(connection: sqlite3.Connection) -> int:
    """Return the number of the last step the file has."""
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


def pending(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """Return the steps the file lacks; raise ``DatabaseTooNew`` for a file from the future."""
    return steps_after(version(connection))


def steps_after(present: int) -> list[tuple[int, str]]:
    """Return the steps a schema of that number lacks; raise as ``pending`` does."""
    steps = migrations()
    newest = steps[-1][0]
    if present > newest:
        raise DatabaseTooNew(
            f"the database has schema {present}, this program knows {newest}: "
            "run the newer program, or restore an older backup"
        )
    return [step for step in steps if step[0] > present]


def migrate(connection: sqlite3.Connection) -> None:
    """Apply every pending step, each in one transaction with the number that records it."""
    for number, sql in pending(connection):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;"
        )
