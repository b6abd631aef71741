"""A breach counts when a second look agrees, or when the first leaves no doubt."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from trading.drawdown.rules import CONFIRM_MS
from trading.drawdown.state import Observation

BEYOND_DOUBT = Decimal("0.20")
"""Fraction of the allowance past the floor at which one reading is enough."""


class Suspicion(StrEnum):
    NONE = "none"
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class BreachConfirmation:
    """Where one cap stands between two readings; an invalid reading changes nothing."""

    suspicion: Suspicion = Suspicion.NONE
    since_ms: int | None = None

    def after(
        self, seen: Observation, monotonic_ms: int, confirm_ms: int = CONFIRM_MS
    ) -> "BreachConfirmation":
        """Return where it stands after a valid reading; CONFIRMED stays, whatever comes."""
        if self.suspicion is Suspicion.CONFIRMED:
            return self
        if not seen.acts:
            return BreachConfirmation()
        if not confirm_ms or is_beyond_doubt(seen):
            return BreachConfirmation(Suspicion.CONFIRMED, monotonic_ms)
        # A clock that ran backwards is another process: the first reading is this one.
        if self.since_ms is None or monotonic_ms < self.since_ms:
            return BreachConfirmation(Suspicion.SUSPECTED, monotonic_ms)
        if monotonic_ms - self.since_ms >= confirm_ms:
            return replace(self, suspicion=Suspicion.CONFIRMED)
        return self


def is_beyond_doubt(seen: Observation) -> bool:
    """Tell whether equity is past the floor by more than a fifth of the allowance."""
    return -seen.room > BEYOND_DOUBT * max(Decimal(0), seen.allowance)
