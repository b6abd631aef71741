"""Acting at the broker: intent on disk, one send, the answer on disk; closes go first."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from trading.clock import Clock
from trading.events import EventType
from trading.ids import Ticket, is_ours, mint_client_order_id, order_comment
from trading.model import (
    Action,
    Approval,
    NewOrder,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    PendingOrder,
    Position,
    Purpose,
    Rejected,
    RejectKind,
    SendOutcome,
    Snapshot,
    Unknown,
)
from trading.planning import Plan
from trading.ports import OrderStore, Terminal
from trading.reporting import Reporter

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""How often a price that moved is asked for anew: each time it was certainly not executed."""
WAIT_SECONDS = 5.0
"""Between two tries to close where the broker said that a condition must change first."""

FreshPlan = Callable[[Approval], Awaitable[Plan]]


class OrderExecutor:
    """Sends one account's orders; never raises for what the broker answers."""

    def __init__(
        self,
        terminal: Terminal,
        store: OrderStore,
        clock: Clock,
        reporter: Reporter,
        leaving: Callable[[], None] = lambda: None,
    ) -> None:
        """``leaving`` is called right before an entry is written to the terminal."""
        self._leaving = leaving
        self._terminal = terminal
        self._store = store
        self._clock = clock
        self._reporter = reporter
        self._retry_at: dict[int, float] = {}
        """When a target that could not be closed may be tried again."""

    async def enter(self, approval: Approval, plan: Plan, again: FreshPlan) -> Order | None:
        """Send an approved entry, or refuse it; None when it was no longer to be sent."""
        started = self._clock.monotonic()
        if plan.denial is not None or plan.request is None:
            if plan.denial is not None and await self._store.deny(approval.id, plan.denial):
                self._reporter.event(
                    EventType.ORDER_DENIED,
                    approval_id=approval.id,
                    reason=plan.denial.reason.value,
                )
            return None
        order = await self._store.submit(
            NewOrder(
                account_id=approval.account_id,
                purpose=Purpose.ENTRY,
                request=plan.request,
                approval_id=approval.id,
                expected_price=plan.expected_price,
                facts=plan.facts or {},
            )
        )
        if order is None:
            return None
        self._reporter.event(
            EventType.ORDER_SUBMITTED,
            order_id=order.id,
            client_order_id=order.client_order_id,
            symbol=order.request.symbol,
        )
        self._leaving()
        outcome = await self._terminal.send(order.request)
        for _ in range(ATTEMPTS - 1):
            if not (isinstance(outcome, Rejected) and outcome.kind is RejectKind.RETRY):
                break
            fresh = await again(approval)
            if fresh.request is None or fresh.denial is not None:
                break
            # The same id and volume at a fresh price: what was refused was not executed.
            request = replace(order.request, price=fresh.request.price)
            outcome = await self._terminal.send(request)
        return await self._apply(order, outcome, started)

    async def close(
        self,
        account_id: int,
        position: Position,
        *,
        volume: Decimal | None = None,
        breach_id: int | None = None,
    ) -> Order | None:
        """Close a position, whole or in part; None where a close is already at work."""
        return await self._act(account_id, Purpose.CLOSE, _closing(position, volume), breach_id)

    async def remove(
        self, account_id: int, pending: PendingOrder, *, breach_id: int | None = None
    ) -> Order | None:
        """Take a waiting order back; None where that is already asked."""
        client_order_id = mint_client_order_id()
        request = OrderRequest(
            action=Action.REMOVE,
            client_order_id=client_order_id,
            symbol=pending.symbol,
            order=pending.ticket,
        )
        return await self._act(account_id, Purpose.CANCEL, request, breach_id)

    async def protect(
        self,
        account_id: int,
        position: Position,
        stop_loss: Decimal | None,
        take_profit: Decimal | None,
    ) -> Order | None:
        """Set both levels of a position; None removes one."""
        request = OrderRequest(
            action=Action.SLTP,
            client_order_id=mint_client_order_id(),
            symbol=position.symbol,
            position=position.ticket,
            stop_loss=stop_loss,
            take_profit=take_profit,
        )
        return await self._act(account_id, Purpose.PROTECT, request, None)

    async def flatten(
        self, account_id: int, snapshot: Snapshot, breach_id: int, scope: str
    ) -> tuple[int, int]:
        """Ask once for everything that is still open; return (pendings removed, closes asked).

        Waiting orders go first, then positions by what they lose. One that fails does not stop
        the others; what the broker could not do now is asked again in a moment.
        """
        removed = closed = 0
        for pending in snapshot.orders:
            if _in_scope(pending.client_order_id, scope) and self._may_try(pending.ticket):
                order = await self.remove(account_id, pending, breach_id=breach_id)
                removed += order is not None and order.status is OrderStatus.FILLED
        for position in sorted(snapshot.positions, key=lambda one: one.profit + one.swap):
            if _in_scope(position.client_order_id, scope) and self._may_try(position.ticket):
                closed += await self.close(account_id, position, breach_id=breach_id) is not None
        return removed, closed

    def _may_try(self, ticket: Ticket) -> bool:
        return self._clock.monotonic() >= self._retry_at.get(ticket, 0.0)

    async def _act(
        self, account_id: int, purpose: Purpose, request: OrderRequest, breach_id: int | None
    ) -> Order | None:
        started = self._clock.monotonic()
        order = await self._store.submit(
            NewOrder(
                account_id=account_id,  # type: ignore[arg-type]  # an AccountId
                purpose=purpose,
                request=request,
                breach_id=breach_id,
                expected_price=request.price,
            )
        )
        if order is None:
            return None
        outcome = await self._terminal.send(request)
        target = request.position or request.order
        if isinstance(outcome, Rejected) and target is not None:
            wait = 0.0 if outcome.kind in _AT_ONCE else WAIT_SECONDS
            self._retry_at[target] = self._clock.monotonic() + wait
        return await self._apply(order, outcome, started)

    async def _apply(self, order: Order, outcome: SendOutcome, started: float) -> Order:
        sent = self._clock.monotonic()
        applied = await self._store.apply(order.id, outcome)
        unknown = isinstance(outcome, Unknown)
        self._reporter.event(
            EventType.ORDER_UNRESOLVED if unknown else EventType.ORDER_APPLIED,
            order_id=order.id,
            purpose=order.purpose.value,
            status=applied.status.value,
            detail=applied.detail,
            send_ms=round((sent - started) * 1000, 3),
        )
        return applied


_AT_ONCE = frozenset({RejectKind.RETRY, RejectKind.GONE})


def _closing(position: Position, volume: Decimal | None) -> OrderRequest:
    client_order_id = mint_client_order_id()
    return OrderRequest(
        action=Action.DEAL,
        client_order_id=client_order_id,
        symbol=position.symbol,
        side=position.side.opposite,
        order_type=OrderType.MARKET,
        volume=volume or position.volume,
        price=position.price_current,
        deviation=100,
        position=position.ticket,
        comment=order_comment(client_order_id),
    )


def _in_scope(magic: int, scope: str) -> bool:
    return scope == "all" or is_ours(magic)


def in_scope(positions: Iterable[Position], scope: str) -> tuple[Position, ...]:
    """Return the positions a flatten of that scope closes."""
    return tuple(one for one in positions if _in_scope(one.client_order_id, scope))
