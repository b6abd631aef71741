"""What the desk looks like to one person: the rows that its pages and its API are made of.

A member sees the accounts they have a right on, and nothing tells them of any other. The owners
of the desk see everyone's counts, plans and signals, and nobody's money that was not granted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar

from trading.clock import Clock
from trading.drawdown import Cap, CapAction, CapKind, CapState
from trading.drawdown.caps import short_name
from trading.drawdown.rules import allowance
from trading.ids import AccountId, ApprovalId, MemberId, SignalId, Ticket
from trading.loop import AccountLoop, TradingLoop
from trading.model import (
    Account,
    Approval,
    ApprovalStatus,
    Deal,
    Member,
    OrderStatus,
    OrderType,
    Role,
    Side,
    Snapshot,
)
from trading.plans import Standing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and from where the ones behind them are read (None: there are none)."""

    rows: tuple[T, ...]
    next: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An account as the store knows it."""

    account: Account
    role: Role
    """The right of the member who looks."""
    holder: str
    """The name of the member whose account it is; empty for the desk's own."""
    own_equity: Decimal | None
    balance: Decimal | None
    read_at: datetime | None
    """When both were last written down."""


@dataclass(frozen=True, slots=True)
class CapView:
    """What is left to one cap."""

    kind: CapKind
    name: str
    action: CapAction
    floor: Decimal | None
    """None before the cap has seen a reading, as what follows is."""
    room: Decimal | None
    """Money left above the floor; negative is the overshoot."""
    used: Decimal | None
    """Fraction of the allowance used, never below zero."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account with its money and its room to every cap, the nearest cap first."""

    account: Account
    role: Role
    holder: str
    live: bool
    """False: nobody can see the account now, and its money is the last that was written down."""
    problem: str
    """Why it cannot be seen; empty while it can."""
    own_equity: Decimal | None
    balance: Decimal | None
    floating: Decimal | None
    """Result of the open positions; None where it is not live."""
    read_at: datetime | None
    caps: tuple[CapView, ...]
    positions: int | None
    pending: int | None
    """Orders that wait at the broker."""
    open_risk: Decimal | None
    """Money lost if every stop were hit from here; None while that cannot be told."""

    @property
    def room(self) -> Decimal | None:
        """Money left to the nearest cap that stops entries or closes."""
        rooms = [cap.room for cap in self.caps if cap.action is not CapAction.WARN]
        return min((room for room in rooms if room is not None), default=None)


@dataclass(frozen=True, slots=True)
class PositionView:
    """An open position, and the signal it came from."""

    account: Account
    ticket: Ticket
    symbol: str
    side: Side
    volume: Decimal
    price_open: Decimal
    price_current: Decimal
    stop_loss: Decimal | None
    take_profit: Decimal | None
    result: Decimal
    """Floating result with its swap, without commission."""
    digits: int | None
    """Decimals of its prices; None where the symbol was not read yet."""
    source: str
    """Where its signal came from; empty where the desk did not open it."""
    signal_id: SignalId | None
    opened_at: datetime


class FateKind(StrEnum):
    """What became of a signal on an account, its answer and its order in one word."""

    WAITING = "waiting"
    APPROVED = "approved"
    """An answer was given and the order is not written down yet."""
    DECLINED = "declined"
    """A person said no."""
    EXPIRED = "expired"
    """Nobody answered in time."""
    CANCELED = "canceled"
    """The account took no entries, or the signal was taken back."""
    DENIED = "denied"
    """Approved, and refused by the desk's own limits."""
    SENT = "sent"
    WORKING = "working"
    """Waits at the broker, or is filled in part."""
    FILLED = "filled"
    REFUSED = "refused"
    """The broker said no."""
    WITHDRAWN = "withdrawn"
    """Taken back or run out at the broker."""


_BY_ANSWER: Final = {
    ApprovalStatus.OFFERED: FateKind.WAITING,
    ApprovalStatus.APPROVED: FateKind.APPROVED,
    ApprovalStatus.REJECTED: FateKind.DECLINED,
    ApprovalStatus.EXPIRED: FateKind.EXPIRED,
    ApprovalStatus.CANCELED: FateKind.CANCELED,
    ApprovalStatus.ORDERED: FateKind.SENT,
}
_BY_ORDER: Final = {
    OrderStatus.DENIED: FateKind.DENIED,
    OrderStatus.SUBMITTED: FateKind.SENT,
    OrderStatus.ACCEPTED: FateKind.WORKING,
    OrderStatus.PARTIALLY_FILLED: FateKind.WORKING,
    OrderStatus.FILLED: FateKind.FILLED,
    OrderStatus.REJECTED: FateKind.REFUSED,
    OrderStatus.CANCELED: FateKind.WITHDRAWN,
    OrderStatus.EXPIRED: FateKind.WITHDRAWN,
}


def fate_of(answer: ApprovalStatus, order: OrderStatus | None) -> FateKind:
    """Return an answer and its order, if there is one, in one word."""
    return _BY_ANSWER[answer] if order is None else _BY_ORDER[order]


