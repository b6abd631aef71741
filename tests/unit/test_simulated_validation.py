"""What the simulated module and its trade server refuse, code by code."""

import math
from pathlib import Path
from typing import Any

import pytest

from tests.support.simulated_desk import START_MS, Desk, Halt, euros
from trading.terminal import simulated
from trading.terminal.simulated.broker import Broker

OPEN: dict[str, Any] = {"action": 1, "symbol": "EURUSD", "volume": 0.1, "type": 0}
_RIGHT = "right"
ROWS = [
    (0.0, "EURUSD", "1.10000", "1.10010"),
    (0.0, "XAUUSD", "2000.00", "2000.50"),
    (0.0, "NAS100", "18000.0", "18001.0"),
    (900.0, "GBPUSD", "1.3", "1.3"),
]
LIMIT: dict[str, Any] = {
    "action": 5, "symbol": "EURUSD", "volume": 0.1, "type": 2, "price": 1.09, "type_filling": 2,
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, ROWS)


class NumpyInteger:
    """Like a numpy integer: an index, but no int."""

    def __index__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"volume": None}, "volume"),
        ({"volume": "0.1"}, "volume"),
        ({"type": 0.0}, "type"),
        ({"magic": -1}, "magic"),
        ({"deviation": "10"}, "deviation"),
        ({"position": 1 << 64}, "position"),
        ({"type_filling": NumpyInteger()}, "type_filling"),
        ({"symbol": b"EURUSD"}, "symbol"),
        ({"comment": "x" * 28}, "comment"),
        ({"comment": None}, "comment"),
    ],
)
def test_the_module_refuses_what_is_not_of_its_type(
    desk: Desk, change: dict[str, Any], name: str
) -> None:
    assert desk.broker.order_send({**OPEN, **change}) is None
    assert desk.broker.last_error() == (-2, f'Invalid "{name}" argument')


def test_a_request_is_one_dict_or_keywords(desk: Desk) -> None:
    class Proxy(dict[str, Any]):
        pass

    refused: list[tuple[list[Any], dict[str, Any]]] = [
        ([], {}),
        ([{}], {}),
        ([[1]], {}),
        ([Proxy(OPEN)], {}),
        ([OPEN], {"magic": 1}),
    ]
    for args, keywords in refused:
        assert desk.broker.order_send(*args, **keywords) is None
        assert desk.broker.last_error() == (-2, "Unnamed arguments not allowed")
    assert desk.broker.order_send(**OPEN, unknown_key=object()).retcode == 10009
    assert desk.broker.order_send({**OPEN, "comment": "x" * 27}).retcode == 10009


