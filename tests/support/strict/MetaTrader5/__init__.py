"""A strict stand-in for the MetaTrader5 package, written from facts about it and nothing else.

It shares no code with the simulated terminal, so that one mistaken idea cannot hide in both. What
it is strict about: positional-only functions, exact types in a request, comments, filling masks,
tick sizes, the two kinds of None, times on the server's clock, and calls through an rpyc netref.
``STRICT_MT5`` names the folder of its books (see ``_book``).

Faults are rows of ``control.json``: ``{"call": "order_send", "kind": "none", "code": -10005}``;
``times`` limits and ``id`` names one. Kinds: delay, hang, die, none, retcode, partial, and
execute_then_hang, execute_then_die, execute_then_none, and late: answered with 10012, executed
``seconds`` later.
"""

import os
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from . import _structs as structs
from . import _trade
from ._book import Book, Row, from_environment

__version__ = "5.0.6231"
__author__ = "stand-in"

INTEGERS = {
    "action", "magic", "order", "deviation", "type", "type_filling", "type_time", "expiration",
    "position", "position_by",
}  # fmt: skip
FLOATS = {"volume", "price", "stoplimit", "sl", "tp"}
_NOT_FOUND = (-4, "Terminal: Not found")
_CALL_FAILED = (-1, "Terminal: Call failed")
_NO_CONNECTION = (-10004, "No IPC connection")


class _Terminal:
    """The module's state: one connection a process."""

    def __init__(self) -> None:
        self.error = (1, "Success")
        self.attached = False
        self.broker: Book | None = None
        self.sleep: Callable[[float], None] = time.sleep
        self.end: Callable[[int], None] = os._exit

    def book(self) -> Book:
        if self.broker is None:
            self.broker = from_environment()
        self.broker.load()
        return self.broker


terminal = _Terminal()


def _through_netref() -> bool:
    """Tell whether rpyc's own dispatcher called us: it always adds empty keywords."""
    return sys._getframe(2).f_globals.get("__name__") == "rpyc.core.protocol"  # noqa: SLF001


def _fail(code: int, text: str) -> Any:
    """Answer None and leave the reason in last_error."""
    terminal.error = (code, text)
    return None


def _begin(call: str) -> tuple[Book | None, Row | None]:
    """Open the books for a call; None where it must be answered with None."""
    terminal.error = (1, "Success")
    book = terminal.book()
    if not terminal.attached:
        _fail(*_NO_CONNECTION)
        return None, None
    fault = book.strike(call)
    kind = None if fault is None else fault["kind"]
    if fault is not None and kind in ("delay", "hang"):
        terminal.sleep(float(fault.get("seconds", 1.0 if kind == "delay" else 600.0)))
    if kind == "die":
        terminal.end(9)
    if fault is not None and kind == "none":
        _fail(fault.get("code", -10005), fault.get("text", "IPC timeout"))
        if fault.get("code", -10005) in (-10001, -10002, -10004):
            terminal.attached = False  # the terminal went away: initialize again
        return None, None
    _trade.advance(book)
    book.save()
    return book, fault


def initialize(path: str | None = None, /, **options: Any) -> bool:
    """Attach to the terminal; with credentials only where nobody is logged in yet."""
    terminal.error = (1, "Success")
    book = terminal.book()
    fault = book.strike("initialize")
    if fault is not None:
        terminal.sleep(float(fault.get("seconds", 0.0)))
        _fail(fault.get("code", -10003), fault.get("text", "IPC initialize failed"))
        return False
    for name, kind in (("login", int), ("password", str), ("server", str), ("timeout", int)):
        if name in options and type(options[name]) is not kind:
            _fail(-2, f'Invalid "{name}" argument')
            return False
    if "login" in options and book.state["login"]:
        _fail(-2, "Terminal: Invalid params")  # an authenticated terminal takes login() only
        return False
    if "login" in options:
        terminal.attached = _log_in(book, options["login"], options)
        return terminal.attached
    if not book.state["login"]:
        if book.control["unattached"]:
            _fail(-10005, "IPC timeout")
            return False
        book.state["login"] = book.control["last_login"]
        book.save()
    terminal.attached = True
    return True


