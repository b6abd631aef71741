"""Money paid in and out: what of the deals is a flow, and how caps move with it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.drawdown.caps import Cap, CapKind
from trading.drawdown.readings import JUMP_TOLERANCE
from trading.drawdown.resets import moved
from trading.drawdown.rules import settle
from trading.drawdown.state import CapState
from trading.ids import Ticket
from trading.model import Deal, DealType

HOLD_MS = 60_000
"""How long a mark is held for a deal that has not appeared yet."""


class FlowKind(StrEnum):
    CASH = "cash"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Flow:
    """A deposit (positive), a withdrawal, or credit given and taken back."""

    kind: FlowKind
    amount: Decimal
    at: datetime
    ticket: Ticket


class Unexplained(StrEnum):
    """What to do about a balance that no deal explains."""

    NOTHING = "nothing"
    HOLD = "hold"
    """Keep the mark: the deal may still come."""
    ASK = "ask"
    """Ask a person whether it was a deposit, a withdrawal or a result."""


def flows_of(
    deals: Iterable[Deal], *, bonus: bool = False, correction: bool = False
) -> tuple[Flow, ...]:
    """Return the flows among deals; charge, commission, interest, tax and swap are results."""
    kinds = {DealType.BALANCE: FlowKind.CASH, DealType.CREDIT: FlowKind.CREDIT}
    if bonus:
        kinds[DealType.BONUS] = FlowKind.CASH
    if correction:
        kinds[DealType.CORRECTION] = FlowKind.CASH
    return tuple(
        Flow(kinds[deal.deal_type], deal.result, deal.at, deal.ticket)
        for deal in deals
        if deal.deal_type in kinds and deal.result
    )


def apply_flow(
    cap: Cap, state: CapState, flow: Flow, equity_before: Decimal
) -> tuple[Cap, CapState]:
    """Return cap and state moved by a flow: money shifts, percent scales by (E+f)/E (F1).

    Credit changes nothing on own equity (C1); a cap that counts credit takes it as cash.
    ``equity_before`` is the measured equity just before it.
    """
    if flow.kind is FlowKind.CREDIT and not cap.include_credit:
        return cap, state

    def move(amount: Decimal) -> Decimal:
        return moved(cap, amount, flow.amount, equity_before)

    shifted = replace(
        cap,
        initial=None if cap.initial is None else move(cap.initial),
        lock_at=move(cap.lock_at) if isinstance(cap.lock_at, Decimal) else cap.lock_at,
        size=cap.size + flow.amount if cap.kind is CapKind.FLOOR else cap.size,
    )
    pending = None if state.pending_mark is None else move(state.pending_mark)
    return shifted, settle(
        shifted,
        replace(
            state,
            initial=move(state.initial),
            mark=move(state.mark),
            base=move(state.base),
            own=state.own + flow.amount,
            pending_mark=pending,
        ),
    )


def apply_flows(
    cap: Cap, state: CapState, flows: Iterable[Flow], equity_before: Decimal
) -> tuple[Cap, CapState]:
    """Apply flows in their order, each on the equity the one before left."""
    for flow in flows:
        cap, state = apply_flow(cap, state, flow, equity_before)
        if flow.kind is FlowKind.CASH or cap.include_credit:
            equity_before += flow.amount
    return cap, state


def decide_unexplained(
    difference: Decimal,
    waited_ms: int,
    *,
    tolerance: Decimal = JUMP_TOLERANCE,
    hold_ms: int = HOLD_MS,
) -> Unexplained:
    """Return whether to hold the mark for an unseen deal or to ask a person."""
    if abs(difference) <= tolerance:
        return Unexplained.NOTHING
    return Unexplained.HOLD if waited_ms < hold_ms else Unexplained.ASK


def balance_effect(deals: Iterable[Deal]) -> Decimal:
    """Return what deals did to the balance; credit lives beside it."""
    return sum((deal.result for deal in deals if deal.deal_type is not DealType.CREDIT), Decimal(0))


def balance_at(instant: datetime, balance_now: Decimal, deals: Iterable[Deal]) -> Decimal:
    """Return the balance at an earlier instant, from every deal since it."""
    return balance_now - balance_effect(deal for deal in deals if deal.at >= instant)
