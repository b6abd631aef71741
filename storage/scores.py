"""The past of a source: signals, trades, claims; and paper trades as they move."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from storage import cards, people, rows, sources
from storage.base import StoreBase
from storage.rows import decode, encode
from trading.clock import from_ms, to_ms
from trading.ids import SignalId
from trading.model import Proposal, SignalDraft
from trading.notices import Priority
from trading.paper import Paper
from trading.scores import Counts, Trade, demoted_settings
from trading.signals import AUTOMATIC
from trading.source_notices import SourceDemoted
from trading.sources import Source, SourceId, SourceMode

_LATEST = 500
_CLAIM_DAYS_MS = 7 * 24 * 3600 * 1000


class ScoreStore(StoreBase):
    """Records and paper trades; raises ``StoreError`` when it cannot."""

    async def sources(self) -> list[Source]:
        return await self._read(sources.every)

    async def source(self, source_id: SourceId) -> Source | None:
        return await self._read(sources.get, source_id)

    async def record(self, source: Source) -> tuple[Counts, list[Trade]]:
        return await self._read(record, source)

    async def automatic_trades(self, source: Source) -> list[Trade]:
        return await self._read(automatic_trades, source)

    async def demote(self, source: Source, losses: int, result_r: Decimal | None) -> Source | None:
        return await self._write(demote, source, losses, result_r, self._now())

    async def working(self) -> list[Paper]:
        return await self._read(working)

    async def keep(self, papers: Sequence[Paper]) -> None:
        await self._database.run(keep, tuple(papers))


# --- paper --------------------------------------------------------------------------------------


def working(connection: sqlite3.Connection) -> list[Paper]:
    """Return the paper trades that wait or are open."""
    found = connection.execute(
        "SELECT p.*, s.draft_json, s.created_ms, s.expires_ms FROM paper p"
        " JOIN signal s ON s.id = p.signal_id WHERE p.status IN ('waiting', 'open') ORDER BY p.id"
    )
    return [
        Paper(
            signal_id=SignalId(row["signal_id"]),
            draft=decode(SignalDraft, row["draft_json"]),
            status=row["status"],
            created_at=from_ms(row["created_ms"]),
            expires_at=from_ms(row["expires_ms"]),
            opened_price=rows.decimal(row["opened_price"]),
            opened_at=rows.instant(row["opened_ms"]),
            hits=row["hits"],
            r=rows.decimal(row["r"]),
        )
        for row in found
    ]


def keep(connection: sqlite3.Connection, papers: Sequence[Paper]) -> None:
    """Keep paper trades as they are now; one that ended meanwhile stays ended."""
    connection.executemany(
        "UPDATE paper SET status = ?, opened_price = ?, opened_ms = ?, closed_price = ?,"
        " closed_ms = ?, reason = ?, hits = ?, r = ?"
        " WHERE signal_id = ? AND status IN ('waiting', 'open')",
        [
            (
                one.status,
                rows.text(one.opened_price),
                None if one.opened_at is None else to_ms(one.opened_at),
                rows.text(one.closed_price),
                None if one.closed_at is None else to_ms(one.closed_at),
                one.reason,
                one.hits,
                rows.text(one.r),
                one.signal_id,
            )
            for one in papers
        ],
    )


# --- records ------------------------------------------------------------------------------------


def record(connection: sqlite3.Connection, source: Source) -> tuple[Counts, list[Trade]]:
    """Return what came from a source and its finished trades, newest first."""
    ended = [*_real(connection, source.name), *_papers(connection, source.name)]
    ended.sort(key=lambda one: one[0], reverse=True)
    return _counts(connection, source), [trade for _, trade in ended]


def _counts(connection: sqlite3.Connection, source: Source) -> Counts:
    (signals, taken) = connection.execute(
        "SELECT count(*), (SELECT count(DISTINCT s2.id) FROM signal s2"
        " JOIN approval a ON a.signal_id = s2.id JOIN orders o ON o.approval_id = a.id"
        " WHERE s2.source = ?1 AND o.status IN ('accepted', 'partially_filled', 'filled'))"
        " FROM signal WHERE source = ?1",
        (source.name,),
    ).fetchone()
    (held,) = connection.execute(
        "SELECT count(*) FROM held WHERE source_id = ?", (source.id,)
    ).fetchone()
    (refused, stale, edited) = connection.execute(
        "SELECT count(*) FILTER (WHERE outcome = 'refused'), count(*) FILTER"
        " (WHERE outcome = 'stale'),"
        " count(*) FILTER (WHERE edits > 0 AND outcome <> 'chatter')"
        " FROM source_message WHERE source_id = ?",
        (source.id,),
    ).fetchone()
    delays = connection.execute(
        "SELECT created_ms - sent_ms FROM signal WHERE source = ? AND sent_ms IS NOT NULL"
        " ORDER BY id DESC LIMIT ?",
        (source.name, _LATEST),
    ).fetchall()
    latencies = tuple(max(0.0, row[0] / 1000) for row in delays)
    return Counts(signals, taken, held, refused, stale, edited, latencies)


_TRADES = (
    "SELECT s.id AS signal_id, s.draft_json, a.proposal_json, a.detail, o.*,"
    " (SELECT max(c.target) FROM claim c WHERE c.signal_id = s.id) AS claimed"
    " FROM signal s JOIN approval a ON a.signal_id = s.id JOIN orders o ON o.approval_id = a.id"
    " WHERE s.source = ? AND o.position_id IS NOT NULL ORDER BY o.id DESC LIMIT ?"
)


def _real(
    connection: sqlite3.Connection, name: str, *, automatic_since: int | None = None
) -> list[tuple[int, Trade]]:
    """Return the finished trades of a source with the instant each ended, newest entry first."""
    found = []
    for row in connection.execute(_TRADES, (name, _LATEST)).fetchall():
        if automatic_since is not None and row["detail"] != AUTOMATIC:
            continue
        ended = _ended(connection, row["account_id"], row["position_id"])
        if ended is None or (automatic_since is not None and ended[0] < automatic_since):
            continue
        at_ms, result = ended
        found.append((at_ms, _trade(row, result)))
    return found


def _ended(
    connection: sqlite3.Connection, account_id: int, position_id: int
) -> tuple[int, Decimal] | None:
    """Return when a position ended and what it brought; None while it is open."""
    deals = connection.execute(
        "SELECT * FROM deal WHERE account_id = ? AND position_id = ?", (account_id, position_id)
    ).fetchall()
    volumes = [Decimal(deal["volume"]) * (1 if deal["entry"] == "in" else -1) for deal in deals]
    if not deals or sum(volumes, Decimal(0)) > 0:
        return None
    result = sum(
        (Decimal(deal[part]) for deal in deals for part in ("profit", "swap", "commission", "fee")),
        Decimal(0),
    )
    return max(deal["at_ms"] for deal in deals), result


def _trade(row: sqlite3.Row, result: Decimal) -> Trade:
    proposal = decode(Proposal, row["proposal_json"]) if row["proposal_json"] else None
    risk = None if proposal is None else proposal.risk_money
    draft = decode(SignalDraft, row["draft_json"])
    opened = rows.decimal(row["average_price"])
    facts = json.loads(row["facts_json"])
    point = facts.get("point")
    return Trade(
        paper=False,
        result=result,
        r=result / risk if risk else None,
        claimed_r=_claimed(draft, opened, row["claimed"]),
        slippage=None if point is None else cards.slippage(rows.order(row), point),
    )


def _claimed(draft: SignalDraft, opened: Decimal | None, target: int | None) -> Decimal | None:
    """Return R at the target a source calls hit; None where it claims nothing."""
    if target is None or draft.stop_loss is None or not draft.take_profits:
        return None
    start = draft.entry[0] if draft.entry is not None else opened
    if start is None or start == draft.stop_loss:
        return None
    price = draft.take_profits[min(max(target, 1), len(draft.take_profits)) - 1]
    return (price - start) * draft.side.sign / abs(start - draft.stop_loss)


def _papers(connection: sqlite3.Connection, name: str) -> list[tuple[int, Trade]]:
    found = connection.execute(
        "SELECT p.*, s.draft_json,"
        " (SELECT max(c.target) FROM claim c WHERE c.signal_id = s.id) AS claimed"
        " FROM paper p JOIN signal s ON s.id = p.signal_id"
        " WHERE s.source = ? AND p.status = 'closed' ORDER BY p.id DESC LIMIT ?",
        (name, _LATEST),
    )
    return [
        (
            row["closed_ms"],
            Trade(
                paper=True,
                result=None,
                r=rows.decimal(row["r"]),
                claimed_r=_claimed(
                    decode(SignalDraft, row["draft_json"]),
                    rows.decimal(row["opened_price"]),
                    row["claimed"],
                ),
                slippage=None,
            ),
        )
        for row in found
    ]


def automatic_trades(connection: sqlite3.Connection, source: Source) -> list[Trade]:
    """Return finished trades nobody was asked about since auto was set, newest first."""
    row = connection.execute("SELECT mode_ms FROM source WHERE id = ?", (source.id,)).fetchone()
    ended = _real(connection, source.name, automatic_since=row["mode_ms"])
    ended.sort(key=lambda one: one[0], reverse=True)
    return [trade for _, trade in ended]


def demote(
    connection: sqlite3.Connection,
    source: Source,
    losses: int,
    result_r: Decimal | None,
    now: datetime,
) -> Source | None:
    """Put an auto source back to ask and tell its owners, in one transaction."""
    changed = demoted_settings(source)
    done = connection.execute(
        "UPDATE source SET mode = 'ask', settings_json = ?, mode_ms = ? WHERE id = ? AND mode = ?",
        (encode(changed.settings), to_ms(now), source.id, SourceMode.AUTO),
    )
    if not done.rowcount:
        return None
    people.audit(connection, now, "source_demoted", f"{source.name}: {losses} losses in a row")
    people.tell(
        connection,
        None,
        SourceDemoted(source.id, source.name, losses, result_r),
        Priority.DECISION,
        now,
        topic=f"demoted:{source.id}:{to_ms(now)}",
    )
    return changed


def claim(
    connection: sqlite3.Connection,
    source: Source,
    ref: str,
    reply_ref: str | None,
    symbol: str | None,
    target: int,
    now: datetime,
) -> bool:
    """Note that a source calls a target hit, where one signal of its last week is meant."""
    found = connection.execute(
        "SELECT id, source_ref, symbol FROM signal WHERE source = ? AND created_ms > ?"
        " ORDER BY id DESC",
        (source.name, to_ms(now) - _CLAIM_DAYS_MS),
    ).fetchall()
    if reply_ref is not None:
        found = [
            row
            for row in found
            if row["source_ref"] == reply_ref or row["source_ref"].startswith(f"{reply_ref}:")
        ]
    elif symbol is not None:
        found = [row for row in found if row["symbol"] == symbol][:1]
    else:
        found = found[:1]
    if not found:
        return False
    connection.execute(
        "INSERT INTO claim (source_id, ref, signal_id, target, at_ms) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (source_id, ref) DO NOTHING",
        (source.id, ref, found[0]["id"], target, to_ms(now)),
    )
    return True
