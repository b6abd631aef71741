"""A latched account: why, what was open, and how far closing everything has come."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from storage import people, rows, signals
from trading.clock import from_ms, to_ms
from trading.ids import AccountId, MemberId, Ticket
from trading.model import Breach, Position, Side, TradingState
from trading.notices import (
    ClosedTicket,
    DrawdownRecovered,
    FlattenReport,
    FlattenStuck,
    LatchCause,
    Priority,
    TradingStateChanged,
)
from trading.words import told

SOON = timedelta(seconds=15)
"""How soon after the breach the end is told by the same message alone."""
HALTED_WORDS = told("the account was halted")


def latch(
    connection: sqlite3.Connection,
    account_id: AccountId,
    breach: Breach,
    positions: Iterable[Position],
    now: datetime,
    *,
    close: bool,
) -> int:
    """Halt an account, cancel what waits, wish it flat and tell everyone: one transaction."""
    connection.execute(
        "UPDATE account SET trading_state = 'halted',"
        " flatten_asked_ms = CASE WHEN ? = 1 THEN coalesce(flatten_asked_ms, ?)"
        " ELSE flatten_asked_ms END WHERE id = ?",
        (close, to_ms(now), account_id),
    )
    held = [_plain(position) for position in positions] if close else []
    row = connection.execute(
        "INSERT INTO breach (account_id, cap_id, cause, asked_by, cap_text, cap_percent, scope,"
        " positions_json, open_json, equity, floor, drawdown, at_ms, closes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            account_id,
            breach.cap_id,
            LatchCause.CAP if breach.cap_id is not None else LatchCause.PANIC,
            breach.asked_by,
            breach.cap_text,
            rows.text(breach.cap_percent),
            breach.scope,
            json.dumps(held),
            json.dumps([one["ticket"] for one in held] if close else []),
            str(breach.equity),
            rows.text(breach.floor),
            rows.text(breach.drawdown_percent),
            to_ms(now),
            close,
        ),
    ).fetchone()
    breach_id = int(row["id"])
    signals.cancel_waiting(connection, account_id, HALTED_WORDS, now)
    people.audit(
        connection,
        now,
        "halted",
        breach.cap_text or "panic",
        member=breach.member_id,
        account=account_id,
    )
    refresh(connection, breach_id, now)
    return breach_id


def _plain(position: Position) -> dict[str, str | int]:
    return {
        "ticket": position.ticket,
        "identifier": position.identifier,
        "symbol": position.symbol,
        "side": position.side.value,
        "volume": str(position.volume),
    }


def current(connection: sqlite3.Connection, account_id: AccountId) -> sqlite3.Row | None:
    """Return the latest breach nobody has resumed from."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM breach WHERE account_id = ? AND resumed_ms IS NULL ORDER BY id DESC LIMIT 1",
        (account_id,),
    ).fetchone()
    return row


def current_id(connection: sqlite3.Connection, account_id: AccountId) -> tuple[int, str] | None:
    """Return id and scope of the breach an account is latched by."""
    row = current(connection, account_id)
    return None if row is None else (int(row["id"]), str(row["scope"]))


def was_flattened(connection: sqlite3.Connection, account_id: AccountId) -> bool:
    """Tell whether the latch an account is under has closed everything once."""
    row = current(connection, account_id)
    return row is not None and row["flat_ms"] is not None


def progress(
    connection: sqlite3.Connection,
    breach_id: int,
    positions: Iterable[Position],
    now: datetime,
    *,
    pendings_removed: int = 0,
    pendings_open: int = 0,
) -> None:
    """Note what a complete snapshot still shows open, new arrivals included."""
    row = connection.execute("SELECT * FROM breach WHERE id = ?", (breach_id,)).fetchone()
    held = json.loads(row["positions_json"])
    known = {one["ticket"] for one in held}
    still = list(positions)
    held += [_plain(position) for position in still if position.ticket not in known]
    connection.execute(
        "UPDATE breach SET positions_json = ?, open_json = ?,"
        " pendings_removed = pendings_removed + ?, pendings_open = ? WHERE id = ?",
        (
            json.dumps(held),
            json.dumps([position.ticket for position in still]),
            pendings_removed,
            pendings_open,
            breach_id,
        ),
    )
    refresh(connection, breach_id, now)