def login(number: int, /, **options: Any) -> bool:
    """Log in to an account; a text instead of a number is refused."""
    terminal.error = (1, "Success")
    book = terminal.book()
    if not terminal.attached:
        _fail(*_NO_CONNECTION)
        return False
    if type(number) is not int:
        _fail(-2, 'Invalid "login" argument')
        return False
    return _log_in(book, number, options)


def _log_in(book: Book, number: int, options: Row) -> bool:
    known = book.control["accounts"].get(str(number))
    if known is None or options.get("server", known["server"]) != known["server"]:
        _fail(-6, "Terminal: Authorization failed")
        return False
    if options.get("password", known["password"]) != known["password"]:
        _fail(-6, "Terminal: Authorization failed")
        return False
    book.state["login"] = number
    book.save()
    return True


def shutdown() -> None:
    """Let go of the terminal."""
    terminal.attached = False


def version() -> tuple[int, int, str] | None:
    """Return the terminal's version."""
    return (500, 5430, "14 Nov 2026") if terminal.attached else None


def last_error() -> tuple[int, str]:
    """Return what the call before left."""
    return terminal.error


def terminal_info() -> Any:
    """Return the terminal's state."""
    book, _ = _begin("terminal_info")
    return None if book is None else structs.TerminalInfo(book.terminal())


def account_info() -> Any:
    """Return the account's state."""
    book, _ = _begin("account_info")
    return None if book is None else structs.AccountInfo(book.account())


def symbols_total() -> int:
    """Return how many symbols there are."""
    return len(symbols_get() or ())


def symbols_get(*args: Any, **filters: Any) -> Any:
    """Return every symbol's properties."""
    book, _ = _begin("symbols_get")
    if book is None or args or filters:
        return None
    names = {**_book_terms(), **book.control["symbols"]}
    return tuple(structs.SymbolInfo(book.terms(name) or {}) for name in names)


def _book_terms() -> Row:
    from ._book import TERMS  # noqa: PLC0415 - kept out of the package's names

    return TERMS


def symbol_info(symbol: str, /) -> Any:
    """Return one symbol's properties."""
    book, _ = _begin("symbol_info")
    terms = None if book is None else book.terms(symbol)
    if book is not None and terms is None:
        _fail(*_NOT_FOUND)
    return None if terms is None else structs.SymbolInfo(terms)


def symbol_info_tick(symbol: str, /) -> Any:
    """Return the last tick; just after the selection it still shows nothing."""
    book, _ = _begin("symbol_info_tick")
    if book is None:
        return None
    if book.terms(symbol) is None:
        return _fail(*_NOT_FOUND)
    row: Row = dict.fromkeys(structs.Tick.names, 0)
    waits = book.state["selected"].get(symbol, 1)
    if waits > 0:
        if symbol in book.state["selected"]:
            book.state["selected"][symbol] = waits - 1
            book.save()
        return structs.Tick({**row, "bid": 0.0, "ask": 0.0})
    bid, ask = book.quote(symbol)
    now = book.stamp_ms() // 100 * 100
    if symbol in book.control["still"]:
        now = int((book.control["offset"] + book.control.get("since", 1_700_000_000)) * 1000)
    return structs.Tick({**row, "bid": bid, "ask": ask, "time": now // 1000, "time_msc": now,
                         "flags": 6})  # fmt: skip


def symbol_select(symbol: str, enable: bool = True, /) -> bool:
    """Put a symbol into the Market Watch."""
    book, _ = _begin("symbol_select")
    if book is None:
        return False
    if book.terms(symbol) is None:
        _fail(*_CALL_FAILED)
        return False
    if enable and symbol not in book.state["selected"]:
        book.state["selected"][symbol] = book.control["warm_up"]
        book.save()
    return True


