"""The whole way from text to reading, and what is decided about the message as a whole."""

import re
from decimal import Decimal

from trading.model import OrderType, Side
from trading.parser.blocks import Block, split_blocks
from trading.parser.context import Doubt, why_not_a_call
from trading.parser.fields import Field, Scan
from trading.parser.interpret import interpret
from trading.parser.lexer import tokenise
from trading.parser.normalise import Plain, normalise
from trading.parser.numbers import Band, resolve
from trading.parser.prices import Hold
from trading.parser.reading import CHATTER, ParsedSignal, Reading, SignalUpdate, UpdateKind
from trading.parser.scanner import FieldScanner
from trading.parser.symbols import price_band
from trading.parser.tagger import Item, join_thousands, tag_tokens
from trading.parser.updates import find_update
from trading.parser.vocabulary import Tag
from trading.words import told

LONGEST = 4096
"""Telegram's longest message; nothing longer is a signal."""

MOST_TOKENS = 400
"""More than any signal has; keeps the worst message within a few milliseconds."""

_SIDE_WORDS = re.compile(r"\b(?:buy|sell|long|short)\b", re.IGNORECASE)
_STOP_WORDS = re.compile(r"\b(?:sl|stop|stoploss)\b", re.IGNORECASE)
_NEAR = Decimal("0.1")
"""A number this near to the prices of a signal may be one of them."""
_SHORTEST_PRICE = 3
_LOUD = frozenset(
    {Tag.WORD, Tag.ASIDE, Tag.ADVICE, Tag.NOT_SET, Tag.CONDITION, Tag.NO_STOP, Tag.NO_TARGET}
)
_PROMOTION = frozenset({"vip", "premium", "free", "course", "members", "subscribe", "join"})
_GERUNDS = frozenset({"buying", "selling", "buys", "sells", "longs", "shorts"})


def parse(text: str) -> Reading:
    """Read one message; never raises, and holds whatever is not plain."""
    if len(text) > LONGEST:
        return _too_long(
            text, told("{count} characters, at most {longest}", count=len(text), longest=LONGEST)
        )
    plain = normalise(text)
    tokens = tokenise(plain.text, MOST_TOKENS)
    if tokens is None:
        return _too_long(plain.text, told("more than {most} words and numbers", most=MOST_TOKENS))
    items = _with_spaced_thousands(tag_tokens(tokens))
    scan = FieldScanner(items).scan()
    blocks = split_blocks(scan)
    labelled = [block for block in blocks if block.side and (block.stops or block.targets)]
    complete = any(_is_complete(block) for block in blocks)
    if not complete and not any(map(_restates, blocks)):
        update = find_update(tokens, items)
        if update is not None:
            return Reading(update=update)
    if blocks[0].side is None:
        return Reading(update=_details(blocks[0], items))
    doubt = why_not_a_call(tokens, items, scan, blocks, complete=complete)
    if not labelled:
        return CHATTER if doubt else _read_bare(blocks, scan, items, plain)
    doubt = doubt or _moved_stop(blocks, items)
    if doubt is not None:
        whole = complete or any(map(_restates, blocks))
        return _doubted(doubt, blocks, scan, plain) if whole else CHATTER
    return _signals(blocks, scan, plain)


def _doubted(doubt: Doubt, blocks: list[Block], scan: Scan, plain: Plain) -> Reading:
    """Hold a message for its words; where only some are not understood, with what it reads as."""
    if not doubt.unread:
        return Reading(held=doubt.why)
    read = _signals(blocks, scan, plain).signals
    return Reading(
        held=doubt.why,
        guess=read[0].draft if len(read) == 1 else None,
        unread=tuple(plain.span(*place) for place in doubt.unread),
    )


def _details(block: Block, items: list[Item]) -> SignalUpdate | None:
    """Read a message of nothing but stop and targets: the second half of an earlier call."""
    if any(item.tag in _LOUD for item in items) or len(block.symbol_names) > 1:
        return None
    band = price_band(next(iter(block.symbol_names), ""))
    stops = _plain_prices(block.stops, band)
    targets = _plain_prices(block.targets, band)
    if len(stops) > 1 or not (stops or targets) or block.priced_entries:
        return None
    kinds = [UpdateKind.SET_SL] * bool(stops) + [UpdateKind.SET_TP] * bool(targets)
    return SignalUpdate(
        kinds=tuple(kinds),
        price=(stops or targets)[0],
        symbol=next(iter(block.symbol_names), None),
        take_profits=dict(enumerate(targets, start=1)),
    )


def _plain_prices(fields: list[Field], band: Band) -> list[Decimal]:
    items = [item for found in fields for item in found.values]
    return [price for item in items for price in resolve(item.text, band) or ()]


def _with_spaced_thousands(items: list[Item]) -> list[Item]:
    """Join "46 500" where the one symbol of the message allows no other reading."""
    symbols = {str(item.value) for item in items if item.tag is Tag.SYMBOL}
    return join_thousands(items, price_band(symbols.pop())) if len(symbols) == 1 else items


def _too_long(text: str, size: str) -> Reading:
    beginning = text[:LONGEST]
    if _SIDE_WORDS.search(beginning) is None or _STOP_WORDS.search(beginning) is None:
        return CHATTER
    return Reading(held=told("too long to be a signal: {size}", size=size))


def _is_complete(block: Block) -> bool:
    fields = (*block.stops, *block.targets)
    priced = [found for found in fields if found.values or found.pips or found.open_ended]
    return block.side is not None and len({f.tag for f in priced}) == 2


def _restates(block: Block) -> bool:
    """Tell whether a block reads like a signal in full, be it new or repeated."""
    return bool(block.side and block.priced_entries and (block.stops or block.targets))


