"""Wishes for the broker: written with the tap that made them, turned into an order once."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from storage import cards, managed, outbox, people, rows, update_cards
from storage.rows import encode
from trading.clock import from_ms, to_ms
from trading.ids import AccountId, ConfirmId, MemberId, OrderId
from trading.model import Accepted, Filled, Rejected, RejectKind, SendOutcome, Unknown
from trading.notices import Priority, RuleActed, WishReport
from trading.positions.model import Ask, ManagedId, Wish, WishId, WishKind, WishStatus
from trading.words import told

MOST_ATTEMPTS = 3
"""How often a price that moved is asked for anew: each time it was certainly not executed."""


def waiting(connection: sqlite3.Connection, account_id: AccountId) -> tuple[Wish, ...]:
    """Return the wishes no order was made of yet, oldest first."""
    found = connection.execute(
        "SELECT * FROM wish WHERE account_id = ? AND status = 'waiting' ORDER BY id",
        (account_id,),
    )
    return tuple(
        Wish(
            WishId(row["id"]),
            AccountId(row["account_id"]),
            rows.decode(Ask, row["ask_json"]),
            row["attempts"],
            from_ms(row["created_ms"]),
        )
        for row in found
    )


def add(
    connection: sqlite3.Connection,
    account_id: AccountId,
    asks: Sequence[Ask],
    cause: str,
    now: datetime,
    *,
    member: MemberId | None = None,
    confirm: ConfirmId | None = None,
) -> None:
    """Write down what is wanted of the broker."""
    connection.executemany(
        "INSERT INTO wish (account_id, confirm_id, member_id, cause, kind, target, ask_json,"
        " status, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', ?)",
        [
            (account_id, confirm, member, cause, ask.kind, ask.target, encode(ask), to_ms(now))
            for ask in asks
        ],
    )
    if confirm is not None:
        report(connection, confirm, now)


def of_rule(
    connection: sqlite3.Connection,
    managed_id: ManagedId,
    account_id: AccountId,
    ask: Ask,
    cause: str,
    order_id: OrderId,
    now: datetime,
) -> None:
    """Write down which rule an order that is about to be sent carries out."""
    connection.execute(
        "INSERT INTO wish (account_id, managed_id, cause, kind, target, ask_json, status,"
        " order_id, created_ms) VALUES (?, ?, ?, ?, ?, ?, 'sent', ?, ?)",
        (account_id, managed_id, cause, ask.kind, ask.target, encode(ask), order_id, to_ms(now)),
    )


def sent(connection: sqlite3.Connection, wish_id: WishId, order_id: OrderId) -> bool:
    """Tie a wish to its order; False when it was no longer waiting."""
    changed = connection.execute(
        "UPDATE wish SET status = 'sent', order_id = ?, attempts = attempts + 1"
        " WHERE id = ? AND status = 'waiting'",
        (order_id, wish_id),
    )
    return changed.rowcount == 1


def drop(connection: sqlite3.Connection, wish_id: WishId, why: str, now: datetime) -> None:
    """End a wish that became pointless or too old, and say why."""
    row = connection.execute(
        "UPDATE wish SET status = 'dropped', detail = ?, finished_ms = ?"
        " WHERE id = ? AND status = 'waiting' RETURNING *",
        (why, to_ms(now), wish_id),
    ).fetchone()
    if row is None:
        return
    update_cards.changed(connection, row, now)
    if row["confirm_id"] is not None:
        report(connection, ConfirmId(row["confirm_id"]), now)


def settle(
    connection: sqlite3.Connection, order_id: OrderId, outcome: SendOutcome, now: datetime
) -> bool:
    """Carry an order's outcome to its wish; True where that tells people of a refusal."""
    row = connection.execute("SELECT * FROM wish WHERE order_id = ?", (order_id,)).fetchone()
    if row is None:
        return False
    match outcome:
        case Filled() | Accepted():
            _finish(connection, row, WishStatus.DONE, "", now)
            if row["managed_id"] is not None:
                _rule_done(connection, row, now)
        case Rejected():
            _refused(connection, row, outcome, now)
        case Unknown():
            pass
    update_cards.changed(connection, row, now)
    if row["confirm_id"] is not None:
        report(connection, ConfirmId(row["confirm_id"]), now)
        return True
    return False


def _finish(
    connection: sqlite3.Connection, row: sqlite3.Row, status: WishStatus, why: str, now: datetime
) -> None:
    connection.execute(
        "UPDATE wish SET status = ?, detail = ?, finished_ms = ? WHERE id = ?",
        (status, why, to_ms(now), row["id"]),
    )


def _refused(
    connection: sqlite3.Connection, row: sqlite3.Row, outcome: Rejected, now: datetime
) -> None:
    again = outcome.kind is RejectKind.RETRY and row["attempts"] < MOST_ATTEMPTS
    if again and row["managed_id"] is None:
        connection.execute(
            "UPDATE wish SET status = 'waiting', order_id = NULL WHERE id = ?", (row["id"],)
        )
    elif outcome.kind is RejectKind.GONE and row["kind"] == WishKind.CLOSE:
        _finish(connection, row, WishStatus.DROPPED, told("it was already closed"), now)
    else:
        _finish(connection, row, WishStatus.FAILED, outcome.words, now)


def _rule_done(connection: sqlite3.Connection, row: sqlite3.Row, now: datetime) -> None:
    rule, _, number = row["cause"].partition(":")
    managed_id = ManagedId(row["managed_id"])
    if rule == "target":
        managed.rung_done(connection, managed_id, int(number))
    ask = rows.decode(Ask, row["ask_json"])
    order = connection.execute(
        "SELECT average_price FROM orders WHERE id = ?", (row["order_id"],)
    ).fetchone()
    account_id = AccountId(row["account_id"])
    people.tell(
        connection,
        account_id,
        RuleActed(
            account=people.label(people.account(connection, account_id)),
            symbol=ask.symbol,
            side=ask.side,
            ticket=ask.target,
            rule=rule,
            number=int(number or 0),
            volume=ask.volume,
            price=rows.decimal(order["average_price"]),
            stop_loss=ask.stop_loss,
        ),
        Priority.INFO,
        now,
        # A stop that follows the price is one message that changes.
        topic=f"rule:{managed_id}:{row['cause']}",
        silent=rule == "trail",
    )


def report(connection: sqlite3.Connection, confirm_id: ConfirmId, now: datetime) -> None:
    """Make the asker's message about a confirmation say what is true now."""
    found = connection.execute(
        "SELECT w.*, o.average_price, o.filled_volume, o.unresolved_ms FROM wish w"
        " LEFT JOIN orders o ON o.id = w.order_id WHERE w.confirm_id = ? ORDER BY w.id",
        (confirm_id,),
    ).fetchall()
    if not found:
        return
    account = people.account(connection, AccountId(found[0]["account_id"]))
    member = connection.execute(
        "SELECT telegram_id, name FROM member WHERE id = ?", (found[0]["member_id"],)
    ).fetchone()
    outbox.post(
        connection,
        [member["telegram_id"]],
        WishReport(
            confirm_id=confirm_id,
            account=people.label(account),
            currency=account.currency,
            by=member["name"],
            lines=tuple(cards.wish_line(row) for row in found),
        ),
        Priority.DECISION,
        now,
        topic=f"wish:{confirm_id}",
    )
