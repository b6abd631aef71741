"""The broker's books against ours: unknown answers, waiting orders, deals, late fills."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from trading.clock import Clock
from trading.events import EventType
from trading.ids import AccountId, ClientOrderId, OrderId, Ticket
from trading.model import (
    ZERO,
    Accepted,
    Action,
    BrokerOrderState,
    Deal,
    DealEntry,
    Filled,
    History,
    Order,
    OrderStatus,
    PendingOrder,
    Purpose,
    Rejected,
    RejectKind,
    SendOutcome,
    Snapshot,
    Unknown,
)
from trading.ports import OrderStore, Terminal
from trading.reporting import Reporter
from trading.words import told

SETTLE = timedelta(seconds=10)
"""An order can reach the broker after we stopped waiting: absence before that says nothing."""
LOOKS = 3
"""Complete readings an order must be absent from before it is called not executed."""
DEALS_EVERY = 30.0
RESTLESS = ((15.0, 1.0), (60.0, 5.0))
"""Seconds since a change, and how often deals are read until then: history lags a fill (F§6)."""
ENTRIES_EVERY = 1.0
"""Seconds between two readings of deals while positions are opened and nothing else happens."""
OVERLAP = timedelta(minutes=10)
"""Deals are read again this far back: their stamps are the broker's, and history lags."""
GIVEN_UP_FOR = timedelta(hours=24)
_DONE = 10009


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a snapshot only deals can change."""

    balance: Decimal
    credit: Decimal
    volumes: Mapping[Ticket, Decimal]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Seen":
        money = snapshot.account
        volumes = {one.ticket: one.volume for one in snapshot.positions}
        return cls(money.balance, money.credit, volumes)

    def only_grew(self, before: "Seen") -> bool:
        """Tell that nothing was closed or booked: positions came up or grew, if anything."""
        return (self.balance, self.credit) == (before.balance, before.credit) and all(
            self.volumes.get(ticket, ZERO) >= volume for ticket, volume in before.volumes.items()
        )


class Reconciler:
    """Asks until every order's fate is known; concludes nothing from a reading that failed."""

    def __init__(
        self,
        account_id: AccountId,
        terminal: Terminal,
        store: OrderStore,
        clock: Clock,
        reporter: Reporter,
    ) -> None:
        self._account_id = account_id
        self._terminal = terminal
        self._store = store
        self._clock = clock
        self._reporter = reporter
        self._seen: Seen | None = None
        self._deals_due = self._entries_due = 0.0
        self._changed_at = float("-inf")
        self._read: Mapping[Ticket, Deal] = {}
        """What the last reading had, and is on disk."""
        self._unclocked: datetime | None = None
        """Since when deals were read whose times wait for the broker's clock to be known."""
        self._settled_from = clock.now()
        """Absence is counted from here on: start, or the last reconnect."""
        self._unreported: list[Deal] = []
        """Deals that became known while an order was looked for: the next pull returns them."""
        self._given_up: dict[ClientOrderId, Order] | None = None

    def reconnected(self) -> None:
        """Start counting absence anew and read the deals at once."""
        self._settled_from = self._clock.now()
        self._deals_due = self._entries_due = 0.0

    async def pull_deals(self, snapshot: Snapshot) -> list[Deal] | None:
        """Take in new deals when something moved or it is time; None when nothing was asked."""
        await self._late_arrivals(snapshot)
        is_clock_known = self._terminal.server_offset is not None
        if is_clock_known and self._unclocked is not None:
            self._deals_due = self._entries_due = 0.0  # what was read without it is read again
        seen, now = Seen.of(snapshot), self._clock.monotonic()
        if now < self._due(seen) and not self._unreported:
            return None
        until = self._clock.now()
        since = await self._store.deals_seen_until(self._account_id)
        if self._unclocked is not None:
            since = min(since, self._unclocked)
        deals = await self._terminal.deals(since - OVERLAP, until + timedelta(days=1))
        fresh = await self._record(deals)
        self._unclocked = None if is_clock_known else since
        if seen != self._seen:
            self._changed_at = now
        self._seen, self._deals_due = seen, now + _pause(now - self._changed_at)
        self._entries_due = now + ENTRIES_EVERY
        await self._late_fills(fresh)
        reported, self._unreported = [*self._unreported, *fresh], []
        return reported

    async def _record(self, deals: Sequence[Deal]) -> list[Deal]:
        """Keep what the readings before did not have; return what was not known at all."""
        read = {deal.ticket: deal for deal in deals}
        news = [deal for deal in deals if self._read.get(deal.ticket) != deal]
        fresh = await self._store.record_deals(self._account_id, news)
        self._read = read
        return fresh

    def _due(self, seen: "Seen") -> float:
        """Return from when on deals are read: at once where anything but an entry happened."""
        if self._seen is None:
            return 0.0
        if seen == self._seen:
            return self._deals_due
        return min(self._deals_due, self._entries_due) if seen.only_grew(self._seen) else 0.0

    async def resolve(
        self, orders: Sequence[Order], snapshot: Snapshot, at_work: Container[OrderId] = ()
    ) -> None:
        """Look for every order that is unresolved or working, and record what is found.

        The snapshot must be younger than the orders; those ``at_work`` are being sent just now.
        """
        lost = []
        for order in orders:
            if order.status is OrderStatus.SUBMITTED and order.unresolved_at is None:
                if order.id not in at_work:  # its answer could not be written down
                    await self._store.apply(
                        order.id, Unknown(told("its answer was lost on our side"))
                    )
                continue
            outcome = self._from_snapshot(order, snapshot)
            if outcome is None:
                lost.append(order)
            elif _is_news(order, outcome):
                await self._conclude(order, outcome, told("found at the broker"))
        if lost:
            await self._from_history(lost)

    def _from_snapshot(self, order: Order, snapshot: Snapshot) -> SendOutcome | None:
        """Return what positions and waiting orders say of an order, None when nothing."""
        if order.purpose is Purpose.CANCEL:
            gone = _waiting(order, snapshot) is None
            return Accepted(order.request.order, _DONE) if gone else None
        if order.purpose is Purpose.PROTECT:
            return _changed(order, snapshot)
        if order.purpose is Purpose.ENTRY:
            for position in snapshot.positions:
                if position.client_order_id == order.client_order_id:
                    return Filled(
                        position.identifier, None, position.volume, position.price_open, _DONE
                    )
            for waiting in snapshot.orders:
                if waiting.client_order_id == order.client_order_id:
                    return Accepted(waiting.ticket, _DONE)
        return None

    async def _from_history(self, lost: Sequence[Order]) -> None:
        now = self._clock.now()
        earliest = min(order.submitted_at or order.created_at for order in lost)
        history = await self._terminal.history(earliest - OVERLAP, now + timedelta(days=1))
        self._unreported += await self._record(history.deals)
        for order in lost:
            outcome = _in_history(order, history)
            if outcome is not None:
                await self._conclude(order, outcome, told("found in the broker's history"))
            elif order.status is OrderStatus.SUBMITTED:
                await self._absent(order, now)

    async def _absent(self, order: Order, now: datetime) -> None:
        """Count a complete reading without it; enough of them after the settle time decide."""
        since = max(order.submitted_at or order.created_at, self._settled_from)
        if now - since < SETTLE or order.looks + 1 < LOOKS:
            await self._store.looked(order.id)
            return
        words = told(
            "absent from positions, orders and history in {looks} complete readings over {now} s",
            looks=order.looks + 1,
            now=f"{(now - since).total_seconds():.0f}",
        )
        outcome = Rejected(RejectKind.FINAL, None, "NOT_FOUND_AT_BROKER", words)
        await self._conclude(order, outcome, words)
        if self._given_up is not None:
            self._given_up[order.client_order_id] = order

    async def _conclude(self, order: Order, outcome: SendOutcome, evidence: str) -> None:
        unresolved = order.unresolved_at is not None or order.status is OrderStatus.REJECTED
        if isinstance(outcome, Rejected) and order.status is OrderStatus.ACCEPTED:
            status = OrderStatus(outcome.name.lower())
            await self._store.end_pending(order.id, status, outcome.words)
        else:
            await self._store.apply(order.id, outcome, evidence if unresolved else "")
        self._reporter.event(
            EventType.ORDER_RESOLVED,
            approval_id=order.approval_id or 0,
            order_id=order.id,
            outcome=type(outcome).__name__,
            evidence=evidence,
        )

    async def _late_arrivals(self, snapshot: Snapshot) -> None:
        """Record an entry we had given up on that now shows as a position or a waiting order."""
        for order in list((self._given_up or {}).values()):
            outcome = self._from_snapshot(order, snapshot)
            if outcome is not None:
                await self._arrived(order, outcome)

    async def _late_fills(self, fresh: Iterable[Deal]) -> None:
        """Record a fill of an entry we had given up on: late truth is still the truth."""
        since = self._clock.now() - GIVEN_UP_FOR
        if self._given_up is None:
            orders = await self._store.given_up_since(self._account_id, since)
            self._given_up = {order.client_order_id: order for order in orders}
        deals = list(fresh)
        for order in list(self._given_up.values()):
            outcome = _in_deals(order, deals)
            if outcome is not None:
                await self._arrived(order, outcome)
            elif (order.submitted_at or order.created_at) < since:
                del self._given_up[order.client_order_id]

    async def _arrived(self, order: Order, outcome: SendOutcome) -> None:
        assert self._given_up is not None
        del self._given_up[order.client_order_id]
        await self._conclude(order, outcome, told("it appeared at the broker late"))


