"""Where each person's mail goes, what they want of it, and the proof that an address is theirs."""

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage import rows
from storage.audit import audit
from storage.mails import add
from trading.clock import to_ms
from trading.ids import MemberId
from trading.mail import (
    CHOICES,
    CODE_TRIES,
    CODE_TTL,
    CODES_AN_HOUR,
    CodeAsked,
    Confirm,
    MailBox,
    MailKind,
    TooMany,
    link_token,
    masked,
    read_link,
    same,
)
from trading.model import Reader


@dataclass(frozen=True, slots=True)
class Linked:
    """Whose mails of which kind an unsubscribe link is about."""

    member_id: MemberId
    kind: MailKind
    reader: Reader
    wanted: bool


CodeOf = Callable[[str, str], str]
"""Return the code of a seed and an address."""


def box(connection: sqlite3.Connection, member_id: MemberId, now: datetime) -> MailBox:
    """Return a person's e-mail as it stands."""
    row = _row(connection, member_id)
    if row is None:
        return MailBox(None, frozenset(CHOICES), None, "")
    waits = row["asked_until_ms"] is not None and row["asked_until_ms"] > to_ms(now)
    return MailBox(
        row["address"],
        frozenset(kind for kind in CHOICES if row[kind.value]),
        row["asked_address"] if waits else None,
        row["refused"],
    )


def _row(connection: sqlite3.Connection, member_id: int) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM member_email WHERE member_id = ?", (member_id,)
    ).fetchone()
    return row


def ask(
    connection: sqlite3.Connection, member_id: MemberId, address: str, now: datetime
) -> CodeAsked | TooMany:
    """Keep an address as asked for, and write the mail that brings its code."""
    (sent,) = connection.execute(
        "SELECT count(*) FROM mail WHERE member_id = ? AND kind = 'code' AND created_ms > ?",
        (member_id, to_ms(now - timedelta(hours=1))),
    ).fetchone()
    if sent >= CODES_AN_HOUR:
        return TooMany()
    seed = secrets.token_hex(16)
    connection.execute(
        "UPDATE mail SET status = 'dead', error = 'a newer code was asked for'"
        " WHERE member_id = ? AND kind = 'code' AND status = 'ready'",
        (member_id,),
    )
    connection.execute(
        "INSERT INTO member_email (member_id, asked_address, asked_seed, asked_until_ms,"
        " tries_left) VALUES (?, ?, ?, ?, ?) ON CONFLICT (member_id) DO UPDATE SET"
        " asked_address = excluded.asked_address, asked_seed = excluded.asked_seed,"
        " asked_until_ms = excluded.asked_until_ms, tries_left = excluded.tries_left",
        (member_id, address, seed, to_ms(now + CODE_TTL), CODE_TRIES),
    )
    add(connection, member_id, address, MailKind.CODE, seed, now)
    audit(connection, now, "email_asked", masked(address), member=member_id)
    return CodeAsked()


def confirm(
    connection: sqlite3.Connection, member_id: MemberId, code: str, code_of: CodeOf, now: datetime
) -> Confirm:
    """Take the asked address into use where the code is its own; every try counts."""
    row = _row(connection, member_id)
    if row is None or row["asked_address"] is None:
        return Confirm.NONE_ASKED
    if row["asked_until_ms"] <= to_ms(now):
        return Confirm.EXPIRED
    if not row["tries_left"]:
        return Confirm.SPENT
    connection.execute(
        "UPDATE member_email SET tries_left = tries_left - 1 WHERE member_id = ?", (member_id,)
    )
    address = str(row["asked_address"])
    if not same(code, code_of(row["asked_seed"], address)):
        return Confirm.WRONG if row["tries_left"] > 1 else Confirm.SPENT
    connection.execute(
        "UPDATE member_email SET address = ?, confirmed_ms = ?, link_key = ?, refused = '',"
        " asked_address = NULL, asked_seed = NULL, asked_until_ms = NULL, tries_left = 0"
        " WHERE member_id = ?",
        (address, to_ms(now), secrets.token_hex(32), member_id),
    )
    audit(connection, now, "email_confirmed", masked(address), member=member_id)
    return Confirm.DONE


def switch(
    connection: sqlite3.Connection, member_id: MemberId, kind: MailKind, now: datetime, *, on: bool
) -> None:
    """Keep whether a person wants mails of a kind; what waits of an unwanted one is dropped."""
    connection.execute(
        f"INSERT INTO member_email (member_id, {kind.value}) VALUES (?, ?)"  # noqa: S608 - one of three names
        f" ON CONFLICT (member_id) DO UPDATE SET {kind.value} = excluded.{kind.value}",
        (member_id, int(on)),
    )
    if not on:
        drop_waiting(connection, member_id, kind)
    audit(connection, now, "email_kind", f"{kind} {'on' if on else 'off'}", member=member_id)


def forget(connection: sqlite3.Connection, member_id: MemberId, now: datetime) -> bool:
    """Forget a person's address and every mail that waits; False where there was none."""
    row = _row(connection, member_id)
    if row is None or (row["address"] is None and row["asked_address"] is None):
        return False
    connection.execute(
        "UPDATE member_email SET address = NULL, asked_address = NULL, asked_seed = NULL,"
        " asked_until_ms = NULL, link_key = '', refused = '' WHERE member_id = ?",
        (member_id,),
    )
    drop_waiting(connection, member_id)
    connection.execute(
        "UPDATE mail SET address = '' WHERE member_id = ? AND status IN ('sent', 'dead')",
        (member_id,),
    )
    audit(connection, now, "email_off", member=member_id)
    return True


def drop_waiting(
    connection: sqlite3.Connection, member_id: MemberId, kind: MailKind | None = None
) -> None:
    """Drop what waits for a person, of one kind or of all."""
    connection.execute(
        "UPDATE mail SET status = 'dead', error = 'not wanted'"
        " WHERE member_id = ? AND status = 'ready' AND kind = coalesce(?, kind)",
        (member_id, kind),
    )


def linked(connection: sqlite3.Connection, token: str) -> Linked | None:
    """Return who and what an unsubscribe link is for, None where it is not one of ours."""
    read = read_link(token)
    row = None if read is None else _row(connection, read[0])
    if read is None or row is None or not row["link_key"]:
        return None
    member_id, kind = read
    if not same(token, link_token(row["link_key"], member_id, kind)):
        return None
    person = connection.execute("SELECT * FROM member WHERE id = ?", (member_id,)).fetchone()
    return Linked(MemberId(member_id), kind, rows.reader(person), wanted=bool(row[kind.value]))


def unsubscribe(connection: sqlite3.Connection, token: str, now: datetime) -> Linked | None:
    """Switch off what an unsubscribe link names, None where it is not one of ours."""
    found = linked(connection, token)
    if found is not None and found.wanted:
        switch(connection, found.member_id, found.kind, now, on=False)
    return found
