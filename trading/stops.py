"""A position of ours keeps the stop its order had, or is closed.

Its target is looked at once, right after the fill: later a person, or the desk, may have taken it
away on purpose. A missing stop is never on purpose.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from trading.execution import OrderExecutor
from trading.ids import ClientOrderId, is_ours
from trading.model import Order, OrderStatus, Position, Snapshot
from trading.notices import LevelsMissing, Priority
from trading.ports import Store
from trading.terminal.retcodes import RETCODES, Verdict

JUST_FILLED = timedelta(minutes=2)
TRIES = 3
"""How often a level is asked for where the refusal may pass; then the position is closed."""
FIRST_PAUSE = 1.0
WAITING = 30.0
"""Seconds between tries where nothing can be done until a condition changes."""
_PASSING = frozenset({Verdict.RETRY, Verdict.UNKNOWN, Verdict.SAME})


@dataclass(frozen=True, slots=True)
class _Tried:
    """How the attempts to protect one position went."""

    times: int = 0
    not_before: float = 0.0
    told: bool = False


class StopKeeper:
    """Sets a stop that is missing at the broker; closes the position where it is refused."""

    def __init__(self, executor: OrderExecutor, store: Store) -> None:
        self._executor = executor
        self._store = store
        self._clock = executor.clock
        self._without: set[ClientOrderId] = set()
        """Positions whose order had no stop, or that we know no order of."""
        self._verified: set[ClientOrderId] = set()
        """Positions whose target was looked at."""
        self._tried: dict[ClientOrderId, _Tried] = {}

    async def restore(self, snapshot: Snapshot) -> bool:
        """Look at every position of ours; True when something was sent."""
        acted = False
        for position in snapshot.positions:
            magic = position.client_order_id
            if not is_ours(magic) or magic in self._without or not self._is_worth_a_look(position):
                continue
            entry = await self._store.entry_by_client_id(magic)
            if entry is None or entry.request.stop_loss is None:
                self._without.add(magic)
            elif self._lacks(position, entry):
                acted |= await self._protect(position, entry)
        return acted

    def _is_worth_a_look(self, position: Position) -> bool:
        return position.stop_loss is None or position.client_order_id not in self._verified

    def _lacks(self, position: Position, entry: Order) -> bool:
        """Tell whether a level that was sent is missing."""
        if position.stop_loss is None:
            return True
        since = entry.submitted_at or entry.created_at
        is_fresh = self._clock.now() - since < JUST_FILLED
        if is_fresh and entry.request.take_profit is not None and position.take_profit is None:
            return True
        self._verified.add(position.client_order_id)
        return False

    async def _protect(self, position: Position, entry: Order) -> bool:
        magic, now = position.client_order_id, self._clock.monotonic()
        tried = self._tried.get(magic, _Tried())
        if now < tried.not_before:
            return False
        stop = position.stop_loss or entry.request.stop_loss
        target = position.take_profit or entry.request.take_profit
        done = await self._executor.protect(entry.account_id, position, stop, target)
        if done is None:  # a change of this position is at work already
            return False
        if done.status is OrderStatus.FILLED:
            self._verified.add(magic)
            self._tried.pop(magic, None)
            await self._tell(position, entry, "", is_closing=False)
        elif done.status is OrderStatus.REJECTED:
            await self._refused(position, entry, done, tried)
        return True

    async def _refused(self, position: Position, entry: Order, done: Order, tried: _Tried) -> None:
        """Try again, wait, or close: by what the refusal says."""
        meaning = RETCODES.get(done.retcode or 0)
        verdict = Verdict.RETRY if meaning is None else meaning.verdict
        magic, now = position.client_order_id, self._clock.monotonic()
        if verdict is Verdict.GONE:
            return
        if verdict is Verdict.WAIT:
            self._tried[magic] = replace(tried, not_before=now + WAITING, told=True)
            if not tried.told:
                await self._tell(position, entry, done.detail, is_closing=False)
            return
        if verdict in _PASSING and tried.times + 1 < TRIES:
            pause = FIRST_PAUSE * 2**tried.times
            self._tried[magic] = replace(tried, times=tried.times + 1, not_before=now + pause)
            return
        if position.stop_loss is not None:  # only the target is missing: no reason to close
            self._verified.add(magic)
            await self._tell(position, entry, done.detail, is_closing=False)
            return
        self._tried[magic] = replace(tried, not_before=now + WAITING)
        await self._tell(position, entry, done.detail, is_closing=True)
        await self._executor.close(entry.account_id, position)

    async def _tell(self, position: Position, entry: Order, why: str, *, is_closing: bool) -> None:
        await self._store.tell(
            entry.account_id,
            LevelsMissing(
                symbol=position.symbol,
                position_id=position.identifier,
                stop_loss=entry.request.stop_loss if position.stop_loss is None else None,
                take_profit=entry.request.take_profit if position.take_profit is None else None,
                why=why,
                closing=is_closing,
            ),
            Priority.CRITICAL if position.stop_loss is None else Priority.DECISION,
            topic=f"unprotected:{position.identifier}",
        )
