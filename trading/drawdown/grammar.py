"""A cap as people type it in chat: ``trailing 10``, ``daily 5 of initial at 17:00 UTC``."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from decimal import Decimal

from trading.drawdown.caps import (
    AllowanceOf,
    Cap,
    CapAction,
    CapKind,
    DayBase,
    LockAt,
    Scope,
    TrailOver,
    Unit,
    describe,
    validate,
)
from trading.drawdown.dayclock import SERVER, DayClock, is_zone
from trading.money import HUNDRED
from trading.words import capital, told

EXAMPLES = {
    None: told("15, trailing 10, daily 5 or floor 9000"),
    CapKind.STATIC: "static 15",
    CapKind.TRAILING: "trailing 10 balance lock",
    CapKind.DAILY: "daily 5 balance of initial at 00:00 Europe/Prague",
    CapKind.FLOOR: "floor 9000",
}

_KINDS = {
    "total": CapKind.STATIC,
    "static": CapKind.STATIC,
    "trailing": CapKind.TRAILING,
    "trail": CapKind.TRAILING,
    "daily": CapKind.DAILY,
    "day": CapKind.DAILY,
    "floor": CapKind.FLOOR,
}
_BASES = {base.value: base for base in DayBase}
_TRAILS = {
    "equity": TrailOver.EQUITY,
    "balance": TrailOver.BALANCE,
    "eod": TrailOver.END_OF_DAY,
    "end_of_day": TrailOver.END_OF_DAY,
    "end-of-day": TrailOver.END_OF_DAY,
}
_NUMBER = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,8})?%?", re.ASCII)
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[,.][0-9]{3})+", re.ASCII)
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class _Misread(Exception):  # noqa: N818 - never leaves this module
    """What could not be understood, in words."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(slots=True)
class _Words:
    """The words still to be read, and the cap they have made so far."""

    left: list[str]
    cap: Cap
    read: list[str] = field(default_factory=list)
    timed: bool = False

    def peek(self) -> str:
        return self.left[0].lower() if self.left else ""

    def take(self) -> str:
        word = self.left.pop(0)
        self.read.append(word)
        return word

    def number(self, what: str) -> tuple[Decimal, bool]:
        """Take a number and whether a percent sign stood behind it."""
        word = self.left[0] if self.left else ""
        if _THOUSANDS.fullmatch(word):
            bare = re.sub("[.,]", "", word)
            raise _Misread(
                told(
                    "{word} could be {bare} or a fraction: write {bare} without a mark",
                    word=word,
                    bare=bare,
                )
            )
        if not _NUMBER.fullmatch(word):
            raise _Misread(
                told("I expected {what}, not “{word}”", what=what, word=word[:40])
                if word
                else told("I expected {what}", what=what)
            )
        self.take()
        value = Decimal(word.rstrip("%").replace(",", "."))
        if self.peek() in ("%", "percent"):
            self.take()
            return value, True
        return value, word.endswith("%")


def parse_cap(words: Sequence[str]) -> Cap | str:
    """Return the cap the words ask for, or in words why they do not make one."""
    text = _Words(" ".join(words).split(), Cap(CapKind.STATIC, Decimal(0)))
    kind: CapKind | None = None
    try:
        kind = _kind(text)
        _size(text)
        while text.left:
            _option(text)
    except _Misread as misread:
        return _answer(text, kind, misread.words)
    wrong = validate(text.cap)
    if text.timed and not text.cap.has_day:
        wrong = told("a reset time goes with a daily or end-of-day cap")
    return text.cap if wrong is None else _answer(text, kind, wrong)


def _answer(text: _Words, kind: CapKind | None, wrong: str) -> str:
    sane = text.cap.size > 0 and validate(text.cap) is None
    understood = describe(text.cap) if sane else " ".join(text.read)[:80]
    example = EXAMPLES[kind]
    if not understood:
        return told("{wrong}. Example: {example}", wrong=capital(wrong), example=example)
    return told(
        "Understood: {understood}. But {wrong}. Example: {example}",
        understood=understood,
        wrong=wrong,
        example=example,
    )


def _kind(text: _Words) -> CapKind | None:
    kind = _KINDS.get(text.peek())
    if kind is None:
        return None
    text.take()
    unit = Unit.MONEY if kind is CapKind.FLOOR else Unit.PERCENT
    text.cap = replace(text.cap, kind=kind, unit=unit)
    return kind


