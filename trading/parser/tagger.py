"""Tokens to tagged items: phrases of the vocabulary, symbols, numbers with their units."""

from typing import NamedTuple

from trading.model import OrderType
from trading.parser.lexer import Token
from trading.parser.normalise import word_set
from trading.parser.numbers import Band, resolve
from trading.parser.symbols import match_symbol
from trading.parser.vocabulary import (
    BIAS,
    NOT_A_SIDE_BEFORE,
    ORDINALS,
    OTHER_UNITS,
    PHRASES,
    PIP_UNITS,
    Meaning,
    Tag,
)

PIPS = "pips"
ORDINAL = "ordinal"
OTHER = "other"
BROKEN = "broken"
"""Letters glued to the digits: "431O"."""
_SEPARATORS = frozenset(",/-_&~>|;+")
_PHRASE_GLUE = frozenset("-.'/")
_BY_KIND = {
    "newline": Tag.NEWLINE,
    "word": Tag.WORD,
    **dict.fromkeys(("num", "date", "time", "ratio"), Tag.NUMBER),
}
_GLUED_ONLY_UNITS = word_set("m h d w r x k st nd rd th")
_BETWEEN_SIDE_AND_STOP = frozenset("-_ ")


class Item(NamedTuple):
    """A tagged piece of the message, by its place in the folded text."""

    tag: Tag
    value: object
    text: str
    start: int
    end: int
    line: int
    spaced: bool
    unit: str = ""
    """Of a number: pips, ordinal, other (percent, lots, hours …) or nothing."""


def tag_tokens(tokens: list[Token]) -> list[Item]:
    """Turn tokens into tagged items, in order."""
    items: list[Item] = []
    line = index = 0
    while index < len(tokens):
        token = tokens[index]
        taken = 0
        if token.kind == "word" or token.text == "@":
            taken = _tag_word(tokens, index, line, items)
        if not taken:
            items.append(_tag_single(tokens, index, line))
            taken = 1
        line += token.kind == "newline"
        index += taken
    return items


def _tag_word(tokens: list[Token], index: int, line: int, items: list[Item]) -> int:
    """Append what a word token starts and return how many tokens that took; 0 is nothing."""
    first = tokens[index]
    found = match_symbol(tokens, index)
    if found is not None:
        symbol, length = found
        last = tokens[index + length - 1]
        items.append(Item(Tag.SYMBOL, symbol, symbol, first.start, last.end, line, first.spaced))
        return length
    phrase = _match_phrase(tokens, index) or _match_bias(tokens, index)
    if phrase is None:
        return 0
    length, meanings = phrase
    last = tokens[index + length - 1]
    for tag, value in _in_context(meanings, tokens, index, length, items):
        items.append(Item(tag, value, first.text, first.start, last.end, line, first.spaced))
    return length


def _match_bias(tokens: list[Token], index: int) -> tuple[int, Meaning] | None:
    before = [token.text for token in tokens[max(0, index - 2) : index]]
    side = BIAS.get(tokens[index].text)
    if side is None or not {"direction", "bias"}.intersection(before):
        return None
    return 1, ((Tag.SIDE, side),)


def _match_phrase(tokens: list[Token], index: int) -> tuple[int, Meaning] | None:
    near = [token.text for token in tokens[index + 1 : index + 3]]
    for words, meanings in PHRASES.get(tokens[index].text, ()):
        if len(words) == 1:
            return 1, meanings
        end = _phrase_end(tokens, index + 1, words) if words[1] in near else None
        if end is not None:
            return end - index, meanings
    return None


def _phrase_end(tokens: list[Token], at: int, words: tuple[str, ...]) -> int | None:
    for word in words[1:]:
        if at < len(tokens) and tokens[at].text in _PHRASE_GLUE:
            at += 1
        if at >= len(tokens) or tokens[at].text != word:
            return None
        at += 1
    return at


