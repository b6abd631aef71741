"""Whether the words of a message allow its prices to be a call to trade."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from trading.parser.blocks import Block
from trading.parser.context_words import DOUBTS, NEWS, WITHDRAWN
from trading.parser.fields import Scan
from trading.parser.headings import unread_heading, unread_lead
from trading.parser.lexer import Token
from trading.parser.lines import (
    MARKS,
    Lines,
    by_line,
    has_side,
    names_a_price,
)
from trading.parser.outcome import CROSS, find_result
from trading.parser.price_lines import is_price, parts_and_remarks, unread_parts
from trading.parser.remarks import Known, counsels, unread_remark
from trading.parser.tagger import OTHER, Item
from trading.parser.vocabulary import Tag
from trading.words import told

_SAID = frozenset({Tag.WORD, Tag.ASIDE})
_OPEN_LEVEL = MARKS | {Tag.STOP, Tag.TARGET, Tag.NUMBER, Tag.NOT_SET}
_MOST_PROSE = 8


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a message is not taken for a call."""

    why: str
    unread: tuple[tuple[int, int], ...] = ()
    """Where the words that are not understood stand in the folded text."""


def why_not_a_call(
    tokens: list[Token], items: list[Item], scan: Scan, blocks: list[Block], *, complete: bool
) -> Doubt | None:
    """Return why the words say that this is no call to trade; None where they do not."""
    lines = by_line(items)
    if result := find_result(tokens, lines):
        return Doubt(
            told('it tells a result ("{result}"): trading it now would be late', result=result)
        )
    if news := _news(lines):
        return Doubt(told('"{news}" speaks of an earlier message', news=news))
    if doubt := _doubt_in_heads(items, blocks) or _doubt_around(lines, blocks):
        return Doubt(
            told('"{doubt}" beside the price makes it a condition or a question', doubt=doubt)
        )
    if _is_crossed_out(tokens, items, blocks):
        return Doubt(told("the call is crossed out"))
    if unread := _unread(lines, blocks, scan):
        return unread
    if not complete and sum(item.tag is Tag.WORD for item in items) > _MOST_PROSE:
        return Doubt(told("an incomplete signal in running text"))
    return None


def _is_crossed_out(tokens: list[Token], items: list[Item], blocks: list[Block]) -> bool:
    """Tell whether a cross stands at the call itself and not, as is usual, before its stop."""
    line = min(_side_lines(blocks))
    end = max(item.end for item in items if item.line == line)
    for cross in (one for one in tokens if one.text == CROSS and one.start < end):
        after = next((item for item in items if item.start > cross.start), None)
        if after is None or after.tag not in {Tag.STOP, Tag.NO_STOP}:
            return True
    return False


def _news(lines: Lines) -> str | None:
    """Find a word of an earlier message on the first two lines that say anything."""
    first = islice(lines.values(), 2)
    return next((item.text for line in first for item in line if item.text in NEWS), None)


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


def _unread(lines: Lines, blocks: list[Block], scan: Scan) -> Doubt | None:
    """Return the first words that are no part of a call: all of it must be understood."""
    sides = _side_lines(blocks)
    heads = [line for number, line in lines.items() if number < min(sides)]
    heads = [line for line in heads if not _names_a_level(line)]
    signature = frozenset(item.text for line in heads for item in line)
    known = Known(signature, frozenset(item.start for item in scan.strays + scan.asides))
    last = max(number for number, line in lines.items() if number in sides or _has_number(line))
    for number, line in lines.items():
        if number in sides or (has_side(line) and _has_price(line)):
            doubt = _beside_side(line, known)
        elif _names_a_level(line):
            doubt = _beside_price(line, known)
        elif number < min(sides):
            doubt = _doubt_about(told("above the call"), unread_heading(line))
        else:
            doubt = _remarked(told("below the prices"), line, known, passing=number > last)
        if doubt is not None:
            return doubt
    return None


def _beside_side(line: Sequence[Item], known: Known) -> Doubt | None:
    if line[0].tag is Tag.ASIDE:
        return _doubt_about(told("before the side"), line[:1])
    return _beside_price(line, known) or _doubt_about(told("before the side"), unread_lead(line))


def _beside_price(line: Sequence[Item], known: Known) -> Doubt | None:
    parts, remarks = parts_and_remarks(line)
    if unread := unread_parts(parts):
        return _doubt_about(told("beside the price"), unread[:3])
    for remark in remarks:
        if doubt := _remarked(told("behind the prices"), remark, known, passing=True):
            return doubt
    return None


def _remarked(where: str, line: Sequence[Item], known: Known, *, passing: bool) -> Doubt | None:
    unread = unread_remark(line, known) or (_level_in_passing(line) if passing else ())
    return _doubt_about(where, unread)


def _doubt_about(where: str, unread: Sequence[Item]) -> Doubt | None:
    if not unread:
        return None
    words = " ".join(item.text for item in unread)
    why = told('"{words}" {where} is not understood', words=words, where=where)
    return Doubt(why, tuple((one.start, one.end) for one in unread))


def _names_a_level(line: Sequence[Item]) -> bool:
    """Tell whether a level stands on a line with its price: "TP2 4710", not "TP2 in the bag"."""
    if line[0].tag is Tag.ADVICE or not names_a_price(line):
        return False
    return _has_price(line)


def _has_price(line: Sequence[Item]) -> bool:
    return any(item.tag is Tag.NUMBER and is_price(line, at) for at, item in enumerate(line))


def _has_number(line: Sequence[Item]) -> bool:
    return any(item.tag is Tag.NUMBER and item.unit != OTHER for item in line)


def _level_in_passing(line: Sequence[Item]) -> Sequence[Item]:
    """Find a stop or target that is told of: "target next", but not "TP3: open"."""
    levels = [item for item in line if item.tag in {Tag.STOP, Tag.TARGET}]
    if not levels or counsels(line) or any(item.tag is Tag.ADVICE for item in line):
        return ()
    left_open = any(item.tag is Tag.NOT_SET for item in line)
    plain = all(item.tag in _OPEN_LEVEL for item in line)
    return () if left_open and plain else levels[:1]


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