@pytest.mark.parametrize(
    ("retcode", "request_"),
    [
        (10013, {**OPEN, "action": 99}),
        (10013, {**OPEN, "symbol": "NOPE"}),
        (10013, {**OPEN, "type": 2}),
        (10013, {**LIMIT, "type": 1}),
        (10013, {**OPEN, "volume": math.nan}),
        (10013, {"action": 8, "order": 123}),
        (10014, {**OPEN, "volume": 0.005}),
        (10014, {**OPEN, "volume": 0.015}),
        (10014, {**OPEN, "volume": 50.01}),
        (10014, {**OPEN, "volume": 0.0}),
        (10015, {**LIMIT, "price": 1.2}),
        (10015, {**LIMIT, "price": 1.10005}),
        (10015, {**LIMIT, "price": 1.090001}),
        (10015, {**LIMIT, "type": 4}),
        (10015, {**LIMIT, "type": 6, "price": 1.11}),
        (10016, {**OPEN, "sl": 1.11}),
        (10016, {**OPEN, "sl": 1.09995}),
        (10016, {**OPEN, "tp": 1.09}),
        (10016, {**OPEN, "sl": 1.090001}),
        (10016, {**LIMIT, "sl": 1.0905}),
        (10019, {**OPEN, "volume": 20.0}),
        (10021, {**OPEN, "symbol": "GBPUSD"}),
        (10022, {**LIMIT, "type_time": 2, "expiration": START_MS // 1000 + 10_800}),
        (10022, {**LIMIT, "type_time": 2}),
        (10030, {**OPEN, "type_filling": 2}),
        (10030, {**OPEN, "symbol": "XAUUSD", "type_filling": 1}),
        (10030, {**OPEN, "symbol": "NAS100", "type_filling": 0}),
        (10030, {**LIMIT, "type_filling": 3}),
        (10036, {**OPEN, "position": 123}),
        (10036, {"action": 6, "position": 123, "sl": 1.0}),
        (10036, {"action": 10, "position": 1, "position_by": 2}),
    ],
)
def test_the_server_refuses_with_its_code(
    desk: Desk, retcode: int, request_: dict[str, Any]
) -> None:
    checked = desk.broker.order_check(request_)
    result = desk.broker.order_send(request_)
    assert (checked.retcode, result.retcode) == (retcode, retcode)
    assert (result.deal, result.order, result.request_id) == (0, 0, 0)
    assert result.comment
    assert desk.positions() == desk.broker.orders_get() == ()


@pytest.mark.parametrize(
    ("retcode", "fault", "request_"),
    [
        (10017, {"trade_mode": 0}, OPEN),
        (10042, {"trade_mode": 1}, {**OPEN, "type": 1}),
        (10043, {"trade_mode": 2}, OPEN),
        (10044, {"trade_mode": 3}, OPEN),
        (10044, {"trade_mode": 3}, LIMIT),
        (10034, {"volume_limit": "0.05"}, OPEN),
        (10035, {"order_mode": 127 - 1}, OPEN),
        (10035, {"order_mode": 127 - 2}, LIMIT),
        (10022, {"expiration_mode": 2}, LIMIT),
    ],
)
def test_the_terms_of_a_symbol_refuse(
    desk: Desk, retcode: int, fault: dict[str, Any], request_: dict[str, Any]
) -> None:
    desk.fault({"kind": "symbol", "symbol": "EURUSD", "set": fault})
    assert desk.broker.order_send(request_).retcode == retcode


@pytest.mark.parametrize(
    ("retcode", "rule", "request_"),
    [
        (10017, {"kind": "account", "set": {"is_account_tradable": False}}, OPEN),
        (10026, {"kind": "account", "set": {"is_expert_allowed": False}}, OPEN),
        (10027, {"kind": "autotrading_off"}, OPEN),
        (10031, {"kind": "disconnected"}, OPEN),
        (10033, {"kind": "account", "set": {"most_orders": 1}}, LIMIT),
        (10040, {"kind": "account", "set": {"most_positions": 1}}, OPEN),
        (10046, {"kind": "account", "set": {"is_hedging_prohibited": True}}, {**OPEN, "type": 1}),
    ],
)
def test_the_account_refuses(
    desk: Desk, retcode: int, rule: dict[str, Any], request_: dict[str, Any]
) -> None:
    desk.buy()
    desk.broker.order_send(LIMIT)
    desk.fault(rule)
    assert desk.broker.order_send(request_).retcode == retcode


def test_closing_refuses(desk: Desk) -> None:
    first, second = desk.buy(0.1).order, desk.buy(0.1).order
    assert desk.sell(0.2, position=first).retcode == 10038
    assert desk.buy(0.1, position=first).retcode == 10013
    assert desk.sell(0.1, "XAUUSD", position=first).retcode == 10013
    assert desk.send(action=10, position=first, position_by=second).retcode == 10013
    assert desk.send(action=6, position=first).retcode == 10025
    desk.fault({"kind": "account", "set": {"is_fifo": True}})
    assert desk.sell(0.1, position=second).retcode == 10045
    assert desk.sell(0.1, position=first).retcode == 10009


def test_a_level_near_the_market_is_frozen(desk: Desk) -> None:
    ticket = desk.buy(0.1, "NAS100", type_filling=1, sl=17998.9).order
    desk.fault({"kind": "symbol", "symbol": "NAS100", "set": {"freeze_level": 20}})
    assert desk.send(action=6, symbol="NAS100", position=ticket, sl=17000.0).retcode == 10029


def test_a_passing_check_is_zero_and_changes_nothing(desk: Desk) -> None:
    check = desk.broker.order_check(OPEN)
    assert (check.retcode, check.comment) == (0, "Done")
    assert (check.margin, check.margin_free) == (110.01, 9889.99)
    assert desk.positions() == ()


def test_price_and_deviation_are_ignored_by_market_execution(desk: Desk) -> None:
    assert desk.buy(0.1, price=9.9, deviation=0).price == 1.1001


def test_nothing_is_an_empty_tuple_and_an_error_is_none(desk: Desk) -> None:
    broker = desk.broker
    assert broker.positions_get(symbol="NOPE") == broker.orders_get(ticket=0) == ()
    assert broker.last_error() == (1, "Success")
    assert broker.positions_get("EURUSD") is None
    assert broker.history_deals_get() is None
    assert broker.last_error() == (-2, "Invalid arguments")
    assert broker.symbol_info("NOPE") is None
    assert broker.last_error()[0] == -4
    assert broker.symbol_select("NOPE") is False
    assert broker.last_error()[0] == -1
    assert broker.login("1") is False
    assert broker.last_error() == (-2, 'Invalid "login" argument')


def test_a_symbol_shows_no_price_before_it_is_selected(tmp_path: Path) -> None:
    broker = Desk(tmp_path, ROWS).broker
    assert broker.symbol_select("EURUSD", False)
    assert broker.symbol_info("EURUSD").trade_tick_value == 0.0
    assert broker.symbol_info_tick("EURUSD").bid == 0.0
    broker.symbol_select("EURUSD")
    assert broker.symbol_info("EURUSD").trade_tick_value == 1.0
    assert len(broker.symbol_info("EURUSD")) == 96


def test_group_masks(desk: Desk) -> None:
    names = [info.name for info in desk.broker.symbols_get("*,!*USD")]
    assert names == ["NAS100"]
    assert desk.broker.symbols_get(group="NOPE*") == ()


def test_nothing_works_before_initialize() -> None:
    broker = Broker({})
    assert broker.positions_get() is None
    assert broker.last_error() == (-10004, "No IPC connection")
    assert broker.symbol_select("EURUSD") is False


def test_the_package_has_the_names_and_the_argument_rules_of_the_original() -> None:
    positional: Any = simulated
    with pytest.raises(TypeError):
        positional.symbol_info(symbol="EURUSD")
    with pytest.raises(TypeError):
        positional.account_info(1)
    assert simulated.TIMEFRAME_H1 == 16385
    assert simulated.market_book_add("EURUSD") is False
    assert simulated.copy_rates_from_pos("EURUSD", 1, 0, 10) is None
    assert simulated.last_error()[0] == simulated.RES_E_UNSUPPORTED


def test_the_password_is_asked(tmp_path: Path) -> None:
    desk = Desk(tmp_path, euros((0, "1.1", "1.1")), SIMULATED_PASSWORD=_RIGHT)
    assert desk.broker.login(5, password=f"not {_RIGHT}", server="X") is False
    assert desk.broker.last_error() == (-6, "Terminal: Authorization failed")
    assert desk.broker.login(5, password=_RIGHT, server="X", timeout=1000)
    assert (desk.account().login, desk.account().server) == (5, "X")


def test_each_kind_of_fault(desk: Desk) -> None:
    desk.fault({"call": "positions_get", "kind": "none", "code": -10001, "times": 1, "after": 1})
    assert desk.positions() == ()
    assert desk.positions() is None
    assert desk.broker.last_error() == (-10001, "IPC send failed")
    assert desk.positions() == ()

    desk.fault({"kind": "hang", "seconds": 30, "times": 1})
    assert desk.buy().retcode == 10009
    assert desk.slept == [30.0]

    desk.fault({"kind": "execute_then_none", "code": -10002})
    assert desk.buy() is None
    assert desk.broker.last_error() == (-10002, "IPC recv failed")
    assert len(desk.positions()) == 2

    desk.fault({"kind": "execute_then_die"})
    with pytest.raises(Halt):
        desk.buy()
    desk.fault({"kind": "die"})
    with pytest.raises(Halt):
        desk.buy()
    assert len(desk.positions()) == 3

    desk.fault({"kind": "execute_then_hang", "seconds": 3})
    desk.buy()
    assert desk.slept == [30.0, 3.0]

    desk.fault({"kind": "requote", "times": 2})
    assert [desk.buy().retcode for _ in range(3)] == [10004, 10004, 10009]

    desk.fault({"kind": "retcode", "retcode": 10031})
    assert desk.buy().retcode == 10031

    desk.fault({"kind": "partial", "fraction": 0.25})
    result = desk.buy(0.1)
    assert (result.retcode, result.volume) == (10010, 0.02)
    (order,) = desk.broker.history_orders_get(ticket=result.order)
    assert (order.volume_initial, order.volume_current, order.state) == (0.1, 0.08, 3)


def test_account_faults(desk: Desk) -> None:
    desk.fault({"kind": "equity_nan"}, {"kind": "wrong_login", "login": 77})
    assert math.isnan(desk.account().equity)
    assert desk.account().login == 77
    desk.fault({"kind": "equity_zero", "call": "account_info", "times": 1})
    assert [desk.account().equity for _ in range(2)] == [0.0, 10000.0]
    desk.fault({"kind": "disconnected"})
    assert desk.broker.terminal_info().connected is False
    desk.fault({"kind": "autotrading_off"})
    assert desk.broker.terminal_info().trade_allowed is False


def test_chance_is_seeded(desk: Desk) -> None:
    def falls() -> list[bool]:
        desk.fault({"call": "orders_get", "kind": "none", "probability": 0.2})
        return [desk.broker.orders_get() is None for _ in range(200)]

    first = falls()
    desk.faults_file.unlink()
    desk.broker.orders_get()
    assert falls() == first
    assert 20 < sum(first) < 60


def test_an_unreadable_faults_file_is_said(desk: Desk) -> None:
    desk.faults_file.write_text("[")
    assert desk.positions() is None
    assert "faults file" in desk.broker.last_error()[1]
    desk.fault({"kind": "no_such"})
    assert desk.positions() is None
    assert "unknown kind" in desk.broker.last_error()[1]
