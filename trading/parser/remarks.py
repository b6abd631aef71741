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
from trading.parser.normalise import word_set
from trading.parser.price_lines import unread_parts
from trading.parser.remark_words import (
    ADVISED,
    CARED,
    CHARTED,
    COMMANDS,
    CONDITIONS,
    COUNSEL,
    DISCLAIMED,
    DISCLAIMERS,
    ENTERED,
    ENTERS,
    EXPIRED,
    EXPIRES,
    HOPED,
    HOPES,
    KINDED,
    KINDS,
    LABELS,
    LATER,
    NEARED,
    NEARS,
    NOT_ALONE,
    NUMBERED,
    NUMBERINGS,
    OFFERED,
    OFFERS,
    PROMISED,
    PROMISES,
    REASONED,
    REASONS,
    SESSIONS,
    SIZED,
    SIZES,
    TIMED,
    TIMES,
    USING,
    VAGUE,
    VOIDED,
    VOIDING,
    WISHED,
    WISHES,
)
from trading.parser.tagger import PIPS, Item
from trading.parser.vocabulary import Tag

_COMPANY = {word: word_set(others) for word, others in NOT_ALONE.items()}
_UNVALUED = SIZES | TIMES | VAGUE
_COUNTED = NUMBERED - {"copyright", "rights"}
_LEFT = KINDS | {"own", "?"}
_NAMED = PRICED | {Tag.SYMBOL, Tag.SIDE, Tag.NUMBER, Tag.TYPE, Tag.NO_STOP, Tag.NO_TARGET}
_OF_LEVELS = PRICED | {Tag.NUMBER}
_LEVELS = frozenset({Tag.STOP, Tag.TARGET})
_WHEN = frozenset({Tag.MARKET, Tag.NOT_SET})
_FRAMES = frozenset({"h", "m", "d", "w", "min", "hour", "hours"})
_ENDS = frozenset(".!;,()|*-")
_TELLING_TAGS = NEWS | LESSONS
_CALLED = ENTERING | CALLS | SIZES | {"valid", "risk", "active", "sl", "stop"}
_JOINS = frozenset({"on", "in", "of", "and", "or", "at", "from", "by", "for", "until"})
_CLOSES = frozenset({"close", "closes"})
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
    """Where its numbers stand that belong to no field."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of remark: a line of it has one of the heads, and none but its words."""

    heads: frozenset[str]
    words: frozenset[str]
    counts: bool = False
    """Numbers may stand in it."""
    tags: frozenset[Tag] = frozenset()
    """What else may stand in it whatever it says: a symbol, advice for later."""


_SYMBOLS = frozenset({Tag.SYMBOL})
_ADVICE = _Kind(COUNSEL, ADVISED, counts=True)
_VOID = _Kind(VOIDING, VOIDED, counts=True, tags=frozenset({Tag.ADVICE}))
_CARE = _Kind(frozenset(), CARED, counts=True, tags=frozenset({Tag.ADVICE}))
_REASON = _Kind(REASONS, REASONED)
_SPOKEN = (
    _Kind(SIZES, SIZED, counts=True),
    _Kind(TIMES, TIMED, counts=True),
    _Kind(EXPIRES, EXPIRED, counts=True),
    _Kind(NEARS, NEARED, counts=True),
    _Kind(NUMBERED, NUMBERINGS, counts=True),
    _ADVICE,
    _Kind(COMMANDS, ADVISED),
    _Kind(ENTERS, ENTERED),
    _Kind(DISCLAIMERS, DISCLAIMED),
    _Kind(WISHES, WISHED),
    _Kind(OFFERS, OFFERED, tags=_SYMBOLS),
    _Kind(KINDS, KINDED),
    _Kind(HOPES, HOPED),
    _Kind(frozenset({"chart"}), CHARTED, counts=True),
    _Kind(frozenset({"session"}), SESSIONS),
    _Kind(frozenset({"entry"}), frozenset({"entry"})),  # "entry now"
    _Kind(frozenset({"total"}), frozenset({"total"}), counts=True),
    _Kind(PROMISES, PROMISED, counts=True),
    _REASON,
    _VOID,
)