def _pause(since_change: float) -> float:
    """Return the seconds until deals are read again where nothing moves."""
    return next((pause for until, pause in RESTLESS if since_change < until), DEALS_EVERY)


def _is_news(order: Order, outcome: SendOutcome) -> bool:
    """Tell whether an outcome says more than the order already knows."""
    return not (order.status is OrderStatus.ACCEPTED and isinstance(outcome, Accepted))


def _changed(order: Order, snapshot: Snapshot) -> SendOutcome | None:
    """Return what became of a change of levels, None while it is not to be seen."""
    request = order.request
    levels = (request.stop_loss, request.take_profit)
    if request.action is Action.MODIFY:
        waiting = _waiting(order, snapshot)
        if waiting is None:
            return Rejected(RejectKind.GONE, None, "GONE", told("the order no longer waits"))
        present = (waiting.price, waiting.stop_loss, waiting.take_profit)
        return Accepted(waiting.ticket, _DONE) if present == (request.price, *levels) else None
    for one in snapshot.positions:
        if request.position in (one.ticket, one.identifier):
            return Accepted(None, _DONE) if (one.stop_loss, one.take_profit) == levels else None
    return Rejected(RejectKind.GONE, None, "GONE", told("the position is already closed"))


def _waiting(order: Order, snapshot: Snapshot) -> PendingOrder | None:
    """Return the waiting order that a request was about."""
    return next((one for one in snapshot.orders if one.ticket == order.request.order), None)


