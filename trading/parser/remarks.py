"""What is said beside, between and below the prices of a call.

There stand advice on risk, greetings, links and the channel's name again; whatever else is said
mostly tells how the trade went, or on what it depends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from trading.parser.context_words import (
    ADVISING,
    COMMANDS,
    COUNSEL,
    DISCLAIMERS,
    ENTERING,
    FOLKS,
    GRAMMAR,
    IFS,
    INVITES,
    KINDS,
    LATER,
    NEGATIONS,
    NEWS,
    OFFERS,
    PARTS,
    PROMISES,
    QUIET,
    SMALL_TALK,
    TELLING,
    TRAILING,
    UNNOTED,
    VOIDING,
    WELL,
    WISHES,
)
from trading.parser.hints import is_small, starts_a_list
from trading.parser.lines import MARKS, PRICED, is_tagged, small_words, unknown_words
from trading.parser.tagger import Item
from trading.parser.vocabulary import Tag

_MOST_SMALL = 1
_MOST_LATER = 3
_MOST_ADVISED = 1
"""Unknown words of a line of advice."""
_ADVISED = COUNSEL | COMMANDS | ADVISING | SMALL_TALK | PARTS | GRAMMAR | QUIET
_TALKS = KINDS | SMALL_TALK | {"entry"}
_PRAISED = WELL | FOLKS | {"happy", "best"}
"""Words that are small talk only in a wish: "good luck everyone"."""
_WON = frozenset({"profit", "profits", "pips"})
_OPENING = 3
"""A command stands among the first words of a line: "please follow …"."""
_OF_LEVELS = PRICED | {Tag.NUMBER}
_NAMED = frozenset({Tag.SYMBOL, Tag.SIDE, Tag.NUMBER, Tag.SOFT_ENTRY, Tag.TYPE})
_WHEN = frozenset({Tag.MARKET, Tag.NOT_SET})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a message when its remarks are read."""

    signature: frozenset[str]
    """The words above the call, which may return below it."""
    strays: frozenset[int]
    """Where its numbers stand that belong to no field."""


def not_a_remark(line: Sequence[Item], known: Known) -> str | None:
    """Return the words of a line that neither counsel nor make small talk."""
    line = [item for place, item in enumerate(line) if not is_tagged(line, place)]
    if all(item.tag in MARKS for item in line):
        return None
    said = [item for item in line if item.tag not in MARKS]
    condition = next((item for item in said if item.text in IFS), None)
    if condition is not None:
        if said[0].text in VOIDING:
            return None
        offers = condition.text == "if" and any(item.text in OFFERS for item in said)
        if not (offers or _voids(said)):
            return condition.text
    if forbidden := _forbids(said):
        return forbidden
    if any(item.text in DISCLAIMERS for item in said):
        return None
    if counsels(said):
        return _told_in_advice(said, known)
    return _stands(line, said) or _told(line, said, known)


def counsels(line: Sequence[Item]) -> bool:
    """Tell whether a line advises: it speaks of risk and rules, or a command opens it."""
    said = [item for item in line if item.tag not in MARKS]
    ruled = any(item.text in COUNSEL for item in said)
    forbids = [item.text for item in said[:2]] == ["do", "not"]
    return ruled or forbids or any(item.text in COMMANDS for item in said[:_OPENING])


def _forbids(said: Sequence[Item]) -> str | None:
    """Find "don't enter now", which takes a call back; "never trade without a stop" does not."""
    if any(item.text in {"without", "more", "than"} for item in said):
        return None
    for no, verb in pairwise(said):
        if no.text in NEGATIONS and verb.text in ENTERING:
            return f"{no.text} {verb.text}"
    return None


def _told_in_advice(said: Sequence[Item], known: Known) -> str | None:
    """Find what advice tells of the trade: "keep it up", "share your profits", "3 of 3"."""
    if sum(item.text in TELLING for item in said) > 1:
        return " ".join(item.text for item in said[:3])
    ruled = any(item.text in COUNSEL for item in said)
    counted = [] if ruled else [item for item in said if is_small(item) and not item.unit]
    won = [item for item in said if item.text in _WON or item.text in NEWS]
    offers = any(item.text in OFFERS for item in said)
    asked = [] if offers else [item for item in said if item.text == "?"]
    words = [item for item in said if item.tag is Tag.WORD and item.text not in _ADVISED]
    unknown = [item for item in words if item.text not in known.signature]
    invites = any(item.text in INVITES for item in said)
    unknown = unknown if len(unknown) > (ruled or invites) * _MOST_ADVISED else []
    return next((item.text for item in (*counted, *won, *asked, *unknown)), None)


