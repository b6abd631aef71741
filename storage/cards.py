"""A signal's card as data: built from the facts in the transaction that changed them."""

import json
import sqlite3
from datetime import datetime
from decimal import Decimal

from storage import outbox, rights, rows
from trading.clock import from_ms
from trading.ids import AccountId, ApprovalId, SignalId, Ticket
from trading.model import (
    ApprovalStatus,
    Live,
    Order,
    OrderStatus,
    Proposal,
    Side,
    SignalDraft,
    Terms,
)
from trading.notices import ApprovalCard, OrderView, Priority, SourceRecord
from trading.people import needs_second
from trading.positions.model import Ask, WishLine, WishStatus

_LATEST = 30
"""Closed positions that a source is remembered by."""
_UPDATES = 3
"""Acts of its source's updates that a card tells, the latest ones."""


def refresh(connection: sqlite3.Connection, approval_id: ApprovalId, now: datetime) -> None:
    """Make every copy of the card say what is true now."""
    card = view(connection, approval_id)
    outbox.post(
        connection,
        outbox.chats(connection, card.account_id),
        card,
        Priority.DECISION,
        now,
        topic=f"approval:{approval_id}",
    )


def view(connection: sqlite3.Connection, approval_id: ApprovalId) -> ApprovalCard:
    """Return the card of an approval as the database knows it."""
    row = connection.execute(
        "SELECT a.*, s.source, s.draft_json, s.created_ms, s.text, s.spans_json,"
        " ac.login, ac.currency, ac.second_above,"
        " m.name AS decided_by FROM approval a"
        " JOIN signal s ON s.id = a.signal_id JOIN account ac ON ac.id = a.account_id"
        " LEFT JOIN member m ON m.id = a.member_id WHERE a.id = ?",
        (approval_id,),
    ).fetchone()
    proposal = row["proposal_json"]
    parsed = rows.decode(Proposal, proposal) if proposal else None
    terms = rows.decode(Terms, row["terms_json"])
    waits = row["status"] == ApprovalStatus.OFFERED
    return ApprovalCard(
        approval_id=approval_id,
        signal_id=SignalId(row["signal_id"]),
        account_id=AccountId(row["account_id"]),
        account=str(row["login"]),
        currency=row["currency"],
        status=ApprovalStatus(row["status"]),
        draft=terms.applied(rows.decode(SignalDraft, row["draft_json"])),
        source=row["source"],
        created_at=from_ms(row["created_ms"]),
        expires_at=from_ms(row["expires_ms"]),
        proposal=parsed,
        decided_by=row["decided_by"],
        decided_at=rows.instant(row["decided_ms"]),
        detail=row["detail"],
        order=_entry_order(connection, approval_id),
        needs_second=needs_second(
            None if parsed is None else parsed.risk_percent, rows.decimal(row["second_above"])
        ),
        voters=tuple(rights.voters(connection, approval_id)),
        text=row["text"],
        spans=tuple((start, end) for start, end in json.loads(row["spans_json"]).values()),
        revision=terms.revision,
        edited_by=terms.edited_by,
        half=terms.size < 1,
        live=rows.decode(Live, row["live_json"]) if waits and row["live_json"] else None,
        record=_record(connection, row["account_id"], row["source"]) if waits else None,
        updates=() if waits else _updates(connection, approval_id),
    )


def of_trade(
    connection: sqlite3.Connection, account_id: AccountId, target: int
) -> ApprovalId | None:
    """Return the card of the signal that a position or a pending order came from."""
    row = connection.execute(
        "SELECT approval_id FROM orders WHERE account_id = ? AND purpose = 'entry'"
        " AND approval_id IS NOT NULL AND ? IN (ticket, position_id) ORDER BY id DESC LIMIT 1",
        (account_id, target),
    ).fetchone()
    return None if row is None else ApprovalId(row["approval_id"])


def _updates(connection: sqlite3.Connection, approval_id: ApprovalId) -> tuple[WishLine, ...]:
    """Return what the updates of its source did to a card's trade, in their order."""
    found = connection.execute(
        "SELECT w.*, o.average_price, o.filled_volume, o.unresolved_ms FROM orders e"
        " JOIN wish w ON w.account_id = e.account_id AND w.target IN (e.ticket, e.position_id)"
        " LEFT JOIN orders o ON o.id = w.order_id"
        " WHERE e.approval_id = ? AND w.cause LIKE 'update:%' ORDER BY w.id DESC LIMIT ?",
        (approval_id, _UPDATES),
    ).fetchall()
    return tuple(wish_line(row) for row in reversed(found))


def wish_line(row: sqlite3.Row) -> WishLine:
    """Return a wish, with its order where it has one, as a message tells it."""
    ask = rows.decode(Ask, row["ask_json"])
    filled = Decimal(row["filled_volume"] or 0)
    in_doubt = row["status"] == WishStatus.SENT and row["unresolved_ms"] is not None
    return WishLine(
        kind=ask.kind.value,
        ticket=Ticket(ask.target),
        symbol=ask.symbol,
        side=Side(ask.side),
        status="unconfirmed" if in_doubt else row["status"],
        volume=filled or ask.volume,
        price=rows.decimal(row["average_price"]),
        stop_loss=ask.stop_loss,
        take_profit=ask.take_profit,
        why=row["detail"],
    )


def _record(connection: sqlite3.Connection, account_id: int, source: str) -> SourceRecord | None:
    """Return how the source's last closed positions went on this account."""
    found = connection.execute(
        "SELECT result FROM managed WHERE account_id = ? AND source = ?"
        " AND closed_ms IS NOT NULL ORDER BY id DESC LIMIT ?",
        (account_id, source, _LATEST),
    ).fetchall()
    if not found:
        return None
    results = [Decimal(row["result"]) for row in found]
    return SourceRecord(len(results), sum(one > 0 for one in results), sum(results, Decimal(0)))


def _entry_order(connection: sqlite3.Connection, approval_id: ApprovalId) -> OrderView | None:
    row = connection.execute(
        "SELECT * FROM orders WHERE approval_id = ?", (approval_id,)
    ).fetchone()
    return None if row is None else order_view(row)


def order_view(row: sqlite3.Row) -> OrderView:
    """Return an order as a card tells it."""
    order, facts = rows.order(row), json.loads(row["facts_json"])
    return OrderView(
        status=order.status,
        volume=order.request.volume,
        filled_volume=order.filled_volume,
        average_price=order.average_price,
        expected_price=order.expected_price,
        slippage=slippage(order, facts.get("point")),
        ticket=order.ticket,
        retcode=order.retcode,
        detail=order.detail,
        facts=facts,
        unresolved=order.status is OrderStatus.SUBMITTED and order.unresolved_at is not None,
    )


def slippage(order: Order, point: str | None) -> Decimal | None:
    """Return the points an entry cost against what was expected; positive is worse for us."""
    if order.average_price is None or order.expected_price is None or point is None:
        return None
    side = order.request.side or Side.BUY
    return (order.average_price - order.expected_price) * side.sign / Decimal(point)
