"""Drawdown caps of an account, what each remembers, and the equity they saw."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from storage import breaches, growth, people, protections, signals
from trading.clock import from_ms, to_ms
from trading.drawdown import Cap, CapState, describe
from trading.drawdown.plain import cap_from_plain, cap_to_plain, state_from_plain, state_to_plain
from trading.ids import AccountId, MemberId, RuleId
from trading.model import Account, AccountState, Breach, MarginMode, Position
from trading.notices import Blind, CapsChanged, DrawdownWarning, Priority
from trading.words import told


def open_account(
    connection: sqlite3.Connection,
    login: int,
    server: str,
    currency: str,
    margin_mode: MarginMode,
    entry_equity: Decimal,
    first: Iterable[Cap],
    now: datetime,
    member_id: MemberId | None = None,
) -> Account:
    """Return the account of a broker login; a new one never exists without its first caps."""
    account, is_new = people.open_account(
        connection, login, server, currency, margin_mode, entry_equity, now, member_id
    )
    if is_new:
        for cap in first:
            put(connection, account.id, cap, None, "settings", now, own_equity=entry_equity)
        signals.offer_open(connection, account.id, now)
    return account


def of_account(
    connection: sqlite3.Connection, account_id: AccountId
) -> list[tuple[Cap, CapState | None]]:
    """Return the active caps, each with its memory."""
    found = connection.execute(
        "SELECT * FROM cap WHERE account_id = ? AND active = 1 ORDER BY id", (account_id,)
    )
    return [(_cap(row), _state(row)) for row in found]


def _cap(row: sqlite3.Row) -> Cap:
    return cap_from_plain(json.loads(row["body_json"]), RuleId(row["id"]))


def _state(row: sqlite3.Row) -> CapState | None:
    return None if row["state_json"] is None else state_from_plain(json.loads(row["state_json"]))


def put(
    connection: sqlite3.Connection,
    account_id: AccountId,
    cap: Cap,
    state: CapState | None,
    by: str,
    now: datetime,
    *,
    member: MemberId | None = None,
    own_equity: Decimal | None = None,
) -> RuleId:
    """Make a cap the account's one of its kind, ending the one before, and tell everyone."""
    _end(connection, account_id, cap.kind, now)
    row = connection.execute(
        "INSERT INTO cap (account_id, kind, body_json, state_json, active, set_by, set_ms)"
        " VALUES (?, ?, ?, ?, 1, ?, ?) RETURNING id",
        (
            account_id,
            cap.kind,
            json.dumps(cap_to_plain(cap)),
            None if state is None else json.dumps(state_to_plain(state)),
            by,
            to_ms(now),
        ),
    ).fetchone()
    _tell_change(connection, account_id, describe(cap), state, by, own_equity, member, now)
    return RuleId(row["id"])


def remove(
    connection: sqlite3.Connection,
    account_id: AccountId,
    kind: str,
    by: str,
    now: datetime,
    *,
    member: MemberId | None = None,
) -> bool:
    """End the cap of a kind; False when there was none."""
    if not _end(connection, account_id, kind, now):
        return False
    words = told("the {kind} cap is off", kind=kind)
    _tell_change(connection, account_id, words, None, by, None, member, now)
    return True


def _end(connection: sqlite3.Connection, account_id: AccountId, kind: str, now: datetime) -> bool:
    changed = connection.execute(
        "UPDATE cap SET active = 0, ended_ms = ? WHERE account_id = ? AND kind = ? AND active = 1",
        (to_ms(now), account_id, kind),
    )
    return changed.rowcount == 1


def _tell_change(
    connection: sqlite3.Connection,
    account_id: AccountId,
    words: str,
    state: CapState | None,
    by: str,
    own_equity: Decimal | None,
    member: MemberId | None,
    now: datetime,
) -> None:
    people.audit(connection, now, "cap_changed", words, member=member, account=account_id)
    account = people.account(connection, account_id)
    floor = None if state is None else state.floor
    room = None if floor is None or own_equity is None else own_equity - floor
    people.tell(
        connection,
        account_id,
        CapsChanged(people.label(account), account.currency, by, words, floor, room),
        Priority.INFO,
        now,
        silent=True,
    )


def observed(
    connection: sqlite3.Connection,
    account_id: AccountId,
    seen: Mapping[RuleId, tuple[Cap, CapState]],
    warnings: Iterable[DrawdownWarning],
    breach: Breach | None,
    positions: Iterable[Position],
    now: datetime,
    *,
    close: bool,
    flows: Iterable[int] = (),
    settled: int | None = None,
) -> int | None:
    """Keep what a reading changed and, with a breach, latch it: one transaction.

    The flows that the caps have taken are marked with it, so that none is taken twice or lost.
    Returns the id of the breach, if there is one.
    """
    for ticket in flows:
        connection.execute(
            "UPDATE deal SET flow_ms = ? WHERE account_id = ? AND ticket = ?",
            (to_ms(now), account_id, ticket),
        )
    if settled is not None:
        protections.settle(connection, settled, now)
    for rule_id, (cap, state) in seen.items():
        connection.execute(
            "UPDATE cap SET body_json = ?, state_json = ? WHERE id = ? AND active = 1",
            (json.dumps(cap_to_plain(cap)), json.dumps(state_to_plain(state)), rule_id),
        )
    for warning in warnings:
        people.tell(connection, account_id, warning, Priority.CRITICAL, now)
    if breach is None:
        return None
    return breaches.latch(connection, account_id, breach, positions, now, close=close)


def sample_equity(
    connection: sqlite3.Connection, account_id: AccountId, account: AccountState, now: datetime
) -> None:
    """Keep one reading of the account's money for history."""
    connection.execute(
        "INSERT INTO equity (account_id, at_ms, balance, equity, credit, margin)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            account_id,
            to_ms(now),
            str(account.balance),
            str(account.equity),
            str(account.credit),
            str(account.margin),
        ),
    )
    growth.observe(connection, account_id, account, now)


def sample_before(
    connection: sqlite3.Connection, account_id: AccountId, instant: datetime
) -> tuple[datetime, Decimal, Decimal, Decimal] | None:
    """Return instant, balance, equity and credit of the last sample before an instant."""
    row = connection.execute(
        "SELECT * FROM equity WHERE account_id = ? AND at_ms < ? ORDER BY at_ms DESC LIMIT 1",
        (account_id, to_ms(instant)),
    ).fetchone()
    if row is None:
        return None
    return (
        from_ms(row["at_ms"]),
        Decimal(row["balance"]),
        Decimal(row["equity"]),
        Decimal(row["credit"]),
    )


def blind(
    connection: sqlite3.Connection,
    account_id: AccountId | None,
    notice: Blind,
    now: datetime,
) -> None:
    """Tell that an account cannot be seen, and in the same words when it can again."""
    healed = "healed" if notice.healed_at is not None else "lost"
    people.tell(
        connection,
        account_id,
        notice,
        Priority.CRITICAL,
        now,
        topic=f"blind:{account_id}:{to_ms(notice.since)}:{healed}",
    )
