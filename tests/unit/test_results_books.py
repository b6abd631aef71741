"""Results against the simulated broker's own books: every sum agrees to the cent."""

import random
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from storage import results
from storage.result_store import ResultStore
from tests.support.loop_desk import LoopDesk
from tests.support.simulated_desk import Row
from trading.clock import from_ms
from trading.drawdown.dayclock import DayClock, server_wall
from trading.ids import AccountId
from trading.model import Side
from trading.results.periods import Grain
from trading.results.views import Dimension
from trading.terminal.simulated import admin

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNT = AccountId(1)
_KEPT = (
    "SELECT * FROM result_booked ORDER BY 2, 3",
    "SELECT * FROM result_tally WHERE trades <> 0 ORDER BY 2, 3, 4, 5",
    "SELECT position_id, leg, closed_ms, net, source, hour FROM trade ORDER BY 1, 2",
)


def moving(days: int = 9) -> list[Row]:
    """Return EURUSD that walks, a quote every two minutes, as often as keeps its market open."""
    chance = random.Random(11)  # noqa: S311 - a reproducible price
    rows, price = [], 1.1
    for step in range(days * 720):
        price += chance.gauss(0, 0.0002)
        rows.append((step * 120.0, "EURUSD", f"{price:.5f}", f"{price + 0.0001:.5f}"))
    return rows


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["hedging", "netting"])
async def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LoopDesk]:
    """A desk whose account was traded by hand for a week, paid into and out of."""
    desk = LoopDesk(
        tmp_path_factory.mktemp("books"),
        moving(),
        SIMULATED_MARGIN_MODE=request.param,
        SIMULATED_COMMISSION="3.5",
    )
    await desk.open()
    try:
        await desk.passes(2)
        chance = random.Random(5)  # noqa: S311 - reproducible trading
        for step in range(60):
            trade(desk, chance, step)
            desk.clock.advance(9_000 + chance.randrange(900))
            await desk.passes(2)
        yield desk
    finally:
        await desk.drop()


def trade(desk: LoopDesk, chance: random.Random, step: int) -> None:
    """Open, add, take part off, reverse or close by, as the account's mode allows."""
    if step in (20, 41):
        admin.deposit(desk.folder / "account.jsonl", 700 if step == 20 else -450)
        return
    request: dict[str, Any] = {
        "action": 1,
        "symbol": "EURUSD",
        "type": chance.randrange(2),
        "volume": chance.choice([0.1, 0.13, 0.2, 0.35]),
    }
    opened = desk.broker.positions_get() or ()
    if opened and chance.random() < 0.55:
        one = chance.choice(opened)
        pair = next((other for other in opened if other.type != one.type), None)
        if pair is not None and chance.random() < 0.5:
            request = {
                "action": 10,
                "symbol": "EURUSD",
                "position": one.ticket,
                "position_by": pair.ticket,
            }
        else:
            part = chance.choice([one.volume, one.volume, round(one.volume / 2, 2)])
            request |= {"type": 1 - one.type, "volume": part, "position": one.ticket}
    desk.broker.order_send(request)


def at_broker(desk: LoopDesk) -> list[Any]:
    """Return every deal, the first deposit among them."""
    return list(desk.broker.history_deals_get(0, 4_000_000_000))


def money(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))


async def test_sums_agree_with_the_brokers_deals_to_the_cent(desk: LoopDesk) -> None:
    store = ResultStore(desk.database, desk.clock)
    deals = at_broker(desk)
    trades = [one for one in deals if one.type in (0, 1)]
    kinds = {one.entry for one in trades}
    assert kinds >= {0, 1}
    assert kinds & {2, 3}
    assert any(one.swap for one in trades)
    summary = await store.summary(ACCOUNT, None, None)
    assert summary.booked is not None
    for part in ("profit", "swap", "commission", "fee"):
        wanted = sum(money(getattr(one, part)) for one in trades)
        assert getattr(summary.booked.money, part) == wanted, part
    assert summary.booked.flows == Decimal(10_250)
    balance = money(desk.broker.account_info().balance)
    assert summary.booked.result + summary.booked.flows == balance
    rows = await desk.rows("SELECT * FROM trade")
    booked = sum(Decimal(row["net"]) for row in rows)
    assert booked == summary.booked.money.net  # every deal belongs to one round trip
    closed = [row for row in rows if row["closed_ms"] is not None]
    assert summary.tally.trades == len(closed)
    assert summary.tally.net == sum(Decimal(row["net"]) for row in closed)
    assert summary.tally.wins == sum(Decimal(row["net"]) > 0 for row in closed)
    assert max(Decimal(row["net"]) for row in closed) == summary.best.net  # type: ignore[union-attr]
    assert min(Decimal(row["net"]) for row in closed) == summary.worst.net  # type: ignore[union-attr]
    open_volume = sum(one.volume for one in desk.positions())
    still = sum(
        (Decimal(row["volume_in"]) - Decimal(row["volume_out"]))
        for row in rows
        if row["closed_ms"] is None
    )
    assert still == money(open_volume)