def _voids(said: Sequence[Item]) -> bool:
    """Tell whether a condition is one of leaving or of the trade's later care."""
    return any(item.tag is Tag.ADVICE or item.text in VOIDING for item in said)


def _stands(line: Sequence[Item], said: list[Item]) -> str | None:
    """Find how the trade stands: "in profit", "open now", "breakeven"."""
    if said[-1].text == "profit" and not any(item.text in PROMISES for item in said):
        return "profit"
    if any(item.tag in PRICED for item in said):
        return None
    listed = {item.text for mark, item in pairwise(line) if mark.tag is Tag.SEPARATOR}
    for item in said:
        waits = item.tag in _WHEN and item.text not in listed and item.text not in PARTS
        if waits and not item.text.startswith(("current", "cmp")):
            return item.text
        if item.tag is Tag.ADVICE and not _notes(item, said):
            return item.text
    return None


def _told(line: Sequence[Item], said: list[Item], known: Known) -> str | None:
    """Return what a line says where it is a note at most: a few words, or "risk: medium"."""
    noted = any(_notes(item, said) for item in said)
    labelled = any(item.text == ":" for item in line)
    kinds = [] if noted or labelled else [item for item in line if _describes(item)]
    unknown = [item for item in kinds + unknown_words(line) if item.text not in known.signature]
    unknown = [item for item in unknown if not _is_small_talk(item, said)]
    most = max((_unknown_in_note(item, line) for item in said if _notes(item, said)), default=0)
    if len(unknown) > most or small_words(said) > _MOST_SMALL + noted:
        return " ".join(item.text for item in (unknown or said)[:3])
    won = next((item.text for item in said[1:] if item.text in _WON), None)
    if won and not any(item.tag is Tag.NUMBER or item.text in PROMISES for item in said):
        return won
    if noted or any(item.tag in PRICED for item in said):
        return None
    if not _is_named(line, said, known):
        return " ".join(item.text for item in said[:3])
    counted = said[1:] if starts_a_list(line) else said
    return next((item.text for item in counted if _is_loose(item, said, known)), None)


def _is_named(line: Sequence[Item], said: list[Item], known: Known) -> bool:
    """Tell whether a line of labels labels something, or names the kind of call it is."""
    labels = [item for item in said if item.text in PARTS and item.tag is not Tag.MARKET]
    if not labels or any(item.text in _TALKS or item.text in known.signature for item in said):
        return True
    return any(item.tag in _NAMED or item.text == ":" for item in line)


def _unknown_in_note(item: Item, line: Sequence[Item]) -> int:
    """Return how many words may be unknown: "risk: medium" has one, "after TP1 hits" some."""
    if item.tag is Tag.ADVICE:
        return _MOST_LATER * any(other.text in IFS for other in line)
    return int(any(other.text in {":", "-", "=", "("} or other.tag is Tag.NUMBER for other in line))


def _notes(item: Item, said: list[Item]) -> bool:
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
    known = item.text in PARTS or item.text in PROMISES or item.text in GRAMMAR
    return (item.tag is Tag.FILLER or item.text in QUIET) and not known


def _is_small_talk(item: Item, said: list[Item]) -> bool:
    if item.text not in _PRAISED:
        return item.text in SMALL_TALK
    return any(other.text in WISHES for other in said)  # "good trade" is praise


def _is_loose(item: Item, said: list[Item], known: Known) -> bool:
    """Tell whether this asks, or counts what no other word names: "5/5", "100 %", "ok?"."""
    if item.tag is not Tag.NUMBER:
        return item.text == "?"
    if item.start in known.strays and not item.unit:
        return True
    listed = any(other.tag is Tag.NUMBER and not _is_short(other) for other in said)
    promised = any(other.text in PROMISES for other in said)
    return _is_short(item) and not (listed or promised)


def _is_short(number: Item) -> bool:
    return bool(number.unit) or is_small(number)
