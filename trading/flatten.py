"""Ending flat: everything of the latch's scope is closed until a snapshot shows nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.clock import Clock
from trading.closing import CloseStep, closing_steps, remove_request, step_request
from trading.errors import StoreError
from trading.events import EventType
from trading.execution import OrderExecutor, in_scope
from trading.ids import Ticket, is_ours
from trading.model import (
    Account,
    Action,
    MarginMode,
    NewOrder,
    Order,
    OrderRequest,
    OrderStatus,
    PendingOrder,
    Position,
    Purpose,
    Rejected,
    RejectKind,
    SendOutcome,
    Snapshot,
)
from trading.ports import GuardStore
from trading.reporting import Reporter
from trading.symbols import SymbolBook

ESCALATE_AFTER_MINUTES = 3
ESCALATE_EVERY_MINUTES = 5
WAIT_SECONDS = 5.0
"""Between two tries where the broker said that a condition must change first."""
CLOSED_MARKET_SECONDS = 60.0
"""Between two tries in a closed market while no quote says that it opened."""
FIFO_CLOSE = 10045
MARKET_CLOSED = 10018

_Wanted = tuple[Purpose, OrderRequest, Decimal]


@dataclass(frozen=True, slots=True)
class _Hold:
    """A target that could not be closed: since when, until when, and what ends it earlier."""

    since: float
    until: float
    quotes_end_it: bool = False


class Flattener:
    """Works off one account's wish to be flat, a step a pass; the wish itself is a row."""

    def __init__(
        self,
        executor: OrderExecutor,
        store: GuardStore,
        symbols: SymbolBook,
        clock: Clock,
        reporter: Reporter,
    ) -> None:
        self._executor = executor
        self._store = store
        self._symbols = symbols
        self._clock = clock
        self._reporter = reporter
        self._holds: dict[Ticket, _Hold] = {}
        self._fifo = False
        """The broker has said that it wants the oldest closed first."""
        self._unpaired: set[Ticket] = set()
        """Positions that the broker would not close by each other."""

    async def step(self, account: Account, snapshot: Snapshot, orders: Sequence[Order]) -> bool:
        """Close what is still open; True while another look is worth it at once."""
        breach = await self._store.current_breach(account.id)
        if breach is None:
            raise StoreError("positions are to be closed and no breach says why")
        breach_id, scope = breach
        open_now = in_scope(snapshot.positions, scope)
        waiting = [one for one in snapshot.orders if scope == "all" or is_ours(one.client_order_id)]
        unsure = any(order.status is OrderStatus.SUBMITTED for order in orders)
        if not open_now and not waiting and not unsure:
            await self._store.flat(account.id, breach_id, snapshot.account.own_equity)
            self._holds.clear()
            self._reporter.event(EventType.ACCOUNT_FLAT, breach_id=breach_id)
            return False
        wanted = self._removals(waiting, orders) + self._closes(open_now, snapshot, orders)
        answered = await self._executor.batch(
            [NewOrder(account.id, purpose, request, breach_id=breach_id, expected_price=price)
             for purpose, request, price in wanted]
        )  # fmt: skip
        for order, outcome in answered:
            self._learn(order.request, outcome)
        removed = sum(_is_removed(order, outcome) for order, outcome in answered)
        await self._store.flatten_progress(
            breach_id,
            open_now,
            pendings_removed=removed,
            pendings_open=len(waiting) - removed,
        )
        await self._escalate(account, breach_id)
        return bool(answered)

    async def reopened(self, account: Account, snapshot: Snapshot) -> bool:
        """Wish a latched account flat again where an order of ours came to life after the end."""
        magics = [one.client_order_id for one in snapshot.positions]
        magics += [one.client_order_id for one in snapshot.orders]
        ours = any(is_ours(magic) for magic in magics)
        return ours and await self._store.flatten_again(account.id)

    def _removals(self, waiting: Iterable[PendingOrder], orders: Iterable[Order]) -> list[_Wanted]:
        busy = {order.request.order for order in orders if order.purpose is Purpose.CANCEL}
        return [
            (Purpose.CANCEL, remove_request(one), one.price)
            for one in waiting
            if one.ticket not in busy and self._may_try(one.ticket, None)
        ]

    def _closes(
        self, open_now: Iterable[Position], snapshot: Snapshot, orders: Iterable[Order]
    ) -> list[_Wanted]:
        """Return the closes to ask for now; a position whose close is at work is left alone."""
        busy: set[Ticket | None] = set()
        for order in orders:
            if order.purpose is Purpose.CLOSE and order.status is OrderStatus.SUBMITTED:
                busy |= {order.request.position, order.request.position_by}
        money = snapshot.account
        free = [one for one in open_now if one.ticket not in busy]
        steps = closing_steps(
            free,
            self._symbols.known({one.symbol for one in free}),
            fifo=self._fifo or money.fifo_close,
            pair=money.margin_mode is MarginMode.HEDGING
            and not any(one.ticket in self._unpaired for one in free),
        )
        return [
            (Purpose.CLOSE, step_request(step), step.position.price_current)
            for step in steps
            if self._may_take(step, snapshot)
        ]

    def _may_take(self, step: CloseStep, snapshot: Snapshot) -> bool:
        quote = snapshot.quotes.get(step.position.symbol)
        age = None if quote is None else quote.age
        return all(self._may_try(ticket, age) for ticket in step.tickets)

    def _may_try(self, ticket: Ticket, quote_age: float | None) -> bool:
        hold = self._holds.get(ticket)
        if hold is None:
            return True
        now = self._clock.monotonic()
        quoted = quote_age is not None and now - quote_age > hold.since
        return now >= hold.until or (hold.quotes_end_it and quoted)

    def _learn(self, request: OrderRequest, outcome: SendOutcome) -> None:
        """Take in a refusal: when to ask again, and what this broker does not do."""
        target = request.position or request.order
        if not isinstance(outcome, Rejected) or target is None:
            return
        if outcome.retcode == FIFO_CLOSE and not self._fifo:
            self._fifo = True
            return
        if request.action is Action.CLOSE_BY and outcome.kind is RejectKind.FINAL:
            self._unpaired |= {target, request.position_by or target}
            return
        now, closed = self._clock.monotonic(), outcome.retcode == MARKET_CLOSED
        wait = CLOSED_MARKET_SECONDS if closed else WAIT_SECONDS
        if outcome.kind not in _AT_ONCE:
            self._holds[target] = _Hold(now, now + wait, quotes_end_it=closed)

    async def _escalate(self, account: Account, breach_id: int) -> None:
        if account.flatten_asked_at is None:
            return
        minutes = int((self._clock.now() - account.flatten_asked_at).total_seconds() // 60)
        late = minutes - ESCALATE_AFTER_MINUTES
        if late >= 0:
            step = late // ESCALATE_EVERY_MINUTES * ESCALATE_EVERY_MINUTES
            await self._store.escalate(breach_id, ESCALATE_AFTER_MINUTES + step)


_AT_ONCE = frozenset({RejectKind.RETRY, RejectKind.GONE})


def _is_removed(order: Order, outcome: SendOutcome) -> bool:
    return order.purpose is Purpose.CANCEL and not isinstance(outcome, Rejected)
