"""What each person wants to hear, when and how it reads: columns the claim of messages heeds."""

import sqlite3
from datetime import datetime

from storage import rows
from trading.attention import Attention, Level, Quiet
from trading.clock import from_ms, to_ms
from trading.ids import MemberId


def of_chat(connection: sqlite3.Connection, chat_id: int, now: datetime) -> Attention:
    """Return the wishes of the person a chat belongs to; a group has none."""
    row = connection.execute("SELECT * FROM member WHERE telegram_id = ?", (chat_id,)).fetchone()
    return Attention() if row is None else _attention(connection, row, now)


def of_member(connection: sqlite3.Connection, member_id: MemberId, now: datetime) -> Attention:
    """Return a member's wishes."""
    row = connection.execute("SELECT * FROM member WHERE id = ?", (member_id,)).fetchone()
    return _attention(connection, row, now)


def _attention(connection: sqlite3.Connection, row: sqlite3.Row, now: datetime) -> Attention:
    levels = {
        str(one["event"]): Level(one["level"])
        for one in connection.execute(
            "SELECT event, level FROM member_alert WHERE member_id = ?"
            " AND (until_ms IS NULL OR until_ms > ?)",
            (row["id"], to_ms(now)),
        )
    }
    quiet, muted = None, row["muted_until_ms"]
    if row["quiet_from"] is not None:
        quiet = Quiet(row["quiet_from"], row["quiet_until"], digest=bool(row["quiet_digest"]))
    return Attention(
        rows.reader(row),
        levels,
        quiet,
        None if muted is None else from_ms(muted),
    )


def set_level(
    connection: sqlite3.Connection,
    member_id: MemberId,
    event: str,
    level: Level,
    until: datetime | None,
) -> None:
    """Keep what a person wants of one event."""
    connection.execute(
        "DELETE FROM member_alert WHERE member_id = ? AND event = ?", (member_id, event)
    )
    if level is not Level.ON:
        connection.execute(
            "INSERT INTO member_alert (member_id, event, level, until_ms) VALUES (?, ?, ?, ?)",
            (member_id, event, level, None if until is None else to_ms(until)),
        )


def set_quiet(connection: sqlite3.Connection, member_id: MemberId, quiet: Quiet | None) -> None:
    """Keep a person's quiet hours; what was held for them is let go when they change."""
    connection.execute(
        "UPDATE member SET quiet_from = ?, quiet_until = ?, quiet_digest = ? WHERE id = ?",
        (
            None if quiet is None else quiet.start,
            None if quiet is None else quiet.end,
            int(quiet is not None and quiet.digest),
            member_id,
        ),
    )
    connection.execute(
        "UPDATE outbox SET not_before_ms = 0 WHERE held = 1 AND status = 'ready'"
        " AND chat_id = (SELECT telegram_id FROM member WHERE id = ?)",
        (member_id,),
    )


def set_mute(connection: sqlite3.Connection, member_id: MemberId, until: datetime | None) -> None:
    """Keep until when nothing but what is critical sounds; None lifts every mute."""
    connection.execute(
        "UPDATE member SET muted_until_ms = ? WHERE id = ?",
        (None if until is None else to_ms(until), member_id),
    )
    if until is None:
        connection.execute(
            "DELETE FROM member_alert WHERE member_id = ? AND until_ms IS NOT NULL", (member_id,)
        )


def set_reader(connection: sqlite3.Connection, member_id: MemberId, what: str, value: str) -> None:
    """Keep how a person reads: ``language``, ``zone`` or ``numbers``."""
    columns = {"language": "language", "zone": "zone", "numbers": "numbers"}
    connection.execute(
        f"UPDATE member SET {columns[what]} = ? WHERE id = ?",  # noqa: S608 - one of three names
        (value, member_id),
    )


def heard_in(connection: sqlite3.Connection, member_id: MemberId, code: str) -> None:
    """Keep the language a person's Telegram speaks, which holds until they choose another."""
    connection.execute(
        "UPDATE member SET speaks = ? WHERE id = ? AND speaks <> ?", (code, member_id, code)
    )


def set_keyboard(connection: sqlite3.Connection, member_id: MemberId, *, shown: bool) -> None:
    """Keep whether a person wants the keyboard under the text field."""
    connection.execute("UPDATE member SET keyboard = ? WHERE id = ?", (int(shown), member_id))


def has_keyboard(connection: sqlite3.Connection, member_id: MemberId) -> bool:
    """Tell whether a person wants the keyboard under the text field."""
    row = connection.execute("SELECT keyboard FROM member WHERE id = ?", (member_id,)).fetchone()
    return bool(row["keyboard"])
