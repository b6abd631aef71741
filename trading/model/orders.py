"""What we ask the broker for, its answers, and our intents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.ids import AccountId, ApprovalId, ClientOrderId, OrderId, Ticket
from trading.model.broker import Filling
from trading.model.signals import Finding
from trading.model.terms import ZERO, OrderType, Side


class Action(StrEnum):
    """What a request does: MetaTrader's TRADE_ACTION_* by name."""

    DEAL = "deal"
    PENDING = "pending"
    SLTP = "sltp"
    MODIFY = "modify"
    REMOVE = "remove"
    CLOSE_BY = "close_by"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One request to the broker; what an action does not use stays None."""

    action: Action
    client_order_id: ClientOrderId
    symbol: str
    side: Side | None = None
    order_type: OrderType | None = None
    volume: Decimal | None = None
    price: Decimal | None = None
    stop_limit: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    deviation: int | None = None
    position: Ticket | None = None
    position_by: Ticket | None = None
    order: Ticket | None = None
    expires_at: datetime | None = None
    fillings: tuple[Filling, ...] = ()
    """Tried in turn while the broker answers that it does not support the mode."""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """The broker executed it, whole or (``partial``) in part."""

    order: Ticket
    deal: Ticket | None
    volume: Decimal
    price: Decimal | None
    """None where the server did not say: the deal will."""
    retcode: int
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker took it: a pending order that waits, a change or a removal that holds."""

    order: Ticket | None
    retcode: int


class RejectKind(StrEnum):
    NOT_SENT = "not_sent"
    """Never left us."""
    RETRY = "retry"
    """Not executed; a fresh price may do."""
    WAIT = "wait"
    """Not executed; a condition must change first (market closed, AutoTrading off)."""
    FINAL = "final"
    """Not executed, and the same request never will be."""
    GONE = "gone"
    """What it was about no longer exists."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Definitely not executed."""

    kind: RejectKind
    retcode: int | None
    name: str
    words: str
    """For a person: what happened and what to do."""
    broker_text: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer that settles it: the order may or may not be at the broker."""

    why: str
    retcode: int | None = None


SendOutcome = Filled | Accepted | Rejected | Unknown


class Purpose(StrEnum):
    ENTRY = "entry"
    CLOSE = "close"
    CANCEL = "cancel"
    """Remove a pending order."""
    PROTECT = "protect"
    """Change stop loss or take profit of a position or a pending order."""


class OrderStatus(StrEnum):
    DENIED = "denied"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    REJECTED = "rejected"
    CANCELED = "canceled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Order:
    """Our intent and its fate."""

    id: OrderId
    account_id: AccountId
    approval_id: ApprovalId | None
    purpose: Purpose
    request: OrderRequest
    status: OrderStatus
    created_at: datetime
    submitted_at: datetime | None = None
    finished_at: datetime | None = None
    ticket: Ticket | None = None
    position_id: Ticket | None = None
    filled_volume: Decimal = ZERO
    average_price: Decimal | None = None
    expected_price: Decimal | None = None
    retcode: int | None = None
    detail: str = ""
    """Why it ended as it did, in words."""
    unresolved_at: datetime | None = None
    """Since when its answer is unknown and being asked for."""
    breach_id: int | None = None
    looks: int = 0
    """Complete readings of the broker's books in which it was absent."""

    @property
    def client_order_id(self) -> ClientOrderId:
        return self.request.client_order_id


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An intent about to be written down."""

    account_id: AccountId
    purpose: Purpose
    request: OrderRequest
    approval_id: ApprovalId | None = None
    breach_id: int | None = None
    expected_price: Decimal | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """The numbers it was decided on, for its card."""
    checks: tuple[Finding, ...] = ()
    """Every rule that was checked, for /why."""
