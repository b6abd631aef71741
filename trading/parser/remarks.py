"""What is said beside, between and below the prices of a call.

There stand advice on risk, wishes, links, why the call is made and the channel's name again. Each
kind of remark has a list of words; a line is understood when all of its words are of one kind (or
those of each of its sentences are). Whatever else is said mostly tells how the trade went, or on
what it depends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from trading.parser.context_words import (
    BRANDING,
    BRANDS,
    CALLS,
    ENTERING,
    LESSONS,
    NEGATIONS,
    NEWS,
    TAG_PARTS,
    TOLD_PARTS,
)
from trading.parser.headings import is_a_name
from trading.parser.hints import is_small, starts_a_list
from trading.parser.lines import MARKS, PRICED, is_tagged
from trading.parser.price_lines import unread_parts
from trading.parser.remark_kinds import beyond_its_kind
from trading.parser.remark_words import (
    COMMANDS,
    COUNSEL,
    LABELS,
    SIZES,
)
from trading.parser.tagger import Item
from trading.parser.vocabulary import Tag

_LONGEST = 40
"""Words of the longest remark."""
_NAMED = PRICED | {Tag.SYMBOL, Tag.SIDE, Tag.NUMBER, Tag.TYPE, Tag.NO_STOP, Tag.NO_TARGET}
_WHEN = frozenset({Tag.MARKET, Tag.NOT_SET})
_ENDS = frozenset(".!;,()|*-")
_TELLING_TAGS = NEWS | LESSONS
_CALLED = ENTERING | CALLS | SIZES | {"valid", "risk", "active", "sl", "stop"}
_BRANDED = (BRANDS | BRANDING) - {"pips"}
_LETTERED = frozenset({Tag.WORD, Tag.ASIDE, Tag.FILLER})

Unread = Sequence[Item]
"""The words of a line that are not understood; empty where all are."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a message when its remarks are read."""

    signature: frozenset[str]
    """The words above the call, which may return below it."""
    strays: frozenset[int]
    """Where its numbers stand that are of no field."""


def unread_remark(line: Sequence[Item], known: Known) -> Unread:
    """Return the words of a line that are of no kind of remark."""
    line = [item for place, item in enumerate(line) if not _is_a_tag(line, place)]
    said = [item for item in line if item.tag not in MARKS]
    if not said or len(said) > _LONGEST:
        return said[:3]
    unread = _forbids(said) or _unread(line, said, known)
    sentences = _sentences(line) if unread else []
    if len(sentences) < 2 or _forbids(said):
        return unread[:3]
    for sentence in sentences:
        said = [item for item in sentence if item.tag not in MARKS]
        if unread := _unread(sentence, said, known):
            return unread[:3]
    return ()


def counsels(line: Sequence[Item]) -> bool:
    """Tell whether a line advises: it speaks of risk and rules, or a command opens it."""
    said = [item for item in line if item.tag not in MARKS]
    ruled = any(item.text in COUNSEL for item in said)
    return ruled or any(item.text in COMMANDS for item in said)


def _unread(line: Sequence[Item], said: Unread, known: Known) -> Unread:
    if not said or _is_of_the_call(line, said, known) or _is_a_signature(said, known):
        return ()
    return beyond_its_kind(line, said)


def _is_of_the_call(line: Sequence[Item], said: Unread, known: Known) -> bool:
    """Tell whether a line goes on with the parts of the call: "@ 4710 - 4705", "Pair: EURUSD"."""
    if not any(item.tag in _NAMED or item.tag in _WHEN for item in said):
        return False
    if unread_parts(line, LABELS) or any(_waits(line, item) for item in said):
        return False
    counted = said[1:] if starts_a_list(line) else said
    return not any(_is_loose(item, said, known) for item in counted)


def _waits(line: Sequence[Item], item: Item) -> bool:
    """Tell whether "open" or "now" is said of the trade, not of a label before it."""
    if item.tag not in _WHEN or item.text.startswith(("current", "cmp")):
        return False
    before = line[: line.index(item)]
    listed = bool(before) and before[-1].tag is Tag.SEPARATOR
    listed = listed or (item.text == "market" and bool(before) and before[-1].text == "(")
    return not (listed or any(one.tag in PRICED or one.text == ":" for one in before))


def _is_a_signature(said: Unread, known: Known) -> bool:
    """Tell whether a line is the channel's name, or repeats what stands above the call."""
    loud = [item for item in said if item.tag is Tag.WORD and item.text not in CALLS]
    if loud and is_a_name(said, loud):
        return True
    words = [item for item in said if item.tag is not Tag.SYMBOL]
    plain = all(item.tag in _LETTERED for item in words)
    return plain and all(i.text in known.signature or i.text in _BRANDED for i in words)


def _sentences(line: Sequence[Item]) -> list[list[Item]]:
    """Cut a line at its marks into what may be remarks of their own."""
    pieces: list[list[Item]] = [[]]
    for item in line:
        if item.text in _ENDS and item.tag in MARKS:
            pieces.append([])
        else:
            pieces[-1].append(item)
    return [piece for piece in pieces if piece]


def _is_a_tag(line: Sequence[Item], place: int) -> bool:
    """Tell whether a word is a name or a channel's hashtag; "#recap" says what this is."""
    item = line[place]
    if item.tag is Tag.NUMBER or not is_tagged(line, place) or item.text in _TELLING_TAGS:
        return False
    if line[place - 1].text != "#" or item.tag is not Tag.WORD:
        return True
    text = line[place].text
    named = any(part in text for part in TAG_PARTS)
    return named and not any(part in text.replace("gold", "") for part in TOLD_PARTS)


def _forbids(said: Unread) -> Unread:
    """Find "don't enter now" and "no entry"; "never trade without a stop" takes nothing back."""
    if any(item.text in {"without", "more", "than"} for item in said):
        return ()
    for no, verb in pairwise(said):
        called = verb.text in _CALLED or verb.tag in {Tag.ENTRY, Tag.SIDE}
        called = called or (no.text == "no" and verb.text in COUNSEL)
        if no.text in NEGATIONS and called:
            return (no, verb)
    return ()


def _is_loose(item: Item, said: Unread, known: Known) -> bool:
    """Tell whether this asks, or counts what no other word names: "5/5", "100 %", "ok?"."""
    if item.tag is not Tag.NUMBER:
        return item.text == "?" and not any(other.tag in PRICED for other in said)
    if (item.start in known.strays and not item.unit) or ":" in item.text:
        return True
    if any(other.tag in PRICED for other in said):
        return False
    listed = any(other.tag is Tag.NUMBER and not _is_short(other) for other in said)
    return _is_short(item) and not listed


def _is_short(number: Item) -> bool:
    return bool(number.unit) or is_small(number)
