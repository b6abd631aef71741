"""Pauses on closed results, and questions about a balance: kept with who set or answered them."""

import json
import sqlite3
from datetime import datetime, timedelta
from decimal import Decimal

from storage import people, rows
from trading.clock import from_ms, to_ms
from trading.drawdown.balance import BalanceQuestion
from trading.drawdown.protections import (
    KeptProtection,
    LossLookback,
    LossStreak,
    ProtectionRule,
)
from trading.ids import AccountId, ClientOrderId, MemberId, Ticket
from trading.model import Deal, DealEntry, DealReason, DealType, Role
from trading.notices import BalanceAsked, CapsChanged, EntriesPaused, Priority
from trading.protecting import kind_of, rule_words
from trading.words import told


def of_account(connection: sqlite3.Connection, account_id: AccountId) -> list[KeptProtection]:
    """Return the account's active rules."""
    found = connection.execute(
        "SELECT * FROM protection WHERE account_id = ? AND active = 1 ORDER BY id", (account_id,)
    )
    return [
        KeptProtection(
            row["id"],
            _rule(row["kind"], json.loads(row["body_json"])),
            rows.instant(row["forgiven_ms"]),
            rows.instant(row["told_ms"]),
        )
        for row in found
    ]


def _rule(kind: str, body: dict[str, str]) -> ProtectionRule:
    span = timedelta(minutes=int(body["minutes"]))
    if kind == "streak":
        return LossStreak(int(body["size"]), span)
    return LossLookback(Decimal(body["size"]), span)


