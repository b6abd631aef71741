"""Lots for a risk: rounded down to the step, refused where the least volume risks more (R1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trading.model import SymbolSpec
from trading.money import floor_to_step
from trading.words import told


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no volume for a risk, and the numbers it was decided on."""

    words: str
    numbers: Mapping[str, Decimal] = field(default_factory=dict)


def lots_for_risk(
    risk_money: Decimal, loss_per_lot: Decimal, spec: SymbolSpec
) -> Decimal | Refusal:
    """Return the largest volume that loses no more than the risk at its stop, never rounded up.

    ``loss_per_lot`` is what one lot loses from entry to stop in account currency, by the
    terminal's own calculation, so quote and account currency are its affair.
    """
    wrong = _unusable(risk_money, loss_per_lot, spec)
    if wrong is not None:
        return wrong
    raw = risk_money / loss_per_lot
    lots = floor_to_step(min(raw, _largest(spec)), spec.volume_step)
    # Division keeps 28 digits and may have rounded up to the next step: the money decides.
    while lots * loss_per_lot > risk_money:
        lots -= spec.volume_step
    if lots < spec.volume_min or lots <= 0:
        least = spec.volume_min * loss_per_lot
        return Refusal(
            told(
                "the least volume of {volume_min} lots would risk {least}, more than the "
                "{risk_money} asked for",
                volume_min=spec.volume_min,
                least=f"{least:.2f}",
                risk_money=f"{risk_money:.2f}",
            ),
            {
                "risk": risk_money,
                "raw_lots": raw,
                "volume_min": spec.volume_min,
                "least_risk": least,
            },
        )
    return lots


def _largest(spec: SymbolSpec) -> Decimal:
    limit = spec.volume_limit
    return min(spec.volume_max, limit) if limit > 0 else spec.volume_max


def _unusable(risk_money: Decimal, loss_per_lot: Decimal, spec: SymbolSpec) -> Refusal | None:
    numbers = {"risk": risk_money, "loss_per_lot": loss_per_lot}
    if not risk_money.is_finite() or risk_money <= 0:
        return Refusal(told("there is no money to risk"), numbers)
    if not loss_per_lot.is_finite() or loss_per_lot <= 0:
        return Refusal(told("the loss of one lot to the stop is unknown"), numbers)
    if spec.volume_step <= 0:
        return Refusal(told("the broker gives no volume step for {name}", name=spec.name), numbers)
    return None