def positions_total() -> int:
    """Return how many positions are open."""
    return len(positions_get() or ())


def positions_get(*args: Any, **filters: Any) -> Any:
    """Return open positions; a filter goes by keyword only."""
    book, _ = _begin("positions_get")
    if book is None:
        return None
    if args or _through_netref():
        return _fail(-2, "Unnamed arguments not allowed")
    rows = []
    for one in book.state["positions"]:
        bid, ask = book.quote(one["symbol"])
        shown = {"price_current": bid if one["type"] == 0 else ask, "profit": book.profit(one)}
        rows.append(structs.TradePosition({**one, **shown}))
    return tuple(row for row in rows if _passes(row, filters))


def orders_total() -> int:
    """Return how many orders wait."""
    return len(orders_get() or ())


def orders_get(*args: Any, **filters: Any) -> Any:
    """Return waiting orders."""
    book, _ = _begin("orders_get")
    if book is None:
        return None
    if args or _through_netref():
        return _fail(-2, "Unnamed arguments not allowed")
    rows = [structs.TradeOrder(one) for one in book.state["orders"]]
    return tuple(row for row in rows if _passes(row, filters))


def _passes(row: Any, filters: Row) -> bool:
    if "symbol" in filters:
        return bool(row.symbol == filters["symbol"])
    return "ticket" not in filters or bool(row.ticket == filters["ticket"])


def history_orders_get(*span: Any, **key: int) -> Any:
    """Return finished orders of a span on the server's clock, of a ticket or of a position."""
    book, _ = _begin("history_orders_get")
    if book is None:
        return None
    rows = [structs.TradeOrder(one) for one in book.state["history"]]
    return _history(rows, "time_done", "ticket", span, key)


def history_deals_get(*span: Any, **key: int) -> Any:
    """Return deals of a span, of an ORDER's ticket or of a position; they lag the fill."""
    book, _ = _begin("history_deals_get")
    if book is None:
        return None
    now = book.clock()
    rows = [structs.TradeDeal(one) for one in book.state["deals"] if one["seen_from"] <= now]
    return _history(rows, "time", "order", span, key)


def _history(rows: list[Any], when: str, ticket: str, span: tuple[Any, ...], key: Row) -> Any:
    if "ticket" in key:
        found = tuple(row for row in rows if getattr(row, ticket) == key["ticket"])
        return found or _fail(*_NOT_FOUND)
    if "position" in key:
        return tuple(row for row in rows if row.position_id == key["position"])
    if len(span) != 2 or _through_netref():
        return _fail(-2, "Invalid arguments")
    since, until = (int(at.timestamp() if isinstance(at, datetime) else at) for at in span)
    return tuple(row for row in rows if since <= getattr(row, when) <= until)


def order_calc_profit(*args: Any) -> float | None:
    """Return what a trade would bring."""
    book, _ = _begin("order_calc_profit")
    action, symbol, volume, price_open, price_close = args
    terms = None if book is None else book.terms(symbol)
    if terms is None:
        return None
    sign = 1 if action == 0 else -1
    gain = (price_close - price_open) * sign * volume * terms["trade_contract_size"]
    return round(float(gain), 2)


def order_calc_margin(*args: Any) -> float | None:
    """Return the margin a trade would need."""
    book, _ = _begin("order_calc_margin")
    _action, symbol, volume, price = args
    terms = None if book is None else book.terms(symbol)
    if terms is None:
        return None
    return round(float(volume * terms["trade_contract_size"] * price / 100), 2)


def order_check(*args: Any, **keywords: Any) -> Any:
    """Check a request; to pass is retcode 0."""
    return _order("order_check", args, keywords, _through_netref())


def order_send(*args: Any, **keywords: Any) -> Any:
    """Send a request; blocks until the server has answered."""
    return _order("order_send", args, keywords, _through_netref())


