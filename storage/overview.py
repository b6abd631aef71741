"""What the pages and the API show: each query finds a page of rows by an index."""

import json
import sqlite3
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby

from storage import billing, caps, outbox, results, rows, signals
from storage.people import role_on
from trading.clock import from_ms, to_ms
from trading.drawdown import Cap, CapState
from trading.ids import AccountId, ApprovalId, MemberId, SignalId
from trading.model import (
    Account,
    Approval,
    ApprovalStatus,
    Deal,
    OrderStatus,
    OrderType,
    Role,
    Side,
)
from trading.overview import (
    Delivery,
    DeliveryCounts,
    DeskCounts,
    Fate,
    FateKind,
    Kept,
    Page,
    PersonRow,
    Revenue,
    SignalRow,
    Stray,
    Takings,
    fate_of,
)
from trading.plans import standing

_STRAYS = 50
_LAST = 1 << 62
_KEPT = (
    "SELECT a.*, am.role, m.name AS holder, g.own_equity, g.balance, g.at_ms AS read_ms"
    " FROM account_member am JOIN account a ON a.id = am.account_id"
    " LEFT JOIN member m ON m.id = a.member_id LEFT JOIN growth g ON g.account_id = a.id"
    " WHERE am.member_id = ?"
)


def kept(connection: sqlite3.Connection, member_id: MemberId, after: int, limit: int) -> Page[Kept]:
    """Return the accounts a member has a right on, by id, behind one."""
    found = connection.execute(
        f"{_KEPT} AND am.account_id > ? ORDER BY am.account_id LIMIT ?",
        (member_id, after, limit + 1),
    ).fetchall()
    accounts = tuple(_kept(row) for row in found[:limit])
    return Page(accounts, accounts[-1].account.id if len(found) > limit else None)


def kept_one(
    connection: sqlite3.Connection, member_id: MemberId, account_id: AccountId
) -> Kept | None:
    """Return an account; None where the member has no right on it, or it does not exist."""
    row = connection.execute(f"{_KEPT} AND am.account_id = ?", (member_id, account_id)).fetchone()
    return None if row is None else _kept(row)


def _kept(row: sqlite3.Row) -> Kept:
    return Kept(
        account=rows.account(row),
        role=Role(row["role"]),
        holder=row["holder"] or "",
        own_equity=rows.decimal(row["own_equity"]),
        balance=rows.decimal(row["balance"]),
        read_at=rows.instant(row["read_ms"]),
    )


def caps_of(
    connection: sqlite3.Connection, account_ids: Sequence[AccountId]
) -> dict[AccountId, list[tuple[Cap, CapState | None]]]:
    """Return the active caps of accounts, each with what it remembers."""
    return {one: caps.of_account(connection, one) for one in account_ids}


def kept_accounts(connection: sqlite3.Connection, member_id: MemberId) -> list[Account]:
    """Return every account a member has a right on, without its money."""
    found = connection.execute(
        "SELECT a.* FROM account_member am JOIN account a ON a.id = am.account_id"
        " WHERE am.member_id = ? ORDER BY am.account_id",
        (member_id,),
    )
    return [rows.account(row) for row in found]


def fates(
    connection: sqlite3.Connection,
    member_id: MemberId,
    account_id: AccountId,
    before: int | None,
    limit: int,
) -> Page[Fate] | None:
    """Return what became of signals on an account, newest first; None where it is foreign."""
    if role_on(connection, member_id, account_id) is None:
        return None
    found = connection.execute(
        "SELECT a.id, a.signal_id, a.account_id, a.status, a.detail, m.name AS decided_by,"
        " s.created_ms, s.source, s.symbol, s.side, s.order_type, o.status AS order_status,"
        " o.detail AS order_detail, o.facts_json, o.unresolved_ms, o.filled_volume,"
        " o.average_price, o.position_id FROM approval a JOIN signal s ON s.id = a.signal_id"
        " LEFT JOIN orders o ON o.approval_id = a.id LEFT JOIN member m ON m.id = a.member_id"
        " WHERE a.account_id = ? AND a.id < ? ORDER BY a.id DESC LIMIT ?",
        (account_id, _LAST if before is None else before, limit + 1),
    ).fetchall()
    fates = tuple(_fate(connection, row) for row in found[:limit])
    return Page(fates, fates[-1].approval_id if len(found) > limit else None)


def deals(
    connection: sqlite3.Connection,
    member_id: MemberId,
    account_id: AccountId,
    before: int | None,
    limit: int,
) -> Page[Deal] | None:
    """Return an account's deals by ticket, newest first; None where it is foreign."""
    if role_on(connection, member_id, account_id) is None:
        return None
    found = connection.execute(
        "SELECT * FROM deal WHERE account_id = ? AND ticket < ? ORDER BY ticket DESC LIMIT ?",
        (account_id, _LAST if before is None else before, limit + 1),
    ).fetchall()
    read = tuple(results.deal_of(row) for row in found[:limit])
    return Page(read, read[-1].ticket if len(found) > limit else None)


