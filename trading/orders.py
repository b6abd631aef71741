"""The life of an order: which status may follow which."""

from trading.errors import IllegalTransition
from trading.model import OrderStatus

S = OrderStatus

TRANSITIONS: dict[OrderStatus | None, frozenset[OrderStatus]] = {
    None: frozenset({S.DENIED, S.SUBMITTED}),
    S.SUBMITTED: frozenset({S.ACCEPTED, S.PARTIALLY_FILLED, S.FILLED, S.REJECTED, S.CANCELED}),
    S.ACCEPTED: frozenset({S.PARTIALLY_FILLED, S.FILLED, S.CANCELED, S.EXPIRED, S.REJECTED}),
    S.PARTIALLY_FILLED: frozenset({S.PARTIALLY_FILLED, S.FILLED, S.CANCELED, S.EXPIRED}),
    # Real world: found at the broker after we had given up on it.
    S.REJECTED: frozenset({S.FILLED, S.PARTIALLY_FILLED, S.ACCEPTED}),
    S.CANCELED: frozenset({S.FILLED, S.PARTIALLY_FILLED}),
    S.EXPIRED: frozenset({S.FILLED, S.PARTIALLY_FILLED}),
    S.DENIED: frozenset(),
    S.FILLED: frozenset(),
}

OPEN = frozenset({S.SUBMITTED, S.ACCEPTED, S.PARTIALLY_FILLED})
FINISHED = frozenset(S) - OPEN


def advance(present: OrderStatus | None, following: OrderStatus) -> OrderStatus:
    """Return the following status, or raise ``IllegalTransition`` where no edge leads there."""
    if following not in TRANSITIONS[present]:
        raise IllegalTransition(f"an order cannot go from {present} to {following}")
    return following
