"""The story of a signal, an order or a position: what happened when, with its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Step(StrEnum):
    """What kind of thing happened."""

    SIGNAL = "signal"
    OFFERED = "offered"
    DECIDED = "decided"
    CHECKED = "checked"
    ORDER = "order"
    DEAL = "deal"
    WISH = "wish"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened; the numbers are strings as they were stored."""

    at: datetime
    step: Step
    what: str
    numbers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Story:
    """Everything known about one signal, order or position on one account."""

    title: str
    account: str
    moments: tuple[Moment, ...]
