"""No answer about results walks through history: the plans of its queries say so."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from storage import exports, reports, result_answers
from storage.database import connect, prepare
from trading.ids import AccountId, MemberId
from trading.model import Side
from trading.results.export import ExportRequest, Format, Place, What
from trading.results.periods import Grain
from trading.results.views import Cursor, Dimension

ACCOUNT = AccountId(1)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
_LARGE = ("deal", "trade", "equity", "growth_span", "result_tally", "result_booked")


def statements(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield every query of every answer, its values written out."""
    early = datetime(2020, 1, 1, tzinfo=UTC)
    asked: dict[str, Callable[[], object]] = {
        "summary": lambda: result_answers.summary(connection, ACCOUNT, None, None, NOW),
        "summary 7": lambda: result_answers.summary(connection, ACCOUNT, 7, None, NOW),
        "summary buy": lambda: result_answers.summary(connection, ACCOUNT, None, Side.BUY, NOW),
        "spans": lambda: result_answers.spans(connection, ACCOUNT, Grain.DAY, 7, NOW),
        "groups": lambda: result_answers.groups(connection, ACCOUNT, Dimension.SYMBOL),
        "page": lambda: result_answers.page(connection, ACCOUNT, None, 8),
        "older": lambda: result_answers.page(connection, ACCOUNT, Cursor(1, 1), 8),
        "newer": lambda: result_answers.page(connection, ACCOUNT, Cursor(1, 1, newer=True), 8),
        "statistics": lambda: result_answers.statistics(connection, ACCOUNT, 90, NOW),
        "curve": lambda: result_answers.curve(connection, ACCOUNT, 30, NOW),
        "report": lambda: reports.report(connection, ACCOUNT, Grain.WEEK, NOW),
        "plans": lambda: reports.plans(connection, ACCOUNT, MemberId(1)),
        **{
            f"export {what}": lambda what=what: exports.append(  # type: ignore[misc]
                connection,
                ExportRequest(ACCOUNT, what, Format.CSV, early, NOW),
                Path("/dev/null"),
                Place(1, 1),
            )
            for what in What
        },
    }
    for name, ask in asked.items():
        seen: list[str] = []
        connection.set_trace_callback(seen.append)
        ask()
        connection.set_trace_callback(None)
        for sql in seen:
            if sql.startswith(("SELECT", "WITH")):
                yield name, sql


def test_every_query_finds_its_rows_by_an_index(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    prepare(path)
    with closing(connect(path)) as connection:
        connection.execute(
            "INSERT INTO account (id, login, server, currency, margin_mode, trading_state,"
            " deals_seen_ms, created_ms) VALUES (1, 1, 's', 'USD', 'hedging', 'active', 0, 0)"
        )
        seen = 0
        for name, sql in statements(connection):
            for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"):
                scanned = row["detail"].split()[:2]
                assert scanned not in [["SCAN", table] for table in _LARGE], f"{name}: {sql}"
            seen += 1
        assert seen > 20
