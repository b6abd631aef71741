"""What is said beside, between and below the prices of a call.

There stand advice on risk, greetings, links, why the call is made and the channel's name again,
each in words that are known for it; whatever else is said mostly tells how the trade went, or on
what it depends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from trading.parser.context_words import (
    COMMANDS,
    COUNSEL,
    ENTERING,
    GRAMMAR,
    IFS,
    INVITES,
    KINDS,
    LATER,
    LESSONS,
    NEGATIONS,
    NEWS,
    OFFERS,
    PARTS,
    PROMISES,
    QUIET,
    TELLING,
    TRAILING,
    UNNOTED,
    VOIDING,
)
from trading.parser.headings import is_a_name
from trading.parser.hints import is_small, starts_a_list
from trading.parser.lines import MARKS, PRICED, is_tagged, small_words, unknown_words
from trading.parser.remark_words import (
    ADVISING,
    CARE,
    DISCLAIMERS,
    DISCLAIMING,
    NOTED,
    PRAISED,
    REASONS,
    SMALL_TALK,
    WISHES,
)
from trading.parser.tagger import Item
from trading.parser.vocabulary import Tag

_MOST_SMALL = 1
_ADVISED = COUNSEL | COMMANDS | ADVISING | SMALL_TALK | PARTS | GRAMMAR | QUIET
_RULED = _ADVISED | NOTED
_VOIDED = _RULED | CARE | VOIDING | IFS
_CARED = REASONS | NOTED | CARE
_DESCRIBING = PARTS | PROMISES | GRAMMAR | REASONS
_TALKS = KINDS | SMALL_TALK | REASONS | {"entry"}
_BEYOND = frozenset({"above", "below", "break"})
_TELLING_TAGS = NEWS | LESSONS
_FRAMES = frozenset({"h", "m", "d", "w", "min"})
_WON = frozenset({"profit", "profits", "pips"})
_OPENING = 3
"""A command stands among the first words of a line: "please follow …"."""
_OF_LEVELS = PRICED | {Tag.NUMBER}
_NAMED = frozenset({Tag.SYMBOL, Tag.SIDE, Tag.NUMBER, Tag.SOFT_ENTRY, Tag.TYPE})
_WHEN = frozenset({Tag.MARKET, Tag.NOT_SET})

Unread = Sequence[Item]
"""The words of a line that are not understood; empty where all are."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a message when its remarks are read."""

    signature: frozenset[str]
    """The words above the call, which may return below it."""
    strays: frozenset[int]
    """Where its numbers stand that belong to no field."""


def unread_remark(line: Sequence[Item], known: Known) -> Unread:
    """Return the words of a line that neither counsel nor note nor make small talk."""
    line = [item for place, item in enumerate(line) if not _is_a_tag(line, place)]
    said = [item for item in line if item.tag not in MARKS]
    if not said:
        return ()
    if forbidden := _forbids(said):
        return forbidden
    condition = next((item for item in said if _conditions(item)), None)
    if condition is not None and not (_offers(said) or _voids(said)):
        return (condition,)
    if said[0].text in VOIDING and condition is not None:
        return _beyond(line, _VOIDED, known)
    if any(item.text in DISCLAIMERS for item in said):
        return _beyond(line, DISCLAIMING, known)
    if counsels(said):
        return _told_in_advice(line, said, known)
    loud = [item for item in said if item.tag is Tag.WORD and item.text not in PARTS]
    if loud and is_a_name(said, loud):
        return ()
    return _stands(line, said) or _told(line, said, known)


def _is_a_tag(line: Sequence[Item], place: int) -> bool:
    """Tell whether a word is a name or hashtag; "#education" and "#recap" say what this is."""
    return is_tagged(line, place) and line[place].text not in _TELLING_TAGS


def _conditions(item: Item) -> bool:
    """Tell whether a word makes what follows a condition: if, once, close above."""
    closes = item.tag is Tag.ASIDE and item.text in {"close", "closes"}
    return closes or item.text in IFS or (item.tag is Tag.CONDITION and item.text in _BEYOND)


def counsels(line: Sequence[Item]) -> bool:
    """Tell whether a line advises: it speaks of risk and rules, or a command opens it."""
    said = [item for item in line if item.tag not in MARKS]
    ruled = any(item.text in COUNSEL for item in said)
    forbids = [item.text for item in said[:2]] == ["do", "not"]
    return ruled or forbids or any(item.text in COMMANDS for item in said[:_OPENING])


def _beyond(line: Sequence[Item], words: frozenset[str], known: Known) -> Unread:
    """Return the words of a line that are neither among some nor above the call."""
    unknown = [item for item in unknown_words(line) if item.text not in words]
    return [item for item in unknown if item.text not in known.signature][:3]


def _offers(said: Unread) -> bool:
    """Tell whether a condition is one of advertising: "if you want more, join us"."""
    return any(item.text == "if" for item in said) and any(item.text in OFFERS for item in said)


def _voids(said: Unread) -> bool:
    """Tell whether a condition is one of leaving or of the trade's later care."""
    return any(item.tag is Tag.ADVICE or item.text in VOIDING for item in said)


