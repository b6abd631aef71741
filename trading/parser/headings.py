"""The lines above a call: names of calls and of channels, and nothing that is told.

A heading is understood when each of its words is one of the trade, names a call or is one that
channels are named with; other words are a channel's name only before a firm's noun ("Waves Scout
Forex"). All else above a call ("Stats: 7W 1L", "From the archive") may say that it is none.
"""

from collections.abc import Sequence

from trading.parser.context_words import (
    ADJECTIVES,
    BIDS,
    BRANDS,
    CALLERS,
    CALLS,
    CITIES,
    EXCHANGES,
    FIRM_PARTS,
    FIRMS,
    GRAMMAR,
    GREETINGS,
    JOINERS,
    LESSONS,
    MEASURES,
    MONEY,
    NAMING,
    NEWS,
    PAST_DAYS,
    RECORDS,
    ROOMS,
    SHARES,
    SOURCES,
    TITLES,
)
from trading.parser.hints import is_small
from trading.parser.lines import MARKS, is_a_handle, is_tagged, small_words
from trading.parser.normalise import word_set
from trading.parser.remark_words import (
    COMMANDS,
    COUNSEL,
    DAY_PARTS,
    FOLKS,
    LEXICON,
    SIZED,
    WELL,
)
from trading.parser.tagger import Item
from trading.parser.vocabulary import Tag

_UNSAID = frozenset({Tag.ADVICE, Tag.CONDITION, Tag.NOT_SET, Tag.NO_STOP, Tag.NO_TARGET})
_TITLED = TITLES | BRANDS | JOINERS | {"by"}
_JOINING = (GRAMMAR | JOINERS) - {"and"}
_GREETED = GREETINGS | WELL | DAY_PARTS | FOLKS
_ADVISED = COMMANDS | COUNSEL | SIZED | GRAMMAR
_ASIDES = MEASURES | TITLES | BRANDS
_UNMEASURED = RECORDS | {"session", "day", "week"}
_PLACES = word_set("de da di @")
"""Words for an entry that say nothing by themselves, as "from" and "zone" do."""
_NO_NAME = PAST_DAYS | LEXICON | NEWS | LESSONS | RECORDS | GRAMMAR | TITLES
_NUMBERED = frozenset({"no", "number", "id", "signal", "trade", "order"})
"""Asides that say nothing good without a number: "signal no"."""
_LONGEST = 40
"""Words of the longest heading."""
_MOST_SMALL = 1
_RESULTS = frozenset("\u2713\u2717")
"""A tick and a cross: behind the number of a trade they tell how it went."""
_NOUNS = {word: word_set(nouns) for word, nouns in ADJECTIVES.items()}
_TIMES = frozenset({"time", "date"})
_HEADS = (CALLS | BRANDS | CITIES | MEASURES | {"signals", "new"}) - {"pips", *_TIMES}
_HEADED = frozenset({Tag.SYMBOL, Tag.SIDE, Tag.MARKET, Tag.TYPE, Tag.ENTRY, Tag.STOP, Tag.TARGET})
_LEVELS = frozenset({Tag.STOP, Tag.TARGET})
_MANY = frozenset({"trades", "positions", "orders", "setups", "calls", "entries"})
"""More than one is told of, not called."""
_LONGEST_NAME = 2
"""Words of a channel's name that are in no list."""


def unread_heading(line: Sequence[Item]) -> Sequence[Item]:
    """Return the first words of a line above a call that are not understood."""
    said = [item for item in line if item.tag not in MARKS]
    if not said or _is_an_index(said):
        return ()
    if len(said) > _LONGEST or _is_told(line, said):
        return said[:3]
    number = next((item for place, item in enumerate(line) if _is_loose(line, place)), None)
    if number is not None:
        return (number,)
    loud = _loud_words(line, said)
    if not loud:
        return () if _has_a_head(said) or _is_greeting(said, loud) else said[:3]
    known = (is_a_name, _is_greeting, _is_advice, _is_for_an_account, _is_relayed)
    if _names_its_source(line, said) or any(knows(said, loud) for knows in known):
        return ()
    return loud[:3]


