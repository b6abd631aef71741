"""Refusals of ours in words: what was asked, what the limit is, and the numbers of both.

Facts are strings as a person would type the number (no separators, no units); all are optional.
The most telling template whose facts are all there is used, the last one needs none.

======================  ======================================================================
reason                  facts it is told with
======================  ======================================================================
SIGNAL_EXPIRED          age, limit (seconds)
ACCOUNT_NOT_ACTIVE      state (paused, halted)
TERMINAL_NOT_READY      state (words: "AutoTrading is off")
SNAPSHOT_STALE          age, limit (seconds)
EQUITY_UNREADABLE       equity
ORDER_UNRESOLVED        symbol
SYMBOL_UNKNOWN          symbol
SYMBOL_NOT_TRADABLE     symbol, state (trade mode)
QUOTE_STALE             symbol, age, limit (seconds)
SPREAD_TOO_WIDE         symbol, spread, limit (points)
PRICE_RAN               drift, limit (points)
PRICE_WRONG_SIDE        entry, price, side, order_type
STOP_MISSING            none
STOP_WRONG_SIDE         stop, entry, side
STOP_TOO_CLOSE          stop, distance, minimum (points)
TARGET_WRONG_SIDE       target, entry, side
VOLUME_TOO_SMALL        symbol, volume, minimum, risk, currency
VOLUME_TOO_LARGE        symbol, volume, maximum
VOLUME_OFF_STEP         symbol, volume, step
MARGIN_TOO_SMALL        margin, free, currency
TOO_MANY_POSITIONS      positions, limit
DUPLICATE_POSITION      symbol, side
OPPOSITE_POSITION       symbol, side (of the position that is open)
FOREIGN_POSITION        symbol, side (of the position that is open)
CAP_REACHED             equity, floor, currency
WORST_CASE_BELOW_FLOOR  worst, floor, limit (the largest new risk), currency
ORDER_RATE              value, limit, window (orders in so many seconds), left (seconds)
SESSION_CLOSED          symbol
SESSION_WINDOW          value (now), limit (the windows)
WEEKEND_WINDOW          value, limit (minutes)
SPREAD_UNKNOWN          symbol, value, limit (readings)
PRICE_UNKNOWN           none
RISK_UNKNOWN            symbol
EXPOSURE_UNKNOWN        symbol
MARGIN_UNKNOWN          symbol
TOO_MANY_IN_SYMBOL      symbol, positions, limit
TOO_MANY_IN_CURRENCY    currency, positions, limit
LOSS_STREAK             value, limit (losses in a row), until
LOSS_LOOKBACK           value, limit (money), window, until
BALANCE_UNEXPLAINED     value, currency
======================  ======================================================================

Where ``digits`` is among the facts, points are shown as pips.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from string import Formatter
from typing import Final

from handlers.texts import later, retell, t
from trading.model import DenialReason, OrderType

_R = DenialReason

_TEMPLATES: Final[Mapping[DenialReason, tuple[str, ...]]] = {
    _R.SIGNAL_EXPIRED: (
        "the signal is {age} s old, the limit is {limit} s",
        "the signal expired before it could be sent",
    ),
    _R.ACCOUNT_NOT_ACTIVE: ("the account is {state}", "the account is not active"),
    _R.TERMINAL_NOT_READY: (
        "the terminal cannot trade: {state}",
        "the terminal is not ready to trade",
    ),
    _R.SNAPSHOT_STALE: (
        "the last reading of the account is {age} s old, the limit is {limit} s",
        "there is no fresh reading of the account",
    ),
    _R.EQUITY_UNREADABLE: (
        "equity cannot be read (the terminal says {equity})",
        "equity cannot be read",
    ),
    _R.ORDER_UNRESOLVED: (
        "an earlier order in {symbol} is not confirmed yet",
        "an earlier order is not confirmed yet",
    ),
    _R.SYMBOL_UNKNOWN: (
        "the broker has no symbol {symbol}",
        "the broker does not have this symbol",
    ),
    _R.SYMBOL_NOT_TRADABLE: (
        "{symbol} cannot be opened now: the broker has it as {state}",
        "{symbol} cannot be traded now",
        "the symbol cannot be traded now",
    ),
    _R.QUOTE_STALE: (
        "the last price of {symbol} is {age} s old, the limit is {limit} s",
        "there is no fresh price of {symbol}",
        "there is no fresh price",
    ),
    _R.SPREAD_TOO_WIDE: (
        "the spread of {symbol} is {spread}, usually {usual}, the limit is {limit}",
        "the spread of {symbol} is {spread}, the limit is {limit}",
        "the spread is {spread}, the limit is {limit}",
        "the spread is too wide",
    ),
    _R.PRICE_RAN: (
        "the price has run {drift} since the signal, the limit is {limit}",
        "the price has run too far since the signal",
    ),
    _R.PRICE_WRONG_SIDE: (
        "a {side} {order_type} at {entry} is on the wrong side of the price {price}",
        "the entry {entry} is on the wrong side of the price {price}",
        "the entry is on the wrong side of the price",
    ),
    _R.STOP_MISSING: ("the signal has no stop loss, so its risk is unknown",),
    _R.STOP_WRONG_SIDE: (
        "the stop {stop} is on the wrong side of a {side} at {entry}",
        "the stop {stop} is on the wrong side of the entry",
        "the stop is on the wrong side of the entry",
    ),
    _R.STOP_TOO_CLOSE: (
        "the stop {stop} is {distance} away, the broker wants at least {minimum}",
        "the stop is {distance} away, the broker wants at least {minimum}",
        "the stop or a target is closer than the broker allows",
    ),
    _R.TARGET_WRONG_SIDE: (
        "the target {target} is on the wrong side of a {side} at {entry}",
        "the target {target} is on the wrong side of the entry",
        "a target is on the wrong side of the entry",
    ),
    _R.VOLUME_TOO_SMALL: (
        "a risk of {risk} {currency} gives {volume} lots, below the minimum {minimum} of {symbol}",
        "volume {volume} is below the minimum {minimum} of {symbol}",
        "volume {volume} is below the minimum {minimum}",
        "the volume is below the broker's minimum",
    ),
    _R.VOLUME_TOO_LARGE: (
        "volume {volume} is above the maximum {maximum} of {symbol}",
        "volume {volume} is above the maximum {maximum}",
        "the volume is above the maximum",
    ),
    _R.VOLUME_OFF_STEP: (
        "volume {volume} is not a multiple of the step {step} of {symbol}",
        "volume {volume} is not a multiple of the step {step}",
        "the volume is not a multiple of the broker's step",
    ),
    _R.MARGIN_TOO_SMALL: (
        "the order needs {margin} {currency} of margin, {free} is free",
        "the order needs {margin} of margin, {free} is free",
        "there is not enough free margin",
    ),
    _R.TOO_MANY_POSITIONS: (
        "{positions} positions are open, the limit is {limit}",
        "too many positions are open",
    ),
    _R.DUPLICATE_POSITION: (
        "a {side} in {symbol} is already open",
        "a position in {symbol} is already open",
        "the same position is already open",
    ),
    _R.OPPOSITE_POSITION: (
        "a {side} in {symbol} is open, this would be against it",
        "a position against this one is open in {symbol}",
        "a position against this one is open",
    ),
    _R.FOREIGN_POSITION: (
        "somebody else's {side} in {symbol} is open, and this account would make one of both",
        "a position that is not ours is open in {symbol}, and this account would make one of both",
        "a position that is not ours is open, and this account would make one of both",
    ),
    _R.CAP_REACHED: (
        "equity {equity} {currency} has reached the floor {floor}",
        "equity {equity} has reached the floor {floor}",
        "a drawdown cap is reached",
    ),
    _R.WORST_CASE_BELOW_FLOOR: (
        (
            "equity would be {worst} if every stop were hit, below the floor {floor}"
            " (max new risk {limit})"
        ),
        "equity would be {worst} if every stop were hit, below the floor {floor}",
        "if every stop were hit, equity would fall below a drawdown floor",
    ),
    _R.ORDER_RATE: (
        (
            "{value} entries were sent in {window} s, the limit is {limit}:"
            " the next may go in {left} s"
        ),
        "{value} orders in the last minute, the limit is {limit}",
        "too many orders in a short time",
    ),
    _R.SESSION_CLOSED: ("the market for {symbol} is closed", "the market is closed"),
    _R.SESSION_WINDOW: (
        "it is {value}, entries are allowed in {limit}",
        "entries are not allowed at this hour",
    ),
    _R.WEEKEND_WINDOW: (
        "the weekend is {value} min away, the limit is {limit} min",
        "it is too near to the weekend",
    ),
    _R.SPREAD_UNKNOWN: (
        "the usual spread of {symbol} is not known yet ({value} of {limit} readings)",
        "the usual spread is not known yet",
    ),
    _R.PRICE_UNKNOWN: ("no price was shown when it was approved, so its drift is unknown",),
    _R.RISK_UNKNOWN: (
        "the terminal cannot say what a stop in {symbol} would cost",
        "the terminal cannot say what the stop would cost",
    ),
    _R.EXPOSURE_UNKNOWN: (
        "what is held in {symbol} cannot be valued",
        "what is held cannot be valued",
    ),
    _R.MARGIN_UNKNOWN: (
        "the terminal cannot say what margin {symbol} needs",
        "the terminal cannot say what margin it needs",
    ),
    _R.TOO_MANY_IN_SYMBOL: (
        "{positions} positions in {symbol} are held, the limit is {limit}",
        "too many positions in the symbol are held",
    ),
    _R.TOO_MANY_IN_CURRENCY: (
        "{positions} positions in {currency} are held, the limit is {limit}",
        "too many positions in the currency are held",
    ),
    _R.LOSS_STREAK: (
        "{value} losses in a row, the limit is {limit}: entries are paused until {until}",
        "too many losses in a row: entries are paused",
    ),
    _R.LOSS_LOOKBACK: (
        "{value} lost in {window}, the limit is {limit}: entries are paused until {until}",
        "too much was lost of late: entries are paused",
    ),
    _R.BALANCE_UNEXPLAINED: (
        "the balance moved by {value} {currency} that no deal explains: answer the question",
        "the balance moved by something that no deal explains",
    ),
}

_IN_WORDS: Final = frozenset({"state", "until"})
_MONEY: Final = frozenset({"worst", "floor", "equity", "margin", "free", "risk"})
_POINTS: Final = frozenset({"spread", "drift", "distance", "usual"})
_LIMIT_IN_POINTS: Final = frozenset({_R.SPREAD_TOO_WIDE, _R.PRICE_RAN, _R.STOP_TOO_CLOSE})
_FIELDS: Final = {
    template: frozenset(name for _, name, _, _ in Formatter().parse(template) if name)
    for templates in _TEMPLATES.values()
    for template in templates
}


def denial_words(reason: DenialReason, facts: Mapping[str, str]) -> str:
    """Return why we refuse, as plain text: escape it before it goes into HTML."""
    known = {name: _shown(reason, name, facts) for name in facts if facts[name]}
    known |= {name: retell(known[name]) for name in _IN_WORDS & known.keys()}
    for template in _TEMPLATES[reason]:
        if _FIELDS[template] <= known.keys():
            return t(template, **known)
    raise AssertionError(f"{reason} has no template without facts")


def templates() -> Iterator[str]:
    """Yield every sentence a refusal may be told with, as the catalogues know it."""
    for group in _TEMPLATES.values():
        yield from group


def detail_words(detail: str, facts: Mapping[str, str]) -> str:
    """Return a stored detail in words: a denial's code is spelt out, the rest is kept."""
    try:
        reason = DenialReason(detail)
    except ValueError:
        return retell(detail)
    return denial_words(reason, facts)


