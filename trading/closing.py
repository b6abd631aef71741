"""In which order an account is emptied: opposite positions against each other, then by risk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.drawdown.budget import open_risk
from trading.ids import ClientOrderId, Ticket, mint_client_order_id, order_comment
from trading.model import Action, OrderRequest, OrderType, PendingOrder, Position, SymbolSpec

ZERO = Decimal(0)
DEVIATION = 100
"""Points a close may slip: being out matters more than the price."""


@dataclass(frozen=True, slots=True)
class CloseStep:
    """One request: a position at the market, or against the opposite one it is hedged by."""

    position: Position
    by: Position | None = None

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        """Return the positions it touches."""
        mine = (self.position.ticket,)
        return mine if self.by is None else (*mine, self.by.ticket)


def closing_steps(
    positions: Iterable[Position],
    specs: Mapping[str, SymbolSpec],
    *,
    fifo: bool = False,
    pair: bool = True,
) -> tuple[CloseStep, ...]:
    """Return the steps that empty an account, the largest risk first.

    ``fifo`` closes the oldest of a symbol first, as American brokers demand (10045), and never
    pairs. What a pair leaves over is closed by the steps of the next snapshot.
    """
    open_now = list(positions)
    steps = _singles(open_now) if fifo or not pair else _paired(open_now)
    ranked = sorted(steps, key=lambda step: _rank(step, specs), reverse=True)
    return _oldest_first(ranked) if fifo else tuple(ranked)


def close_request(position: Position, volume: Decimal | None = None) -> OrderRequest:
    """Return the market order that closes a position, whole or in part."""
    client_order_id = mint_client_order_id()
    return OrderRequest(
        action=Action.DEAL,
        client_order_id=client_order_id,
        symbol=position.symbol,
        side=position.side.opposite,
        order_type=OrderType.MARKET,
        volume=volume or position.volume,
        price=position.price_current,
        deviation=DEVIATION,
        position=position.ticket,
        comment=order_comment(client_order_id),
    )


def step_request(step: CloseStep) -> OrderRequest:
    """Return the request of a step."""
    if step.by is None:
        return close_request(step.position)
    client_order_id = mint_client_order_id()
    return OrderRequest(
        action=Action.CLOSE_BY,
        client_order_id=client_order_id,
        symbol=step.position.symbol,
        position=step.position.ticket,
        position_by=step.by.ticket,
        comment=order_comment(client_order_id),
    )


def remove_request(pending: PendingOrder) -> OrderRequest:
    """Return the request that takes a waiting order back."""
    client_order_id: ClientOrderId = mint_client_order_id()
    return OrderRequest(
        action=Action.REMOVE,
        client_order_id=client_order_id,
        symbol=pending.symbol,
        order=pending.ticket,
    )


def _singles(positions: Iterable[Position]) -> list[CloseStep]:
    return [CloseStep(position) for position in positions]


def _paired(positions: Sequence[Position]) -> list[CloseStep]:
    """Match opposite positions of a symbol, the largest volumes with each other."""
    steps: list[CloseStep] = []
    for symbol in dict.fromkeys(position.symbol for position in positions):
        mine = sorted(
            (one for one in positions if one.symbol == symbol),
            key=lambda one: one.volume,
            reverse=True,
        )
        first = [one for one in mine if one.side is mine[0].side]
        other = [one for one in mine if one.side is not mine[0].side]
        matched = min(len(first), len(other))
        steps += [
            CloseStep(one, by) if one.volume >= by.volume else CloseStep(by, one)
            for one, by in zip(first, other, strict=False)
        ]
        steps += _singles([*first[matched:], *other[matched:]])
    return steps


def _rank(step: CloseStep, specs: Mapping[str, SymbolSpec]) -> tuple[bool, Decimal, Decimal]:
    """Return what sorts a step: an unknown risk is the largest, a pair risks its difference."""
    position, spec = step.position, specs.get(step.position.symbol)
    loss = -(position.profit + position.swap)
    if spec is None:
        return True, ZERO, loss
    risk = open_risk(position, spec)
    if step.by is not None:
        risk *= (position.volume - step.by.volume) / position.volume
    return False, risk, loss


def _oldest_first(steps: Sequence[CloseStep]) -> tuple[CloseStep, ...]:
    """Keep the order of the symbols, and within each take the oldest position first."""
    ordered: list[CloseStep] = []
    for symbol in dict.fromkeys(step.position.symbol for step in steps):
        mine = [step for step in steps if step.position.symbol == symbol]
        ordered += sorted(mine, key=lambda one: (one.position.opened_at, one.position.ticket))
    return tuple(ordered)


def protect_request(
    position: Position, stop_loss: Decimal | None, take_profit: Decimal | None
) -> OrderRequest:
    """Return the request that sets both levels of a position; None removes one."""
    return OrderRequest(
        action=Action.SLTP,
        client_order_id=mint_client_order_id(),
        symbol=position.symbol,
        position=position.ticket,
        stop_loss=stop_loss,
        take_profit=take_profit,
    )