def _fate(connection: sqlite3.Connection, row: sqlite3.Row) -> Fate:
    order = None if row["order_status"] is None else OrderStatus(row["order_status"])
    filled = rows.decimal(row["filled_volume"])
    return Fate(
        approval_id=ApprovalId(row["id"]),
        signal_id=SignalId(row["signal_id"]),
        account_id=AccountId(row["account_id"]),
        at=from_ms(row["created_ms"]),
        source=row["source"],
        symbol=row["symbol"],
        side=Side(row["side"]),
        order_type=OrderType(row["order_type"]),
        kind=fate_of(ApprovalStatus(row["status"]), order),
        detail=row["order_detail"] or row["detail"],
        facts=_facts(row["facts_json"]),
        decided_by=row["decided_by"],
        unresolved=row["unresolved_ms"] is not None,
        filled=filled or None,
        price=rows.decimal(row["average_price"]),
        net=_net(connection, row["account_id"], row["position_id"]),
    )


def _facts(text: str | None) -> dict[str, str]:
    return {} if text is None else {key: str(value) for key, value in json.loads(text).items()}


def _net(
    connection: sqlite3.Connection, account_id: int, position_id: int | None
) -> Decimal | None:
    if position_id is None:
        return None
    found = connection.execute(
        "SELECT net FROM trade WHERE account_id = ? AND position_id = ? AND closed_ms IS NOT NULL",
        (account_id, position_id),
    ).fetchall()
    return sum((Decimal(row["net"]) for row in found), Decimal(0)) if found else None


_WAITING = (
    # The partial index is found by its own words alone, and only where nothing finds another.
    " FROM approval a WHERE a.status IN ('offered', 'approved') AND a.status = 'offered'"
    " AND EXISTS (SELECT 1 FROM account_member am"
    " WHERE am.account_id = a.account_id AND am.member_id = ?)"
)


def waiting(connection: sqlite3.Connection, member_id: MemberId, limit: int) -> list[Approval]:
    """Return the cards that wait for an answer on the member's accounts, oldest first."""
    found = connection.execute(
        f"SELECT a.id{_WAITING} ORDER BY a.id LIMIT ?", (member_id, limit)
    ).fetchall()
    cards = (signals.approval(connection, ApprovalId(row["id"])) for row in found)
    return [card for card in cards if card is not None]


def waiting_count(connection: sqlite3.Connection, member_id: MemberId) -> int:
    """Return how many cards wait for an answer on the member's accounts."""
    row = connection.execute(f"SELECT count(*){_WAITING}", (member_id,)).fetchone()
    return int(row[0])


def signal_rows(connection: sqlite3.Connection, before: int | None, limit: int) -> Page[SignalRow]:
    """Return everyone's signals, newest first, in counts."""
    found = connection.execute(
        "SELECT id, created_ms, source, symbol, side, order_type, mode FROM signal"
        " WHERE id < ? ORDER BY id DESC LIMIT ?",
        (_LAST if before is None else before, limit + 1),
    ).fetchall()
    read = tuple(_signal_row(connection, row) for row in found[:limit])
    return Page(read, read[-1].id if len(found) > limit else None)


def _signal_row(connection: sqlite3.Connection, row: sqlite3.Row) -> SignalRow:
    counted: Counter[FateKind] = Counter()
    for one in connection.execute(
        "SELECT a.status, o.status AS order_status, count(*) AS accounts FROM approval a"
        " LEFT JOIN orders o ON o.approval_id = a.id WHERE a.signal_id = ? GROUP BY 1, 2",
        (row["id"],),
    ):
        order = None if one["order_status"] is None else OrderStatus(one["order_status"])
        counted[fate_of(ApprovalStatus(one["status"]), order)] += one["accounts"]
    return SignalRow(
        SignalId(row["id"]),
        from_ms(row["created_ms"]),
        row["source"],
        row["symbol"],
        Side(row["side"]),
        OrderType(row["order_type"]),
        row["mode"],
        counted,
    )


def deliveries(
    connection: sqlite3.Connection, before: int | None, limit: int, *, dead: bool = False
) -> Page[Delivery]:
    """Return messages, newest first; with ``dead`` those alone that were given up."""
    only = " AND o.status = 'dead'" if dead else ""
    found = connection.execute(
        "SELECT o.id, o.chat_id, o.kind, o.priority, o.status, o.attempts, o.error,"  # noqa: S608 - our own words
        " o.created_ms, o.sent_ms, m.name FROM outbox o"
        " LEFT JOIN member m ON m.telegram_id = o.chat_id"
        f" WHERE o.id < ?{only} ORDER BY o.id DESC LIMIT ?",
        (_LAST if before is None else before, limit + 1),
    ).fetchall()
    read = tuple(
        Delivery(
            row["id"],
            row["name"] or str(row["chat_id"]),
            row["kind"],
            row["priority"],
            row["status"],
            row["attempts"],
            row["error"],
            from_ms(row["created_ms"]),
            rows.instant(row["sent_ms"]),
        )
        for row in found[:limit]
    )
    return Page(read, read[-1].id if len(found) > limit else None)


