"""The facts of the desk: frozen records in the trade's own words.

Money is ``Decimal`` in the account's currency, volume is in lots, every instant is aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.ids import AccountId, ApprovalId, ClientOrderId, MemberId, OrderId, SignalId, Ticket

ZERO = Decimal(0)


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        """+1 where a rising price is a gain, -1 where it is a loss."""
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"


class MarginMode(StrEnum):
    NETTING = "netting"
    EXCHANGE = "exchange"
    HEDGING = "hedging"


class TradingState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    """By a person: no entries, positions are still managed."""
    HALTED = "halted"
    """By a drawdown cap or /panic: latched until an owner resumes."""


class Role(StrEnum):
    OWNER = "owner"
    TRADER = "trader"
    VIEWER = "viewer"

    def may(self, needed: "Role") -> bool:
        """Tell whether this role includes the rights of the needed one."""
        order = [Role.VIEWER, Role.TRADER, Role.OWNER]
        return order.index(self) >= order.index(needed)


# --- people and accounts -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """A Telegram person we know."""

    id: MemberId
    telegram_id: int
    name: str
    role: Role
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """One broker login on one terminal."""

    id: AccountId
    login: int
    server: str
    currency: str
    margin_mode: MarginMode
    trading_state: TradingState
    entry_equity: Decimal | None
    """Own equity when the desk first saw the account; the base of the percent cap."""
    flatten_asked_at: datetime | None = None
    """Set while every position is to be closed; cleared by a snapshot that shows none."""


# --- signals and approvals -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignalDraft:
    """A proposal to trade, as read from a message, a request or a command."""

    symbol: str
    side: Side
    order_type: OrderType
    entry: tuple[Decimal, Decimal] | None
    """Lowest and highest price of the entry zone (equal for one price); None is the market."""
    stop_loss: Decimal | None
    take_profits: tuple[Decimal, ...] = ()
    volume: Decimal | None = None
    """Lots asked for by name; None sizes by risk."""
    risk_percent: Decimal | None = None
    stop_limit: Decimal | None = None
    expires_in: int | None = None
    """Seconds an approver has; None takes the desk's default."""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """A stored proposal; ``source`` and ``source_ref`` together are its idempotency key."""

    id: SignalId
    source: str
    source_ref: str
    draft: SignalDraft
    created_at: datetime
    expires_at: datetime


class ApprovalStatus(StrEnum):
    OFFERED = "offered"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELED = "canceled"
    ORDERED = "ordered"


