"""What a decision did, in one short line."""

from handlers.cards.text import clock
from handlers.texts import later, t
from trading.decisions import (
    AlreadyDecided,
    CardChanged,
    Decided,
    DecideResult,
    FirstOfTwo,
    NotAllowed,
    TooLate,
)
from trading.model import ApprovalStatus


def decided_words(result: DecideResult) -> str:
    """Return what a tap did, in one short line."""
    match result:
        case Decided(ApprovalStatus.APPROVED):
            return t("Approved: sending the order")
        case Decided():
            return t("Rejected: no trade")
        case AlreadyDecided(status, by, at):
            return t(
                "Already {status}{by}{at}. Nothing was changed.",
                status=t(_WORD.get(status, status.value)),
                by=t(" by {by}", by=by) if by else "",
                at=t(" at {time}", time=clock(at)) if at else "",
            )
        case FirstOfTwo(by):
            return t("1 of 2, by {by}: a second trader or owner must approve too", by=by[:60])
        case TooLate():
            return t("Too late: the signal expired. No trade.")
        case CardChanged():
            return t("The card was changed or is being worked out: look at it, then tap again.")
        case NotAllowed():
            return t("You may not decide for this account. Nothing was changed.")


_WORD = {
    ApprovalStatus.ORDERED: later("approved"),
    ApprovalStatus.APPROVED: later("approved"),
    ApprovalStatus.REJECTED: later("rejected"),
    ApprovalStatus.CANCELED: later("canceled"),
}
