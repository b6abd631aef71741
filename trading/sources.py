"""Where signals come from, and what an owner lets each source do."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NewType

from trading.ids import AccountId, MemberId
from trading.model import SignalDraft
from trading.words import told

SourceId = NewType("SourceId", int)

PERSON = "member:"
"""How the key of a member's own words begins."""
MOST_A_MINUTE = 30
"""Signals of one chat source in a minute; an owner changes it with ``limit``."""
LONGEST_TTL = 24 * 3600
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9._#+-]{1,23}")


class SourceMode(StrEnum):
    OFF = "off"
    """Nothing of it is taken."""
    SHADOW = "shadow"
    """Traded on paper from the same quotes, to earn a score."""
    ASK = "ask"
    """A person approves each signal."""
    AUTO = "auto"
    """Sent without asking, inside the limits an owner set."""


class NoStop(StrEnum):
    """What becomes of a signal without a stop loss."""

    REFUSE = "refuse"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class AutoLimits:
    """Inside these an auto source is not asked about; without all of them nothing is auto."""

    max_risk: Decimal | None = None
    """Percent of equity a signal may risk."""
    max_per_day: int = 0
    """Entries in a UTC day."""
    losses: int = 3
    """So many losses in a row put the source back to ask; 0 never does."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """How one source is read and what it may do."""

    mode: SourceMode = SourceMode.ASK
    symbols: Mapping[str, str] = field(default_factory=dict)
    """The source's name of a symbol to the broker's."""
    suffix: str = ""
    """Put behind every symbol the map does not name."""
    offset: Mapping[str, Decimal] = field(default_factory=dict)
    """Added to every price of a symbol: the source's feed against the broker's."""
    risk: Decimal | None = None
    """Percent, where the signal names none."""
    allowed: tuple[str, ...] = ()
    """The only symbols taken; empty takes all."""
    ttl: int | None = None
    """Seconds an approver has, and the age at which a message is too old."""
    no_stop: NoStop = NoStop.ASK
    tighten: bool = False
    """Updates that only tighten are carried out without asking."""
    limit: int = MOST_A_MINUTE
    """Messages taken in a minute; 0 takes all."""
    auto: AutoLimits = AutoLimits()
    forwards_only: bool = False
    """Known by what people forwarded from it alone: its own posts wait for an owner's word."""


@dataclass(frozen=True, slots=True)
class Source:
    """A channel, a person, a program: anything that sends signals under one name."""

    id: SourceId
    key: str
    """What identifies it outside: ``tg:-100123``, ``http:desk``."""
    name: str
    """How people call it, and the ``source`` of its signals."""
    settings: SourceSettings


@dataclass(frozen=True, slots=True)
class Offer:
    """How a signal is put to the desk, and what its message said."""

    mode: SourceMode = SourceMode.ASK
    per_day: int = 0
    """Automatic entries of the source in a UTC day."""
    same_for: int = 0
    """Seconds in which the same content again, from anywhere, is the same signal; 0 for never."""
    text: str = ""
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Where in the text each field stands."""
    sent_at: datetime | None = None
    digest: str = ""
    """Fingerprint of what was sent, where that is not the draft as it is offered."""
    by: MemberId | None = None
    """Who typed, pasted or forwarded it: it is put only to accounts where they may trade."""
    only: AccountId | None = None
    """The one account it is put to, where its sender named one."""
    sized: bool = False
    """The signal itself names its risk or volume: an account's own risk does not replace it."""
    most: Decimal | None = None
    """The percent above which an automatic signal is asked about."""
    limited: bool = False
    """Whether members' plans limit which sources their accounts follow."""
    post_ref: str = ""
    """The post it was read from, by whatever way: told twice it is one signal."""


ASKED = Offer()
"""As a source nothing was said about."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a source may not send this signal, in words."""

    words: str


def tailor(settings: SourceSettings, draft: SignalDraft) -> SignalDraft | Unfit:
    """Return a source's signal in the broker's symbol and prices, or why it is not taken."""
    if settings.allowed and draft.symbol not in settings.allowed:
        listed = ", ".join(settings.allowed)
        return Unfit(f"{draft.symbol} is not among the symbols allowed for it ({listed})")
    name = settings.symbols.get(draft.symbol, draft.symbol + settings.suffix)
    shift = settings.offset.get(draft.symbol, Decimal(0))
    named = draft.volume is not None or draft.risk_percent is not None
    comment = draft.comment
    if shift:
        comment = f"{comment} (prices moved by {shift:+f})".strip()
    return replace(
        draft,
        symbol=name,
        entry=None if draft.entry is None else (draft.entry[0] + shift, draft.entry[1] + shift),
        stop_loss=None if draft.stop_loss is None else draft.stop_loss + shift,
        take_profits=tuple(price + shift for price in draft.take_profits),
        risk_percent=draft.risk_percent if named else settings.risk,
        expires_in=draft.expires_in or settings.ttl,
        comment=comment,
    )


def may_be_automatic(settings: SourceSettings, draft: SignalDraft) -> str | None:
    """Return why an auto source's signal is asked about all the same; None where it is not."""
    limits = settings.auto
    if limits.max_risk is None or limits.max_per_day < 1 or not settings.allowed:
        return told("auto needs a risk, a number a day and allowed symbols set by an owner")
    if draft.stop_loss is None:
        return told("a signal without a stop is never automatic")
    if draft.volume is not None:
        return told("it names a volume of its own, so its risk is not bounded")
    risk = draft.risk_percent
    if risk is None or risk > limits.max_risk:
        return told("its risk is not within {max_risk} %", max_risk=limits.max_risk)
    return None


