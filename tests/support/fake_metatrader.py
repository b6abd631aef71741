"""A strict, tiny stand-in for the MetaTrader5 module: answers by the book, misbehaves on request.

Unlike the simulated terminal it holds no market. ``FAKE_MT5_FILE`` names a JSON file that is read
at every call: ``{"order_send": "hang", "positions": 50}``. A fault's value is one of

- ``hang``: never answer; ``die``: end the process; ``print``: write to standard output first
- ``[-10004, "No IPC connection"]``: answer None (False) and leave that in last_error
- ``{"retcode": 10030, ...}``: for order_send, the fields of the answer (a list: one a call)
"""

import json
import os
import sys
import time
from collections import namedtuple
from functools import cache
from pathlib import Path
from typing import Any

__version__ = "5.0.0"

_ACCOUNT = {
    "login": 1001, "trade_mode": 0, "leverage": 100, "limit_orders": 0, "trade_allowed": True,
    "trade_expert": True, "margin_mode": 2, "fifo_close": False, "balance": 10000.0,
    "credit": 0.0, "profit": 0.0, "equity": 10000.0, "margin": 0.0, "margin_free": 10000.0,
    "margin_level": 0.0, "name": "Test", "server": "Fake-Demo", "currency": "USD",
    "company": "Fake",
}  # fmt: skip
_TERMINAL = {
    "connected": True, "trade_allowed": True, "tradeapi_disabled": False, "build": 5000,
    "ping_last": 12345,
}  # fmt: skip
_SYMBOL = {
    "name": "EURUSD", "digits": 5, "point": 1e-05, "trade_tick_size": 1e-05,
    "trade_tick_value": 1.0, "trade_tick_value_loss": 1.0, "trade_contract_size": 100000.0,
    "volume_min": 0.01, "volume_max": 100.0, "volume_step": 0.01, "volume_limit": 0.0,
    "trade_stops_level": 0, "trade_freeze_level": 0, "filling_mode": 3, "trade_exemode": 2,
    "trade_mode": 4, "order_mode": 127, "expiration_mode": 15, "currency_base": "EUR",
    "currency_profit": "USD", "currency_margin": "EUR",
}  # fmt: skip
_POSITION = {
    "ticket": 1, "identifier": 1, "time": 1764000000, "time_msc": 1764000000123, "type": 0,
    "magic": 7, "volume": 0.1, "price_open": 1.1, "sl": 1.09, "tp": 0.0, "price_current": 1.1001,
    "swap": -0.1, "profit": 1.0, "symbol": "EURUSD", "comment": "tb-x",
}  # fmt: skip
_DONE = {
    "retcode": 10009, "deal": 11, "order": 12, "volume": 0.1, "price": 1.1001, "bid": 1.1,
    "ask": 1.1001, "comment": "Request executed", "request_id": 1, "retcode_external": 0,
}  # fmt: skip
_INTEGERS = ("action", "magic", "order", "deviation", "type", "type_filling", "type_time",
             "expiration", "position", "position_by")  # fmt: skip
_FLOATS = ("volume", "price", "stoplimit", "sl", "tp")

_now: dict[str, Any] = {"error": (1, "Success"), "attached": False, "login": 1001}
sent: list[dict[str, Any]] = []


def initialize(*path: str, **options: Any) -> bool:
    if _fault("initialize"):
        return False
    _now["attached"] = _login_with(options)
    return bool(_now["attached"])


def login(number: int, **options: Any) -> bool:
    assert type(number) is int
    return not _fault("login") and _login_with({"login": number, **options})


def shutdown() -> None:
    _now["attached"] = False


def last_error() -> tuple[int, str]:
    code, text = _now["error"]
    return code, text


def version() -> tuple[int, int, str]:
    return (500, 5000, "1 Jan 2026")


def terminal_info() -> Any:
    return None if _fails("terminal_info") else _struct(_TERMINAL)


def account_info() -> Any:
    return None if _fails("account_info") else _struct({**_ACCOUNT, "login": _now["login"]})


def positions_get() -> Any:
    if _fails("positions_get"):
        return None
    count = _script().get("positions", 0)
    return tuple(_struct({**_POSITION, "ticket": number + 1}) for number in range(count))


