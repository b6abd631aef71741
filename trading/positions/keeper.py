"""One more step of the pass: wishes become orders, rules move stops and take profits."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from trading.clock import Clock
from trading.execution import OrderExecutor
from trading.ids import AccountId, ClientOrderId, Ticket, is_ours
from trading.model import (
    Account,
    MarginMode,
    NewOrder,
    Order,
    OrderStatus,
    PendingOrder,
    Position,
    Snapshot,
    SymbolSpec,
)
from trading.positions.model import (
    Ask,
    Defaults,
    Managed,
    ManagedId,
    NewManaged,
    Origin,
    Rules,
    Wish,
    WishId,
    WishKind,
)
from trading.positions.requests import order_for
from trading.positions.rules import (
    Act,
    CloseAct,
    StopAct,
    first_rules,
    is_looser,
    next_act,
    remaining,
    whole_or,
)
from trading.symbols import SymbolBook
from trading.words import told

WISH_LIFE = timedelta(minutes=5)
"""A wish that could not be sent for so long is dropped: the market is another one by then."""
FIRST_BACKOFF = 5.0
LONGEST_BACKOFF = 300.0


class KeeperStore(Protocol):
    """What the loop needs of wishes and rules; each call is one transaction."""

    async def wanted(self, account_id: AccountId) -> tuple[tuple[Wish, ...], tuple[Managed, ...]]:
        """Return the wishes that wait and the positions that are managed."""

    async def origin(self, client_order_id: ClientOrderId) -> Origin | None:
        """Return where an entry of ours came from."""

    async def manage(self, new: NewManaged) -> None:
        """Keep rules for a position; a known one stays as it is."""

    async def grown(self, managed_id: ManagedId, volume: Decimal) -> None:
        """Note that a position was added to."""

    async def submit_wish(self, wish_id: WishId, new: NewOrder) -> Order | None:
        """Turn a wish into an order, once."""

    async def submit_rule(
        self, managed_id: ManagedId, ask: Ask, cause: str, new: NewOrder
    ) -> Order | None:
        """Write down a rule's order; None where one for its target is already at work."""

    async def drop_wish(self, wish_id: WishId, why: str) -> None:
        """End a wish unsent, and say why."""


Submit = Callable[[NewOrder], Awaitable[Order | None]]


