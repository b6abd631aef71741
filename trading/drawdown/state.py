"""What a cap remembers between two readings, and what a reading is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.drawdown.caps import Cap

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Reading:
    """A valid look at the account's money: only ``readings.judge`` should make one."""

    at: datetime
    monotonic_ms: int
    """The same moment on a clock that never runs backwards, for confirmations."""
    balance: Decimal
    equity: Decimal
    """As the terminal shows it, credit included."""
    credit: Decimal = ZERO
    positions_open: int = 0

    @property
    def own_equity(self) -> Decimal:
        return self.equity - self.credit

    @property
    def floating(self) -> Decimal:
        return self.equity - self.credit - self.balance

    def measured(self, cap: Cap) -> Decimal:
        """Return the equity a cap is judged on: own equity unless it counts credit (C1)."""
        return self.equity if cap.include_credit else self.equity - self.credit


@dataclass(frozen=True, slots=True)
class DayInputs:
    """What is known of the money at a day's start when the desk did not see it live."""

    balance: Decimal | None = None
    """Rebuilt from deals; for an end-of-day trail the highest of the closes missed."""
    equity: Decimal | None = None
    """The last stored sample before the boundary."""
    credit: Decimal = ZERO
    """Of the same sample."""
    sampled_at: datetime | None = None
    flows: tuple[tuple[Decimal, Decimal | None], ...] = ()
    """Deposits and withdrawals since: the amount, and the measured equity before it if known."""


NO_INPUTS = DayInputs()


@dataclass(frozen=True, slots=True)
class CapState:
    """A cap's memory: stored with every reading, restored before the first entry."""

    initial: Decimal
    """I as it stands, moved by deposits and withdrawals."""
    mark: Decimal
    """The high-water mark; never falls but by a flow or an owner's act."""
    base: Decimal
    """What a static or daily allowance is taken from: I, or the day's base."""
    floor: Decimal
    own: Decimal
    """The equity measured at the last reading."""
    updated_at: datetime
    day_id: str = ""
    day_ends: datetime | None = None
    locked: bool = False
    estimated: bool = False
    """The day's base was not seen and could not be rebuilt in full."""
    pending_mark: Decimal | None = None
    """A higher mark that one reading showed and none has confirmed."""
    pending_since_ms: int | None = None
    warned: Decimal | None = None
    """The highest warning level already told."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one reading means for one cap."""

    cap: Cap
    state: CapState
    own: Decimal
    """The equity it was judged on."""
    floor: Decimal
    allowance: Decimal
    act_line: Decimal
    """Where it acts: the floor, or above it by the buffer."""
    room: Decimal
    """Money left above the floor; negative is the overshoot."""
    used: Decimal
    """Fraction of the allowance used, never below zero."""
    breached: bool
    """At or below the floor itself, by the cap's own comparator."""
    acts: bool
    """The cap's action is due: breached, or the buffer is used up."""
    warn: Decimal | None
    """A warning level newly reached."""
    drawdown_percent: Decimal
    reset: bool
    """A new day began with this reading."""
