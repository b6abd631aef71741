"""Ending flat: everything of the latch's scope is closed until a snapshot shows nothing."""

from collections.abc import Sequence

from trading.clock import Clock
from trading.errors import StoreError
from trading.events import EventType
from trading.execution import OrderExecutor, in_scope
from trading.ids import is_ours
from trading.model import Account, Order, OrderStatus, Snapshot
from trading.ports import GuardStore
from trading.reporting import Reporter

ESCALATE_AFTER_MINUTES = 3
ESCALATE_EVERY_MINUTES = 5


class Flattener:
    """Works off one account's wish to be flat, a step a pass; the wish itself is a row."""

    def __init__(
        self, executor: OrderExecutor, store: GuardStore, clock: Clock, reporter: Reporter
    ) -> None:
        self._executor = executor
        self._store = store
        self._clock = clock
        self._reporter = reporter

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
            self._reporter.event(EventType.ACCOUNT_FLAT, breach_id=breach_id)
            return False
        removed, closed = await self._executor.flatten(account.id, snapshot, breach_id, scope)
        await self._store.flatten_progress(breach_id, open_now, pendings_removed=removed)
        await self._escalate(account, breach_id)
        return bool(removed or closed)

    async def _escalate(self, account: Account, breach_id: int) -> None:
        if account.flatten_asked_at is None:
            return
        minutes = int((self._clock.now() - account.flatten_asked_at).total_seconds() // 60)
        late = minutes - ESCALATE_AFTER_MINUTES
        if late >= 0:
            step = late // ESCALATE_EVERY_MINUTES * ESCALATE_EVERY_MINUTES
            await self._store.escalate(breach_id, ESCALATE_AFTER_MINUTES + step)
