"""Invitations and roles: who asks is checked in the transaction that changes anything."""

import sqlite3
from datetime import datetime, timedelta
from decimal import Decimal

from storage import outbox, people, rows, signin, tokens
from storage.audit import audit
from trading.clock import to_ms
from trading.ids import AccountId, MemberId
from trading.model import Member, Role
from trading.notices import Priority, RightsChanged
from trading.people import Change, Rights, needs_second
from trading.words import told

NOT_OWNER = told("Only an owner may do that. Nothing was changed.")


def owns(connection: sqlite3.Connection, member_id: MemberId, account_id: AccountId | None) -> bool:
    """Tell whether a member is an owner of an account (None: of all of them)."""
    if account_id is not None:
        return people.role_on(connection, member_id, account_id) is Role.OWNER
    row = connection.execute(
        "SELECT 1 FROM member WHERE id = ? AND everywhere = 'owner' AND revoked_ms IS NULL",
        (member_id,),
    ).fetchone()
    return row is not None


def make_invite(
    connection: sqlite3.Connection,
    by: MemberId,
    token_hash: str,
    role: Role,
    account_id: AccountId | None,
    now: datetime,
    ttl: timedelta,
) -> str | None:
    """Keep an invitation, or say why not."""
    if not owns(connection, by, account_id):
        return NOT_OWNER
    connection.execute(
        "INSERT INTO invite (token_hash, role, account_id, made_by, created_ms, expires_ms)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (token_hash, role, account_id, by, to_ms(now), to_ms(now + ttl)),
    )
    audit(connection, now, "invited", str(role), member=by, account=account_id)
    return None


def redeem(
    connection: sqlite3.Connection, token_hash: str, telegram_id: int, name: str, now: datetime
) -> Member | str:
    """Use an invitation up: its role is given, and never takes a higher one away."""
    invite = connection.execute(
        "SELECT * FROM invite WHERE token_hash = ?", (token_hash,)
    ).fetchone()
    if invite is None:
        return told("This invitation is not known.")
    if invite["used_ms"] is not None:
        return told("This invitation was used already.")
    if invite["expires_ms"] <= to_ms(now):
        return told("This invitation has expired: ask for a new one.")
    account_id, made_by = invite["account_id"], MemberId(invite["made_by"])
    if not owns(connection, made_by, account_id):
        return told("Whoever made this invitation is no owner any more: ask for a new one.")
    member_id, role = _ensure(connection, telegram_id, name, now), Role(invite["role"])
    if _highest(connection, member_id, account_id).may(role):
        return told("You have these rights already: the invitation stays unused.")
    connection.execute(
        "UPDATE invite SET used_ms = ?, used_by = ? WHERE id = ? AND used_ms IS NULL",
        (to_ms(now), member_id, invite["id"]),
    )
    return _give(connection, made_by, member_id, role, account_id, now, "joined")


def may_change(connection: sqlite3.Connection, by: MemberId, change: Change) -> str | None:
    """Say why this member may not make that change; None when they may."""
    if not owns(connection, by, change.account_id):
        return NOT_OWNER
    row = connection.execute(
        "SELECT * FROM member WHERE telegram_id = ? AND revoked_ms IS NULL", (change.telegram_id,)
    ).fetchone()
    if row is None:
        known = change.role is not None
        return (
            None
            if known
            else told("Nobody with the id {id} has rights here.", id=change.telegram_id)
        )
    if row["id"] == by:
        return told("Your own rights are changed by another owner. Nothing was changed.")
    if row["by_settings"]:
        return told(
            "The settings name this person an owner: take the id out of TELEGRAM_OWNER_IDS."
        )
    own = connection.execute(
        "SELECT 1 FROM account WHERE id = ? AND member_id = ?", (change.account_id, row["id"])
    ).fetchone()
    return None if own is None else told("It is this person's own account. Nothing was changed.")


def change_rights(
    connection: sqlite3.Connection, by: MemberId, change: Change, now: datetime
) -> Member | str:
    """Make a change of rights, write it down and tell the owners and the person."""
    why = may_change(connection, by, change)
    if why is not None:
        return why
    name = str(change.telegram_id)
    member_id = _ensure(connection, change.telegram_id, name, now, rename=False)
    if change.role is not None:
        return _give(connection, by, member_id, change.role, change.account_id, now, "granted")
    return _take(connection, by, member_id, change.account_id, now)


def _ensure(
    connection: sqlite3.Connection,
    telegram_id: int,
    name: str,
    now: datetime,
    *,
    rename: bool = True,
) -> MemberId:
    """Return the member, made without any right where they are new."""
    connection.execute(
        "INSERT INTO member (telegram_id, name, role, created_ms, revoked_ms)"
        " VALUES (?, ?, 'viewer', ?, ?) ON CONFLICT DO NOTHING",
        (telegram_id, name, to_ms(now), to_ms(now)),
    )
    row = connection.execute(
        "SELECT id FROM member WHERE telegram_id = ?", (telegram_id,)
    ).fetchone()
    if rename:
        people.rename_member(connection, MemberId(row["id"]), name)
    return MemberId(row["id"])


