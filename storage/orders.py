"""Order intents and their fate: written before the act, moved only along the table."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from storage import breaches, cards, people, rows, wishes
from storage.rows import encode
from trading.clock import from_ms, to_ms
from trading.ids import AccountId, ApprovalId, OrderId
from trading.model import (
    Accepted,
    Action,
    Denial,
    Filled,
    Finding,
    NewOrder,
    Order,
    OrderStatus,
    Purpose,
    Rejected,
    SendOutcome,
    Unknown,
)
from trading.notices import (
    OrderFailed,
    OrderResolved,
    OrderUnconfirmed,
    Priority,
)
from trading.orders import advance
from trading.words import told

_DONE_WHEN_ACCEPTED = frozenset({Action.SLTP, Action.MODIFY, Action.REMOVE, Action.CLOSE_BY})


def deny(
    connection: sqlite3.Connection,
    approval_id: ApprovalId,
    denial: Denial,
    now: datetime,
    checks: tuple[Finding, ...] = (),
) -> bool:
    """Refuse an approved entry, with the numbers; False when it was no longer approved."""
    row = _take(connection, approval_id)
    if row is None:
        return False
    request = json.dumps({"action": "deal", "client_order_id": 0, "symbol": row["symbol"]})
    order = connection.execute(
        "INSERT INTO orders (account_id, approval_id, client_order_id, purpose, symbol,"
        " request_json, facts_json, status, detail, created_ms, finished_ms, checks_json)"
        " VALUES (?, ?, ?, 'entry', ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            row["account_id"],
            approval_id,
            -approval_id,  # never sent, so it needs no id of the broker's world
            row["symbol"],
            request,
            json.dumps(dict(denial.facts)),
            advance(None, OrderStatus.DENIED),
            denial.reason,
            to_ms(now),
            to_ms(now),
            rows.findings(checks),
        ),
    ).fetchone()
    _event(connection, OrderId(order["id"]), None, OrderStatus.DENIED, denial.reason, now)
    cards.refresh(connection, approval_id, now)
    return True


def _take(connection: sqlite3.Connection, approval_id: ApprovalId) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "UPDATE approval SET status = 'ordered' WHERE id = ? AND status = 'approved'"
        " RETURNING account_id, (SELECT symbol FROM signal WHERE id = signal_id) AS symbol",
        (approval_id,),
    ).fetchone()
    return row


def submit(connection: sqlite3.Connection, new: NewOrder, now: datetime) -> Order | None:
    """Write an intent down before it is sent; None when it must not be sent any more.

    An entry needs its approval still approved and in time and its account active, in this very
    transaction: a halt that was committed first wins. A close needs no other at work.
    """
    if new.purpose is Purpose.ENTRY and not _may_enter(connection, new, now):
        return None
    target = new.request.position or new.request.order
    row = connection.execute(
        "INSERT INTO orders (account_id, approval_id, breach_id, client_order_id, purpose, symbol,"
        " target, request_json, facts_json, expected_price, status, created_ms, submitted_ms,"
        " checks_json)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING RETURNING *",
        (
            new.account_id,
            new.approval_id,
            new.breach_id,
            new.request.client_order_id,
            new.purpose,
            new.request.symbol,
            target,
            encode(new.request),
            json.dumps(dict(new.facts)),
            rows.text(new.expected_price),
            advance(None, OrderStatus.SUBMITTED),
            to_ms(now),
            to_ms(now),
            rows.findings(new.checks),
        ),
    ).fetchone()
    if row is None:
        return None
    order = rows.order(row)
    _event(connection, order.id, None, OrderStatus.SUBMITTED, "", now)
    what = " ".join(
        str(part)
        for part in (new.request.side, new.request.volume, new.request.symbol, target)
        if part is not None
    )
    people.audit(connection, now, f"order_{new.purpose}", what, account=new.account_id)
    return order


def submit_all(
    connection: sqlite3.Connection, new: Iterable[NewOrder], now: datetime
) -> list[Order | None]:
    """Write many intents down together, each as ``submit`` does."""
    return [submit(connection, one, now) for one in new]


def _may_enter(connection: sqlite3.Connection, new: NewOrder, now: datetime) -> bool:
    taken = connection.execute(
        "UPDATE approval SET status = 'ordered' WHERE id = ? AND status = 'approved'"
        " AND expires_ms > ? AND (SELECT trading_state FROM account WHERE id = account_id)"
        " = 'active'",
        (new.approval_id, to_ms(now)),
    )
    return taken.rowcount == 1


def _event(
    connection: sqlite3.Connection,
    order_id: OrderId,
    before: OrderStatus | None,
    after: OrderStatus,
    detail: str,
    now: datetime,
) -> None:
    connection.execute(
        "INSERT INTO order_event (order_id, at_ms, from_status, to_status, detail)"
        " VALUES (?, ?, ?, ?, ?)",
        (order_id, to_ms(now), before, after, detail),
    )


def get(connection: sqlite3.Connection, order_id: OrderId) -> Order:
    """Return an order as it stands."""
    row = connection.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
    return rows.order(row)


def apply(
    connection: sqlite3.Connection,
    order_id: OrderId,
    outcome: SendOutcome,
    now: datetime,
    evidence: str = "",
    *,
    report: bool = True,
) -> Order:
    """Record what the broker answered, or what its books showed (then with the evidence).

    ``report`` of False leaves the breach's report to the caller, who has more to record.
    """
    order = get(connection, order_id)
    match outcome:
        case Filled():
            _filled(connection, order, outcome, now)
        case Accepted():
            done = order.request.action in _DONE_WHEN_ACCEPTED
            status = OrderStatus.FILLED if done else OrderStatus.ACCEPTED
            _move(connection, order, status, now, retcode=outcome.retcode, ticket=outcome.order)
        case Rejected():
            _move(
                connection,
                order,
                OrderStatus.REJECTED,
                now,
                retcode=outcome.retcode,
                detail=outcome.words,
            )
        case Unknown():
            _unresolved(connection, order, outcome, now)
    if report and order.breach_id is not None:
        breaches.refresh(connection, order.breach_id, now)
    _tell(connection, order, outcome, evidence, now)
    return get(connection, order_id)


def apply_all(
    connection: sqlite3.Connection,
    answers: Iterable[tuple[OrderId, SendOutcome]],
    now: datetime,
    *,
    report: bool = True,
) -> list[Order]:
    """Record many answers together; a breach's report is made once, or left to a later call."""
    applied = [apply(connection, one, outcome, now, report=False) for one, outcome in answers]
    if report:
        for breach_id in {order.breach_id for order in applied if order.breach_id is not None}:
            breaches.refresh(connection, breach_id, now)
    return applied


