"""Mails as they are written: with the fact they tell, each with one Message-ID for ever."""

import secrets
import sqlite3
from datetime import datetime

from storage.rows import encode
from trading.alarms import fold_of
from trading.clock import from_ms, to_ms
from trading.ids import MemberId
from trading.mail import (
    AGAIN,
    CODE_TTL,
    LASTS,
    REPEATS,
    SETTLES,
    MailKind,
    is_end,
    kind_of,
    thread_of,
)
from trading.notices import Notice, Priority


def also(
    connection: sqlite3.Connection,
    chat_id: int,
    notice: Notice,
    priority: Priority,
    now: datetime,
    topic: str | None,
) -> None:
    """Write what a chat is told as a mail too, where its person wants that.

    A thing is mailed once, and once more when it is over; what changes before a mail has left
    takes its place.
    """
    kind = kind_of(notice, priority)
    if kind is None:
        return
    box = connection.execute(
        "SELECT e.* FROM member_email e JOIN member m ON m.id = e.member_id"
        " WHERE m.telegram_id = ? AND m.revoked_ms IS NULL AND e.served = 1"
        " AND e.address IS NOT NULL",
        (chat_id,),
    ).fetchone()
    if box is None or not box[kind.value]:
        return
    fold = fold_of(notice, priority)
    thread, ends = thread_of(notice, fold, topic), is_end(notice, fold)
    body = encode(notice, Notice)
    last = None if thread is None else _last(connection, box["member_id"], thread)
    if last is not None and last["status"] == "ready" and not last["attempts"]:
        connection.execute(
            "UPDATE mail SET body_json = ?, ends = ? WHERE id = ?", (body, int(ends), last["id"])
        )
        return
    not_before = _turn(last, now, ends=ends)
    if not_before is None:
        return
    add(
        connection,
        MemberId(box["member_id"]),
        box["address"],
        kind,
        body,
        now,
        not_before=not_before,
        thread=thread,
        ends=ends,
        answers=None if last is None or not ends else last["message_key"],
    )


def _last(connection: sqlite3.Connection, member_id: int, thread: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM mail WHERE member_id = ? AND thread = ? ORDER BY id DESC LIMIT 1",
        (member_id, thread),
    ).fetchone()
    return row


def _turn(last: sqlite3.Row | None, now: datetime, *, ends: bool) -> datetime | None:
    """Return when a mail after the last one of its thread may go out, None: it is not mailed."""
    if ends:
        return now if last is not None and not last["ends"] else None
    if last is None:
        return now + SETTLES
    since = from_ms(last["created_ms"])
    if last["ends"]:
        return max(now + SETTLES, since + AGAIN)
    return now + SETTLES if now >= since + REPEATS else None


def add(
    connection: sqlite3.Connection,
    member_id: MemberId,
    address: str,
    kind: MailKind,
    body: str,
    now: datetime,
    *,
    not_before: datetime | None = None,
    thread: str | None = None,
    ends: bool = False,
    answers: str | None = None,
) -> None:
    """Write a mail down, to be sent for at most as long as it is worth it."""
    lasts = CODE_TTL if kind is MailKind.CODE else LASTS
    connection.execute(
        "INSERT INTO mail (member_id, address, kind, body_json, message_key, thread, ends,"
        " answers, not_before_ms, expires_ms, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            member_id,
            address,
            kind,
            body,
            secrets.token_hex(16),
            thread,
            int(ends),
            answers,
            0 if not_before is None else to_ms(not_before),
            to_ms(now + lasts),
            to_ms(now),
        ),
    )