def _in_history(order: Order, history: History) -> SendOutcome | None:
    if order.purpose is Purpose.PROTECT:
        return None
    found = _in_deals(order, history.deals)
    if found is not None:
        return found
    for past in history.orders:
        if not _is_its(order, past.client_order_id, past.ticket):
            continue
        if past.state in _ENDED:
            kind = _ENDED[past.state]
            return Rejected(RejectKind.FINAL, None, kind, f"{kind.lower()} at the broker")
    return None


_ENDED = {
    BrokerOrderState.CANCELED: "CANCELED",
    BrokerOrderState.EXPIRED: "EXPIRED",
    BrokerOrderState.REJECTED: "REJECTED",
}


_OPENING = frozenset({DealEntry.IN, DealEntry.INOUT})
_CLOSING = frozenset({DealEntry.OUT, DealEntry.OUT_BY, DealEntry.INOUT})


def _is_its(order: Order, magic: ClientOrderId, ticket: int) -> bool:
    return magic == order.client_order_id or (order.ticket is not None and ticket == order.ticket)


def _in_deals(order: Order, deals: Iterable[Deal]) -> Filled | None:
    """Return the fill its deals add up to: volume, and the average price weighted by it."""
    if order.purpose not in {Purpose.ENTRY, Purpose.CLOSE}:
        return None
    # A stop or target of the position carries the entry's magic too: only opening deals count.
    closing = order.purpose is Purpose.CLOSE
    its = [
        deal
        for deal in deals
        if _is_its(order, deal.client_order_id, deal.order)
        and deal.entry in (_CLOSING if closing else _OPENING)
    ]
    if not its:
        return None
    volume = sum((deal.volume for deal in its), Decimal(0))
    turnover = sum((deal.volume * deal.price for deal in its), Decimal(0))
    price = turnover / volume if volume else None
    return Filled(its[0].order, its[0].ticket, volume, price, _DONE)
