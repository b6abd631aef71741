"""What stands around the prices: results, conditions, questions, prose."""

from dataclasses import dataclass
from itertools import pairwise

from trading.parser.blocks import Block
from trading.parser.context_words import (
    CALLS,
    COUNSEL,
    DISTANCES,
    DOUBTS,
    EAGER,
    EVEN,
    GRAMMAR,
    LATER,
    MODALS,
    NEWS,
    OUTCOMES,
    QUIET,
    RESULTS,
    SMALL_TALK,
    VOID,
)
from trading.parser.lexer import Token
from trading.parser.tagger import PIPS, Item
from trading.parser.vocabulary import Tag
from trading.words import told

_LABELS = {
    **dict.fromkeys(("tp", "target", "targets", "tg", "t", "take"), "target"),
    **dict.fromkeys(("sl", "stop", "stoploss"), "stop"),
}
_TICK = "\u2713"
_MOST_PROSE = 8
_MOST_LEAD_PROSE = 4
"""Unknown words above the side: the name of a channel, a greeting."""
_MOST_BESIDE_LEVEL = 2
_MARKS = frozenset({Tag.SKIP, Tag.NEWLINE, Tag.SEPARATOR})
_PRICED = frozenset({Tag.STOP, Tag.TARGET, Tag.ENTRY})


@dataclass(frozen=True, slots=True)
class Context:
    """Facts about a message that decide whether its prices are a call to trade."""

    result: str | None
    """The word that tells a result: hit, running, closed …"""
    doubt: str | None
    """The word that makes the call conditional or asks: if, wait, not, who …"""
    news: str | None
    prose: str | None
    """Where the trade is told in running text instead of being called."""
    unknown: int
    """How many words mean nothing to the grammar."""


def look_around(tokens: list[Token], items: list[Item], blocks: list[Block]) -> Context:
    """Collect what the words around the fields say."""
    heads = [_head(items, block, first=block is blocks[0]) for block in blocks]
    doubt = next((item.text for head in heads for item in head if _doubts(item)), None)
    lines: dict[int, list[Item]] = {}
    for item in items:
        lines.setdefault(item.line, []).append(item)
    return Context(
        result=_result(tokens) or _gain(lines),
        doubt=doubt or _doubt_around(lines, blocks),
        news=_news(tokens),
        prose=_prose(lines, blocks),
        unknown=sum(item.tag is Tag.WORD for item in items),
    )


def why_not_a_call(context: Context, *, complete: bool) -> str | None:
    """Return why the words say that this is no call to trade; None where they do not."""
    if context.result is not None:
        return told(
            'it tells a result ("{result}"): trading it now would be late', result=context.result
        )
    if context.news is not None:
        return told('"{news}" speaks of an earlier message', news=context.news)
    if context.doubt is not None:
        return told(
            '"{doubt}" beside the price makes it a condition or a question', doubt=context.doubt
        )
    if context.prose is not None:
        return context.prose
    if not complete and context.unknown > _MOST_PROSE:
        return told("an incomplete signal in running text")
    return None


def _doubt_around(lines: dict[int, list[Item]], blocks: list[Block]) -> str | None:
    """Find a word outside of the head that voids the call: "invalid", "sample", a question."""
    sides = {block.side.line for block in blocks if block.side}
    for number, line in lines.items():
        for item in line:
            asks = number in sides and item.text in {"?", "\u00bf"}
            leads = number < min(sides) and item.text not in EAGER and _doubts(item)
            modal = item.text in MODALS and (number in sides or _names_a_price(line))
            if asks or leads or modal or _voids(item):
                return item.text
    return None


def _voids(item: Item) -> bool:
    return item.tag is Tag.WORD and item.text in VOID


def _prose(lines: dict[int, list[Item]], blocks: list[Block]) -> str | None:
    """Return why the lines of the trade read like a tale; a call has next to no other words."""
    sides = [block.side.line for block in blocks if block.side]
    lead = [item for number, line in lines.items() if number < min(sides) for item in line]
    if len(_unknown(lead)) > _MOST_LEAD_PROSE or any(
        _is_sentence(line) or _qualifies(line)
        for number, line in lines.items()
        if number < min(sides)
    ):
        return told("the signal follows running text")
    signature = {item.text for item in lead}
    last = _last_priced(lines, sides)
    for number, line in lines.items():
        if number in sides:
            why = _prose_beside_side(line, signature)
            if why is not None:
                return why
        elif _names_a_price(line):
            if len(_unknown(line)) > _MOST_BESIDE_LEVEL or _is_sentence(line):
                return told("a price stands in running text")
        elif number > last and (remark := _remark(line, signature)):
            return told('"{remark}" below the prices is not understood', remark=remark)
    return None


def _qualifies(line: list[Item]) -> bool:
    """Tell whether an unknown word stands beside the name of a call: "lucky trade"."""
    return bool(_unknown(line)) and any(item.text in CALLS for item in line)


def _last_priced(lines: dict[int, list[Item]], sides: list[int]) -> int:
    priced = [
        number
        for number, line in lines.items()
        if _names_a_price(line)
        or (any(item.tag is Tag.NUMBER for item in line) and not _unknown(line))
    ]
    return max(sides + priced)


