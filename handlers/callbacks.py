"""What a button carries: an id and a wish, never a right; every class in one place."""

from aiogram.filters.callback_data import CallbackData


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
    """Which position, or group of them, a close is about."""

    what: str


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
    """Show the same answer again with the figures of now."""

    what: str


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
