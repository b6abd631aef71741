"""Every question about positions, cards and stories is answered by an index."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from storage import card_store, cards, managed, positions_store, signals, timeline, wishes
from storage.caps import open_account
from storage.database import connect
from storage.rights import ensure_owners
from tests.support.fresh import ON_POSTGRES, fresh_file
from trading.drawdown import Cap, CapKind
from trading.ids import AccountId, ApprovalId, ClientOrderId, ConfirmId, MemberId, OrderId, Ticket
from trading.model import Accepted, MarginMode, OrderType, Side, SignalDraft
from trading.positions.model import Ask, WishId, WishKind

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ACCOUNT, MEMBER = AccountId(1), MemberId(1)
SMALL = ("account", "account_member", "member", "am", "ac", "m", "a")
"""Tables with a row an account or a person; ``a`` is an account where it is scanned."""

pytestmark = pytest.mark.skipif(ON_POSTGRES, reason="is about SQLite's planner")

Question = Callable[[sqlite3.Connection], object]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(fresh_file(tmp_path / "desk.db"))) as connection:
        ensure_owners(connection, (7,), NOW)
        caps = (Cap(CapKind.STATIC, Decimal(20), initial=Decimal(10_000)),)
        open_account(
            connection, 1001, "Demo", "USD", MarginMode.HEDGING, Decimal(10_000), caps, NOW
        )
        draft = SignalDraft("EURUSD", Side.BUY, OrderType.MARKET, None, Decimal("1.09"))
        signals.ingest(connection, draft, "room", "1", "digest", NOW, timedelta(minutes=5))
        ask = Ask(WishKind.CLOSE, Ticket(5), "EURUSD", Side.BUY)
        wishes.add(connection, ACCOUNT, [ask], "test", NOW)
        yield connection


QUESTIONS: dict[str, Question] = {
    "wanted": lambda db: positions_store.wanted_rows(db, ACCOUNT),
    "flow": lambda db: positions_store.flow_rows(db, ACCOUNT, NOW),
    "origin": lambda db: managed.origin(db, ClientOrderId(5)),
    "ended": lambda db: managed.ended(db, ACCOUNT, Ticket(5), NOW),
    "settle": lambda db: wishes.settle(db, OrderId(5), Accepted(None, 10009), NOW),
    "drop": lambda db: wishes.drop(db, WishId(1), "test", NOW),
    "report": lambda db: wishes.report(db, ConfirmId(5), NOW),
    "without a card": lambda db: signals.without_card(db, ACCOUNT, 10),
    "due": lambda db: signals.due(db, ACCOUNT, 10),
    "symbols": lambda db: signals.symbols_waiting(db, ACCOUNT),
    "offered": lambda db: card_store.offered(db, ACCOUNT),
    "put to": lambda db: card_store.of_signal(db, MEMBER, 1),
    "card": lambda db: cards.view(db, ApprovalId(1)),
    "story of a signal": lambda db: timeline.of_signal(db, MEMBER, 1),
    "story of a ticket": lambda db: timeline.of_ticket(db, MEMBER, 5),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_reads_a_table_that_grows(database: sqlite3.Connection, name: str) -> None:
    asked: list[str] = []
    database.set_trace_callback(asked.append)
    QUESTIONS[name](database)
    database.set_trace_callback(None)
    statements = [one for one in asked if one.split()[0] in ("SELECT", "UPDATE", "DELETE")]
    assert statements
    partial = {
        name
        for name, sql in database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
        )
        if sql and " WHERE " in sql.replace("\n", " ")
    }
    for statement in statements:
        for row in database.execute(f"EXPLAIN QUERY PLAN {statement}"):
            words = row[-1].split()
            # A partial index holds what is open alone, and that does not grow.
            fine = words[0] != "SCAN" or words[1] in SMALL or words[-1] in partial
            assert fine, f"{row[-1]}: {statement}"


def test_the_days_flow_is_found_without_the_days_trades(database: sqlite3.Connection) -> None:
    """``/balance`` read every deal of the day: 500 of them took as long as its whole answer."""
    asked: list[str] = []
    database.set_trace_callback(asked.append)
    positions_store.flow_rows(database, ACCOUNT, NOW)
    database.set_trace_callback(None)
    plan = [row[-1] for row in database.execute(f"EXPLAIN QUERY PLAN {asked[0]}")]
    assert plan == ["SEARCH deal USING INDEX deal_flow (account_id=? AND at_ms>?)"]
