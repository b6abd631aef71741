"""What people hear about sources: as data, like every notice."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from trading.positions.model import WishLine
from trading.sketch import Sketch


@dataclass(frozen=True, slots=True)
class SourceMet:
    """A channel where the desk is an admin posts for the first time: it is off."""

    source_id: int
    name: str
    kind: Literal["source_met"] = "source_met"


@dataclass(frozen=True, slots=True)
class SourceFlood:
    """A source sends more than its limit; what is beyond it is not taken."""

    source_id: int
    name: str
    limit: int
    kind: Literal["source_flood"] = "source_flood"


@dataclass(frozen=True, slots=True)
class StaleDropped:
    """Messages that were too old when they arrived, as after an outage."""

    name: str
    number: int
    oldest: datetime
    kind: Literal["stale_dropped"] = "stale_dropped"


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A message that is not taken as it stands, and the ways out."""

    held_id: int
    source: str
    text: str
    why: str
    sketch: Sketch
    problem: str
    """What still keeps the corrected signal from being taken; empty once nothing does."""
    status: str
    """``open``, ``taken``, ``dropped``, ``expired`` or ``completed``."""
    asked: str
    """The field a reply to this card will set; empty for none."""
    stops: tuple[Decimal, ...]
    """Suggested stops, nearest first."""
    by: str | None
    signal_id: int | None
    expires_at: datetime
    kind: Literal["held_card"] = "held_card"


@dataclass(frozen=True, slots=True)
class SourceDemoted:
    """An auto source lost too often in a row and is asked about again."""

    source_id: int
    name: str
    losses: int
    result_r: Decimal | None
    kind: Literal["source_demoted"] = "source_demoted"


@dataclass(frozen=True, slots=True)
class UpdateOption:
    """One trade an update may be about, and what would be done to it."""

    signal_id: int
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class UpdateCard:
    """A source's update to its signals, and what becomes of it."""

    amendment_id: int
    source: str
    text: str
    kinds: tuple[str, ...]
    options: tuple[UpdateOption, ...]
    status: str
    """``open``, ``done``, ``dropped`` or ``expired``."""
    by: str | None
    """Who decided; None for its source's setting."""
    expires_at: datetime
    lines: tuple[WishLine, ...] = ()
    """What it asked of the broker, and what became of each."""
    kind: Literal["update_card"] = "update_card"