def _remark(line: list[Item], signature: set[str]) -> str | None:
    """Return what a line below the prices says where it neither counsels nor makes small talk.

    Below a call stand advice on risk, greetings, links and the channel's name again; whatever
    else is said there mostly tells how the trade went.
    """
    said = [item for item in line if item.tag not in _MARKS]
    marked = any(item.text in {"#", "@"} or item.text in COUNSEL for item in line)
    if any(item.text == "now" for item in said[:1]):
        return "now"
    if any(item.text == "profit" for item in said[-1:]):
        return "profit"
    known = SMALL_TALK | signature
    unknown = [item.text for item in _unknown(line) if item.text not in known]
    counsels = any(item.tag is Tag.ADVICE or _notes(item) for item in said)
    return None if marked or counsels or not unknown else " ".join(unknown[:3])


def _notes(item: Item) -> bool:
    return item.tag is Tag.ASIDE and item.text not in {"profit", "pips", "pip"}


def _prose_beside_side(line: list[Item], signature: set[str]) -> str | None:
    if line[0].tag is Tag.ASIDE:
        return told('"{text}" before the side makes its price an example', text=line[0].text)
    ends = [place for place, item in enumerate(line) if item.tag is Tag.NUMBER]
    end = ends[-1] if ends else len(line)
    unknown = _unknown(line[:end])
    if unknown:
        return told('"{word}" beside the side is not understood', word=unknown[0].text)
    remark = _remark(line[end:], signature)
    if not remark:
        return None
    return told('"{remark}" behind the prices is not understood', remark=remark)


def _is_sentence(line: list[Item]) -> bool:
    small = sum(item.text in GRAMMAR for item in line)
    return small > 1 and any(item.tag is Tag.WORD and item.text not in GRAMMAR for item in line)


def _unknown(items: list[Item]) -> list[Item]:
    """Return the words that mean nothing here; a name in a code span is its caller's."""
    return [
        item
        for place, item in enumerate(items)
        if item.tag is Tag.WORD
        and item.text not in QUIET
        and not (place and items[place - 1].text == "`")
    ]


def _names_a_price(line: list[Item]) -> bool:
    tags = {item.tag for item in line}
    return Tag.NUMBER in tags and bool(tags & _PRICED)


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
    return item.tag is not Tag.SIDE and (item.text.removesuffix("'s") in DOUBTS or item.text == "?")


def _lines(tokens: list[Token]) -> list[list[str]]:
    lines: list[list[str]] = [[]]
    for token in tokens:
        if token.kind == "newline":
            lines.append([])
        else:
            lines[-1].append(token.text)
    return lines


def _result(tokens: list[Token]) -> str | None:
    for words in _lines(tokens):
        found = next((place for place, word in enumerate(words) if word in RESULTS), None)
        if found is not None and not LATER.intersection(words[:found]):
            return words[found]
        if EVEN.issuperset(words) and "breakeven" in words:
            return "breakeven"
        outcome = next((pair for pair in pairwise(words) if pair in OUTCOMES), None)
        if outcome is not None:
            return " ".join(outcome)
    return _ticked_target(tokens)


def _gain(lines: dict[int, list[Item]]) -> str | None:
    """Find "+100" or "100 pips" that no stop or target is named for: what was won or lost."""
    above: list[Item] = []
    for line in lines.values():
        labelled = bool(above) and _waits(above)
        for before, item in pairwise([line[0], *line]):
            labelled = labelled or item.tag in _PRICED or item.tag is Tag.ADVICE
            labelled = labelled or item.text in DISTANCES
            labelled = labelled and not (item.text == "|" and _has_side(line))
            gained = before.text == "+" and item.tag is Tag.NUMBER and not item.spaced
            if (gained or item.unit == PIPS) and not labelled:
                return f"{item.text} {item.unit}".strip()
        above = line if len(line) > 1 else above
    last = next(reversed(lines.values()), [])
    ticked = {item.text for item in last if item.tag is Tag.SKIP} & {_TICK}
    return _TICK if ticked and _waits(last) else None


def _has_side(line: list[Item]) -> bool:
    return any(item.tag is Tag.SIDE for item in line)


def _waits(line: list[Item]) -> bool:
    """Tell whether a line names a level without its number."""
    tags = {item.tag for item in line}
    return Tag.NUMBER not in tags and bool(tags & _PRICED)


def _ticked_target(tokens: list[Token]) -> str | None:
    """Find a target that is ticked off behind its price while the stop or another is not."""
    label = ""
    ticked: list[str] = []
    plain = 0
    for place, token in enumerate(tokens):
        if token.text in _LABELS:
            label = _LABELS[token.text]
        elif token.kind == "num" and label and _is_ticked(tokens, place + 1):
            ticked.append(label)
        elif token.kind == "num" and label and len(token.text) > 2:
            plain += 1
    return _TICK if "target" in ticked and (plain or "stop" not in ticked) else None


def _is_ticked(tokens: list[Token], place: int) -> bool:
    """Tell whether a tick follows that is no bullet of the label behind it."""
    if place >= len(tokens) or tokens[place].text != _TICK:
        return False
    while place < len(tokens) and tokens[place].text == _TICK:
        place += 1
    return place >= len(tokens) or tokens[place].text not in _LABELS


def _news(tokens: list[Token]) -> str | None:
    for words in [line for line in _lines(tokens) if line][:2]:
        for word in words:
            if word in NEWS:
                return word
    return None
