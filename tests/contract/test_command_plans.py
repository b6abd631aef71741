"""Neither a command nor a pass reads a growing table from end to end: all has an index."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from handlers.commands import COMMANDS
from handlers.forms import forms_of
from storage.database import SqliteDatabase, connect
from tests.support.fresh import ON_POSTGRES
from tests.support.rights_desk import RightsDesk, rights_desk
from trading.model import Role

pytestmark = pytest.mark.skipif(ON_POSTGRES, reason="is about SQLite's planner")

GROWING = {
    *("deal", "trade", "signal", "approval", "orders", "order_event", "outbox", "audit", "equity"),
    *("source_message", "wish", "confirmation", "managed", "invoice", "booking", "paper", "held"),
    "amendment",
}
FEW = ("approval_waiting", "orders_open", "managed_open", "wish_waiting", "deal_flow_waiting")
"""Indexes of what waits alone: read from end to end they are short."""
_WAITS = "status IN ('offered', 'approved')"
_NAMED = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?", re.IGNORECASE)
_SCAN = re.compile(r"^SCAN (\w+)(?! USING)")
_BY_ACCOUNT = re.compile(r"^SEARCH (\w+) USING .*\(account_id=\?\)$")


async def said(desk: RightsDesk) -> list[str]:
    """Return every statement that commands in every form, and passes, make with their values."""
    found: list[str] = []
    database = desk.desk.database
    assert isinstance(database, SqliteDatabase)
    reader: sqlite3.Connection = database._reader  # noqa: SLF001 - to hear what it is asked
    await database.run(lambda db: db.set_trace_callback(found.append))
    reader.set_trace_callback(found.append)
    place = desk.places[0]
    owner = place.people[Role.OWNER].telegram_id
    for row in COMMANDS:
        for form in forms_of(row):
            text = re.sub(r"\b5012345\b", str(place.login), form)
            text = re.sub(r"\b(1234|12)\b", str(place.ticket), text)
            await desk.says(owner, text)
    await desk.desk.passes(2)
    await database.run(lambda db: db.set_trace_callback(None))
    reader.set_trace_callback(None)
    return list(dict.fromkeys(one for one in found if one.lstrip().startswith("SELECT")))


def long_reads(connection: sqlite3.Connection, sql: str) -> list[str]:
    """Return the steps of a statement that read a growing table, or one account's all of it."""
    tables: dict[str, str] = {}
    for table, alias in _NAMED.findall(sql):
        tables |= {alias or table: table, table: table}
    bad = []
    for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"):
        step = str(row["detail"])
        scan, whole = _SCAN.match(step), _BY_ACCOUNT.match(step)
        if any(name in step for name in FEW):
            continue
        limited = " LIMIT " in sql and _WAITS not in sql
        met = scan or (None if limited else whole)
        if met is not None and tables.get(str(met.group(1)), "") in GROWING:
            bad.append(step)
    return bad


async def test_nothing_reads_a_growing_table_from_end_to_end(tmp_path: Path) -> None:
    """A position's deals were found among all deals of its account, at each new deal too."""
    async with rights_desk(tmp_path) as desk:
        statements = await said(desk)
        with closing(connect(tmp_path / "desk.db")) as connection:
            found = {sql: bad for sql in statements if (bad := long_reads(connection, sql))}
    assert len(statements) > 60
    assert found == {}, "\n".join(f"{sql}\n  {bad}" for sql, bad in found.items())
