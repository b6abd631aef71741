"""Held messages and the cases people made of them: plain functions, one transaction each."""

import json
import sqlite3
from datetime import datetime
from decimal import Decimal

from storage import cards, outbox, people, sources
from storage.rows import decode, encode
from trading.clock import from_ms, to_ms
from trading.corrections import correct, draft_of
from trading.ids import ApprovalId, MemberId, SignalId
from trading.incoming import Held, NewHeld, Waiting, Withdrawn
from trading.model import ApprovalStatus, SignalDraft
from trading.notices import Priority
from trading.sketch import Sketch
from trading.source_notices import HeldCard
from trading.sources import Source, SourceId
from trading.words import told


def hold(connection: sqlite3.Connection, source: Source, new: NewHeld, now: datetime) -> int:
    """Keep a message a person must look at and show its card; known already, it stays as it is."""
    row = connection.execute(
        "INSERT INTO held (source_id, ref, text, why, sketch_json, incomplete, stops_json, status,"
        " created_ms, expires_ms, by_member) VALUES (?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?)"
        " ON CONFLICT (source_id, ref) DO NOTHING RETURNING id",
        (
            source.id,
            new.ref,
            new.text[:4096],
            new.why,
            encode(new.sketch),
            new.incomplete,
            json.dumps([str(stop) for stop in new.stops]),
            to_ms(now),
            to_ms(now + new.ttl),
            new.by,
        ),
    ).fetchone()
    if row is None:
        known = connection.execute(
            "SELECT id FROM held WHERE source_id = ? AND ref = ?", (source.id, new.ref)
        ).fetchone()
        return int(known["id"])
    show(connection, row["id"], now)
    return int(row["id"])


def show(connection: sqlite3.Connection, held_id: int, now: datetime) -> None:
    """Make every copy of a held card say what is true now."""
    row = connection.execute(
        "SELECT h.*, s.name AS source, m.name AS by FROM held h JOIN source s ON s.id = h.source_id"
        " LEFT JOIN member m ON m.id = h.member_id WHERE h.id = ?",
        (held_id,),
    ).fetchone()
    sketch = decode(Sketch, row["sketch_json"])
    draft = draft_of(sketch)
    missing = "" if isinstance(draft, SignalDraft) else draft[0].words
    if not missing and sketch.stop_loss is None:
        missing = told("it names no stop loss")
    card = HeldCard(
        held_id=held_id,
        source=row["source"],
        text=row["text"],
        why=row["why"],
        sketch=sketch,
        problem=missing,
        status=row["status"],
        asked=row["asked"],
        stops=tuple(Decimal(stop) for stop in json.loads(row["stops_json"])),
        by=row["by"],
        signal_id=row["signal_id"],
        expires_at=from_ms(row["expires_ms"]),
    )
    outbox.post(
        connection,
        [one["telegram_id"] for one in _menders(connection, row["by_member"])],
        card,
        Priority.DECISION,
        now,
        topic=f"held:{held_id}",
    )


def _menders(connection: sqlite3.Connection, by: int | None) -> list[sqlite3.Row]:
    """Return whom a held message is shown to, and who may settle it.

    A source's own: who may trade on an account of the desk. A person's: who may trade on an
    account on which that person may, themselves first of all.
    """
    return connection.execute(
        "SELECT m.id, m.telegram_id FROM member m WHERE m.revoked_ms IS NULL AND ("
        " m.id = ?1 OR (CAST(?1 AS BIGINT) IS NULL AND m.everywhere IN ('owner', 'trader'))"
        " OR EXISTS (SELECT 1 FROM account_member am JOIN account ac ON ac.id = am.account_id"
        " WHERE am.member_id = m.id AND am.role IN ('owner', 'trader')"
        " AND CASE WHEN CAST(?1 AS BIGINT) IS NULL THEN ac.member_id IS NULL ELSE am.account_id IN"
        " (SELECT account_id FROM account_member WHERE member_id = ?1"
        " AND role IN ('owner', 'trader')) END)) ORDER BY m.id",
        (by,),
    ).fetchall()