def unread_remark(line: Sequence[Item], known: Known) -> Unread:
    """Return the words of a line that are of no kind of remark."""
    line = [item for place, item in enumerate(line) if not _is_a_tag(line, place)]
    said = [item for item in line if item.tag not in MARKS]
    if not said:
        return ()
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
    least: Unread = [item for item in said if item.tag in _LETTERED] or said
    for kind in (*_SPOKEN, _CARE):
        if _opens(kind, said):
            beyond = [item for item in said if _is_beyond(kind, item, line)]
            if not beyond:
                return ()
            least = min(least, beyond, key=len)
    return least


def _opens(kind: _Kind, said: Unread) -> bool:
    if kind is _CARE:
        return any(_cares(item, said) for item in said)
    if kind is _VOID and not any(item.text in CONDITIONS for item in said):
        return False
    if said[0].text in _JOINS or said[-1].text in _JOINS:
        return False  # "on retest" is a condition, "risk on" no note
    if kind.heads is WISHES and any(_lacks_company(item, said) for item in said):
        return False
    if kind.heads in (SIZES, TIMES) and len(said) > 1 and all(_is_vague(item) for item in said):
        return False
    return any(_is_head(item, kind, said) for item in said)


def _lacks_company(item: Item, said: Unread) -> bool:
    company = _COMPANY.get(item.text)
    return company is not None and not any(other.text in company for other in said)


def _is_vague(item: Item) -> bool:
    return item.tag is not Tag.NUMBER and item.text in _UNVALUED


def _is_head(item: Item, kind: _Kind, said: Unread) -> bool:
    if item.tag is Tag.NOT_SET:
        return item.text == "own" if kind.heads is DISCLAIMERS else item.text in KINDS
    if kind.heads is NUMBERED and item.text in _COUNTED:
        return any(other.tag is Tag.NUMBER for other in said)
    if item.tag is Tag.SIDE or (kind.heads is NUMBERED and item.tag is Tag.FILLER):
        return False  # "signal no. 5" is a note, "signal on hold" none
    return item.text in kind.heads


def _is_beyond(kind: _Kind, item: Item, line: Sequence[Item]) -> bool:
    """Tell whether an item is none of a kind of remark."""
    if item.tag in kind.tags:
        return False
    if item.tag is Tag.NUMBER:
        return not kind.counts and not _is_a_timeframe(line, item)
    if item.tag is Tag.ADVICE or (item.text in _CLOSES and item.tag is Tag.ASIDE):
        return kind is not _VOID
    if item.tag is Tag.NOT_SET and item.text not in _LEFT:
        return True
    if item.tag in _LEVELS and kind.words is ADVISED:
        return not any(other.text in USING for other in line)
    if item.text in kind.words:
        return False
    # "not more than 3 %" is a note, "not valid" none
    limits = any(other.text == "than" for other in line)
    return not (limits and item.text == "not" and kind.counts)


def _is_of_the_call(line: Sequence[Item], said: Unread, known: Known) -> bool:
    """Tell whether a line goes on with the parts of the call: "@ 4710 - 4705", "Pair: EURUSD"."""
    if not any(item.tag in _NAMED or item.tag in _WHEN for item in said):
        return False
    if unread_parts(line, LABELS) or any(_waits(line, item) for item in said):
        return False
    counted = said[1:] if starts_a_list(line) else said
    loose = [item for item in counted if _is_loose(item, said, known)]
    return all(_is_a_timeframe(line, item) for item in loose)


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
        if no.text in NEGATIONS and called:
            return (no, verb)
    return ()


def _cares(item: Item, said: Unread) -> bool:
    """Tell whether advice is for a later moment of the trade: "move the stop after TP1"."""
    if item.tag is not Tag.ADVICE:
        return False
    later = any(other.text in LATER for other in said) or any(
        at.text in {"at", "on"} and level.tag in _OF_LEVELS for at, level in pairwise(said)
    )
    trails = item.text.startswith("trail")
    return later or (trails and any(other.unit == PIPS for other in said))


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


def _is_a_timeframe(line: Sequence[Item], number: Item) -> bool:
    """Tell "4H demand zone" and "H1 engulfing" from what counts or asks."""
    place = line.index(number)
    beside = (*line[max(0, place - 1) : place], *line[place + 1 : place + 2])
    return any(one.text in _FRAMES and _touch(one, number) for one in beside)


def _touch(one: Item, other: Item) -> bool:
    return one.end == other.start or other.end == one.start


def _is_short(number: Item) -> bool:
    return bool(number.unit) or is_small(number)