def _filled(connection: sqlite3.Connection, order: Order, outcome: Filled, now: datetime) -> None:
    connection.execute(
        "UPDATE orders SET filled_volume = ?, average_price = coalesce(?, average_price)"
        " WHERE id = ?",
        (str(outcome.volume), rows.text(outcome.price), order.id),
    )
    _move(
        connection,
        order,
        OrderStatus.FILLED,
        now,
        retcode=outcome.retcode,
        ticket=outcome.order,
    )
    if order.purpose is Purpose.ENTRY:
        connection.execute(
            "UPDATE account SET trades_total = trades_total + 1 WHERE id = ?",
            (order.account_id,),
        )


def _move(
    connection: sqlite3.Connection,
    order: Order,
    status: OrderStatus,
    now: datetime,
    *,
    retcode: int | None,
    detail: str = "",
    ticket: int | None = None,
) -> None:
    advance(order.status, status)
    finished = None if status is OrderStatus.ACCEPTED else to_ms(now)
    connection.execute(
        "UPDATE orders SET status = ?, retcode = ?, detail = ?, unresolved_ms = NULL,"
        " ticket = coalesce(?, ticket), finished_ms = ? WHERE id = ?",
        (status, retcode, detail, ticket, finished, order.id),
    )
    _event(connection, order.id, order.status, status, detail, now)


def _unresolved(
    connection: sqlite3.Connection, order: Order, outcome: Unknown, now: datetime
) -> None:
    connection.execute(
        "UPDATE orders SET unresolved_ms = coalesce(unresolved_ms, ?), retcode = ?, detail = ?"
        " WHERE id = ?",
        (to_ms(now), outcome.retcode, outcome.why, order.id),
    )
    _event(connection, order.id, order.status, order.status, outcome.why, now)


