"""A database copied while it is in use, and the way back."""

import contextlib
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from storage.migrate import pending, version
from trading.errors import DatabaseInUse, StoreError

_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps next to a database; the wrong one beside a file is damage."""


def backup(source: Path, target: Path) -> None:
    """Copy a database, running or not, to a new file; raise ``StoreError`` and leave none behind.

    When this returns, the copy is one whole, checked file on the disk.
    """
    if target.exists():
        raise StoreError(f"{target} exists already: name a new file")
    with _explained(source):
        _checked_copy(source, target)


def restore(source: Path, target: Path) -> Path | None:
    """Put a checked copy of a backup in a database's place; return where the old one was kept.

    Raises ``DatabaseInUse`` while any connection to the target is open, ``DatabaseTooNew`` for
    a later program's backup; the old database stays in place until the new one takes it.
    """
    if target.exists() and source.exists() and source.samefile(target):
        raise StoreError(f"{source} is the database itself")
    with _explained(source):
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.restoring-{os.getpid()}")
        try:
            _checked_copy(source, fresh)
            replaced = _keep(target) if target.exists() else None
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
        _sync_folder(target.parent)
    return replaced


def _checked_copy(source: Path, target: Path) -> None:
    part = target.with_name(f".{target.name}.part-{os.getpid()}")
    try:
        with _connected(source) as original, _connected(part, create=True) as copy:
            original.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            _verify(copy, source)
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(target)
        _sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def _connected(path: Path, *, create: bool = False) -> Iterator[sqlite3.Connection]:
    address = f"{path.resolve().as_uri()}?mode={'rwc' if create else 'rw'}"
    with contextlib.closing(
        sqlite3.connect(address, uri=True, timeout=5.0, isolation_level=None)
    ) as connection:
        yield connection


def _verify(copy: sqlite3.Connection, source: Path) -> None:
    (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise StoreError(f"{source} is damaged: {found}")
    if version(copy) == 0:
        raise StoreError(f"{source} is no database of this program")
    pending(copy)


def _keep(target: Path) -> Path:
    """Give the old database a second name, whole in one file when it can still be read."""
    try:
        with _connected(target) as old:
            # Leaving WAL needs the file alone, so it fails while anyone has it open.
            old.execute("PRAGMA busy_timeout = 0")
            old.execute("PRAGMA journal_mode = DELETE")
            old.execute("BEGIN EXCLUSIVE")
            old.execute("ROLLBACK")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise DatabaseInUse(f"{target} is in use: stop the bot first") from error
    name = _unused(target)
    try:
        os.link(target, name)
    except OSError:  # a file system without links
        shutil.copy2(target, name)
    for suffix in _BESIDE:
        with contextlib.suppress(FileNotFoundError):
            target.with_name(target.name + suffix).rename(name.with_name(name.name + suffix))
    return name


def _unused(target: Path) -> Path:
    number = 1
    while (name := target.with_name(f"{target.name}.replaced-{number}")).exists():
        number += 1
    return name


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # Windows opens no folders; its rename is written through by the file system
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _explained(source: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        known = "there is no such file" if not source.exists() else str(error)
        raise StoreError(f"{source}: {known}") from error
    except OSError as error:
        raise StoreError(f"{error.filename or source}: {error.strerror}") from error
