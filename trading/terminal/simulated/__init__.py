"""A strict stand-in for the MetaTrader5 package: same names, same answers, a simulated market.

``importlib.import_module`` of this package replaces ``import MetaTrader5``. What it simulates is
read from the environment at ``initialize``:

==================================  =========================================================
TERMINAL_TICKS                      tick file (csv or csv.gz); without it, a seeded market
TERMINAL_SPEED                      replay speed, 1 as recorded
TERMINAL_BALANCE _CURRENCY          the first deposit of a new account
TERMINAL_LEVERAGE _LOGIN _SERVER    as account_info shows them
SIMULATED_ACCOUNT_FILE              where the account is kept; without it, memory only
SIMULATED_START                     where a replay begins: ISO time (UTC) or epoch ms
SIMULATED_MARGIN_MODE               hedging (default) or netting
SIMULATED_SEED                      of the market model and of the faults' dice
SIMULATED_SERVER_OFFSET_SECONDS     the broker's clock over UTC, 10800
SIMULATED_SYMBOL_SUFFIX             "c" makes XAUUSDc
SIMULATED_SHOCK                     SYMBOL:percent:after_seconds:over_seconds, a scripted fall
SIMULATED_COMMISSION                per lot and side on forex and metals, 3.5
SIMULATED_PASSWORD                  the only password that logs in
SIMULATED_FAULTS                    JSON file of faults: see the ``faults`` module
==================================  =========================================================

Beyond the package it has ``feed_report()`` and the marker ``SIMULATED``.
"""

from collections.abc import Callable
from typing import Any

from trading.terminal.simulated import clock
from trading.terminal.simulated.broker import Broker
from trading.terminal.simulated.constants import *  # noqa: F403 - the package's own constants

__version__ = "5.0.6231"
__author__ = "Simulated"
SIMULATED = True

_clock: Callable[[], int] = clock.wall_ms


def _now() -> int:
    return _clock()


_broker = Broker(clock=_now)

# Taken with keywords by the package (F§1), and so here.
initialize = _broker.initialize
login = _broker.login
symbols_get = _broker.symbols_get
orders_get = _broker.orders_get
positions_get = _broker.positions_get
history_orders_get = _broker.history_orders_get
history_deals_get = _broker.history_deals_get
order_check = _broker.order_check
order_send = _broker.order_send

# Taken without arguments.
shutdown = _broker.shutdown
version = _broker.version
last_error = _broker.last_error
account_info = _broker.account_info
terminal_info = _broker.terminal_info
symbols_total = _broker.symbols_total
orders_total = _broker.orders_total
positions_total = _broker.positions_total
feed_report = _broker.feed_report


def symbol_info(symbol: str, /) -> Any:
    """Return the SymbolInfo of a symbol, or None."""
    return _broker.symbol_info(symbol)


def symbol_info_tick(symbol: str, /) -> Any:
    """Return the newest Tick of a symbol, or None."""
    return _broker.symbol_info_tick(symbol)


def symbol_select(symbol: str, enable: bool = True, /) -> bool:
    """Show or hide a symbol."""
    return _broker.symbol_select(symbol, enable)


def history_orders_total(date_from: Any, date_to: Any, /) -> Any:
    """Return the number of orders finished in a window, or None."""
    return _broker.history_orders_total(date_from, date_to)


def history_deals_total(date_from: Any, date_to: Any, /) -> Any:
    """Return the number of deals in a window, or None."""
    return _broker.history_deals_total(date_from, date_to)


def order_calc_margin(action: int, symbol: str, volume: float, price: float, /) -> Any:
    """Return the margin of a trade, or None."""
    return _broker.order_calc_margin(action, symbol, volume, price)


def order_calc_profit(
    action: int, symbol: str, volume: float, price_open: float, price_close: float, /
) -> Any:
    """Return the result of a trade, or None."""
    return _broker.order_calc_profit(action, symbol, volume, price_open, price_close)


def _unsupported(name: str, failed: Any) -> Callable[..., Any]:
    def answer(*_: Any) -> Any:
        return _broker.unsupported(name, failed)

    return answer


copy_rates_from = _unsupported("copy_rates_from", None)
copy_rates_from_pos = _unsupported("copy_rates_from_pos", None)
copy_rates_range = _unsupported("copy_rates_range", None)
copy_ticks_from = _unsupported("copy_ticks_from", None)
copy_ticks_range = _unsupported("copy_ticks_range", None)
market_book_add = _unsupported("market_book_add", False)
market_book_get = _unsupported("market_book_get", None)
market_book_release = _unsupported("market_book_release", False)
