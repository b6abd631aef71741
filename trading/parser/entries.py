"""The entry of a block: one price, a zone, several orders, or the market."""

from decimal import Decimal

from trading.model import OrderType, Side
from trading.parser.blocks import Block
from trading.parser.fields import Field
from trading.parser.numbers import expand, resolve
from trading.parser.prices import Hold, Prices, place_of, read_prices
from trading.parser.symbols import price_band
from trading.parser.tagger import Item
from trading.parser.vocabulary import Tag
from trading.words import listed, told

_NARROW = Decimal("0.004")
"""Two bare numbers further apart than this share are no zone."""
_MOST_ENTRIES = 2


def settle_stop_word(block: Block) -> str | None:
    """Settle "SELL USDJPY STOP 150.20": an order type only where a stop loss stands elsewhere."""
    stop = next((found for found in block.stops if found.ambiguous), None)
    if stop is None or block.priced_entries or block.market:
        return None
    others = [found for found in block.stops if found is not stop]
    if not others:
        return told("cannot tell whether STOP is the order type or the stop loss")
    block.stops = others
    block.entries.append(stop)
    block.types.append(stop.label._replace(tag=Tag.TYPE, value=OrderType.STOP))
    return None


def read_entry(block: Block, name: str) -> Prices | Hold:
    """Return the entry prices of a block; none is the market."""
    fields = block.priced_entries
    for found in block.entries:
        if found.trouble:
            return Hold(told("the entry is not clear: {trouble}", trouble=found.trouble))
    if not fields:
        named = any(found.label.tag is Tag.ENTRY for found in block.entries)
        return (
            Hold("the entry is named but has no price") if named and not block.market else Prices()
        )
    read = [_entry_field(found, name) for found in fields]
    prices = Prices()
    for found, part in zip(fields, read, strict=True):
        if isinstance(part, Hold):
            return part
        if part.values == prices.values:
            continue
        if prices.values and not _is_second_entry(block, found):
            return Hold(
                told(
                    "two entries: {first} and {second}",
                    first=prices.values[0],
                    second=part.values[0],
                )
            )
        prices = Prices(prices.values + part.values, prices.spans + part.spans)
    if len(prices.values) > _MOST_ENTRIES:
        listed = ", ".join(map(str, prices.values))
        return Hold(told("more than two entry prices: {listed}", listed=listed))
    return prices


def _is_second_entry(block: Block, found: Field) -> bool:
    """Tell "Entry 1 …, Entry 2 …" from a changed entry below the levels of the first."""
    levels = [level.label.start for level in (*block.stops, *block.targets)]
    first = block.priced_entries[0].label.start
    between = any(first < level < found.label.start for level in levels)
    return found.label.tag is Tag.ENTRY and not between


def _entry_field(found: Field, name: str) -> Prices | Hold:
    if len(found.values) == 2 and found.separators[1] not in {",", "&", "and"}:
        first, second = found.values
        start = resolve(first.text, price_band(name))
        if start is not None and len(start) == 1:
            full = _second_of_range(start[0], first, second, name)
            if full is not None:
                return Prices((start[0], full), (place_of(first), place_of(second)))
    return read_prices(found.values, name, "entry")


def _second_of_range(start: Decimal, first: Item, second: Item, name: str) -> Decimal | None:
    """Complete "2655-50"; None where the second number is a price by itself."""
    if resolve(second.text, price_band(name)) is not None and len(second.text) >= len(first.text):
        return None
    return expand(str(start), second.text)


def read_order_type(block: Block, entry: Prices) -> OrderType | Hold:
    """Return the order type a block names; market where it names none."""
    kinds = {OrderType(str(item.value)) for item in block.types}
    if len(kinds) > 1 or OrderType.STOP_LIMIT in kinds:
        named = listed(sorted(kind.value for kind in kinds))
        return Hold(told("cannot tell the order type: the message says {named}", named=named))
    if not kinds:
        return OrderType.MARKET
    if not entry.values:
        return Hold(told("a {kind} order without a price", kind=next(iter(kinds)).value))
    return next(iter(kinds))


def entry_groups(block: Block, entry: Prices, order_type: OrderType) -> list[Prices] | Hold:
    """Return one group of prices for each order a block stands for."""
    if len(entry.values) < _MOST_ENTRIES or order_type is OrderType.MARKET:
        return [entry]
    if len(block.priced_entries) > 1:
        first, second = entry.values
        return Hold(
            told(
                "two prices for one {kind} order: {first} and {second}",
                kind=order_type.value,
                first=first,
                second=second,
            )
        )
    if block.priced_entries[0].separators[-1] in {"&", "and"}:
        return [
            Prices((value,), (span,)) for value, span in zip(entry.values, entry.spans, strict=True)
        ]
    return [entry]


def with_bare_end(block: Block, entry: Prices, name: str) -> Prices:
    """Take "2650 2655" as a zone where the stop and the targets have labels of their own."""
    bare = [item for found in block.entries for item in found.unlabelled]
    if len(bare) != 1 or len(entry.values) != 1 or not (block.stops and block.targets):
        return entry
    end = resolve(bare[0].text, price_band(name))
    if end is None or len(end) != 1 or abs(end[0] - entry.values[0]) > end[0] * _NARROW:
        return entry
    for found in block.entries:
        found.unlabelled.clear()
    return Prices(entry.values + end, (*entry.spans, place_of(bare[0])))


def settle_unlabelled(block: Block, entry: Prices, name: str) -> str | None:
    """Tell the stop among bare numbers: the only one on the losing side of the entry."""
    bare = [item for found in block.entries for item in found.unlabelled]
    if not bare:
        return None
    assert block.side is not None
    unclear = told("{text} after the entry has no label", text=bare[0].text)
    same_line = block.side.line == block.priced_entries[0].values[0].line
    if block.stops or block.targets or len(entry.values) != 1 or not same_line:
        return unclear
    sign = Side(str(block.side.value)).sign
    read = [resolve(item.text, price_band(name)) for item in bare]
    losing = [
        item
        for item, way in zip(bare, read, strict=True)
        if way is not None and len(way) == 1 and (way[0] - entry.values[0]) * sign < 0
    ]
    if None in read or len(losing) != 1 or losing[0] not in (bare[0], bare[-1]):
        return unclear
    targets = [item for item in bare if item is not losing[0]]
    if not targets:
        return unclear
    block.stops = [Field(Tag.STOP, losing[0], values=losing, separators=[""])]
    block.targets = [Field(Tag.TARGET, item, values=[item], separators=[""]) for item in targets]
    return None
