"""Messages that must reach people: written with the fact they tell, sent until they are."""

import logging
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.rows import decode, encode
from trading.clock import to_ms
from trading.ids import AccountId
from trading.model import Role
from trading.notices import Notice, Priority

log = logging.getLogger(__name__)

_RANKS = {Role.VIEWER: 0, Role.TRADER: 1, Role.OWNER: 2}
REVIVE_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it should look now, claimed for sending."""

    id: int
    chat_id: int
    notice: Notice
    revision: int
    message_id: int | None
    """Telegram's id of it once sent: then it is edited."""
    priority: Priority
    silent: bool
    attempts: int
    expires_ms: int | None


def chats(
    connection: sqlite3.Connection, account_id: AccountId | None, least: Role = Role.VIEWER
) -> list[int]:
    """Return the chats of an account's members of at least that role (None: of all owners)."""
    if account_id is None:
        rows = connection.execute(
            "SELECT telegram_id FROM member WHERE everywhere = 'owner' ORDER BY id"
        )
        return [row[0] for row in rows]
    rows = connection.execute(
        "SELECT m.telegram_id, am.role FROM account_member am "
        "JOIN member m ON m.id = am.member_id WHERE am.account_id = ? ORDER BY m.id",
        (account_id,),
    )
    return [row[0] for row in rows if _RANKS[Role(row[1])] >= _RANKS[least]]


def post(
    connection: sqlite3.Connection,
    to: Iterable[int],
    notice: Notice,
    priority: Priority,
    now: datetime,
    *,
    topic: str | None = None,
    silent: bool = False,
    expires: datetime | None = None,
) -> None:
    """Say something in each chat; the same topic there is the same message, changed."""
    body, now_ms = encode(notice, Notice), to_ms(now)
    for chat_id in to:
        connection.execute(
            "INSERT INTO outbox (chat_id, topic, priority, silent, body_json, status, expires_ms,"
            " created_ms) VALUES (?, ?, ?, ?, ?, 'ready', ?, ?)"
            " ON CONFLICT (topic, chat_id) DO UPDATE SET body_json = excluded.body_json,"
            " revision = revision + 1, expires_ms = excluded.expires_ms,"
            " status = CASE WHEN status IN ('sent', 'expired')"
            " OR (status = 'dead' AND priority < 3) THEN 'ready' ELSE status END,"
            " attempts = CASE WHEN status = 'sent' THEN 0 ELSE attempts END"
            " WHERE body_json <> excluded.body_json",
            (
                chat_id,
                topic,
                int(priority),
                int(silent),
                body,
                None if expires is None else to_ms(expires),
                now_ms,
            ),
        )


def claim(connection: sqlite3.Connection, now: datetime, limit: int) -> list[Message]:
    """Take the most urgent messages that are due, at most one a chat, marking them in flight."""
    now_ms = to_ms(now)
    connection.execute(
        "UPDATE outbox SET status = 'expired' WHERE status = 'ready' AND expires_ms <= ?",
        (now_ms,),
    )
    rows = connection.execute(
        "SELECT id, chat_id FROM outbox WHERE status = 'ready' AND not_before_ms <= ?"
        " AND chat_id NOT IN (SELECT chat_id FROM outbox WHERE status = 'sending')"
        " ORDER BY priority, id LIMIT ?",
        (now_ms, limit * 8),
    ).fetchall()
    chosen: dict[int, int] = {}
    for row in rows:
        chosen.setdefault(row["chat_id"], row["id"])
    claimed = []
    for message_id in list(chosen.values())[:limit]:
        row = connection.execute(
            "UPDATE outbox SET status = 'sending', attempts = attempts + 1 WHERE id = ?"
            " RETURNING *",
            (message_id,),
        ).fetchone()
        message = _readable(connection, row)
        if message is not None:
            claimed.append(message)
    return claimed


def _readable(connection: sqlite3.Connection, row: sqlite3.Row) -> Message | None:
    """A body that no longer reads is given up alone: it must not keep the others waiting."""
    try:
        return _message(row)
    except ValueError as error:
        log.exception("a message cannot be read", extra={"facts": {"row": row["id"]}})
        mark_dead(connection, row["id"], f"unreadable: {type(error).__name__}", unreachable=False)
        return None


