"""The story of a signal, an order or a position: what happened when, with its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from trading.words import told


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


_STATUS = {
    "entry": told("entry"),
    "close": told("close"),
    "cancel": told("cancel"),
    "protect": told("levels"),
    "denied": told("denied"),
    "submitted": told("sent"),
    "accepted": told("accepted"),
    "partially_filled": told("partly filled"),
    "filled": told("filled"),
    "rejected": told("rejected"),
    "canceled": told("canceled"),
    "expired": told("expired"),
    "waiting": told("waiting"),
    "sent": told("sent"),
    "ordered": told("ordered"),
    "done": told("done"),
    "failed": told("failed"),
    "dropped": told("dropped"),
    "in": told("in"),
    "out": told("out"),
    "inout": told("reversed"),
    "out_by": told("closed by an opposite one"),
    "client": told("hand"),
    "mobile": told("mobile app"),
    "web": told("web terminal"),
    "expert": told("a program"),
    "stop_loss": told("stop loss"),
    "take_profit": told("take profit"),
    "stop_out": told("stop out"),
    "rollover": told("rollover"),
}


def status_words(code: str) -> str:
    """Return what a stored status, purpose or reason is called; an unknown one as it is."""
    return _STATUS.get(code) or code.replace("_", " ")