def _order(call: str, args: tuple[Any, ...], keywords: Row, netref: bool) -> Any:
    book, fault = _begin(call)
    if book is None:
        return None
    request = _request(args, keywords, netref and bool(args), book)
    if request is None:
        return None
    if book.terminal()["tradeapi_disabled"]:
        return _fail(-8, "Auto-Trading using Python API disabled in Terminal")
    is_check = call == "order_check"
    answer = _answer(book, request, fault, is_check)
    book.state["sent"] += not is_check
    book.save()
    if _befalls(fault):
        return None
    return _check_result(book, answer, request) if is_check else _result(book, answer, request)


def _answer(book: Book, request: Row, fault: Row | None, is_check: bool) -> _trade.Answer:
    kind = None if fault is None else fault["kind"]
    if fault is not None and kind == "retcode":
        return _trade.Answer(fault["retcode"])
    if fault is not None and kind == "late":
        due = book.clock() + float(fault.get("seconds", 5.0))
        book.state["late"].append({"due": due, "request": request})
        return _trade.Answer(10012)
    try:
        fraction = float(fault.get("fraction", 0.5)) if fault and kind == "partial" else 1.0
        return _trade.execute(book, request, fraction=fraction, dry=is_check)
    except _trade.Refused as refused:
        return _trade.Answer(refused.retcode)


def _befalls(fault: Row | None) -> bool:
    """Let happen what follows the execution; True where the answer is lost."""
    kind = "" if fault is None else fault["kind"]
    if fault is None or not kind.startswith("execute_then_"):
        return False
    if kind == "execute_then_die":
        terminal.end(9)
    if kind == "execute_then_hang":
        terminal.sleep(float(fault.get("seconds", 600.0)))
        return False
    _fail(fault.get("code", -10005), fault.get("text", "IPC timeout"))
    return True


def _request(args: tuple[Any, ...], keywords: Row, trapped: bool, book: Book) -> Any:
    if trapped or (args and keywords):
        return _fail(-2, "Unnamed arguments not allowed")
    request: Any = args[0] if args else keywords
    if type(request) is not dict:
        return _fail(-2, "Invalid 1st unnamed argument")
    for key, value in request.items():
        if not _is_valid(key, value, book):
            return _fail(-2, f'Invalid "{key}" argument')
    return dict(request)


def _is_valid(key: str, value: Any, book: Book) -> bool:
    if key in INTEGERS:
        return type(value) is int and 0 <= value < 2**64
    if key in FLOATS:
        return type(value) in (int, float)
    if key == "comment":
        safe = isinstance(value, str) and not set(value) & set("[]():=,")
        return safe and len(value) <= book.control["comment_max"]
    return key != "symbol" or isinstance(value, str)


def _echo(request: Row) -> Any:
    empty = dict.fromkeys(structs.TradeRequest.names, 0)
    known = {name: value for name, value in request.items() if name in empty}
    return structs.TradeRequest({**empty, "symbol": "", "comment": "", **known})


def _result(book: Book, answer: _trade.Answer, request: Row) -> Any:
    symbol = request.get("symbol", "")
    bid, ask = book.quote(symbol) if answer.order and book.terms(symbol) else (0.0, 0.0)
    return structs.OrderSendResult({
        "retcode": answer.retcode, "deal": answer.deal, "order": answer.order,
        "volume": answer.volume, "price": answer.price, "bid": bid, "ask": ask,
        "comment": _trade.TEXTS.get(answer.retcode, ""), "request_id": book.state["sent"],
        "retcode_external": 0, "request": _echo(request),
    })  # fmt: skip


def _check_result(book: Book, answer: _trade.Answer, request: Row) -> Any:
    account = book.account()
    money = {n: account[n] for n in ("balance", "equity", "profit", "margin", "margin_free",
                                     "margin_level")}  # fmt: skip
    said = "Done" if answer.retcode == 0 else _trade.TEXTS.get(answer.retcode, "")
    return structs.OrderCheckResult(
        {"retcode": answer.retcode, **money, "comment": said, "request": _echo(request)}
    )
