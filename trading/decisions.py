"""What became of putting a signal to the desk, and of a member's tap."""

from dataclasses import dataclass
from datetime import datetime

from trading.ids import AccountId, SignalId
from trading.model import ApprovalStatus


@dataclass(frozen=True, slots=True)
class Ingested:
    """The signal is stored and was put to these accounts."""

    signal_id: SignalId
    accounts: tuple[AccountId, ...]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The key was known; ``same`` tells whether the content was too."""

    signal_id: SignalId
    same: bool
    source: str = ""
    """Where it came from, when that was another room."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The tap counted."""

    status: ApprovalStatus
    account_id: AccountId
    signal_id: SignalId


@dataclass(frozen=True, slots=True)
class AlreadyDecided:
    """Someone, perhaps the same person, was faster."""

    status: ApprovalStatus
    by: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class FirstOfTwo:
    """The approval is noted; this risk takes a second person's."""

    by: str


@dataclass(frozen=True, slots=True)
class TooLate:
    """The signal had expired."""


@dataclass(frozen=True, slots=True)
class CardChanged:
    """The card was edited since, or is being worked out anew: it must be looked at first."""


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """The member has no right to decide for that account."""


DecideResult = Decided | AlreadyDecided | FirstOfTwo | TooLate | NotAllowed | CardChanged
