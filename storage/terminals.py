"""Terminals that members added: who owns which login, where it runs, and its sealed password."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from storage import outbox, people, signals
from trading.clock import to_ms
from trading.enrolment import MemberTerminal, Taken, TerminalId, TerminalState
from trading.ids import AccountId, MemberId
from trading.model import Member, TerminalKind
from trading.notices import Priority, TerminalNews
from trading.words import told

REMOVED_WORDS = told("the account was removed")


def open_form(
    connection: sqlite3.Connection, member_id: MemberId, what: str, now: datetime, ttl: timedelta
) -> None:
    """Let the member's next private message answer a question."""
    connection.execute(
        "INSERT INTO private_form (member_id, what, expires_ms) VALUES (?, ?, ?)"
        " ON CONFLICT (member_id) DO UPDATE SET what = excluded.what,"
        " expires_ms = excluded.expires_ms",
        (member_id, what, to_ms(now + ttl)),
    )


def form_of(connection: sqlite3.Connection, member_id: MemberId, now: datetime) -> str | None:
    """Return what the member's open question asks, None where none is open."""
    row = connection.execute(
        "SELECT what FROM private_form WHERE member_id = ? AND expires_ms > ?",
        (member_id, to_ms(now)),
    ).fetchone()
    return None if row is None else str(row["what"])


def close_form(connection: sqlite3.Connection, member_id: MemberId) -> None:
    """End the member's open question."""
    connection.execute("DELETE FROM private_form WHERE member_id = ?", (member_id,))


def enrol(
    connection: sqlite3.Connection,
    member: Member,
    kind: TerminalKind,
    endpoints: Sequence[str],
    login: int,
    server: str,
    sealed: bytes,
    now: datetime,
) -> MemberTerminal | Taken:
    """Give a login the first endpoint that is free, and end the form that asked for it."""
    if _is_taken(connection, member.id, login, server):
        return Taken(
            told(
                "{login} at {server} is on this desk already. Ask its owner to let you in.",
                login=login,
                server=server,
            )
        )
    used = {
        row["endpoint"]
        for row in connection.execute("SELECT endpoint FROM terminal WHERE state <> 'removed'")
    }
    offered = endpoints or (f"{kind}:{login}@{server}",)
    free = next((one for one in offered if one not in used), None)
    if free is None:
        return Taken(
            told(
                "All {count} terminals of this desk are in use. Ask an owner for one.",
                count=len(offered),
            )
        )
    row = connection.execute(
        "INSERT INTO terminal (member_id, account_id, kind, endpoint, login, server, sealed, state,"
        " created_ms, changed_ms) VALUES (?, (SELECT id FROM account WHERE login = ? AND server = ?"
        " AND member_id = ?), ?, ?, ?, ?, ?, 'checking', ?, ?) RETURNING *",
        (
            member.id,
            login,
            server,
            member.id,
            kind,
            free,
            login,
            server,
            sealed,
            to_ms(now),
            to_ms(now),
        ),
    ).fetchone()
    close_form(connection, member.id)
    people.audit(connection, now, "account_added", f"{login} at {server}", member=member.id)
    return _terminal(row)


def _is_taken(connection: sqlite3.Connection, member_id: MemberId, login: int, server: str) -> bool:
    """Tell whether a login is in use, or belonged to somebody else."""
    in_use = connection.execute(
        "SELECT 1 FROM terminal WHERE login = ? AND server = ? AND state <> 'removed'",
        (login, server),
    ).fetchone()
    anothers = connection.execute(
        "SELECT 1 FROM account WHERE login = ? AND server = ? AND (member_id IS NULL"
        " OR member_id <> ?)",
        (login, server, member_id),
    ).fetchone()
    return in_use is not None or anothers is not None


def all_of(
    connection: sqlite3.Connection, member_id: MemberId | None = None
) -> list[MemberTerminal]:
    """Return the terminals that are not removed, of one member or of all."""
    found = connection.execute(
        "SELECT * FROM terminal WHERE state <> 'removed' AND member_id = coalesce(?, member_id)"
        " ORDER BY id",
        (member_id,),
    )
    return [_terminal(row) for row in found]