def _tell(
    connection: sqlite3.Connection,
    before: Order,
    outcome: SendOutcome,
    evidence: str,
    now: datetime,
) -> None:
    if before.approval_id is not None:
        cards.refresh(connection, before.approval_id, now)
    told = wishes.settle(connection, before.id, outcome, now)
    account = str(people.account(connection, before.account_id).login)
    symbol = before.request.symbol
    topic = f"unconfirmed:{before.id}"
    if isinstance(outcome, Unknown):
        people.tell(
            connection,
            before.account_id,
            OrderUnconfirmed(before.approval_id, before.purpose, account, symbol, outcome.why),
            Priority.CRITICAL,
            now,
            topic=topic,
        )
    elif before.unresolved_at is not None or evidence:
        row = connection.execute("SELECT * FROM orders WHERE id = ?", (before.id,)).fetchone()
        people.tell(
            connection,
            before.account_id,
            OrderResolved(
                before.approval_id,
                before.purpose,
                account,
                symbol,
                cards.order_view(row),
                evidence,
            ),
            Priority.CRITICAL,
            now,
            topic=f"resolved:{before.id}:{row['status']}",
        )
    elif (
        isinstance(outcome, Rejected)
        and before.purpose is not Purpose.ENTRY
        and before.breach_id is None
        and not told
    ):
        people.tell(
            connection,
            before.account_id,
            OrderFailed(
                before.purpose,
                account,
                symbol,
                before.request.position or before.request.order,
                outcome.words,
            ),
            Priority.DECISION,
            now,
            # The same refusal again is the same message: a rule tries again by itself.
            topic=f"refused:{before.account_id}:{before.purpose}:"
            f"{before.request.position or before.request.order}",
        )


def open_orders(connection: sqlite3.Connection, account_id: AccountId) -> list[Order]:
    """Return the intents that are not finished: in flight, unresolved or working."""
    found = connection.execute(
        "SELECT * FROM orders WHERE account_id = ?"
        " AND status IN ('submitted', 'accepted', 'partially_filled') ORDER BY id",
        (account_id,),
    )
    return [rows.order(row) for row in found]


def adopt(connection: sqlite3.Connection, account_id: AccountId, now: datetime) -> int:
    """At start, mark what was in flight at the crash as unresolved: its answer is lost."""
    found = connection.execute(
        "SELECT * FROM orders WHERE account_id = ? AND status = 'submitted'"
        " AND unresolved_ms IS NULL ORDER BY id",
        (account_id,),
    ).fetchall()
    for row in found:
        apply(
            connection,
            OrderId(row["id"]),
            Unknown(told("the desk was stopped while it was sent")),
            now,
        )
    return len(found)


def looked(connection: sqlite3.Connection, order_id: OrderId) -> None:
    """Count a complete reading of the broker's books in which the order was absent."""
    connection.execute("UPDATE orders SET looks = looks + 1 WHERE id = ?", (order_id,))


def end_pending(
    connection: sqlite3.Connection,
    order_id: OrderId,
    status: OrderStatus,
    detail: str,
    now: datetime,
) -> None:
    """Record that a waiting order ended at the broker without a fill."""
    order = get(connection, order_id)
    _move(connection, order, status, now, retcode=order.retcode, detail=detail)
    if order.approval_id is not None:
        cards.refresh(connection, order.approval_id, now)


def set_position(connection: sqlite3.Connection, order_id: OrderId, position_id: int) -> None:
    """Remember which position an entry became."""
    connection.execute(
        "UPDATE orders SET position_id = ? WHERE id = ? AND position_id IS NULL",
        (position_id, order_id),
    )


def recent(connection: sqlite3.Connection, account_id: AccountId, limit: int) -> list[Order]:
    """Return an account's latest orders, newest first."""
    found = connection.execute(
        "SELECT * FROM orders WHERE account_id = ? ORDER BY id DESC LIMIT ?", (account_id, limit)
    )
    return [rows.order(row) for row in found]


def entries_since(
    connection: sqlite3.Connection, account_id: AccountId, since: datetime
) -> list[datetime]:
    """Return when entries were sent since an instant, oldest first."""
    found = connection.execute(
        "SELECT submitted_ms FROM orders WHERE account_id = ? AND purpose = 'entry'"
        " AND submitted_ms > ? ORDER BY submitted_ms",
        (account_id, to_ms(since)),
    )
    return [from_ms(row["submitted_ms"]) for row in found]


def rejected_lately(
    connection: sqlite3.Connection, account_id: AccountId, since: datetime
) -> list[Order]:
    """Return entries that were given up as not executed since an instant: they may yet appear."""
    found = connection.execute(
        "SELECT * FROM orders WHERE account_id = ? AND status = 'rejected' AND purpose = 'entry'"
        " AND submitted_ms >= ? ORDER BY id",
        (account_id, to_ms(since)),
    )
    return [rows.order(row) for row in found]
