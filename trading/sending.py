"""When it is too late to send: a program that stood still may no longer be the one that trades."""

from trading.model import Action, OrderRequest, Rejected, RejectKind

HELD_UP_SECONDS = 10.0
"""Below the time after which a standby can have taken over from a machine that stood still."""


def held_up(request: OrderRequest, waited: float) -> Rejected | None:
    """Return why what would open a position is not sent after so many seconds; closes never wait.

    A process that was stopped between writing an intent down and sending it goes on where it
    stood: by then the intent may have been asked about and given up by another.
    """
    opens = request.action is Action.PENDING or (
        request.action is Action.DEAL and request.position is None
    )
    if not opens or waited <= HELD_UP_SECONDS:
        return None
    words = f"held up for {waited:.0f} s before it could be sent"
    return Rejected(RejectKind.NOT_SENT, None, "HELD_UP", words)
