"""How a figure, a name and a table look on a phone; everything foreign is escaped and cut."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape, unescape
from typing import Final

from aiogram.types import InlineKeyboardMarkup

from handlers.readers import reader
from handlers.texts import later, t
from handlers.words import plain
from trading.attention import zone_of
from trading.model import Numbers, Side

DASH: Final = "\u2013"
NAME: Final = 48
WORDS: Final = 220
LIMIT: Final = 4096
"""Telegram's limit in UTF-16 units, after entities are parsed; we count them before."""

TOAST: Final = 200
"""Telegram's limit of the words after a tap, in UTF-16 units."""

_DAYS: Final = (
    later("Mon"),
    later("Tue"),
    later("Wed"),
    later("Thu"),
    later("Fri"),
    later("Sat"),
    later("Sun"),
)
_MONTHS: Final = (
    later("Jan"),
    later("Feb"),
    later("Mar"),
    later("Apr"),
    later("May"),
    later("Jun"),
    later("Jul"),
    later("Aug"),
    later("Sep"),
    later("Oct"),
    later("Nov"),
    later("Dec"),
)
_JOINER = "\u200d"
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_TAG = re.compile(r"<(/?)([a-z]+)[^>]*>")
_HUGE = 30
_MORE = "…"


@dataclass(frozen=True, slots=True)
class Card:
    """A message as Telegram takes it: HTML text and the buttons under it."""

    text: str
    keyboard: InlineKeyboardMarkup | None = None


def foreign(text: str, limit: int = NAME) -> str:
    """Return what people or brokers wrote as one safe line of HTML of at most that length."""
    kept = "".join(_visible(character) for character in text[: limit * 4])
    line = " ".join(kept.split())
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + _MORE
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in line):
        # Without isolation a right-to-left name turns the numbers beside it round.
        line = f"{_ISOLATE}{line}{_END_ISOLATE}"
    return escape(line, quote=False) or DASH


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    if category in ("Cs", "Cn", "Co") or (category == "Cf" and character != _JOINER):
        return ""
    return character


def money(amount: Decimal, currency: str, *, signed: bool = False) -> str:
    """Return an amount with two decimals, separators and its currency."""
    return f"{figure(amount, signed=signed)} {foreign(currency, 8)}"


def figure(amount: Decimal, *, signed: bool = False) -> str:
    """Return an amount with two decimals and separators; a sign where it is a result."""
    if not amount.is_finite() or amount.adjusted() > _HUGE:
        return foreign(str(amount), 40)
    shown = f"{amount:+,.2f}" if signed else f"{amount:,.2f}"
    return in_form(shown.replace("-", "") if not shown.strip("+-0.,") else shown)


def in_form(number: str) -> str:
    """Return a number with separators as its reader writes it: 1,234.50 or 1.234,50 or 1 234,50."""
    marks = {Numbers.COMMA: ".,", Numbers.SPACE: "\u00a0,"}.get(reader().numbers)
    return number if marks is None else number.translate(str.maketrans(",.", marks))


def percent(value: Decimal) -> str:
    """Return a percentage with two decimals."""
    return f"{figure(value)} %"


def lots(volume: Decimal) -> str:
    """Return a volume with at least two decimals and no noise behind them."""
    if not volume.is_finite() or abs(volume.adjusted()) > _HUGE:
        return foreign(str(volume), 40)
    whole, _, decimals = plain(volume).partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def price(value: Decimal, digits: int | None) -> str:
    """Return a price with the symbol's digits, or as it was written where they are unknown."""
    if not value.is_finite() or abs(value.adjusted()) > _HUGE:
        return foreign(str(value), 40)
    if digits is None or not 0 <= digits <= _HUGE:
        return plain(value)
    return f"{value:.{digits}f}"


def side(of: Side) -> str:
    """Return BUY or SELL."""
    return of.value.upper()


def clock(at: datetime, now: datetime | None = None) -> str:
    """Return a time in the reader's zone, with its date when that is not today's."""
    zone = zone_of(reader().zone)
    local = at.astimezone(zone)
    name = local.tzname() or ""
    shown = f"{local:%H:%M:%S} {f'UTC{name}' if name[:1] in '+-' else name}"
    if now is not None and local.date() != now.astimezone(zone).date():
        return f"{dated(local, '%d %b')} {shown}"
    return shown


def dated(at: datetime | date, form: str) -> str:
    """Return a time in a form of strftime, its day and month named in the reader's language."""
    named = form.replace("%a", t(_DAYS[at.weekday()])).replace("%b", t(_MONTHS[at.month - 1]))
    return at.strftime(named)


def span(seconds: float) -> str:
    """Return a length of time in the two units that matter."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min" if minutes >= 10 or not rest else f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"


def table(rows: list[tuple[str, str]]) -> str:
    """Return rows of a label and a value, aligned; values must be safe HTML already."""
    width = max(len(label) for label, _ in rows)
    lines = (f"{label.ljust(width)}  {value}".rstrip() for label, value in rows)
    return f"<pre>{chr(10).join(lines)}</pre>"


def units(text: str) -> int:
    """Return the length as Telegram counts it: in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def fit(text: str, limit: int = LIMIT) -> str:
    """Return HTML cut at a line's end so that it fits, every open tag closed."""
    if units(text) <= limit:
        return text
    kept = ""
    for line in text.split("\n"):
        longer = f"{kept}\n{line}" if kept else line
        if units(longer) + units(_closing(longer)) + 2 > limit:
            break
        kept = longer
    if not kept:
        return _hard_cut(text, limit)
    return f"{kept}\n{_MORE}{_closing(kept)}"


def _closing(text: str) -> str:
    opened: list[str] = []
    for match in _TAG.finditer(text):
        if not match[1]:
            opened.append(match[2])
        elif opened:
            opened.pop()
    return "".join(f"</{tag}>" for tag in reversed(opened))


def _hard_cut(text: str, limit: int) -> str:
    """One endless line: its styling is given up, its beginning is kept."""
    bare = as_plain(text)
    room, kept = limit - 1, []
    for character in bare:
        room -= units(escape(character, quote=False))
        if room < 0:
            break
        kept.append(character)
    return escape("".join(kept), quote=False) + _MORE


def toast(words: str) -> str:
    """Return the first line, cut to what Telegram shows after a tap."""
    line = (words.splitlines() or [""])[0]
    while units(line) > TOAST:
        line = line[: -max(1, (units(line) - TOAST) // 2)]
    return line


def as_plain(text: str) -> str:
    """Return what a person would read of this HTML."""
    return unescape(_TAG.sub("", text))
