"""What a plan limits when plans are on, and what no plan ever touches."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.rights_desk import RightsDesk, rights_desk
from trading.model import Role
from trading.plans import PLANS, Provider


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RightsDesk]:
    async with rights_desk(tmp_path) as one:
        yield one


async def test_results_look_back_as_far_as_the_plan_and_say_so(desk: RightsDesk) -> None:
    viewer, owner = desk.places[0].people[Role.VIEWER], desk.places[0].people[Role.OWNER]
    for said in ("/profit", "/profit 366", "/stats 90", "/daily 60"):
        text = await desk.says(viewer.telegram_id, said)
        assert "Your plan looks back 31 days: /plan" in text, said
        assert "Your plan" not in await desk.says(owner.telegram_id, said)
    assert "Your plan" not in await desk.says(viewer.telegram_id, "/profit 7")


async def test_reports_that_come_by_themselves_need_a_plan_until_it_ends(desk: RightsDesk) -> None:
    viewer = desk.places[0].people[Role.VIEWER]
    refused = await desk.says(viewer.telegram_id, "/report daily 22:00")
    assert "no scheduled reports: /upgrade" in refused
    assert await desk.desk.rows("SELECT * FROM report_plan") == []
    await desk.stores.billing.give(viewer.id, Provider.GRANT, "t", PLANS["trader"], 30, None)
    assert "✅" in await desk.says(viewer.telegram_id, "/report daily 22:00")

    async def told() -> int:
        sql = "SELECT count(*) AS n FROM outbox WHERE topic LIKE 'report:%'"
        (row,) = await desk.desk.rows(sql)
        return int(row["n"])

    desk.desk.clock.advance(86400)
    await desk.stores.reports.send_due(limited=True)
    assert await told() == 1
    desk.desk.clock.advance(40 * 86400)
    await desk.stores.reports.send_due(limited=True)
    assert await told() == 1  # it ended, and its days of grace with it
    await desk.stores.billing.give(viewer.id, Provider.GRANT, "u", PLANS["trader"], 30, None)
    desk.desk.clock.advance(86400)
    await desk.stores.reports.send_due(limited=True)
    assert await told() == 2


async def test_no_plan_touches_the_guard_closing_alerts_or_ones_own_data(desk: RightsDesk) -> None:
    trader = desk.places[1].people[Role.TRADER]  # of an account of one's own, on the free plan
    for said, expected in (
        ("/export csv", "Export of trades"),
        ("/fx all", "Close 1 position"),
        ("/cap daily 5", "daily 5 %"),
        ("/drawdown", "Floor"),
        ("/panic", "Halt trading"),
        ("/notify positions on", "positions: on"),
        ("/pause", "No new entries"),
    ):
        assert expected in await desk.says(trader.telegram_id, said), said
    plan = await desk.says(trader.telegram_id, "/plan")
    for limit in ("Accounts", "Sources", "Auto mode", "History", "Charts", "Reports", "Export"):
        assert limit in plan
