"""What is wished of an open position or a waiting order, and the rules a position is kept by."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NewType

from trading.ids import AccountId, ConfirmId, SignalId, Ticket
from trading.model import Side

WishId = NewType("WishId", int)
ManagedId = NewType("ManagedId", int)


class WishKind(StrEnum):
    CLOSE = "close"
    PROTECT = "protect"
    """Set stop or target of a position."""
    CANCEL = "cancel"
    """Take a waiting order back."""


class WishStatus(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"
    """It had become pointless or too old before it was sent."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One act that is asked for; what a kind does not use stays None."""

    kind: WishKind
    target: Ticket
    """The position's or the waiting order's ticket."""
    symbol: str
    side: Side
    volume: Decimal | None = None
    """Lots to close; None is all of them."""
    stop_loss: Decimal | None = None
    """The stop to set; None keeps the present one."""
    take_profit: Decimal | None = None
    """The broker's target to set; None keeps the present one."""
    may_loosen: bool = False
    """An owner asked, so the stop may move away from the price."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An act that is on disk and waits for the loop's next pass."""

    id: WishId
    account_id: AccountId
    ask: Ask
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a take-profit ladder: so many lots at that price."""

    price: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True)
class Rules:
    """How one position is managed while nobody looks."""

    rungs: tuple[Rung, ...] = ()
    """Partial closes before the broker's own target, nearest first."""
    break_even_after: int | None = None
    """The stop moves to the entry once so many rungs are confirmed."""
    break_even_distance: Decimal = Decimal(0)
    """How far beyond the entry, as a price distance."""
    trail: Decimal | None = None
    """The stop follows the price at this distance and never moves back."""
    closes_at: datetime | None = None
    """The position is closed at this instant, whatever its result."""


@dataclass(frozen=True, slots=True)
class RuleEdit:
    """A change of one rule of one position."""

    rule: Literal["trail", "time", "rung"]
    distance: Decimal | None = None
    at: datetime | None = None
    number: int = 0
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Managed:
    """A position with its rules, and what it was when the desk first saw it."""

    id: ManagedId
    account_id: AccountId
    position_id: Ticket
    symbol: str
    side: Side
    price_open: Decimal
    volume: Decimal
    """Lots before any rung was closed."""
    stop_loss: Decimal | None
    """The first stop: what one R is measured by."""
    source: str
    signal_id: SignalId | None
    rules: Rules
    done: tuple[int, ...] = ()
    """Rungs whose partial close the broker confirmed, counted from 1."""


@dataclass(frozen=True, slots=True)
class NewManaged:
    """A position about to be managed."""

    account_id: AccountId
    position_id: Ticket
    symbol: str
    side: Side
    price_open: Decimal
    volume: Decimal
    stop_loss: Decimal | None
    source: str
    signal_id: SignalId | None
    rules: Rules
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule edit with the position it is for, known to the desk or not."""

    position: NewManaged
    edit: RuleEdit


@dataclass(frozen=True, slots=True)
class Request:
    """What one confirmation stands for."""

    asks: tuple[Ask, ...] = ()
    changes: tuple[RuleChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The confirmation was used up: what was asked for is on disk."""

    confirm_id: ConfirmId
    account_id: AccountId
    asks: int
    changes: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry of ours came from."""

    source: str
    signal_id: SignalId
    take_profits: tuple[Decimal, ...]
    stop_loss: Decimal | None


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the owner set for positions that nobody said more about."""

    ladder: tuple[Decimal, ...] = ()
    """Percent of the volume closed at the first target, the second, …; empty closes all at one."""
    break_even_after: int = 0
    """Rungs after which the stop moves to the entry; 0 never does."""
    break_even_points: int = 0
    trail_points: int | None = None
    time_limit_hours: Decimal | None = None


@dataclass(frozen=True, slots=True)
class WishLine:
    """One thing asked of the broker and what became of it."""

    kind: str
    """``close``, ``protect`` or ``cancel``."""
    ticket: Ticket
    symbol: str
    side: Side
    status: str
    """``waiting``, ``sent``, ``unconfirmed``, ``done``, ``failed`` or ``dropped``."""
    volume: Decimal | None
    price: Decimal | None
    stop_loss: Decimal | None
    take_profit: Decimal | None
    why: str