def _is_an_index(said: Sequence[Item]) -> bool:
    """Tell whether a line is the number of a call: "2."."""
    return len(said) == 1 and is_small(said[0]) and not said[0].unit


def _is_told(line: Sequence[Item], said: Sequence[Item]) -> bool:
    """Tell whether a line is a sentence, somebody's trade, or of a trade that is ticked off."""
    ticked = line[-1].text in _RESULTS and line[0].text not in _RESULTS and _counts(line)
    small = small_words(said)
    the = said[0].text == "the"
    many = any(item.text == "signals" for item in said)
    named = the and len(said) == 2 and not many  # "the signals", but not "the setup"
    told = small > _MOST_SMALL + (said[-1].text == "day") or (many and small > the)
    return ticked or told or named or any(item.text == "'" for item in line)


def _has_a_head(said: Sequence[Item]) -> bool:
    """Tell whether a line names a call, a market or a channel."""
    timed = any(item.tag is Tag.NUMBER for item in said)
    heads = _HEADS | _TIMES if timed else _HEADS
    return any(item.tag in _HEADED or item.text in heads for item in said)


def unread_lead(line: Sequence[Item]) -> Sequence[Item]:
    """Return the first word before the side, on its line, that no call begins with."""
    heads = [place for place, item in enumerate(line) if item.tag in {Tag.SIDE, Tag.SYMBOL}]
    if heads[0] > _LONGEST:
        return line[:3]
    counted = any(item.tag is Tag.NUMBER for item in line[: heads[0]])
    for place, item in enumerate(line[: heads[0]]):
        if item.tag in _LEVELS and not counted:
            return (item,)  # "stop EURUSD sell"
        if item.text == "/" and item.spaced and not line[place + 1].spaced:
            return line[place : place + 2]  # how a bot is told of a signal
        loud = _is_loud(line, place) or item.text in JOINERS
        greets = item.text in _GREETED
        if loud and item.text not in BIDS and not greets and not is_a_handle(line, place):
            return (item,)
    return ()


def _loud_words(line: Sequence[Item], said: Sequence[Item]) -> list[Item]:
    loud = [
        item
        for place, item in enumerate(line)
        if _is_loud(line, place) and not is_a_handle(line, place)
    ]
    levels = [item for item in said if item.tag in {Tag.STOP, Tag.TARGET}]
    if len(levels) < len(said):
        loud += levels
    if not any(item.tag is Tag.NUMBER for item in line):
        loud = [item for item in loud if item.text not in SHARES]
    if said[0].text in CITIES:
        loud = [item for item in loud if item.text not in {"open", "session"}]
    return loud


def _is_loud(line: Sequence[Item], place: int) -> bool:
    """Tell whether an item is no word of a heading."""
    item = line[place]
    if item.text in _MANY or _lacks_its_noun(line, item):
        return True
    if item.tag is Tag.ADVICE or (item.tag is Tag.SOFT_ENTRY and item.text not in _PLACES):
        return True
    if item.tag in _UNSAID or item.text == "a":
        return item.text not in TITLES
    if item.tag is Tag.ASIDE:
        return item.text not in _ASIDES or (item.text in _NUMBERED and not _numbers(line, place))
    known = {item.text, item.text.replace("today's", "today")} & _TITLED
    return item.tag in {Tag.WORD, Tag.FILLER} and not known


def _lacks_its_noun(line: Sequence[Item], item: Item) -> bool:
    nouns = _NOUNS.get(item.text)
    return nouns is not None and not any(other.text in nouns for other in line)


def _numbers(line: Sequence[Item], place: int) -> bool:
    """Tell "Signal no. 15" from "no signal"."""
    after = next((one for one in line[place + 1 :] if one.tag not in MARKS), None)
    return after is not None and after.tag is Tag.NUMBER