def _refusal(connection: sqlite3.Connection, row: sqlite3.Row, member_id: MemberId) -> str | None:
    """Say why a held message is not this member's to settle; None where it is."""
    if any(one["id"] == member_id for one in _menders(connection, row["by_member"])):
        return None
    return told("You may look, not trade. Nothing was changed.")


def _open(connection: sqlite3.Connection, held_id: int) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM held WHERE id = ? AND status = 'open'", (held_id,)
    ).fetchone()
    return row


def waiting(
    connection: sqlite3.Connection, source_id: SourceId, since: datetime, by: MemberId | None
) -> Waiting | None:
    """Return the newest call of a source, said by the same, that waits for its details."""
    row = connection.execute(
        "SELECT * FROM held WHERE source_id = ? AND status = 'open' AND incomplete = 1"
        " AND created_ms >= ? AND coalesce(by_member, 0) = ?"
        " ORDER BY id DESC LIMIT 1",
        (source_id, to_ms(since), by or 0),
    ).fetchone()
    if row is None:
        return None
    return Waiting(row["id"], row["ref"], decode(Sketch, row["sketch_json"]))


def completed(
    connection: sqlite3.Connection, held_id: int, signal_id: SignalId | None, now: datetime
) -> bool:
    """End a held call because its details came."""
    return _end(connection, held_id, "completed", now, signal_id=signal_id)


def _end(
    connection: sqlite3.Connection,
    held_id: int,
    status: str,
    now: datetime,
    *,
    signal_id: SignalId | None = None,
    member: MemberId | None = None,
) -> bool:
    changed = connection.execute(
        "UPDATE held SET status = ?, asked = '', signal_id = ?, member_id = coalesce(?, member_id)"
        " WHERE id = ? AND status = 'open'",
        (status, signal_id, member, held_id),
    )
    if changed.rowcount:
        show(connection, held_id, now)
    return changed.rowcount == 1


def ask_field(
    connection: sqlite3.Connection, held_id: int, member_id: MemberId, name: str, now: datetime
) -> str | None:
    """Ask for a field; the words of a refusal, or None where it is asked."""
    row = _open(connection, held_id)
    if row is None:
        return told("This one is settled already.")
    refusal = _refusal(connection, row, member_id)
    if refusal is not None:
        return refusal
    connection.execute(
        "UPDATE held SET asked = ?, member_id = ? WHERE id = ?", (name, member_id, held_id)
    )
    show(connection, held_id, now)
    return None


def put_field(
    connection: sqlite3.Connection,
    held_id: int,
    member_id: MemberId,
    name: str,
    text: str,
    now: datetime,
) -> str | None:
    """Set a field as a person wrote it; the words of a refusal, or None where it is set."""
    row = _open(connection, held_id)
    if row is None:
        return told("This one is settled already.")
    refusal = _refusal(connection, row, member_id)
    if refusal is not None:
        return refusal
    changed = correct(decode(Sketch, row["sketch_json"]), name or row["asked"], text)
    if isinstance(changed, str):
        return changed
    connection.execute(
        "UPDATE held SET sketch_json = ?, asked = '', corrected = 1, member_id = ? WHERE id = ?",
        (encode(changed), member_id, held_id),
    )
    people.audit(
        connection, now, "held_corrected", f"{held_id}: {name} {text}"[:200], member=member_id
    )
    show(connection, held_id, now)
    return None


def asked_of(connection: sqlite3.Connection, member_id: MemberId) -> tuple[int, str] | None:
    """Return the held message and the field that a member was asked for last."""
    row = connection.execute(
        "SELECT id, asked FROM held WHERE status = 'open' AND asked <> '' AND member_id = ?"
        " ORDER BY id DESC LIMIT 1",
        (member_id,),
    ).fetchone()
    return None if row is None else (row["id"], row["asked"])