def _body(rule: ProtectionRule) -> str:
    size, span = (
        (str(rule.losses), rule.pause)
        if isinstance(rule, LossStreak)
        else (str(rule.limit), rule.window)
    )
    return json.dumps({"size": size, "minutes": str(int(span.total_seconds() // 60))})


def put(
    connection: sqlite3.Connection,
    account_id: AccountId,
    rule: ProtectionRule,
    by: str,
    member_id: MemberId | None,
    now: datetime,
) -> None:
    """Make a rule the account's one of its kind, and tell everyone."""
    _end(connection, account_id, kind_of(rule), now)
    connection.execute(
        "INSERT INTO protection (account_id, kind, body_json, active, set_by, set_ms)"
        " VALUES (?, ?, ?, 1, ?, ?)",
        (account_id, kind_of(rule), _body(rule), by, to_ms(now)),
    )
    _tell(connection, account_id, rule_words(rule), by, member_id, now)


def remove(
    connection: sqlite3.Connection,
    account_id: AccountId,
    kind: str,
    by: str,
    member_id: MemberId | None,
    now: datetime,
) -> bool:
    """End the rule of a kind; False when there was none."""
    if not _end(connection, account_id, kind, now):
        return False
    _tell(connection, account_id, told("the {kind} pause is off", kind=kind), by, member_id, now)
    return True


def _end(connection: sqlite3.Connection, account_id: AccountId, kind: str, now: datetime) -> bool:
    ended = connection.execute(
        "UPDATE protection SET active = 0, ended_ms = ?"
        " WHERE account_id = ? AND kind = ? AND active = 1",
        (to_ms(now), account_id, kind),
    )
    return ended.rowcount == 1


def _tell(
    connection: sqlite3.Connection,
    account_id: AccountId,
    words: str,
    by: str,
    member_id: MemberId | None,
    now: datetime,
) -> None:
    people.audit(connection, now, "cap_changed", words, member=member_id, account=account_id)
    account = people.account(connection, account_id)
    notice = CapsChanged(people.label(account), account.currency, by, words, None, None)
    people.tell(connection, account_id, notice, Priority.INFO, now, silent=True)


def forgive(connection: sqlite3.Connection, account_id: AccountId, by: str, now: datetime) -> int:
    """Let results so far count no more; return how many rules forgot something."""
    changed = connection.execute(
        "UPDATE protection SET forgiven_ms = ?, told_ms = NULL WHERE account_id = ? AND active = 1",
        (to_ms(now), account_id),
    )
    if changed.rowcount:
        people.audit(connection, now, "results_forgiven", f"by {by}", account=account_id)
    return changed.rowcount


def tell(
    connection: sqlite3.Connection, protection_id: int, notice: EntriesPaused, now: datetime
) -> None:
    """Tell that a rule has tripped, and remember that it was told."""
    row = connection.execute(
        "UPDATE protection SET told_ms = ? WHERE id = ? RETURNING account_id",
        (to_ms(now), protection_id),
    ).fetchone()
    if row is not None:
        people.tell(connection, AccountId(row["account_id"]), notice, Priority.DECISION, now)


def deals_of_closed(
    connection: sqlite3.Connection, account_id: AccountId, since: datetime
) -> list[Deal]:
    """Return every deal of the positions that were closed, in part or whole, since then."""
    found = connection.execute(
        "SELECT * FROM deal WHERE account_id = ? AND position_id IN (SELECT position_id FROM deal"
        " WHERE account_id = ? AND at_ms >= ? AND entry <> 'in') ORDER BY at_ms, ticket",
        (account_id, account_id, to_ms(since)),
    )
    return [_deal(row) for row in found]


def unapplied_flows(connection: sqlite3.Connection, account_id: AccountId) -> list[Deal]:
    """Return the deals that are no trades and that the caps have not taken yet."""
    found = connection.execute(
        "SELECT * FROM deal WHERE account_id = ? AND flow_ms IS NULL"
        " AND deal_type NOT IN ('buy', 'sell') ORDER BY at_ms, ticket",
        (account_id,),
    )
    return [_deal(row) for row in found]


def _deal(row: sqlite3.Row) -> Deal:
    return Deal(
        ticket=Ticket(row["ticket"]),
        order=Ticket(row["order_ticket"]),
        position_id=Ticket(row["position_id"]),
        deal_type=DealType(row["deal_type"]),
        entry=DealEntry(row["entry"]),
        symbol=row["symbol"],
        volume=Decimal(row["volume"]),
        price=Decimal(row["price"]),
        profit=Decimal(row["profit"]),
        swap=Decimal(row["swap"]),
        commission=Decimal(row["commission"]),
        fee=Decimal(row["fee"]),
        reason=DealReason(row["reason"]),
        client_order_id=ClientOrderId(row["magic"]),
        comment=row["comment"],
        at=from_ms(row["at_ms"]),
    )


def open_question(connection: sqlite3.Connection, account_id: AccountId) -> BalanceQuestion | None:
    """Return the question about the balance that is not settled."""
    row = connection.execute(
        "SELECT * FROM balance_question WHERE account_id = ? AND settled_ms IS NULL", (account_id,)
    ).fetchone()
    return None if row is None else _question(row)


def _question(row: sqlite3.Row) -> BalanceQuestion:
    return BalanceQuestion(row["id"], Decimal(row["amount"]), row["answer"])


def ask(
    connection: sqlite3.Connection, account_id: AccountId, amount: Decimal, now: datetime
) -> BalanceQuestion:
    """Write a question down and put it to the account's owners."""
    row = connection.execute(
        "INSERT INTO balance_question (account_id, amount, asked_ms) VALUES (?, ?, ?) RETURNING *",
        (account_id, str(amount), to_ms(now)),
    ).fetchone()
    _show(connection, row["id"], now)
    return _question(row)


def question_account(connection: sqlite3.Connection, question_id: int) -> AccountId | None:
    """Return the account a question is about."""
    row = connection.execute(
        "SELECT account_id FROM balance_question WHERE id = ?", (question_id,)
    ).fetchone()
    return None if row is None else AccountId(row["account_id"])


def answer(
    connection: sqlite3.Connection, question_id: int, word: str, name: str, now: datetime
) -> bool:
    """Keep an answer; False when it had one, or is not known."""
    changed = connection.execute(
        "UPDATE balance_question SET answer = ?, answered_ms = ?, answered_by = ?"
        " WHERE id = ? AND answer IS NULL AND settled_ms IS NULL",
        (word, to_ms(now), name, question_id),
    )
    if changed.rowcount != 1:
        return False
    account_id = question_account(connection, question_id)
    people.audit(connection, now, "balance_answered", f"{word} by {name}", account=account_id)
    _show(connection, question_id, now)
    return True


def settle(connection: sqlite3.Connection, question_id: int, now: datetime) -> None:
    """End a question: its answer was taken, or a late deal explained it."""
    connection.execute(
        "UPDATE balance_question SET settled_ms = coalesce(settled_ms, ?) WHERE id = ?",
        (to_ms(now), question_id),
    )
    _show(connection, question_id, now)


def _show(connection: sqlite3.Connection, question_id: int, now: datetime) -> None:
    row = connection.execute(
        "SELECT q.*, a.login, a.currency FROM balance_question q"
        " JOIN account a ON a.id = q.account_id WHERE q.id = ?",
        (question_id,),
    ).fetchone()
    late = row["settled_ms"] is not None and row["answer"] is None
    people.tell(
        connection,
        AccountId(row["account_id"]),
        BalanceAsked(
            question_id=question_id,
            account=str(row["login"]),
            currency=row["currency"],
            amount=Decimal(row["amount"]),
            answer="deal" if late else row["answer"],
            by=row["answered_by"],
        ),
        Priority.CRITICAL,
        now,
        topic=f"balance:{question_id}",
        least=Role.OWNER,
    )
