"""Shadow trades and records over a real file: from a signal to what its source is worth."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest_asyncio

from storage.amendments import AmendmentStore
from storage.scores import ScoreStore
from tests.support.intake_desk import IntakeDesk, intake_desk
from trading.clock import to_ms
from trading.model import Quote
from trading.paper import PaperTrader
from trading.scores import ScoreService
from trading.sources import SourceMode

GOLD = "GOLD BUY 3213\nSL 3205\nTP1 3221\nTP2 3229"


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[IntakeDesk]:
    async with intake_desk(tmp_path) as one:
        yield one


async def test_a_shadow_source_earns_a_record_and_its_claims_are_set_against_it(
    desk: IntakeDesk,
) -> None:
    store = ScoreStore(desk.database, desk.clock)
    trader = PaperTrader(store, desk.quotes.get, desk.clock)
    scores = ScoreService(store, desk.intake.changed)
    source = await desk.set("Gold VIP", "shadow")
    await desk.says(GOLD, "m1", age=4)
    for bid in ("3212.8", "3221.1", "3204"):
        price = Decimal(bid)
        quote = Quote("XAUUSD", price, price + Decimal("0.2"), desk.clock.now(), 0.1)
        desk.quotes["XAUUSD"] = quote
        await trader.step()
    await AmendmentStore(desk.database, desk.clock).claim(source, "m5", "m1", None, 2)

    found = await scores.of(source)
    assert (found.paper_trades, found.trades, found.counts.signals) == (1, 0, 1)
    assert found.average_r == Decimal("-0.0625")
    assert (found.claimed_r, found.claims) == (Decimal(2), 1)
    assert found.latency == 4.0
    assert [one.source.name for one in await scores.every()] == ["Gold VIP"]


async def test_a_stale_quote_moves_no_paper_trade(desk: IntakeDesk) -> None:
    trader = PaperTrader(ScoreStore(desk.database, desk.clock), desk.quotes.get, desk.clock)
    await desk.set("Gold VIP", "shadow")
    await desk.says(GOLD, "m1")
    now = desk.clock.now()
    desk.quotes["XAUUSD"] = Quote("XAUUSD", Decimal(3212), Decimal(3213), now, 31.0)

    assert await trader.step() == 0


async def _finished(desk: IntakeDesk, number: int, profit: str, minutes: int) -> None:
    """Put a finished automatic trade on file, as the broker's books would leave it."""
    await desk.says(GOLD.replace("3213", f"32{number}"), f"m{number}")
    at = to_ms(desk.clock.now() + timedelta(minutes=minutes))
    ticket = 100 + number

    def write(db: sqlite3.Connection) -> None:
        row = db.execute("SELECT max(id) AS id FROM approval").fetchone()
        db.execute(
            "INSERT INTO orders (account_id, approval_id, client_order_id, purpose, symbol,"
            " request_json, status, position_id, created_ms) VALUES (1, ?, ?, 'entry', 'XAUUSD',"
            ' \'{"action":"deal","client_order_id":1,"symbol":"XAUUSD"}\', \'filled\', ?, ?)',
            (row["id"], ticket, ticket, at),
        )
        for entry, amount in (("in", "0"), ("out", profit)):
            db.execute(
                "INSERT INTO deal (account_id, ticket, order_ticket, position_id, deal_type, entry,"
                " symbol, volume, price, profit, swap, commission, fee, reason, magic, comment,"
                " at_ms) VALUES (1, ?, ?, ?, 'buy', ?, 'XAUUSD', '0.10', '3213', ?, '0', '0', '0',"
                " 'expert', 0, '', ?)",
                (ticket * 10 + (entry == "out"), ticket, ticket, entry, amount, at),
            )

    await desk.database.run(write)


async def test_an_auto_source_that_loses_in_a_row_asks_again_and_its_owner_is_told(
    desk: IntakeDesk,
) -> None:
    scores = ScoreService(ScoreStore(desk.database, desk.clock), desk.intake.changed)
    source = await desk.set(
        "Gold VIP", "autorisk 0.5", "perday 9", "allow XAUUSD", "losses 2", "auto"
    )
    desk.clock.advance(1)
    await _finished(desk, 10, "25", 1)
    await _finished(desk, 11, "-10", 2)
    assert await scores.watch() == 0
    await _finished(desk, 12, "-12", 3)

    assert await scores.watch() == 1
    assert await scores.watch() == 0
    assert (await desk.intake.source(source.key, source.name)).settings.mode is SourceMode.ASK
    assert len(await desk.told("source_demoted")) == 1
    record = await scores.of(source)
    assert (record.trades, record.result) == (3, Decimal(3))
