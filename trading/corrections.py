"""A signal that could not be taken as it stands: what is known of it, and how a person mends it."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

from trading.model import OrderType, Side, SignalDraft
from trading.parser import parse
from trading.parser.numbers import resolve
from trading.parser.symbols import price_band
from trading.signals import Fault, faults
from trading.sketch import Sketch
from trading.words import told

FIELDS = ("symbol", "side", "type", "entry", "stop", "targets")
_DISTANCES = (Decimal("0.002"), Decimal("0.004"), Decimal("0.008"))
"""Shares of the price at which a stop is suggested."""
_NUMBER = re.compile(r"[0-9][0-9.,']*")
_KINDS = {kind.value: kind for kind in (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP)}


def draft_of(sketch: Sketch) -> SignalDraft | tuple[Fault, ...]:
    """Return the signal, or what is still missing or wrong with it."""
    if sketch.symbol is None or sketch.side is None:
        missing = "symbol" if sketch.symbol is None else "side"
        return (
            Fault(
                missing,
                told("no symbol is named") if sketch.symbol is None else told("no side is named"),
            ),
        )
    draft = SignalDraft(
        symbol=sketch.symbol,
        side=sketch.side,
        order_type=sketch.order_type,
        entry=sketch.entry,
        stop_loss=sketch.stop_loss,
        take_profits=sketch.take_profits,
    )
    return faults(draft) or draft


def correct(sketch: Sketch, field: str, text: str) -> Sketch | str:
    """Return the sketch with one field as a person wrote it, or what is wrong with that."""
    change = _CHANGES.get(field)
    return told("that is no field of a signal") if change is None else change(sketch, text.strip())


def _symbol(sketch: Sketch, text: str) -> Sketch | str:
    read = parse(f"BUY {text} now")
    if len(read.signals) != 1:
        return told('"{text}" is no symbol I know', text=text[:24])
    return replace(sketch, symbol=read.signals[0].draft.symbol)


def _side(sketch: Sketch, text: str) -> Sketch | str:
    word = text.lower()
    if word not in {side.value for side in Side}:
        return told("write buy or sell")
    return replace(sketch, side=Side(word))


def _type(sketch: Sketch, text: str) -> Sketch | str:
    kind = _KINDS.get(text.lower())
    return told("write market, limit or stop") if kind is None else replace(sketch, order_type=kind)


def _prices(sketch: Sketch, text: str) -> list[Decimal] | None:
    band = price_band(sketch.symbol or "")
    found = _NUMBER.findall(text)
    ways = [resolve(piece.rstrip(".,'"), band) for piece in found]
    prices = [price for way in ways for price in way or ()]
    return prices if prices and all(way is not None for way in ways) else None


def _entry(sketch: Sketch, text: str) -> Sketch | str:
    if text.lower() in {"market", "now"}:
        return replace(sketch, entry=None, order_type=OrderType.MARKET)
    prices = _prices(sketch, text)
    if prices is None or len(prices) > 2:
        return told("write a price, two prices for a zone, or market")
    return replace(sketch, entry=(min(prices), max(prices)))


def _stop(sketch: Sketch, text: str) -> Sketch | str:
    prices = _prices(sketch, text)
    if prices is None or len(prices) != 1:
        return told("write one price")
    return replace(sketch, stop_loss=prices[0])


def _targets(sketch: Sketch, text: str) -> Sketch | str:
    if text.lower() in {"none", "open"}:
        return replace(sketch, take_profits=())
    prices = _prices(sketch, text)
    return (
        told("write one price or more")
        if prices is None
        else replace(sketch, take_profits=tuple(prices))
    )


_CHANGES: dict[str, Callable[[Sketch, str], Sketch | str]] = {
    "symbol": _symbol,
    "side": _side,
    "type": _type,
    "entry": _entry,
    "stop": _stop,
    "targets": _targets,
}


def suggested_stops(sketch: Sketch, quote: tuple[Decimal, Decimal] | None) -> tuple[Decimal, ...]:
    """Return stops at three distances on the losing side of the entry, or of the quote.

    ``quote`` is bid and ask; none of it and no entry gives no suggestion.
    """
    if sketch.side is None:
        return ()
    buys = sketch.side is Side.BUY
    if sketch.entry is not None:
        base = sketch.entry[0] if buys else sketch.entry[1]
    elif quote is not None:
        base = quote[0] if buys else quote[1]
    else:
        return ()
    step = Decimal(1).scaleb(int(base.as_tuple().exponent))
    levels = [base * (1 - sketch.side.sign * distance) for distance in _DISTANCES]
    return tuple(level.quantize(step, ROUND_HALF_EVEN) for level in levels)
