"""Nightly copies of the database, how old the last one is, and a drill of the way back."""

import contextlib
import re
import sqlite3
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storage.backup import backup, restore
from storage.database import connect, prepare
from storage.migrate import version
from trading.clock import from_ms, to_ms
from trading.errors import StoreError

_NAME = re.compile(r"-(\d{8}T\d{6})Z\.db$")
_COUNTED = ("signal", "approval", "orders", "deal", "member", "account", "audit")


@dataclass(frozen=True, slots=True)
class Drilled:
    """What a restore drill found."""

    copy: Path
    schema: int
    rows: dict[str, int]
    """How many rows each table that matters holds in the restored database."""
    last_written: datetime | None
    """The last instant the restored desk is known to have run."""


def copies(folder: Path, database: Path) -> list[Path]:
    """Return the nightly copies of that database, oldest first."""
    found = folder.glob(f"{database.stem}-*.db") if folder.is_dir() else ()
    return sorted(path for path in found if _NAME.search(path.name))


def copied_at(folder: Path, database: Path, now: datetime) -> datetime | None:
    """Return when the last copy was made, None when there is none."""
    for path in reversed(copies(folder, database)):
        match = _NAME.search(path.name)
        assert match is not None
        with contextlib.suppress(ValueError):
            return datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=now.tzinfo)
    return None


def copy_tonight(database: Path, folder: Path, keep: int, now: datetime) -> Path:
    """Make a checked copy named by its instant (UTC) and drop all but the newest ``keep``.

    Raises ``StoreError`` and drops nothing when the copy cannot be made or is not whole.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}") from error
    target = folder / f"{database.stem}-{now:%Y%m%dT%H%M%S}Z.db"
    backup(database, target)
    for old in copies(folder, database)[:-keep]:
        old.unlink(missing_ok=True)
    return target


def drill(copy: Path) -> Drilled:
    """Restore a copy beside everything, open it as the program would, and say what is in it.

    Raises ``StoreError`` where the way back does not work; the database in use is not touched.
    """
    with tempfile.TemporaryDirectory(prefix="desk-drill-") as folder:
        target = Path(folder) / "restored.db"
        restore(copy, target)
        try:
            prepare(target)
            with contextlib.closing(connect(target)) as connection:
                return _looked(copy, connection)
        except sqlite3.Error as error:
            raise StoreError(f"{copy}: {error}") from error


def _looked(copy: Path, connection: sqlite3.Connection) -> Drilled:
    (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    strays = connection.execute("PRAGMA foreign_key_check").fetchall()
    if verdict != "ok" or strays:
        raise StoreError(f"{copy} is damaged: {verdict}, {len(strays)} rows point nowhere")
    rows = {
        table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names of this file
        for table in _COUNTED
    }
    (ms,) = connection.execute("SELECT max(at_ms) FROM equity").fetchone()
    return Drilled(copy, version(connection), rows, None if ms is None else from_ms(ms))


def is_unclean(database: Path) -> bool:
    """Tell whether the last program on this database did not end in order: it left a log behind."""
    with contextlib.suppress(OSError):
        return database.with_name(f"{database.name}-wal").stat().st_size > 0
    return False


def check(database: Path) -> str:
    """Return what ``PRAGMA integrity_check`` says, ``ok`` when all is whole; raise nothing."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)
        ) as connection:
            return str(connection.execute("PRAGMA integrity_check(3)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)


def age_seconds(since: datetime | None, now: datetime) -> float | None:
    """Return the seconds since an instant, None when it never was."""
    return None if since is None else (to_ms(now) - to_ms(since)) / 1000