def remove(
    connection: sqlite3.Connection, terminal_id: TerminalId, member_id: MemberId, now: datetime
) -> bool:
    """Forget a terminal's password, cancel what waits for it and stop its entries."""
    row = connection.execute(
        "UPDATE terminal SET state = 'removed', sealed = NULL, changed_ms = ?"
        " WHERE id = ? AND member_id = ? AND state <> 'removed' RETURNING *",
        (to_ms(now), terminal_id, member_id),
    ).fetchone()
    if row is None:
        return False
    people.audit(
        connection, now, "account_removed", f"{row['login']} at {row['server']}", member=member_id
    )
    if row["account_id"] is not None:
        account_id = AccountId(row["account_id"])
        signals.cancel_waiting(connection, account_id, REMOVED_WORDS, now)
        connection.execute(
            "UPDATE account SET trading_state = 'paused' WHERE id = ? AND trading_state = 'active'",
            (account_id,),
        )
    return True


def seen(
    connection: sqlite3.Connection, terminal_id: TerminalId, account_id: AccountId, now: datetime
) -> None:
    """Note that a terminal showed its account, and tell its member the first time."""
    _change(connection, terminal_id, TerminalState.ACTIVE, "", now, account_id=account_id)


def refused(
    connection: sqlite3.Connection, terminal_id: TerminalId, why: str, now: datetime
) -> None:
    """Note why a terminal does not show its account, and tell its member alone."""
    _change(connection, terminal_id, TerminalState.REFUSED, why, now)


def recheck(
    connection: sqlite3.Connection, terminal_id: TerminalId, member_id: MemberId, now: datetime
) -> bool:
    """Try a refused terminal again; False where it is not theirs."""
    changed = connection.execute(
        "UPDATE terminal SET state = 'checking', detail = '', changed_ms = ?"
        " WHERE id = ? AND member_id = ? AND state <> 'removed'",
        (to_ms(now), terminal_id, member_id),
    )
    return changed.rowcount == 1


def _change(
    connection: sqlite3.Connection,
    terminal_id: TerminalId,
    state: TerminalState,
    detail: str,
    now: datetime,
    *,
    account_id: AccountId | None = None,
) -> None:
    row = connection.execute(
        "UPDATE terminal SET state = ?, detail = ?, account_id = coalesce(?, account_id),"
        " changed_ms = ? WHERE id = ? AND state <> 'removed' AND (state <> ? OR detail <> ?)"
        " RETURNING *",
        (state, detail, account_id, to_ms(now), terminal_id, state, detail),
    ).fetchone()
    if row is None:
        return
    chat = connection.execute(
        "SELECT telegram_id FROM member WHERE id = ?", (row["member_id"],)
    ).fetchone()
    outbox.post(
        connection,
        [chat["telegram_id"]],
        TerminalNews(
            str(row["login"]), row["server"], ok=state is TerminalState.ACTIVE, words=detail
        ),
        Priority.DECISION,
        now,
    )


def reseal(
    connection: sqlite3.Connection, again: Callable[[bytes, int, str], bytes], now: datetime
) -> int:
    """Seal every password anew, all or none; return how many."""
    found = all_of(connection)
    for one in found:
        assert one.sealed is not None
        connection.execute(
            "UPDATE terminal SET sealed = ?, changed_ms = ? WHERE id = ?",
            (again(one.sealed, one.login, one.server), to_ms(now), one.id),
        )
    people.audit(connection, now, "accounts_resealed", str(len(found)))
    return len(found)


def _terminal(row: sqlite3.Row) -> MemberTerminal:
    return MemberTerminal(
        id=TerminalId(row["id"]),
        member_id=MemberId(row["member_id"]),
        account_id=None if row["account_id"] is None else AccountId(row["account_id"]),
        kind=row["kind"],
        endpoint=row["endpoint"],
        login=row["login"],
        server=row["server"],
        sealed=row["sealed"],
        state=TerminalState(row["state"]),
        detail=row["detail"],
    )