class _Nothing:
    """Less than any role."""

    @staticmethod
    def may(_needed: Role) -> bool:
        return False


def _highest(
    connection: sqlite3.Connection, member_id: MemberId, account_id: AccountId | None
) -> Role | _Nothing:
    if account_id is not None:
        return people.role_on(connection, member_id, account_id) or _Nothing()
    row = connection.execute(
        "SELECT everywhere FROM member WHERE id = ? AND revoked_ms IS NULL", (member_id,)
    ).fetchone()
    return _Nothing() if row is None or row["everywhere"] is None else Role(row["everywhere"])


def _give(
    connection: sqlite3.Connection,
    by: MemberId,
    member_id: MemberId,
    role: Role,
    account_id: AccountId | None,
    now: datetime,
    action: str,
) -> Member:
    if account_id is None:
        connection.execute("UPDATE member SET everywhere = ? WHERE id = ?", (role, member_id))
    connection.execute(
        "INSERT INTO account_member (account_id, member_id, role)"
        " SELECT id, ?, ? FROM account WHERE (CAST(? AS BIGINT) IS NULL AND member_id IS NULL)"
        " OR id = ?"
        " ON CONFLICT (account_id, member_id) DO UPDATE SET role = excluded.role",
        (member_id, role, account_id, account_id),
    )
    connection.execute(
        "UPDATE member SET revoked_ms = NULL, reachable = 1 WHERE id = ?", (member_id,)
    )
    return _settle(connection, by, member_id, role, account_id, now, action)


def _take(
    connection: sqlite3.Connection,
    by: MemberId | None,
    member_id: MemberId,
    account_id: AccountId | None,
    now: datetime,
) -> Member:
    connection.execute(
        "DELETE FROM account_member WHERE member_id = ?1 AND (CAST(?2 AS BIGINT) IS NULL"
        " OR account_id = ?2)"
        # Their own account stays theirs: somebody must be able to stop it.
        " AND account_id NOT IN (SELECT id FROM account WHERE member_id = ?1)",
        (member_id, account_id),
    )
    # A right on one account less is no longer a right on every account.
    connection.execute("UPDATE member SET everywhere = NULL WHERE id = ?", (member_id,))
    return _settle(connection, by, member_id, None, account_id, now, "revoked")


def _settle(
    connection: sqlite3.Connection,
    by: MemberId | None,
    member_id: MemberId,
    role: Role | None,
    account_id: AccountId | None,
    now: datetime,
    action: str,
) -> Member:
    """Bring the person's highest role up to date, write it down, tell it."""
    held = [
        Role(row["role"])
        for row in connection.execute(
            "SELECT role FROM account_member WHERE member_id = ?"
            " UNION ALL SELECT everywhere FROM member WHERE id = ? AND everywhere IS NOT NULL",
            (member_id, member_id),
        )
    ]
    highest = next((one for one in (Role.OWNER, Role.TRADER, Role.VIEWER) if one in held), None)
    connection.execute(
        "UPDATE member SET role = ?, revoked_ms = ? WHERE id = ?",
        (highest or Role.VIEWER, None if highest else to_ms(now), member_id),
    )
    if highest is None:
        tokens.revoke(connection, member_id, "", now)
        signin.end_all(connection, member_id, now)
    row = connection.execute("SELECT * FROM member WHERE id = ?", (member_id,)).fetchone()
    changed = rows.member(row)
    words = f"{changed.telegram_id} {role or 'no right'}"
    audit(connection, now, f"rights_{action}", words, member=by, account=account_id)
    notice = RightsChanged(
        changed.name,
        changed.telegram_id,
        role,
        _label(connection, account_id),
        _name(connection, by),
    )
    owners = outbox.chats(connection, account_id, Role.OWNER)
    to = dict.fromkeys((*owners, changed.telegram_id))
    outbox.post(connection, to, notice, Priority.DECISION, now)
    return changed


def _label(connection: sqlite3.Connection, account_id: AccountId | None) -> str:
    return "" if account_id is None else people.label(people.account(connection, account_id))


def _name(connection: sqlite3.Connection, member_id: MemberId | None) -> str:
    if member_id is None:
        return "the settings"
    row = connection.execute("SELECT name FROM member WHERE id = ?", (member_id,)).fetchone()
    return str(row["name"])


