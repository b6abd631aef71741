"""The lines that carry the prices of a call: before the last of them only its parts may stand."""

from collections.abc import Sequence

from trading.parser.context_words import BESIDE_LEVEL, BESIDE_SIDE, MEASURES
from trading.parser.hints import is_small
from trading.parser.lines import MARKS, has_side, is_a_handle
from trading.parser.tagger import BROKEN, PIPS, Item
from trading.parser.vocabulary import FOREIGN_RANGE_WORDS, PIP_UNITS, Tag

_LABELS = frozenset({Tag.SIDE, Tag.STOP, Tag.TARGET, Tag.ENTRY})
_PARTS = (
    MARKS
    | _LABELS
    | {Tag.SYMBOL, Tag.TYPE, Tag.MARKET, Tag.SOFT_ENTRY, Tag.NUMBER}
    | {Tag.NO_STOP, Tag.NO_TARGET}
)
_HOURS = frozenset({"am", "pm", "gmt", "utc", "est"})
_FAR = 12
"""No label is this many words before what it is of."""
_SPOKEN = frozenset({Tag.WORD, Tag.FILLER})
_PRICED = frozenset({Tag.NUMBER, Tag.SOFT_ENTRY, Tag.ENTRY, Tag.MARKET})
_INDEXED = frozenset({Tag.TARGET, Tag.ENTRY})
_PRICE_UNITS = frozenset({"", PIPS, BROKEN})
_LEVELS = frozenset({Tag.STOP, Tag.TARGET})


def parts_and_remarks(line: Sequence[Item]) -> tuple[list[Item], list[list[Item]]]:
    """Cut a line into the parts of the call and what is remarked between and behind them.

    A remark is opened by an aside ("risk 1 %") and ends with the next label that has a price.
    """
    end = _end_of_parts(line)
    parts: list[Item] = []
    remarks: list[list[Item]] = []
    into = parts
    for place, item in enumerate(line):
        if into is parts and (place == end or _opens_a_remark(line, place)):
            into = []
            remarks.append(into)
        elif into is not parts and item.tag in _LABELS and place < end:
            into = parts
        into.append(item)
    return parts, remarks


def unread_parts(parts: Sequence[Item], words: frozenset[str] | None = None) -> list[Item]:
    """Return the words among the parts of a call that are none of it."""
    if words is None:
        words = BESIDE_SIDE if has_side(parts) else BESIDE_LEVEL
    return [item for place, item in enumerate(parts) if not _is_part(parts, place, words)]


def _end_of_parts(line: Sequence[Item]) -> int:
    end = behind_prices(line)
    if 0 < end < len(line) and line[end - 1].unit == PIPS and line[end].text in PIP_UNITS:
        end += 1
    now = line[end : end + 1] and line[end].tag is Tag.MARKET
    levels = any(item.tag in _LEVELS for item in line)
    return end + 1 if now and has_side(line) and not levels else end  # "buy gold 4700 now"


def behind_prices(line: Sequence[Item]) -> int:
    """Return the place behind the last price of a line; its end where it has none."""
    for place in range(len(line) - 1, -1, -1):
        if line[place].tag is Tag.NUMBER and is_price(line, place):
            return place + 1
    return len(line)


def is_price(line: Sequence[Item], place: int) -> bool:
    """Tell a price or distance from a count and from the index of "TP3 open"."""
    item = line[place]
    if item.unit or not is_small(item):
        return item.unit in _PRICE_UNITS
    if place == 0 or line[place - 1].tag not in _INDEXED:
        return True
    follows = any(other.tag not in MARKS for other in line[place + 1 :])
    return item.spaced and not follows


def _opens_a_remark(line: Sequence[Item], place: int) -> bool:
    if line[place].tag is not Tag.ASIDE or place == 0 or line[place - 1].unit:
        return False  # "0.05 lots" is a number with its unit
    return line[place].text in MEASURES or not has_side(line[place:])


def _is_part(parts: Sequence[Item], place: int, words: frozenset[str]) -> bool:
    item = parts[place]
    if item.tag is Tag.CONDITION:
        behind = (one for one in parts[place + 1 :] if one.tag not in MARKS)
        return next(behind, item).tag in _PRICED  # "below 4710", not "long over"
    if item.tag in _PARTS or is_a_handle(parts, place):
        return True
    before = parts[max(0, place - 1)]
    if item.text in _HOURS and before.tag is Tag.NUMBER:
        return False  # "buy at 10 am" is for later
    if item.tag in _SPOKEN and item.text in words:
        return True
    match item.tag:
        case Tag.NOT_SET:
            return (
                item.text == "?"
                or before.tag is Tag.SEPARATOR
                or _waits(parts[max(0, place - _FAR) : place])
            )
        case Tag.ADVICE:  # "TP: trailing stop"
            last = next((one for one in reversed(parts[:place]) if one.tag not in MARKS), None)
            return item.text == "trailing" and last is not None and last.tag is Tag.TARGET
        case Tag.ASIDE:
            return bool(before.unit)
        case _:
            after = parts[place + 1 : place + 2]
            numbers = Tag.NUMBER in {before.tag, *(one.tag for one in after)}
            broken = before.unit == BROKEN  # "264O": its field tells of it
            return broken or (item.text in FOREIGN_RANGE_WORDS and numbers)


def _waits(parts: Sequence[Item]) -> bool:
    """Tell whether a stop or target was named last and has no price: "TP3: open"."""
    last = next((one for one in reversed(parts) if one.tag in _LEVELS or is_a_price(one)), None)
    return last is not None and last.tag in _LEVELS


def is_a_price(item: Item) -> bool:
    """Tell whether a number is too long to be the index of a label."""
    return item.tag is Tag.NUMBER and not is_small(item)
