"""Positions the desk keeps rules for: met once, changed by people, ended by their last deal."""

import json
import sqlite3
from datetime import datetime
from decimal import Decimal

from storage import rows
from storage.rows import encode
from trading.clock import to_ms
from trading.ids import AccountId, ClientOrderId, SignalId, Ticket
from trading.model import Side, SignalDraft, Terms
from trading.positions.model import Managed, ManagedId, NewManaged, Origin, RuleChange, Rules
from trading.positions.rules import edited


def of_row(row: sqlite3.Row) -> Managed:
    """Return a managed position from its row."""
    signal_id = row["signal_id"]
    return Managed(
        id=ManagedId(row["id"]),
        account_id=AccountId(row["account_id"]),
        position_id=Ticket(row["position_id"]),
        symbol=row["symbol"],
        side=Side(row["side"]),
        price_open=Decimal(row["price_open"]),
        volume=Decimal(row["volume"]),
        stop_loss=rows.decimal(row["stop_loss"]),
        source=row["source"],
        signal_id=None if signal_id is None else SignalId(signal_id),
        rules=rows.decode(Rules, row["rules_json"]),
        done=tuple(json.loads(row["done_json"])),
    )


def open_ones(connection: sqlite3.Connection, account_id: AccountId) -> tuple[Managed, ...]:
    """Return the managed positions whose last deal is not known yet."""
    found = connection.execute(
        "SELECT * FROM managed WHERE account_id = ? AND closed_ms IS NULL ORDER BY id",
        (account_id,),
    )
    return tuple(of_row(row) for row in found)


def manage(connection: sqlite3.Connection, new: NewManaged) -> None:
    """Keep rules for a position; one that is known already stays as it is."""
    connection.execute(
        "INSERT INTO managed (account_id, position_id, symbol, side, price_open, volume,"
        " stop_loss, source, signal_id, rules_json, opened_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            new.account_id,
            new.position_id,
            new.symbol,
            new.side,
            str(new.price_open),
            str(new.volume),
            rows.text(new.stop_loss),
            new.source,
            new.signal_id,
            encode(new.rules),
            to_ms(new.opened_at),
        ),
    )


def grown(connection: sqlite3.Connection, managed_id: ManagedId, volume: Decimal) -> None:
    """Note that a netting position was added to."""
    connection.execute("UPDATE managed SET volume = ? WHERE id = ?", (str(volume), managed_id))


def change(connection: sqlite3.Connection, wanted: RuleChange) -> ManagedId:
    """Change one rule of a position, which is managed from now on."""
    manage(connection, wanted.position)
    row = connection.execute(
        "SELECT * FROM managed WHERE account_id = ? AND position_id = ?",
        (wanted.position.account_id, wanted.position.position_id),
    ).fetchone()
    present = of_row(row)
    connection.execute(
        "UPDATE managed SET rules_json = ? WHERE id = ?",
        (encode(edited(present.rules, wanted.edit)), present.id),
    )
    return present.id


def rung_done(connection: sqlite3.Connection, managed_id: ManagedId, number: int) -> None:
    """Note that the broker confirmed the partial close of a rung."""
    row = connection.execute("SELECT done_json FROM managed WHERE id = ?", (managed_id,)).fetchone()
    done = sorted({*json.loads(row["done_json"]), number})
    connection.execute(
        "UPDATE managed SET done_json = ? WHERE id = ?", (json.dumps(done), managed_id)
    )


def ended(
    connection: sqlite3.Connection, account_id: AccountId, position_id: Ticket, now: datetime
) -> None:
    """Once a position's deals add up to nothing, note its result."""
    open_row = connection.execute(
        "SELECT id FROM managed WHERE account_id = ? AND position_id = ? AND closed_ms IS NULL",
        (account_id, position_id),
    ).fetchone()
    if open_row is None:
        return
    deals = connection.execute(
        "SELECT entry, volume, profit, swap, commission, fee FROM deal"
        " WHERE account_id = ? AND position_id = ?",
        (account_id, position_id),
    ).fetchall()
    held, result = Decimal(0), Decimal(0)
    for deal in deals:
        held += Decimal(deal["volume"]) * (1 if deal["entry"] == "in" else -1)
        result += sum((Decimal(deal[name]) for name in _MONEY), Decimal(0))
    if held <= 0:
        connection.execute(
            "UPDATE managed SET closed_ms = ?, result = ? WHERE id = ?",
            (to_ms(now), str(result), open_row["id"]),
        )


_MONEY = ("profit", "swap", "commission", "fee")


def origin(connection: sqlite3.Connection, client_order_id: ClientOrderId) -> Origin | None:
    """Return which signal an entry of ours came from, and the stop it was sent with."""
    row = connection.execute(
        "SELECT o.request_json, s.id, s.source, s.draft_json, a.terms_json FROM orders o"
        " JOIN approval a ON a.id = o.approval_id JOIN signal s ON s.id = a.signal_id"
        " WHERE o.client_order_id = ? AND o.purpose = 'entry'",
        (client_order_id,),
    ).fetchone()
    if row is None:
        return None
    terms = rows.decode(Terms, row["terms_json"])
    draft = terms.applied(rows.decode(SignalDraft, row["draft_json"]))
    stop = json.loads(row["request_json"]).get("stop_loss")
    return Origin(
        source=row["source"],
        signal_id=SignalId(row["id"]),
        take_profits=draft.take_profits,
        stop_loss=rows.decimal(stop),
    )