def _counts(line: Sequence[Item]) -> bool:
    """Tell whether a line numbers a trade or names a level: "Trade 1 \u2713", "Target \u2713"."""
    return any(item.tag in {Tag.NUMBER, Tag.STOP, Tag.TARGET} for item in line)


def _is_loose(line: Sequence[Item], place: int) -> bool:
    """Tell whether a number numbers nothing: no signal, no time frame, no line, no risk."""
    item = line[place]
    if item.tag is not Tag.NUMBER:
        return False
    if any(_is_measured(other) for other in line):
        return ":" in item.text and any(other.tag is Tag.ENTRY for other in line)
    before = next((other for other in reversed(line[:place]) if other.tag not in MARKS), None)
    dated = (item.unit and "/" in item.text) or item.text.count(".") > 1
    dated = dated and not small_words(line)  # "Signal of 12/11/2025" is an old one
    goes_on = any(one.tag not in MARKS for one in line[place + 1 :])
    first = before is None and (is_small(item) or bool(item.unit) or goes_on)
    first = first and ":" not in item.text
    return not (
        first or (before is not None and before.text in NAMING) or is_tagged(line, place) or dated
    )


def _is_measured(item: Item) -> bool:
    return item.tag is Tag.ASIDE and item.text not in _UNMEASURED


def is_a_name(said: Sequence[Item], loud: Sequence[Item]) -> bool:
    """Tell whether the words are a channel's name: "Zulu Capital", "PipHunter FX"."""
    if any(item.text in _JOINING for item in said) or not all(map(_is_plain, loud)):
        return False
    words = [item for item in said if item.tag is not Tag.NUMBER]
    joined = len(words) == 1 and any(part in words[0].text for part in FIRM_PARTS)
    return len(loud) <= _LONGEST_NAME and (joined or words[-1].text in FIRMS)


def _is_plain(item: Item) -> bool:
    """Tell whether a word may be one of a name: none of the past, and no participle."""
    participle = item.text.endswith("ing") and len(item.text) > len("king") + 1
    return item.tag is Tag.WORD and item.text not in _NO_NAME and not participle


def _names_its_source(line: Sequence[Item], said: Sequence[Item]) -> bool:
    """Tell whether a line names its caller or exchange: "Client: Binance Futures"."""
    if len(line) < 2 or line[1].text != ":":
        return False
    if said[0].text in SOURCES:
        return all(item.text in EXCHANGES for item in said[1:])
    return said[0].text in CALLERS and len(said) == 2 and _is_plain(said[1])


def _is_greeting(said: Sequence[Item], loud: Sequence[Item]) -> bool:
    wishes = said[0].text in WELL and any(item.text in DAY_PARTS for item in said[1:2])
    if [item.text for item in said] == ["good", "day"]:
        return False  # of what day?
    return (wishes or said[0].text in GREETINGS) and all(item.text in _GREETED for item in loud)


def _is_advice(said: Sequence[Item], loud: Sequence[Item]) -> bool:
    """Tell whether a command to be careful opens the message: "Limit your risk!"."""
    commands = said[0].text in COMMANDS or said[0].tag is Tag.TYPE
    ruled = any(item.text in COUNSEL for item in said[1:])
    return commands and ruled and all(item.text in _ADVISED for item in loud)


def _is_for_an_account(said: Sequence[Item], loud: Sequence[Item]) -> bool:
    """Tell whether a line names the money a call is meant for: "500 dollars account minimum"."""
    money = any(item.text in MONEY for item in said)
    return money and said[0].tag is Tag.NUMBER and all(item.text in _ADVISED for item in loud)


def _is_relayed(said: Sequence[Item], _loud: Sequence[Item]) -> bool:
    """Tell whether a bridge names who wrote where: "someone Posted in gold-trades"."""
    if [item.text for item in said[1:3]] != ["posted", "in"]:
        return False
    return all(item.tag is Tag.SYMBOL or item.text in ROOMS for item in said[3:])
