"""The way of a mail out: claimed, sent, tried again as the same mail, or given up and told."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from storage import outbox, rows
from storage.audit import audit
from storage.mail_boxes import drop_waiting
from storage.rows import decode
from trading.clock import from_ms, to_ms
from trading.ids import MemberId
from trading.mail import MailKind, masked
from trading.model import Reader
from trading.notices import MailTrouble, Notice, Priority
from trading.words import told


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail claimed for sending."""

    id: int
    member_id: MemberId
    address: str
    kind: MailKind
    notice: Notice | None
    """What it tells; None for a code."""
    code_seed: str
    """What the code follows from; empty for every other mail."""
    message_key: str
    answers: str | None
    """The key of the mail it follows up."""
    attempts: int
    created_at: datetime
    expires_at: datetime
    reader: Reader
    name: str
    link_key: str


def claim(connection: sqlite3.Connection, now: datetime) -> Mail | None:
    """Take the mail that is due longest, marking it in flight; codes before everything else."""
    _give_up_late(connection, now)
    row = connection.execute(
        "UPDATE mail SET status = 'sending', attempts = attempts + 1 WHERE id = ("
        " SELECT id FROM mail WHERE status = 'ready' AND not_before_ms <= ?"
        " ORDER BY kind <> 'code', kind <> 'critical', not_before_ms, id LIMIT 1) RETURNING *",
        (to_ms(now),),
    ).fetchone()
    if row is None:
        return None
    person = connection.execute(
        "SELECT m.*, e.link_key FROM member m LEFT JOIN member_email e ON e.member_id = m.id"
        " WHERE m.id = ?",
        (row["member_id"],),
    ).fetchone()
    kind = MailKind(row["kind"])
    is_code = kind is MailKind.CODE
    return Mail(
        id=row["id"],
        member_id=MemberId(row["member_id"]),
        address=row["address"],
        kind=kind,
        notice=None if is_code else decode(Notice, row["body_json"]),  # type: ignore[arg-type]  # a union
        code_seed=row["body_json"] if is_code else "",
        message_key=row["message_key"],
        answers=row["answers"],
        attempts=row["attempts"],
        created_at=from_ms(row["created_ms"]),
        expires_at=from_ms(row["expires_ms"]),
        reader=rows.reader(person),
        name=person["name"],
        link_key=person["link_key"] or "",
    )


def _give_up_late(connection: sqlite3.Connection, now: datetime) -> None:
    connection.execute(
        "UPDATE mail SET status = 'dead', error = 'not wanted' WHERE status = 'ready'"
        " AND member_id IN (SELECT id FROM member WHERE revoked_ms IS NOT NULL)"
    )
    late = connection.execute(
        "UPDATE mail SET status = 'dead' WHERE status = 'ready' AND expires_ms <= ?"
        " RETURNING kind, error, created_ms",
        (to_ms(now),),
    ).fetchall()
    lost = [row for row in late if row["kind"] != MailKind.CODE]
    if lost:
        tell_trouble(connection, lost[-1]["error"] or told("nobody tried it in time"), now)


def next_due(connection: sqlite3.Connection) -> int | None:
    """Return when the next mail may be tried, in milliseconds, or None when none waits."""
    (due,) = connection.execute(
        "SELECT min(not_before_ms) FROM mail WHERE status = 'ready'"
    ).fetchone()
    return None if due is None else int(due)


def mark_sent(connection: sqlite3.Connection, mail_id: int, now: datetime) -> None:
    """Record that the mail server took it; what it said is no longer needed."""
    connection.execute(
        "UPDATE mail SET status = 'sent', sent_ms = ?, error = '' WHERE id = ?",
        (to_ms(now), mail_id),
    )


def mark_retry(
    connection: sqlite3.Connection, mail_id: int, error: str, not_before: datetime
) -> None:
    """Put a mail back to be tried again, as the same mail."""
    connection.execute(
        "UPDATE mail SET status = 'ready', error = ?, not_before_ms = ? WHERE id = ?",
        (error, to_ms(not_before), mail_id),
    )


def mark_dead(connection: sqlite3.Connection, mail_id: int, error: str, now: datetime) -> None:
    """Give a mail up that the server will never take, and tell the owners."""
    _end(connection, mail_id, error)
    tell_trouble(connection, error, now)


def refuse(connection: sqlite3.Connection, mail_id: int, error: str, now: datetime) -> None:
    """Take an address out of use that does not exist, and tell whoever gave it."""
    row = _end(connection, mail_id, error)
    taken = connection.execute(
        "UPDATE member_email SET address = NULL, refused = ? WHERE member_id = ? AND address = ?",
        (error, row["member_id"], row["address"]),
    ).rowcount
    if taken:
        drop_waiting(connection, MemberId(row["member_id"]))
        audit(connection, now, "email_refused", masked(row["address"]), member=row["member_id"])
    chat = connection.execute(
        "SELECT telegram_id FROM member WHERE id = ?", (row["member_id"],)
    ).fetchone()
    outbox.post(
        connection,
        [chat["telegram_id"]],
        MailTrouble(row["address"], error),
        Priority.INFO,
        now,
        topic=f"mail:{mail_id}",
    )


def _end(connection: sqlite3.Connection, mail_id: int, error: str) -> sqlite3.Row:
    row: sqlite3.Row = connection.execute(
        "UPDATE mail SET status = 'dead', error = ? WHERE id = ? RETURNING *", (error, mail_id)
    ).fetchone()
    return row


def tell_trouble(connection: sqlite3.Connection, why: str, now: datetime) -> None:
    """Tell the owners that mail does not get out: one message until one has."""
    (last,) = connection.execute("SELECT max(id) FROM mail WHERE status = 'sent'").fetchone()
    outbox.post(
        connection,
        outbox.chats(connection, None),
        MailTrouble("", why),
        Priority.INFO,
        now,
        topic=f"mail:after:{last or 0}",
    )


def recover(connection: sqlite3.Connection, *, served: bool) -> None:
    """After a start: what was being sent is sent again as the same mail; or nothing ever is."""
    connection.execute("UPDATE member_email SET served = ? WHERE served <> ?", (served, served))
    connection.execute("UPDATE mail SET status = 'ready' WHERE status = 'sending'")
