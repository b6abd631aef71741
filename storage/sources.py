"""Sources, the messages read from them, and what was held: plain functions, one transaction."""

import sqlite3
from datetime import datetime, timedelta

from storage import outbox, people, rights
from storage.rows import decode, encode
from trading.clock import from_ms, to_ms
from trading.ids import MemberId
from trading.incoming import CardOrigin, Incoming, OutcomeKind, Seen
from trading.notices import Priority
from trading.source_notices import SourceFlood, SourceMet, StaleDropped
from trading.sources import MOST_A_MINUTE, Source, SourceId, SourceMode, SourceSettings

_STALE_WINDOW_MS = 10 * 60 * 1000
_HOUR_MS = 3600 * 1000


def source(row: sqlite3.Row) -> Source:
    """Return a row as a source."""
    return Source(
        SourceId(row["id"]), row["key"], row["name"], decode(SourceSettings, row["settings_json"])
    )


def get(connection: sqlite3.Connection, source_id: SourceId) -> Source | None:
    """Return a source by its number."""
    row = connection.execute("SELECT * FROM source WHERE id = ?", (source_id,)).fetchone()
    return None if row is None else source(row)


def every(connection: sqlite3.Connection) -> list[Source]:
    """Return all sources, oldest first."""
    return [source(row) for row in connection.execute("SELECT * FROM source ORDER BY id")]


def meet(
    connection: sqlite3.Connection,
    key: str,
    name: str,
    mode: SourceMode,
    now: datetime,
    *,
    forwarded: bool = False,
) -> Source:
    """Return the source of a key; met for the first time it gets this mode, and is told when off.

    Two sources of one title are told apart by their key.
    """
    row = connection.execute("SELECT * FROM source WHERE key = ?", (key,)).fetchone()
    if row is not None:
        return source(row)
    taken = connection.execute("SELECT 1 FROM source WHERE name = ?", (name,)).fetchone()
    # A program minds its own pace, and the route has a limit of its own.
    limit = 0 if key.startswith("http:") else MOST_A_MINUTE
    first = SourceSettings(mode=mode, limit=limit, forwards_only=forwarded)
    label = name if taken is None else f"{name} ({key})"
    row = connection.execute(
        "INSERT INTO source (key, name, mode, settings_json, created_ms) VALUES (?, ?, ?, ?, ?)"
        " RETURNING *",
        (key, label[:96], mode, encode(first), to_ms(now)),
    ).fetchone()
    met = source(row)
    if mode is SourceMode.OFF:
        introduce(connection, met, now)
    return met


def introduce(connection: sqlite3.Connection, met: Source, now: datetime) -> None:
    """Tell the owners, once, that a source began to post by itself."""
    topic = f"met:{met.id}"
    if connection.execute("SELECT 1 FROM outbox WHERE topic = ?", (topic,)).fetchone() is None:
        notice = SourceMet(met.id, met.name)
        people.tell(connection, None, notice, Priority.INFO, now, topic=topic)


def change(
    connection: sqlite3.Connection,
    source_id: SourceId,
    settings: SourceSettings,
    member_id: MemberId | None,
    words: str,
    now: datetime,
) -> Source | None:
    """Set a source's settings and write down who did it; None where the member may not."""
    if member_id is not None and not rights.owns(connection, member_id, None):
        return None
    row = connection.execute(
        "UPDATE source SET mode_ms = CASE WHEN mode = ?1 THEN mode_ms ELSE ?2 END,"
        " mode = ?1, settings_json = ?3 WHERE id = ?4 RETURNING *",
        (settings.mode, to_ms(now), encode(settings), source_id),
    ).fetchone()
    changed = source(row)
    people.audit(connection, now, "source_changed", f"{changed.name}: {words}", member=member_id)
    return changed


def behind(connection: sqlite3.Connection, chat_id: int, message_id: int) -> CardOrigin | None:
    """Return where the signal came from whose card that message is."""
    row = connection.execute(
        "SELECT src.key, src.name, s.source_ref FROM outbox o"
        " JOIN approval a ON o.topic = 'approval:' || a.id"
        " JOIN signal s ON s.id = a.signal_id JOIN source src ON src.name = s.source"
        " WHERE o.chat_id = ? AND o.message_id = ?",
        (chat_id, message_id),
    ).fetchone()
    return None if row is None else CardOrigin(row["key"], row["name"], row["source_ref"])


def remember(
    connection: sqlite3.Connection, source_id: SourceId, message: Incoming, now: datetime
) -> Seen:
    """Write a message down and tell whether it is new, known, or says something else now."""
    row = connection.execute(
        "INSERT INTO source_message (source_id, ref, text, reply_ref, sent_ms, received_ms)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (source_id, ref) DO NOTHING RETURNING id",
        (
            source_id,
            message.ref,
            message.text[:4096],
            message.reply_ref,
            to_ms(message.sent_at),
            to_ms(now),
        ),
    ).fetchone()
    if row is not None:
        return Seen(
            row["id"], None, message.text, message.sent_at, 0, _lately(connection, source_id, now)
        )
    known = connection.execute(
        "SELECT * FROM source_message WHERE source_id = ? AND ref = ?", (source_id, message.ref)
    ).fetchone()
    if known["text"] != message.text[:4096]:
        connection.execute(
            "UPDATE source_message SET text = ?, edits = edits + 1, edited_ms = ? WHERE id = ?",
            (message.text[:4096], to_ms(now), known["id"]),
        )
    return Seen(
        known["id"],
        OutcomeKind(known["outcome"]),
        known["text"],
        from_ms(known["sent_ms"]),
        known["edits"] + (known["text"] != message.text[:4096]),
        0,
    )


def _lately(connection: sqlite3.Connection, source_id: SourceId, now: datetime) -> int:
    (count,) = connection.execute(
        "SELECT count(*) FROM source_message WHERE source_id = ? AND received_ms > ?"
        " AND outcome NOT IN ('chatter', 'stale')",
        (source_id, to_ms(now - timedelta(minutes=1))),
    ).fetchone()
    return int(count)


def conclude(
    connection: sqlite3.Connection,
    of: Source,
    message_id: int,
    outcome: OutcomeKind,
    detail: str,
    now: datetime,
) -> None:
    """Write down what became of a message, and tell what people must hear of it."""
    connection.execute(
        "UPDATE source_message SET outcome = ?, detail = ? WHERE id = ?",
        (outcome, detail[:300], message_id),
    )
    if outcome is OutcomeKind.STALE:
        _tell_stale(connection, of, now)
    elif outcome is OutcomeKind.THROTTLED:
        people.tell(
            connection,
            None,
            SourceFlood(of.id, of.name, of.settings.limit),
            Priority.INFO,
            now,
            topic=f"flood:{of.id}:{to_ms(now) // _HOUR_MS}",
        )


def _tell_stale(connection: sqlite3.Connection, of: Source, now: datetime) -> None:
    window = to_ms(now) // _STALE_WINDOW_MS
    row = connection.execute(
        "SELECT count(*) AS number, min(sent_ms) AS oldest FROM source_message"
        " WHERE source_id = ? AND outcome = 'stale' AND received_ms >= ?",
        (of.id, window * _STALE_WINDOW_MS),
    ).fetchone()
    outbox.post(
        connection,
        outbox.chats(connection, None),
        StaleDropped(of.name, row["number"], from_ms(row["oldest"])),
        Priority.INFO,
        now,
        topic=f"stale:{of.id}:{window}",
    )