class Decision(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What approving a signal would do on one account, as worked out for its card."""

    symbol: str
    """The broker's name of it."""
    digits: int
    price: Decimal
    """What the entry would pay now, or the pending order's price."""
    spread_points: int
    volume: Decimal | None
    """Lots; None where ``problem`` says why there are none."""
    risk_money: Decimal | None
    """Account currency lost at the stop; None without a stop."""
    risk_percent: Decimal | None
    """The same in percent of own equity."""
    reward_risk: tuple[Decimal, ...]
    """For each target, its distance over the stop's."""
    worst_equity: Decimal | None
    """Own equity if every stop were hit, this one included."""
    floor: Decimal | None
    """The highest floor of the account's caps."""
    problem: "Denial | None"
    """Why it would be denied if it were approved now."""
    simulated: bool


class DenialReason(StrEnum):
    """Why we refuse an entry before it is sent: a closed list."""

    SIGNAL_EXPIRED = "signal_expired"
    ACCOUNT_NOT_ACTIVE = "account_not_active"
    TERMINAL_NOT_READY = "terminal_not_ready"
    SNAPSHOT_STALE = "snapshot_stale"
    EQUITY_UNREADABLE = "equity_unreadable"
    ORDER_UNRESOLVED = "order_unresolved"
    SYMBOL_UNKNOWN = "symbol_unknown"
    SYMBOL_NOT_TRADABLE = "symbol_not_tradable"
    QUOTE_STALE = "quote_stale"
    SPREAD_TOO_WIDE = "spread_too_wide"
    PRICE_RAN = "price_ran"
    PRICE_WRONG_SIDE = "price_wrong_side"
    STOP_MISSING = "stop_missing"
    STOP_WRONG_SIDE = "stop_wrong_side"
    STOP_TOO_CLOSE = "stop_too_close"
    TARGET_WRONG_SIDE = "target_wrong_side"
    VOLUME_TOO_SMALL = "volume_too_small"
    VOLUME_TOO_LARGE = "volume_too_large"
    VOLUME_OFF_STEP = "volume_off_step"
    MARGIN_TOO_SMALL = "margin_too_small"
    TOO_MANY_POSITIONS = "too_many_positions"
    DUPLICATE_POSITION = "duplicate_position"
    OPPOSITE_POSITION = "opposite_position"
    CAP_REACHED = "cap_reached"
    WORST_CASE_BELOW_FLOOR = "worst_case_below_floor"
    ORDER_RATE = "order_rate"
    SESSION_CLOSED = "session_closed"


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal of ours: the code, and the numbers it was decided on."""

    reason: DenialReason
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Approval:
    """The question put to one account about one signal, and its answer."""

    id: ApprovalId
    signal: Signal
    account_id: AccountId
    status: ApprovalStatus
    expires_at: datetime
    proposal: Proposal | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None


# --- the broker's world --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quote:
    """The best bid and ask of a symbol."""

    symbol: str
    bid: Decimal
    ask: Decimal
    at: datetime
    """When the broker stamped it, in UTC."""
    age: float | None
    """Seconds since it was last seen to change, on our own clock; None before that is known."""

    @property
    def spread(self) -> Decimal:
        return self.ask - self.bid

    def entry_price(self, side: Side) -> Decimal:
        """Return what a market order of that side pays: the ask of a buy, the bid of a sell."""
        return self.ask if side is Side.BUY else self.bid

    def exit_price(self, side: Side) -> Decimal:
        """Return what closing a position of that side gets."""
        return self.bid if side is Side.BUY else self.ask


class Filling(StrEnum):
    """How an order may be filled: MetaTrader's ORDER_FILLING_* by name."""

    FOK = "fok"
    IOC = "ioc"
    RETURN = "return"
    BOC = "boc"


class TradeMode(StrEnum):
    """What a symbol allows: MetaTrader's SYMBOL_TRADE_MODE_* by name."""

    DISABLED = "disabled"
    LONG_ONLY = "long_only"
    SHORT_ONLY = "short_only"
    CLOSE_ONLY = "close_only"
    FULL = "full"


class Execution(StrEnum):
    """Who names the price: MetaTrader's SYMBOL_TRADE_EXECUTION_* by name."""

    REQUEST = "request"
    INSTANT = "instant"
    MARKET = "market"
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class SymbolSpec:
    """What the broker says of a symbol; levels are in points, volumes in lots."""

    name: str
    digits: int
    point: Decimal
    tick_size: Decimal
    tick_value_loss: Decimal
    """Account currency lost by one lot for one tick against it."""
    contract_size: Decimal
    volume_min: Decimal
    volume_max: Decimal
    volume_step: Decimal
    volume_limit: Decimal
    """Most lots open and pending in one direction; zero is no limit."""
    stops_level: int
    freeze_level: int
    fillings: tuple[Filling, ...]
    """What a market order may use, best first."""
    execution: Execution
    trade_mode: TradeMode
    currency_base: str
    currency_profit: str
    currency_margin: str
    order_types: tuple[OrderType, ...] = tuple(OrderType)
    expirations: tuple[str, ...] = ("gtc", "day", "specified", "specified_day")
    simulated: bool = False

    @property
    def pip(self) -> Decimal:
        """Ten points on 3- and 5-digit symbols, else one point."""
        return self.point * 10 if self.digits in (3, 5) else self.point


@dataclass(frozen=True, slots=True)
class AccountState:
    """The money of an account at one moment, as the terminal shows it."""

    login: int
    server: str
    currency: str
    margin_mode: MarginMode
    leverage: int
    balance: Decimal
    credit: Decimal
    equity: Decimal
    profit: Decimal
    """Floating result of the open positions."""
    margin: Decimal
    margin_free: Decimal
    margin_level: Decimal
    """Percent; zero while no margin is used."""
    trade_allowed: bool
    trade_expert: bool
    trade_mode: str = "demo"
    limit_orders: int = 0
    fifo_close: bool = False
    name: str = ""
    company: str = ""

    @property
    def own_equity(self) -> Decimal:
        """Equity without the broker's credit: the figure every cap is measured on."""
        return self.equity - self.credit


@dataclass(frozen=True, slots=True)
class TerminalState:
    """What the terminal says of itself."""

    connected: bool
    trade_allowed: bool
    """The AutoTrading button."""
    tradeapi_disabled: bool
    build: int
    ping_ms: float = 0.0
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """An open position of a hedging account, or the one position of a symbol on netting."""

    ticket: Ticket
    identifier: Ticket
    """What its deals carry as position id; stays when the ticket changes."""
    symbol: str
    side: Side
    volume: Decimal
    price_open: Decimal
    price_current: Decimal
    stop_loss: Decimal | None
    take_profit: Decimal | None
    profit: Decimal
    """Floating result without swap and commission."""
    swap: Decimal
    client_order_id: ClientOrderId
    comment: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class PendingOrder:
    """An order that waits at the broker."""

    ticket: Ticket
    symbol: str
    side: Side
    order_type: OrderType
    volume: Decimal
    price: Decimal
    stop_loss: Decimal | None
    take_profit: Decimal | None
    client_order_id: ClientOrderId
    comment: str
    placed_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Account, positions, pending orders and quotes read in one call, so of one moment."""

    account: AccountState
    terminal: TerminalState
    positions: tuple[Position, ...]
    orders: tuple[PendingOrder, ...]
    quotes: Mapping[str, Quote]
    at: datetime
    taken: float
    """Monotonic seconds when the answer arrived."""


class DealEntry(StrEnum):
    IN = "in"
    OUT = "out"
    INOUT = "inout"
    OUT_BY = "out_by"


class DealType(StrEnum):
    """MetaTrader's DEAL_TYPE_* as far as we tell them apart."""

    BUY = "buy"
    SELL = "sell"
    BALANCE = "balance"
    CREDIT = "credit"
    CHARGE = "charge"
    CORRECTION = "correction"
    BONUS = "bonus"
    COMMISSION = "commission"
    INTEREST = "interest"
    DIVIDEND = "dividend"
    TAX = "tax"
    OTHER = "other"


class DealReason(StrEnum):
    """Why a deal happened: MetaTrader's DEAL_REASON_* by name."""

    CLIENT = "client"
    MOBILE = "mobile"
    WEB = "web"
    EXPERT = "expert"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    STOP_OUT = "stop_out"
    ROLLOVER = "rollover"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Deal:
    """An execution at the broker; a position is what deals add up to."""

    ticket: Ticket
    order: Ticket
    position_id: Ticket
    deal_type: DealType
    entry: DealEntry
    symbol: str
    volume: Decimal
    price: Decimal
    profit: Decimal
    swap: Decimal
    commission: Decimal
    fee: Decimal
    reason: DealReason
    client_order_id: ClientOrderId
    comment: str
    at: datetime

    @property
    def result(self) -> Decimal:
        """Return what the deal did to the balance: profit + commission + swap + fee."""
        return self.profit + self.commission + self.swap + self.fee


class BrokerOrderState(StrEnum):
    """MetaTrader's ORDER_STATE_* as far as we tell them apart."""

    STARTED = "started"
    PLACED = "placed"
    CANCELED = "canceled"
    PARTIAL = "partial"
    FILLED = "filled"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class HistoryOrder:
    """A finished order in the broker's history."""

    ticket: Ticket
    position_id: Ticket
    symbol: str
    side: Side
    state: BrokerOrderState
    volume_initial: Decimal
    volume_current: Decimal
    price: Decimal
    client_order_id: ClientOrderId
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """Finished orders and deals of a span of time."""

    orders: tuple[HistoryOrder, ...]
    deals: tuple[Deal, ...]


# --- asking the broker ---------------------------------------------------------------------


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


# --- our orders ----------------------------------------------------------------------------


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
    """What the checks saw, kept for /why."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a confirm button was for, used up."""

    account_id: AccountId
    action: str
    detail: str


@dataclass(frozen=True, slots=True)
class Breach:
    """Why an account is to be halted: a cap that acts, or a person's /panic."""

    equity: Decimal
    asked_by: str
    """Who or what: a member's name, or "drawdown guard"."""
    scope: str
    """Whose positions are closed: ``own`` or ``all``."""
    cap_id: int | None = None
    cap_text: str = ""
    cap_percent: Decimal | None = None
    floor: Decimal | None = None
    drawdown_percent: Decimal | None = None
    member_id: MemberId | None = None
