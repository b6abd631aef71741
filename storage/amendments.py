"""Updates to signals: what they may be about, who decided, and the wishes they became."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from storage import cards, people, scores, sources, update_cards, wishes
from storage.base import StoreBase
from storage.rows import decode, encode
from trading.amend_plan import Candidate
from trading.amending import Act, Amendment, NewAmendment, Option
from trading.clock import to_ms
from trading.ids import AccountId, ApprovalId, ConfirmId, MemberId, SignalId, Ticket
from trading.model import ApprovalStatus, Role, Side
from trading.parser import SignalUpdate
from trading.sources import Source, SourceId
from trading.words import told

_SETTLED = told("This one is settled already.")


class AmendmentStore(StoreBase):
    """Updates that came in; raises ``StoreError`` when it cannot."""

    async def candidates(
        self, source: str | None, reply_ref: str | None, by: MemberId | None
    ) -> list[Candidate]:
        return await self._read(candidates, source, reply_ref, by)

    async def propose_update(self, source: Source, new: NewAmendment) -> bool:
        return await self._write(propose, source, new, self._now())

    async def claim(
        self, source: Source, ref: str, reply_ref: str | None, symbol: str | None, target: int
    ) -> bool:
        return await self._database.run(
            scores.claim, source, ref, reply_ref, symbol, target, self._now()
        )

    async def amendment(self, amendment_id: int) -> Amendment | None:
        return await self._read(get, amendment_id)

    async def carry_out(
        self, amendment_id: int, member_id: MemberId, acts: Sequence[Act]
    ) -> str | None:
        return await self._write(carry_out, amendment_id, member_id, tuple(acts), self._now())

    async def drop_update(self, amendment_id: int, member_id: MemberId) -> str | None:
        return await self._write(drop, amendment_id, member_id, self._now())

    async def expire_updates(self) -> int:
        return await self._write(expire, self._now())


def candidates(
    connection: sqlite3.Connection,
    source: str | None,
    reply_ref: str | None,
    by: MemberId | None,
) -> list[Candidate]:
    """Return what of a source (None: of any) may still be open, newest signal first.

    ``by``: only on accounts where that person may trade.
    """
    found = connection.execute(
        "SELECT a.id AS approval_id, a.status, a.account_id, s.id AS signal_id, s.source_ref,"
        " s.symbol, s.side, o.status AS order_status, o.ticket, o.position_id, ac.member_id"
        " FROM signal s JOIN approval a ON a.signal_id = s.id"
        " JOIN account ac ON ac.id = a.account_id"
        " LEFT JOIN orders o ON o.approval_id = a.id"
        " WHERE s.source = coalesce(?1, s.source)"
        " AND (CAST(?2 AS BIGINT) IS NULL OR EXISTS (SELECT 1 FROM account_member am WHERE"
        " am.account_id = a.account_id AND am.member_id = ?2 AND am.role IN ('owner', 'trader')))"
        " AND (a.status IN ('offered', 'approved') OR (a.status = 'ordered'"
        " AND o.status IN ('accepted', 'partially_filled', 'filled')))"
        " ORDER BY s.id DESC, a.id LIMIT 200",
        (source, by),
    )
    return [_candidate(row, reply_ref) for row in found]


def _candidate(row: sqlite3.Row, reply_ref: str | None) -> Candidate:
    ref = row["source_ref"]
    replied = reply_ref is not None and (ref == reply_ref or ref.startswith(f"{reply_ref}:"))
    return Candidate(
        signal_id=SignalId(row["signal_id"]),
        approval_id=ApprovalId(row["approval_id"]),
        account_id=AccountId(row["account_id"]),
        symbol=row["symbol"],
        side=Side(row["side"]),
        open_card=row["status"] in {ApprovalStatus.OFFERED, ApprovalStatus.APPROVED},
        order_ticket=None if row["ticket"] is None else Ticket(row["ticket"]),
        position_id=None if row["position_id"] is None else Ticket(row["position_id"]),
        replied=replied,
        member_id=None if row["member_id"] is None else MemberId(row["member_id"]),
    )


def propose(
    connection: sqlite3.Connection, source: Source, new: NewAmendment, now: datetime
) -> bool:
    """Write an update down with its card; one to be carried out at once is, in this transaction."""
    row = connection.execute(
        "INSERT INTO amendment (source_id, ref, text, update_json, options_json, accounts_json,"
        " status, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?)"
        " ON CONFLICT (source_id, ref) DO NOTHING RETURNING id",
        (
            source.id,
            new.ref,
            new.text[:4096],
            encode(new.update),
            encode(new.options, tuple[Option, ...]),
            json.dumps(list(new.accounts)),
            to_ms(now),
            to_ms(now + new.ttl),
        ),
    ).fetchone()
    if row is None:
        return False
    if new.acts:
        _do(connection, row["id"], new.acts, None, now)
    update_cards.show(connection, row["id"], now)
    return True


def get(connection: sqlite3.Connection, amendment_id: int) -> Amendment | None:
    """Return an update that still waits for a person."""
    row = connection.execute(
        "SELECT * FROM amendment WHERE id = ? AND status = 'open'", (amendment_id,)
    ).fetchone()
    if row is None:
        return None
    source = sources.get(connection, SourceId(row["source_id"]))
    assert source is not None
    return Amendment(
        amendment_id,
        source,
        decode(SignalUpdate, row["update_json"]),
        tuple(option.signal_id for option in update_cards.options(row)),
        tuple(AccountId(one) for one in json.loads(row["accounts_json"])),
    )


def carry_out(
    connection: sqlite3.Connection,
    amendment_id: int,
    member_id: MemberId,
    acts: Sequence[Act],
    now: datetime,
) -> str | None:
    """Turn a waiting update into wishes, once; rights are judged here, on each account."""
    for act in acts:
        role = people.role_on(connection, member_id, act.account_id)
        if role is None or not role.may(Role.OWNER if act.loosens else Role.TRADER):
            if act.loosens:
                return told(
                    "You may not loosen a stop or a target on this account. Nothing was changed."
                )
            return told("You may not do that on this account. Nothing was changed.")
    if not _do(connection, amendment_id, acts, member_id, now):
        return _SETTLED
    update_cards.show(connection, amendment_id, now)
    return None


def _do(
    connection: sqlite3.Connection,
    amendment_id: int,
    acts: Sequence[Act],
    member_id: MemberId | None,
    now: datetime,
) -> bool:
    taken = connection.execute(
        "UPDATE amendment SET status = 'done', member_id = ? WHERE id = ? AND status = 'open'",
        (member_id, amendment_id),
    )
    if not taken.rowcount:
        return False
    for act in acts:
        if act.withdraw:
            _withdraw(connection, act, now)
        if act.asks:
            confirm = _confirmed(connection, act.account_id, member_id, amendment_id, now)
            wishes.add(
                connection,
                act.account_id,
                act.asks,
                update_cards.cause(amendment_id),
                now,
                member=member_id,
                confirm=confirm,
            )
        people.audit(
            connection,
            now,
            "signal_amended",
            f"update {amendment_id} of signal {act.signal_id}",
            member=member_id,
            account=act.account_id,
        )
    return True


def _confirmed(
    connection: sqlite3.Connection,
    account_id: AccountId,
    member_id: MemberId | None,
    amendment_id: int,
    now: datetime,
) -> ConfirmId | None:
    """Return a used confirmation, under which the asker is told what became of each wish."""
    if member_id is None:
        return None
    row = connection.execute(
        "INSERT INTO confirmation (member_id, account_id, action, detail, created_ms, expires_ms,"
        " used_ms) VALUES (?, ?, 'update', ?, ?, ?, ?) RETURNING id",
        (member_id, account_id, str(amendment_id), to_ms(now), to_ms(now), to_ms(now)),
    ).fetchone()
    return ConfirmId(row["id"])


def _withdraw(connection: sqlite3.Connection, act: Act, now: datetime) -> None:
    for row in connection.execute(
        "UPDATE approval SET status = 'canceled', detail = 'its source took it back'"
        " WHERE signal_id = ? AND account_id = ? AND status IN ('offered', 'approved')"
        " RETURNING id",
        (act.signal_id, act.account_id),
    ).fetchall():
        cards.refresh(connection, ApprovalId(row["id"]), now)


def drop(
    connection: sqlite3.Connection, amendment_id: int, member_id: MemberId, now: datetime
) -> str | None:
    """End a waiting update undone; anybody who may trade on one of its accounts may."""
    row = connection.execute("SELECT * FROM amendment WHERE id = ?", (amendment_id,)).fetchone()
    if row is None or row["status"] != "open":
        return _SETTLED
    roles = [
        people.role_on(connection, member_id, AccountId(account))
        for account in json.loads(row["accounts_json"])
    ]
    if not any(role is not None and role.may(Role.TRADER) for role in roles):
        return told("You may not do that on this account. Nothing was changed.")
    connection.execute(
        "UPDATE amendment SET status = 'dropped', member_id = ? WHERE id = ?",
        (member_id, amendment_id),
    )
    update_cards.show(connection, amendment_id, now)
    return None


def expire(connection: sqlite3.Connection, now: datetime) -> int:
    """End what nobody answered in time."""
    late = connection.execute(
        "UPDATE amendment SET status = 'expired' WHERE status = 'open' AND expires_ms <= ?"
        " RETURNING id",
        (to_ms(now),),
    ).fetchall()
    for row in late:
        update_cards.show(connection, row["id"], now)
    return len(late)
