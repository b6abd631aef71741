"""Words and marks that tell how a trade went: such a message is late, however it looks."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from trading.parser.context_words import DISTANCES, NOT_PAST, OUTCOMES, RESULTS
from trading.parser.lexer import Token
from trading.parser.lines import MARKS, PRICED, Lines, has_side
from trading.parser.remark_words import LATER
from trading.parser.tagger import PIPS, Item
from trading.parser.vocabulary import PIP_UNITS, Tag

_LABELS = {
    **dict.fromkeys(("tp", "target", "targets", "tg", "t", "take"), "target"),
    **dict.fromkeys(("sl", "stop", "stoploss"), "stop"),
}
_TICK = "\u2713"
CROSS = "\u2717"
_MARKED = frozenset({_TICK, CROSS})
_FIRST = frozenset(first for first, _ in OUTCOMES)
_COUNTED = PIP_UNITS | {"$", "\u20ac", "\u00a3"}
_LEVELS = frozenset({Tag.STOP, Tag.TARGET})
_PAST = re.compile(
    r"\w{2,}ed"  # English
    r"|\w{3,}(?:[ai]d[ao]s?|aron|ieron|[ai]mos)"  # Spanish, Portuguese
    r"|ge\w{3,}(?:t|en)"  # German
    r"|\w{2,}[аиыеу]л(?:а|и|о|ся|ась|ись|ось)?|\w*(?:крыт|взят|гнут)[аоы]"  # noqa: RUF001 - Russian
    r"|\w{3,}(?:d[iu]|[dt][iu]k|tiler|diler)"  # Turkish
)
"""The endings of the past tense; what is no verb all the same stands in ``NOT_PAST``."""


def find_result(tokens: Sequence[Token], lines: Lines) -> str | None:
    """Return the words that tell a result; None where there are none."""
    texts = {token.text for token in tokens}
    told = _told(lines) if any(map(_tells, texts)) else None
    told = told or _replaced(lines)
    told = told or (None if _FIRST.isdisjoint(texts) else _outcome(tokens))
    marked = not _MARKED.isdisjoint(texts)
    return told or (_ticked_target(tokens) if marked else None) or _gain(lines, marked=marked)


def _told(lines: Lines) -> str | None:
    for line in lines.values():
        for place, item in enumerate(line):
            past = item.text in RESULTS or (item.tag is Tag.WORD and _tells(item.text))
            if past and not any(before.text in LATER for before in line[:place]):
                return item.text
    return None


def _outcome(tokens: Sequence[Token]) -> str | None:
    for first, second in pairwise(tokens):
        if (first.text, second.text) in OUTCOMES:
            return f"{first.text} {second.text}"
    return None


@lru_cache(maxsize=4096)
def _tells(word: str) -> bool:
    """Tell whether a word is of the past tense, by its ending or by itself."""
    return word in RESULTS or (_PAST.fullmatch(word) is not None and word not in NOT_PAST)


def _replaced(lines: Lines) -> str | None:
    """Find "new SL": the levels of a trade that runs."""
    for line in lines.values():
        for word, level in pairwise(line):
            if level.tag in _LEVELS and word.text == "new":
                return f"{word.text} {level.text}"
    return None


def _gain(lines: Lines, *, marked: bool) -> str | None:
    """Find "+100" or "100 pips" that no stop or target is named for: what was won or lost."""
    above: Sequence[Item] = []
    for line in lines.values():
        if gained := _gain_on(line, labelled=bool(above) and _waits(above)):
            return gained
        above = line
    return _marked_below(lines) if marked else None


def _gain_on(line: Sequence[Item], *, labelled: bool) -> str | None:
    if any(item.unit == PIPS or item.text == "+" for item in line):
        for before, item in pairwise([line[0], *line]):
            labelled = labelled or item.tag in PRICED or item.tag is Tag.ADVICE
            labelled = labelled or item.text in DISTANCES
            labelled = labelled and not (item.text == "|" and has_side(line))
            gained = before.text == "+" and item.tag is Tag.NUMBER and not item.spaced
            counted = before.text == "+" and item.text in _COUNTED  # "200+ pips", "+$120"
            if (gained or counted or item.unit == PIPS) and not labelled:
                return f"{item.text} {item.unit}".strip()
    return _earned(line)


def _earned(line: Sequence[Item]) -> str | None:
    """Find "profit: 200", which tells money and no level."""
    said = [item for item in line if item.tag not in MARKS]
    for word, number in pairwise(said):
        if word.tag is Tag.ASIDE and word.text == "profit" and number.tag is Tag.NUMBER:
            return f"{word.text} {number.text}"
    return None


def _marked_below(lines: Lines) -> str | None:
    """Find a tick or a cross below the prices that stands alone or beside a bare label."""
    for line in reversed(list(lines.values())):
        if any(item.tag is Tag.NUMBER for item in line):
            return None
        mark = next((item.text for item in line if item.text in {_TICK, CROSS}), None)
        words = {item.tag for item in line} - MARKS
        if mark and (not words or _waits(line)):
            return mark
    return None


def _waits(line: Sequence[Item]) -> bool:
    """Tell whether a line names a level without its number."""
    tags = {item.tag for item in line}
    return Tag.NUMBER not in tags and bool(tags & PRICED)


def _ticked_target(tokens: Sequence[Token]) -> str | None:
    """Find a target ticked off behind its price while the stop or another is not, or a cross."""
    trail = _trails(tokens)
    label = ""
    ticked: list[str] = []
    plain = 0
    for place, token in enumerate(tokens):
        if token.text in _LABELS:
            label = _LABELS[token.text]
        elif token.kind != "num" or not label:
            continue
        elif _is_marked(tokens, place + 1, _TICK, trail=trail):
            ticked.append(label)
        elif _is_marked(tokens, place + 1, CROSS, trail=trail):
            return CROSS
        elif len(token.text) > 2:
            plain += 1
    return _TICK if "target" in ticked and (plain or "stop" not in ticked) else None


def _trails(tokens: Sequence[Token]) -> bool:
    """Tell whether the message ends with a mark and its first label has none before it."""
    marks = {_TICK, CROSS}
    first = next((place for place, token in enumerate(tokens) if token.text in _LABELS), 0)
    ends = bool(tokens) and tokens[-1].text in marks
    return ends and first > 0 and tokens[first - 1].text not in marks


def _is_marked(tokens: Sequence[Token], place: int, mark: str, *, trail: bool) -> bool:
    """Tell whether a mark follows that is no bullet of the label behind it."""
    if place >= len(tokens) or tokens[place].text != mark:
        return False
    while place < len(tokens) and tokens[place].text == mark:
        place += 1
    return trail or place >= len(tokens) or tokens[place].text not in _LABELS
