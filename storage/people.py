"""Members, accounts and who may do what on which; every change leaves an audit row."""

import sqlite3
from datetime import datetime, timedelta
from decimal import Decimal

from storage import audit as trail
from storage import outbox, rows
from trading.clock import to_ms
from trading.ids import AccountId, ConfirmId, MemberId
from trading.model import Account, Confirmation, MarginMode, Member, Role, TradingState
from trading.notices import Notice, Priority

audit = trail.audit


def member_by_telegram(connection: sqlite3.Connection, telegram_id: int) -> Member | None:
    """Return the member with that Telegram id, if we know them."""
    row = connection.execute(
        "SELECT * FROM member WHERE telegram_id = ? AND revoked_ms IS NULL", (telegram_id,)
    ).fetchone()
    return None if row is None else rows.member(row)


def members(connection: sqlite3.Connection) -> list[Member]:
    """Return everyone we know, in the order they came."""
    found = connection.execute("SELECT * FROM member WHERE revoked_ms IS NULL ORDER BY id")
    return [rows.member(row) for row in found]


def rename_member(connection: sqlite3.Connection, member_id: MemberId, name: str) -> None:
    """Keep the name a person shows in Telegram."""
    connection.execute("UPDATE member SET name = ? WHERE id = ?", (name, member_id))


def role_on(
    connection: sqlite3.Connection, member_id: MemberId, account_id: AccountId
) -> Role | None:
    """Return a member's role on an account, or None where they have none."""
    row = connection.execute(
        "SELECT role FROM account_member WHERE member_id = ? AND account_id = ?",
        (member_id, account_id),
    ).fetchone()
    return None if row is None else Role(row["role"])


def open_account(
    connection: sqlite3.Connection,
    login: int,
    server: str,
    currency: str,
    margin_mode: MarginMode,
    entry_equity: Decimal,
    now: datetime,
    member_id: MemberId | None = None,
) -> tuple[Account, bool]:
    """Return the account of a broker login and whether it was met for the first time.

    Entry equity is what it was then: a restart never moves it. A member's account is seen by
    nobody else until they grant it; the desk's own belongs to every owner.
    """
    existing = connection.execute(
        "SELECT * FROM account WHERE login = ? AND server = ?", (login, server)
    ).fetchone()
    if existing is not None:
        return rows.account(existing), False
    row = connection.execute(
        "INSERT INTO account (login, server, currency, margin_mode, trading_state, entry_equity,"
        " deals_seen_ms, created_ms, member_id) VALUES (?, ?, ?, ?, 'active', ?, ?, ?, ?)"
        " RETURNING *",
        (
            login,
            server,
            currency,
            margin_mode,
            str(entry_equity),
            to_ms(now),
            to_ms(now),
            member_id,
        ),
    ).fetchone()
    connection.execute(
        "INSERT INTO account_member (account_id, member_id, role)"
        " SELECT ?1, id, CASE WHEN id = ?2 THEN 'owner' ELSE everywhere END FROM member"
        " WHERE (CAST(?2 AS BIGINT) IS NULL AND everywhere IS NOT NULL) OR id = ?2",
        (row["id"], member_id),
    )
    connection.execute(
        "UPDATE member SET role = 'owner', revoked_ms = NULL WHERE id = ?", (member_id,)
    )
    opened = rows.account(row)
    audit(connection, now, "account_opened", f"entry equity {entry_equity}", account=opened.id)
    return opened, True


def account(connection: sqlite3.Connection, account_id: AccountId) -> Account:
    """Return an account as it stands."""
    row = connection.execute("SELECT * FROM account WHERE id = ?", (account_id,)).fetchone()
    return rows.account(row)


def accounts_of(connection: sqlite3.Connection, member_id: MemberId) -> list[Account]:
    """Return the accounts a member has any right on."""
    found = connection.execute(
        "SELECT a.* FROM account a JOIN account_member am ON am.account_id = a.id"
        " WHERE am.member_id = ? ORDER BY a.id",
        (member_id,),
    )
    return [rows.account(row) for row in found]


def roles_of(connection: sqlite3.Connection, member_id: MemberId) -> list[tuple[Account, Role]]:
    """Return the accounts a member has any right on, with their role on each."""
    found = connection.execute(
        "SELECT a.*, am.role AS held FROM account a JOIN account_member am"
        " ON am.account_id = a.id WHERE am.member_id = ? ORDER BY a.id",
        (member_id,),
    )
    return [(rows.account(row), Role(row["held"])) for row in found]


def change_state(
    connection: sqlite3.Connection,
    account_id: AccountId,
    expected: TradingState,
    state: TradingState,
    now: datetime,
) -> bool:
    """Move an account from one trading state to another, unless someone was faster."""
    changed = connection.execute(
        "UPDATE account SET trading_state = ? WHERE id = ? AND trading_state = ?",
        (state, account_id, expected),
    )
    if changed.rowcount:
        audit(connection, now, f"trading_{state}", f"was {expected}", account=account_id)
    return changed.rowcount == 1


def label(of: Account) -> str:
    """Return how people call an account."""
    return str(of.login)


def ask(
    connection: sqlite3.Connection,
    member_id: MemberId,
    account_id: AccountId,
    action: str,
    detail: str,
    now: datetime,
    ttl: timedelta,
) -> ConfirmId:
    """Write down a question whose confirm button will be tapped, once, in time."""
    row = connection.execute(
        "INSERT INTO confirmation (member_id, account_id, action, detail, created_ms, expires_ms)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        (member_id, account_id or None, action, detail, to_ms(now), to_ms(now + ttl)),
    ).fetchone()
    return ConfirmId(row["id"])


def take_confirmation(
    connection: sqlite3.Connection, confirm_id: ConfirmId, member_id: MemberId, now: datetime
) -> Confirmation | str:
    """Use a confirmation up, or say in a word why not: ``unknown foreign used expired``."""
    row = connection.execute("SELECT * FROM confirmation WHERE id = ?", (confirm_id,)).fetchone()
    if row is None:
        return "unknown"
    if row["member_id"] != member_id:
        return "foreign"
    if row["used_ms"] is not None:
        return "used"
    if row["expires_ms"] <= to_ms(now):
        return "expired"
    connection.execute(
        "UPDATE confirmation SET used_ms = ? WHERE id = ? AND used_ms IS NULL",
        (to_ms(now), confirm_id),
    )
    # 0 is the desk itself: a question about people is about no account alone.
    return Confirmation(AccountId(row["account_id"] or 0), row["action"], row["detail"])


def tell(
    connection: sqlite3.Connection,
    account_id: AccountId | None,
    notice: Notice,
    priority: Priority,
    now: datetime,
    *,
    topic: str | None = None,
    silent: bool = False,
    least: Role = Role.VIEWER,
    expires: datetime | None = None,
) -> None:
    """Post a notice to the members of an account (None: to every owner)."""
    outbox.post(
        connection,
        outbox.chats(connection, account_id, least),
        notice,
        priority,
        now,
        topic=topic,
        silent=silent,
        expires=expires,
    )


def owns_desk(connection: sqlite3.Connection, member_id: MemberId) -> bool:
    """Tell whether a member is an owner of the whole desk."""
    row = connection.execute(
        "SELECT 1 FROM member WHERE id = ? AND everywhere = 'owner' AND revoked_ms IS NULL",
        (member_id,),
    ).fetchone()
    return row is not None
