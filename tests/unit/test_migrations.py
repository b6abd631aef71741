"""The steps of the schema: without a gap, forward only, from every version a file may have."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from storage.database import connect, prepare
from storage.migrate import migrations, version
from trading.errors import DatabaseTooNew

SNAPSHOTS = Path(__file__).resolve().parents[1] / "schemas"
"""The schema of each released version as its program made it: files are added, never changed."""
RELEASED = sorted(SNAPSHOTS.glob("*.sql"))
MEMBER = "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (7, 'Olga', 'owner', 0)"


def shape(path: Path) -> list[tuple[str, str]]:
    """Return every object of the schema, spaces apart."""
    with contextlib.closing(connect(path)) as connection:
        rows = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"
        )
        return [(row["name"], " ".join(row["sql"].split())) for row in rows]


def test_every_step_has_a_number_of_its_own_and_none_is_missing() -> None:
    numbers = [number for number, _ in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("steps", [number for number, _ in migrations()])
def test_a_file_of_any_step_becomes_what_a_new_one_is(tmp_path: Path, steps: int) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    with contextlib.closing(sqlite3.connect(old, isolation_level=None)) as connection:
        for number, sql in migrations()[:steps]:
            connection.executescript(f"BEGIN;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")
        connection.execute(MEMBER)
    prepare(old)
    prepare(new)
    assert shape(old) == shape(new)
    with contextlib.closing(connect(old)) as connection:
        assert connection.execute("SELECT name FROM member").fetchone()["name"] == "Olga"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    kept = list(tmp_path.glob("old.db.schema-*.bak"))
    assert len(kept) == (0 if steps == len(migrations()) else 1)


@pytest.mark.parametrize("snapshot", RELEASED, ids=lambda path: str(path.stem))
def test_a_database_of_a_released_version_is_brought_forward(
    tmp_path: Path, snapshot: Path
) -> None:
    path, new = tmp_path / "desk.db", tmp_path / "new.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(snapshot.read_text(encoding="utf-8"))
    prepare(path)
    prepare(new)
    assert shape(path) == shape(new)


def test_a_file_of_a_later_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    prepare(path)
    with contextlib.closing(connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9999")
    before = path.read_bytes()
    with pytest.raises(DatabaseTooNew):
        prepare(path)
    assert path.read_bytes() == before
    with contextlib.closing(connect(path)) as connection:
        assert version(connection) == 9999