def flat(
    connection: sqlite3.Connection,
    account_id: AccountId,
    breach_id: int,
    equity: Decimal,
    now: datetime,
) -> None:
    """Record that a complete fresh snapshot showed nothing left, and end the wish."""
    connection.execute(
        "UPDATE breach SET flat_ms = coalesce(flat_ms, ?), open_json = '[]', pendings_open = 0,"
        " equity_after = ? WHERE id = ?",
        (to_ms(now), str(equity), breach_id),
    )
    connection.execute("UPDATE account SET flatten_asked_ms = NULL WHERE id = ?", (account_id,))
    refresh(connection, breach_id, now)


def flatten_again(connection: sqlite3.Connection, account_id: AccountId, now: datetime) -> bool:
    """Wish an account flat once more whose latch has closed everything; False where none has."""
    row = current(connection, account_id)
    if row is None or row["flat_ms"] is None or not row["closes"]:
        return False
    connection.execute("UPDATE breach SET flat_ms = NULL WHERE id = ?", (row["id"],))
    connection.execute(
        "UPDATE account SET flatten_asked_ms = ? WHERE id = ? AND trading_state = 'halted'",
        (to_ms(now), account_id),
    )
    people.audit(connection, now, "flatten_again", "an order came late", account=account_id)
    return True


def refresh(connection: sqlite3.Connection, breach_id: int, now: datetime) -> None:
    """Make the report in the chat say how far it has come."""
    report = view(connection, breach_id)
    account_id = _account_of(connection, breach_id)
    people.tell(connection, account_id, report, Priority.CRITICAL, now, topic=f"breach:{breach_id}")
    if report.flat_at is not None and report.flat_at - report.at > SOON:
        # An edit makes no sound: an end that took its time is a message of its own.
        people.tell(
            connection, account_id, report, Priority.CRITICAL, now, topic=f"flat:{breach_id}"
        )


def _account_of(connection: sqlite3.Connection, breach_id: int) -> AccountId:
    (account_id,) = connection.execute(
        "SELECT account_id FROM breach WHERE id = ?", (breach_id,)
    ).fetchone()
    return AccountId(account_id)


def view(connection: sqlite3.Connection, breach_id: int) -> FlattenReport:
    """Return the report of a breach as the database knows it."""
    row = connection.execute(
        "SELECT b.*, a.login, a.currency FROM breach b JOIN account a ON a.id = b.account_id"
        " WHERE b.id = ?",
        (breach_id,),
    ).fetchone()
    return FlattenReport(
        breach_id=breach_id,
        account=str(row["login"]),
        currency=row["currency"],
        cause=LatchCause(row["cause"]),
        asked_by=row["asked_by"],
        cap=row["cap_text"],
        drawdown_percent=rows.decimal(row["drawdown"]),
        cap_percent=rows.decimal(row["cap_percent"]),
        equity=Decimal(row["equity"]),
        floor=rows.decimal(row["floor"]),
        at=from_ms(row["at_ms"]),
        tickets=_tickets(connection, row),
        pendings_removed=row["pendings_removed"],
        flat_at=rows.instant(row["flat_ms"]),
        equity_after=rows.decimal(row["equity_after"]),
        closes=bool(row["closes"]),
    )


def _tickets(connection: sqlite3.Connection, row: sqlite3.Row) -> tuple[ClosedTicket, ...]:
    still = set(json.loads(row["open_json"]))
    return tuple(
        ClosedTicket(
            ticket=Ticket(held["ticket"]),
            symbol=held["symbol"],
            side=Side(held["side"]),
            volume=Decimal(held["volume"]),
            result=realised(connection, row["account_id"], held["identifier"]),
            problem=_problem(connection, row, held["ticket"]) if held["ticket"] in still else "",
        )
        for held in json.loads(row["positions_json"])
    )


def realised(connection: sqlite3.Connection, account_id: int, position_id: int) -> Decimal | None:
    """Return what a position's deals brought together; None before any closed it."""
    deals = connection.execute(
        "SELECT entry, profit, swap, commission, fee FROM deal"
        " WHERE account_id = ? AND position_id = ?",
        (account_id, position_id),
    ).fetchall()
    if all(deal["entry"] == "in" for deal in deals):
        return None
    amounts = (
        Decimal(deal[name]) for deal in deals for name in ("profit", "swap", "commission", "fee")
    )
    return sum(amounts, Decimal(0))


