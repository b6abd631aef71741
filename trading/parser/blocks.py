"""Fields to blocks: which side, symbol, entry, stop and targets make one trade."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from trading.parser.fields import Field, Scan
from trading.parser.tagger import Item
from trading.parser.vocabulary import Tag


@dataclass(slots=True)
class Block:
    """The pieces of one trade, as found in the message."""

    side: Item | None = None
    symbols: list[Item] = field(default_factory=list)
    types: list[Item] = field(default_factory=list)
    entries: list[Field] = field(default_factory=list)
    stops: list[Field] = field(default_factory=list)
    targets: list[Field] = field(default_factory=list)
    market: bool = False
    conditional: bool = False
    sides: set[object] = field(default_factory=set)

    @property
    def names_prices(self) -> bool:
        return bool(self.priced_entries or self.stops or self.targets)

    @property
    def priced_entries(self) -> list[Field]:
        return [entry for entry in self.entries if entry.values]

    @property
    def first_price(self) -> int:
        """Where the first number of the trade stands."""
        fields = (*self.entries, *self.stops, *self.targets)
        return min((value.start for found in fields for value in found.values), default=0)

    @property
    def last_price(self) -> int:
        """Where the last number of the trade ends."""
        return max(_price_ends(self), default=0)

    @property
    def symbol_names(self) -> set[str]:
        return {str(symbol.value) for symbol in self.symbols}


def split_blocks(scan: Scan) -> list[Block]:
    """Group a message's fields into trades; a new side after prices starts a new one."""
    blocks = [Block()]
    for event in scan.events:
        current = blocks[-1]
        if isinstance(event, Field):
            _add_field(current, event)
        elif event.tag is Tag.SIDE and current.side is not None and current.names_prices:
            blocks.append(_next_block(current, event))
        else:
            _add_item(current, event)
    return _share(_merge_repeated(_without_prose(blocks)))


def _next_block(current: Block, side: Item) -> Block:
    """Start a block, taking along the symbol that stands between the last price and its side."""
    block = Block(side=side, sides={side.value})
    last = current.last_price
    late = [symbol for symbol in current.symbols if symbol.start >= last]
    if late and len(late) < len(current.symbols):
        block.symbols = late
        current.symbols = [symbol for symbol in current.symbols if symbol.start < last]
    return block


def _price_ends(block: Block) -> Iterable[int]:
    for found in (*block.entries, *block.stops, *block.targets):
        if found.values:
            yield found.values[-1].end
        elif found.tag is not Tag.ENTRY:
            yield found.label.end


def _add_field(block: Block, found: Field) -> None:
    match found.tag:
        case Tag.STOP:
            block.stops.append(found)
        case Tag.TARGET:
            block.targets.append(found)
        case _:
            block.entries.append(found)


def _add_item(block: Block, item: Item) -> None:
    match item.tag:
        case Tag.SIDE:
            block.side = block.side or item
            block.sides.add(item.value)
        case Tag.SYMBOL:
            block.symbols.append(item)
        case Tag.TYPE:
            block.types.append(item)
        case Tag.MARKET:
            block.market = True
        case _:
            block.conditional = True


def _without_prose(blocks: list[Block]) -> list[Block]:
    """Join a later side without prices or symbol of its own with the trade before it."""
    kept = blocks[:1]
    for block in blocks[1:]:
        if block.names_prices or block.symbols:
            kept.append(block)
        else:
            kept[-1].sides |= block.sides
    return kept


def _merge_repeated(blocks: list[Block]) -> list[Block]:
    """Join a head that repeats the one before: "SELL STOP @2640 … Direction: SHORT @2640"."""
    merged = blocks[:1]
    for block in blocks[1:]:
        before = merged[-1]
        if _repeats(before, block):
            before.stops, before.targets = block.stops, block.targets
            before.types += block.types
            before.symbols += block.symbols
        else:
            merged.append(block)
    return merged


def _repeats(before: Block, block: Block) -> bool:
    if before.stops or before.targets or before.side is None or block.side is None:
        return False
    prices = [[v.text for e in b.priced_entries for v in e.values] for b in (before, block)]
    return before.side.value == block.side.value and prices[0] == prices[1] != []


def _share(blocks: list[Block]) -> list[Block]:
    """Give the stop and targets of the last of several entries to those right before it."""
    for before, after in reversed(list(pairwise(blocks))):
        own = before.stops or before.targets
        alike = before.side and after.side and before.side.value == after.side.value
        same = not before.symbols or not after.symbols or before.symbol_names == after.symbol_names
        if not own and alike and same and before.priced_entries:
            before.stops, before.targets = after.stops, after.targets
    return blocks