@dataclass(frozen=True, slots=True)
class Fate:
    """One signal on one account: the answer, its order and what the trade brought."""

    approval_id: ApprovalId
    signal_id: SignalId
    account_id: AccountId
    at: datetime
    source: str
    symbol: str
    side: Side
    order_type: OrderType
    kind: FateKind
    detail: str
    """Why, where the answer or the order says it; of a denial its code."""
    facts: Mapping[str, str]
    """The numbers a denial was decided on."""
    decided_by: str | None
    unresolved: bool
    """The broker's answer is missing and being asked for."""
    filled: Decimal | None
    price: Decimal | None
    net: Decimal | None
    """What the closed trade brought; None while it is open or none was opened."""


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A signal, and how many accounts gave it which fate."""

    id: SignalId
    at: datetime
    source: str
    symbol: str
    side: Side
    order_type: OrderType
    mode: str
    fates: Mapping[FateKind, int]
    """How many accounts gave it which fate; a signal that is traded on paper alone has none."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to a person: what kind it is and how it fares, never what it says."""

    id: int
    to: str
    """The member's name, or the id of the chat."""
    kind: str
    priority: int
    status: str
    attempts: int
    error: str
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """How many messages wait, are being sent, and were given up."""

    waiting: int
    sending: int
    dead: int
    oldest: datetime | None
    """When the oldest that waits was written."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A member with their rights and plan."""

    member: Member
    everywhere: Role | None
    """The right on every account of the desk, if there is one."""
    own: int
    """Accounts of their own."""
    granted: int
    """Other accounts they have a right on."""
    standing: Standing
    paid: Mapping[str, Decimal]
    """What they paid so far by currency, less what was given back."""


@dataclass(frozen=True, slots=True)
class Takings:
    """What one month brought in one currency."""

    month: str
    """As ``2026-11``."""
    provider: str
    currency: str
    payments: int
    amount: Decimal
    refunded: Decimal
    """The part of it that was given back."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A payment that fits no invoice."""

    provider: str
    reference: str
    amount: Decimal
    currency: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Revenue:
    """What plans bring: by month and currency, newest first."""

    months: tuple[Takings, ...]
    strays: tuple[Stray, ...]
    open_invoices: int
    holders: Mapping[str, int]
    """How many members hold each plan now; who never had one is not counted."""


@dataclass(frozen=True, slots=True)
class DeskCounts:
    """Everyone's accounts and people in numbers alone."""

    people: int
    accounts: Mapping[str, int]
    """How many accounts by trading state."""
    waiting: int
    """Answers that are still awaited."""


class OverviewStore(Protocol):
    """The rows behind the pages; each method reads one moment, and none walks through history."""

    async def owns_desk(self, member_id: MemberId) -> bool:
        """Tell whether a member is an owner of the whole desk, not of an account alone."""

    async def kept(self, member_id: MemberId, after: int, limit: int) -> Page[Kept]:
        """Return the accounts a member has a right on, by id, behind one."""

    async def kept_one(self, member_id: MemberId, account_id: AccountId) -> Kept | None:
        """Return an account; None where the member has no right on it, or it does not exist."""

    async def caps_of(
        self, account_ids: Sequence[AccountId]
    ) -> Mapping[AccountId, Sequence[tuple[Cap, CapState | None]]]:
        """Return the active caps of accounts, each with what it remembers."""

    async def kept_accounts(self, member_id: MemberId) -> list[Account]:
        """Return every account a member has a right on, without its money."""

    async def fates(
        self, member_id: MemberId, account_id: AccountId, before: int | None, limit: int
    ) -> Page[Fate] | None:
        """Return what became of signals on an account, newest first; None where it is foreign."""

    async def deals(
        self, member_id: MemberId, account_id: AccountId, before: int | None, limit: int
    ) -> Page[Deal] | None:
        """Return an account's deals, newest first; None where it is foreign."""

    async def waiting(self, member_id: MemberId, limit: int) -> list[Approval]:
        """Return the cards that wait for an answer on the member's accounts, oldest first."""

    async def waiting_count(self, member_id: MemberId) -> int:
        """Return how many cards wait for an answer on the member's accounts."""

    async def signals(self, before: int | None, limit: int) -> Page[SignalRow]:
        """Return everyone's signals, newest first, in counts."""

    async def deliveries(
        self, before: int | None, limit: int, *, dead: bool = False
    ) -> Page[Delivery]:
        """Return messages, newest first; with ``dead`` those alone that were given up."""

    async def delivery_counts(self) -> DeliveryCounts:
        """Return how many messages wait, are being sent, and were given up."""

    async def people(self, after: int, limit: int) -> Page[PersonRow]:
        """Return members by id, behind one."""

    async def revenue(self, months: int) -> Revenue:
        """Return what the last so many months brought, this one included."""

    async def counts(self) -> DeskCounts:
        """Return the desk in numbers."""


