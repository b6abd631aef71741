"""What a number is by its neighbours: an index, a note in pips, the next of a list."""

from collections.abc import Sequence

from trading.parser.tagger import Item
from trading.parser.vocabulary import Tag

_INDEX_MARKS = frozenset(").:/-=>")
_LABEL_GLUE = frozenset(".#-_(")
_BETWEEN_LABEL_AND_VALUE = frozenset(
    {Tag.SKIP, Tag.SEPARATOR, Tag.NEWLINE, Tag.SOFT_ENTRY, Tag.FILLER}
)
_OPENS_A_TRADE = frozenset({Tag.SIDE, Tag.SYMBOL, Tag.STOP, Tag.TARGET})
_CALLS = frozenset({"trade", "signal", "setup", "order"})
_SYMBOL_LABELS = frozenset({"pair", "symbol", "asset", "instrument", "par", "simbolo"})
_MARKS = frozenset({Tag.SKIP, Tag.SEPARATOR})
_LONGEST_NOTE = 3
_LONGEST_INDEX = 2


def follows_plus(items: list[Item], place: int) -> bool:
    """Tell whether a number is a gain: "+70"."""
    return place > 0 and items[place - 1].text == "+" and not items[place].spaced


def is_note(items: list[Item], place: int) -> bool:
    """Tell whether this is "-70" or "(1000)" behind a price: pips, not a second price."""
    if place == 0:
        return False
    item, before = items[place], items[place - 1]
    if before.text == "(" and items[place + 1 : place + 2] and items[place + 1].text == ")":
        return True
    if before.text != "-" or item.spaced or not before.spaced:
        return False
    return item.text.isdigit() and len(item.text) <= _LONGEST_NOTE


def is_small(item: Item) -> bool:
    """Tell whether a number is short enough to count something."""
    text = item.text
    return text.isdigit() and len(text) <= _LONGEST_INDEX and not text.startswith("0")


def counts_in_a_list(items: list[Item], place: int) -> bool:
    """Tell whether this is the index of "1) 4330", or of "2. SELL" at the start of a line."""
    if place + 1 >= len(items) or items[place + 1].spaced:
        return False
    mark = items[place + 1].text
    if mark == ")":
        return place == 0 or items[place - 1].text != "("
    return mark in _INDEX_MARKS and starts_line(items, place)


def counts_calls(items: Sequence[Item], place: int) -> bool:
    """Tell whether this is the number of a call: "Trade 2:" at the start of a line."""
    if place == 0 or items[place - 1].text not in _CALLS or place + 1 >= len(items):
        return False
    return items[place + 1].text == ":" and starts_line(items, place - 1)


def starts_a_list(line: Sequence[Item]) -> bool:
    """Tell whether a line opens with its own number: "2) Gold"."""
    return len(line) > 1 and is_small(line[0]) and line[1].text in _INDEX_MARKS


def counts_a_line(items: list[Item], place: int) -> bool:
    """Tell whether a bare digit opens a line that goes on with a side, a symbol or a label."""
    after = items[place + 1 : place + 2]
    opens = bool(after) and after[0].tag in _OPENS_A_TRADE
    return opens and len(items[place].text) == 1 and starts_line(items, place)


def leads_a_label(items: list[Item], place: int) -> bool:
    """Tell whether a stop or target label follows: what stands before one is no entry."""
    after = items[place + 1 : place + 2]
    return bool(after) and after[0].tag in {Tag.STOP, Tag.TARGET}


def starts_line(items: Sequence[Item], place: int) -> bool:
    """Tell whether only marks stand before this on its line, and no digits right behind."""
    before = _before_marks(items, place)
    if before is not None and before.tag is not Tag.NEWLINE:
        return False
    behind = items[place + 2 : place + 3]
    return not behind or behind[0].tag is not Tag.NUMBER or behind[0].spaced


def alone_on_line(items: list[Item], place: int) -> bool:
    """Tell whether a number has a line of its own."""
    after = items[place + 1 : place + 2]
    before = _before_marks(items, place)
    ends = not after or after[0].tag is Tag.NEWLINE
    return ends and before is not None and before.tag is Tag.NEWLINE


def has_a_line(items: list[Item], place: int) -> bool:
    """Tell whether a symbol stands alone on its line, or behind "pair"; a hashtag does not."""
    if place > 0 and items[place - 1].text == "#":
        return False
    before = _before_marks(items, place)
    after = next((one for one in items[place + 1 :] if one.tag not in _MARKS), None)
    opens = before is None or before.tag is Tag.NEWLINE or before.text in _SYMBOL_LABELS
    return opens and (after is None or after.tag is Tag.NEWLINE)


def directly_after(items: list[Item], place: int, label: Item) -> bool:
    """Tell whether a number belongs to the label itself: "TP 1", "TP.1", "T1"."""
    before = place - 1
    while before >= 0 and items[before].text in _LABEL_GLUE:
        before -= 1
    return before >= 0 and items[before] is label


def more_follows(items: list[Item], place: int) -> bool:
    """Tell whether the label's own value is still to come after this number."""
    for item in items[place + 1 :]:
        if item.tag not in _BETWEEN_LABEL_AND_VALUE:
            return item.tag in {Tag.NUMBER, Tag.NOT_SET, Tag.TARGET}
    return False


def price_follows(items: list[Item], place: int) -> bool:
    """Tell whether a number that is no index stands behind a label, on its line or the next."""
    for item in items[place + 1 :]:
        if item.tag not in _BETWEEN_LABEL_AND_VALUE and not is_small(item):
            return item.tag is Tag.NUMBER
    return False


def alike(first: Item, second: Item) -> bool:
    """Tell whether two numbers are written with the same digits before and after the point."""
    same_length = len(first.text) == len(second.text)
    return same_length and first.text.find(".") == second.text.find(".")


def _before_marks(items: Sequence[Item], place: int) -> Item | None:
    before = place - 1
    while before >= 0 and items[before].tag is Tag.SKIP:
        before -= 1
    return items[before] if before >= 0 else None
