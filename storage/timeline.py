"""The story of a signal or a ticket, gathered from the rows that each act left."""

import json
import sqlite3
from collections.abc import Iterator
from decimal import Decimal

from storage import rows
from storage.base import StoreBase
from trading.clock import from_ms
from trading.ids import MemberId
from trading.model import Proposal, SignalDraft
from trading.positions.model import Ask
from trading.timeline import Moment, Step, Story, status_words
from trading.words import told

MOST_STORIES = 200
"""Accounts of one member whose stories are told at once."""


class TimelineStore(StoreBase):
    """Reads what happened; a member sees the accounts they have a right on."""

    async def of_signal(
        self, member_id: MemberId, signal_id: int, limit: int = MOST_STORIES
    ) -> list[Story]:
        return await self._glance(of_signal, member_id, signal_id, limit)

    async def of_ticket(self, member_id: MemberId, ticket: int) -> list[Story]:
        return await self._glance(of_ticket, member_id, ticket)


def of_signal(
    connection: sqlite3.Connection, member_id: MemberId, signal_id: int, limit: int = MOST_STORIES
) -> list[Story]:
    """Return a signal's story on each account the member may see, oldest moment first."""
    found = connection.execute(
        "SELECT a.* FROM approval a JOIN account_member m ON m.account_id = a.account_id"
        " WHERE a.signal_id = ? AND m.member_id = ? ORDER BY a.id LIMIT ?",
        (signal_id, member_id, limit),
    ).fetchall()
    return [_of_approval(connection, row) for row in found]


def of_ticket(connection: sqlite3.Connection, member_id: MemberId, ticket: int) -> list[Story]:
    """Return the story of an order's or a position's ticket; empty when it is not known."""
    accounts = connection.execute(
        "SELECT account_id FROM account_member WHERE member_id = ? ORDER BY account_id",
        (member_id,),
    ).fetchall()
    found = (_on_account(connection, row["account_id"], ticket) for row in accounts)
    return [story for story in found if story is not None]


_BY_POSITION = (
    "SELECT * FROM orders WHERE account_id = ? AND position_id = ?"
    " ORDER BY purpose <> 'entry', id LIMIT 1"
)
_BY_TICKET = "SELECT * FROM orders WHERE account_id = ? AND ticket = ? ORDER BY id LIMIT 1"


def _on_account(connection: sqlite3.Connection, account_id: int, ticket: int) -> Story | None:
    key = (account_id, ticket)
    order = connection.execute(_BY_POSITION, key).fetchone()
    order = order or connection.execute(_BY_TICKET, key).fetchone()
    if order is not None and order["approval_id"] is not None:
        approval = connection.execute(
            "SELECT * FROM approval WHERE id = ?", (order["approval_id"],)
        ).fetchone()
        return _of_approval(connection, approval)
    moments = [*_of_position(connection, account_id, ticket)]
    if order is not None:
        moments += _of_order(connection, order)
    if not moments:
        return None
    return _story(connection, told("Ticket {ticket}", ticket=ticket), account_id, moments)


def _story(
    connection: sqlite3.Connection, title: str, account_id: int, moments: list[Moment]
) -> Story:
    (login,) = connection.execute(
        "SELECT login FROM account WHERE id = ?", (account_id,)
    ).fetchone()
    # Equal stamps keep the order of cause and effect they were gathered in.
    unique = list({(one.at, one.step, one.what): one for one in moments}.values())
    return Story(title, str(login), tuple(sorted(unique, key=lambda one: one.at)))


def _of_approval(connection: sqlite3.Connection, row: sqlite3.Row) -> Story:
    signal = connection.execute("SELECT * FROM signal WHERE id = ?", (row["signal_id"],)).fetchone()
    moments = [*_signal(signal), *_decision(connection, row)]
    order = connection.execute(
        "SELECT * FROM orders WHERE approval_id = ?", (row["id"],)
    ).fetchone()
    if order is not None:
        moments += _of_order(connection, order)
        if order["position_id"] is not None:
            moments += _of_position(connection, row["account_id"], order["position_id"])
    title = told(
        "Signal {number}: {side} {symbol}",
        number=signal["id"],
        side=signal["side"].upper(),
        symbol=signal["symbol"],
    )
    return _story(connection, title, row["account_id"], moments)


def _signal(row: sqlite3.Row) -> Iterator[Moment]:
    draft = rows.decode(SignalDraft, row["draft_json"])
    numbers = {
        "type": draft.order_type.value,
        "entry": " to ".join(dict.fromkeys(str(one) for one in draft.entry or ())) or "market",
        "stop": str(draft.stop_loss or "none"),
        "targets": ", ".join(str(one) for one in draft.take_profits) or "none",
    }
    yield Moment(
        from_ms(row["created_ms"]),
        Step.SIGNAL,
        told("from {source}", source=row["source"]),
        numbers,
    )


