"""A reading as JSON, for ``python -m bot parse`` and the API."""

from decimal import Decimal

from trading.parser.reading import ParsedSignal, Reading, SignalUpdate

JsonPrice = int | float
Json = dict[str, object]


def to_json(reading: Reading) -> Json:
    """Return a reading as the JSON object ``{"signals", "update", "held"}``."""
    return {
        "signals": [_signal(signal) for signal in reading.signals],
        "update": _update(reading.update) if reading.update else None,
        "held": reading.held,
    }


def _signal(signal: ParsedSignal) -> Json:
    draft = signal.draft
    return {
        "symbol": draft.symbol,
        "side": draft.side.value,
        "order_type": draft.order_type.value,
        "entry": _entry(draft.entry),
        "sl": _price(draft.stop_loss),
        "tp": [_number(price) for price in draft.take_profits],
    }


def _entry(zone: tuple[Decimal, Decimal] | None) -> JsonPrice | list[JsonPrice] | None:
    if zone is None:
        return None
    low, high = zone
    return _number(low) if low == high else [_number(low), _number(high)]


def _update(update: SignalUpdate) -> Json:
    wire: Json = {
        "kinds": [kind.value for kind in update.kinds],
        "price": _price(update.price),
        "fraction": _price(update.fraction),
        "symbol": update.symbol,
        "side": update.side.value if update.side else None,
    }
    if update.tp_index is not None:
        wire["tp"] = update.tp_index
    if update.take_profits:
        wire["tps"] = {str(index): _number(tp) for index, tp in update.take_profits.items()}
    return wire


def _price(price: Decimal | None) -> JsonPrice | None:
    return None if price is None else _number(price)


def _number(price: Decimal) -> JsonPrice:
    """Cross the one edge where a price becomes a float: JSON has no decimals."""
    return int(price) if price == price.to_integral_value() else float(price)
