"""Pre-trade checks: small pure functions in order, the first refusal wins, nothing fails open."""

from trading.risk.checks import CHECKS, assess, check_order
from trading.risk.context import Check, Held, OrderContext, RiskLimits
from trading.risk.findings import Finding, deny

__all__ = [
    "CHECKS",
    "Check",
    "Finding",
    "Held",
    "OrderContext",
    "RiskLimits",
    "assess",
    "check_order",
    "deny",
]
