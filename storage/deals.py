"""The broker's deals as they became known: flows, closed positions, foreign trades."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from storage import breaches, cards, managed, people, results
from trading.clock import from_ms, to_ms
from trading.ids import AccountId, Ticket, is_ours
from trading.model import Deal, DealEntry, DealReason, DealType, Side
from trading.notices import ForeignTrade, PositionClosed, Priority

_PLACES = 8
"""Decimals of an average price: more than any quote has."""
CLOCK_STEP = timedelta(minutes=15)
"""Broker clocks differ from UTC by multiples of this."""
_TRADES = frozenset({DealType.BUY, DealType.SELL})


def seen_until(connection: sqlite3.Connection, account_id: AccountId) -> datetime:
    """Return up to when the deals are known."""
    (ms,) = connection.execute(
        "SELECT deals_seen_ms FROM account WHERE id = ?", (account_id,)
    ).fetchone()
    return from_ms(ms)


def record(
    connection: sqlite3.Connection,
    account_id: AccountId,
    deals: Iterable[Deal],
    now: datetime,
    *,
    quietly: bool = False,
) -> list[Deal]:
    """Keep the deals not known yet, tell what they mean, and return them.

    ``quietly`` takes in the history of an account met for the first time.
    """
    fresh, redated = [], []
    for read in deals:
        # What lies ahead was read before the broker's clock was known: dated by now until that is.
        is_ahead = read.at - now >= CLOCK_STEP
        deal = replace(read, at=now) if is_ahead else read
        if _insert(connection, account_id, deal, now):
            fresh.append(deal)
        elif not is_ahead and (before := _redate(connection, account_id, deal)) is not None:
            redated.append((before, deal))
    results.book(connection, account_id, fresh, redated)
    connection.execute(
        "UPDATE account SET deals_seen_ms = ?1 WHERE id = ?2 AND deals_seen_ms < ?1",
        (to_ms(now), account_id),
    )
    for deal in fresh:
        if deal.deal_type in _TRADES and deal.entry is not DealEntry.IN:
            managed.ended(connection, account_id, deal.position_id, now)
    if not quietly:
        for deal in fresh:
            _tell(connection, account_id, deal, now)
    return fresh


def _insert(
    connection: sqlite3.Connection, account_id: AccountId, deal: Deal, now: datetime
) -> bool:
    order = connection.execute(
        "SELECT id, approval_id FROM orders WHERE account_id = ? AND (ticket = ?"
        " OR client_order_id = ?) ORDER BY CASE WHEN ticket = ? THEN 0 ELSE 1 END, id LIMIT 1",
        (account_id, deal.order, deal.client_order_id, deal.order),
    ).fetchone()
    cursor = connection.execute(
        "INSERT INTO deal (account_id, ticket, order_id, order_ticket, position_id, deal_type,"
        " entry, symbol, volume, price, profit, swap, commission, fee, reason, magic, comment,"
        " at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (
            account_id,
            deal.ticket,
            None if order is None else order["id"],
            deal.order,
            deal.position_id,
            deal.deal_type,
            deal.entry,
            deal.symbol,
            str(deal.volume),
            str(deal.price),
            str(deal.profit),
            str(deal.swap),
            str(deal.commission),
            str(deal.fee),
            deal.reason,
            deal.client_order_id,
            deal.comment,
            to_ms(deal.at),
        ),
    )
    if cursor.rowcount and order is not None and deal.entry is DealEntry.IN:
        is_news = _price(connection, order["id"], deal)
        if is_news and order["approval_id"] is not None:
            cards.refresh(connection, order["approval_id"], now)
    return cursor.rowcount == 1


def _price(connection: sqlite3.Connection, order_id: int, deal: Deal) -> bool:
    """Let an entry say what its deals add up to: the server's own answer can lack the price.

    Returns whether that is another price than it said.
    """
    parts = connection.execute(
        "SELECT volume, price FROM deal WHERE order_id = ? AND entry = 'in'", (order_id,)
    ).fetchall()
    volume = sum((Decimal(part["volume"]) for part in parts), Decimal(0))
    turnover = sum((Decimal(part["volume"]) * Decimal(part["price"]) for part in parts), Decimal(0))
    if not volume:
        return False
    average = (turnover / volume).quantize(Decimal(1).scaleb(-_PLACES)).normalize()
    (before,) = connection.execute(
        "SELECT average_price FROM orders WHERE id = ?", (order_id,)
    ).fetchone()
    connection.execute(
        "UPDATE orders SET position_id = ?, average_price = ? WHERE id = ?",
        (deal.position_id, f"{average:f}", order_id),
    )
    return before is None or Decimal(before) != average


def _redate(connection: sqlite3.Connection, account_id: AccountId, deal: Deal) -> datetime | None:
    """Correct the instant of a deal that was read before the broker's clock was known.

    Returns the instant it was kept with, None where that was right.
    """
    row = connection.execute(
        "SELECT at_ms FROM deal WHERE account_id = ? AND ticket = ?", (account_id, deal.ticket)
    ).fetchone()
    before = from_ms(row["at_ms"])
    if abs(before - deal.at) < CLOCK_STEP:
        return None
    connection.execute(
        "UPDATE deal SET at_ms = ? WHERE account_id = ? AND ticket = ?",
        (to_ms(deal.at), account_id, deal.ticket),
    )
    return before


def _tell(connection: sqlite3.Connection, account_id: AccountId, deal: Deal, now: datetime) -> None:
    if deal.deal_type not in _TRADES:
        return
    if deal.entry is DealEntry.IN:
        if not is_ours(deal.client_order_id):
            _tell_foreign(connection, account_id, deal, now)
        return
    breach = breaches.current(connection, account_id)
    if breach is not None and str(deal.position_id) in breach["positions_json"]:
        breaches.refresh(connection, breach["id"], now)
        return
    _tell_closed(connection, account_id, deal, now)


def _tell_foreign(
    connection: sqlite3.Connection, account_id: AccountId, deal: Deal, now: datetime
) -> None:
    account = people.account(connection, account_id)
    people.tell(
        connection,
        account_id,
        ForeignTrade(
            people.label(account),
            deal.symbol,
            Side(deal.deal_type.value),
            deal.volume,
            deal.price,
            deal.position_id,
        ),
        Priority.INFO,
        now,
        topic=f"foreign:{account_id}:{deal.ticket}",
    )


def _tell_closed(
    connection: sqlite3.Connection, account_id: AccountId, deal: Deal, now: datetime
) -> None:
    account = people.account(connection, account_id)
    volumes = connection.execute(
        "SELECT entry, volume, magic FROM deal WHERE account_id = ? AND position_id = ?",
        (account_id, deal.position_id),
    ).fetchall()
    asked = connection.execute(
        "SELECT w.cause, m.name FROM deal d JOIN wish w ON w.order_id = d.order_id"
        " LEFT JOIN member m ON m.id = w.member_id WHERE d.account_id = ? AND d.ticket = ?",
        (account_id, deal.ticket),
    ).fetchone()
    opened = sum((Decimal(row["volume"]) for row in volumes if row["entry"] == "in"), Decimal(0))
    closed = sum((Decimal(row["volume"]) for row in volumes if row["entry"] != "in"), Decimal(0))
    people.tell(
        connection,
        account_id,
        PositionClosed(
            account=people.label(account),
            currency=account.currency,
            position_id=Ticket(deal.position_id),
            symbol=deal.symbol,
            side=Side(deal.deal_type.value).opposite,
            volume=deal.volume,
            price=deal.price,
            result=breaches.realised(connection, account_id, deal.position_id) or Decimal(0),
            reason=deal.reason,
            ours=any(is_ours(row["magic"]) for row in volumes),
            remaining=max(Decimal(0), opened - closed),
            cause="" if asked is None else asked["cause"],
            by="" if asked is None else asked["name"] or "",
        ),
        Priority.DECISION if deal.reason is not DealReason.STOP_OUT else Priority.CRITICAL,
        now,
        topic=f"closed:{account_id}:{deal.ticket}",
    )


def since(
    connection: sqlite3.Connection, account_id: AccountId, instant: datetime
) -> list[sqlite3.Row]:
    """Return an account's deals from an instant on, oldest first."""
    return connection.execute(
        "SELECT * FROM deal WHERE account_id = ? AND at_ms >= ? ORDER BY at_ms, ticket",
        (account_id, to_ms(instant)),
    ).fetchall()
