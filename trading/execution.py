"""Acting at the broker: intent on disk, one send, the answer on disk; closes go first."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from trading.clock import Clock
from trading.closing import CloseStep, close_request, protect_request, remove_request, step_request
from trading.errors import StoreError, TerminalError
from trading.events import EventType
from trading.ids import OrderId, is_ours, mint_client_order_id
from trading.model import (
    Action,
    Approval,
    Filled,
    NewOrder,
    Order,
    OrderRequest,
    PendingOrder,
    Position,
    Purpose,
    Rejected,
    RejectKind,
    SendOutcome,
    Unknown,
)
from trading.planning import Plan
from trading.ports import OrderStore, Terminal
from trading.reporting import Reporter
from trading.sending import held_up

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""How often a price that moved is asked for anew: each time it was certainly not executed."""

REPORT_EVERY = 1.0
"""Seconds between two looks of the chat at closes that follow each other closely."""

FreshPlan = Callable[[Approval], Awaitable[Plan]]
Submit = Callable[[NewOrder], Awaitable[Order | None]]


@dataclass(frozen=True, slots=True)
class Sent:
    """An entry that was sent, as it was written down."""

    order: Order
    in_doubt: bool
    """Nobody knows what became of it."""


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
        self._recording: asyncio.Task[Order] | None = None
        self.at_work: set[OrderId] = set()
        """Orders being sent at this moment: their answer is neither here nor lost."""

    @property
    def clock(self) -> Clock:
        """The time its orders are sent by."""
        return self._clock

    async def enter(
        self, approval: Approval, plan: Plan, again: FreshPlan, group: asyncio.TaskGroup
    ) -> Sent | None:
        """Send an approved entry, or refuse it; None when it was no longer to be sent.

        Its answer is written down in the group while the caller goes on, until ``recorded``; no
        other entry is written down, and none is sent, before that is done.
        """
        await self.recorded()
        started = self._clock.monotonic()
        if plan.denial is not None or plan.request is None:
            if plan.denial is not None and await self._store.deny(
                approval.id, plan.denial, plan.findings
            ):
                self._reporter.event(
                    EventType.ORDER_DENIED,
                    signal_id=approval.signal.id,
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
                checks=plan.findings,
            )
        )
        if order is None:
            return None
        self._reporter.event(
            EventType.ORDER_SUBMITTED,
            signal_id=approval.signal.id,
            approval_id=approval.id,
            order_id=order.id,
            client_order_id=order.client_order_id,
            symbol=order.request.symbol,
        )
        with ExitStack() as work:
            work.enter_context(self._working_on(order))
            self._leaving()
            late = held_up(order.request, self._clock.monotonic() - started)
            outcome = late or await self._terminal.send(order.request)
            outcome = await self._at_fresh_prices(order, outcome, approval, again, started)
            outcome = await self._priced(order, outcome)
            record = self._apply(order, outcome, started, approval.signal.id)
            self._recording = group.create_task(record)
            self._recording.add_done_callback(partial(_close, work.pop_all()))
        return Sent(order, isinstance(outcome, Unknown))

    async def recorded(self) -> None:
        """Return once the answer of the last entry is on disk; raises where it cannot be."""
        recording, self._recording = self._recording, None
        if recording is not None:
            await recording

    async def _at_fresh_prices(
        self,
        order: Order,
        outcome: SendOutcome,
        approval: Approval,
        again: FreshPlan,
        started: float,
    ) -> SendOutcome:
        """Ask again where the price had moved: the same id and volume, as nothing was executed."""
        for _ in range(ATTEMPTS - 1):
            if not (isinstance(outcome, Rejected) and outcome.kind is RejectKind.RETRY):
                break
            try:
                fresh = await again(approval)
            except TerminalError:  # no fresh price: the refusal we have is the answer
                break
            if fresh.request is None or fresh.denial is not None:
                break
            if held_up(order.request, self._clock.monotonic() - started) is not None:
                break
            outcome = await self._terminal.send(replace(order.request, price=fresh.request.price))
        return outcome

    async def _priced(self, order: Order, outcome: SendOutcome) -> SendOutcome:
        """Take the price of a fill from its position where the server's answer left it out."""
        if not isinstance(outcome, Filled) or outcome.price is not None:
            return outcome
        try:
            snapshot = await self._terminal.snapshot(())
        except TerminalError:
            return outcome  # its deal will tell
        for position in snapshot.positions:
            if position.client_order_id == order.client_order_id:
                return replace(outcome, price=position.price_open)
        return outcome

    @contextlib.contextmanager
    def _working_on(self, *orders: Order) -> Iterator[None]:
        self.at_work.update(order.id for order in orders)
        try:
            yield
        finally:
            self.at_work.difference_update(order.id for order in orders)

    async def close(
        self,
        account_id: int,
        position: Position,
        *,
        volume: Decimal | None = None,
        breach_id: int | None = None,
    ) -> Order | None:
        """Close a position, whole or in part; None where a close is already at work."""
        request = close_request(position, volume)
        return await self._act(account_id, Purpose.CLOSE, request, breach_id)

    async def remove(
        self, account_id: int, pending: PendingOrder, *, breach_id: int | None = None
    ) -> Order | None:
        """Take a waiting order back; None where that is already asked."""
        return await self._act(account_id, Purpose.CANCEL, remove_request(pending), breach_id)

    async def modify(
        self,
        account_id: int,
        pending: PendingOrder,
        *,
        price: Decimal | None = None,
        stop_loss: Decimal | None = None,
        take_profit: Decimal | None = None,
        expires_at: datetime | None = None,
    ) -> Order | None:
        """Change a waiting order; what is None stays as it is at the broker."""
        request = OrderRequest(
            action=Action.MODIFY,
            client_order_id=mint_client_order_id(),
            symbol=pending.symbol,
            order=pending.ticket,
            price=price or pending.price,
            stop_limit=pending.stop_limit,
            stop_loss=stop_loss or pending.stop_loss,
            take_profit=take_profit or pending.take_profit,
            expires_at=expires_at or pending.expires_at,
        )
        return await self._act(account_id, Purpose.PROTECT, request, None)

    async def close_by(
        self, account_id: int, position: Position, opposite: Position
    ) -> Order | None:
        """Close two opposite positions of a hedging account against each other, at one spread."""
        request = step_request(CloseStep(position, opposite))
        return await self._act(account_id, Purpose.CLOSE, request, None)

    async def protect(
        self,
        account_id: int,
        position: Position,
        stop_loss: Decimal | None,
        take_profit: Decimal | None,
    ) -> Order | None:
        """Set both levels of a position; None removes one."""
        request = protect_request(position, stop_loss, take_profit)
        return await self._act(account_id, Purpose.PROTECT, request, None)

    async def carry(self, new: NewOrder, submit: Submit) -> Order | None:
        """Send an order whose intent another transaction writes down; None where it must not be."""
        started = self._clock.monotonic()
        order = await submit(new)
        if order is None:
            return None
        with self._working_on(order):
            outcome = await self._terminal.send(order.request)
            return await self._apply(order, outcome, started)

    async def batch(self, orders: Sequence[NewOrder]) -> list[tuple[Order, SendOutcome]]:
        """Write every intent down at once, then send one after the other.

        An answer is recorded while the next request is at the broker, so that many closes take
        the broker's time and hardly more. What cannot be recorded stops no close: it is raised
        once all were sent.
        """
        answered: list[tuple[Order, SendOutcome]] = []
        took: dict[OrderId, float] = {}
        recorder = _Recorder(self._store, self._clock)
        rest: list[Order] | StoreError = []

        async def ask(order: Order, group: asyncio.TaskGroup) -> None:
            began = self._clock.monotonic()
            outcome = await self._terminal.send(order.request)
            took[order.id] = self._clock.monotonic() - began
            answered.append((order, outcome))
            recorder.add(order, outcome, group)

        with ExitStack() as work:
            try:
                async with asyncio.TaskGroup() as group:
                    first = _written(await self._store.submit_all(orders[:1]))
                    # The first is at the broker while the intents of the others are written.
                    others = group.create_task(self._write_down(orders[1:]))
                    work.enter_context(self._working_on(*first))
                    for order in first:
                        await ask(order, group)
                    rest = await others
                    written = [] if isinstance(rest, StoreError) else rest
                    work.enter_context(self._working_on(*written))
                    for order in written:
                        await ask(order, group)
            except BaseExceptionGroup as failed:
                raise failed.exceptions[0] from None
            await recorder.finish()
        if isinstance(rest, StoreError):
            raise rest
        for applied in recorder.applied:
            self._report(applied, took[applied.id])
        return answered

    async def _write_down(self, orders: Sequence[NewOrder]) -> list[Order] | StoreError:
        """Write intents; what went wrong is returned, for what is at the broker must go on."""
        if not orders:
            return []
        try:
            return _written(await self._store.submit_all(orders))
        except StoreError as error:
            return error

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
        with self._working_on(order):
            outcome = await self._terminal.send(request)
            return await self._apply(order, outcome, started)

    async def _apply(
        self, order: Order, outcome: SendOutcome, started: float, signal_id: int = 0
    ) -> Order:
        sent = self._clock.monotonic()
        applied = await self._store.apply(order.id, outcome)
        self._report(applied, sent - started, signal_id)
        return applied

    def _report(self, applied: Order, seconds: float, signal_id: int = 0) -> None:
        unknown = applied.unresolved_at is not None
        self._reporter.event(
            EventType.ORDER_UNRESOLVED if unknown else EventType.ORDER_APPLIED,
            signal_id=signal_id,
            approval_id=applied.approval_id or 0,
            order_id=applied.id,
            purpose=applied.purpose.value,
            status=applied.status.value,
            detail=applied.detail,
            send_ms=round(seconds * 1000, 3),
        )


