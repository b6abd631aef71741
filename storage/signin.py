"""Sessions of the pages and the one-time links into them; tokens are kept as hashes alone."""

import sqlite3
from datetime import datetime, timedelta

from storage import people, rows
from trading.clock import from_ms, to_ms
from trading.ids import MemberId
from trading.model import Member
from trading.signin import (
    IDLE_TTL,
    MOST_SESSIONS,
    SESSION_TTL,
    SessionId,
    SessionRow,
    Theme,
    Visitor,
)

_KEPT_AFTER_END = timedelta(days=1)
"""How long an ended session still refuses the proof that began it."""
_MOST_SHOWN = 500
_LIVE = (
    " FROM web_session w JOIN member m ON m.id = w.member_id"
    " WHERE w.expires_ms > ?1 AND w.seen_ms > ?2 AND m.revoked_ms IS NULL"
)


def _at(now: datetime) -> tuple[int, int]:
    return to_ms(now), to_ms(now - IDLE_TTL)


def keep_link(
    connection: sqlite3.Connection,
    member_id: MemberId,
    token_hash: str,
    now: datetime,
    ttl: timedelta,
) -> None:
    """Keep a one-time link; the member's earlier ones hold no more."""
    connection.execute(
        "DELETE FROM web_link WHERE member_id = ? OR expires_ms <= ?", (member_id, to_ms(now))
    )
    connection.execute(
        "INSERT INTO web_link (member_id, token_hash, expires_ms) VALUES (?, ?, ?)",
        (member_id, token_hash, to_ms(now + ttl)),
    )


def link_of(connection: sqlite3.Connection, token_hash: str, now: datetime) -> Member | None:
    """Return whom a link that still holds lets in, without using it up."""
    row = connection.execute(
        "SELECT m.* FROM web_link l JOIN member m ON m.id = l.member_id WHERE l.token_hash = ?"
        " AND l.used_ms IS NULL AND l.expires_ms > ? AND m.revoked_ms IS NULL",
        (token_hash, to_ms(now)),
    ).fetchone()
    return None if row is None else rows.member(row)


def use_link(
    connection: sqlite3.Connection, link_hash: str, token_hash: str, device: str, now: datetime
) -> bool:
    """Use a link up and begin its member's session; False where it holds no more."""
    member = link_of(connection, link_hash, now)
    if member is None:
        return False
    connection.execute(
        "UPDATE web_link SET used_ms = ? WHERE token_hash = ?", (to_ms(now), link_hash)
    )
    return begin(connection, member.id, token_hash, None, device, "auto", now)


def begin(
    connection: sqlite3.Connection,
    member_id: MemberId,
    token_hash: str,
    init_hash: str | None,
    device: str,
    theme: Theme,
    now: datetime,
) -> bool:
    """Begin a session; False where the proof it would begin by has begun one before."""
    connection.execute(
        "DELETE FROM web_session WHERE expires_ms <= ?", (to_ms(now - _KEPT_AFTER_END),)
    )
    row = connection.execute(
        "INSERT INTO web_session (member_id, token_hash, init_hash, device, theme, created_ms,"
        " seen_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (init_hash) DO NOTHING RETURNING id",
        (
            member_id,
            token_hash,
            init_hash,
            device,
            theme,
            to_ms(now),
            to_ms(now),
            to_ms(now + SESSION_TTL),
        ),
    ).fetchone()
    if row is None:
        return False
    # The oldest makes room.
    connection.execute(
        "UPDATE web_session SET expires_ms = ?1 WHERE member_id = ?2 AND expires_ms > ?1"
        " AND id NOT IN (SELECT id FROM web_session WHERE member_id = ?2 AND expires_ms > ?1"
        " ORDER BY id DESC LIMIT ?3)",
        (to_ms(now), member_id, MOST_SESSIONS),
    )
    people.audit(connection, now, "pages_signed_in", device, member=member_id)
    return True


def link_by_proof(
    connection: sqlite3.Connection,
    member_id: MemberId,
    init_hash: str,
    link_hash: str,
    now: datetime,
    ttl: timedelta,
) -> bool:
    """Keep a one-time link for a Mini App's proof; False where that was used before.

    The proof is kept as that of a session which nobody was given and which is over.
    """
    row = connection.execute(
        "INSERT INTO web_session (member_id, token_hash, init_hash, device, theme, created_ms,"
        " seen_ms, expires_ms) VALUES (?1, ?2, ?2, '', 'auto', ?3, ?3, ?3)"
        " ON CONFLICT (init_hash) DO NOTHING RETURNING id",
        (member_id, init_hash, to_ms(now)),
    ).fetchone()
    if row is None:
        return False
    keep_link(connection, member_id, link_hash, now, ttl)
    return True


def visitor(connection: sqlite3.Connection, token_hash: str, now: datetime) -> Visitor | None:
    """Return the live session of a token."""
    row = connection.execute(
        f"SELECT m.*, w.id AS session_id, w.theme, w.seen_ms{_LIVE} AND w.token_hash = ?3",
        (*_at(now), token_hash),
    ).fetchone()
    if row is None:
        return None
    return Visitor(
        SessionId(row["session_id"]), rows.member(row), row["theme"], from_ms(row["seen_ms"])
    )


def began_by(
    connection: sqlite3.Connection, token_hash: str, init_hash: str, now: datetime
) -> bool:
    """Tell whether a live session was begun by that proof."""
    row = connection.execute(
        f"SELECT 1{_LIVE} AND w.token_hash = ?3 AND w.init_hash = ?4",
        (*_at(now), token_hash, init_hash),
    ).fetchone()
    return row is not None


def seen(connection: sqlite3.Connection, session_id: SessionId, now: datetime) -> None:
    """Note that a session is used."""
    connection.execute("UPDATE web_session SET seen_ms = ? WHERE id = ?", (to_ms(now), session_id))


def sessions(
    connection: sqlite3.Connection, member_id: MemberId, now: datetime, *, everyone: bool
) -> list[SessionRow]:
    """Return the live sessions of a member, or of all, the latest first."""
    found = connection.execute(
        f"SELECT w.*, m.name{_LIVE} AND (?3 OR w.member_id = ?4) ORDER BY w.id DESC LIMIT ?5",
        (*_at(now), everyone, member_id, _MOST_SHOWN),
    )
    return [
        SessionRow(
            SessionId(row["id"]),
            row["name"],
            row["device"],
            from_ms(row["created_ms"]),
            from_ms(row["seen_ms"]),
            from_ms(row["expires_ms"]),
        )
        for row in found
    ]


def end(
    connection: sqlite3.Connection,
    session_id: SessionId,
    by: MemberId,
    now: datetime,
    *,
    anyone: bool,
) -> bool:
    """End a session of one's own, or (``anyone``) of any; False where there is no such."""
    row = connection.execute(
        "UPDATE web_session SET expires_ms = ?1 WHERE id = ?2 AND expires_ms > ?1"
        " AND (?3 OR member_id = ?4) RETURNING device",
        (to_ms(now), session_id, anyone, by),
    ).fetchone()
    if row is None:
        return False
    people.audit(connection, now, "pages_signed_out", row["device"], member=by)
    return True


def end_all(connection: sqlite3.Connection, member_id: MemberId, now: datetime) -> None:
    """End whatever a member who has no right any more is signed in to."""
    connection.execute(
        "UPDATE web_session SET expires_ms = ?1 WHERE member_id = ?2 AND expires_ms > ?1",
        (to_ms(now), member_id),
    )
    connection.execute("DELETE FROM web_link WHERE member_id = ?", (member_id,))