def _forbids(said: Unread) -> Unread:
    """Find "don't enter now" and "no entry"; "never trade without a stop" takes nothing back."""
    if any(item.text in {"without", "more", "than"} for item in said):
        return ()
    for no, verb in pairwise(said):
        called = verb.text in ENTERING | PARTS or verb.tag in {Tag.ENTRY, Tag.SIDE}
        if no.text in NEGATIONS and called:
            return (no, verb)
    return ()


def _told_in_advice(line: Sequence[Item], said: Unread, known: Known) -> Unread:
    """Find what advice tells of the trade: "keep it up", "share your profits", "3 of 3"."""
    if sum(item.text in TELLING for item in said) > 1:
        return said[:3]
    ruled = any(item.text in COUNSEL for item in said)
    invites = any(item.text in INVITES for item in said)
    counted = [] if ruled else [item for item in said if is_small(item) and not item.unit]
    won = [item for item in said if item.text in _WON or item.text in NEWS]
    offers = any(item.text in OFFERS for item in said)
    asked = [] if offers else [item for item in said if item.text == "?"]
    words = _RULED if ruled or not invites else _ADVISED
    return [*counted, *won, *asked, *_beyond(line, words, known)][:1]


def _stands(line: Sequence[Item], said: Unread) -> Unread:
    """Find how the trade stands: "in profit", "open now", "breakeven"."""
    if said[-1].text == "profit" and not any(item.text in PROMISES for item in said):
        return said[-1:]
    if any(item.tag in PRICED for item in said):
        return ()
    listed = {item.text for mark, item in pairwise(line) if mark.tag is Tag.SEPARATOR}
    for item in said:
        waits = item.tag in _WHEN and item.text not in listed and item.text not in PARTS
        if waits and not item.text.startswith(("current", "cmp")):
            return (item,)
        if item.tag is Tag.ADVICE and not _notes(item, said):
            return (item,)
    return ()


def _told(line: Sequence[Item], said: Unread, known: Known) -> Unread:
    """Return what a line says where it is no note, no reason and no small talk."""
    noted = any(_notes(item, said) for item in said)
    labelled = any(item.text == ":" for item in line)
    kinds = [] if noted or labelled else [item for item in line if _describes(item)]
    words = _CARED if noted else REASONS
    unknown = [*kinds, *_beyond(line, words, known)]
    unknown = [item for item in unknown if item.text not in known.signature]
    unknown = [item for item in unknown if not _is_small_talk(item, said)]
    if unknown:
        return unknown[:3]
    if small_words(said) > _MOST_SMALL + noted:
        return said[:3]
    won = next((item for item in said[1:] if item.text in _WON), None)
    if won and not any(item.tag is Tag.NUMBER or item.text in PROMISES for item in said):
        return (won,)
    if noted or any(item.tag in PRICED for item in said):
        return ()
    if not _is_named(line, said, known):
        return said[:3]
    counted = said[1:] if starts_a_list(line) else said
    loose = [item for item in counted if _is_loose(item, said, known)]
    return [item for item in loose if not _is_a_timeframe(line, item)][:1]


def _is_named(line: Sequence[Item], said: Unread, known: Known) -> bool:
    """Tell whether a line of labels labels something, or names the kind of call it is."""
    labels = [item for item in said if item.text in PARTS and item.tag is not Tag.MARKET]
    if not labels or any(item.text in _TALKS or item.text in known.signature for item in said):
        return True
    return any(item.tag in _NAMED or item.text == ":" for item in line)


def _notes(item: Item, said: Unread) -> bool:
    """Tell whether an item makes the line a note: on risk and time, or on later care."""
    if item.tag is Tag.ASIDE:
        return item.text not in UNNOTED
    if item.tag is not Tag.ADVICE:
        return False
    later = any(other.text in LATER for other in said)
    later = later or any(
        at.text in {"at", "on"} and other.tag in _OF_LEVELS for at, other in pairwise(said)
    )
    return later or (item.text in TRAILING and any(o.tag in _OF_LEVELS for o in said))


def _describes(item: Item) -> bool:
    """Tell whether a word that may describe a call in a heading is said of it here."""
    known = item.text in _DESCRIBING
    return (item.tag is Tag.FILLER or item.text in QUIET) and not known


def _is_small_talk(item: Item, said: Unread) -> bool:
    if item.text not in PRAISED:
        return item.text in SMALL_TALK
    return any(other.text in WISHES for other in said)  # "good trade" is praise


def _is_loose(item: Item, said: Unread, known: Known) -> bool:
    """Tell whether this asks, or counts what no other word names: "5/5", "100 %", "ok?"."""
    if item.tag is not Tag.NUMBER:
        return item.text == "?"
    if item.start in known.strays and not item.unit:
        return True
    listed = any(other.tag is Tag.NUMBER and not _is_short(other) for other in said)
    promised = any(other.text in PROMISES for other in said)
    return _is_short(item) and not (listed or promised)


def _is_a_timeframe(line: Sequence[Item], number: Item) -> bool:
    """Tell "4H demand zone" and "H1 engulfing" from what counts or asks."""
    place = line.index(number)
    beside = (*line[max(0, place - 1) : place], *line[place + 1 : place + 2])
    return any(
        one.text in _FRAMES and 0 <= max(number.start - one.end, one.start - number.end) < 1
        for one in beside
    )


def _is_short(number: Item) -> bool:
    return bool(number.unit) or is_small(number)
