"""What each answer of the trade server means: one table, its classes, and words for a person.

MetaQuotes documents the meanings; the classes are our reading of them. Unknown is the safe side:
it is asked about, never sent again.
"""

from enum import StrEnum
from typing import NamedTuple

from trading.model import OrderRequest


class Verdict(StrEnum):
    """What an answer says about the request."""

    SUCCESS = "success"
    PARTIAL = "partial"
    PLACED = "placed"
    """Success of a pending order; for anything else executed or not, that is to be seen."""
    SAME = "same"
    """Success of a change that changes nothing."""
    RETRY = "retry"
    WAIT = "wait"
    FINAL = "final"
    GONE = "gone"
    UNKNOWN = "unknown"


class Meaning(NamedTuple):
    name: str
    verdict: Verdict
    words: str


DONE, INVALID_FILL = 10009, 10030
CHECK_PASSED = 0
"""What order_check answers where order_send would answer DONE."""
IPC_CODES_FROM = -10000
"""last_error at or below: the worker has lost its terminal and must attach again."""

_V = Verdict
RETCODES: dict[int, Meaning] = {
    10004: Meaning("REQUOTE", _V.RETRY, "the price of {symbol} moved before the order was filled"),
    10006: Meaning("REJECT", _V.FINAL, "the broker rejected the order and gave no reason"),
    10007: Meaning("CANCEL", _V.FINAL, "the broker's dealer canceled the order"),
    10008: Meaning("PLACED", _V.PLACED, "the broker took the order and has not executed it yet"),
    10009: Meaning("DONE", _V.SUCCESS, "done"),
    10010: Meaning("DONE_PARTIAL", _V.PARTIAL, "only a part of {volume} {symbol} was filled"),
    10011: Meaning("ERROR", _V.UNKNOWN, "the trade server failed while it worked on the request"),
    10012: Meaning("TIMEOUT", _V.UNKNOWN, "the trade server did not answer the terminal in time"),
    10013: Meaning(
        "INVALID", _V.FINAL, "the trade server calls the request malformed: please report this"
    ),
    10014: Meaning(
        "INVALID_VOLUME",
        _V.FINAL,
        "the broker does not take a volume of {volume} for {symbol}: check its minimum, maximum "
        "and step in the symbol's specification",
    ),
    10015: Meaning(
        "INVALID_PRICE",
        _V.FINAL,
        "the broker does not take the price {price} for {symbol}: it is on the wrong side of the "
        "market, too close to it, or not on a tick",
    ),
    10016: Meaning(
        "INVALID_STOPS",
        _V.FINAL,
        "the stop loss {sl} or the take profit {tp} of {symbol} is on the wrong side of the price "
        "or closer than the broker allows",
    ),
    10017: Meaning(
        "TRADE_DISABLED",
        _V.FINAL,
        "trading is off for {symbol} or for the account: log in with the trading password, not "
        "the investor one, or ask the broker",
    ),
    10018: Meaning(
        "MARKET_CLOSED", _V.WAIT, "the market of {symbol} is closed: wait until it opens"
    ),
    10019: Meaning(
        "NO_MONEY",
        _V.FINAL,
        "the free margin is too small for {volume} {symbol}: close something or trade less",
    ),
    10020: Meaning("PRICE_CHANGED", _V.RETRY, "the prices of {symbol} changed meanwhile"),
    10021: Meaning("PRICE_OFF", _V.RETRY, "the broker has no quotes for {symbol} at the moment"),
    10022: Meaning(
        "INVALID_EXPIRATION",
        _V.FINAL,
        "the broker does not take this expiry for {symbol}: choose a later one or none",
    ),
    10023: Meaning(
        "ORDER_CHANGED", _V.UNKNOWN, "the order changed while the request was on its way"
    ),
    10024: Meaning("TOO_MANY_REQUESTS", _V.RETRY, "the broker asks for fewer requests: slower"),
    10025: Meaning("NO_CHANGES", _V.SAME, "the values were already set"),
    10026: Meaning(
        "SERVER_DISABLES_AT",
        _V.FINAL,
        "the broker forbids automated trading on this account: ask the broker to allow it",
    ),
    10027: Meaning(
        "CLIENT_DISABLES_AT",
        _V.WAIT,
        "AutoTrading is off in the terminal: press the AutoTrading button",
    ),
    10028: Meaning("LOCKED", _V.RETRY, "the broker is still working on an earlier request"),
    10029: Meaning(
        "FROZEN",
        _V.RETRY,
        "the price of {symbol} is too near to the order or its stops to change it",
    ),
    10030: Meaning(
        "INVALID_FILL", _V.FINAL, "the broker supports none of the filling modes tried for {symbol}"
    ),
    10031: Meaning("CONNECTION", _V.UNKNOWN, "the terminal has no connection to the trade server"),
    10032: Meaning("ONLY_REAL", _V.FINAL, "the broker allows this on real accounts only"),
    10033: Meaning(
        "LIMIT_ORDERS", _V.FINAL, "the account has as many pending orders as allowed: remove one"
    ),
    10034: Meaning(
        "LIMIT_VOLUME",
        _V.FINAL,
        "with {volume} more {symbol} the broker's volume limit would be exceeded: close some first",
    ),
    10035: Meaning(
        "INVALID_ORDER", _V.FINAL, "the broker does not take this type of order for {symbol}"
    ),
    10036: Meaning("POSITION_CLOSED", _V.GONE, "position {position} no longer exists"),
    10038: Meaning(
        "INVALID_CLOSE_VOLUME",
        _V.FINAL,
        "{volume} is more than what is left of position {position}",
    ),
    10039: Meaning(
        "CLOSE_ORDER_EXIST", _V.UNKNOWN, "another order is already closing position {position}"
    ),
    10040: Meaning(
        "LIMIT_POSITIONS",
        _V.FINAL,
        "the account has as many open positions as the broker allows: close one",
    ),
    10041: Meaning(
        "REJECT_CANCEL", _V.FINAL, "the pending order could not be activated and was canceled"
    ),
    10042: Meaning("LONG_ONLY", _V.FINAL, "the broker only allows buying {symbol}"),
    10043: Meaning("SHORT_ONLY", _V.FINAL, "the broker only allows selling {symbol}"),
    10044: Meaning("CLOSE_ONLY", _V.FINAL, "the broker only allows closing positions in {symbol}"),
    10045: Meaning(
        "FIFO_CLOSE",
        _V.FINAL,
        "the broker wants the oldest position in {symbol} closed first",
    ),
    10046: Meaning(
        "HEDGE_PROHIBITED",
        _V.FINAL,
        "the broker forbids opposite positions in {symbol}: close the other side first",
    ),
}

