"""A block to a signal: numbers get their meaning from the symbol, then everything is checked."""

from trading.model import OrderType, Side, SignalDraft
from trading.parser.blocks import Block
from trading.parser.entries import (
    entry_groups,
    read_entry,
    read_order_type,
    settle_stop_word,
    settle_unlabelled,
    with_bare_end,
)
from trading.parser.levels import read_stop, read_targets
from trading.parser.normalise import Plain
from trading.parser.prices import Hold, Prices
from trading.parser.reading import ParsedSignal, Span
from trading.parser.tagger import Item
from trading.parser.validate import why_not
from trading.words import told


def interpret(block: Block, symbol: Item, plain: Plain) -> list[ParsedSignal] | Hold:
    """Read one block as one signal (or two: one for each price of "1.0850 & 1.0880")."""
    name = str(symbol.value)
    if (why := settle_stop_word(block)) is not None:
        return Hold(why)
    entry = read_entry(block, name)
    if isinstance(entry, Hold):
        return entry
    entry = with_bare_end(block, entry, name)
    if (why := settle_unlabelled(block, entry, name)) is not None:
        return Hold(why)
    order_type = read_order_type(block, entry)
    if isinstance(order_type, Hold):
        return order_type
    if _speaks_of_a_trade(block):
        return Hold(told("the levels of a trade that is named, not called"))
    groups = entry_groups(block, entry, order_type)
    if isinstance(groups, Hold):
        return groups
    signals = []
    for group in groups:
        signal = _one(block, symbol, order_type, group, plain)
        if isinstance(signal, Hold):
            return signal
        signals.append(signal)
    return signals


def _speaks_of_a_trade(block: Block) -> bool:
    """Tell "SL 2640 on the gold buy" from a call: its levels come first and no entry at all."""
    if block.priced_entries or block.market or block.side is None:
        return False
    levels = (*block.stops, *block.targets)
    return any(
        level.label.line == block.side.line and level.label.start < block.side.start
        for level in levels
    )


def _one(
    block: Block, symbol: Item, order_type: OrderType, entry: Prices, plain: Plain
) -> ParsedSignal | Hold:
    assert block.side is not None
    side = Side(str(block.side.value))
    name = str(symbol.value)
    zone = (min(entry.values), max(entry.values)) if entry.values else None
    stop = read_stop(block, name, side, zone)
    if isinstance(stop, Hold):
        return stop
    targets = read_targets(block, name, side, zone)
    if isinstance(targets, Hold):
        return targets
    draft = SignalDraft(
        symbol=name,
        side=side,
        order_type=order_type,
        entry=zone,
        stop_loss=stop.values[0] if stop.values else None,
        take_profits=targets.values,
    )
    why = why_not(draft)
    if why is not None:
        return Hold(why, draft)
    places = {"symbol": (symbol.start, symbol.end), "side": (block.side.start, block.side.end)}
    if entry.spans:
        places["entry"] = (entry.spans[0][0], entry.spans[-1][1])
    if stop.spans:
        places["sl"] = stop.spans[0]
    places |= {f"tp{number}": span for number, span in enumerate(targets.spans, start=1)}
    spans: dict[str, Span] = {key: plain.span(*place) for key, place in places.items()}
    return ParsedSignal(draft, spans, block.conditional)