# --- what an owner types ------------------------------------------------------------------------


def edit(settings: SourceSettings, words: Sequence[str]) -> SourceSettings | str:
    """Return settings changed by ``mode ask``, ``risk 0.5`` … , or what is wrong with it."""
    if not words:
        return told("say what: {edits}", edits=", ".join(sorted(_EDITS)))
    name, values = words[0].lower(), list(words[1:])
    if name in {mode.value for mode in SourceMode}:
        name, values = "mode", [name]
    change = _EDITS.get(name)
    if change is None:
        return told(
            '"{words}" is no setting: {edits}', words=words[0][:20], edits=", ".join(sorted(_EDITS))
        )
    if not values:
        return told("{name} needs a value", name=name)
    return change(settings, values)


def _mode(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    try:
        mode = SourceMode(values[0].lower())
    except ValueError:
        return told("mode is one of off, shadow, ask, auto")
    limits = settings.auto
    ready = limits.max_risk is not None and limits.max_per_day > 0 and settings.allowed
    if mode is SourceMode.AUTO and not ready:
        return told("set its limits first: autorisk 0.5, perday 3, allow XAUUSD")
    return replace(settings, mode=mode, forwards_only=False)


def _decimal(text: str, low: str, high: str) -> Decimal | None:
    try:
        value = Decimal(text.rstrip("%"))
    except InvalidOperation:
        return None
    return value if value.is_finite() and Decimal(low) <= value <= Decimal(high) else None


def _risk(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    if values[0] == "off":
        return replace(settings, risk=None)
    value = _decimal(values[0], "0.01", "10")
    return told("risk is 0.01 to 10 percent") if value is None else replace(settings, risk=value)


def _auto_risk(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    value = _decimal(values[0], "0.01", "5")
    if value is None:
        return told("autorisk is 0.01 to 5 percent")
    return replace(settings, auto=replace(settings.auto, max_risk=value))


def _whole(text: str, low: int, high: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and low <= int(text) <= high else None


def _per_day(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    value = _whole(values[0][:4], 1, 100)
    if value is None:
        return told("perday is 1 to 100 entries")
    return replace(settings, auto=replace(settings.auto, max_per_day=value))


def _losses(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    value = _whole(values[0][:4], 0, 50)
    if value is None:
        return told("losses is 0 (never) to 50 in a row")
    return replace(settings, auto=replace(settings.auto, losses=value))


def _limit(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    value = _whole(values[0][:6], 0, 1000)
    return (
        told("limit is 0 (none) to 1000 a minute")
        if value is None
        else replace(settings, limit=value)
    )


def _ttl(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    value = _whole(values[0][:6], 5, LONGEST_TTL)
    return (
        told("ttl is 5 to {longest_ttl} seconds", longest_ttl=LONGEST_TTL)
        if value is None
        else replace(settings, ttl=value)
    )


def _no_stop(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    try:
        return replace(settings, no_stop=NoStop(values[0].lower()))
    except ValueError:
        return told("nostop is ask or refuse")


def _tighten(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    if values[0].lower() not in {"on", "off"}:
        return told("tighten is on or off")
    return replace(settings, tighten=values[0].lower() == "on")


def _allow(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    if values[0].lower() == "all":
        if settings.mode is SourceMode.AUTO:
            return told("an auto source needs a list of symbols")
        return replace(settings, allowed=())
    names = [name.upper().strip(",") for name in values]
    bad = next((name for name in names if not _SYMBOL.fullmatch(name)), None)
    if bad is not None:
        return told('"{bad}" is no symbol', bad=bad[:24])
    return replace(settings, allowed=tuple(dict.fromkeys(names)))


def _map(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    if len(values) != 2 or not _SYMBOL.fullmatch(values[0].upper()):
        return told("map needs two names: map XAUUSD GOLDm (map XAUUSD off takes it away)")
    symbols = {key: name for key, name in settings.symbols.items() if key != values[0].upper()}
    if values[1].lower() != "off":
        if not _SYMBOL.fullmatch(values[1].upper()):
            return told('"{values}" is no symbol', values=values[1][:24])
        symbols[values[0].upper()] = values[1]
    return replace(settings, symbols=symbols)


def _suffix(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    if values[0].lower() == "off":
        return replace(settings, suffix="")
    if not re.fullmatch(r"[A-Za-z0-9._#+-]{1,6}", values[0]):
        return told("a suffix has 1 to 6 letters, digits or . _ # + -")
    return replace(settings, suffix=values[0])


def _offset(settings: SourceSettings, values: list[str]) -> SourceSettings | str:
    shift = _decimal(values[1], "-1000", "1000") if len(values) == 2 else None
    if shift is None or not _SYMBOL.fullmatch(values[0].upper()):
        return told("offset needs a symbol and a price distance: offset XAUUSD -0.30")
    offsets = {key: value for key, value in settings.offset.items() if key != values[0].upper()}
    if shift:
        offsets[values[0].upper()] = shift
    return replace(settings, offset=offsets)


_EDITS: dict[str, Callable[[SourceSettings, list[str]], SourceSettings | str]] = {
    "mode": _mode,
    "risk": _risk,
    "autorisk": _auto_risk,
    "perday": _per_day,
    "losses": _losses,
    "limit": _limit,
    "ttl": _ttl,
    "nostop": _no_stop,
    "tighten": _tighten,
    "allow": _allow,
    "map": _map,
    "suffix": _suffix,
    "offset": _offset,
}