def orders_get() -> Any:
    return None if _fails("orders_get") else ()


def symbols_get() -> Any:
    return None if _fails("symbols_get") else (_struct(_SYMBOL),)


def symbol_select(symbol: str, enable: bool) -> bool:
    if _fails("symbol_select"):
        return False
    if symbol != "EURUSD":
        return _set_error(-1, "Terminal: Call failed")
    return True


def symbol_info(symbol: str) -> Any:
    if _fails("symbol_info"):
        return None
    if symbol == "EURUSD":
        return _struct(_SYMBOL)
    _set_error(-4, "Terminal: Not found")
    return None


def symbol_info_tick(symbol: str) -> Any:
    if _fails("symbol_info_tick"):
        return None
    now = time.time_ns() // 1_000_000 + 3 * 3600 * 1000
    return _struct({"bid": 1.1, "ask": 1.1001, "time": now // 1000, "time_msc": now})


def order_check(request: dict[str, Any], /) -> Any:
    return _order("order_check", request, {"retcode": 0, "comment": "Done"})


def order_send(request: dict[str, Any], /) -> Any:
    return _order("order_send", request, _DONE)


def order_calc_profit(action: int, symbol: str, volume: float, start: float, end: float, /) -> Any:
    return None if _fails("order_calc_profit") else (end - start) * volume * 100000


def order_calc_margin(action: int, symbol: str, volume: float, price: float, /) -> Any:
    return None if _fails("order_calc_margin") else volume * 100000 * price / 100


def history_orders_get(*span: int, **key: int) -> Any:
    return None if _fails("history_orders_get") else ()


def history_deals_get(*span: int, **key: int) -> Any:
    return None if _fails("history_deals_get") else ()


def _order(name: str, request: dict[str, Any], answer: dict[str, Any]) -> Any:
    if _fails(name) or not _is_acceptable(request):
        return None
    sent.append(request)
    scripted = _script().get(name)
    if isinstance(scripted, list):
        scripted = scripted[min(len(sent), len(scripted)) - 1]
    return _struct({**answer, **(scripted if isinstance(scripted, dict) else {})})


def _is_acceptable(request: dict[str, Any]) -> bool:
    if type(request) is not dict:
        return _set_error(-2, "Unnamed arguments not allowed")
    kinds = {**dict.fromkeys(_INTEGERS, int), **dict.fromkeys(_FLOATS, float)}
    for key, value in request.items():
        if type(value) is not kinds.get(key, str):
            return _set_error(-2, f'Invalid "{key}" argument')
    if len(request.get("comment", "")) > _script().get("comment_length", 31):
        return _set_error(-2, 'Invalid "comment" argument')
    return True


def _login_with(options: dict[str, Any]) -> bool:
    if options.get("password", "right") != "right":
        return _set_error(-6, f"Terminal: Authorization failed for {options['password']}")
    _now["login"] = options.get("login", _now["login"])
    return True


def _fails(name: str) -> bool:
    if not _now["attached"]:
        return not _set_error(-10004, "No IPC connection")
    return _fault(name)


def _fault(name: str) -> bool:
    fault = _script().get(name)
    if fault == "hang":
        time.sleep(600)
    if fault == "die":
        os._exit(9)
    if fault == "print":
        sys.stdout.write("a stray line on standard output\n")
        os.write(1, b"and one below Python\n")
        sys.stdout.flush()
    if isinstance(fault, list) and isinstance(fault[0], int):
        return not _set_error(fault[0], fault[1])
    _set_error(1, "Success")
    return False


def _set_error(code: int, text: str) -> bool:
    _now["error"] = (code, text)
    return False


def _script() -> dict[str, Any]:
    name = os.environ.get("FAKE_MT5_FILE")
    if name is None or not Path(name).exists():
        return {}
    return dict(json.loads(Path(name).read_text("utf-8")))


def _struct(values: dict[str, Any]) -> Any:
    return _struct_type(tuple(values))(*values.values())


@cache
def _struct_type(names: tuple[str, ...]) -> Any:
    return namedtuple("Struct", names)
