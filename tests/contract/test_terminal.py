"""What every terminal promises, whichever way its worker is reached."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.terminal import (
    SIMULATED,
    InProcessTransport,
    market_order,
    opened,
    pipe,
    remote,
)
from trading.clock import SystemClock
from trading.ids import Ticket
from trading.model import (
    Accepted,
    Action,
    DealEntry,
    Filled,
    OrderType,
    Position,
    Rejected,
    RejectKind,
    Side,
)
from trading.ports import Terminal
from trading.terminal.client import TerminalClient
from trading.terminal.factory import TerminalConfig, open_terminal
from trading.terminal.remote import RpycTransport
from trading.terminal.transport import Transport

WAYS = ("in process", "pipe", "rpyc ClassicService", "rpyc SlaveService")


@pytest.fixture(params=WAYS)
async def terminal(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TerminalClient]:
    extra = {"SIMULATED_ACCOUNT_FILE": str(tmp_path / "account.json"), "SIMULATED_SEED": "7"}
    way: str = request.param
    async with AsyncExitStack() as stack:
        transport: Transport
        if way == "in process":
            for name, value in extra.items():
                monkeypatch.setenv(name, value)
            transport = InProcessTransport(SIMULATED)
        elif way == "pipe":
            transport = pipe(SIMULATED, extra)
        else:
            service = way.removeprefix("rpyc ")
            transport = await stack.enter_async_context(remote(SIMULATED, extra, service))
        client = await stack.enter_async_context(opened(transport))
        assert client.state.last_error == ""
        yield client


async def bought(terminal: TerminalClient) -> Position:
    """Open a position and return it."""
    request = market_order()
    outcome = await terminal.send(request)
    assert isinstance(outcome, Filled)
    snapshot = await terminal.snapshot(["EURUSD"])
    (position,) = (
        position
        for position in snapshot.positions
        if position.client_order_id == request.client_order_id
    )
    return position


def is_a_terminal(client: TerminalClient) -> Terminal:
    """Let the type checker compare the client with the port."""
    return client


async def test_a_snapshot_shows_account_terminal_and_quotes(terminal: TerminalClient) -> None:
    snapshot = await terminal.snapshot(["EURUSD", "NOSUCH"])
    assert snapshot.account.equity > 0
    assert snapshot.account.currency == "USD"
    assert snapshot.terminal.connected
    assert snapshot.positions == ()
    assert snapshot.orders == ()
    assert set(snapshot.quotes) == {"EURUSD"}
    assert snapshot.quotes["EURUSD"].spread >= 0


async def test_specs_are_of_the_symbols_offered(terminal: TerminalClient) -> None:
    specs = await terminal.specs(["EURUSD", "NOSUCH"])
    assert set(specs) == {"EURUSD"}
    assert specs["EURUSD"].volume_step == Decimal("0.01")
    assert "EURUSD" in await terminal.symbol_names()


async def test_a_market_order_becomes_a_position_with_our_id(terminal: TerminalClient) -> None:
    position = await bought(terminal)
    assert (position.side, position.volume) == (Side.BUY, Decimal("0.1"))


async def test_a_close_leaves_a_deal_with_a_result(terminal: TerminalClient) -> None:
    position = await bought(terminal)
    closing = market_order(side=Side.SELL, position=position.ticket, volume=position.volume)
    assert isinstance(await terminal.send(closing), Filled)
    assert (await terminal.snapshot()).positions == ()

    history = await terminal.history_by(position=position.identifier)

    assert {deal.entry for deal in history.deals} == {DealEntry.IN, DealEntry.OUT}
    now = SystemClock().now()
    span = await terminal.history(now - timedelta(hours=1), now + timedelta(days=1))
    assert {deal.ticket for deal in history.deals} <= {deal.ticket for deal in span.deals}
    assert closing.client_order_id in {order.client_order_id for order in span.orders}


async def test_a_position_that_is_gone_is_told_as_gone(terminal: TerminalClient) -> None:
    position = await bought(terminal)
    closing = market_order(side=Side.SELL, position=position.ticket, volume=position.volume)
    await terminal.send(closing)
    outcome = await terminal.send(closing)
    assert isinstance(outcome, Rejected)
    assert outcome.kind is RejectKind.GONE


async def test_stops_are_set_and_changed(terminal: TerminalClient) -> None:
    position = await bought(terminal)
    stop = (position.price_open * Decimal("0.99")).quantize(Decimal("0.00001"))
    change = market_order(action=Action.SLTP, position=position.ticket, stop_loss=stop)
    assert isinstance(await terminal.send(change), Accepted)
    assert isinstance(await terminal.send(change), Accepted)  # the same again changes nothing
    (changed,) = (await terminal.snapshot()).positions
    assert (changed.stop_loss, changed.take_profit) == (stop, None)


async def test_a_pending_order_waits_and_is_removed(terminal: TerminalClient) -> None:
    quote = (await terminal.snapshot(["EURUSD"])).quotes["EURUSD"]
    request = market_order(
        action=Action.PENDING,
        order_type=OrderType.LIMIT,
        price=(quote.bid * Decimal("0.98")).quantize(Decimal("0.00001")),
        fillings=(),
    )
    placed = await terminal.send(request)
    assert isinstance(placed, Accepted)
    (order,) = (await terminal.snapshot()).orders
    assert order.client_order_id == request.client_order_id
    assert (order.order_type, order.price) == (OrderType.LIMIT, request.price)
    removal = market_order(action=Action.REMOVE, order=Ticket(order.ticket))
    assert isinstance(await terminal.send(removal), Accepted)
    assert (await terminal.snapshot()).orders == ()


async def test_a_refused_order_says_why_in_words(terminal: TerminalClient) -> None:
    outcome = await terminal.send(market_order(volume=Decimal("0.005")))
    assert isinstance(outcome, Rejected)
    assert "0.005" in outcome.words
    assert (await terminal.snapshot()).positions == ()


async def test_the_terminals_own_calculations(terminal: TerminalClient) -> None:
    lot = Decimal(1)
    profit = await terminal.profit(Side.BUY, "EURUSD", lot, Decimal("1.1"), Decimal("1.101"))
    assert profit == 100
    assert await terminal.margin(Side.BUY, "EURUSD", lot, Decimal("1.1")) > 0


async def test_a_check_sends_nothing(terminal: TerminalClient) -> None:
    assert await terminal.check(market_order()) is None
    assert await terminal.check(market_order(volume=Decimal("0.005"))) is not None
    assert (await terminal.snapshot()).positions == ()


async def test_readiness_is_told_item_by_item(terminal: TerminalClient) -> None:
    items = {item.name: item for item in await terminal.readiness()}
    assert {"connected", "autotrading", "account", "margin_mode", "server_time"} <= items.keys()
    assert items["connected"].ok
    assert all(item.words for item in items.values())


async def test_settings_open_a_simulated_terminal(tmp_path: Path) -> None:
    config = TerminalConfig(balance=Decimal(2500), account_file=str(tmp_path / "account.json"))
    client = open_terminal(config, SystemClock())
    await client.start()
    try:
        assert (await client.snapshot()).account.balance == 2500
    finally:
        await client.close()


async def test_settings_open_the_package_on_the_workers_path(tmp_path: Path) -> None:
    (tmp_path / "MetaTrader5.py").write_text("from tests.support.fake_metatrader import *\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    config = TerminalConfig(
        kind="local",
        path="terminal64.exe",
        login=2002,
        password="right",  # noqa: S106 - a fake's
        server="Fake-Demo",
        extra={"PYTHONPATH": path},
    )
    client = open_terminal(config, SystemClock())
    await client.start()
    try:
        snapshot = await client.snapshot(["EURUSD"])
        assert snapshot.account.login == 2002
        assert not snapshot.terminal.simulated
        assert isinstance(await client.send(market_order()), Filled)
    finally:
        await client.close()


@pytest.mark.parametrize("host", ["192.168.1.5", "example.org", "0.0.0.0", "::"])  # noqa: S104
def test_a_host_elsewhere_needs_to_be_allowed(host: str) -> None:
    with pytest.raises(ValueError, match="any code"):
        open_terminal(TerminalConfig(kind="remote", host=host), SystemClock())
    open_terminal(TerminalConfig(kind="remote", host=host, allow_any_host=True), SystemClock())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_is_allowed(host: str) -> None:
    RpycTransport(host, 1)
