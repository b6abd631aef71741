"""The broker's books: what is open, what happened, and the balance that follows from it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from trading.terminal.simulated.config import SetupError
from trading.terminal.simulated.journal import Journal
from trading.terminal.simulated.records import ZERO, Deal, Order, Position, pack, unpack

DEAL_BALANCE, DEAL_CREDIT = 2, 3  # DEAL_TYPE_*


@dataclass
class State:
    """What must outlive the process besides the records; instants are wall-clock milliseconds."""

    feed: str = ""
    origin_ms: int = 0
    start_ms: int = 0
    speed: str = "1"
    looked_ms: int = 0
    rollover_ms: int = 0
    last_ticket: int = 1000
    last_deal: int = 5000
    last_request: int = 0
    due: list[dict[str, Any]] = field(default_factory=list)
    """Requests that book late: ``{"at": wall ms, "request": {...}}``."""
    orders_of_admin: list[dict[str, Any]] = field(default_factory=list)
    done_by_admin: list[str] = field(default_factory=list)
    contents: list[Any] = field(default_factory=list)
    """What the check of the tick file found: [identity, decimals, first, last]."""


class Book:
    """Records by ticket; each change is remembered until ``commit`` writes them as one line."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.positions: dict[int, Position] = {}
        self.orders: dict[int, Order] = {}
        self.history: dict[int, Order] = {}
        self.deals: dict[int, Deal] = {}
        self.balance = ZERO
        self.credit = ZERO
        self.state = State()
        self._forget_changes()

    def _forget_changes(self) -> None:
        self._positions_changed: set[int] = set()
        self._orders_changed: set[int] = set()
        self._finished: list[Order] = []
        self._dealt: list[Deal] = []
        self._state_changed = False

    def read(self) -> bool:
        """Take in what the file has and this object has not; return whether there was any."""
        was_any = False
        for entry in self._journal.unread():
            was_any = True
            try:
                self._take(entry)
            except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError) as error:
                raise SetupError(f"{self._journal.place}: not a transaction ({error})") from error
        return was_any

    def commit(self) -> None:
        """Write the changes since the last commit as one transaction."""
        entry: dict[str, Any] = {}
        if self._positions_changed:
            entry["positions"] = _changes(self._positions_changed, self.positions)
        if self._orders_changed:
            entry["orders"] = _changes(self._orders_changed, self.orders)
        if self._finished:
            entry["history"] = [pack(order) for order in self._finished]
        if self._dealt:
            entry["deals"] = [pack(deal) for deal in self._dealt]
        if entry or self._state_changed:
            entry["state"] = vars(self.state)
            self._journal.append(entry)
            self._forget_changes()

    def next_ticket(self) -> int:
        """Return a fresh ticket of an order."""
        self.state.last_ticket += 1
        self._state_changed = True
        return self.state.last_ticket

    def next_deal(self) -> int:
        """Return a fresh ticket of a deal."""
        self.state.last_deal += 1
        self._state_changed = True
        return self.state.last_deal

    def touch_state(self) -> State:
        """Return the state to change."""
        self._state_changed = True
        return self.state

    def put_position(self, position: Position) -> None:
        """Open a position or note its change."""
        self.positions[position.ticket] = position
        self._positions_changed.add(position.ticket)

    def drop_position(self, ticket: int) -> None:
        """Remove a closed position."""
        del self.positions[ticket]
        self._positions_changed.add(ticket)

    def put_order(self, order: Order) -> None:
        """Place a pending order or note its change."""
        self.orders[order.ticket] = order
        self._orders_changed.add(order.ticket)

    def finish_order(self, order: Order, state: int, now_msc: int) -> None:
        """Move an order to the history."""
        order.state, order.done_msc = state, now_msc
        if self.orders.pop(order.ticket, None) is not None:
            self._orders_changed.add(order.ticket)
        self.history[order.ticket] = order
        self._finished.append(order)

    def add_deal(self, deal: Deal) -> Deal:
        """Book a deal and what it does to the balance or the credit."""
        self.deals[deal.ticket] = deal
        self._dealt.append(deal)
        self._count(deal)
        return deal

    def _count(self, deal: Deal) -> None:
        if deal.type == DEAL_CREDIT:
            self.credit += deal.result
        else:
            self.balance += deal.result

    def _take(self, entry: dict[str, Any]) -> None:
        _apply(entry.get("positions", {}), self.positions, Position)
        _apply(entry.get("orders", {}), self.orders, Order)
        for row in entry.get("history", ()):
            order = unpack(Order, row)
            self.history[order.ticket] = order
        for row in entry.get("deals", ()):
            deal = unpack(Deal, row)
            self.deals[deal.ticket] = deal
            self._count(deal)
        if "state" in entry:
            self.state = State(**entry["state"])
        if "admin" in entry:
            self.touch_state().orders_of_admin.append(entry["admin"])


def _changes(tickets: set[int], records: Any) -> dict[str, Any]:
    return {
        str(ticket): pack(records[ticket]) if ticket in records else None
        for ticket in sorted(tickets)
    }


def _apply(changes: dict[str, Any], records: dict[int, Any], kind: type[Any]) -> None:
    for ticket, row in changes.items():
        if row is None:
            records.pop(int(ticket), None)
        else:
            records[int(ticket)] = unpack(kind, row)


def money(text: Any) -> Decimal:
    """Return a JSON number or text as an exact amount."""
    return Decimal(str(text))
