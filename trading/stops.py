"""A position of ours keeps the stop its order had, or is closed."""

from trading.execution import OrderExecutor
from trading.ids import ClientOrderId, is_ours
from trading.model import OrderStatus, Snapshot
from trading.ports import Store


class StopKeeper:
    """Sets a stop that is missing at the broker; closes the position where it is refused."""

    def __init__(self, executor: OrderExecutor, store: Store) -> None:
        self._executor = executor
        self._store = store
        self._unprotectable: set[ClientOrderId] = set()

    async def restore(self, snapshot: Snapshot) -> bool:
        """Look at every position of ours; True when something was sent."""
        acted = False
        for position in snapshot.positions:
            magic = position.client_order_id
            if position.stop_loss is not None or not is_ours(magic):
                continue
            if magic in self._unprotectable:
                continue
            entry = await self._store.entry_by_client_id(magic)
            if entry is None or entry.request.stop_loss is None:
                self._unprotectable.add(magic)
                continue
            done = await self._executor.protect(
                entry.account_id, position, entry.request.stop_loss, entry.request.take_profit
            )
            if done is not None and done.status is OrderStatus.REJECTED:
                self._unprotectable.add(magic)
                await self._executor.close(entry.account_id, position)
            acted = True
        return acted
