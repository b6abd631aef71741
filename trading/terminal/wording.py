"""A refusal with the symbol's own numbers, where the table's words can only name the kind."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from trading.model import OrderRequest, Rejected, SymbolSpec

Words = Callable[[OrderRequest, SymbolSpec], str]


def with_numbers(outcome: Rejected, request: OrderRequest, spec: SymbolSpec | None) -> Rejected:
    """Return the refusal with words as exact as the symbol's properties allow."""
    words = _WORDS.get(outcome.name)
    said = "" if words is None or spec is None else words(request, spec)
    return replace(outcome, words=said) if said else outcome


def _volume(request: OrderRequest, spec: SymbolSpec) -> str:
    volume = request.volume
    if volume is None:
        return ""
    if volume < spec.volume_min:
        return f"volume {_n(volume)} is below the minimum {_n(spec.volume_min)} of {spec.name}"
    if volume > spec.volume_max:
        return f"volume {_n(volume)} is above the maximum {_n(spec.volume_max)} of {spec.name}"
    if volume % spec.volume_step:
        step = _n(spec.volume_step)
        return f"volume {_n(volume)} is not a multiple of the step {step} of {spec.name}"
    return ""


def _stops(request: OrderRequest, spec: SymbolSpec) -> str:
    levels = (("stop loss", request.stop_loss), ("take profit", request.take_profit))
    named = " or the ".join(f"{name} {_n(at)}" for name, at in levels if at is not None)
    if not named:
        return ""
    price = "the price" if request.price is None else f"the price {_n(request.price)}"
    least = f"the {spec.stops_level} points ({_distance(spec.stops_level, spec)})"
    closer = f"closer than {least}" if spec.stops_level else "closer than"
    return (
        f"the {named} of {spec.name} is on the wrong side of {price}, or {closer} the broker asks"
    )


def _price(request: OrderRequest, spec: SymbolSpec) -> str:
    if not request.price:
        return ""
    least = f"at least {_distance(spec.stops_level, spec)} away" if spec.stops_level else "away"
    return (
        f"the broker does not take the price {_n(request.price)} for {spec.name}: it must be on "
        f"its side of the market, {least}, and a multiple of {_n(spec.tick_size)}"
    )


def _frozen(request: OrderRequest, spec: SymbolSpec) -> str:
    if not spec.freeze_level:
        return ""
    near = _distance(spec.freeze_level, spec)
    return (
        f"the price of {spec.name} is within {near} of the order or its stops, where the broker "
        "lets nobody change them"
    )


def _filling(request: OrderRequest, spec: SymbolSpec) -> str:
    tried = ", ".join(one.upper() for one in (request.fillings or spec.fillings))
    return f"the broker takes none of the filling modes {tried} for {spec.name}"


def _volume_limit(request: OrderRequest, spec: SymbolSpec) -> str:
    if not spec.volume_limit or request.volume is None:
        return ""
    return (
        f"with {_n(request.volume)} more, more than the {_n(spec.volume_limit)} lots of "
        f"{spec.name} the broker allows in one direction would be open: close some first"
    )


def _order_type(request: OrderRequest, spec: SymbolSpec) -> str:
    if request.order_type is None:
        return ""
    kind = request.order_type.value.replace("_", "-")
    taken = ", ".join(one.value.replace("_", "-") for one in spec.order_types)
    return f"the broker does not take a {kind} order for {spec.name}, only: {taken}"


def _expiration(request: OrderRequest, spec: SymbolSpec) -> str:
    at = request.expires_at
    until = "no expiry" if at is None else f"an expiry at {at:%Y-%m-%d %H:%M} UTC"
    kinds = ", ".join(one.replace("_", " ") for one in spec.expirations)
    return f"the broker does not take {until} for {spec.name}, which knows: {kinds}"


_WORDS: Mapping[str, Words] = {
    "INVALID_VOLUME": _volume,
    "INVALID_STOPS": _stops,
    "INVALID_PRICE": _price,
    "FROZEN": _frozen,
    "INVALID_FILL": _filling,
    "LIMIT_VOLUME": _volume_limit,
    "INVALID_ORDER": _order_type,
    "INVALID_EXPIRATION": _expiration,
}


def _distance(points: int, spec: SymbolSpec) -> str:
    return _n(points * spec.point)


def _n(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
