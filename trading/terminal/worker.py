"""The other side of the terminal protocol: the only file that touches the MetaTrader5 module.

It runs in a process of its own, because every MetaTrader5 call keeps the GIL until the terminal
answers, and it is also shipped as text to classic rpyc servers. Hence: one file, the standard
library only, the syntax of Python 3.8.

A frame is a 4-byte big-endian length and UTF-8 JSON:
``{"v": 1, "id": 7, "op": "send", "args": {...}}`` is answered by ``{"id": 7, "ok": ...}``
or ``{"id": 7, "error": {"kind": "mt5", "code": -10004, "text": "No IPC connection"}}``.

Error kinds: ``mt5`` (a None or False, with last_error), ``login``, ``unavailable`` (no module),
``request`` (refused here, before any call), ``protocol`` and ``exception``.
"""

import importlib
import json
import os
import signal
import struct
import sys
from typing import Any, BinaryIO, Callable, Dict, Iterable, List, Optional, Set

PROTOCOL = 1
DEFAULT_MODULE = "MetaTrader5"
IPC_CODES_FROM = -10000  # last_error at or below: the link to the terminal itself failed
NOT_FOUND = (1, -4)  # last_error codes that come with a None for "no such thing"
ATTACH_MS = 25000
LOGIN_MS = 30000


def _words(text: str) -> List[str]:
    return text.split()


ACCOUNT = _words(
    "login trade_mode leverage limit_orders trade_allowed trade_expert margin_mode fifo_close "
    "balance credit profit equity margin margin_free margin_level name server currency company"
)
TERMINAL = _words("connected trade_allowed tradeapi_disabled build ping_last")
POSITION = _words(
    "ticket identifier time time_msc type magic volume price_open sl tp price_current swap profit "
    "symbol comment"
)
PENDING = _words(
    "ticket time_setup time_setup_msc time_expiration type magic volume_current price_open sl tp "
    "price_stoplimit symbol comment"
)
HISTORY_ORDER = _words(
    "ticket time_done time_done_msc type state magic position_id volume_initial volume_current "
    "price_open symbol comment"
)
DEAL = _words(
    "ticket order time time_msc type entry magic position_id reason volume price commission swap "
    "profit fee symbol comment"
)
SYMBOL = _words(
    "name digits point trade_tick_size trade_tick_value trade_tick_value_loss trade_contract_size "
    "volume_min volume_max volume_step volume_limit trade_stops_level trade_freeze_level "
    "filling_mode trade_exemode trade_mode order_mode expiration_mode currency_base "
    "currency_profit currency_margin"
)
NAME = _words("name trade_mode")
TICK = _words("bid ask time time_msc")
RESULT = _words(
    "retcode deal order volume price bid ask comment request_id retcode_external balance equity "
    "margin margin_free"
)
INTEGERS = _words(
    "action magic order deviation type type_filling type_time expiration position position_by"
)
FLOATS = _words("volume price stoplimit sl tp")


