"""The kinds of remarks there are below a call, and what of a line is none of any kind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from trading.parser.lines import PRICED
from trading.parser.normalise import word_set
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
_OF_LEVELS = PRICED | {Tag.NUMBER}
_LEVELS = frozenset({Tag.STOP, Tag.TARGET})
_FRAMES = frozenset({"h", "m", "d", "w", "min", "hour", "hours"})
_MOST_DIGITS = 4
_JOINS = frozenset({"on", "in", "of", "and", "or", "at", "from", "by", "for", "until"})
_CLOSES = frozenset({"close", "closes"})
_LETTERED = frozenset({Tag.WORD, Tag.ASIDE, Tag.FILLER})


@dataclass(frozen=True, slots=True, eq=False)
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
_DISCLAIMER = _Kind(DISCLAIMERS, DISCLAIMED)
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
    _DISCLAIMER,
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


_BY_HEAD: dict[str, list[_Kind]] = {"own": [_DISCLAIMER]}
for _kind in _SPOKEN:
    for _head in _kind.heads:
        _BY_HEAD.setdefault(_head, []).append(_kind)


def beyond_its_kind(line: Sequence[Item], said: Sequence[Item]) -> Sequence[Item]:
    """Return the words of a line that are not of the kind it is nearest to; none is understood."""
    least = [item for item in said if item.tag in _LETTERED] or said
    texts = frozenset(item.text for item in said)
    for kind in _kinds_named(said):
        if _opens(kind, said):
            beyond = [item for item in said if _is_beyond(kind, item, line, texts)]
            if not beyond:
                return ()
            least = min(least, beyond, key=len)
    return least


def _kinds_named(said: Sequence[Item]) -> Iterable[_Kind]:
    """Return the kinds of which a word is said; later care is told by its tag."""
    named = {kind: None for item in said for kind in _BY_HEAD.get(item.text, ())}
    cared = any(item.tag is Tag.ADVICE for item in said)
    return (*named, _CARE) if cared else named


def _opens(kind: _Kind, said: Sequence[Item]) -> bool:
    if kind is _CARE:
        return any(_cares(item, said) for item in said)
    if kind is _VOID and not any(item.text in CONDITIONS for item in said):
        return False
    if kind is _REASON and len(said) == 1:
        return False  # "breakdown" may be how it went
    if said[0].text in _JOINS or said[-1].text in _JOINS:
        return False  # "on retest" is a condition, "risk on" no note
    if kind.heads is WISHES and any(_lacks_company(item, said) for item in said):
        return False
    if kind.heads in (SIZES, TIMES) and len(said) > 1 and all(_is_vague(item) for item in said):
        return False
    return any(_is_head(item, kind, said) for item in said)


def _lacks_company(item: Item, said: Sequence[Item]) -> bool:
    company = _COMPANY.get(item.text)
    return company is not None and not any(other.text in company for other in said)


def _is_vague(item: Item) -> bool:
    return item.tag is not Tag.NUMBER and item.text in _UNVALUED


def _is_head(item: Item, kind: _Kind, said: Sequence[Item]) -> bool:
    if item.tag is Tag.NOT_SET:
        return item.text == "own" if kind.heads is DISCLAIMERS else item.text in KINDS
    if kind.heads is NUMBERED and item.text in _COUNTED:
        return any(other.tag is Tag.NUMBER for other in said)
    if item.tag is Tag.SIDE or (kind.heads is NUMBERED and item.tag is Tag.FILLER):
        return False  # "signal no. 5" is a note, "signal on hold" none
    return item.text in kind.heads


def _is_beyond(kind: _Kind, item: Item, line: Sequence[Item], texts: frozenset[str]) -> bool:
    """Tell whether an item is none of a kind of remark."""
    if item.tag in kind.tags:
        return False
    if item.tag is Tag.NUMBER:
        counts = kind.counts and not _became(item, line)
        counts = counts and not (kind.heads in (SIZES, COUNSEL) and _is_no_size(item))
        return not counts and not _is_a_timeframe(line, item)
    if item.tag is Tag.ADVICE or (item.text in _CLOSES and item.tag is Tag.ASIDE):
        return kind is not _VOID
    if item.tag is Tag.NOT_SET and item.text not in _LEFT:
        return True
    if item.tag in _LEVELS and kind.words is ADVISED:
        return texts.isdisjoint(USING)
    limits = item.text == "not" and kind.counts and "than" in texts  # "not more than 3 %"
    return item.text not in kind.words and not limits


def _cares(item: Item, said: Sequence[Item]) -> bool:
    """Tell whether advice is for a later moment of the trade: "move the stop after TP1"."""
    if item.tag is not Tag.ADVICE:
        return False
    later = any(other.text in LATER for other in said) or any(
        at.text in {"at", "on"} and level.tag in _OF_LEVELS for at, level in pairwise(said)
    )
    trails = item.text.startswith("trail")
    return later or (trails and any(other.unit == PIPS for other in said))


def _is_no_size(number: Item) -> bool:
    """Tell whether a number is none of risk or size: a price, or nothing."""
    digits = sum(map(str.isdigit, number.text))
    return not number.text.strip("0.,") or (digits > _MOST_DIGITS and "." in number.text)


def _became(number: Item, line: Sequence[Item]) -> bool:
    """Tell whether an arrow leads from a number to this one: "08:15 > 09:40"."""
    before = line[: line.index(number)]
    arrow = next((at for at, item in enumerate(before) if item.text == ">"), len(before))
    return arrow < len(before) and any(item.tag is Tag.NUMBER for item in before[:arrow])


def _is_a_timeframe(line: Sequence[Item], number: Item) -> bool:
    """Tell "4H demand zone" and "H1 engulfing" from what counts or asks."""
    place = line.index(number)
    beside = (*line[max(0, place - 1) : place], *line[place + 1 : place + 2])
    return any(one.text in _FRAMES and _touch(one, number) for one in beside)


def _touch(one: Item, other: Item) -> bool:
    return one.end == other.start or other.end == one.start
