"""The broker's properties of a symbol, from MetaTrader's bit masks to names."""

from collections.abc import Mapping

from trading.errors import ProtocolError
from trading.model import Execution, Filling, OrderType, SymbolSpec, TradeMode
from trading.terminal.fields import Row, number, positive, rows, section, text, whole

_EXECUTIONS = (Execution.REQUEST, Execution.INSTANT, Execution.MARKET, Execution.EXCHANGE)
_TRADE_MODES = (
    TradeMode.DISABLED,
    TradeMode.LONG_ONLY,
    TradeMode.SHORT_ONLY,
    TradeMode.CLOSE_ONLY,
    TradeMode.FULL,
)
# SYMBOL_FILLING_* are bits, unlike the ORDER_FILLING_* numbers of a request.
_FILLING_BITS = ((1, Filling.FOK), (2, Filling.IOC))
_ORDER_BITS = (
    (1, OrderType.MARKET),
    (2, OrderType.LIMIT),
    (4, OrderType.STOP),
    (8, OrderType.STOP_LIMIT),
)
_EXPIRATION_BITS = ((1, "gtc"), (2, "day"), (4, "specified"), (8, "specified_day"))


def read_specs(data: object, simulated: bool) -> Mapping[str, SymbolSpec]:
    """Return the specification of each symbol in the answer."""
    if not isinstance(data, dict):
        raise ProtocolError("the worker's answer has no specifications")
    return {symbol: _spec(symbol, section(data, symbol), simulated) for symbol in data}


def read_names(data: object) -> tuple[str, ...]:
    """Return every name offered; one that is listed but not traded gives way to its like.

    Brokers keep EURUSD in the list, disabled, beside the EURUSD.r that their accounts trade.
    """
    listed = [
        (text(row, "name"), whole(row, "trade_mode")) for row in rows({"names": data}, "names")
    ]
    traded = [name for name, mode in listed if mode]
    return tuple(
        name for name, mode in listed if mode or not any(name in other for other in traded)
    )


def market_fillings(mask: int) -> tuple[Filling, ...]:
    """Return what a market order may try, best first.

    RETURN is the last resort: the mask does not speak of it, some brokers take nothing else, and
    an unsupported mode executes nothing.
    """
    named = tuple(filling for bit, filling in _FILLING_BITS if mask & bit)
    return (*named, Filling.RETURN)


def pending_fillings(fillings: tuple[Filling, ...]) -> tuple[Filling, ...]:
    """Return what a pending order may try: RETURN by the manual, then the symbol's own."""
    return tuple(dict.fromkeys((Filling.RETURN, *fillings)))


def _spec(symbol: str, row: Row, simulated: bool) -> SymbolSpec:
    try:
        return _read(row, simulated)
    except ProtocolError as error:
        raise ProtocolError(f"the specification of {symbol} cannot be used: {error}") from error


def _read(row: Row, simulated: bool) -> SymbolSpec:
    point = positive(row, "point")
    order_mask, expiration_mask = whole(row, "order_mode"), whole(row, "expiration_mode")
    return SymbolSpec(
        name=text(row, "name"),
        digits=whole(row, "digits"),
        point=point,
        tick_size=number(row, "trade_tick_size") or point,
        tick_value_loss=number(row, "trade_tick_value_loss") or number(row, "trade_tick_value"),
        contract_size=positive(row, "trade_contract_size"),
        volume_min=positive(row, "volume_min"),
        volume_max=positive(row, "volume_max"),
        volume_step=positive(row, "volume_step"),
        volume_limit=number(row, "volume_limit"),
        stops_level=whole(row, "trade_stops_level"),
        freeze_level=whole(row, "trade_freeze_level"),
        fillings=market_fillings(whole(row, "filling_mode")),
        execution=_EXECUTIONS[_index(row, "trade_exemode", len(_EXECUTIONS))],
        trade_mode=_TRADE_MODES[_index(row, "trade_mode", len(_TRADE_MODES))],
        currency_base=text(row, "currency_base"),
        currency_profit=text(row, "currency_profit"),
        currency_margin=text(row, "currency_margin"),
        order_types=tuple(kind for bit, kind in _ORDER_BITS if order_mask & bit),
        expirations=tuple(kind for bit, kind in _EXPIRATION_BITS if expiration_mask & bit),
        simulated=simulated,
    )


def _index(row: Row, key: str, length: int) -> int:
    index = whole(row, key)
    if not 0 <= index < length:
        raise ProtocolError(f"{key} is {index}, which is in no list")
    return index
