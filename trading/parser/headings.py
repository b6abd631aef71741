"""The lines above a call: names of calls and of channels, and nothing that is told.

A heading is understood when each of its words is one of the trade or names a call; words that
are not known are a channel's name only where another word says so ("Waves Scout Forex"). All
else above a call ("Stats: 7W 1L", "From the archive") may say that it is none.
"""

from collections.abc import Sequence

from trading.parser.context_words import (
    BIDS,
    CITIES,
    COMMANDS,
    COUNSEL,
    DAY_PARTS,
    FIRMS,
    GRAMMAR,
    GREETINGS,
    JOINERS,
    MONEY,
    NAME_PARTS,
    NAMES,
    NAMING,
    PAST_DAYS,
    RECORDS,
    SHARES,
    SOURCES,
    TITLES,
    WELL,
)
from trading.parser.lines import MARKS, is_tagged, small_words
from trading.parser.tagger import Item
from trading.parser.vocabulary import Tag

_UNSAID = frozenset({Tag.ADVICE, Tag.CONDITION, Tag.NOT_SET, Tag.NO_STOP, Tag.NO_TARGET})
_TITLED = TITLES | JOINERS
_JOINING = (GRAMMAR | JOINERS) - {"and", "by"}
_GREETED = GREETINGS | WELL | DAY_PARTS
_UNMEASURED = RECORDS | {"session", "day", "week"}
_MOST_SMALL = 1
_LONGEST_NAME = 3
_LONGEST_GREETING = 2


def not_a_heading(line: Sequence[Item]) -> str | None:
    """Return the first words of a line above a call that are not understood."""
    said = [item for item in line if item.tag not in MARKS]
    if not said:
        return None
    loud = [
        item for place, item in enumerate(line) if _is_loud(item) and not is_tagged(line, place)
    ]
    levels = [item for item in said if item.tag in {Tag.STOP, Tag.TARGET}]
    if len(levels) < len(said):
        loud += levels
    if not any(item.tag is Tag.NUMBER for item in line):
        loud = [item for item in loud if item.text not in SHARES]
    if said[0].text in CITIES:
        loud = [item for item in loud if item.text != "open"]
    number = next((item for place, item in enumerate(line) if _is_loose(line, place)), None)
    if number is not None:
        return number.text
    if any(item.text == "'" for item in line):  # "members' trade" is somebody's
        return said[0].text
    if small_words(said) > _MOST_SMALL + (said[-1].text == "day"):
        return " ".join(item.text for item in said[:3])
    known = (_is_name, _is_greeting, _is_advice, _is_for_an_account, _is_relayed)
    if said[0].text == "the" and len(said) == 2 and said[1].text != "signals":
        return "the"
    if not loud or _names_its_source(line, said) or any(knows(said, loud) for knows in known):
        return None
    return " ".join(item.text for item in loud[:3])


def not_a_lead(line: Sequence[Item]) -> str | None:
    """Return the first word before the side, on its line, that no call begins with."""
    heads = [place for place, item in enumerate(line) if item.tag in {Tag.SIDE, Tag.SYMBOL}]
    for place, item in enumerate(line[: heads[0]]):
        loud = _is_loud(item) or item.text in JOINERS
        greets = item.text in _GREETED
        if loud and item.text not in BIDS and not greets and not is_tagged(line, place):
            return item.text
    return None


def _is_loud(item: Item) -> bool:
    if item.tag in _UNSAID or item.text == "a":
        return item.text not in TITLES
    if item.tag is Tag.ASIDE:
        return item.text in RECORDS
    known = {item.text, item.text.removesuffix("'s")} & _TITLED
    return item.tag in {Tag.WORD, Tag.FILLER} and not known


def _is_loose(line: Sequence[Item], place: int) -> bool:
    """Tell whether a number numbers nothing: no signal, no time frame, no line, no risk."""
    item = line[place]
    if item.tag is not Tag.NUMBER or any(_is_measured(other) for other in line):
        return False
    before = next((other for other in reversed(line[:place]) if other.tag not in MARKS), None)
    dated = (item.unit and set(item.text) & set("/:")) or item.text.count(".") > 1
    return not (before is None or before.text in NAMING or is_tagged(line, place) or dated)


def _is_measured(item: Item) -> bool:
    return item.tag is Tag.ASIDE and item.text not in _UNMEASURED


def _is_name(said: Sequence[Item], loud: Sequence[Item]) -> bool:
    """Tell whether the words are a channel's name: "Forex Minister", "Golden Eagle FX"."""
    told = any(item.text in _JOINING for item in said)
    if told or len(loud) > _LONGEST_NAME or not all(map(_is_plain, loud)):
        return False
    words = [item for item in said if item.tag is not Tag.NUMBER]
    by = next((item.start for item in words if item.text == "by"), None)
    labelled = by is not None and loud[0].start >= by
    firm = words[0].text in FIRMS and len(loud) == 1
    return labelled or firm or (by is None and _ends_a_name(words[-1]))


def _ends_a_name(item: Item) -> bool:
    whole = item.text in NAMES and item.tag is not Tag.SYMBOL
    joined = any(part in item.text and part != item.text for part in NAME_PARTS)
    return whole or (joined and item.tag is Tag.WORD)


def _is_plain(item: Item) -> bool:
    """Tell whether a word may be one of a name: none of the past, and no participle."""
    participle = item.text.endswith("ing") and len(item.text) > len("king") + 1
    named = item.tag is Tag.WORD or item.text in NAMES
    return named and item.text not in PAST_DAYS and not participle


def _names_its_source(line: Sequence[Item], said: Sequence[Item]) -> bool:
    """Tell whether a line names its caller or exchange: "Client: Binance Futures"."""
    return said[0].text in SOURCES and any(item.text == ":" for item in line)


def _is_greeting(said: Sequence[Item], loud: Sequence[Item]) -> bool:
    wishes = said[0].text in WELL and any(item.text in DAY_PARTS for item in said[1:2])
    named = [item for item in loud if item.text not in _GREETED]
    return (wishes or said[0].text in GREETINGS) and len(named) <= _LONGEST_GREETING


def _is_advice(said: Sequence[Item], loud: Sequence[Item]) -> bool:
    """Tell whether a command to be careful opens the message: "Limit your risk!"."""
    commands = said[0].text in COMMANDS or said[0].tag is Tag.TYPE
    ruled = any(item.text in COUNSEL for item in said)
    return commands and ruled and len(loud) <= _LONGEST_NAME


def _is_for_an_account(said: Sequence[Item], loud: Sequence[Item]) -> bool:
    """Tell whether a line names the money a call is meant for: "500 dollars account minimum"."""
    money = any(item.text in MONEY for item in said)
    return money and said[0].tag is Tag.NUMBER and len(loud) <= _LONGEST_GREETING


def _is_relayed(said: Sequence[Item], _loud: Sequence[Item]) -> bool:
    """Tell whether a bridge names who wrote where: "someone Posted in gold-trades"."""
    return len(said) > 2 and [item.text for item in said[1:3]] == ["posted", "in"]
