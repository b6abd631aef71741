"""Bad input gets words with numbers from the broker's own terms, and a wrong login stops all."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.fault_desk import SYMBOL, FaultDesk
from tests.support.strict import MetaTrader5 as mt5  # noqa: N813 - as everybody writes it
from tests.support.terminal import market_order
from trading.model import Accepted, Action, Filled, OrderType, Rejected
from trading.terminal.session import Login

GOLD = "XAUUSDc"


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[FaultDesk]:
    one = FaultDesk(tmp_path)
    await one.ready()
    await one.client.specs([SYMBOL, GOLD])
    for _ in range(4):  # quotes that move tell the server's clock
        await one.client.snapshot([SYMBOL, GOLD])
        one.clock.advance(1)
    yield one
    await one.drop()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"volume": Decimal("0.005")}, "volume 0.005 is below the minimum 0.01 of XAUUSDc"),
        ({"volume": Decimal(51)}, "volume 51 is above the maximum 50 of XAUUSDc"),
        ({"volume": Decimal("0.015")}, "volume 0.015 is not a multiple of the step 0.01"),
        ({"stop_loss": Decimal("2649.95")}, "stop loss 2649.95 of XAUUSDc"),
        ({"stop_loss": Decimal("2649.95")}, "closer than the 20 points (0.2)"),
        ({"take_profit": Decimal("2640.00")}, "take profit 2640 of XAUUSDc is on the wrong side"),
        (
            {"action": Action.PENDING, "order_type": OrderType.LIMIT, "price": Decimal("2649.97")},
            "the price 2649.97 for XAUUSDc: it must be on its side of the market, at least 0.2",
        ),
    ],
)
async def test_a_refusal_has_the_numbers(
    desk: FaultDesk, changes: dict[str, object], words: str
) -> None:
    outcome = await desk.client.send(market_order(GOLD, fillings=(), **changes))
    assert isinstance(outcome, Rejected)
    assert words in outcome.words
    assert desk.opened() == []


async def test_a_mask_with_fok_alone_is_used_without_a_refusal(desk: FaultDesk) -> None:
    assert isinstance(await desk.client.send(market_order(GOLD, fillings=())), Filled)
    assert isinstance(await desk.client.send(market_order(SYMBOL, fillings=())), Filled)
    assert desk.book.state["sent"] == 2


async def test_no_filling_left_names_those_that_were_tried(desk: FaultDesk) -> None:
    desk.fault({"call": "order_send", "kind": "retcode", "retcode": 10030})
    outcome = await desk.client.send(market_order(GOLD, fillings=()))
    assert isinstance(outcome, Rejected)
    assert "FOK, RETURN for XAUUSDc" in outcome.words


async def test_a_pending_with_an_expiry_on_the_servers_clock_expires(desk: FaultDesk) -> None:
    until = desk.clock.now() + timedelta(minutes=10)
    placed = await desk.client.send(
        market_order(
            SYMBOL,
            action=Action.PENDING,
            order_type=OrderType.STOP_LIMIT,
            price=Decimal("1.1050"),
            stop_limit=Decimal("1.1040"),
            stop_loss=Decimal("1.0990"),
            expires_at=until,
            fillings=(),
        )
    )
    assert isinstance(placed, Accepted)
    (order,) = (await desk.client.snapshot()).orders
    assert abs(order.expires_at - until) < timedelta(seconds=1) if order.expires_at else False
    assert order.stop_limit == Decimal("1.1040")
    changed = await desk.loop.executor.modify(1, order, price=Decimal("1.1060"))
    assert changed is not None
    (order,) = (await desk.client.snapshot()).orders
    assert (order.price, order.stop_limit) == (Decimal("1.1060"), Decimal("1.1040"))
    desk.clock.advance(601)
    assert (await desk.client.snapshot()).orders == ()


async def test_a_login_a_person_changed_halts_and_is_told_at_once(desk: FaultDesk) -> None:
    accounts = {**desk.book.control["accounts"]}
    accounts["7002"] = {"password": "x", "server": "Strict-Demo", "balance": 99.0}
    desk.book.set(accounts=accounts)
    await desk.signal()
    desk.book.state["login"] = 7002
    await desk.passes(4, 3.0)
    assert desk.loop.blind
    assert desk.book.state["login"] == 7002, "nobody is logged out of an account they chose"
    assert desk.opened() == []
    told = await desk.told()
    assert "logged in to 7002 at Strict-Demo" in told
    desk.book.state["login"] = 5001
    await desk.settle()
    assert len(desk.opened()) == 1


async def test_autotrading_off_is_told_before_anything_is_at_stake(desk: FaultDesk) -> None:
    desk.book.set(terminal={"trade_allowed": False})
    await desk.passes(2)
    assert "terminal_not_ready" not in await desk.told()
    await desk.passes(4)
    assert "press the AutoTrading button" in await desk.told()
    desk.book.set(terminal={})
    await desk.passes(2)
    rows = await desk.rows("SELECT * FROM outbox WHERE body_json LIKE '%terminal_not_ready%'")
    assert len(rows) == 2


async def test_a_refused_login_is_told_at_once_and_asked_for_seldom(tmp_path: Path) -> None:
    desk = FaultDesk(tmp_path)
    login = Login(login=5002, password="wrong", server="Strict-Demo")  # noqa: S106 - a stand-in's
    known = {"password": "right", "server": "Strict-Demo"}
    desk.book.set(accounts={"5001": known, "5002": known})
    await desk.open()
    desk.client._login = desk.client._session._login = login  # noqa: SLF001 - before the first call
    tried = []
    refuse = mt5._log_in  # noqa: SLF001

    def counted(*given: object) -> bool:
        tried.append(desk.clock.monotonic())
        return bool(refuse(*given))  # type: ignore[arg-type]

    try:
        mt5._log_in = counted  # type: ignore[assignment]  # noqa: SLF001
        await desk.passes(120)
    finally:
        mt5._log_in = refuse  # noqa: SLF001
        told = await desk.told()
        await desk.drop()
    assert "TERMINAL_PASSWORD" in told
    assert "wrong" not in told
    assert 2 <= len(tried) <= 5
