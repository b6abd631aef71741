"""What the checks found, read back with what became of the signal."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress

from storage import rows
from storage.base import StoreBase
from trading.clock import from_ms
from trading.ids import MemberId, SignalId
from trading.model import ApprovalStatus, Denial, DenialReason, Finding, OrderStatus, SignalDraft
from trading.why import Explanation


class SqliteWhyStore(StoreBase):
    """Reads what was checked; it was written with the fact it decided."""

    async def explain(self, member_id: MemberId, signal_id: SignalId) -> Sequence[Explanation]:
        return await self._read(explain, member_id, signal_id)


def explain(
    connection: sqlite3.Connection, member_id: MemberId, signal_id: SignalId
) -> list[Explanation]:
    """Return a signal's story on every account that the member has a right on."""
    found = connection.execute(
        "SELECT a.*, s.draft_json, s.created_ms, ac.login, o.status AS order_status,"
        " o.detail AS order_detail, o.facts_json, o.checks_json AS order_checks,"
        " o.created_ms AS order_ms FROM approval a"
        " JOIN signal s ON s.id = a.signal_id JOIN account ac ON ac.id = a.account_id"
        " JOIN account_member am ON am.account_id = a.account_id AND am.member_id = ?"
        " LEFT JOIN orders o ON o.approval_id = a.id WHERE a.signal_id = ? ORDER BY a.id",
        (member_id, signal_id),
    )
    return [_explanation(row, signal_id) for row in found]


def _explanation(row: sqlite3.Row, signal_id: SignalId) -> Explanation:
    status = row["order_status"]
    checks = row["order_checks"] or row["checks_json"]
    return Explanation(
        signal_id=signal_id,
        account=str(row["login"]),
        draft=rows.decode(SignalDraft, row["draft_json"]),
        status=ApprovalStatus(row["status"]),
        order_status=None if status is None else OrderStatus(status),
        detail=row["order_detail"] or row["detail"],
        denial=_denial(row),
        findings=rows.decode(tuple[Finding, ...], checks) if checks else (),
        offered_only=not row["order_checks"],
        at=from_ms(row["order_ms"] or row["created_ms"]),
    )


def _denial(row: sqlite3.Row) -> Denial | None:
    if row["order_status"] != OrderStatus.DENIED:
        return None
    with suppress(ValueError):
        return Denial(DenialReason(row["order_detail"]), json.loads(row["facts_json"]))
    return None
