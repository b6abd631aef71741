"""A message on its way in, what became of it, and what intake needs from outside."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from trading.ids import AccountId, MemberId, SignalId
from trading.parser import SignalUpdate
from trading.sketch import Sketch
from trading.sources import Source, SourceId, SourceMode


class OutcomeKind(StrEnum):
    """What became of a message: a closed list."""

    NEW = "new"
    """Written down, not judged yet."""
    SIGNAL = "signal"
    SHADOW = "shadow"
    KNOWN = "known"
    HELD = "held"
    UPDATE = "update"
    REFUSED = "refused"
    CHATTER = "chatter"
    STALE = "stale"
    THROTTLED = "throttled"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as it came in, from whatever side."""

    key: str
    name: str
    ref: str
    text: str
    sent_at: datetime
    reply_ref: str | None = None
    """The message it answers, by the reference that one came in under."""
    first_mode: SourceMode = SourceMode.ASK
    """The mode of a source met for the first time."""
    by: MemberId | None = None
    """The person who typed, pasted or forwarded it; None where its source said it itself."""
    only: AccountId | None = None
    """The one account it is for, where that person named one."""


@dataclass(frozen=True, slots=True)
class CardOrigin:
    """Where the signal of a card came from."""

    key: str
    name: str
    ref: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A message against what was known of it."""

    id: int
    before: OutcomeKind | None
    """What became of it when it came before; None for a new one."""
    text: str
    """What it said before."""
    sent_at: datetime
    edits: int
    lately: int
    """Messages of its source in the last minute that were more than chatter."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message, and the words for whoever sent it."""

    kind: OutcomeKind
    words: str = ""
    signals: tuple[SignalId, ...] = ()


@dataclass(frozen=True, slots=True)
class NewHeld:
    """A message about to be held."""

    ref: str
    text: str
    why: str
    sketch: Sketch
    incomplete: bool
    stops: tuple[Decimal, ...]
    ttl: timedelta
    by: MemberId | None = None
    """Whose own words it is."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A held call that waits for its stop and targets."""

    held_id: int
    ref: str
    sketch: Sketch


@dataclass(frozen=True, slots=True)
class Held:
    """A held message that is still open, ready to be taken."""

    id: int
    source: Source
    ref: str
    text: str
    sketch: Sketch
    corrected: bool
    by: MemberId | None = None
    """Whose own words it is: mended, it stays theirs."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What an edit found of the signals it changes."""

    open: int
    """Cards that were open and are closed now."""
    acted: tuple[SignalId, ...]
    """Signals that were ordered already."""


class IntakeStore(Protocol):
    """What intake remembers; each call is one transaction."""

    async def meet(
        self, key: str, name: str, mode: SourceMode, *, forwarded: bool = False
    ) -> Source:
        """Return the source of a key, made when it is new."""

    async def introduce(self, source: Source) -> None:
        """Tell the owners, once, that a source began to post by itself."""

    async def behind(self, chat_id: int, message_id: int) -> CardOrigin | None:
        """Return where the signal came from whose card that message is."""

    async def remember(self, source_id: SourceId, message: Incoming) -> Seen:
        """Write a message down before it is judged."""

    async def conclude(
        self, source: Source, message_id: int, outcome: OutcomeKind, detail: str
    ) -> None:
        """Write down what became of it, with what people must hear."""

    async def hold(self, source: Source, new: NewHeld) -> int:
        """Keep a message a person must look at, and show its card."""

    async def waiting(
        self, source_id: SourceId, since: datetime, by: MemberId | None
    ) -> Waiting | None:
        """Return the newest call of the same speaker that waits for its details."""

    async def completed(self, held_id: int, signal_id: SignalId | None) -> bool:
        """End a held call because its details came; False when it was ended already."""

    async def withdraw(self, source: Source, ref: str, why: str) -> Withdrawn:
        """Close the open cards of a message that says something else now."""


class Amends(Protocol):
    """Whoever carries updates out."""

    async def take(
        self,
        source: Source,
        ref: str,
        reply_ref: str | None,
        update: SignalUpdate,
        text: str,
        by: MemberId | None = None,
    ) -> str:
        """Tie an update to its trade and act or ask; return what was done in words.

        ``by`` is the person who says it: it is then about their accounts alone, and asked.
        """
