"""The stop loss and the take profits of a block: prices, or distances in pips."""

from decimal import Decimal

from trading.model import Side
from trading.parser.blocks import Block
from trading.parser.fields import Field
from trading.parser.numbers import resolve
from trading.parser.prices import Hold, Prices, place_of, read_prices
from trading.parser.symbols import pip_size, price_band
from trading.parser.tagger import Item
from trading.words import told


def read_stop(
    block: Block, name: str, side: Side, zone: tuple[Decimal, Decimal] | None
) -> Prices | Hold:
    """Return the one stop loss of a block, or none."""
    found: Prices = Prices()
    priced = any(stop.values or stop.pips for stop in block.stops)
    for stop in block.stops:
        if priced and stop.waits:
            continue  # a word of advice: "always set SL"
        part = _level(stop, name, zone, -side.sign, told("stop loss"))
        if isinstance(part, Hold):
            return part
        if len(part.values) > 1:
            return Hold(
                told(
                    "the stop loss has two prices: {first} and {second}",
                    first=part.values[0],
                    second=part.values[1],
                )
            )
        if found.values and part.values and found.values != part.values:
            return Hold(
                told(
                    "two stop losses: {first} and {second}",
                    first=found.values[0],
                    second=part.values[0],
                )
            )
        found = part if part.values else found
    return found


def read_targets(
    block: Block, name: str, side: Side, zone: tuple[Decimal, Decimal] | None
) -> Prices | Hold:
    """Return the take profits of a block in the order of the message."""
    found = Prices()
    headings = any(target.values for target in block.targets)
    for target in block.targets:
        if target.waits and target.index is None and headings:
            continue
        part = _level(target, name, zone, side.sign, told("take profit"))
        if isinstance(part, Hold):
            return part
        found = Prices(found.values + part.values, found.spans + part.spans)
    return found


def _level(
    found: Field, name: str, zone: tuple[Decimal, Decimal] | None, sign: int, label: str
) -> Prices | Hold:
    if found.trouble:
        return Hold(told("the {label} is not clear: {trouble}", label=label, trouble=found.trouble))
    if found.pips or _are_distances(found, name):
        return _offsets([*found.values, *found.pips], name, zone, sign, label)
    if found.waits:
        return Hold(told("the {label} is named but has no price", label=label))
    return read_prices(found.values, name, label)


def _are_distances(found: Field, name: str) -> bool:
    """Tell whether "20-50-100 pips" lists distances; the last of them carries the word."""
    if found.note is None:
        return False
    items = [*found.values, found.note]
    if any(resolve(item.text, price_band(name)) is not None for item in items):
        return False
    found.pips = [found.note]
    return True


def _offsets(
    items: list[Item],
    name: str,
    zone: tuple[Decimal, Decimal] | None,
    sign: int,
    label: str,
) -> Prices | Hold:
    found = Prices()
    for item in items:
        part = _offset(item, name, zone, sign, label)
        if isinstance(part, Hold):
            return part
        found = Prices(found.values + part.values, found.spans + part.spans)
    return found


def _offset(
    pips: Item, name: str, zone: tuple[Decimal, Decimal] | None, sign: int, label: str
) -> Prices | Hold:
    size = pip_size(name)
    if size is None:
        return Hold(
            told(
                "the {label} is {text} pips, and a pip of {name} is not agreed",
                label=label,
                text=pips.text,
                name=name,
            )
        )
    if zone is None or zone[0] != zone[1]:
        return Hold(
            told(
                "the {label} is {text} pips from an entry that is not one price",
                label=label,
                text=pips.text,
            )
        )
    count = resolve(pips.text, (Decimal(1), Decimal(5000)))
    if count is None or len(count) != 1:
        return Hold(told("the {label} is not clear: {text} pips", label=label, text=pips.text))
    return Prices((zone[0] + sign * count[0] * size,), (place_of(pips),))
