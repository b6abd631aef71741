"""Messages that must reach people: written with the fact they tell, sent until they are."""

import logging
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from storage import alarms, attention, mails, rows
from storage.rows import decode, encode
from trading.alarms import FOLD, FOLD_WHOLE, SOUND_AGAIN, AlarmView, Fold, fold_of
from trading.attention import Attention, Drop, Hold, Sound, judge
from trading.clock import from_ms, to_ms
from trading.ids import AccountId
from trading.model import EVERYONE, Reader, Role
from trading.notices import Digest, Notice, Priority

log = logging.getLogger(__name__)

_RANKS = {Role.VIEWER: 0, Role.TRADER: 1, Role.OWNER: 2}
REVIVE_WITHIN = timedelta(days=1)
_MILLISECOND: Final = timedelta(milliseconds=1)
_DIGEST_SHOWS: Final = 30
_PASSES: Final = frozenset({"approval_card", "digest"})
"""What is not held over a quiet night: a question would run out, a digest was held already."""


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
    reader: Reader = EVERYONE
    repeats: int = 1
    first_at: datetime | None = None
    last_at: datetime | None = None
    alarm: AlarmView | None = None


def chats(
    connection: sqlite3.Connection, account_id: AccountId | None, least: Role = Role.VIEWER
) -> list[int]:
    """Return the chats of an account's members of at least that role (None: of all owners)."""
    if account_id is None:
        found = connection.execute(
            "SELECT telegram_id FROM member WHERE everywhere = 'owner' ORDER BY id"
        )
        return [row[0] for row in found]
    found = connection.execute(
        "SELECT m.telegram_id, am.role FROM account_member am "
        "JOIN member m ON m.id = am.member_id WHERE am.account_id = ? ORDER BY m.id",
        (account_id,),
    )
    return [row[0] for row in found if _RANKS[Role(row[1])] >= _RANKS[least]]


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
    """Say something in each chat; the same topic there is the same message, changed.

    What only repeats an alarm that the chat has lately seen is counted in that message. What is
    critical opens an alarm, which rings until somebody has seen it or its cause is over.
    """
    fold = fold_of(notice, priority)
    if fold is not None and topic is not None and _is_known(connection, topic):
        fold = None
    alarm_id = None if fold is None else _alarm(connection, fold, now)
    body = encode(notice, Notice)
    for chat_id in to:
        mails.also(connection, chat_id, notice, priority, now, topic)
        first_ms = to_ms(now)
        if fold is not None:
            earlier = _repeat(connection, chat_id, fold, notice.kind, body, topic, alarm_id, now)
            if earlier is None:
                continue
            first_ms = earlier
        connection.execute(
            "INSERT INTO outbox (chat_id, topic, priority, silent, body_json, status, expires_ms,"
            " created_ms, kind, fold_key, first_ms, last_ms, alarm_id)"
            " VALUES (?, ?, ?, ?, ?, 'ready', ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (topic, chat_id) DO UPDATE SET body_json = excluded.body_json,"
            " kind = excluded.kind, revision = outbox.revision + 1, expires_ms ="
            " excluded.expires_ms,"
            " status = CASE WHEN outbox.status IN ('sent', 'expired')"
            " OR (outbox.status = 'dead' AND outbox.priority < 3) THEN 'ready'"
            " ELSE outbox.status END,"
            " attempts = CASE WHEN outbox.status = 'sent' THEN 0 ELSE outbox.attempts END"
            " WHERE outbox.body_json <> excluded.body_json",
            (
                chat_id,
                topic,
                int(priority),
                int(silent),
                body,
                None if expires is None else to_ms(expires),
                to_ms(now),
                notice.kind,
                None if fold is None else fold.key,
                first_ms,
                to_ms(now),
                alarm_id,
            ),
        )


def _is_known(connection: sqlite3.Connection, topic: str) -> bool:
    found = connection.execute("SELECT 1 FROM outbox WHERE topic = ? LIMIT 1", (topic,))
    return found.fetchone() is not None


def _alarm(connection: sqlite3.Connection, fold: Fold, now: datetime) -> int | None:
    if fold.ends:
        alarms.end_alarm(connection, fold.key, now)
    return alarms.open_alarm(connection, fold, now) if fold.rings else None


