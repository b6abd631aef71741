"""The audit trail on disk: appended to, sealed, and never changed."""

import sqlite3
from datetime import datetime
from typing import Final

from trading.audit import AuditEntry, AuditHead, AuditLine, seal
from trading.clock import from_ms, to_ms
from trading.ids import AccountId, MemberId

# The plus keeps SQLite on the primary key, backwards: by the index on accounts it would read and
# sort the whole trail for one page.
LINES: Final = (
    "SELECT au.id, au.at_ms, m.name, ac.login, au.action, au.detail FROM audit au"
    " LEFT JOIN member m ON m.id = au.member_id LEFT JOIN account ac ON ac.id = au.account_id"
    " WHERE au.id < ? AND (+au.account_id IN (SELECT account_id FROM account_member"
    " WHERE member_id = ? AND role = 'owner')"
    " OR (+au.account_id IS NULL"
    " AND EXISTS (SELECT 1 FROM member WHERE id = ? AND everywhere = 'owner')))"
    " ORDER BY au.id DESC LIMIT ?"
)


def audit(
    connection: sqlite3.Connection,
    now: datetime,
    action: str,
    detail: str = "",
    *,
    member: MemberId | None = None,
    account: AccountId | None = None,
) -> None:
    """Write down who did what, sealed, in the transaction of what was done."""
    last, previous = connection.execute("SELECT last_id, seal FROM audit_head").fetchone()
    content = (last + 1, to_ms(now), member, account, str(action), detail)
    sealed = seal(previous, content)
    connection.execute(
        "INSERT INTO audit (id, at_ms, member_id, account_id, action, detail, previous, seal)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*content, previous, sealed),
    )
    connection.execute("UPDATE audit_head SET last_id = ?, seal = ?", (last + 1, sealed))


def page(
    connection: sqlite3.Connection, after: int, limit: int
) -> tuple[list[AuditEntry], AuditHead]:
    """Return sealed rows after an id, oldest first (-1: from the start), and the chain's end."""
    head = AuditHead(
        *connection.execute("SELECT since_id, last_id, seal FROM audit_head").fetchone()
    )
    found = connection.execute(
        "SELECT id, at_ms, member_id, account_id, action, detail, previous, seal FROM audit"
        " WHERE id > ? ORDER BY id LIMIT ?",
        (max(after, head.since_id), limit),
    )
    return [AuditEntry(*row) for row in found], head


def lines(
    connection: sqlite3.Connection, member_id: MemberId, before: int | None, limit: int
) -> list[AuditLine]:
    """Return rows of the desk and of the accounts a member owns, newest first."""
    found = connection.execute(
        LINES,
        (before if before is not None else 1 << 62, member_id, member_id, limit),
    )
    return [
        AuditLine(
            row["id"],
            from_ms(row["at_ms"]),
            row["name"] or "the desk",
            "" if row["login"] is None else str(row["login"]),
            row["action"],
            row["detail"],
        )
        for row in found
    ]
