"""What one rule found: the value, the limit, and the refusal where there is one."""

from decimal import Decimal

from trading.model import Denial, DenialReason, Finding
from trading.words import told

__all__ = ["NO_LIMIT", "UNKNOWN", "Finding", "deny", "money", "points", "text"]

NO_LIMIT = told("no limit")
UNKNOWN = told("unknown")


def deny(reason: DenialReason, **facts: object) -> Denial:
    """Return a denial with its numbers as text."""
    return Denial(reason, {name: text(value) for name, value in facts.items()})


def text(value: object) -> str:
    """Return a number without an exponent and without noughts that say nothing."""
    if isinstance(value, Decimal):
        shown = f"{value:f}"
        return shown.rstrip("0").rstrip(".") if "." in shown else shown
    return str(value)


def points(value: Decimal) -> str:
    """Return a distance in points."""
    return told("{points} points", points=text(value.quantize(Decimal("0.1"))))


def money(value: Decimal, currency: str) -> str:
    """Return an amount with its currency."""
    return f"{value:,.2f} {currency}"