def _repeat(
    connection: sqlite3.Connection,
    chat_id: int,
    fold: Fold,
    kind: str,
    body: str,
    topic: str | None,
    alarm_id: int | None,
    now: datetime,
) -> int | None:
    """Count a repeat in the message it repeats; else return since when a new one counts.

    The end of an alarm is a message of its own the first time; once the alarm has come back,
    both states are told by the newest message, so that what stands last in the chat is true.
    """
    now_ms = to_ms(now)
    row = connection.execute(
        "SELECT * FROM outbox WHERE chat_id = ? AND fold_key = ? ORDER BY id DESC LIMIT 1",
        (chat_id, fold.key),
    ).fetchone()
    if (
        row is None
        or row["status"] == "dead"
        or row["last_ms"] <= now_ms - FOLD // _MILLISECOND
        or row["first_ms"] <= now_ms - FOLD_WHOLE // _MILLISECOND
    ):
        return now_ms
    if fold.ends and row["repeats"] == 1:
        return int(row["first_ms"])
    sounds = alarm_id is not None and row["sent_ms"] is not None
    sounds = sounds and row["sent_ms"] <= now_ms - SOUND_AGAIN // _MILLISECOND
    connection.execute(
        "UPDATE outbox SET body_json = ?, kind = ?, topic = coalesce(?, topic),"
        " revision = revision + 1, repeats = repeats + ?, last_ms = ?, attempts = 0,"
        " alarm_id = coalesce(?, alarm_id), not_before_ms = CASE WHEN held = 1"
        " THEN not_before_ms ELSE 0 END, message_id = CASE WHEN ? = 1 THEN NULL"
        " ELSE message_id END,"
        " status = CASE WHEN status = 'sending' THEN status ELSE 'ready' END WHERE id = ?",
        (body, kind, topic, 0 if fold.ends else 1, now_ms, alarm_id, sounds, row["id"]),
    )
    return None


def claim(connection: sqlite3.Connection, now: datetime, limit: int) -> list[Message]:
    """Take the most urgent messages that are due, at most one a chat, marking them in flight.

    Each person's wishes are heeded here: what they do not want is dropped, what can wait for
    the end of their quiet hours is held for a digest. Nothing critical is either.
    """
    now_ms = to_ms(now)
    connection.execute(
        "UPDATE outbox SET status = 'expired' WHERE status = 'ready' AND expires_ms <= ?",
        (now_ms,),
    )
    alarms.ring(connection, now)
    waiting = connection.execute(
        "SELECT id, chat_id, kind, priority, silent, message_id, expires_ms, held FROM outbox"
        " WHERE status = 'ready' AND not_before_ms <= ?"
        " AND chat_id NOT IN (SELECT chat_id FROM outbox WHERE status = 'sending')"
        " ORDER BY priority, id LIMIT ?",
        (now_ms, limit * 8),
    ).fetchall()
    chosen: dict[int, tuple[int, bool]] = {}
    wishes: dict[int, Attention] = {}
    for row in waiting:
        chat_id = row["chat_id"]
        if chat_id in chosen:
            continue
        if chat_id not in wishes:
            wishes[chat_id] = attention.of_chat(connection, chat_id, now)
        taken = _heed(connection, row, wishes[chat_id], now)
        if taken is not None:
            chosen[chat_id] = taken
    claimed = []
    for chat_id, (message_id, silent) in list(chosen.items())[:limit]:
        row = connection.execute(
            "UPDATE outbox SET status = 'sending', attempts = attempts + 1, held = 0"
            " WHERE id = ? RETURNING *",
            (message_id,),
        ).fetchone()
        message = _readable(connection, row, wishes[chat_id].reader, silent=silent)
        if message is not None:
            claimed.append(message)
    return claimed


def _heed(
    connection: sqlite3.Connection, row: sqlite3.Row, wish: Attention, now: datetime
) -> tuple[int, bool] | None:
    """Return what is to be sent of a row and whether silently; None: not now, or never."""
    verdict = judge(
        row["kind"],
        Priority(row["priority"]),
        wish,
        now,
        silent=bool(row["silent"]),
        shown=row["message_id"] is not None,
        passes=row["kind"] in _PASSES or row["expires_ms"] is not None,
    )
    match verdict:
        case Drop():
            connection.execute(
                "UPDATE outbox SET status = 'expired', error = 'not wanted' WHERE id = ?",
                (row["id"],),
            )
            return None
        case Hold(until):
            connection.execute(
                "UPDATE outbox SET not_before_ms = ?, held = 1 WHERE id = ?",
                (to_ms(until), row["id"]),
            )
            return None
        case Sound(silent):
            return (_digest(connection, row, now) if row["held"] else row["id"]), silent
        case _:
            assert_never(verdict)