def _problem(connection: sqlite3.Connection, breach: sqlite3.Row, ticket: int) -> str:
    order = connection.execute(
        "SELECT status, detail, unresolved_ms FROM orders WHERE account_id = ? AND purpose ="
        " 'close' AND target = ? ORDER BY id DESC LIMIT 1",
        (breach["account_id"], ticket),
    ).fetchone()
    if order is None:
        return "closing"
    if order["unresolved_ms"] is not None:
        return told("not confirmed yet, asking the broker")
    return str(order["detail"]) if order["status"] == "rejected" else "closing"


def escalate(connection: sqlite3.Connection, breach_id: int, minutes: int, now: datetime) -> None:
    """Tell the owners, again each minute count, that positions are still open, and why."""
    report = view(connection, breach_id)
    stuck = tuple(ticket for ticket in report.tickets if ticket.problem)
    (pendings,) = connection.execute(
        "SELECT pendings_open FROM breach WHERE id = ?", (breach_id,)
    ).fetchone()
    connection.execute("UPDATE breach SET escalated_ms = ? WHERE id = ?", (to_ms(now), breach_id))
    notice = FlattenStuck(breach_id, report.account, minutes, stuck, pendings)
    # The owners of the desk hear it too, whether or not they have a part in this account.
    for account_id in (_account_of(connection, breach_id), None):
        people.tell(
            connection,
            account_id,
            notice,
            Priority.CRITICAL,
            now,
            topic=f"stuck:{breach_id}:{minutes}",
        )


def recovered(
    connection: sqlite3.Connection,
    account_id: AccountId,
    equity: Decimal,
    floor: Decimal,
    now: datetime,
) -> None:
    """Say once that equity is back above every floor; the latch stays."""
    row = current(connection, account_id)
    if row is None or row["recovered_ms"] is not None or row["cause"] != LatchCause.CAP:
        return
    connection.execute("UPDATE breach SET recovered_ms = ? WHERE id = ?", (to_ms(now), row["id"]))
    account = people.account(connection, account_id)
    people.tell(
        connection,
        account_id,
        DrawdownRecovered(people.label(account), account.currency, equity, floor, equity - floor),
        Priority.DECISION,
        now,
        topic=f"recovered:{row['id']}",
    )


def resume(
    connection: sqlite3.Connection,
    account_id: AccountId,
    member_id: MemberId,
    name: str,
    now: datetime,
) -> bool:
    """Lift a pause or a latch; False while positions are still to be closed."""
    account = people.account(connection, account_id)
    if account.flatten_asked_at is not None or account.trading_state is TradingState.ACTIVE:
        return False
    people.change_state(connection, account_id, account.trading_state, TradingState.ACTIVE, now)
    connection.execute(
        "UPDATE breach SET resumed_ms = ?, resumed_by = ?"
        " WHERE account_id = ? AND resumed_ms IS NULL",
        (to_ms(now), name, account_id),
    )
    people.audit(
        connection,
        now,
        "resumed",
        f"was {account.trading_state}",
        member=member_id,
        account=account_id,
    )
    people.tell(
        connection,
        account_id,
        TradingStateChanged(people.label(account), TradingState.ACTIVE, name, 0),
        Priority.INFO,
        now,
    )
    return True


def pause(
    connection: sqlite3.Connection,
    account_id: AccountId,
    member_id: MemberId,
    name: str,
    now: datetime,
) -> bool:
    """Stop entries on an account and end the cards that wait; False when it was not active."""
    if not people.change_state(
        connection, account_id, TradingState.ACTIVE, TradingState.PAUSED, now
    ):
        return False
    canceled = signals.cancel_waiting(connection, account_id, told("the account was paused"), now)
    people.audit(connection, now, "paused", "", member=member_id, account=account_id)
    account = people.account(connection, account_id)
    people.tell(
        connection,
        account_id,
        TradingStateChanged(people.label(account), TradingState.PAUSED, name, canceled),
        Priority.INFO,
        now,
    )
    return True
