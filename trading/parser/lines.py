"""The lines of a message: what stands on one, and which of its words mean nothing here."""

from collections.abc import Iterable, Mapping, Sequence

from trading.parser.context_words import GRAMMAR, QUIET
from trading.parser.tagger import Item
from trading.parser.vocabulary import FOREIGN_RANGE_WORDS, OTHER_UNITS, PIP_UNITS, Tag

Lines = Mapping[int, Sequence[Item]]
"""The items of each line that has any, by its number, in order."""

_UNITS = PIP_UNITS | OTHER_UNITS
MARKS = frozenset({Tag.SKIP, Tag.SEPARATOR})
PRICED = frozenset({Tag.STOP, Tag.TARGET, Tag.ENTRY})


def by_line(items: Iterable[Item]) -> Lines:
    """Group the items of a message by line."""
    lines: dict[int, list[Item]] = {}
    for item in items:
        if item.tag is not Tag.NEWLINE:
            lines.setdefault(item.line, []).append(item)
    return lines


def unknown_words(items: Sequence[Item]) -> list[Item]:
    """Return the words that mean nothing here; not a unit, nor a caller's name in a code span."""
    return [item for place, item in enumerate(items) if _is_unknown(items, place)]


def _is_unknown(items: Sequence[Item], place: int) -> bool:
    item = items[place]
    beside = [*items[max(0, place - 1) : place], *items[place + 1 : place + 2]]
    if item.text in FOREIGN_RANGE_WORDS:  # "ate" is also an English verb
        return item.tag is Tag.FILLER and not any(other.tag is Tag.NUMBER for other in beside)
    if item.tag is not Tag.WORD or item.text in QUIET or place == 0:
        return item.tag is Tag.WORD and item.text not in QUIET
    before = items[place - 1]
    return before.text != "`" and not (before.unit and item.text in _UNITS)


def is_tagged(line: Sequence[Item], place: int) -> bool:
    """Tell whether a word is a hashtag, a person's name or stands in a code span."""
    return _follows(line, place, "#@`")


def is_a_handle(line: Sequence[Item], place: int) -> bool:
    """Tell whether a word is a person's name or stands in a code span."""
    return _follows(line, place, "@`")


def _follows(line: Sequence[Item], place: int, marks: str) -> bool:
    tagged = place > 0 and line[place - 1].text in marks and not line[place].spaced
    return tagged and line[place].tag not in MARKS


def small_words(items: Iterable[Item]) -> int:
    """Count the words that join others to sentences: a name or a label has hardly any."""
    return sum(item.text in GRAMMAR for item in items)


def is_sentence(line: Sequence[Item]) -> bool:
    """Tell whether a line is told: two small words and one that means nothing here."""
    told = any(item.tag is Tag.WORD and item.text not in GRAMMAR for item in line)
    return told and small_words(line) > 1


def names_a_price(line: Iterable[Item]) -> bool:
    """Tell whether a number stands behind a label on a line."""
    labelled = False
    for item in line:
        labelled = labelled or item.tag in PRICED
        if labelled and item.tag is Tag.NUMBER:
            return True
    return False


def has_side(line: Iterable[Item]) -> bool:
    """Tell whether a line says buy or sell."""
    return any(item.tag is Tag.SIDE for item in line)