_ORDER_TYPES: Final = {
    OrderType.MARKET: later("market"),
    OrderType.LIMIT: later("limit"),
    OrderType.STOP: later("stop"),
    OrderType.STOP_LIMIT: later("stop limit"),
}
_UPDATES: Final = {
    "tp_hit": later("tp hit"),
    "sl_to_be": later("sl to be"),
    "set_sl": later("set sl"),
    "set_tp": later("set tp"),
    "partial_close": later("partial close"),
    "close_all": later("close all"),
    "close_side": later("close side"),
    "close_worst_entry": later("close worst entry"),
    "cancel": later("cancel"),
}


def order_type(of: OrderType) -> str:
    """Return how an order waits for its price."""
    return t(_ORDER_TYPES[of])


def update_kind(kind: str) -> str:
    """Return what an update asks for; a kind of another version as it is written."""
    return t(_UPDATES.get(kind, kind.replace("_", " ")))


def pips(points: Decimal, digits: int | None) -> str:
    """Return a distance in pips (ten points on 3 and 5 digits), in points where digits lack."""
    if digits is None:
        return t("{points} points", points=plain(points))
    if digits in (3, 5):
        return f"{points / 10:,.1f} pips"
    return f"{plain(points)} pips"


_CURRENCIES = frozenset(
    [
        "AUD",
        "CAD",
        "CHF",
        "CNH",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "HKD",
        "HUF",
        "JPY",
        "MXN",
        "NOK",
        "NZD",
        "PLN",
        "SEK",
        "SGD",
        "TRY",
        "USD",
        "ZAR",
    ]
)


def distance(points: Decimal, digits: int | None, symbol: str) -> str:
    """Return a distance in pips for a currency pair, else in price: gold has no agreed pip."""
    if digits is None or {symbol[:3].upper(), symbol[3:6].upper()} <= _CURRENCIES:
        return pips(points, digits)
    return f"{points.scaleb(-digits):.{digits}f}"


def plain(value: Decimal) -> str:
    """Return a number without an exponent and without noughts that say nothing."""
    if not value.is_finite():
        return str(value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shown(reason: DenialReason, name: str, facts: Mapping[str, str]) -> str:
    text = facts[name]
    number = _number(text)
    if number is None:
        return text
    if name in _POINTS or (reason in _LIMIT_IN_POINTS and name in {"limit", "minimum"}):
        digits = facts.get("digits", "")
        return pips(number, int(digits) if digits.isdecimal() else None)
    if name in _MONEY or (reason is _R.WORST_CASE_BELOW_FLOOR and name == "limit"):
        return f"{number:,.2f}".removesuffix(".00")
    return text


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < Decimal("1e15") else None