class Refusal(Exception):  # noqa: N818 - an answer, not a failure of ours
    """An answer of the kind "no", on its way to the frame."""

    def __init__(self, kind: str, code: Optional[int], text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.code = code
        self.text = text


class Worker:
    """One connection to one terminal, as the module's state is global to its process."""

    def __init__(self, module: str = DEFAULT_MODULE) -> None:
        self._name = module
        self._mt5: Any = None
        self._attached = False
        self._selected: Set[str] = set()
        self._secret = ""
        self._ops: Dict[str, Callable[..., Any]] = {
            "hello": self._hello,
            "snapshot": self._snapshot,
            "specs": self._specs,
            "names": self._names,
            "check": self._check,
            "send": self._send,
            "deals": self._deals,
            "history": self._history,
            "history_by": self._history_by,
            "profit": self._profit,
            "margin": self._margin,
        }

    def answer(self, text: str) -> str:
        """Return the answer to one request; whatever happens, there is one."""
        call_id = None
        try:
            request = json.loads(text)
            call_id = request["id"]
            operation = self._ops[request["op"]]
            version, args = request["v"], request["args"]
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            return self._refuse(call_id, Refusal("protocol", None, f"bad request: {error!r}"))
        if version != PROTOCOL:
            words = f"this worker speaks protocol {PROTOCOL}, not {version}"
            return self._refuse(call_id, Refusal("protocol", None, words))
        try:
            return _dumps({"id": call_id, "ok": operation(**args)})
        except Refusal as refusal:
            return self._refuse(call_id, refusal)
        except Exception as error:  # noqa: BLE001 - a foreign module's exception becomes an answer
            words = f"{type(error).__name__}: {error}"
            return self._refuse(call_id, Refusal("exception", None, words))

    def close(self) -> None:
        """Let go of the terminal, which goes on running."""
        if self._attached:
            self._mt5.shutdown()
            self._attached = False

    def _refuse(self, call_id: Optional[int], refusal: Refusal) -> str:
        text = refusal.text.replace(self._secret, "***") if self._secret else refusal.text
        error = {"kind": refusal.kind, "code": refusal.code, "text": text}
        return _dumps({"id": call_id, "error": error})

    def _failure(self, what: str, kind: str = "mt5") -> Refusal:
        code, text = self._mt5.last_error()
        return Refusal(kind, int(code), f"{what}: {text}")

    def _need(self, value: Any, what: str) -> Any:
        if value is None:
            raise self._failure(what)
        return value

    # --- attaching -------------------------------------------------------------------------

    def _hello(
        self,
        path: Optional[str] = None,
        login: Optional[int] = None,
        password: Optional[str] = None,
        server: Optional[str] = None,
        keep: bool = False,
    ) -> Dict[str, Any]:
        self._secret = password or ""
        self._load()
        self.close()
        self._selected.clear()
        self._attach(path, login, password, server)
        self._attached = True
        account = self._mt5.account_info()
        is_open = account is not None and account.login > 0
        if login is not None and not _is_account(account, login, server) and not (keep and is_open):
            if not self._mt5.login(int(login), **_given(password, server, LOGIN_MS)):
                raise self._failure(f"login of {login} at {server or '?'}", "login")
            account = self._mt5.account_info()
        terminal = self._need(self._mt5.terminal_info(), "terminal_info")
        return {
            "protocol": PROTOCOL,
            "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
            "package": str(getattr(self._mt5, "__version__", "")),
            "version": self._mt5.version(),
            "simulated": self._name != DEFAULT_MODULE or hasattr(self._mt5, "SIMULATED"),
            "terminal": _pick(terminal, TERMINAL),
            "account": _pick(self._need(account, "account_info"), ACCOUNT),
        }

    def _load(self) -> None:
        if self._mt5 is not None:
            return
        try:
            if self._name == DEFAULT_MODULE:
                import MetaTrader5  # noqa: PLC0415 - only where it is the one asked for

                self._mt5 = MetaTrader5
            else:
                self._mt5 = importlib.import_module(self._name)
        except ImportError as error:
            raise Refusal("unavailable", None, str(error)) from error

    def _attach(
        self,
        path: Optional[str],
        login: Optional[int],
        password: Optional[str],
        server: Optional[str],
    ) -> None:
        # Credentials only as a second try: with a logged-in terminal open they make it time out.
        where = (path,) if path else ()
        if self._mt5.initialize(*where, timeout=ATTACH_MS):
            return
        refusal = self._failure("initialize")
        if login is not None and password:
            self._mt5.shutdown()
            credentials = _given(password, server, LOGIN_MS)
            if self._mt5.initialize(*where, login=int(login), **credentials):
                return
            refusal = self._failure("initialize")
        raise refusal

    # --- reading ---------------------------------------------------------------------------

    def _snapshot(self, symbols: List[str]) -> Dict[str, Any]:
        mt5 = self._mt5
        terminal = self._need(mt5.terminal_info(), "terminal_info")
        account = self._need(mt5.account_info(), "account_info")
        positions = self._need(mt5.positions_get(), "positions_get")
        orders = self._need(mt5.orders_get(), "orders_get")
        wanted = dict.fromkeys(symbols)
        wanted.update(dict.fromkeys(position.symbol for position in positions))
        return {
            "terminal": _pick(terminal, TERMINAL),
            "account": _pick(account, ACCOUNT),
            "positions": [_pick(position, POSITION) for position in positions],
            "orders": [_pick(order, PENDING) for order in orders],
            "ticks": {symbol: self._tick(symbol) for symbol in wanted},
        }

    def _tick(self, symbol: str) -> Optional[Dict[str, Any]]:
        if not self._select(symbol):
            return None
        tick = self._mt5.symbol_info_tick(symbol)
        if tick is None:
            self._selected.discard(symbol)
            self._absent("symbol_info_tick")
            return None
        return _pick(tick, TICK)

    def _select(self, symbol: str) -> bool:
        if symbol in self._selected:
            return True
        if self._mt5.symbol_select(symbol, True):
            self._selected.add(symbol)
            return True
        self._absent("symbol_select")
        return False

    def _absent(self, what: str) -> None:
        """Let "no such symbol" pass, raise when it was the link that failed."""
        failure = self._failure(what)
        if failure.code is None or failure.code <= IPC_CODES_FROM:
            raise failure

    def _specs(self, symbols: List[str]) -> Dict[str, Any]:
        specs = {}
        for symbol in symbols:
            self._select(symbol)  # first: a symbol never selected shows old or zero tick values
            info = self._mt5.symbol_info(symbol)
            if info is None:
                self._absent("symbol_info")
            else:
                specs[symbol] = _pick(info, SYMBOL)
        return specs

    def _names(self) -> List[Dict[str, Any]]:
        infos = self._need(self._mt5.symbols_get(), "symbols_get")
        return [_pick(info, NAME) for info in infos]

    def _deals(self, since: int, until: int) -> List[Dict[str, Any]]:
        deals = self._need(self._mt5.history_deals_get(since, until), "history_deals_get")
        return [_pick(deal, DEAL) for deal in deals]

    def _history(self, since: int, until: int) -> Dict[str, Any]:
        orders = self._need(self._mt5.history_orders_get(since, until), "history_orders_get")
        deals = self._need(self._mt5.history_deals_get(since, until), "history_deals_get")
        return _history(orders, deals)

    def _history_by(self, **key: int) -> Dict[str, Any]:
        if key.keys() not in ({"ticket"}, {"position"}):
            raise Refusal("request", None, "history_by takes a ticket or a position")
        orders = self._found(self._mt5.history_orders_get(**key), "history_orders_get")
        return _history(
            orders, self._found(self._mt5.history_deals_get(**key), "history_deals_get")
        )

    def _found(self, rows: Any, what: str) -> Any:
        if rows is not None:
            return rows
        failure = self._failure(what)
        if failure.code in NOT_FOUND:  # an unknown ticket was seen to be answered with None
            return ()
        raise failure

    def _profit(
        self, side: int, symbol: str, volume: str, price_open: str, price_close: str
    ) -> float:
        numbers = (float(volume), float(price_open), float(price_close))
        value = self._mt5.order_calc_profit(side, symbol, *numbers)
        return float(self._need(value, "order_calc_profit"))

    def _margin(self, side: int, symbol: str, volume: str, price: str) -> float:
        value = self._mt5.order_calc_margin(side, symbol, float(volume), float(price))
        return float(self._need(value, "order_calc_margin"))

    # --- asking ----------------------------------------------------------------------------

    def _check(self, request: Dict[str, Any]) -> Dict[str, Any]:
        return self._outcome(self._mt5.order_check(_typed(request)))

    def _send(self, request: Dict[str, Any]) -> Dict[str, Any]:
        return self._outcome(self._mt5.order_send(_typed(request)))

    def _outcome(self, result: Any) -> Dict[str, Any]:
        if result is None:
            code, text = self._mt5.last_error()
            return {"retcode": None, "code": int(code), "text": str(text)}
        return {name: getattr(result, name) for name in RESULT if hasattr(result, name)}


def _typed(request: Dict[str, Any]) -> Dict[str, Any]:
    """Return the request as the C module takes it: true ints and floats, no None."""
    typed: Dict[str, Any] = {}
    try:
        for key, value in request.items():
            if value is not None:
                typed[key] = _cast(key, value)
    except (TypeError, ValueError, AttributeError) as error:
        raise Refusal("request", None, f"a field of the request is not valid: {error}") from error
    return typed


def _cast(key: str, value: Any) -> Any:
    if key in INTEGERS:
        return int(value)
    return float(value) if key in FLOATS else str(value)


def _given(password: Optional[str], server: Optional[str], timeout: int) -> Dict[str, Any]:
    given: Dict[str, Any] = {"timeout": timeout}
    if password:
        given["password"] = password
    if server:
        given["server"] = server
    return given


def _is_account(account: Any, login: int, server: Optional[str]) -> bool:
    if account is None or account.login != int(login):
        return False
    return not server or account.server == server


def _history(orders: Iterable[Any], deals: Iterable[Any]) -> Dict[str, Any]:
    return {
        "orders": [_pick(order, HISTORY_ORDER) for order in orders],
        "deals": [_pick(deal, DEAL) for deal in deals],
    }


def _pick(struct_sequence: Any, names: List[str]) -> Dict[str, Any]:
    """Return the named fields; one that this build of the package lacks is None."""
    return {name: getattr(struct_sequence, name, None) for name in names}


def _plain(value: Any) -> Any:
    """Return a number of a foreign type (numpy's) as Python's own."""
    return value.item() if hasattr(value, "item") else str(value)


# NaN and infinity pass as those words, which the client reads as "not a number".
_dumps = json.JSONEncoder(separators=(",", ":"), default=_plain).encode
_worker = Worker()


def call(text: str) -> str:
    """Answer one request as text: the entry point on an rpyc server."""
    return _worker.answer(text)


def handle(frame: bytes) -> bytes:
    """Answer the body of one frame."""
    return _worker.answer(frame.decode("utf-8", "replace")).encode("ascii")


def serve(worker: Worker, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer frames until the other side closes."""
    while True:
        header = source.read(4)
        if len(header) < 4:
            return
        (length,) = struct.unpack(">I", header)
        body = source.read(length)
        if len(body) < length:
            return
        answer = worker.answer(body.decode("utf-8", "replace")).encode("ascii")
        sink.write(struct.pack(">I", len(answer)) + answer)
        sink.flush()


def main(argv: List[str]) -> None:
    """Serve standard input and output, kept apart from anything the module may print."""
    for name in ("SIGINT", "SIGTERM"):  # we end when the pipe closes, after the call in flight
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - there is none elsewhere

        for stream in (source, sink):
            msvcrt.setmode(stream.fileno(), os.O_BINARY)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    worker = Worker(argv[1]) if argv[:1] == ["--module"] else _worker
    try:
        serve(worker, source, sink)
    finally:
        worker.close()


if __name__ == "__main__":
    main(sys.argv[1:])
