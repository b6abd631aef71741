"""From the worker's plain rows to the facts of the desk; a bad reading raises."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from trading.errors import ProtocolError
from trading.ids import ClientOrderId, Ticket
from trading.model import (
    ZERO,
    AccountState,
    BrokerOrderState,
    Deal,
    DealEntry,
    DealReason,
    DealType,
    History,
    HistoryOrder,
    MarginMode,
    OrderType,
    PendingOrder,
    Position,
    Quote,
    Side,
    Snapshot,
    TerminalState,
)
from trading.terminal.fields import (
    Row,
    flag,
    level,
    number,
    positive,
    rows,
    section,
    text,
    whole,
)
from trading.terminal.servertime import ServerTime

T = TypeVar("T")

_MARGIN_MODES = (MarginMode.NETTING, MarginMode.EXCHANGE, MarginMode.HEDGING)
_SIDES = (Side.BUY, Side.SELL)
_TRADE_MODES = ("demo", "contest", "real")
_ORDER_TYPES = (
    (Side.BUY, OrderType.MARKET),
    (Side.SELL, OrderType.MARKET),
    (Side.BUY, OrderType.LIMIT),
    (Side.SELL, OrderType.LIMIT),
    (Side.BUY, OrderType.STOP),
    (Side.SELL, OrderType.STOP),
    (Side.BUY, OrderType.STOP_LIMIT),
    (Side.SELL, OrderType.STOP_LIMIT),
    (Side.BUY, OrderType.MARKET),  # close-by
)
_DEAL_TYPES = (
    *(DealType.BUY, DealType.SELL, DealType.BALANCE, DealType.CREDIT, DealType.CHARGE),
    *(DealType.CORRECTION, DealType.BONUS, DealType.COMMISSION, DealType.COMMISSION),
    *(DealType.COMMISSION, DealType.COMMISSION, DealType.COMMISSION, DealType.INTEREST),
    *(DealType.OTHER, DealType.OTHER, DealType.DIVIDEND, DealType.DIVIDEND, DealType.TAX),
)
_DEAL_ENTRIES = (DealEntry.IN, DealEntry.OUT, DealEntry.INOUT, DealEntry.OUT_BY)
_DEAL_REASONS = (
    *(DealReason.CLIENT, DealReason.MOBILE, DealReason.WEB, DealReason.EXPERT),
    *(DealReason.STOP_LOSS, DealReason.TAKE_PROFIT, DealReason.STOP_OUT, DealReason.ROLLOVER),
)
_ORDER_STATES = (
    *(BrokerOrderState.STARTED, BrokerOrderState.PLACED, BrokerOrderState.CANCELED),
    *(BrokerOrderState.PARTIAL, BrokerOrderState.FILLED, BrokerOrderState.REJECTED),
    *(BrokerOrderState.EXPIRED, BrokerOrderState.STARTED),  # 7: being registered
    *(BrokerOrderState.PLACED, BrokerOrderState.PLACED),  # 8, 9: being modified, canceled
)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the terminal said of itself when the worker attached."""

    account: AccountState
    terminal: TerminalState
    simulated: bool
    python: str
    package: str


def read_greeting(data: object, protocol: int) -> Greeting:
    """Return the facts of a hello."""
    if not isinstance(data, dict) or data.get("protocol") != protocol:
        raise ProtocolError(f"the worker does not speak protocol {protocol}: update both sides")
    simulated = flag(data, "simulated")
    return Greeting(
        account=_account(section(data, "account")),
        terminal=_terminal(section(data, "terminal"), simulated),
        simulated=simulated,
        python=text(data, "python"),
        package=text(data, "package"),
    )


def read_snapshot(
    data: object, times: ServerTime, simulated: bool, at: datetime, taken: float
) -> Snapshot:
    """Return the facts of a snapshot, its quotes with their age."""
    quotes = _quotes(section(data, "ticks"), times)
    return Snapshot(
        account=_account(section(data, "account")),
        terminal=_terminal(section(data, "terminal"), simulated),
        positions=tuple(_position(row, times) for row in rows(data, "positions")),
        orders=tuple(_pending(row, times) for row in rows(data, "orders")),
        quotes=quotes,
        at=at,
        taken=taken,
    )


def read_history(data: object, times: ServerTime) -> History:
    """Return finished orders and deals."""
    return History(
        orders=tuple(_history_order(row, times) for row in rows(data, "orders")),
        deals=tuple(_deal(row, times) for row in rows(data, "deals")),
    )


def read_deals(data: object, times: ServerTime) -> tuple[Deal, ...]:
    """Return the deals that were asked for alone."""
    return tuple(_deal(row, times) for row in rows({"deals": data}, "deals"))


def read_number(data: object) -> Decimal:
    """Return the one number that was asked for."""
    return number({"the answer": data}, "the answer")


def _account(row: Row) -> AccountState:
    # Without a link to the trade server every figure may read zero: that is no reading.
    return AccountState(
        login=int(positive(row, "login")),
        server=text(row, "server"),
        currency=text(row, "currency"),
        margin_mode=_one_of(_MARGIN_MODES, row, "margin_mode"),
        leverage=whole(row, "leverage"),
        balance=number(row, "balance"),
        credit=number(row, "credit"),
        equity=positive(row, "equity"),
        profit=number(row, "profit"),
        margin=number(row, "margin"),
        margin_free=number(row, "margin_free"),
        margin_level=number(row, "margin_level"),
        trade_allowed=flag(row, "trade_allowed"),
        trade_expert=flag(row, "trade_expert"),
        trade_mode=_one_of(_TRADE_MODES, row, "trade_mode"),
        limit_orders=whole(row, "limit_orders"),
        fifo_close=flag(row, "fifo_close"),
        name=text(row, "name"),
        company=text(row, "company"),
    )


