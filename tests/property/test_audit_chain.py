"""The audit trail shows every alteration, removal and insertion, wherever it happens."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import audit
from tests.support.fresh import fresh_memory
from trading.audit import AuditEntry, AuditHead, AuditLine, AuditService, Broken, Intact, seal
from trading.ids import MemberId

NOW = datetime(2026, 11, 24, tzinfo=UTC)
text = st.text(st.characters(codec="utf-8"), max_size=40)
details = st.lists(text, min_size=1, max_size=12)


class Trail:
    """The store over one connection, without a thread between."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    async def audit_page(self, after: int, limit: int) -> tuple[list[AuditEntry], AuditHead]:
        return audit.page(self.connection, after, limit)

    async def audit_lines(
        self, member_id: MemberId, before: int | None, limit: int
    ) -> list[AuditLine]:
        return audit.lines(self.connection, member_id, before, limit)


def trail(written: list[str]) -> sqlite3.Connection:
    connection = fresh_memory()
    for number, detail in enumerate(written):
        audit.audit(connection, NOW, f"act_{number}", detail)
    return connection


def verdict(connection: sqlite3.Connection, known: str = "") -> Intact | Broken:
    walk = AuditService(Trail(connection)).verify(known)
    try:
        walk.send(None)
    except StopIteration as end:
        result: Intact | Broken = end.value
        return result
    raise AssertionError("nothing here waits")


def unlocked(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Let the rows be changed, as someone with the file at hand can."""
    connection.execute("DROP TRIGGER audit_never_changed")
    connection.execute("DROP TRIGGER audit_never_removed")
    return connection


def alter(connection: sqlite3.Connection, row: int) -> None:
    connection.execute("UPDATE audit SET detail = detail || '!' WHERE id = ?", (row,))


def redate(connection: sqlite3.Connection, row: int) -> None:
    connection.execute("UPDATE audit SET at_ms = at_ms + 1 WHERE id = ?", (row,))


def remove(connection: sqlite3.Connection, row: int) -> None:
    connection.execute("DELETE FROM audit WHERE id = ?", (row,))


def reseal(connection: sqlite3.Connection, row: int) -> None:
    """Alter a row and give it the seal that fits, which the next row or the head betrays."""
    alter(connection, row)
    (one,) = connection.execute(
        "SELECT id, at_ms, member_id, account_id, action, detail, previous FROM audit WHERE id = ?",
        (row,),
    ).fetchall()
    fitting = seal(one["previous"], (*tuple(one)[:6],))
    connection.execute("UPDATE audit SET seal = ? WHERE id = ?", (fitting, row))


@given(details)
def test_an_untouched_trail_is_intact_and_knows_every_seal_it_had(written: list[str]) -> None:
    connection = trail([])
    kept = []
    for detail in written:
        audit.audit(connection, NOW, "act", detail)
        found = verdict(connection)
        assert isinstance(found, Intact)
        kept.append(found.seal)
    for known in kept:
        found = verdict(connection, known[:16])
        assert isinstance(found, Intact)
        assert found.holds_known
        assert found.rows == len(written)


@given(details, st.data(), st.sampled_from([alter, redate, remove, reseal]))
def test_a_touched_row_is_found(
    written: list[str], data: st.DataObject, touch: Callable[[sqlite3.Connection, int], None]
) -> None:
    connection = unlocked(trail(written))
    row = data.draw(st.integers(1, len(written)))
    touch(connection, row)
    found = verdict(connection)
    assert isinstance(found, Broken)
    assert found.row_id in {row, row + 1}


def test_a_trail_rewritten_whole_lacks_the_seal_somebody_kept() -> None:
    before = verdict(trail(["daily 5 %", "daily 50 %"]))
    after = verdict(
        trail(["daily 5 %", "daily 5 %"]), before.seal if isinstance(before, Intact) else ""
    )
    assert isinstance(after, Intact)
    assert not after.holds_known


@pytest.mark.parametrize("act", [alter, remove])
def test_the_database_itself_refuses_to_touch_a_row(
    act: Callable[[sqlite3.Connection, int], None],
) -> None:
    connection = trail(["one"])
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        act(connection, 1)


def test_a_trail_longer_than_a_page_is_walked_to_its_end() -> None:
    connection = trail([])
    connection.execute("BEGIN")
    for number in range(4001):
        audit.audit(connection, NOW, "act", str(number))
    connection.execute("COMMIT")
    found = verdict(connection)
    assert isinstance(found, Intact)
    assert found.rows == 4001
    unlocked(connection).execute("DELETE FROM audit WHERE id = 2001")
    broken = verdict(connection)
    assert isinstance(broken, Broken)
    assert broken.row_id == 2001


def test_a_page_of_a_long_trail_is_read_backwards_and_sorted_by_nobody() -> None:
    plan = [
        str(row["detail"])
        for row in trail([]).execute(f"EXPLAIN QUERY PLAN {audit.LINES}", (1, 1, 1, 10))
    ]
    assert any("au USING INTEGER PRIMARY KEY" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan
