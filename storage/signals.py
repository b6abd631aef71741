"""Signals, the question each puts to an account, and its answer."""

import json
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from storage import cards, people, rights, rows, subscriptions
from storage.rows import encode
from trading.cards import limit_price
from trading.clock import to_ms
from trading.decisions import (
    AlreadyDecided,
    CardChanged,
    Decided,
    DecideResult,
    Duplicate,
    FirstOfTwo,
    Ingested,
    NotAllowed,
    TooLate,
)
from trading.ids import AccountId, ApprovalId, MemberId, SignalId
from trading.model import (
    Approval,
    ApprovalStatus,
    Decision,
    Finding,
    OrderType,
    Proposal,
    Role,
    SignalDraft,
    Terms,
    TradingState,
)
from trading.signals import AUTOMATIC, fingerprint
from trading.sources import ASKED, Offer, SourceMode
from trading.words import told

_UNCHANGED = encode(Terms())
_APPROVAL = (
    "SELECT a.*, m.name AS decided_by FROM approval a LEFT JOIN member m ON m.id = a.member_id"
)


def ingest(
    connection: sqlite3.Connection,
    draft: SignalDraft,
    source: str,
    source_ref: str,
    digest: str,
    now: datetime,
    ttl: timedelta,
    offer: Offer = ASKED,
) -> Ingested | Duplicate:
    """Store a signal and put it to every account; the same key again changes nothing."""
    content = fingerprint(draft)
    targets = subscriptions.targets(connection, source, offer, draft.risk_percent, now)
    if offer.same_for:
        known, asked = _elsewhere(connection, content, source, source_ref, now, offer)
        # Told to some of the accounts already, it is a signal for the others alone.
        targets = [one for one in targets if one.id not in asked]
        if known is not None and (not targets or offer.mode is SourceMode.SHADOW):
            return known
    expires = to_ms(now + ttl)
    row = connection.execute(
        "INSERT INTO signal (source, source_ref, digest, symbol, side, order_type, draft_json,"
        " created_ms, expires_ms, text, spans_json, content, mode, sent_ms, by_member, for_account)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (source, source_ref) DO NOTHING RETURNING id",
        (
            source,
            source_ref,
            digest,
            draft.symbol,
            draft.side,
            draft.order_type,
            encode(draft),
            to_ms(now),
            expires,
            offer.text[:4096],
            json.dumps(dict(offer.spans)) if offer.spans else "{}",
            content,
            offer.mode,
            None if offer.sent_at is None else to_ms(offer.sent_at),
            offer.by,
            offer.only,
        ),
    ).fetchone()
    if row is None:
        known_row = connection.execute(
            "SELECT id, digest FROM signal WHERE source = ? AND source_ref = ?",
            (source, source_ref),
        ).fetchone()
        return Duplicate(SignalId(known_row["id"]), same=known_row["digest"] == digest)
    signal_id = SignalId(row["id"])
    if offer.mode is SourceMode.SHADOW:
        connection.execute(
            "INSERT INTO paper (signal_id, status) VALUES (?, 'waiting')", (signal_id,)
        )
        return Ingested(signal_id, ())
    return Ingested(signal_id, _put(connection, signal_id, source, expires, now, offer, targets))


def _elsewhere(
    connection: sqlite3.Connection,
    content: str,
    source: str,
    source_ref: str,
    now: datetime,
    offer: Offer,
) -> tuple[Duplicate | None, set[AccountId]]:
    """Find the same signal that came lately, in this room or another, and whom it asked.

    Of one and the same post it is the same whenever it comes again.
    """
    found = connection.execute(
        "SELECT s.id, s.source, a.account_id FROM signal s LEFT JOIN approval a"
        " ON a.signal_id = s.id WHERE s.content = ? AND s.content <> ''"
        " AND NOT (s.source = ? AND s.source_ref = ?)"
        " AND (s.created_ms > ?"
        " OR (s.source = ? AND substr(s.source_ref, 1, CAST(? AS INTEGER)) = ?))"
        " ORDER BY s.id",
        (
            content,
            source,
            source_ref,
            to_ms(now - timedelta(seconds=offer.same_for)),
            source,
            len(offer.post_ref) + 1,
            f"{offer.post_ref}:",
        ),
    ).fetchall()
    if not found:
        return None, set()
    first = Duplicate(SignalId(found[0]["id"]), same=True, source=found[0]["source"])
    return first, {AccountId(row["account_id"]) for row in found if row["account_id"]}


def _put(
    connection: sqlite3.Connection,
    signal_id: SignalId,
    source: str,
    expires: int,
    now: datetime,
    offer: Offer,
    targets: list[subscriptions.Target],
) -> tuple[AccountId, ...]:
    """Put a signal to its accounts: asked about, or approved where its source may."""
    automatic = offer.mode is SourceMode.AUTO and _room_today(connection, source, now, offer)
    asked = []
    for account in targets:
        status, detail = ApprovalStatus.OFFERED, ""
        if account.state is not TradingState.ACTIVE:
            status, detail = (
                ApprovalStatus.CANCELED,
                told("the account is {state}", state=account.state),
            )
        elif automatic and account.automatic:
            status, detail = ApprovalStatus.APPROVED, AUTOMATIC
        approval = connection.execute(
            "INSERT INTO approval (signal_id, account_id, status, detail, decided_ms, expires_ms,"
            " terms_json) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                signal_id,
                account.id,
                status,
                detail,
                to_ms(now) if detail == AUTOMATIC else None,
                expires,
                _UNCHANGED if account.risk is None else encode(Terms(risk_percent=account.risk)),
            ),
        ).fetchone()
        asked.append(account.id)
        if status is not ApprovalStatus.OFFERED:
            cards.refresh(connection, ApprovalId(approval["id"]), now)
        if detail == AUTOMATIC:
            people.audit(
                connection,
                now,
                "signal_automatic",
                f"approval {approval['id']} of {source}",
                account=account.id,
            )
    return tuple(asked)


def _room_today(connection: sqlite3.Connection, source: str, now: datetime, offer: Offer) -> bool:
    """Tell whether a source may still enter without asking in this UTC day."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    (count,) = connection.execute(
        "SELECT count(DISTINCT s.id) FROM signal s JOIN approval a ON a.signal_id = s.id"
        " WHERE s.source = ? AND s.created_ms >= ? AND a.detail = ?",
        (source, to_ms(day), AUTOMATIC),
    ).fetchone()
    return int(count) < offer.per_day


def offer_open(connection: sqlite3.Connection, account_id: AccountId, now: datetime) -> None:
    """Put what came in before an account was known, and is still open, to it."""
    connection.execute(
        "INSERT INTO approval (signal_id, account_id, status, expires_ms)"
        " SELECT id, ?1, 'offered', expires_ms FROM signal"
        " WHERE expires_ms > ?2 AND mode <> 'shadow' AND coalesce(for_account, ?1) = ?1"
        " AND (by_member IS NULL OR EXISTS (SELECT 1 FROM account_member am"
        " WHERE am.account_id = ?1 AND am.member_id = by_member"
        " AND am.role IN ('owner', 'trader'))) ORDER BY id"
        " ON CONFLICT DO NOTHING",
        (account_id, to_ms(now)),
    )


def _one(connection: sqlite3.Connection, row: sqlite3.Row) -> Approval:
    signal = connection.execute("SELECT * FROM signal WHERE id = ?", (row["signal_id"],)).fetchone()
    return rows.approval(row, rows.signal(signal))


def approval(connection: sqlite3.Connection, approval_id: ApprovalId) -> Approval | None:
    """Return an approval with its signal."""
    row = connection.execute(f"{_APPROVAL} WHERE a.id = ?", (approval_id,)).fetchone()
    return None if row is None else _one(connection, row)


def account_behind(connection: sqlite3.Connection, approval_id: ApprovalId) -> AccountId | None:
    """Return the account an approval is for."""
    row = connection.execute(
        "SELECT account_id FROM approval WHERE id = ?", (approval_id,)
    ).fetchone()
    return None if row is None else AccountId(row["account_id"])


def without_card(
    connection: sqlite3.Connection, account_id: AccountId, limit: int
) -> list[Approval]:
    """Return the offered approvals whose card has not been worked out yet."""
    found = connection.execute(
        f"{_APPROVAL} WHERE a.account_id = ? AND a.status = 'offered'"
        # The partial index is found by its own words alone.
        " AND a.status IN ('offered', 'approved') AND a.proposal_json IS NULL"
        " ORDER BY a.id LIMIT ?",
        (account_id, limit),
    ).fetchall()
    return [_one(connection, row) for row in found]


def due(connection: sqlite3.Connection, account_id: AccountId, limit: int) -> list[Approval]:
    """Return approved signals in the order they were approved."""
    found = connection.execute(
        f"{_APPROVAL} WHERE a.account_id = ? AND a.status = 'approved'"
        " ORDER BY a.decided_ms NULLS FIRST, a.id LIMIT ?",
        (account_id, limit),
    ).fetchall()
    return [_one(connection, row) for row in found]


def symbols_waiting(connection: sqlite3.Connection, account_id: AccountId) -> list[str]:
    """Return the symbols of open approvals, and of paper trades: their quotes are wanted."""
    found = connection.execute(
        "SELECT DISTINCT s.symbol FROM approval a JOIN signal s ON s.id = a.signal_id"
        " WHERE a.account_id = ? AND a.status IN ('offered', 'approved')"
        " UNION SELECT s.symbol FROM paper p JOIN signal s ON s.id = p.signal_id"
        " WHERE p.status IN ('waiting', 'open') ORDER BY symbol",
        (account_id,),
    )
    return [row["symbol"] for row in found]


def propose(
    connection: sqlite3.Connection,
    approval_id: ApprovalId,
    proposal: Proposal | None,
    now: datetime,
    checks: tuple[Finding, ...] = (),
) -> None:
    """Keep what approving would do, and show the card (None: its size is not known yet)."""
    if proposal is not None:
        connection.execute(
            "UPDATE approval SET proposal_json = ?, checks_json = ? WHERE id = ?",
            (encode(proposal), rows.findings(checks), approval_id),
        )
    cards.refresh(connection, approval_id, now)


def decide(
    connection: sqlite3.Connection,
    approval_id: ApprovalId,
    member_id: MemberId,
    decision: Decision,
    now: datetime,
    revision: int = 0,
) -> DecideResult:
    """Take a member's decision if they may, it is open and in time; safe to repeat."""
    row = connection.execute(f"{_APPROVAL} WHERE a.id = ?", (approval_id,)).fetchone()
    if row is None:
        return NotAllowed()
    role = people.role_on(connection, member_id, AccountId(row["account_id"]))
    if role is None or not role.may(Role.TRADER):
        return NotAllowed()
    status = ApprovalStatus(row["status"])
    if status is not ApprovalStatus.OFFERED:
        if status is ApprovalStatus.EXPIRED:
            return TooLate()
        return AlreadyDecided(status, row["decided_by"], rows.instant(row["decided_ms"]))
    if row["expires_ms"] <= to_ms(now):
        _end(connection, approval_id, ApprovalStatus.EXPIRED, "", now)
        return TooLate()
    terms = rows.decode(Terms, row["terms_json"])
    if decision is not Decision.REJECT:
        if terms.revision != revision or (terms.revision and row["proposal_json"] is None):
            return CardChanged()
        terms = _decided(terms, decision, row, connection)
        first = rights.first_of_two(connection, row, member_id, decision, _risk(row), now)
        if first is not None:
            people.audit(
                connection,
                now,
                "signal_first_of_two",
                f"approval {approval_id} {decision}",
                member=member_id,
                account=AccountId(row["account_id"]),
            )
            cards.refresh(connection, approval_id, now)
            return FirstOfTwo(first)
    taken = ApprovalStatus.REJECTED if decision is Decision.REJECT else ApprovalStatus.APPROVED
    connection.execute(
        "UPDATE approval SET status = ?, member_id = ?, decided_ms = ?, terms_json = ?"
        " WHERE id = ? AND status = 'offered'",
        (taken, member_id, to_ms(now), encode(terms), approval_id),
    )
    account_id = AccountId(row["account_id"])
    people.audit(
        connection,
        now,
        f"signal_{taken}",
        f"approval {approval_id}"
        + ("" if decision in (Decision.APPROVE, Decision.REJECT) else f" {decision}"),
        member=member_id,
        account=account_id,
    )
    cards.refresh(connection, approval_id, now)
    return Decided(taken, account_id, SignalId(row["signal_id"]))


def _decided(
    terms: Terms, decision: Decision, row: sqlite3.Row, connection: sqlite3.Connection
) -> Terms:
    """Return the terms an approval is given with: half of it, or at the entry it names."""
    if decision is Decision.HALF:
        return replace(terms, size=Decimal("0.5"))
    if decision is not Decision.LIMIT or row["proposal_json"] is None:
        return terms
    draft = terms.applied(_one(connection, row).signal.draft)
    if draft.order_type is not OrderType.MARKET:
        return terms
    proposal = rows.decode(Proposal, row["proposal_json"])
    return replace(terms, limit=limit_price(draft, proposal))


def _risk(row: sqlite3.Row) -> Decimal | None:
    """Return what approving would risk in percent, None while nobody can tell."""
    proposal = row["proposal_json"]
    return rows.decode(Proposal, proposal).risk_percent if proposal else None


def _end(
    connection: sqlite3.Connection,
    approval_id: ApprovalId,
    status: ApprovalStatus,
    detail: str,
    now: datetime,
) -> None:
    connection.execute(
        "UPDATE approval SET status = ?, detail = ?"
        " WHERE id = ? AND status IN ('offered', 'approved')",
        (status, detail, approval_id),
    )
    cards.refresh(connection, approval_id, now)


def expire(connection: sqlite3.Connection, now: datetime) -> int:
    """End every approval whose time is up: no answer in time is no trade."""
    late = connection.execute(
        "SELECT id FROM approval WHERE status IN ('offered', 'approved') AND expires_ms <= ?"
        " ORDER BY id",
        (to_ms(now),),
    ).fetchall()
    for row in late:
        _end(connection, ApprovalId(row["id"]), ApprovalStatus.EXPIRED, "", now)
    return len(late)


def cancel_waiting(
    connection: sqlite3.Connection, account_id: AccountId, detail: str, now: datetime
) -> int:
    """End every approval of an account that is offered or approved, saying why."""
    waiting = connection.execute(
        "SELECT id FROM approval WHERE account_id = ? AND status IN ('offered', 'approved')"
        " ORDER BY id",
        (account_id,),
    ).fetchall()
    for row in waiting:
        _end(connection, ApprovalId(row["id"]), ApprovalStatus.CANCELED, detail, now)
    return len(waiting)


def recent(connection: sqlite3.Connection, account_id: AccountId, limit: int) -> list[Approval]:
    """Return an account's latest approvals, newest first."""
    found = connection.execute(
        f"{_APPROVAL} WHERE a.account_id = ? ORDER BY a.id DESC LIMIT ?", (account_id, limit)
    ).fetchall()
    return [_one(connection, row) for row in found]