def _message(row: sqlite3.Row) -> Message:
    return Message(
        id=row["id"],
        chat_id=row["chat_id"],
        notice=decode(Notice, row["body_json"]),  # type: ignore[arg-type]  # a union
        revision=row["revision"],
        message_id=row["message_id"],
        priority=Priority(row["priority"]),
        silent=bool(row["silent"]),
        attempts=row["attempts"],
        expires_ms=row["expires_ms"],
    )


def mark_sent(
    connection: sqlite3.Connection, row_id: int, revision: int, message_id: int, now: datetime
) -> None:
    """Record what the chat shows; a change made meanwhile goes out next."""
    connection.execute(
        "UPDATE outbox SET sent_revision = ?, message_id = ?, sent_ms = ?, error = '',"
        " status = CASE WHEN revision > ? THEN 'ready' ELSE 'sent' END WHERE id = ?",
        (revision, message_id, to_ms(now), revision, row_id),
    )


def mark_retry(
    connection: sqlite3.Connection, row_id: int, error: str, not_before: datetime
) -> None:
    """Put a message back to be tried again, not before that instant."""
    connection.execute(
        "UPDATE outbox SET status = 'ready', error = ?, not_before_ms = ? WHERE id = ?",
        (error, to_ms(not_before), row_id),
    )


def resend(connection: sqlite3.Connection, row_id: int) -> None:
    """Forget a message a person deleted from the chat, so that its next state is sent anew."""
    connection.execute(
        "UPDATE outbox SET status = 'ready', message_id = NULL WHERE id = ?", (row_id,)
    )


def mark_dead(
    connection: sqlite3.Connection, row_id: int, error: str, *, unreachable: bool
) -> bool:
    """Give a message up; True when that is how we learned its reader cannot be reached."""
    row = connection.execute(
        "UPDATE outbox SET status = 'dead', error = ? WHERE id = ? RETURNING chat_id",
        (error, row_id),
    ).fetchone()
    if not unreachable:
        return False
    changed = connection.execute(
        "UPDATE member SET reachable = 0 WHERE telegram_id = ? AND reachable = 1",
        (row["chat_id"],),
    )
    return changed.rowcount == 1


def move_chat(connection: sqlite3.Connection, old: int, new: int) -> None:
    """Follow a group that Telegram moved to another id."""
    connection.execute(
        "UPDATE outbox SET chat_id = ?, message_id = NULL,"
        " status = CASE WHEN status = 'sending' THEN 'ready' ELSE status END WHERE chat_id = ?",
        (new, old),
    )


def revive(connection: sqlite3.Connection, telegram_id: int, now: datetime) -> bool:
    """Note that a person can be reached again; what they missed today is sent."""
    changed = connection.execute(
        "UPDATE member SET reachable = 1 WHERE telegram_id = ? AND reachable = 0", (telegram_id,)
    )
    connection.execute(
        "UPDATE outbox SET status = 'ready', attempts = 0, not_before_ms = 0"
        " WHERE chat_id = ? AND status = 'dead' AND created_ms > ?",
        (telegram_id, to_ms(now - REVIVE_WITHIN)),
    )
    return changed.rowcount == 1


def recover(connection: sqlite3.Connection) -> int:
    """After a crash, offer again what was in flight: a repeated card is harmless."""
    changed = connection.execute("UPDATE outbox SET status = 'ready' WHERE status = 'sending'")
    return changed.rowcount


def backlog(connection: sqlite3.Connection) -> int:
    """Return how many messages wait."""
    (count,) = connection.execute(
        "SELECT count(*) FROM outbox WHERE status IN ('ready', 'sending')"
    ).fetchone()
    return int(count)


def oldest(connection: sqlite3.Connection) -> int | None:
    """Return when the oldest message that waits was written, in milliseconds."""
    (created,) = connection.execute(
        "SELECT min(created_ms) FROM outbox WHERE status IN ('ready', 'sending')"
    ).fetchone()
    return None if created is None else int(created)


def next_due(connection: sqlite3.Connection) -> int | None:
    """Return when the next message may be tried, in milliseconds, or None when none waits."""
    (due,) = connection.execute(
        "SELECT min(not_before_ms) FROM outbox WHERE status = 'ready'"
    ).fetchone()
    return None if due is None else int(due)