def _close(work: ExitStack, _done: object) -> None:
    work.close()


def _written(orders: Iterable[Order | None]) -> list[Order]:
    """Return the intents that are on disk: a target that is being worked on gets no second."""
    return [order for order in orders if order is not None]


class _Recorder:
    """Keeps answers as they come, as many as came meanwhile in one transaction."""

    def __init__(self, store: OrderStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._waiting: list[tuple[OrderId, SendOutcome]] = []
        self._busy = False
        self._reported = clock.monotonic()
        self.applied: list[Order] = []
        """The orders as they stand, once their answers are kept."""

    def add(self, order: Order, outcome: SendOutcome, group: asyncio.TaskGroup) -> None:
        """Take an answer; it is written unless a write is under way."""
        self._waiting.append((order.id, outcome))
        if not self._busy:
            self._busy = True
            group.create_task(self._write())

    async def _write(self) -> None:
        taken, self._waiting = self._waiting, []
        now = self._clock.monotonic()
        report = now - self._reported >= REPORT_EVERY
        if report:
            self._reported = now
        try:
            self.applied += await self._store.apply_all(taken, report=report)
        except StoreError:
            self._waiting = taken + self._waiting  # finish() tries once more, and raises
        finally:
            self._busy = False

    async def finish(self) -> None:
        """Write what is left."""
        if self._waiting:
            self.applied += await self._store.apply_all(self._waiting)


def _in_scope(magic: int, scope: str) -> bool:
    return scope == "all" or is_ours(magic)


def in_scope(positions: Iterable[Position], scope: str) -> tuple[Position, ...]:
    """Return the positions a flatten of that scope closes."""
    return tuple(one for one in positions if _in_scope(one.client_order_id, scope))
