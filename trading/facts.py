"""What one pass needs of the store, read in one transaction."""

from dataclasses import dataclass

from trading.model import Account, Approval, Order


@dataclass(frozen=True, slots=True)
class PassFacts:
    """An account and everything about it that waits for a pass."""

    account: Account
    orders: tuple[Order, ...]
    """Intents that are not finished."""
    uncarded: tuple[Approval, ...]
    """Offered, and their size not worked out yet."""
    symbols: tuple[str, ...]
    """Of everything offered or approved."""
