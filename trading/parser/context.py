"""Whether the words of a message allow its prices to be a call to trade."""

from collections.abc import Iterable, Sequence

from trading.parser.blocks import Block
from trading.parser.context_words import DOUBTS, GREETINGS, NEWS, TITLES, WITHDRAWN
from trading.parser.fields import Scan
from trading.parser.headings import not_a_heading, not_a_lead
from trading.parser.hints import is_small
from trading.parser.lexer import Token
from trading.parser.lines import (
    MARKS,
    Lines,
    by_line,
    has_side,
    is_sentence,
    names_a_price,
    unknown_words,
)
from trading.parser.outcome import find_result
from trading.parser.remarks import Known, counsels, not_a_remark
from trading.parser.tagger import BROKEN, PIPS, Item
from trading.parser.vocabulary import Tag
from trading.words import told

_LEADS = TITLES | GREETINGS
_SAID = frozenset({Tag.WORD, Tag.ASIDE})
_OPEN_LEVEL = MARKS | {Tag.STOP, Tag.TARGET, Tag.NUMBER, Tag.NOT_SET}
_MOST_PROSE = 8
_MOST_BESIDE_LEVEL = 2


def why_not_a_call(
    tokens: list[Token], items: list[Item], scan: Scan, blocks: list[Block], *, complete: bool
) -> str | None:
    """Return why the words say that this is no call to trade; None where they do not."""
    lines = by_line(items)
    if result := find_result(tokens, lines):
        return told('it tells a result ("{result}"): trading it now would be late', result=result)
    if news := _news(lines):
        return told('"{news}" speaks of an earlier message', news=news)
    if doubt := _doubt_in_heads(items, blocks) or _doubt_around(lines, blocks):
        return told('"{doubt}" beside the price makes it a condition or a question', doubt=doubt)
    if prose := _prose(lines, blocks, scan):
        return prose
    if not complete and sum(item.tag is Tag.WORD for item in items) > _MOST_PROSE:
        return told("an incomplete signal in running text")
    return None


def _news(lines: Lines) -> str | None:
    """Find a word of an earlier message on the first two lines that say anything."""
    said = [line for line in lines.values() if any(item.tag is not Tag.NEWLINE for item in line)]
    return next((item.text for line in said[:2] for item in line if item.text in NEWS), None)


def _doubt_in_heads(items: list[Item], blocks: list[Block]) -> str | None:
    heads = [_head(items, block, first=block is blocks[0]) for block in blocks]
    return next((item.text for head in heads for item in head if _doubts(item)), None)


def _doubt_around(lines: Lines, blocks: list[Block]) -> str | None:
    """Find what voids the call outside of its head: a quotation, a question, "no longer"."""
    sides = _side_lines(blocks)
    for number, line in lines.items():
        if _quotes(line):
            return '"'
        for item in line:
            asks = number in sides and item.text in {"?", "\u00bf"}
            if asks or (item.tag in _SAID and item.text in WITHDRAWN):
                return item.text
    return None


def _quotes(line: Sequence[Item]) -> bool:
    """Tell whether a call stands between quotation marks: it is what somebody said."""
    marks = [item.start for item in line if item.text == '"']
    return len(marks) > 1 and any(item.start > marks[0] and item.tag is Tag.SIDE for item in line)


def _prose(lines: Lines, blocks: list[Block], scan: Scan) -> str | None:
    """Return what of the lines is no part of a call: all of it must be understood."""
    sides = _side_lines(blocks)
    lead = [item for number, line in lines.items() if number < min(sides) for item in line]
    signature = frozenset(item.text for item in lead)
    known = Known(signature, frozenset(item.start for item in scan.strays))
    last = max(number for number, line in lines.items() if number in sides or _has_number(line))
    for number, line in lines.items():
        if len(line) == 1 and line[0].tag is Tag.NEWLINE:
            continue
        if number in sides or has_side(line):
            why = _prose_beside_side(line, known)
        elif _names_a_level(line):
            why = _prose_beside_level(line, known)
        elif number < min(sides):
            why = _unread_heading(line)
        else:
            why = _unread_remark(line, known, below=number > last)
        if why is not None:
            return why
    return None


