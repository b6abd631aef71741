"""What the checks look at: the limits people set, and everything of one moment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from trading.drawdown.budget import STRESS_PERCENT
from trading.model import (
    Account,
    Denial,
    Quote,
    Side,
    SignalDraft,
    Snapshot,
    SymbolSpec,
)
from trading.risk.findings import Finding
from trading.risk.sessions import SessionWindow

SPREAD_READINGS = 20
"""Fewer changes of a quote than this say nothing of its usual spread."""


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """What the desk's owner set; points are the symbol's, volumes lots, None is no limit."""

    risk_percent: Decimal = Decimal(1)
    max_open_positions: int = 5
    max_positions_per_symbol: int | None = None
    max_positions_per_currency: int | None = None
    max_volume: Decimal = Decimal(1)
    max_spread_points: int | None = None
    max_spread_ratio: Decimal | None = None
    """How many times its own median of the last ten minutes a spread may be."""
    max_deviation_points: int = 20
    max_drift_points: int | None = None
    max_drift_r: Decimal = Decimal("0.5")
    """How far the price may have run from the entry, in distances to the stop."""
    allow_duplicate: bool = True
    allow_opposite: bool = True
    max_orders: int | None = None
    """Entries sent in the window; the next is refused until the oldest has left it."""
    order_window_seconds: int = 60
    sessions: tuple[SessionWindow, ...] = ()
    weekend_minutes: int = 0
    """No entries so long before the weekend, nor in it; zero trades through."""
    stress_percent: Decimal = STRESS_PERCENT
    """The price move at which what has no stop is counted."""
    max_quote_age: float = 60.0
    max_snapshot_age: float = 2.0


@dataclass(frozen=True, slots=True)
class Held:
    """Something that is or may become a position: open, waiting, or an intent just sent."""

    symbol: str
    side: Side
    volume: Decimal


@dataclass(frozen=True, slots=True)
class OrderContext:
    """Everything the checks look at, of one moment."""

    account: Account
    snapshot: Snapshot
    spec: SymbolSpec
    quote: Quote | None
    draft: SignalDraft
    entry: Decimal
    """What the entry would pay: the market's price, or the pending order's."""
    volume: Decimal
    risk_money: Decimal | None
    margin: Decimal | None
    """By the terminal's own calculation, what was just sent included; None where it refused."""
    floor: Decimal | None
    open_risk: Decimal | None
    """What everything held loses if every stop is hit; None where it cannot be known."""
    unresolved: bool
    blind: str
    """Why the account cannot be judged; empty while it can."""
    expires_at: datetime
    now: datetime
    snapshot_age: float
    limits: RiskLimits
    held: tuple[Held, ...] = ()
    specs: Mapping[str, SymbolSpec] = field(default_factory=dict)
    """Of every symbol held."""
    reference: Decimal | None = None
    """The price the signal named, or else the one its card showed."""
    offering: bool = False
    """This look makes the card: there was no earlier price to run from."""
    usual_spread: Decimal | None = None
    """The median of late, as a price distance; None where too few readings tell."""
    spread_readings: int = 0
    recent_orders: int = 0
    """Entries sent within the throttle's window."""
    window_left: float = 0.0
    """Seconds until the oldest of them leaves it."""
    pauses: tuple[Denial, ...] = ()
    """Protections that have tripped."""
    unexplained: Decimal | None = None
    """A change of the balance that no deal explains and nobody has yet."""


Check = Callable[[OrderContext], Finding]
