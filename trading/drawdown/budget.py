"""The worst case before an approval: every stop hit, the new one included (B1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from trading.model import Position, SymbolSpec
from trading.money import HUNDRED

ZERO = Decimal(0)
STRESS_PERCENT = Decimal(2)
"""The price move, in percent, at which a position without a stop is counted."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left to risk above the highest floor."""

    worst_equity: Decimal
    max_new_risk: Decimal
    """New risk must stay below it (on it too where the cap is strict); zero when none is left."""
    allowed: bool


def worst_case(
    own_equity: Decimal,
    floor: Decimal,
    open_risks: Iterable[Decimal],
    new_risk: Decimal = ZERO,
    *,
    strict: bool = False,
) -> Budget:
    """Return equity - open risk - new risk against the floor (B1)."""
    before = own_equity - sum(open_risks, ZERO)
    worst = before - new_risk
    allowed = worst >= floor if strict else worst > floor
    return Budget(worst, max(ZERO, before - floor), allowed)


def open_risk(
    position: Position, spec: SymbolSpec, stress_percent: Decimal = STRESS_PERCENT
) -> Decimal:
    """Return the money lost from now to the stop, or over the stress move without one.

    Floating profit is part of equity, so the way counts from the present price. Hedged
    pairs count twice: each stop can be hit on its own.
    """
    if position.stop_loss is None:
        distance = position.price_current * stress_percent / HUNDRED
    else:
        distance = (position.price_current - position.stop_loss) * position.side.sign
    return max(ZERO, distance) * position.volume * loss_per_lot(spec, Decimal(1))


def loss_per_lot(spec: SymbolSpec, distance: Decimal) -> Decimal:
    """Return the money one lot loses over a price distance, by the broker's tick value."""
    return distance / spec.tick_size * spec.tick_value_loss