def ensure_owners(
    connection: sqlite3.Connection, telegram_ids: tuple[int, ...], now: datetime
) -> None:
    """Make the owners whom the settings name what they are, and whom they no longer name not."""
    if not telegram_ids:
        return
    named = ",".join("?" * len(telegram_ids))
    dropped = connection.execute(
        f"SELECT id FROM member WHERE by_settings = 1 AND telegram_id NOT IN ({named}) ORDER BY id",  # noqa: S608 - question marks alone
        telegram_ids,
    ).fetchall()
    for telegram_id in telegram_ids:
        member_id = _ensure(connection, telegram_id, str(telegram_id), now, rename=False)
        connection.execute("UPDATE member SET by_settings = 1 WHERE id = ?", (member_id,))
        accounts, owned = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE am.role = 'owner') FROM account a LEFT JOIN"
            " account_member am ON am.account_id = a.id AND am.member_id = ?"
            " WHERE a.member_id IS NULL",
            (member_id,),
        ).fetchone()
        if not owns(connection, member_id, None) or owned < accounts:
            _give_quietly(connection, member_id, now)
    for row in dropped:
        connection.execute("UPDATE member SET by_settings = 0 WHERE id = ?", (row["id"],))
        _take(connection, None, MemberId(row["id"]), None, now)


def _give_quietly(connection: sqlite3.Connection, member_id: MemberId, now: datetime) -> None:
    connection.execute(
        "UPDATE member SET everywhere = 'owner', role = 'owner', revoked_ms = NULL WHERE id = ?",
        (member_id,),
    )
    connection.execute(
        "INSERT INTO account_member (account_id, member_id, role)"
        " SELECT id, ?, 'owner' FROM account WHERE member_id IS NULL"
        " ON CONFLICT (account_id, member_id) DO UPDATE SET role = 'owner'",
        (member_id,),
    )
    audit(connection, now, "rights_by_settings", "owner", member=member_id)


def rights(connection: sqlite3.Connection, by: MemberId) -> list[Rights] | None:
    """Return everyone's rights on the accounts this member owns; None to whoever owns none."""
    mine = {
        row["account_id"]: str(row["login"])
        for row in connection.execute(
            "SELECT am.account_id, a.login FROM account_member am"
            " JOIN account a ON a.id = am.account_id WHERE am.member_id = ? AND"
            " am.role = 'owner' ORDER BY a.id",
            (by,),
        )
    }
    everything = owns(connection, by, None)
    if not mine and not everything:
        return None
    found = []
    for row in connection.execute("SELECT * FROM member WHERE revoked_ms IS NULL ORDER BY id"):
        held = tuple(
            (mine[one["account_id"]], Role(one["role"]))
            for one in connection.execute(
                "SELECT account_id, role FROM account_member WHERE member_id = ?"
                " ORDER BY account_id",
                (row["id"],),
            )
            if one["account_id"] in mine
        )
        if held or everything:
            everywhere = None if row["everywhere"] is None else Role(row["everywhere"])
            found.append(Rights(rows.member(row), everywhere, held, bool(row["by_settings"])))
    return found


def set_second(
    connection: sqlite3.Connection,
    by: MemberId,
    account_id: AccountId,
    above: Decimal | None,
    now: datetime,
) -> int | str:
    """Set the risk above which two people approve; return how many may, or why not."""
    if not owns(connection, by, account_id):
        return NOT_OWNER
    connection.execute(
        "UPDATE account SET second_above = ? WHERE id = ?", (rows.text(above), account_id)
    )
    detail = "off" if above is None else f"above {above:f} %"
    audit(connection, now, "two_person_rule", detail, member=by, account=account_id)
    (approvers,) = connection.execute(
        "SELECT count(*) FROM account_member WHERE account_id = ? AND role IN ('owner', 'trader')",
        (account_id,),
    ).fetchone()
    return int(approvers)


def first_of_two(
    connection: sqlite3.Connection,
    approval: sqlite3.Row,
    member_id: MemberId,
    decision: str,
    risk_percent: Decimal | None,
    now: datetime,
) -> str | None:
    """Count an approval that may need a second; return whose is the first when one still lacks.

    A vote counts while its giver may still approve, and only for the same decision: two people
    must mean the same volume.
    """
    account = people.account(connection, AccountId(approval["account_id"]))
    if not needs_second(risk_percent, account.second_above):
        return None
    connection.execute(
        "INSERT INTO approval_vote (approval_id, member_id, decision, at_ms) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (approval_id, member_id) DO UPDATE SET decision = excluded.decision",
        (approval["id"], member_id, decision, to_ms(now)),
    )
    given = voters(connection, approval["id"], decision)
    return given[0] if len(given) < 2 else None


def voters(
    connection: sqlite3.Connection, approval_id: int, decision: str | None = None
) -> list[str]:
    """Return the names of those whose approval of it counts, the first one first."""
    found = connection.execute(
        "SELECT m.name FROM approval_vote v JOIN approval a ON a.id = v.approval_id"
        " JOIN account_member am ON am.account_id = a.account_id AND am.member_id = v.member_id"
        " JOIN member m ON m.id = v.member_id"
        " WHERE v.approval_id = ? AND am.role IN ('owner', 'trader')"
        " AND (CAST(? AS TEXT) IS NULL OR v.decision = ?) ORDER BY v.at_ms, v.member_id",
        (approval_id, decision, decision),
    )
    return [str(row["name"]) for row in found]