def _digest(connection: sqlite3.Connection, of: sqlite3.Row, now: datetime) -> int:
    """Return the message that tells at once what was held for a chat: the only one, or a digest."""
    held = connection.execute(
        "SELECT id, body_json, first_ms FROM outbox"
        " WHERE chat_id = ? AND held = 1 AND status = 'ready' ORDER BY id",
        (of["chat_id"],),
    ).fetchall()
    if len(held) < 2:
        return int(of["id"])
    connection.execute(
        "UPDATE outbox SET status = 'expired', error = 'in a digest', held = 0"
        " WHERE chat_id = ? AND held = 1 AND status = 'ready'",
        (of["chat_id"],),
    )
    shown = held[-_DIGEST_SHOWS:]
    items: tuple[Notice, ...] = tuple(decode(Notice, row["body_json"]) for row in shown)  # type: ignore[arg-type]  # a union
    since = from_ms(min(row["first_ms"] for row in held))
    digest = Digest(since, items, len(held) - len(shown))
    row = connection.execute(
        "INSERT INTO outbox (chat_id, priority, body_json, status, created_ms, kind, first_ms,"
        " last_ms) VALUES (?, ?, ?, 'ready', ?, ?, ?, ?) RETURNING id",
        (
            of["chat_id"],
            int(Priority.INFO),
            encode(digest, Notice),
            to_ms(now),
            digest.kind,
            to_ms(now),
            to_ms(now),
        ),
    ).fetchone()
    return int(row["id"])


def _readable(
    connection: sqlite3.Connection, row: sqlite3.Row, reader: Reader, *, silent: bool
) -> Message | None:
    """A body that no longer reads is given up alone: it must not keep the others waiting."""
    try:
        return _message(connection, row, reader, silent=silent)
    except ValueError as error:
        log.exception("a message cannot be read", extra={"facts": {"row": row["id"]}})
        mark_dead(connection, row["id"], f"unreadable: {type(error).__name__}", unreachable=False)
        return None


def _message(
    connection: sqlite3.Connection, row: sqlite3.Row, reader: Reader, *, silent: bool
) -> Message:
    alarm_id = row["alarm_id"]
    return Message(
        id=row["id"],
        chat_id=row["chat_id"],
        notice=decode(Notice, row["body_json"]),  # type: ignore[arg-type]  # a union
        revision=row["revision"],
        message_id=row["message_id"],
        priority=Priority(row["priority"]),
        silent=silent,
        attempts=row["attempts"],
        expires_ms=row["expires_ms"],
        reader=reader,
        repeats=row["repeats"],
        first_at=rows.instant(row["first_ms"]),
        last_at=rows.instant(row["last_ms"]),
        alarm=None if alarm_id is None else alarms.view(connection, alarm_id, row["chat_id"]),
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
        "SELECT (SELECT count(*) FROM outbox WHERE status = 'ready' AND held = 0)"
        " + (SELECT count(*) FROM outbox WHERE status = 'sending' AND held = 0)"  # each by index
    ).fetchone()
    return int(count)


def oldest(connection: sqlite3.Connection) -> int | None:
    """Return when the oldest message that waits was written, in milliseconds."""
    (created,) = connection.execute(
        "SELECT min(created_ms) FROM (SELECT created_ms FROM outbox WHERE status = 'ready'"
        " UNION ALL SELECT created_ms FROM outbox WHERE status = 'sending') AS waiting"
    ).fetchone()
    return None if created is None else int(created)


def next_due(connection: sqlite3.Connection) -> int | None:
    """Return when the next message may be tried, in milliseconds, or None when none waits."""
    (due,) = connection.execute(
        "SELECT min(not_before_ms) FROM outbox WHERE status = 'ready'"
    ).fetchone()
    return None if due is None else int(due)
