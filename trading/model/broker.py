"""The broker's world, as one terminal shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.ids import ClientOrderId, Ticket
from trading.model.terms import MarginMode, OrderType, Side


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
    stop_limit: Decimal | None = None
    """Where a stop-limit's limit order is placed once its price is reached."""


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
    def is_trade(self) -> bool:
        """Tell whether it bought or sold; else it moved money."""
        return self.deal_type in (DealType.BUY, DealType.SELL)

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