async def test_every_span_and_dimension_adds_up_to_the_whole(desk: LoopDesk) -> None:
    store = ResultStore(desk.database, desk.clock)
    whole = await store.summary(ACCOUNT, None, None)
    assert whole.booked is not None
    for grain in (Grain.DAY, Grain.WEEK, Grain.MONTH):
        spans = await store.spans(ACCOUNT, grain, 12)
        assert sum(one.booked.result for one in spans) == whole.booked.result
        assert sum(one.booked.flows for one in spans) == whole.booked.flows
        assert sum(one.tally.net for one in spans) == whole.tally.net
        assert spans[-1].balance_before == 0
    for dimension in Dimension:
        groups = await store.groups(ACCOUNT, dimension)
        assert sum(tally.net for _, tally in groups) == whole.tally.net, dimension
        assert sum(tally.trades for _, tally in groups) == whole.tally.trades
    sides = [await store.summary(ACCOUNT, None, side) for side in Side]
    assert sum(one.tally.net for one in sides) == whole.tally.net
    assert all(one.booked is None for one in sides)


async def test_a_days_result_is_that_of_its_deals_in_the_accounts_clock(desk: LoopDesk) -> None:
    store = ResultStore(desk.database, desk.clock)
    # The simulated server is 3 h ahead: its stamps are its own wall clock.
    by_day: dict[str, Decimal] = {}
    for deal in at_broker(desk):
        if deal.type in (0, 1):
            name = server_day(deal.time_msc - 10_800_000)
            result = deal.profit + deal.swap + deal.commission + deal.fee
            by_day[name] = by_day.get(name, Decimal(0)) + money(result)
    spans = await store.spans(ACCOUNT, Grain.DAY, 12)
    found = {one.first.isoformat(): one.booked.result for one in spans if one.booked.result}
    assert found == {day: result for day, result in by_day.items() if result}


def server_day(utc_ms: int) -> str:
    """Return the date on the wall of a server that is 7 h ahead of New York."""
    return server_wall(from_ms(utc_ms)).date().isoformat()


def _plain(value: object) -> object:
    """Return 1.40 as 1.4: what was taken out of a sum again leaves its decimals behind."""
    is_number = isinstance(value, str) and re.fullmatch(r"-?\d+\.?\d*", value)
    return Decimal(str(value)).normalize() if is_number else value


async def test_results_built_anew_from_the_deals_are_the_same(desk: LoopDesk) -> None:
    store = ResultStore(desk.database, desk.clock)

    async def everything() -> list[list[tuple[object, ...]]]:
        kept = [[tuple(map(_plain, row)) for row in await desk.rows(sql)] for sql in _KEPT]
        # A day that everything was moved out of again is there, with nothing in it.
        return [[row for row in rows if set(row[3:]) != {0}] for rows in kept]

    before = await everything()
    await desk.database.run(
        lambda db: db.execute("UPDATE result_clock SET built = 0, built_to = 0")
    )
    await store.open(DayClock())
    assert await everything() == before
    await store.open(DayClock("Asia/Tokyo"))
    assert await everything() != before
    assert (await store.summary(ACCOUNT, None, None)).tally.trades
    await store.open(DayClock())
    assert await everything() == before


async def test_pages_show_every_closed_trade_once_in_both_directions(desk: LoopDesk) -> None:
    store = ResultStore(desk.database, desk.clock)
    page = await store.page(ACCOUNT, None, 4)
    assert page.newer is None
    seen = [one.id for one in page.trades]
    pages = [seen]
    while page.older is not None:
        page = await store.page(ACCOUNT, page.older, 4)
        pages.append([one.id for one in page.trades])
    flat = [one for ids in pages for one in ids]
    assert len(flat) == len(set(flat)) == page.total
    for ids in reversed(pages[:-1]):
        assert page.newer is not None
        page = await store.page(ACCOUNT, page.newer, 4)
        assert [one.id for one in page.trades] == ids
    assert page.newer is None


async def test_a_repeated_deal_changes_nothing(desk: LoopDesk) -> None:
    before = [tuple(row) for row in await desk.rows("SELECT * FROM result_tally")]
    known = await desk.database.run(
        lambda db: [results.deal_of(row) for row in db.execute("SELECT * FROM deal")]
    )
    await desk.store.record_deals(ACCOUNT, known)
    assert [tuple(row) for row in await desk.rows("SELECT * FROM result_tally")] == before


async def test_a_deal_read_before_the_brokers_clock_was_known_moves_to_its_day(
    desk: LoopDesk,
) -> None:
    store = ResultStore(desk.database, desk.clock)
    right = await desk.database.run(
        lambda db: [results.deal_of(row) for row in db.execute("SELECT * FROM deal")]
    )
    spans = await store.spans(ACCOUNT, Grain.DAY, 12)
    hours = await store.groups(ACCOUNT, Dimension.HOUR)
    early = [replace(deal, at=deal.at - timedelta(hours=26)) for deal in right]
    await desk.store.record_deals(ACCOUNT, early)
    assert await store.spans(ACCOUNT, Grain.DAY, 12) != spans
    assert await store.groups(ACCOUNT, Dimension.HOUR) != hours
    await desk.store.record_deals(ACCOUNT, right)
    assert await store.spans(ACCOUNT, Grain.DAY, 12) == spans
    assert await store.groups(ACCOUNT, Dimension.HOUR) == hours
