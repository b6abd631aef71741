"""The functions of the MetaTrader5 package over one session: None or False instead of errors."""

import os
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from trading.terminal.simulated import answers, queries, structs, views
from trading.terminal.simulated import clock as machine
from trading.terminal.simulated import constants as mt5
from trading.terminal.simulated.config import Config, SetupError
from trading.terminal.simulated.faults import Faults, FaultsUnreadable, Strikes
from trading.terminal.simulated.market import BUY, SELL
from trading.terminal.simulated.requests import (
    BadArgument,
    Request,
    positional_number,
    read_filters,
    read_request,
)
from trading.terminal.simulated.session import Session

T = TypeVar("T")
SUCCESS = (mt5.RES_S_OK, "Success")
NOT_CONNECTED = (mt5.RES_E_INTERNAL_FAIL_CONNECT, "No IPC connection")
_IPC_WORDS = {
    mt5.RES_E_FAIL: "Terminal: Call failed",
    mt5.RES_E_INVALID_PARAMS: "Terminal: Invalid params",
    mt5.RES_E_AUTH_FAILED: "Terminal: Authorization failed",
    mt5.RES_E_AUTO_TRADING_DISABLED: "Auto-Trading using Python API disabled in Terminal",
    mt5.RES_E_INTERNAL_FAIL: "IPC call failed",
    mt5.RES_E_INTERNAL_FAIL_SEND: "IPC send failed",
    mt5.RES_E_INTERNAL_FAIL_RECEIVE: "IPC recv failed",
    mt5.RES_E_INTERNAL_FAIL_INIT: "IPC initialize failed",
    mt5.RES_E_INTERNAL_FAIL_CONNECT: "No IPC connection",
    mt5.RES_E_INTERNAL_FAIL_TIMEOUT: "IPC timeout",
}


class CallFailed(Exception):  # noqa: N818 - an answer, not a failure of ours
    """A call ends with None or False and this in ``last_error``."""

    def __init__(self, code: int, text: str | None = None) -> None:
        super().__init__(text or _IPC_WORDS.get(code, "Error"))
        self.error = (code, str(self))


