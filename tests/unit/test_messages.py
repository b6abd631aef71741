"""From the worker's rows to facts, and from requests to what MetaTrader takes."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.terminal import FAKE, market_order
from trading.clock import SystemClock, from_ms
from trading.errors import ProtocolError
from trading.ids import Ticket
from trading.model import (
    Action,
    DealEntry,
    DealReason,
    DealType,
    Filling,
    MarginMode,
    OrderType,
    Side,
    Snapshot,
)
from trading.terminal.codec import decode_answer, encode_request
from trading.terminal.messages import read_greeting, read_history, read_number, read_snapshot
from trading.terminal.pipe import environment
from trading.terminal.requests import UnusableRequest, to_wire, with_filling
from trading.terminal.servertime import ServerTime
from trading.terminal.symbols import market_fillings, pending_fillings, read_specs
from trading.terminal.worker import Worker

CLOCK = SystemClock()
DEAL = {
    "ticket": 1, "order": 2, "time": 1764000000, "time_msc": 1764000000123, "type": 1, "entry": 1,
    "magic": 7, "position_id": 3, "reason": 4, "volume": Decimal("0.1"), "price": Decimal("1.1"),
    "commission": Decimal("-0.7"), "swap": Decimal("-0.1"), "profit": Decimal("12.5"),
    "fee": None, "symbol": "EURUSD", "comment": "[sl 1.1]",
}  # fmt: skip
ORDER = {
    "ticket": 2, "time_done": 1764000000, "time_done_msc": 0, "type": 3, "state": 4, "magic": 7,
    "position_id": 3, "volume_initial": Decimal("0.1"), "volume_current": Decimal(0),
    "price_open": Decimal("1.1"), "symbol": "EURUSD", "comment": "",
}  # fmt: skip
PENDING = {
    "ticket": 5, "time_setup": 1764000000, "time_setup_msc": 1764000000123,
    "time_expiration": 1764003600, "type": 7, "magic": 7, "volume_current": Decimal("0.1"),
    "price_open": Decimal("1.2"), "sl": Decimal("1.3"), "tp": 0, "symbol": "EURUSD", "comment": "",
    "price_stoplimit": Decimal("1.21"),
}  # fmt: skip


def ask(op: str, **args: object) -> Any:
    """Return what the worker says over the fake, as the client decodes it."""
    worker = Worker(FAKE)
    worker.answer(encode_request(1, "hello", {}).decode())
    return decode_answer(worker.answer(encode_request(2, op, args).decode()).encode()).ok


@pytest.fixture
def raw() -> dict[str, Any]:
    data: dict[str, Any] = ask("snapshot", symbols=["EURUSD"])
    data["positions"] = [
        {
            "ticket": 1, "identifier": 2, "time": 1764000000, "time_msc": 1764000000123, "type": 1,
            "magic": 7, "volume": Decimal("0.1"), "price_open": Decimal("1.1"),
            "sl": Decimal("0.0"), "tp": Decimal("1.05"), "price_current": Decimal("1.09"),
            "swap": Decimal("-0.0"), "profit": Decimal(10), "symbol": "EURUSD", "comment": "tb-é",
        }
    ]  # fmt: skip
    data["orders"] = [dict(PENDING)]
    return data


def read(data: object) -> Snapshot:
    return read_snapshot(data, ServerTime(CLOCK), True, CLOCK.now(), 1.0)


def test_a_snapshot_is_read(raw: dict[str, Any]) -> None:
    snapshot = read(raw)
    assert snapshot.account.equity == 10000
    assert snapshot.account.margin_mode is MarginMode.HEDGING
    assert snapshot.terminal.simulated
    (position,) = snapshot.positions
    assert (position.side, position.stop_loss, position.take_profit) == (
        Side.SELL,
        None,
        Decimal("1.05"),
    )
    assert str(position.swap) == "0"
    assert position.opened_at == from_ms(1764000000123)
    (order,) = snapshot.orders
    assert (order.side, order.order_type) == (Side.SELL, OrderType.STOP_LIMIT)
    assert order.expires_at == from_ms(1764003600000)
    assert order.stop_limit == Decimal("1.21")
    assert snapshot.quotes["EURUSD"].spread == Decimal("0.0001")


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("account", "equity", Decimal("NaN")),
        ("account", "equity", Decimal("Infinity")),
        ("account", "equity", Decimal("-1.5")),
        ("account", "equity", Decimal("0.0")),
        ("account", "equity", None),
        ("account", "balance", "10000"),
        ("account", "balance", True),
        ("account", "login", 0),
        ("account", "margin_mode", 3),
        ("account", "trade_allowed", 2),
        ("account", "server", None),
        ("terminal", "connected", None),
        ("terminal", "build", Decimal("1.5")),
    ],
)
def test_a_bad_reading_is_not_a_number(
    raw: dict[str, Any], part: str, field: str, value: object
) -> None:
    raw[part][field] = value
    with pytest.raises(ProtocolError, match=field):
        read(raw)


@pytest.mark.parametrize("part", ["account", "terminal", "positions", "orders", "ticks"])
def test_a_missing_part_is_an_error_not_an_empty_one(raw: dict[str, Any], part: str) -> None:
    for broken in ({k: v for k, v in raw.items() if k != part}, {**raw, part: None}):
        with pytest.raises(ProtocolError, match=part):
            read(broken)


@pytest.mark.parametrize(
    "change",
    [
        {"bid": Decimal(0)},
        {"ask": Decimal("1.0")},
        {"bid": Decimal("NaN")},
        {"ask": None},
        {"time_msc": None, "time": None},
    ],
)
def test_a_quote_that_is_none_is_left_out(raw: dict[str, Any], change: dict[str, object]) -> None:
    raw["ticks"]["EURUSD"].update(change)
    assert read(raw).quotes == {}


def test_a_symbol_that_is_not_offered_has_no_quote(raw: dict[str, Any]) -> None:
    raw["ticks"]["XAUUSD"] = None
    assert set(read(raw).quotes) == {"EURUSD"}


def test_history_is_read() -> None:
    history = read_history({"orders": [ORDER], "deals": [DEAL]}, ServerTime(CLOCK))
    (deal,) = history.deals
    assert (deal.deal_type, deal.entry, deal.reason) == (
        DealType.SELL,
        DealEntry.OUT,
        DealReason.STOP_LOSS,
    )
    assert deal.result == Decimal("11.7")
    (order,) = history.orders
    assert (order.side, order.at) == (Side.SELL, from_ms(1764000000000))


@pytest.mark.parametrize(
    ("number", "kind"),
    [(2, DealType.BALANCE), (3, DealType.CREDIT), (17, DealType.TAX), (99, DealType.OTHER)],
)
def test_deals_that_are_no_trades_are_told_apart(number: int, kind: DealType) -> None:
    data = {"orders": [], "deals": [{**DEAL, "type": number, "symbol": "", "reason": 99}]}
    (deal,) = read_history(data, ServerTime(CLOCK)).deals
    assert (deal.deal_type, deal.reason) == (kind, DealReason.OTHER)


def test_a_specification_is_read() -> None:
    specs = read_specs(ask("specs", symbols=["EURUSD", "NOPE"]), True)
    assert set(specs) == {"EURUSD"}
    assert specs["EURUSD"].point == Decimal("0.00001")
    assert specs["EURUSD"].fillings == (Filling.FOK, Filling.IOC, Filling.RETURN)


def test_a_specification_that_cannot_be_used_names_the_symbol() -> None:
    data = ask("specs", symbols=["EURUSD"])
    data["EURUSD"]["volume_step"] = Decimal(0)
    with pytest.raises(ProtocolError, match=r"EURUSD.*volume_step"):
        read_specs(data, True)


def test_fillings_come_from_the_bit_mask() -> None:
    assert market_fillings(0) == (Filling.RETURN,)
    assert market_fillings(2) == (Filling.IOC, Filling.RETURN)
    assert pending_fillings((Filling.FOK, Filling.RETURN)) == (Filling.RETURN, Filling.FOK)


def test_another_protocol_is_refused() -> None:
    greeting = ask("hello")
    assert read_greeting(greeting, 1).simulated
    with pytest.raises(ProtocolError, match="protocol 2"):
        read_greeting(greeting, 2)


@pytest.mark.parametrize("data", [None, "1", Decimal("NaN"), True])
def test_the_one_number_must_be_one(data: object) -> None:
    with pytest.raises(ProtocolError):
        read_number(data)


# --- requests ------------------------------------------------------------------------------


def test_a_market_order_carries_only_what_it_uses() -> None:
    order = market_order(stop_loss=Decimal("1.05"), deviation=20)
    wire = with_filling(to_wire(order, ServerTime(CLOCK)), Filling.IOC)
    assert wire == {
        "action": 1,
        "symbol": "EURUSD",
        "volume": Decimal("0.1"),
        "type": 0,
        "sl": Decimal("1.05"),
        "deviation": 20,
        "magic": order.client_order_id,
        "comment": order.comment,
        "type_filling": 1,
    }


def test_both_levels_are_always_sent_with_a_change() -> None:
    wire = to_wire(market_order(action=Action.SLTP, position=Ticket(7)), ServerTime(CLOCK))
    assert (wire["action"], wire["position"], wire["sl"], wire["tp"]) == (6, 7, 0, 0)
    assert "volume" not in wire


def test_removal_and_close_by() -> None:
    times = ServerTime(CLOCK)
    removal = to_wire(market_order(action=Action.REMOVE, order=Ticket(8)), times)
    assert removal == {"action": 8, "symbol": "EURUSD", "order": 8}
    pair = market_order(action=Action.CLOSE_BY, position=Ticket(7), position_by=Ticket(9))
    wire = to_wire(pair, times)
    assert (wire["action"], wire["position"], wire["position_by"]) == (10, 7, 9)


@pytest.mark.parametrize(
    ("order_type", "side", "number"),
    [
        (OrderType.LIMIT, Side.BUY, 2),
        (OrderType.LIMIT, Side.SELL, 3),
        (OrderType.STOP, Side.BUY, 4),
        (OrderType.STOP, Side.SELL, 5),
        (OrderType.STOP_LIMIT, Side.BUY, 6),
        (OrderType.STOP_LIMIT, Side.SELL, 7),
    ],
)
def test_pending_types(order_type: OrderType, side: Side, number: int) -> None:
    order = market_order(action=Action.PENDING, order_type=order_type, side=side)
    wire = to_wire(order, ServerTime(CLOCK))
    assert (wire["type"], wire["type_time"]) == (number, 0)


def test_an_expiry_needs_the_brokers_clock() -> None:
    times = ServerTime(CLOCK)
    moment = CLOCK.now() + timedelta(hours=1)
    order = market_order(action=Action.PENDING, order_type=OrderType.LIMIT, expires_at=moment)
    with pytest.raises(UnusableRequest, match="clock"):
        to_wire(order, times)
    for milliseconds in (0, 10):
        stamp = int(CLOCK.now().timestamp() * 1000) + 2 * 3600 * 1000 + milliseconds
        times.observe("EURUSD", stamp, Decimal(1), Decimal(2))
    times.settle()
    wire = to_wire(order, times)
    assert wire["type_time"] == 2
    assert wire["expiration"] == int(moment.timestamp()) + 2 * 3600


def test_a_comment_is_cut_to_what_brokers_keep() -> None:
    wire = to_wire(market_order(comment="tb-abc (é) " + "x" * 40), ServerTime(CLOCK))
    assert wire["comment"] == "tb-abc" + "x" * 20


def test_an_order_without_a_side_is_refused() -> None:
    with pytest.raises(UnusableRequest, match="side"):
        to_wire(market_order(side=None), ServerTime(CLOCK))


def test_the_worker_makes_true_ints_and_floats() -> None:
    wire = to_wire(market_order(), ServerTime(CLOCK))
    assert ask("send", request=wire)["retcode"] == 10009
    assert ask("send", request={**wire, "price": None})["retcode"] == 10009


def test_our_secrets_do_not_reach_the_worker() -> None:
    inherited = {
        "PATH": "/bin",
        "TELEGRAM_TOKEN": "1",
        "TELEGRAM_OWNER_IDS": "2",
        "SIGNAL_SECRET": "3",
        "TERMINAL_PASSWORD": "4",
        "HEARTBEAT_PING_URL": "5",
    }
    assert environment(inherited, {"EXTRA": "6"}) == {"PATH": "/bin", "EXTRA": "6"}