_FAIL = -1
_SAYS_NOTHING = frozenset({"", "error", "fail", "generic fail"})
"""Texts of the generic error that add nothing to its code."""
LAST_ERRORS: dict[int, Meaning] = {
    1: Meaning("NO_ANSWER", _V.UNKNOWN, "the terminal gave no answer and no reason"),
    -1: Meaning("FAIL", _V.UNKNOWN, "the terminal could not do it and gave no reason"),
    -2: Meaning(
        "INVALID_PARAMS", _V.FINAL, "the MetaTrader5 package refused a field: please report this"
    ),
    -3: Meaning("NO_MEMORY", _V.UNKNOWN, "the terminal is out of memory: restart it"),
    -4: Meaning("NOT_FOUND", _V.UNKNOWN, "the terminal does not know it"),
    -5: Meaning(
        "INVALID_VERSION",
        _V.UNKNOWN,
        "the terminal and the MetaTrader5 package do not fit each other: update both "
        "(pip install --upgrade MetaTrader5)",
    ),
    -6: Meaning(
        "AUTH_FAILED",
        _V.UNKNOWN,
        "the login was refused: check TERMINAL_LOGIN, TERMINAL_PASSWORD and TERMINAL_SERVER",
    ),
    -7: Meaning("UNSUPPORTED", _V.UNKNOWN, "the terminal does not support this: update it"),
    -8: Meaning(
        "API_DISABLED",
        _V.WAIT,
        "the terminal keeps Python out: switch off 'Disable automatic trading via external Python "
        "API' under Tools, Options, Expert Advisors",
    ),
    -10000: Meaning("IPC_FAIL", _V.UNKNOWN, "the call to the terminal failed on the way"),
    -10001: Meaning(
        "IPC_SEND",
        _V.UNKNOWN,
        "the terminal could not be reached: it must run in the same Windows session",
    ),
    -10002: Meaning("IPC_RECEIVE", _V.UNKNOWN, "the terminal went away during the call"),
    -10003: Meaning(
        "IPC_INIT",
        _V.UNKNOWN,
        "the terminal could not be started: check TERMINAL_PATH and that MetaTrader 5 (64-bit) is "
        "installed",
    ),
    -10004: Meaning("IPC_CONNECT", _V.UNKNOWN, "no connection to the terminal: start MetaTrader 5"),
    -10005: Meaning(
        "IPC_TIMEOUT",
        _V.UNKNOWN,
        "the terminal did not answer: look whether it shows a window that waits for you, and log "
        "in once by hand",
    ),
}


def words_of_last_error(code: int | None, text: str) -> str:
    """Return what a failed call means for a person; the terminal's own words when unlisted."""
    meaning = LAST_ERRORS.get(code) if code is not None else None
    if meaning is None or (code == _FAIL and text.lower() not in _SAYS_NOTHING):
        return f"the terminal answered: {text}"
    return meaning.words


def fill_in(words: str, request: OrderRequest) -> str:
    """Return the table's words with the numbers of the request."""
    return words.format(
        symbol=request.symbol,
        volume=_plain(request.volume),
        price=_plain(request.price),
        sl=_plain(request.stop_loss),
        tp=_plain(request.take_profit),
        position=_plain(request.position),
    )


def _plain(value: object) -> str:
    return "none" if value is None else f"{value:f}" if hasattr(value, "normalize") else str(value)
