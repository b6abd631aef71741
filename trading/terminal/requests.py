"""From an order request to the dictionary MetaTrader's order_send takes (keys by action)."""

from collections.abc import Callable, Mapping, Sequence

from trading.model import Action, Filling, OrderRequest, OrderType, Side
from trading.terminal.servertime import ServerTime

Wire = dict[str, object]

COMMENT_LENGTH = 26
"""The platform keeps 31 characters, but installs were seen to refuse 28."""

_ACTIONS: Mapping[Action, int] = {
    Action.DEAL: 1,
    Action.PENDING: 5,
    Action.SLTP: 6,
    Action.MODIFY: 7,
    Action.REMOVE: 8,
    Action.CLOSE_BY: 10,
}
_TYPES: Mapping[tuple[OrderType, Side], int] = {
    (OrderType.MARKET, Side.BUY): 0,
    (OrderType.MARKET, Side.SELL): 1,
    (OrderType.LIMIT, Side.BUY): 2,
    (OrderType.LIMIT, Side.SELL): 3,
    (OrderType.STOP, Side.BUY): 4,
    (OrderType.STOP, Side.SELL): 5,
    (OrderType.STOP_LIMIT, Side.BUY): 6,
    (OrderType.STOP_LIMIT, Side.SELL): 7,
}
_FILLINGS: Mapping[Filling, int] = {
    Filling.FOK: 0,
    Filling.IOC: 1,
    Filling.RETURN: 2,
    Filling.BOC: 3,
}
_TIMES: Mapping[str, int] = {"gtc": 0, "day": 1, "specified": 2, "specified_day": 3}


class UnusableRequest(ValueError):  # noqa: N818 - reads as a state
    """A request that cannot be written down for MetaTrader; the words say why."""


def to_wire(request: OrderRequest, times: ServerTime, expirations: Sequence[str] = ()) -> Wire:
    """Return the request without its filling mode; numbers stay Decimal until the worker.

    ``expirations`` are those the symbol allows, where that is known.
    """
    wire: Wire = {"action": _ACTIONS[request.action], "symbol": request.symbol}
    wire.update(_WRITERS[request.action](request, times))
    if request.action in (Action.PENDING, Action.MODIFY):
        wire.update(_expiry(request, times, expirations))
    return {key: value for key, value in wire.items() if value is not None}


def with_filling(wire: Wire, filling: Filling | None) -> Wire:
    """Return the request with a filling mode."""
    return wire if filling is None else {**wire, "type_filling": _FILLINGS[filling]}


def side_number(side: Side) -> int:
    """Return MetaTrader's number of a market side."""
    return _TYPES[OrderType.MARKET, side]


def _deal(request: OrderRequest, _: ServerTime) -> Wire:
    return {
        "volume": request.volume,
        "type": _type(request, OrderType.MARKET),
        "price": request.price,
        "sl": request.stop_loss,
        "tp": request.take_profit,
        "deviation": request.deviation,
        "position": request.position,
        **_marks(request),
    }


def _pending(request: OrderRequest, _: ServerTime) -> Wire:
    return {
        "volume": request.volume,
        "type": _type(request, request.order_type),
        "price": request.price,
        "stoplimit": request.stop_limit,
        "sl": request.stop_loss,
        "tp": request.take_profit,
        "position": request.position,
        **_marks(request),
    }


def _sltp(request: OrderRequest, _: ServerTime) -> Wire:
    # Both levels, always: an omitted one is removed, and so is a zero.
    return {
        "position": request.position,
        "sl": request.stop_loss or 0,
        "tp": request.take_profit or 0,
        **_marks(request),
    }


def _modify(request: OrderRequest, _: ServerTime) -> Wire:
    return {
        "order": request.order,
        "price": request.price,
        "stoplimit": request.stop_limit,
        "sl": request.stop_loss or 0,
        "tp": request.take_profit or 0,
        **_marks(request),
    }


def _remove(request: OrderRequest, _: ServerTime) -> Wire:
    return {"order": request.order}


def _close_by(request: OrderRequest, _: ServerTime) -> Wire:
    return {
        "position": request.position,
        "position_by": request.position_by,
        **_marks(request),
    }


_WRITERS: Mapping[Action, Callable[[OrderRequest, ServerTime], Wire]] = {
    Action.DEAL: _deal,
    Action.PENDING: _pending,
    Action.SLTP: _sltp,
    Action.MODIFY: _modify,
    Action.REMOVE: _remove,
    Action.CLOSE_BY: _close_by,
}


def _type(request: OrderRequest, order_type: OrderType | None) -> int:
    if request.side is None or order_type is None:
        raise UnusableRequest("the order names no side or no type")
    return _TYPES[order_type, request.side]


def _expiry(request: OrderRequest, times: ServerTime, expirations: Sequence[str]) -> Wire:
    if request.expires_at is None:
        return {"type_time": _allowed(("gtc", "day"), expirations)}
    if times.offset is None:
        raise UnusableRequest(
            "the broker's clock is not known yet, so an expiry cannot be set: wait for the first "
            "fresh quotes"
        )
    kind = _allowed(("specified", "specified_day"), expirations)
    return {"type_time": kind, "expiration": times.to_server(request.expires_at)}


def _allowed(wanted: Sequence[str], expirations: Sequence[str]) -> int:
    """Return the first wanted kind the symbol allows; the first of all where none is."""
    return _TIMES[next((one for one in wanted if one in expirations), wanted[0])]


def _marks(request: OrderRequest) -> Wire:
    safe = "".join(c for c in request.comment if c.isascii() and (c.isalnum() or c in "_-"))
    return {"magic": request.client_order_id, "comment": safe[:COMMENT_LENGTH] or None}
