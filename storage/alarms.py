"""Alarms that ring until somebody has seen them, kept beside the messages that tell them."""

import sqlite3
from datetime import datetime

from storage.audit import audit
from trading.alarms import FOLD, AlarmView, Fold, how_many, next_ring
from trading.clock import from_ms, to_ms
from trading.ids import MemberId
from trading.model import Role

_OWNERS = (
    "SELECT DISTINCT m.id, m.telegram_id, m.name FROM outbox o"
    " JOIN member m ON m.telegram_id = o.chat_id"
    " WHERE o.alarm_id = ? AND m.role = ? AND m.reachable = 1 AND m.revoked_ms IS NULL"
    " ORDER BY m.id"
)


def open_alarm(connection: sqlite3.Connection, fold: Fold, now: datetime) -> int | None:
    """Return the alarm that rings for a repeat; None where a person has seen it a moment ago."""
    lately = connection.execute(
        "SELECT 1 FROM alarm WHERE key = ? AND acked_ms > ?", (fold.key, to_ms(now - FOLD))
    ).fetchone()
    if lately is not None and not fold.anew:
        return None
    connection.execute(
        "INSERT INTO alarm (key, opened_ms, next_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (fold.key, to_ms(now), to_ms(now + next_ring(0))),
    )
    row = connection.execute(
        "SELECT id FROM alarm WHERE key = ? AND ended_ms IS NULL", (fold.key,)
    ).fetchone()
    return int(row["id"])


def end_alarm(connection: sqlite3.Connection, key: str, now: datetime) -> None:
    """Note that the cause of an alarm is over: nobody is rung any more."""
    row = connection.execute(
        "UPDATE alarm SET ended_ms = ? WHERE key = ? AND ended_ms IS NULL RETURNING id",
        (to_ms(now), key),
    ).fetchone()
    if row is not None:
        _show(connection, row["id"])


def ring(connection: sqlite3.Connection, now: datetime) -> None:
    """Send every alarm that is due again, with a sound: to the first owner, later to the next."""
    due = connection.execute(
        "SELECT * FROM alarm WHERE ended_ms IS NULL AND next_ms <= ? ORDER BY next_ms, id",
        (to_ms(now),),
    ).fetchall()
    for alarm in due:
        line = _line(connection, alarm["id"])
        count = how_many(from_ms(alarm["opened_ms"]), now, len(line))
        connection.executemany(
            "UPDATE outbox SET message_id = NULL, revision = revision + 1, attempts = 0,"
            " status = CASE WHEN status = 'sending' THEN status ELSE 'ready' END"
            " WHERE alarm_id = ? AND chat_id = ? AND status <> 'dead'"
            " AND id = (SELECT max(id) FROM outbox WHERE alarm_id = ? AND chat_id = ?)",
            [(alarm["id"], one["telegram_id"]) * 2 for one in line[:count]],
        )
        rings = alarm["rings"] + 1
        connection.execute(
            "UPDATE alarm SET rings = ?, next_ms = ? WHERE id = ?",
            (rings, to_ms(now + next_ring(rings)), alarm["id"]),
        )


def _line(connection: sqlite3.Connection, alarm_id: int) -> list[sqlite3.Row]:
    """Return who is rung, first to last: owners in order, or traders where no owner is reached."""
    for role in (Role.OWNER, Role.TRADER, Role.VIEWER):
        found = connection.execute(_OWNERS, (alarm_id, role)).fetchall()
        if found:
            return found
    return []


def _show(connection: sqlite3.Connection, alarm_id: int) -> None:
    """Let every copy of the message tell the alarm's present state."""
    connection.execute(
        "UPDATE outbox SET revision = revision + 1,"
        " status = CASE WHEN status = 'sent' THEN 'ready' ELSE status END WHERE alarm_id = ?",
        (alarm_id,),
    )


def acknowledge(
    connection: sqlite3.Connection, alarm_id: int | None, member_id: MemberId, now: datetime
) -> list[str] | str:
    """End the ringing of one alarm, or of all a person was told of; return their kinds.

    A word instead: ``unknown`` (or told to others), ``over``, ``seen`` (by somebody already).
    """
    mine = (
        "SELECT DISTINCT a.id, a.ended_ms, a.acked_ms, o.kind FROM alarm a"
        " JOIN outbox o ON o.alarm_id = a.id JOIN member m ON m.telegram_id = o.chat_id"
        " WHERE m.id = ? AND m.role IN ('owner', 'trader')"
    )
    if alarm_id is None:
        found = connection.execute(
            f"{mine} AND a.ended_ms IS NULL ORDER BY a.id", (member_id,)
        ).fetchall()
    else:
        found = connection.execute(f"{mine} AND a.id = ?", (member_id, alarm_id)).fetchall()
        if not found:
            return "unknown"
        if found[0]["ended_ms"] is not None:
            return "seen" if found[0]["acked_ms"] is not None else "over"
    for row in found:
        connection.execute(
            "UPDATE alarm SET acked_ms = ?, acked_by = ?, ended_ms = ?"
            " WHERE id = ? AND ended_ms IS NULL",
            (to_ms(now), member_id, to_ms(now), row["id"]),
        )
        audit(connection, now, "alarm_seen", row["kind"], member=member_id)
        _show(connection, row["id"])
    return [str(row["kind"]) for row in found]


def view(connection: sqlite3.Connection, alarm_id: int, chat_id: int) -> AlarmView:
    """Return an alarm as it is told in one chat."""
    row = connection.execute(
        "SELECT a.*, m.name FROM alarm a LEFT JOIN member m ON m.id = a.acked_by WHERE a.id = ?",
        (alarm_id,),
    ).fetchone()
    before = []
    for one in _line(connection, alarm_id) if row["rings"] else ():
        if one["telegram_id"] == chat_id:
            break
        before.append(str(one["name"]))
    else:
        before = []  # whoever is not in the line was not asked after anybody
    acked = row["acked_ms"]
    return AlarmView(
        id=alarm_id,
        opened_at=from_ms(row["opened_ms"]),
        rings=row["rings"],
        asked=tuple(before),
        acked_by=row["name"],
        acked_at=None if acked is None else from_ms(acked),
        over=row["ended_ms"] is not None,
    )