class OverviewService:
    """Puts what the store keeps beside what the loops see now."""

    def __init__(self, store: OverviewStore, loop: TradingLoop, clock: Clock) -> None:
        self.store = store
        self._loop = loop
        self._clock = clock

    async def accounts(self, member: Member, after: int, limit: int) -> Page[AccountView]:
        """Return the member's accounts with the money of now."""
        page = await self.store.kept(member.id, after, limit)
        return Page(tuple(await self._views(page.rows)), page.next)

    async def account(self, member: Member, account_id: AccountId) -> AccountView | None:
        """Return one account; None where it is foreign or does not exist."""
        kept = await self.store.kept_one(member.id, account_id)
        return None if kept is None else (await self._views([kept]))[0]

    async def positions(
        self, member: Member, account_id: AccountId | None = None
    ) -> list[PositionView] | None:
        """Return what is open, the latest first, on one account or on all of the member's.

        None where that account is foreign.
        """
        known = await self.store.kept_accounts(member.id)
        if account_id is not None:
            known = [one for one in known if one.id == account_id]
            if not known:
                return None
        accounts = {one.id: one for one in known}
        found = [
            one
            for loop in self._loop.loops.values()
            if loop.account is not None and loop.account.id in accounts
            for one in _positions(accounts[loop.account.id], loop)
        ]
        return sorted(found, key=lambda one: (one.opened_at, one.ticket), reverse=True)

    def open_positions(self) -> int:
        """Return how many positions are open on all accounts together."""
        seen = (loop.snapshot for loop in self._loop.loops.values())
        return sum(len(snapshot.positions) for snapshot in seen if snapshot is not None)

    async def _views(self, found: Sequence[Kept]) -> list[AccountView]:
        seen = {one.account.id: self._loop.of(one.account.id) for one in found}
        unseen = [key for key, loop in seen.items() if loop is None or not _is_seen(loop)]
        caps = await self.store.caps_of(unseen) if unseen else {}
        views = []
        for one in found:
            loop = seen[one.account.id]
            if loop is not None and loop.snapshot is not None and _is_seen(loop):
                views.append(_as_seen(one, loop, loop.snapshot))
            else:
                problem = "" if loop is None else loop.verdict.problem
                views.append(_as_kept(one, caps.get(one.account.id, ()), problem))
        return views


def _is_seen(loop: AccountLoop) -> bool:
    return loop.snapshot is not None and not loop.blind


def _as_seen(kept: Kept, loop: AccountLoop, snapshot: Snapshot) -> AccountView:
    caps = [
        CapView(one.cap.kind, short_name(one.cap), one.cap.action, one.floor, one.room, one.used)
        for one in loop.verdict.observations
    ]
    return AccountView(
        account=kept.account,
        role=kept.role,
        holder=kept.holder,
        live=True,
        problem="",
        own_equity=snapshot.account.own_equity,
        balance=snapshot.account.balance,
        floating=snapshot.account.profit,
        read_at=snapshot.at,
        caps=_nearest_first(caps),
        positions=len(snapshot.positions),
        pending=len(snapshot.orders),
        open_risk=loop.open_risk,
    )


def _as_kept(kept: Kept, known: Sequence[tuple[Cap, CapState | None]], problem: str) -> AccountView:
    caps = [_cap_as_kept(cap, state) for cap, state in known]
    return AccountView(
        account=kept.account,
        role=kept.role,
        holder=kept.holder,
        live=False,
        problem=problem,
        own_equity=kept.own_equity,
        balance=kept.balance,
        floating=None,
        read_at=kept.read_at,
        caps=_nearest_first(caps),
        positions=None,
        pending=None,
        open_risk=None,
    )


def _cap_as_kept(cap: Cap, state: CapState | None) -> CapView:
    name = short_name(cap)
    if state is None:
        return CapView(cap.kind, name, cap.action, None, None, None)
    whole, room = allowance(cap, state), state.own - state.floor
    used = None if not whole else max(Decimal(0), (whole - room) / whole)
    return CapView(cap.kind, name, cap.action, state.floor, room, used)


def _nearest_first(caps: Sequence[CapView]) -> tuple[CapView, ...]:
    return tuple(sorted(caps, key=lambda cap: (cap.room is None, cap.room or Decimal(0))))


def _positions(account: Account, loop: AccountLoop) -> list[PositionView]:
    if loop.snapshot is None:
        return []
    found = []
    for one in loop.snapshot.positions:
        managed = loop.keeper.managed.get(one.identifier)
        spec = loop.symbols.spec(one.symbol)
        found.append(
            PositionView(
                account=account,
                ticket=one.ticket,
                symbol=one.symbol,
                side=one.side,
                volume=one.volume,
                price_open=one.price_open,
                price_current=one.price_current,
                stop_loss=one.stop_loss,
                take_profit=one.take_profit,
                result=one.profit + one.swap,
                digits=None if spec is None else spec.digits,
                source="" if managed is None else managed.source,
                signal_id=None if managed is None else managed.signal_id,
                opened_at=one.opened_at,
            )
        )
    return found