def _prose_beside_side(line: Sequence[Item], known: Known) -> str | None:
    if line[0].tag is Tag.ASIDE:
        return told('"{text}" before the side makes its price an example', text=line[0].text)
    end = _behind_prices(line)
    unknown = (item.text for item in unknown_words(line[:end]) if item.text not in _LEADS)
    word = next(unknown, None) or not_a_lead(line)
    if word:
        return told('"{word}" beside the side is not understood', word=word)
    levels = any(item.tag in {Tag.STOP, Tag.TARGET} for item in line)
    if not levels and line[end : end + 1] and line[end].tag is Tag.MARKET:
        end += 1  # "buy gold 4700 now"
    return _remark_behind(line[end:], known)


def _prose_beside_level(line: Sequence[Item], known: Known) -> str | None:
    end = _behind_prices(line)
    if len(unknown_words(line[:end])) > _MOST_BESIDE_LEVEL or is_sentence(line):
        return told("a price stands in running text")
    return _remark_behind(line[end:], known)


def _remark_behind(behind: Sequence[Item], known: Known) -> str | None:
    remark = not_a_remark(behind, known) or _level_in_passing(behind)
    if not remark:
        return None
    return told('"{remark}" behind the prices is not understood', remark=remark)


def _behind_prices(line: Sequence[Item]) -> int:
    """Return the place behind the last price of a line; its end where it has none."""
    for place in range(len(line) - 1, -1, -1):
        if line[place].tag is Tag.NUMBER and _is_price(line, place):
            return place + 1
    return len(line)


def _is_price(line: Sequence[Item], place: int) -> bool:
    """Tell a price or distance from a count and from the index of "TP3 open"."""
    item, before = line[place], line[max(0, place - 1)]
    if item.unit not in {"", PIPS, BROKEN}:
        return False
    numbers = before.tag in {Tag.TARGET, Tag.ENTRY} and not item.unit and is_small(item)
    follows = any(other.tag not in MARKS for other in line[place + 1 :])
    return not (numbers and (follows or not item.spaced))


def _unread_heading(line: Sequence[Item]) -> str | None:
    word = not_a_heading(line)
    return told('"{word}" above the call is not understood', word=word) if word else None


def _unread_remark(line: Sequence[Item], known: Known, *, below: bool) -> str | None:
    remark = not_a_remark(line, known) or (below and _level_in_passing(line))
    if not remark:
        return None
    return told('"{remark}" below the prices is not understood', remark=remark)


def _names_a_level(line: Sequence[Item]) -> bool:
    """Tell whether a level stands on a line with its price: "TP2 4710", not "TP2 in the bag"."""
    if line[0].tag is Tag.ADVICE or not names_a_price(line):
        return False
    return any(item.tag is Tag.NUMBER and _is_price(line, at) for at, item in enumerate(line))


def _has_number(line: Sequence[Item]) -> bool:
    return any(item.tag is Tag.NUMBER for item in line)


def _level_in_passing(line: Sequence[Item]) -> str | None:
    """Find a stop or target that is told of: "target next", but not "TP3: open"."""
    level = next((item for item in line if item.tag in {Tag.STOP, Tag.TARGET}), None)
    if level is None or counsels(line) or any(item.tag is Tag.ADVICE for item in line):
        return None
    left_open = any(item.tag is Tag.NOT_SET for item in line)
    plain = all(item.tag in _OPEN_LEVEL for item in line)
    return None if left_open and plain else level.text


def _side_lines(blocks: Iterable[Block]) -> set[int]:
    return {block.side.line for block in blocks if block.side}


def _head(items: list[Item], block: Block, *, first: bool) -> list[Item]:
    """Return the items from the start of the side's line to the first number behind it."""
    side = block.side
    if side is None:
        return []
    line = [item for item in items if item.line == side.line]
    head: list[Item] = []
    for item in line:
        if item.start > side.start and item.tag in {Tag.NUMBER, Tag.STOP, Tag.TARGET}:
            break
        head.append(item)
    if first:
        return head
    # In a one-line message of several trades only what follows the last price is this head.
    for place in range(len(head) - 1, -1, -1):
        if head[place].tag is Tag.NUMBER and head[place].start < side.start:
            return head[place + 1 :]
    return head


def _doubts(item: Item) -> bool:
    return item.tag is not Tag.SIDE and (item.text in DOUBTS or item.text == "?")
