"""Backups of a database that is being written, and the way back."""

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.backup import backup, restore
from storage.database import connect, prepare
from storage.migrate import migrations
from trading.errors import DatabaseInUse, DatabaseTooNew, StoreError

WRITER = """
import sys
from pathlib import Path
from storage.database import connect
connection = connect(Path(sys.argv[1]))
connection.execute("CREATE TABLE note(a INTEGER, b INTEGER)")
number = 0
while True:
    number += 1
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO note VALUES (?, 0)", (number,))
    connection.execute("UPDATE note SET b = a WHERE a = ?", (number,))
    connection.execute("COMMIT")
    if number == 20:
        sys.stdout.write("writing\\n")
        sys.stdout.flush()
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"
    prepare(path)
    mark(path, "first")
    return path


def mark(path: Path, text: str) -> None:
    with contextlib.closing(connect(path)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS mark(text TEXT)")
        connection.execute("INSERT INTO mark VALUES (?)", (text,))


def marks(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM mark")]


@contextlib.contextmanager
def writer(path: Path) -> Iterator[None]:
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        try:
            yield
        finally:
            process.kill()


def test_a_copy_of_a_database_in_use_is_whole(database: Path, tmp_path: Path) -> None:
    with writer(database):
        for number in range(5):
            backup(database, tmp_path / f"copy-{number}.db")
    for number in range(5):
        copy = tmp_path / f"copy-{number}.db"
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            (rows, halves) = connection.execute("SELECT count(*), sum(a <> b) FROM note").fetchone()
        assert rows >= 20
        assert halves == 0
    left = {path.name for path in tmp_path.iterdir() if not path.name.startswith("bot.db")}
    assert left == {f"copy-{number}.db" for number in range(5)}


def test_a_backup_overwrites_nothing(database: Path, tmp_path: Path) -> None:
    target = tmp_path / "precious.txt"
    target.write_text("keep me")
    with pytest.raises(StoreError, match="exists already"):
        backup(database, target)
    assert target.read_text() == "keep me"


@pytest.mark.parametrize("content", [None, b"", b"this is no database" * 100])
def test_what_is_no_database_of_ours_is_refused(tmp_path: Path, content: bytes | None) -> None:
    source = tmp_path / "source.db"
    if content is not None:
        source.write_bytes(content)
    for act in (backup, restore):
        with pytest.raises(StoreError, match=r"source\.db"):
            act(source, tmp_path / "target.db")
    assert {path.name for path in tmp_path.iterdir()} <= {"source.db"}


def test_a_damaged_copy_is_not_kept(database: Path, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    raw = bytearray(database.read_bytes())
    raw[size : 2 * size] = b"\xff" * size
    database.write_bytes(raw)
    with pytest.raises(StoreError):
        backup(database, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_restore_keeps_what_it_replaces(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(database, copy)
    mark(database, "second")
    assert restore(copy, database) == tmp_path / "bot.db.replaced-1"
    assert marks(database) == ["first"]
    assert marks(tmp_path / "bot.db.replaced-1") == ["first", "second"]
    assert restore(copy, database) == tmp_path / "bot.db.replaced-2"
    assert marks(copy) == ["first"]
    prepare(database)


def test_a_restore_where_nothing_was(database: Path, tmp_path: Path) -> None:
    assert restore(database, tmp_path / "new" / "bot.db") is None
    assert marks(tmp_path / "new" / "bot.db") == ["first"]


def test_a_restore_refuses_a_database_in_use(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(database, copy)
    with writer(database), pytest.raises(DatabaseInUse):
        restore(copy, database)
    with contextlib.closing(connect(database)) as idle:
        idle.execute("SELECT count(*) FROM mark").fetchone()
        with pytest.raises(DatabaseInUse):
            restore(copy, database)
    assert marks(database) == ["first"]
    assert not [path for path in tmp_path.iterdir() if "restoring" in path.name]


def test_a_restore_over_a_ruined_database(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(database, copy)
    database.write_bytes(b"ruined" * 1000)
    database.with_name("bot.db-wal").write_bytes(b"stale")
    restore(copy, database)
    assert marks(database) == ["first"]
    assert (tmp_path / "bot.db.replaced-1").read_bytes().startswith(b"ruined")


def test_a_later_programs_backup_and_the_database_itself_are_refused(
    database: Path, tmp_path: Path
) -> None:
    later = tmp_path / "later.db"
    backup(database, later)
    with contextlib.closing(sqlite3.connect(later)) as connection:
        connection.execute(f"PRAGMA user_version = {migrations()[-1][0] + 1}")
    with pytest.raises(DatabaseTooNew):
        restore(later, database)
    with pytest.raises(StoreError, match="itself"):
        restore(database, database)
    assert marks(database) == ["first"]


def test_the_steps_of_the_schema_are_numbered_without_gap_or_double() -> None:
    numbers = [number for number, _ in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