def get(connection: sqlite3.Connection, held_id: int, member_id: MemberId) -> Held | str | None:
    """Return a held message that is still open, or why it is not this member's to settle."""
    row = _open(connection, held_id)
    if row is None:
        return None
    refusal = _refusal(connection, row, member_id)
    if refusal is not None:
        return refusal
    source = sources.get(connection, SourceId(row["source_id"]))
    assert source is not None
    return Held(
        held_id,
        source,
        row["ref"],
        row["text"],
        decode(Sketch, row["sketch_json"]),
        bool(row["corrected"]),
        None if row["by_member"] is None else MemberId(row["by_member"]),
    )


def drop(
    connection: sqlite3.Connection, held_id: int, member_id: MemberId, now: datetime
) -> str | None:
    """End a held message without a trade; the words of a refusal, or None where it is done."""
    row = _open(connection, held_id)
    refusal = None if row is None else _refusal(connection, row, member_id)
    if refusal is not None:
        return refusal
    done = _end(connection, held_id, "dropped", now, member=member_id)
    return None if done else told("This one is settled already.")


def taken(
    connection: sqlite3.Connection,
    held: Held,
    signal_id: SignalId,
    member_id: MemberId,
    now: datetime,
) -> bool:
    """End a held message as a signal; what a person corrected becomes a case of its source."""
    done = _end(connection, held.id, "taken", now, signal_id=signal_id, member=member_id)
    draft = draft_of(held.sketch)
    if done and held.corrected and isinstance(draft, SignalDraft):
        (why,) = connection.execute("SELECT why FROM held WHERE id = ?", (held.id,)).fetchone()
        connection.execute(
            "INSERT INTO parse_case (source_id, text, why, expected_json, member_id, created_ms)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (source_id, text) DO UPDATE SET"
            " expected_json = excluded.expected_json, member_id = excluded.member_id",
            (held.source.id, held.text, why, encode(draft), member_id, to_ms(now)),
        )
    return done


def expire(connection: sqlite3.Connection, now: datetime) -> int:
    """End what nobody looked at in time."""
    late = connection.execute(
        "SELECT id FROM held WHERE status = 'open' AND expires_ms <= ? ORDER BY id",
        (to_ms(now),),
    ).fetchall()
    for row in late:
        _end(connection, row["id"], "expired", now)
    return len(late)


def cases(connection: sqlite3.Connection) -> list[tuple[str, str, SignalDraft]]:
    """Return every case people made: source, text and what it means."""
    found = connection.execute(
        "SELECT s.name, c.text, c.expected_json FROM parse_case c"
        " JOIN source s ON s.id = c.source_id ORDER BY c.id"
    )
    return [(row["name"], row["text"], decode(SignalDraft, row["expected_json"])) for row in found]


def withdraw(
    connection: sqlite3.Connection, source: Source, ref: str, why: str, now: datetime
) -> Withdrawn:
    """Close the open cards of a message's signals; tell which of them were ordered already."""
    found = connection.execute(
        "SELECT a.id, a.status, a.signal_id FROM approval a JOIN signal s ON s.id = a.signal_id"
        " WHERE s.source = ? AND (s.source_ref = ? OR substr(s.source_ref, 1, ?) = ?)"
        " ORDER BY a.id",
        (source.name, ref, len(ref) + 1, f"{ref}:"),
    ).fetchall()
    closed, acted = 0, set()
    for row in found:
        if row["status"] in {ApprovalStatus.OFFERED, ApprovalStatus.APPROVED}:
            connection.execute(
                "UPDATE approval SET status = 'canceled', detail = ? WHERE id = ?", (why, row["id"])
            )
            cards.refresh(connection, ApprovalId(row["id"]), now)
            closed += 1
        elif row["status"] == ApprovalStatus.ORDERED:
            acted.add(SignalId(row["signal_id"]))
    for held in connection.execute(
        "SELECT id FROM held WHERE source_id = ? AND status = 'open'"
        " AND (ref = ? OR substr(ref, 1, ?) = ?) ORDER BY id",
        (source.id, ref, len(ref) + 1, f"{ref}:"),
    ).fetchall():
        _end(connection, held["id"], "dropped", now)
    return Withdrawn(closed, tuple(sorted(acted)))
