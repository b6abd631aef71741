"""The broker's books against ours: netting, late arrivals, answers that could not be kept."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.fault_desk import SYMBOL, FaultDesk
from trading.errors import StoreError
from trading.model import OrderType, Side

NETTING = {"account": {"margin_mode": 0}}
SELL = {"side": Side.SELL, "stop_loss": Decimal("1.1200"), "take_profits": (Decimal("1.0800"),)}


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[FaultDesk]:
    one = FaultDesk(tmp_path)
    await one.ready()
    yield one
    await one.drop()


@pytest_asyncio.fixture
async def netting(tmp_path: Path) -> AsyncIterator[FaultDesk]:
    one = FaultDesk(tmp_path, **NETTING)
    await one.ready()
    yield one
    await one.drop()


async def status(desk: FaultDesk, approval: int) -> Any:
    (order,) = await desk.rows("SELECT * FROM orders WHERE approval_id = ?", approval)
    return order


def sees(desk: FaultDesk) -> bool:
    return not desk.loop.blind


def knows(desk: FaultDesk) -> int | None:
    return desk.client.server_offset


async def test_a_second_entry_adds_to_the_one_netting_position(netting: FaultDesk) -> None:
    await netting.signal("one")
    await netting.settle()
    second = await netting.signal("two")
    await netting.settle()
    (position,) = netting.held()
    assert position["volume"] == pytest.approx(0.2)
    order = await status(netting, second)
    await netting.passes(4)
    assert order["status"] == "filled"
    told = await netting.rows("SELECT * FROM outbox WHERE topic = ?", f"approval:{second}")
    assert json.loads(told[0]["body_json"])["order"]["average_price"]


async def test_a_lost_answer_on_netting_is_found_in_the_deals(netting: FaultDesk) -> None:
    await netting.signal("one")
    await netting.settle()
    second = await netting.signal("two")
    netting.fault({"call": "order_send", "kind": "execute_then_die", "times": 1})
    await netting.settle()
    assert (await status(netting, second))["status"] == "filled"
    assert len(netting.opened()) == 2


async def test_an_entry_against_an_open_netting_position_is_refused(netting: FaultDesk) -> None:
    await netting.signal("one")
    await netting.settle()
    second = await netting.signal("two", **SELL)
    await netting.settle()
    order = await status(netting, second)
    assert (order["status"], order["detail"]) == ("denied", "opposite_position")
    assert netting.held()[0]["volume"] == pytest.approx(0.1)


async def test_an_entry_into_somebody_elses_netting_position_is_refused(
    netting: FaultDesk,
) -> None:
    netting.book.do("open", SYMBOL, 0, 0.3)
    await netting.passes(5)
    entry = await netting.signal("one")
    await netting.settle()
    assert (await status(netting, entry))["detail"] == "foreign_position"
    (position,) = netting.held()
    assert (position["volume"], position["sl"]) == (0.3, 0.0)


async def test_a_waiting_order_that_appears_late_is_recorded(desk: FaultDesk) -> None:
    price = Decimal("1.0950")
    approval = await desk.signal("one", order_type=OrderType.LIMIT, entry=(price, price))
    desk.fault({"call": "order_send", "kind": "late", "seconds": 90, "times": 1})
    await desk.settle()
    assert (await status(desk, approval))["status"] == "rejected"
    await desk.passes(10, 10)
    assert (await status(desk, approval))["status"] == "accepted"
    assert "appeared at the broker late" in await desk.told()
    desk.book.set(quotes={SYMBOL: [1.0949, 1.0950]})
    await desk.passes(5)
    assert (await status(desk, approval))["status"] == "filled"
    assert len(desk.opened()) == 1


async def test_an_answer_that_the_disk_refused_is_asked_for(
    desk: FaultDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval = await desk.signal("one")
    store = type(desk.store)

    async def full(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(store, "apply", full)
        await desk.passes(1)
    assert (await status(desk, approval))["status"] == "submitted"
    await desk.settle()
    assert (await status(desk, approval))["status"] == "filled"
    assert len(desk.opened()) == 1


async def test_a_history_that_cannot_be_read_does_not_stop_the_guard(desk: FaultDesk) -> None:
    await desk.signal("one", volume=Decimal("0.20"), stop_loss=Decimal("1.0700"))
    await desk.settle()
    await desk.tighten(Decimal(2))
    await desk.passes(2)
    desk.fault({"call": "history_deals_get", "kind": "none", "code": -1, "text": "failed"})
    desk.book.set(quotes={SYMBOL: [1.0850, 1.0851]})
    await desk.passes(6)
    assert desk.held() == []
    (account,) = await desk.rows("SELECT * FROM account")
    assert account["trading_state"] == "halted"


async def test_a_withdrawal_while_the_history_is_silent_is_no_breach(desk: FaultDesk) -> None:
    await desk.tighten(Decimal(10))
    await desk.passes(2)
    desk.fault({"call": "history_deals_get", "kind": "none", "code": -1, "text": "failed"})
    desk.book.do("deposit", -2000.0)
    await desk.passes(5)
    (account,) = await desk.rows("SELECT * FROM account")
    assert account["trading_state"] == "active"
    assert not sees(desk)
    desk.fault()
    await desk.passes(5)
    assert sees(desk)
    (account,) = await desk.rows("SELECT * FROM account")
    assert account["trading_state"] == "active"


async def test_a_deal_that_lags_for_ten_seconds_is_told_within_two(desk: FaultDesk) -> None:
    await desk.signal("one")
    await desk.settle()
    desk.book.set(deal_lag=10.0)
    (position,) = desk.held()
    desk.book.do("close", position["ticket"])
    await desk.passes(9)
    assert "position_closed" not in await desk.told()
    await desk.passes(5)
    assert "position_closed" in await desk.told()


async def test_deals_read_before_the_brokers_clock_was_known_get_their_time(
    desk: FaultDesk,
) -> None:
    """A start after a night: what happened meanwhile is read before the first quote has moved."""
    await desk.signal("one")
    await desk.settle()
    (position,) = desk.held()
    desk.book.do("close", position["ticket"])
    await desk.passes(1)
    closed_at = desk.clock.now()
    await desk.drop()
    desk.clock.advance(3600)
    desk.book.set(still=[SYMBOL, "XAUUSDc"])
    await desk.open()
    await desk.passes(4)
    assert knows(desk) is None
    desk.book.set(still=[])
    await desk.passes(6)
    assert knows(desk) == 3 * 3600
    (deal,) = await desk.rows("SELECT at_ms FROM deal WHERE entry = 'out'")
    assert abs(deal["at_ms"] / 1000 - closed_at.timestamp()) < 5


async def test_a_symbol_the_broker_lists_but_does_not_trade_gives_way(desk: FaultDesk) -> None:
    desk.book.set(symbols={"EURUSD": {"digits": 5, "trade_mode": 0, "trade_contract_size": 1e5}})
    desk.book.control["quotes"]["EURUSD"] = [1.1, 1.1001]
    desk.loop.symbols.forget()
    await desk.signal("one")
    await desk.settle()
    assert [one["symbol"] for one in desk.held()] == [SYMBOL]


async def test_a_stop_limit_signal_waits_triggers_fills_and_expires(desk: FaultDesk) -> None:
    trigger, limit = Decimal("1.1050"), Decimal("1.1045")
    changes = {
        "order_type": OrderType.STOP_LIMIT,
        "entry": (trigger, trigger),
        "stop_limit": limit,
        "good_for": 3600,
    }
    first = await desk.signal("one", **changes)
    await desk.settle()
    (order,) = desk.book.state["orders"]
    assert (order["type"], order["price_open"], order["price_stoplimit"]) == (6, 1.105, 1.1045)
    desk.book.set(quotes={SYMBOL: [1.1050, 1.1051]})
    await desk.passes(2)
    desk.book.set(quotes={SYMBOL: [1.1043, 1.1044]})
    await desk.passes(3)
    assert (await status(desk, first))["status"] == "filled"
    assert desk.held()[0]["sl"] == 1.09

    desk.book.set(quotes={SYMBOL: [1.1000, 1.1001]})
    await desk.passes(2)
    second = await desk.signal("two", **changes)
    await desk.settle()
    await desk.passes(6, 1000)
    assert (await status(desk, second))["status"] == "expired"
    assert len(desk.opened()) == 1