class Broker:
    """A simulated terminal; the module's functions are the methods of one of these."""

    def __init__(
        self,
        env: Mapping[str, str] | None = None,
        *,
        clock: Callable[[], int] = machine.wall_ms,
        sleep: Callable[[float], None] = machine.sleep,
        end: Callable[[int], Any] = os._exit,
    ) -> None:
        self._env = env
        self._clock = clock
        self._sleep = sleep
        self._end = end
        self._error = NOT_CONNECTED
        self._faults = Faults(None, 0)
        self.session: Session | None = None

    # --- the link --------------------------------------------------------------------------

    def initialize(self, *path: Any, **options: Any) -> bool:
        """Open the account that the environment describes."""
        self.shutdown()
        return self._guarded(lambda: self._start(path, options)) or False

    def _start(self, path: tuple[Any, ...], options: dict[str, Any]) -> bool:
        if len(path) > 1 or any(not isinstance(one, str) for one in path):
            raise BadArgument("Invalid 1st unnamed argument")
        config = Config.from_env(os.environ if self._env is None else self._env)
        self._faults = Faults(config.faults, config.seed)
        strikes = self._before("initialize")
        session = Session(config, self._clock)
        try:
            self._log_in(session, config, options)
        except (BadArgument, CallFailed):
            session.close()
            raise
        self.session = session
        self._after(strikes)
        return True

    def login(self, *number: Any, **options: Any) -> bool:
        """Switch to an account; any number will do, with the right password."""
        given = {"login": number[0], **options} if number else options
        return self._answer("login", lambda session: self._switch(session, given)) or False

    def _switch(self, session: Session, options: dict[str, Any]) -> bool:
        if "login" not in options:
            raise BadArgument("Invalid arguments")
        config = Config.from_env(os.environ if self._env is None else self._env)
        self._log_in(session, config, options)
        return True

    def _log_in(self, session: Session, config: Config, options: dict[str, Any]) -> None:
        for name, kind in (("login", int), ("password", str), ("server", str), ("timeout", int)):
            if name in options and type(options[name]) is not kind:
                raise BadArgument(f'Invalid "{name}" argument')
        if config.password and options.get("password", config.password) != config.password:
            raise CallFailed(mt5.RES_E_AUTH_FAILED)
        session.login.number = options.get("login", session.login.number)
        session.login.server = options.get("server", session.login.server)

    def shutdown(self) -> None:
        """Let go of the account, which goes on by itself."""
        if self.session is not None:
            self.session.close()
        self.session = None
        self._error = SUCCESS

    def version(self) -> Any:
        """Return the terminal's version, build and date."""
        return self._answer("version", lambda _: (500, views.BUILD, "1 Jan 2026"))

    def last_error(self) -> tuple[int, str]:
        """Return code and text of the last call."""
        return self._error

    def feed_report(self) -> dict[str, int | bool | str]:
        """Return how many quotes were used and skipped, which the MetaTrader5 package cannot."""
        return {} if self.session is None else self.session.market.report()

    # --- account and symbols ---------------------------------------------------------------

    def account_info(self) -> Any:
        """Return an AccountInfo."""
        return self._answer_with(
            "account_info",
            lambda session, strikes: session.views.account(
                session.login, session.permissions, strikes
            ),
        )

    def terminal_info(self) -> Any:
        """Return a TerminalInfo."""
        return self._answer("terminal_info", lambda session: views.terminal(session.permissions))

    def symbols_total(self) -> Any:
        """Return the number of symbols."""
        return self._answer("symbols_total", lambda session: len(session.market.specs))

    def symbols_get(self, *group: Any, **filters: Any) -> Any:
        """Return the SymbolInfo of each symbol in a group of masks, or of all."""

        def work(session: Session) -> Any:
            named = {"group": group[0], **filters} if group else filters
            checked = read_filters((), named, 0, ("group",))
            mask = checked.get("group", "*")
            return tuple(
                session.views.symbol(spec, is_selected=_is_selected(session, name))
                for name, spec in session.market.specs.items()
                if queries.in_group(name, mask)
            )

        return self._answer("symbols_get", work)

    def symbol_info(self, symbol: Any) -> Any:
        """Return a SymbolInfo."""

        def work(session: Session) -> Any:
            spec = session.market.specs[_known(session, symbol)]
            return session.views.symbol(spec, is_selected=_is_selected(session, symbol))

        return self._answer("symbol_info", work)

    def symbol_info_tick(self, symbol: Any) -> Any:
        """Return a Tick, of zeros for a symbol that was not selected."""

        def work(session: Session) -> Any:
            name = _known(session, symbol)
            if not _is_selected(session, name):
                return structs.Tick(0, 0.0, 0.0, 0.0, 0, 0, 0, 0.0)
            return session.views.tick(name)

        return self._answer("symbol_info_tick", work)

    def symbol_select(self, symbol: Any, enable: Any = True) -> bool:
        """Show or hide a symbol; one with an open position stays."""

        def work(session: Session) -> bool:
            name = _known(session, symbol, mt5.RES_E_FAIL)
            if enable:
                session.selected.add(name)
            elif name in session.symbols_in_use():
                raise CallFailed(mt5.RES_E_FAIL)
            else:
                session.selected.discard(name)
            return True

        return self._answer("symbol_select", work) or False

    # --- what is open ----------------------------------------------------------------------

    def orders_total(self) -> Any:
        """Return the number of working orders."""
        return self._answer("orders_total", lambda session: len(session.book.orders))

    def orders_get(self, *args: Any, **keywords: Any) -> Any:
        """Return working orders."""

        def work(session: Session) -> Any:
            filters = read_filters(args, keywords, 0, ("symbol", "group"))
            orders = queries.open_ones(session.book.orders.values(), filters)
            return tuple(map(session.views.order, orders))

        return self._answer("orders_get", work)

    def positions_total(self) -> Any:
        """Return the number of open positions."""
        return self._answer("positions_total", lambda session: len(session.book.positions))

    def positions_get(self, *args: Any, **keywords: Any) -> Any:
        """Return open positions."""

        def work(session: Session) -> Any:
            filters = read_filters(args, keywords, 0, ("symbol", "group"))
            positions = queries.open_ones(session.book.positions.values(), filters)
            return tuple(map(session.views.position, positions))

        return self._answer("positions_get", work)

    # --- what happened ---------------------------------------------------------------------

    def history_orders_total(self, since: Any, until: Any) -> Any:
        """Return the number of orders finished in a window."""
        return self._answer(
            "history_orders_total",
            lambda session: len(queries.past_orders(session.book, (since, until), {})),
        )

    def history_orders_get(self, *window: Any, **keywords: Any) -> Any:
        """Return finished orders by window, ticket or position."""
        return self._answer(
            "history_orders_get",
            lambda session: tuple(
                map(session.views.order, queries.past_orders(session.book, window, keywords))
            ),
        )

    def history_deals_total(self, since: Any, until: Any) -> Any:
        """Return the number of deals in a window."""
        return self._answer(
            "history_deals_total",
            lambda session: len(queries.past_deals(session.book, (since, until), {})),
        )

    def history_deals_get(self, *window: Any, **keywords: Any) -> Any:
        """Return deals by window, order or position."""
        return self._answer(
            "history_deals_get",
            lambda session: tuple(
                map(session.views.deal, queries.past_deals(session.book, window, keywords))
            ),
        )

    # --- trading ---------------------------------------------------------------------------

    def order_check(self, *args: Any, **keywords: Any) -> Any:
        """Return an OrderCheckResult, retcode 0 where the request would pass (F§3)."""
        return self._requested("order_check", args, keywords, answers.check)

    def order_send(self, *args: Any, **keywords: Any) -> Any:
        """Return an OrderSendResult; what it says is on the account file already."""
        return self._requested("order_send", args, keywords, answers.send)

    def order_calc_margin(self, action: Any, symbol: Any, volume: Any, price: Any) -> Any:
        """Return the margin of a trade in the account's currency."""

        def work(session: Session) -> float:
            side, numbers = _calculation(action, (volume, price))
            spec = session.market.specs[_known(session, symbol, mt5.RES_E_FAIL, "2nd")]
            return float(session.market.margin(spec, side, *numbers))

        return self._answer("order_calc_margin", work)

    def order_calc_profit(
        self, action: Any, symbol: Any, volume: Any, price_open: Any, price_close: Any
    ) -> Any:
        """Return the result of a trade in the account's currency, without costs."""

        def work(session: Session) -> float:
            side, numbers = _calculation(action, (volume, price_open, price_close))
            spec = session.market.specs[_known(session, symbol, mt5.RES_E_FAIL, "2nd")]
            return float(session.market.profit(spec, side, *numbers))

        return self._answer("order_calc_profit", work)

    def unsupported(self, name: str, failed: Any) -> Any:
        """Answer a function that the simulation lacks."""
        self._error = (mt5.RES_E_UNSUPPORTED, f"Terminal: Unsupported function {name}")
        return failed

    # --- one call --------------------------------------------------------------------------

    def _requested(
        self,
        name: str,
        args: tuple[Any, ...],
        keywords: dict[str, Any],
        work: Callable[[Session, Strikes, Request], Any],
    ) -> Any:
        request = self._guarded(lambda: read_request(args, keywords))
        if request is None:
            return None  # module-side: nothing left the process (F§2)
        return self._answer_with(name, lambda session, strikes: work(session, strikes, request))

    def _answer(self, name: str, work: Callable[[Session], T]) -> T | None:
        return self._answer_with(name, lambda session, _: work(session))

    def _answer_with(self, name: str, work: Callable[[Session, Strikes], T]) -> T | None:
        return self._guarded(lambda: self._run(name, work))

    def _run(self, name: str, work: Callable[[Session, Strikes], T]) -> T:
        session = self.session
        if session is None:
            raise CallFailed(*NOT_CONNECTED)
        strikes = self._before(name)
        if session.must_reload:
            session.reload()
        answer = session.run(strikes, self._faults.admin, lambda: work(session, strikes))
        self._after(strikes)
        return answer

    def _guarded(self, work: Callable[[], T]) -> T | None:
        self._error = SUCCESS
        try:
            return work()
        except BadArgument as refusal:
            self._error = (mt5.RES_E_INVALID_PARAMS, str(refusal))
        except CallFailed as failure:
            self._error = failure.error
        except (SetupError, FaultsUnreadable) as trouble:
            self._error = (mt5.RES_E_FAIL, str(trouble))
        except OSError as trouble:
            self._error = (mt5.RES_E_FAIL, f"account file: {trouble}")
            if self.session is not None:
                # What could not be written was not answered, so it is not booked either.
                self.session.must_reload = True
        return None

    def _before(self, name: str) -> Strikes:
        strikes = self._faults.strike(name)
        if strikes.is_a("die"):
            self._end(1)
        if strikes.is_a("delay", "hang"):
            self._sleep(float(strikes.value("seconds", 1 if strikes.is_a("delay") else 600)))
        if strikes.is_a("none"):
            raise CallFailed(int(strikes.value("code", mt5.RES_E_INTERNAL_FAIL_CONNECT)))
        return strikes

    def _after(self, strikes: Strikes) -> None:
        if strikes.is_a("execute_then_die"):
            self._end(1)
        if strikes.is_a("execute_then_hang"):
            self._sleep(float(strikes.value("seconds", 600)))
        if strikes.is_a("execute_then_none"):
            raise CallFailed(int(strikes.value("code", mt5.RES_E_INTERNAL_FAIL_TIMEOUT)))


def _known(
    session: Session, symbol: Any, code: int = mt5.RES_E_NOT_FOUND, place: str = "1st"
) -> str:
    if not isinstance(symbol, str):
        raise BadArgument(f"Invalid {place} unnamed argument")
    if symbol not in session.market.specs:
        raise CallFailed(code, None if code == mt5.RES_E_FAIL else "Terminal: Not found")
    return symbol


def _is_selected(session: Session, symbol: str) -> bool:
    return symbol in session.selected or symbol in session.symbols_in_use()


def _calculation(action: Any, numbers: tuple[Any, ...]) -> tuple[int, list[Decimal]]:
    if action not in (BUY, SELL):
        raise BadArgument("Invalid 1st unnamed argument")
    places = ("3rd", "4th", "5th")
    return int(action), [
        positional_number(number, place) for number, place in zip(numbers, places, strict=False)
    ]