def _terminal(row: Row, simulated: bool) -> TerminalState:
    return TerminalState(
        connected=flag(row, "connected"),
        trade_allowed=flag(row, "trade_allowed"),
        tradeapi_disabled=flag(row, "tradeapi_disabled"),
        build=whole(row, "build"),
        ping_ms=whole(row, "ping_last") / 1000,
        simulated=simulated,
    )


def _position(row: Row, times: ServerTime) -> Position:
    return Position(
        ticket=Ticket(whole(row, "ticket")),
        identifier=Ticket(whole(row, "identifier")),
        symbol=text(row, "symbol"),
        side=_one_of(_SIDES, row, "type"),
        volume=positive(row, "volume"),
        price_open=number(row, "price_open"),
        price_current=number(row, "price_current"),
        stop_loss=level(row, "sl"),
        take_profit=level(row, "tp"),
        profit=number(row, "profit"),
        swap=number(row, "swap"),
        client_order_id=ClientOrderId(whole(row, "magic")),
        comment=text(row, "comment"),
        opened_at=times.to_utc(_stamp(row, "time")),
    )


def _pending(row: Row, times: ServerTime) -> PendingOrder:
    side, order_type = _one_of(_ORDER_TYPES, row, "type")
    expires = whole(row, "time_expiration")
    return PendingOrder(
        ticket=Ticket(whole(row, "ticket")),
        symbol=text(row, "symbol"),
        side=side,
        order_type=order_type,
        volume=number(row, "volume_current"),
        price=number(row, "price_open"),
        stop_loss=level(row, "sl"),
        take_profit=level(row, "tp"),
        client_order_id=ClientOrderId(whole(row, "magic")),
        comment=text(row, "comment"),
        placed_at=times.to_utc(_stamp(row, "time_setup")),
        expires_at=times.to_utc(expires * 1000) if expires else None,
        stop_limit=level(row, "price_stoplimit"),
    )


def _quotes(ticks: Row, times: ServerTime) -> Mapping[str, Quote]:
    seen = {symbol: _tick(section(ticks, symbol)) for symbol in ticks if ticks[symbol] is not None}
    ticking = {symbol: tick for symbol, tick in seen.items() if tick is not None}
    ages = {symbol: times.observe(symbol, *tick) for symbol, tick in ticking.items()}
    times.settle()  # before any stamp is converted
    return {
        symbol: Quote(symbol, bid, ask, times.to_utc(stamp), ages[symbol])
        for symbol, (stamp, bid, ask) in ticking.items()
    }


def _tick(row: Row) -> tuple[int, Decimal, Decimal] | None:
    """Leave out a zero, crossed or unreadable quote: no order on it; the account still reads."""
    try:
        stamp, bid, ask = _stamp(row, "time"), positive(row, "bid"), positive(row, "ask")
    except ProtocolError:
        return None
    return (stamp, bid, ask) if bid <= ask else None


def _history_order(row: Row, times: ServerTime) -> HistoryOrder:
    side, _ = _one_of(_ORDER_TYPES, row, "type")
    return HistoryOrder(
        ticket=Ticket(whole(row, "ticket")),
        position_id=Ticket(whole(row, "position_id")),
        symbol=text(row, "symbol"),
        side=side,
        state=_one_of(_ORDER_STATES, row, "state"),
        volume_initial=number(row, "volume_initial"),
        volume_current=number(row, "volume_current"),
        price=number(row, "price_open"),
        client_order_id=ClientOrderId(whole(row, "magic")),
        comment=text(row, "comment"),
        at=times.to_utc(_stamp(row, "time_done")),
    )


def _deal(row: Row, times: ServerTime) -> Deal:
    return Deal(
        ticket=Ticket(whole(row, "ticket")),
        order=Ticket(whole(row, "order")),
        position_id=Ticket(whole(row, "position_id")),
        deal_type=_known(_DEAL_TYPES, whole(row, "type"), DealType.OTHER),
        entry=_one_of(_DEAL_ENTRIES, row, "entry"),
        symbol=text(row, "symbol"),
        volume=number(row, "volume"),
        price=number(row, "price"),
        profit=number(row, "profit"),
        swap=number(row, "swap"),
        commission=number(row, "commission"),
        fee=ZERO if row.get("fee") is None else number(row, "fee"),  # older packages have none
        reason=_known(_DEAL_REASONS, whole(row, "reason"), DealReason.OTHER),
        client_order_id=ClientOrderId(whole(row, "magic")),
        comment=text(row, "comment"),
        at=times.to_utc(_stamp(row, "time")),
    )


def _stamp(row: Row, key: str) -> int:
    """Return milliseconds; some builds give only the seconds."""
    milliseconds = row.get(f"{key}_msc")
    if type(milliseconds) is int and milliseconds > 0:
        return milliseconds
    return whole(row, key) * 1000


def _one_of(values: tuple[T, ...], row: Row, key: str) -> T:
    index = whole(row, key)
    if not 0 <= index < len(values):
        raise ProtocolError(f"{key} is {index}, which is in no list")
    return values[index]


def _known(values: tuple[T, ...], index: int, other: T) -> T:
    return values[index] if 0 <= index < len(values) else other