def _size(text: _Words) -> None:
    value, percent = text.number(told("a number"))
    unit = Unit.PERCENT if percent else text.cap.unit
    text.cap = replace(text.cap, size=value, unit=unit)


def _option(text: _Words) -> None:
    word = text.peek()
    if word in _BASES or word in _TRAILS:
        _base(text)
        return
    option = _OPTIONS.get(word)
    if option is None:
        raise _Misread(told("I do not know “{word}”", word=text.left[0][:40]))
    text.take()
    option(text)


def _base(text: _Words) -> None:
    word = text.peek()
    if text.cap.kind is CapKind.DAILY and word in _BASES:
        text.cap = replace(text.cap, base=_BASES[word])
    elif text.cap.kind is CapKind.TRAILING and word in _TRAILS:
        text.cap = replace(text.cap, over=_TRAILS[word])
    else:
        raise _Misread(
            told("“{word}” does not go with a {kind} cap", word=word, kind=text.cap.kind)
        )
    text.take()


def _money(text: _Words) -> None:
    text.cap = replace(text.cap, unit=Unit.MONEY)


def _percent(text: _Words) -> None:
    text.cap = replace(text.cap, unit=Unit.PERCENT)


def _of(text: _Words) -> None:
    word = text.peek()
    if word not in ("initial", "base") or text.cap.kind is CapKind.FLOOR:
        raise _Misread(told("“of initial” or “of base” goes with a percent cap"))
    text.take()
    text.cap = replace(text.cap, allowance_of=AllowanceOf(word))
    if word == "initial" and text.peek()[:1].isdecimal():
        _initial(text)


def _initial(text: _Words) -> None:
    value, _ = text.number(told("the initial balance"))
    text.cap = replace(text.cap, initial=value)


def _lock(text: _Words) -> None:
    named = len(text.left) > 1 and _TIME.fullmatch(text.left[1]) is None
    if text.peek() == "at" and named:
        text.take()
    if text.peek()[:1].isdecimal():
        text.cap = replace(text.cap, lock_at=text.number(told("the level of the lock"))[0])
        return
    if text.peek() == "initial":
        text.take()
    text.cap = replace(text.cap, lock_at=LockAt.INITIAL)


def _at(text: _Words) -> None:
    match = _TIME.fullmatch(text.peek())
    if match is None:
        raise _Misread(told("I expected a time such as 17:00 after “at”"))
    text.take()
    text.timed = True
    at = time(int(match[1]), int(match[2]))
    zone = SERVER
    if text.left and text.peek() not in _OPTIONS.keys() | _BASES.keys() | _TRAILS.keys():
        zone = _zone(text)
    text.cap = replace(text.cap, day=DayClock(zone, at))


def _zone(text: _Words) -> str:
    word = text.left[0]
    name = next(filter(is_zone, (word, word.lower(), word.upper(), word.title())), None)
    if name is not None:
        text.take()
        return name
    raise _Misread(
        told(
            "there is no time zone “{word}”: write one such as Europe/Prague or UTC", word=word[:40]
        )
    )


def _act(text: _Words) -> None:
    if text.peek() == "at":
        text.take()
    value, _ = text.number(told("the percent of the allowance at which to act"))
    text.cap = replace(text.cap, act_at=value / HUNDRED)


def _strict(text: _Words) -> None:
    text.cap = replace(text.cap, strict=True)


def _credit(text: _Words) -> None:
    text.cap = replace(text.cap, include_credit=True)


def _action(action: CapAction) -> Callable[[_Words], None]:
    def set_action(text: _Words) -> None:
        text.cap = replace(text.cap, action=action)

    return set_action


def _scope(scope: Scope) -> Callable[[_Words], None]:
    def set_scope(text: _Words) -> None:
        text.cap = replace(text.cap, scope=scope)

    return set_scope


_OPTIONS: dict[str, Callable[[_Words], None]] = {
    "money": _money,
    "percent": _percent,
    "of": _of,
    "initial": _initial,
    "lock": _lock,
    "at": _at,
    "act": _act,
    "strict": _strict,
    "credit": _credit,
    **{action.value: _action(action) for action in CapAction},
    **{scope.value: _scope(scope) for scope in Scope},
}
