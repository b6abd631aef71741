"""The same promises on both engines: what a store is built on, and one trade from call to books."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from storage.audit import audit
from storage.database import Database
from tests.faults.test_crash_everywhere import FALL_AT, FALLING, trade
from tests.support import postgres_server
from tests.support.fresh import fresh_file, open_store
from tests.support.loop_desk import START, LoopDesk
from trading.errors import StoreError

needs_server = pytest.mark.skipif(postgres_server.why_not() != "", reason=postgres_server.why_not())
ENGINES = [
    pytest.param(False, id="sqlite"),
    pytest.param(True, id="postgres", marks=needs_server),
]


@pytest_asyncio.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "desk.db"
    fresh_file(path, on_postgres=request.param)
    async with open_store(path, on_postgres=request.param) as one:
        yield one


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) AS number FROM member").fetchone()["number"])


def add(connection: sqlite3.Connection, telegram_id: int, name: str = "A") -> int:
    row = connection.execute(
        "INSERT INTO member (telegram_id, name, role, reachable, created_ms)"
        " VALUES (?, ?, 'owner', ?, 1) RETURNING *",
        (telegram_id, name, True),
    ).fetchone()
    assert (row["telegram_id"], row[1], row["reachable"]) == (telegram_id, telegram_id, 1)
    return int(row["id"])


def fail(connection: sqlite3.Connection, telegram_id: int) -> None:
    add(connection, telegram_id)
    raise KeyError(telegram_id)


async def test_what_fails_leaves_nothing_and_takes_nobody_with_it(database: Database) -> None:
    waiting = (
        database.run(add, 1),
        database.run(fail, 2),
        database.run(add, 3),
        database.run(add, 3),  # the second of these breaks a rule of the table
        database.run(add, 4),
    )
    first, bug, third, broken, fourth = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(bug, KeyError)
    assert isinstance(broken, StoreError)
    assert {type(one) for one in (first, third, fourth)} == {int}
    with pytest.raises(KeyError):
        await database.run(fail, 5)
    with pytest.raises(StoreError):
        await database.run(add, 1)
    assert await database.run(count) == 3


async def test_a_read_sees_what_was_committed_and_cannot_write(database: Database) -> None:
    for number in range(3):
        await database.run(add, number)
        assert await database.glance(count) == await database.aside(count) == number + 1
    with pytest.raises(StoreError):
        await database.aside(lambda db: db.execute("DELETE FROM member").rowcount)
    assert await database.aside(count) == 3


async def test_who_gives_up_waiting_takes_nothing_back(database: Database) -> None:
    given_up = asyncio.ensure_future(database.run(add, 1))  # noqa: TID251 - ended two lines on
    await asyncio.sleep(0)
    given_up.cancel()
    await database.run(add, 2)
    assert await database.run(count) == 2


async def test_values_come_back_as_they_went(database: Database) -> None:
    def keep(connection: sqlite3.Connection) -> list[object]:
        for number, text in enumerate(("Z", "a", "É", "_", "B b")):
            add(connection, 9_007_199_254_740_993 + number, text)
        first, *others = connection.execute(
            "SELECT name, telegram_id, sum(id) AS total, max(name) = name AS last, quiet_from"
            " FROM member GROUP BY name, telegram_id, quiet_from ORDER BY name"
        )
        names = [first["name"], *(row[0] for row in others)]
        assert first["quiet_from"] is None
        assert first.keys() == ["name", "telegram_id", "total", "last", "quiet_from"]
        return [names, first["telegram_id"], type(first["total"]), first["last"]]

    names = ["B b", "Z", "_", "a", "É"]
    assert await database.run(keep) == [names, 9_007_199_254_740_997, int, 1]


async def test_the_audit_trail_is_never_changed(database: Database) -> None:
    await database.run(audit, START, "one")

    def act(connection: sqlite3.Connection, statement: str) -> None:
        connection.execute(statement)

    for statement in ("UPDATE audit SET action = 'two'", "DELETE FROM audit"):
        with pytest.raises(StoreError, match="never"):
            await database.run(act, statement)
    rows = await database.run(lambda db: db.execute("SELECT action FROM audit").fetchall())
    assert [row["action"] for row in rows] == ["one"]


@pytest.mark.parametrize("on_postgres", ENGINES)
async def test_a_trade_from_call_to_breach_and_books(tmp_path: Path, *, on_postgres: bool) -> None:
    desk = LoopDesk(tmp_path, FALLING, TERMINAL_BALANCE="4100")
    desk.on_postgres = on_postgres
    await desk.open()
    await trade(desk)
    await desk.tighten(Decimal(10))
    desk.clock.advance(FALL_AT)
    await desk.passes(8, every=0.4)
    await desk.drop()
    await desk.open()  # what a restart reads is what was written
    await desk.passes(3)
    assert desk.positions() == ()
    assert desk.loop.account is not None
    assert desk.loop.account.trading_state == "halted"
    (trip,) = await desk.rows("SELECT net, closed_ms, source FROM trade")
    assert Decimal(trip["net"]) < 0
    assert trip["source"] == "test"
    (report,) = await desk.rows("SELECT body_json FROM outbox WHERE kind = 'flatten_report'")
    assert str(desk.loop.account.login) in report["body_json"]
    await desk.drop()
