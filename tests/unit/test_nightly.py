"""Nightly copies: made once a night, kept so long, and proved to lead back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import nightly
from storage.database import connect, prepare
from trading.errors import StoreError

NIGHT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "desk.db"
    prepare(path)
    connection = connect(path)
    connection.execute(
        "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (7, 'Olga', 'owner', 0)"
    )
    connection.close()
    return path


def test_the_newest_copies_are_kept_and_others_left_alone(database: Path) -> None:
    folder = database.parent / "backups"
    for day in range(5):
        nightly.copy_tonight(database, folder, 3, NIGHT + timedelta(days=day))
    (folder / "desk-mine.db").touch()
    nightly.copy_tonight(database, folder, 3, NIGHT + timedelta(days=5))
    assert [path.name for path in nightly.copies(folder, database)] == [
        "desk-20261127T030000Z.db",
        "desk-20261128T030000Z.db",
        "desk-20261129T030000Z.db",
    ]
    assert (folder / "desk-mine.db").exists()
    assert nightly.copied_at(folder, database, NIGHT) == NIGHT + timedelta(days=5)


def test_a_copy_that_fails_drops_nothing(database: Path) -> None:
    folder = database.parent / "backups"
    nightly.copy_tonight(database, folder, 1, NIGHT)
    database.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError):
        nightly.copy_tonight(database, folder, 1, NIGHT + timedelta(days=1))
    assert len(nightly.copies(folder, database)) == 1


def test_a_drill_restores_and_says_what_is_there(database: Path) -> None:
    copy = nightly.copy_tonight(database, database.parent / "backups", 3, NIGHT)
    before = copy.read_bytes()
    found = nightly.drill(copy)
    assert found.rows["member"] == 1
    assert found.last_written is None
    assert copy.read_bytes() == before


def test_a_drill_of_a_damaged_copy_fails(database: Path) -> None:
    copy = nightly.copy_tonight(database, database.parent / "backups", 3, NIGHT)
    data = bytearray(copy.read_bytes())
    data[4096 * 3 : 4096 * 9] = b"\xa5" * 4096 * 6
    copy.write_bytes(data)
    with pytest.raises(StoreError):
        nightly.drill(copy)


def test_what_a_killed_program_leaves_is_an_unclean_stop(database: Path) -> None:
    assert not nightly.is_unclean(database)
    connection = connect(database)
    connection.execute("UPDATE member SET name = 'O'")
    assert nightly.is_unclean(database)
    connection.close()
    assert not nightly.is_unclean(database)


def test_integrity_is_told_in_words(database: Path) -> None:
    assert nightly.check(database) == "ok"
    data = bytearray(database.read_bytes())
    data[4096 * 2 : 4096 * 8] = b"\xa5" * 4096 * 6
    database.write_bytes(data)
    assert nightly.check(database) != "ok"