def _decision(connection: sqlite3.Connection, row: sqlite3.Row) -> Iterator[Moment]:
    created = connection.execute(
        "SELECT created_ms FROM signal WHERE id = ?", (row["signal_id"],)
    ).fetchone()["created_ms"]
    if row["proposal_json"]:
        proposal = rows.decode(Proposal, row["proposal_json"])
        numbers = {
            "price": str(proposal.price),
            "lots": str(proposal.volume or "none"),
            "risk": str(proposal.risk_money or "unknown"),
            "risk %": str(proposal.risk_percent or "unknown"),
            "worst case": str(proposal.worst_equity or "unknown"),
            "floor": str(proposal.floor or "none"),
        }
        yield Moment(from_ms(created), Step.OFFERED, told("card shown"), numbers)
    if row["decided_ms"] is not None:
        name = connection.execute(
            "SELECT name FROM member WHERE id = ?", (row["member_id"],)
        ).fetchone()
        status = told("rejected") if row["status"] == "rejected" else told("approved")
        who = told(
            "{status} by {name}",
            status=status,
            name=told("someone") if name is None else name["name"],
        )
        why = {"reason": row["detail"]} if row["detail"] else {}
        yield Moment(from_ms(row["decided_ms"]), Step.DECIDED, who, why)
    elif row["status"] in ("expired", "canceled"):
        at = from_ms(row["expires_ms"] if row["status"] == "expired" else created)
        why = {"reason": row["detail"]} if row["detail"] else {}
        yield Moment(at, Step.DECIDED, status_words(row["status"]), why)


def _of_order(connection: sqlite3.Connection, row: sqlite3.Row) -> Iterator[Moment]:
    facts = {name: str(value) for name, value in json.loads(row["facts_json"]).items()}
    if facts:
        yield Moment(from_ms(row["created_ms"]), Step.CHECKED, told("checks saw"), facts)
    for event in connection.execute(
        "SELECT * FROM order_event WHERE order_id = ? ORDER BY id", (row["id"],)
    ):
        numbers = {"reason": event["detail"]} if event["detail"] else {}
        if event["to_status"] in ("filled", "accepted", "partially_filled"):
            numbers |= {
                "ticket": str(row["ticket"]),
                **({"price": row["average_price"]} if row["average_price"] else {}),
                **({"lots": row["filled_volume"]} if row["filled_volume"] != "0" else {}),
            }
        what = told(
            "{purpose} {status}",
            purpose=status_words(row["purpose"]),
            status=status_words(event["to_status"]),
        )
        yield Moment(from_ms(event["at_ms"]), Step.ORDER, what, numbers)


def _of_position(
    connection: sqlite3.Connection, account_id: int, position_id: int
) -> Iterator[Moment]:
    for deal in connection.execute(
        "SELECT * FROM deal WHERE account_id = ? AND position_id = ? ORDER BY at_ms, ticket",
        (account_id, position_id),
    ):
        result = sum(
            (Decimal(deal[name]) for name in ("profit", "swap", "commission", "fee")), Decimal(0)
        )
        what = told(
            "deal {entry} by {reason}",
            entry=status_words(deal["entry"]),
            reason=status_words(deal["reason"]),
        )
        numbers = {
            "deal": str(deal["ticket"]),
            "lots": deal["volume"],
            "price": deal["price"],
            **({"result": f"{result:+.2f}"} if deal["entry"] != "in" or result else {}),
        }
        yield Moment(from_ms(deal["at_ms"]), Step.DEAL, what, numbers)
    for wish in connection.execute(
        "SELECT w.*, m.name FROM wish w LEFT JOIN member m ON m.id = w.member_id"
        " WHERE w.account_id = ? AND w.target = ? ORDER BY w.id DESC LIMIT 40",
        (account_id, position_id),
    ):
        yield _wish(wish)


def _wish(row: sqlite3.Row) -> Moment:
    ask = rows.decode(Ask, row["ask_json"])
    by = row["name"] or row["cause"].replace("_", " ").replace(":", " ")
    numbers = {
        name: str(value)
        for name, value in (
            ("lots", ask.volume),
            ("stop", ask.stop_loss),
            ("target", ask.take_profit),
            ("reason", row["detail"] or None),
        )
        if value is not None
    }
    return Moment(
        from_ms(row["created_ms"]),
        Step.WISH,
        told(
            "{kind} by {by}: {status}",
            kind=status_words(row["kind"]),
            by=by,
            status=status_words(row["status"]),
        ),
        numbers,
    )
