"""A fill of ours has its stop and its target at the broker, or people hear why not."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest_asyncio

from tests.support.fault_desk import SYMBOL, FaultDesk


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[FaultDesk]:
    one = FaultDesk(tmp_path)
    await one.ready()
    await one.signal()
    yield one
    await one.drop()


async def test_levels_that_are_gone_right_after_the_fill_are_set(desk: FaultDesk) -> None:
    await desk.passes(1)
    (position,) = desk.held()
    desk.book.do("remove_stop", position["ticket"])
    await desk.passes(3)
    (position,) = desk.held()
    assert (position["sl"], position["tp"]) == (1.09, 1.12)
    assert "levels_missing" in await desk.told()


async def test_a_target_taken_away_later_stays_away(desk: FaultDesk) -> None:
    await desk.passes(1)
    (position,) = desk.held()
    await desk.passes(5, 60)
    position["tp"] = 0.0
    await desk.passes(3)
    assert desk.held()[0]["tp"] == 0.0
    assert "levels_missing" not in await desk.told()


async def test_a_stop_that_the_price_has_passed_closes_the_position(desk: FaultDesk) -> None:
    await desk.passes(1)
    (position,) = desk.held()
    desk.book.do("remove_stop", position["ticket"])
    desk.book.set(quotes={SYMBOL: [1.0850, 1.0851]})
    await desk.passes(6)
    assert desk.held() == []
    told = await desk.told()
    assert '"closing": true' in told or '"closing":true' in told
    assert "position_closed" in told


async def test_a_frozen_stop_is_asked_for_again_and_then_closed(desk: FaultDesk) -> None:
    await desk.passes(1)
    (position,) = desk.held()
    desk.book.do("remove_stop", position["ticket"])
    desk.fault({"call": "order_send", "kind": "retcode", "retcode": 10029, "times": 2})
    await desk.passes(6)
    assert desk.held()[0]["sl"] == 1.09
    assert '"closing":true' not in (await desk.told()).replace(" ", "")


async def test_nothing_is_closed_while_autotrading_is_off(desk: FaultDesk) -> None:
    await desk.passes(1)
    (position,) = desk.held()
    desk.book.do("remove_stop", position["ticket"])
    desk.fault({"call": "order_send", "kind": "retcode", "retcode": 10027, "times": 1})
    await desk.passes(3)
    assert desk.held()[0]["sl"] == 0.0
    assert (await desk.told()).count("levels_missing") <= 1
    await desk.passes(2, 31)
    assert desk.held()[0]["sl"] == 1.09


async def test_a_requote_is_filled_at_the_fresh_price(tmp_path: Path, desk: FaultDesk) -> None:
    desk.fault({"call": "order_send", "kind": "retcode", "retcode": 10004, "times": 1})
    await desk.passes(2)
    (order,) = await desk.rows("SELECT * FROM orders")
    assert order["status"] == "filled"
    assert Decimal(order["average_price"]) == Decimal("1.1001")
    assert len(desk.opened()) == 1