def _moved_stop(blocks: list[Block], items: list[Item]) -> Doubt | None:
    """Find "SL at entry" where no stop has a price: the trade has long begun."""
    if any(block.stops for block in blocks):
        return None
    moved = any(item.tag is Tag.ADVICE and item.text in {"sl", "stop"} for item in items)
    if not moved:
        return None
    return Doubt(told("its stop has been moved"))


def _read_bare(blocks: list[Block], scan: Scan, items: list[Item], plain: Plain) -> Reading:
    """Read a call without stop and targets, which only a message of nothing else can be."""
    if not _is_calm(items, blocks) or scan.strays:
        return CHATTER
    if any(item.text in _PROMOTION for item in items):
        return CHATTER
    for block in blocks:
        if block.side is None or not block.symbols or block.side.text in _GERUNDS:
            return CHATTER
        if not (block.market or block.priced_entries):
            return CHATTER
    return _signals(blocks, scan, plain)


def _is_calm(items: list[Item], blocks: list[Block]) -> bool:
    """Tell whether a message is a call and nothing else; a pending one may name its caller."""
    loud = [item for item in items if item.tag in _LOUD]
    if not loud:
        return True
    pending = all(block.types and block.priced_entries for block in blocks)
    heads = [item.start for item in items if item.tag in {Tag.SIDE, Tag.SYMBOL}]
    return pending and len(loud) == 1 and loud[0].tag is Tag.WORD and loud[0].start < min(heads)


def _signals(blocks: list[Block], scan: Scan, plain: Plain) -> Reading:
    named = {
        name: symbol for block in blocks for symbol in block.symbols for name in [str(symbol.value)]
    }
    signals: list[ParsedSignal] = []
    for block in blocks:
        symbol = _symbol_of(block, named, scan)
        if isinstance(symbol, Hold):
            return Reading(held=symbol.why)
        if len(block.sides) > 1:
            return Reading(held=told("it says both buy and sell"))
        read = interpret(block, symbol, plain)
        if isinstance(read, Hold):
            return Reading(held=read.why, guess=read.draft if len(blocks) == 1 else None)
        signals += read
    unlabelled = any(not (block.stops and block.targets) for block in blocks)
    unlabelled = unlabelled or any(signal.draft.entry is None for signal in signals)
    why = (
        _unexplained(signals, scan, unlabelled=unlabelled)
        or _lopsided(blocks)
        or _second_entry(signals)
    )
    return Reading(held=why) if why else Reading(signals=tuple(signals))


def _symbol_of(block: Block, named: dict[str, Item], scan: Scan) -> Item | Hold:
    if len(block.symbol_names) == 1:
        return block.symbols[0]
    beside = [symbol for symbol in block.symbols if block.side and symbol.line == block.side.line]
    ahead = [symbol for symbol in beside if symbol.start < block.first_price]
    others = [symbol for symbol in block.symbols if symbol not in beside]
    rivals = {o.value for o in others if o in scan.sole_symbols or _is_amid(o, block)}
    for meant in (beside, ahead):
        if len({symbol.value for symbol in meant}) == 1 and rivals <= {meant[0].value}:
            return meant[0]  # others are hashtags, or the name of the channel
    names = sorted(block.symbol_names or named)
    if len(named) == 1:
        return next(iter(named.values()))
    if not names:
        return Hold(told("no symbol is named"))
    return Hold(told("cannot tell which symbol is meant: {names}", names=", ".join(names)))


def _is_amid(symbol: Item, block: Block) -> bool:
    """Tell whether a symbol stands between the side and the last price: no name, no hashtag."""
    return block.side is not None and block.side.start < symbol.start < block.last_price


def _unexplained(signals: list[ParsedSignal], scan: Scan, *, unlabelled: bool) -> str | None:
    """Name a number without a label that may be a price of one of the signals."""
    loose = scan.strays + scan.asides if unlabelled else scan.strays
    for signal in signals:
        draft = signal.draft
        known = [draft.stop_loss, *draft.take_profits, *(draft.entry or ())]
        prices = [price for price in known if price is not None]
        if not prices:
            continue
        base = prices[0]
        for number in loose:
            if sum(map(str.isdigit, number.text)) < _SHORTEST_PRICE:
                continue
            for price in resolve(number.text, price_band(draft.symbol)) or ():
                if abs(price - base) < base * _NEAR:
                    return told("cannot tell what {text} is", text=number.text)
    return None


def _lopsided(blocks: list[Block]) -> str | None:
    """Refuse several signals of which only some have a stop, or only some have targets."""
    for name, kind in (("stop", "stops"), ("target", "targets")):
        if len({bool(getattr(block, kind)) for block in blocks}) > 1:
            return told("several signals, and not each has a {name} of its own", name=told(name))
    return None


def _second_entry(signals: list[ParsedSignal]) -> str | None:
    """Refuse two market calls of one symbol: a second entry, a typo, or a plan for both ways."""
    seen: set[tuple[object, ...]] = set()
    sides: dict[str, Side] = {}
    for signal in signals:
        draft = signal.draft
        at_market = draft.order_type is OrderType.MARKET
        if at_market and sides.setdefault(draft.symbol, draft.side) is not draft.side:
            return f"both a buy and a sell of {draft.symbol} at once"
        pending = draft.order_type is not OrderType.MARKET
        key = (draft.symbol, draft.side, draft.order_type, draft.entry if pending else None)
        if key in seen:
            return told(
                "two {side} calls of {symbol} in one message",
                side=draft.side.value,
                symbol=draft.symbol,
            )
        seen.add(key)
    return None
