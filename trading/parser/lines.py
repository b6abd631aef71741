"""The lines of a message, and what stands on one."""

from collections.abc import Iterable, Mapping, Sequence

from trading.parser.context_words import GRAMMAR
from trading.parser.tagger import Item
from trading.parser.vocabulary import Tag

Lines = Mapping[int, Sequence[Item]]
"""The items of each line that has any, by its number, in order."""

MARKS = frozenset({Tag.SKIP, Tag.SEPARATOR})
PRICED = frozenset({Tag.STOP, Tag.TARGET, Tag.ENTRY})


def by_line(items: Iterable[Item]) -> Lines:
    """Group the items of a message by line."""
    lines: dict[int, list[Item]] = {}
    for item in items:
        if item.tag is not Tag.NEWLINE:
            lines.setdefault(item.line, []).append(item)
    return lines


def is_tagged(line: Sequence[Item], place: int) -> bool:
    """Tell whether a word is a hashtag, a person's name or stands in a code span."""
    return _follows(line, place, "#@`")


def is_a_handle(line: Sequence[Item], place: int) -> bool:
    """Tell whether a word is a person's name or stands in a code span."""
    return _follows(line, place, "@`") and not line[place].text.endswith("'s")


def _follows(line: Sequence[Item], place: int, marks: str) -> bool:
    tagged = place > 0 and line[place - 1].text in marks and not line[place].spaced
    return tagged and line[place].tag not in MARKS


def small_words(items: Iterable[Item]) -> int:
    """Count the words that join others to sentences: a name or a label has hardly any."""
    return sum(item.text in GRAMMAR for item in items)


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