def delivery_counts(connection: sqlite3.Connection) -> DeliveryCounts:
    """Return how many messages wait, are being sent, and were given up."""
    return DeliveryCounts(
        waiting=_count(connection, "SELECT count(*) FROM outbox WHERE status = 'ready'"),
        sending=_count(connection, "SELECT count(*) FROM outbox WHERE status = 'sending'"),
        dead=_count(connection, "SELECT count(*) FROM outbox WHERE status = 'dead'"),
        oldest=rows.instant(outbox.oldest(connection)),
    )


def _count(connection: sqlite3.Connection, statement: str) -> int:
    return int(connection.execute(statement).fetchone()[0])


def people(
    connection: sqlite3.Connection, after: int, limit: int, now: datetime
) -> Page[PersonRow]:
    """Return members by id, behind one."""
    found = connection.execute(
        "SELECT m.*, (SELECT count(*) FROM account WHERE account.member_id = m.id) AS own,"
        " (SELECT count(*) FROM account_member am JOIN account a ON a.id = am.account_id"
        " WHERE am.member_id = m.id AND (a.member_id IS NULL OR a.member_id <> m.id)) AS granted"
        " FROM member m WHERE m.revoked_ms IS NULL AND m.id > ? ORDER BY m.id LIMIT ?",
        (after, limit + 1),
    ).fetchall()
    read = tuple(_person(connection, row, now) for row in found[:limit])
    return Page(read, read[-1].member.id if len(found) > limit else None)


def _person(connection: sqlite3.Connection, row: sqlite3.Row, now: datetime) -> PersonRow:
    booked = billing.bookings(connection, MemberId(row["id"]))
    paid: dict[str, Decimal] = {}
    for one in booked:
        if one.amount and one.refunded_at is None:
            paid[one.currency] = paid.get(one.currency, Decimal(0)) + one.amount
    everywhere = None if row["everywhere"] is None else Role(row["everywhere"])
    return PersonRow(
        rows.member(row), everywhere, row["own"], row["granted"], standing(booked, now), paid
    )


def revenue(connection: sqlite3.Connection, months: int, now: datetime) -> Revenue:
    """Return what the last so many months brought, this one included."""
    strays = connection.execute(
        "SELECT * FROM unmatched_payment ORDER BY id DESC LIMIT ?", (_STRAYS,)
    )
    return Revenue(
        _takings(connection, _latest(now, months)),
        tuple(
            Stray(
                row["provider"],
                row["external_id"],
                Decimal(row["amount"]),
                row["currency"],
                row["why"],
                from_ms(row["at_ms"]),
            )
            for row in strays
        ),
        _count(connection, "SELECT count(*) FROM invoice WHERE status = 'open'"),
        _holders(connection, now),
    )


def _latest(now: datetime, months: int) -> list[tuple[int, str]]:
    """Return when each of the last so many months began in UTC, and its name, oldest first."""
    found = []
    for number in range(now.year * 12 + now.month - months, now.year * 12 + now.month):
        first = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
        found.append((to_ms(first), f"{first:%Y-%m}"))
    return found


def _takings(connection: sqlite3.Connection, months: list[tuple[int, str]]) -> tuple[Takings, ...]:
    starts = [start for start, _ in months]
    sums: dict[tuple[str, str, str], tuple[int, Decimal, Decimal]] = {}
    for row in connection.execute(
        "SELECT provider, currency, amount, at_ms, refunded_ms FROM booking WHERE at_ms >= ?",
        (starts[0],),
    ):
        amount = Decimal(row["amount"])
        if not amount:
            continue  # given, not sold
        month = months[bisect_right(starts, row["at_ms"]) - 1][1]
        key = (month, row["provider"], row["currency"])
        count, total, back = sums.get(key, (0, Decimal(0), Decimal(0)))
        given_back = Decimal(0) if row["refunded_ms"] is None else amount
        sums[key] = (count + 1, total + amount, back + given_back)
    ordered = sorted(sums.items(), key=lambda one: one[0][1:])
    ordered.sort(key=lambda one: one[0][0], reverse=True)
    return tuple(Takings(*key, *values) for key, values in ordered)


def _holders(connection: sqlite3.Connection, now: datetime) -> dict[str, int]:
    held: Counter[str] = Counter()
    found = connection.execute(
        "SELECT b.* FROM booking b JOIN member m ON m.id = b.member_id"
        " WHERE m.revoked_ms IS NULL ORDER BY b.member_id, b.at_ms, b.id"
    )
    for _, group in groupby(found, key=lambda row: int(row["member_id"])):
        held[standing([billing.booking_of(row) for row in group], now).plan.key] += 1
    return dict(held)


def counts(connection: sqlite3.Connection) -> DeskCounts:
    """Return the desk in numbers."""
    states = connection.execute("SELECT trading_state, count(*) FROM account GROUP BY 1")
    return DeskCounts(
        people=_count(connection, "SELECT count(*) FROM member WHERE revoked_ms IS NULL"),
        accounts={row[0]: row[1] for row in states},
        # The partial index is found by its own words alone.
        waiting=_count(
            connection,
            "SELECT count(*) FROM approval WHERE status IN ('offered', 'approved')"
            " AND status = 'offered'",
        ),
    )