def _in_context(
    meanings: Meaning, tokens: list[Token], index: int, length: int, items: list[Item]
) -> Meaning:
    """Settle the words that are a direction or an order type only beside certain others."""
    tag = meanings[0][0]
    following = tokens[index + length].text if index + length < len(tokens) else ""
    if tag is Tag.SIDE and following == "-" and index + length + 1 < len(tokens):
        following = tokens[index + length + 1].text
    if tag is Tag.SIDE and following in NOT_A_SIDE_BEFORE:
        return ((Tag.WORD, None),)
    if tag is Tag.SIDE and items and items[-1].text in {"as", "so", "how", "too"}:
        return ((Tag.WORD, None),)
    if tokens[index].text == "t" and not _is_numbered(tokens, index + 1):
        return ((Tag.WORD, None),)
    if tag is Tag.STOP and tokens[index].text in {"stop", "stops", "стоп"} and length == 1:
        return _stop_in_context(items, following)
    return meanings


def _is_numbered(tokens: list[Token], index: int) -> bool:
    """Tell whether a number is glued on, as in "T1"."""
    following = tokens[index] if index < len(tokens) else None
    return following is not None and following.text.isdigit() and not following.spaced


def _stop_in_context(items: list[Item], following: str) -> Meaning:
    """Tell "BUY STOP 2350" (an order type) from "SELL 4320, stop 4335" (a stop loss)."""
    before = len(items) - 1
    while before >= 0 and items[before].text in _BETWEEN_SIDE_AND_STOP:
        before -= 1
    if following == "limit":
        return ((Tag.TYPE, OrderType.STOP_LIMIT),)
    if before >= 0 and items[before].tag is Tag.SIDE:
        return ((Tag.TYPE, OrderType.STOP),)
    return ((Tag.STOP, None),)


def _tag_single(tokens: list[Token], index: int, line: int) -> Item:
    token = tokens[index]
    tag, unit = _BY_KIND.get(token.kind, Tag.SKIP), ""
    if token.kind == "num":
        unit = _unit(tokens, index)
    elif tag is Tag.NUMBER:
        unit = OTHER
    elif token.text in _SEPARATORS:
        tag = Tag.SEPARATOR
    elif token.text == "?":
        tag = Tag.NOT_SET
    return Item(tag, None, token.text, token.start, token.end, line, token.spaced, unit)


def _unit(tokens: list[Token], index: int) -> str:
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if following is None or following.kind == "newline":
        return ""
    if following.kind == "word" and not following.spaced and _breaks(tokens, index + 1):
        return BROKEN
    if following.text in PIP_UNITS or (following.text == "p" and not following.spaced):
        return PIPS
    if following.text in ORDINALS and not following.spaced:
        return ORDINAL
    if following.text in OTHER_UNITS and not _is_lot_size(tokens, index + 1):
        return OTHER if not following.spaced or following.text not in _GLUED_ONLY_UNITS else ""
    return ""


def _breaks(tokens: list[Token], index: int) -> bool:
    """Tell whether a glued word is neither a unit nor a word of the trade."""
    word = tokens[index].text
    if word in PIP_UNITS or word in OTHER_UNITS or word == "p":
        return False
    return len(word) == 1 or (word not in PHRASES and match_symbol(tokens, index) is None)


def _is_lot_size(tokens: list[Token], index: int) -> bool:
    """Tell whether "lot" opens "lot size 0.20" instead of closing "0.20 lot"."""
    if index + 1 >= len(tokens) or not tokens[index].text.startswith("lot"):
        return False
    following = tokens[index + 1]
    return following.kind == "num" or following.text in {"size", ":", "="}


def join_thousands(items: list[Item], band: Band) -> list[Item]:
    """Join "46 500" to one number where the two alone cannot be prices and together can."""
    joined: list[Item] = []
    for item in items:
        last = joined[-1] if joined else item
        if last.tag is item.tag is Tag.NUMBER and _are_thousands(last, item, band):
            text = f"{last.text} {item.text}"
            joined[-1] = last._replace(text=text, end=item.end, unit=item.unit)
        else:
            joined.append(item)
    return joined


def _are_thousands(first: Item, second: Item, band: Band) -> bool:
    if second.start != first.end + 1 or first.unit:
        return False
    alone = resolve(first.text, band) or resolve(second.text, band)
    together = resolve(f"{first.text} {second.text}", band)
    return alone is None and together is not None