class PositionKeeper:
    """Works off wishes, then lets every managed position's rules act, at most once a look."""

    def __init__(
        self,
        executor: OrderExecutor,
        store: KeeperStore,
        symbols: SymbolBook,
        clock: Clock,
        defaults: Defaults,
        longest: float,
    ) -> None:
        """``longest`` is how many seconds old a snapshot may be when an act is decided on it."""
        self._executor = executor
        self._store = store
        self._symbols = symbols
        self._clock = clock
        self._defaults = defaults
        self._longest = longest
        self.managed: dict[Ticket, Managed] = {}
        """By the position's identifier, as of the last step."""
        self._strangers: set[ClientOrderId] = set()
        self._tries: dict[tuple[ManagedId, str], tuple[int, float]] = {}
        """Refusals in a row of a rule, and when it may be tried again."""

    async def step(self, account: Account, snapshot: Snapshot, *, rules: bool) -> bool:
        """Do what is due at this snapshot; True when another look is worth it at once.

        ``rules`` tells whether the snapshot is a reading to act on by ourselves.
        """
        wishes, managed = await self._store.wanted(account.id)
        self.managed = {one.position_id: one for one in managed}
        specs: Mapping[str, SymbolSpec] = {}
        if snapshot.positions:
            specs = await self._symbols.specs(one.symbol for one in snapshot.positions)
        acted = await self._grant(wishes, snapshot, specs)
        if acted or not rules:
            return acted  # the rules look at what the wishes left, read anew
        if await self._meet(account, snapshot, specs):
            return True
        for position in snapshot.positions:
            if self._is_old(snapshot):
                return True
            known, spec = self.managed.get(position.identifier), specs.get(position.symbol)
            if known is not None and spec is not None:
                acted |= await self._manage(known, position, spec, account.margin_mode)
        return acted

    def _is_old(self, snapshot: Snapshot) -> bool:
        return self._clock.monotonic() - snapshot.taken > self._longest

    # --- wishes ------------------------------------------------------------------------------

    async def _grant(
        self, wishes: Sequence[Wish], snapshot: Snapshot, specs: Mapping[str, SymbolSpec]
    ) -> bool:
        touched: set[Ticket] = set()
        for wish in wishes:
            if self._is_old(snapshot):
                return True
            # What was just changed is no longer as the snapshot shows it: judged at the next look.
            if wish.ask.target in touched:
                continue
            if await self._one_wish(wish, snapshot, specs):
                touched.add(wish.ask.target)
        return bool(touched)

    async def _one_wish(
        self, wish: Wish, snapshot: Snapshot, specs: Mapping[str, SymbolSpec]
    ) -> bool:
        target = _target(wish.ask, snapshot)
        why = self._pointless(wish, target)
        if why:
            await self._store.drop_wish(wish.id, why)
            return False
        if target is None:
            return False
        ask, spec = wish.ask, specs.get(wish.ask.symbol)
        new = order_for(wish.account_id, ask, target, _volume(ask, target, spec))

        async def submit(order: NewOrder) -> Order | None:
            return await self._store.submit_wish(wish.id, order)

        return await self._executor.carry(new, submit) is not None

    def _pointless(self, wish: Wish, target: Position | PendingOrder | None) -> str:
        ask = wish.ask
        if target is None:
            if ask.kind is WishKind.CANCEL:
                return told("it no longer waits: it was filled or removed")
            return told("the position is already closed")
        if self._clock.now() - wish.created_at > WISH_LIFE:
            return told("it could not be sent for 5 minutes: ask again if it is still wanted")
        if ask.kind is WishKind.PROTECT and not ask.may_loosen:
            stop = target.stop_loss if ask.stop_loss is None else ask.stop_loss
            if is_looser(stop, target.stop_loss, target.side):
                return told("the stop was moved closer meanwhile: this would loosen it")
        return ""

    # --- rules -------------------------------------------------------------------------------

    async def _meet(
        self, account: Account, snapshot: Snapshot, specs: Mapping[str, SymbolSpec]
    ) -> bool:
        """Begin to manage positions of ours that are not known yet."""
        met = False
        for position in snapshot.positions:
            magic, spec = position.client_order_id, specs.get(position.symbol)
            if position.identifier in self.managed or magic in self._strangers or spec is None:
                continue
            origin = await self._store.origin(magic) if is_ours(magic) else None
            if origin is None:
                self._strangers.add(magic)
                continue
            rules = first_rules(position, origin.take_profits, self._defaults, spec)
            await self._store.manage(
                new_managed(account.id, position, rules, origin.source, origin)
            )
            met = True
        return met

    async def _manage(
        self, known: Managed, position: Position, spec: SymbolSpec, mode: MarginMode
    ) -> bool:
        held = remaining(known, max(known.done, default=0))
        if mode is not MarginMode.HEDGING and position.volume > held:
            await self._store.grown(known.id, known.volume + position.volume - held)
            return True
        act = next_act(position, known, spec, self._clock.now())
        if act is None or not self._may_try(known, act):
            return False
        ask = _ask_of(act, position)
        new = order_for(known.account_id, ask, position, ask.volume)

        async def submit(order: NewOrder) -> Order | None:
            return await self._store.submit_rule(known.id, ask, act.cause, order)

        order = await self._executor.carry(new, submit)
        if order is not None:
            self._note(known, act, refused=order.status is OrderStatus.REJECTED)
        return order is not None

    def _may_try(self, known: Managed, act: Act) -> bool:
        _, not_before = self._tries.get((known.id, act.cause), (0, 0.0))
        return self._clock.monotonic() >= not_before

    def _note(self, known: Managed, act: Act, *, refused: bool) -> None:
        key = (known.id, act.cause)
        if not refused:
            self._tries.pop(key, None)
            return
        count = self._tries.get(key, (0, 0.0))[0] + 1
        wait = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** (count - 1))
        self._tries[key] = (count, self._clock.monotonic() + wait)


def new_managed(
    account_id: AccountId,
    position: Position,
    rules: Rules,
    source: str,
    origin: Origin | None,
) -> NewManaged:
    """Return a position as it is first kept."""
    stop = position.stop_loss if origin is None else origin.stop_loss
    return NewManaged(
        account_id=account_id,
        position_id=position.identifier,
        symbol=position.symbol,
        side=position.side,
        price_open=position.price_open,
        volume=position.volume,
        stop_loss=stop,
        source=source,
        signal_id=None if origin is None else origin.signal_id,
        rules=rules,
        opened_at=position.opened_at,
    )


def _target(ask: Ask, snapshot: Snapshot) -> Position | PendingOrder | None:
    if ask.kind is WishKind.CANCEL:
        return next((one for one in snapshot.orders if one.ticket == ask.target), None)
    return next((one for one in snapshot.positions if one.ticket == ask.target), None)


def _volume(ask: Ask, target: Position | PendingOrder, spec: SymbolSpec | None) -> Decimal | None:
    """Never more than is there, and never so much that less than the minimum stays."""
    if ask.kind is not WishKind.CLOSE or ask.volume is None:
        return None
    volume = min(ask.volume, target.volume)
    return volume if spec is None else whole_or(volume, target.volume, spec)


def _ask_of(act: Act, position: Position) -> Ask:
    match act:
        case CloseAct(volume):
            return Ask(
                WishKind.CLOSE, position.ticket, position.symbol, position.side, volume=volume
            )
        case StopAct(stop_loss):
            return Ask(
                WishKind.PROTECT,
                position.ticket,
                position.symbol,
                position.side,
                stop_loss=stop_loss,
            )
