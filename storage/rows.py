"""Between rows and records: records as JSON text, instants as milliseconds, decimals as text."""

import sqlite3
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import TypeAdapter

from trading.clock import from_ms
from trading.ids import (
    AccountId,
    ApprovalId,
    MemberId,
    OrderId,
    SignalId,
    Ticket,
)
from trading.model import (
    Account,
    Approval,
    ApprovalStatus,
    Finding,
    MarginMode,
    Member,
    Numbers,
    Order,
    OrderRequest,
    OrderStatus,
    Proposal,
    Purpose,
    Reader,
    Role,
    Signal,
    SignalDraft,
    Terms,
    TradingState,
)

T = TypeVar("T")


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    known = _ADAPTERS.get(kind)
    if known is None:
        known = _ADAPTERS[kind] = TypeAdapter(kind)
    return known


def encode(record: object, kind: Any = None) -> str:
    """Return a record as JSON text; decimals and instants keep every digit."""
    return _adapter(type(record) if kind is None else kind).dump_json(record).decode()


def decode(kind: type[T], text: str) -> T:
    """Return the record that ``encode`` wrote; raise on anything else."""
    record: T = _adapter(kind).validate_json(text)
    return record


def findings(checks: tuple[Finding, ...]) -> str | None:
    """Return what the checks found as JSON text; None where nothing was checked."""
    return encode(checks, tuple[Finding, ...]) if checks else None


def instant(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


def decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def member(row: sqlite3.Row) -> Member:
    return Member(
        MemberId(row["id"]),
        row["telegram_id"],
        row["name"],
        Role(row["role"]),
        bool(row["reachable"]),
        reader(row),
        row["speaks"],
        None if row["everywhere"] is None else Role(row["everywhere"]),
    )


def reader(row: sqlite3.Row) -> Reader:
    """Return how a member reads: a chosen language holds before the one Telegram told."""
    return Reader(row["language"] or row["speaks"] or "en", row["zone"], Numbers(row["numbers"]))


def account(row: sqlite3.Row) -> Account:
    return Account(
        id=AccountId(row["id"]),
        login=row["login"],
        server=row["server"],
        currency=row["currency"],
        margin_mode=MarginMode(row["margin_mode"]),
        trading_state=TradingState(row["trading_state"]),
        entry_equity=decimal(row["entry_equity"]),
        flatten_asked_at=instant(row["flatten_asked_ms"]),
        second_above=decimal(row["second_above"]),
        risk_percent=decimal(row["risk_percent"]),
    )


def signal(row: sqlite3.Row) -> Signal:
    return Signal(
        SignalId(row["id"]),
        row["source"],
        row["source_ref"],
        decode(SignalDraft, row["draft_json"]),
        from_ms(row["created_ms"]),
        from_ms(row["expires_ms"]),
    )


def approval(row: sqlite3.Row, of_signal: Signal) -> Approval:
    terms = decode(Terms, row["terms_json"])
    return Approval(
        id=ApprovalId(row["id"]),
        signal=replace(of_signal, draft=terms.applied(of_signal.draft)),
        account_id=AccountId(row["account_id"]),
        status=ApprovalStatus(row["status"]),
        expires_at=from_ms(row["expires_ms"]),
        proposal=decode(Proposal, row["proposal_json"]) if row["proposal_json"] else None,
        decided_by=row["decided_by"],
        decided_at=instant(row["decided_ms"]),
        terms=terms,
    )


def order(row: sqlite3.Row) -> Order:
    approval_id, ticket, position_id = row["approval_id"], row["ticket"], row["position_id"]
    return Order(
        id=OrderId(row["id"]),
        account_id=AccountId(row["account_id"]),
        approval_id=None if approval_id is None else ApprovalId(approval_id),
        purpose=Purpose(row["purpose"]),
        request=decode(OrderRequest, row["request_json"]),
        status=OrderStatus(row["status"]),
        created_at=from_ms(row["created_ms"]),
        submitted_at=instant(row["submitted_ms"]),
        finished_at=instant(row["finished_ms"]),
        ticket=None if ticket is None else Ticket(ticket),
        position_id=None if position_id is None else Ticket(position_id),
        filled_volume=Decimal(row["filled_volume"]),
        average_price=decimal(row["average_price"]),
        expected_price=decimal(row["expected_price"]),
        retcode=row["retcode"],
        detail=row["detail"],
        unresolved_at=instant(row["unresolved_ms"]),
        breach_id=row["breach_id"],
        looks=row["looks"],
    )
