"""Which positions a person means: by ticket, all, winners, losers, symbol or side, and how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.loop import AccountLoop
from trading.model import Account, PendingOrder, Position, Side
from trading.money import HUNDRED, parse_decimal
from trading.words import told

SHORTEST_TAIL = 3
"""A ticket may be given by its last digits, this many at least, where one alone ends so."""


@dataclass(frozen=True, slots=True)
class Held:
    """An open position and where it is."""

    account: Account
    loop: AccountLoop
    position: Position


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pending order and where it is."""

    account: Account
    loop: AccountLoop
    order: PendingOrder


@dataclass(frozen=True, slots=True)
class Selection:
    """The positions that are meant, and the percent of each; None is the whole."""

    held: tuple[Held, ...]
    percent: Decimal | None = None


def select(words: Sequence[str], held: Sequence[Held]) -> Selection | str:
    """Return what the words mean, or in words why that cannot be told."""
    names, percent = _split(words, held)
    if isinstance(percent, str):
        return percent
    found: dict[tuple[int, int], Held] = {}
    for name in names:
        some = _named(name, held)
        if isinstance(some, str):
            return some
        found |= {(one.account.id, one.position.ticket): one for one in some}
    return Selection(tuple(found.values()), percent)


def _split(
    words: Sequence[str], held: Sequence[Held]
) -> tuple[Sequence[str], Decimal | str | None]:
    """The last word is a percent where it has the sign, or is a number no ticket begins with."""
    last = words[-1]
    exact = any(str(one.position.ticket) == last for one in held)
    bare = len(words) == 2 and not exact and _number(last) is not None
    if not (last.endswith("%") or bare):
        return words, None
    value = _number(last.removesuffix("%"))
    if value is None or not 0 < value <= HUNDRED:
        return words, told("{last} is not a percent from 1 to 100", last=last)
    if len(words) == 1:
        return words, told("{last} of what? Name the position first", last=last)
    return words[:-1], None if value == HUNDRED else value


def _number(word: str) -> Decimal | None:
    value = parse_decimal(word)
    return value if value is not None and value.adjusted() < 3 else None


def _named(name: str, held: Sequence[Held]) -> Sequence[Held] | str:
    word = name.lower().removeprefix("#")
    if word.isdecimal():
        return _by_ticket(word, held)
    found = [one for one in held if _matches(word, one.position)]
    if found or word in _GROUPS:
        return found or told("there are no open positions for “{word}”", word=word)
    if any(word.upper() in one.position.symbol.upper() for one in held):
        return told("“{name}” is not the whole name of a symbol", name=name)
    return told("“{name}” is no open ticket, symbol, side, winners, losers or all", name=name)


_GROUPS = frozenset({"all", "winners", "losers", "buy", "sell"})


def _matches(word: str, position: Position) -> bool:
    result = position.profit + position.swap
    groups = {
        "all": True,
        "winners": result > 0,
        "losers": result < 0,
        "buy": position.side is Side.BUY,
        "sell": position.side is Side.SELL,
    }
    return groups.get(word, position.symbol.lower() == word)


def _by_ticket(word: str, held: Sequence[Held]) -> Sequence[Held] | str:
    exact = [one for one in held if str(one.position.ticket) == word]
    if len({one.account.id for one in exact}) > 1:  # two brokers may count alike
        return told("ticket {word} is open on several accounts: name one, like @5012345", word=word)
    if exact:
        return exact
    tails = [one for one in held if str(one.position.ticket).endswith(word)]
    if len(word) >= SHORTEST_TAIL and len(tails) == 1:
        return tails
    if len(tails) > 1:
        return told(
            "{count} open tickets end with {word}: give more digits", count=len(tails), word=word
        )
    return told("there is no open position {word}", word=word)


def one_of(words: Sequence[str], held: Sequence[Held]) -> tuple[Held, Sequence[str]] | str:
    """Return the position a command is about and the words after it.

    With a single open position its ticket may be left out.
    """
    if words and words[0].removeprefix("#").isdecimal():
        found = _by_ticket(words[0].removeprefix("#"), held)
        if not isinstance(found, str):
            return found[0], words[1:]
        if len(held) != 1 or len(words) > 1:
            return found
    if len(held) == 1:
        return held[0], words
    if not held:
        return told("there are no open positions")
    return told("say which position: its ticket is in /status")
