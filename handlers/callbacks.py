"""What a button carries: an id and a wish, never a right; every class in one place.

``BUTTONS`` says who may tap what; a class without a row there is never heard.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiogram.filters.callback_data import CallbackData

from trading.model import Role


class Decide(CallbackData, prefix="d"):
    """Approve or reject the question on a signal card."""

    approval_id: int
    decision: str
    revision: int = 0
    """The edit of the card the button was shown under."""


class EditCard(CallbackData, prefix="e"):
    """Ask what is to be changed on a card."""

    approval_id: int


class RejectReason(CallbackData, prefix="w"):
    """Say why a card was rejected."""

    approval_id: int
    number: int


class HeldTap(CallbackData, prefix="h"):
    """Take, drop or mend a field of a held message."""

    held_id: int
    what: str


class StopTap(CallbackData, prefix="hs"):
    """Take a held message with this stop."""

    held_id: int
    stop: str


class SourceTap(CallbackData, prefix="s"):
    """Change a setting of a source, as its owner would type it."""

    source_id: int
    words: str


class UpdateTap(CallbackData, prefix="up"):
    """Carry an update out on a signal (0: all it may mean), or ignore it (-1)."""

    amendment_id: int
    signal_id: int


class ConfirmTap(CallbackData, prefix="c"):
    """Yes or no to a confirmation that is stored, and used once."""

    confirm_id: int
    yes: bool


class CapStep(CallbackData, prefix="cap"):
    """A step of the inline setting of a drawdown cap."""

    account_id: int
    kind: str
    value: str


class PositionTap(CallbackData, prefix="p"):
    """Yes or no to what was asked about positions; stored, and used once."""

    confirm_id: int
    yes: bool


class PickPosition(CallbackData, prefix="x"):
    """Which position, or group of them, a close is about; 0: of any account."""

    what: str
    account_id: int = 0


class BalanceTap(CallbackData, prefix="bal"):
    """An owner's answer to what moved the balance."""

    question_id: int
    answer: str


class CapEdit(CallbackData, prefix="ce"):
    """The cap a button stands for, in shorthand; ``act`` shows it or sets it."""

    account_id: int
    act: str
    code: str


class PresetTap(CallbackData, prefix="ps"):
    """A firm's caps, to be shown for an account."""

    account_id: int
    name: str


class Refresh(CallbackData, prefix="r"):
    """Show the same answer again with the figures of now; 0: of every account."""

    what: str
    account_id: int = 0


class PickAccount(CallbackData, prefix="ac"):
    """Which account the command in the message is about: ``#`` and its id, or ``all``."""

    name: str


class FollowTap(CallbackData, prefix="fo"):
    """Set what an account does with a source."""

    account_id: int
    source_id: int
    level: str


class RiskTap(CallbackData, prefix="rk"):
    """Set what an account risks on a signal that names no size."""

    account_id: int
    value: str


class AuditPage(CallbackData, prefix="au"):
    """Show the audit rows before one (0: the newest)."""

    before: int


class Ack(CallbackData, prefix="ack"):
    """Say that an alarm was seen."""

    alarm_id: int


class NotifyTap(CallbackData, prefix="nt"):
    """Set what a person hears of one event."""

    event: str
    level: str


class SettingTap(CallbackData, prefix="st"):
    """Set one of a person's own settings."""

    what: str
    value: str


class EmailTap(CallbackData, prefix="em"):
    """Set whether a person wants mails of a kind."""

    kind: str
    on: bool


class TokenTap(CallbackData, prefix="tk"):
    """Delete the message that shows a token."""

    act: str


class TradesAt(CallbackData, prefix="th"):
    """Closed trades before or after a place in the list."""

    account_id: int
    closed_ms: int
    trade_id: int
    newer: bool


class Performance(CallbackData, prefix="pf"):
    """Performance by another dimension, or its next page."""

    account_id: int
    by: str
    at: int


class CancelWork(CallbackData, prefix="lw"):
    """End a work that is going on."""

    work_id: int


class BuyPlan(CallbackData, prefix="buy"):
    """Ask for an invoice of a plan."""

    plan: str
    provider: str


@dataclass(frozen=True, slots=True)
class ButtonRow:
    """Who may tap a button; one that names an account is judged by the role on that one."""

    role: Role
    desk: bool = False
    """The role is needed on every account of the desk."""


_V, _T, _A = ButtonRow(Role.VIEWER), ButtonRow(Role.TRADER), ButtonRow(Role.OWNER)

BUTTONS: Final[Mapping[type[CallbackData], ButtonRow]] = {
    Decide: _T,
    EditCard: _T,
    RejectReason: _T,
    HeldTap: _T,
    StopTap: _T,
    UpdateTap: _T,
    ConfirmTap: _T,
    PositionTap: _T,
    PickPosition: _T,
    CapStep: _T,
    CapEdit: _V,  # to look; the service judges who sets
    PresetTap: _A,
    RiskTap: _T,
    FollowTap: _T,
    SourceTap: ButtonRow(Role.OWNER, desk=True),
    BalanceTap: _A,
    AuditPage: _A,
    PickAccount: _V,  # the command behind it is judged anew
    Refresh: _V,
    TradesAt: _V,
    Performance: _V,
    CancelWork: _V,  # one's own; the service judges
    Ack: _T,
    NotifyTap: _V,
    SettingTap: _V,
    BuyPlan: _V,
    EmailTap: _V,
    TokenTap: _V,
}


def needed_for(kind: type[CallbackData]) -> ButtonRow | None:
    """Return who may tap a button of that class; None: nobody."""
    return BUTTONS.get(kind)
