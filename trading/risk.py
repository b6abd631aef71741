"""Pre-trade checks: small pure functions in order, the first refusal wins, nothing fails open."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.drawdown.budget import worst_case
from trading.model import (
    Account,
    Denial,
    DenialReason,
    MarginMode,
    OrderType,
    PendingOrder,
    Position,
    Quote,
    Side,
    SignalDraft,
    Snapshot,
    SymbolSpec,
    TradeMode,
    TradingState,
)

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """What the desk's owner set; points are the symbol's, volumes lots."""

    risk_percent: Decimal = Decimal(1)
    max_open_positions: int = 5
    max_volume: Decimal = Decimal(1)
    max_spread_points: int | None = None
    max_deviation_points: int = 20
    max_drift_r: Decimal = Decimal("0.5")
    """How far the price may have run from the entry, in distances to the stop."""
    max_quote_age: float = 60.0
    max_snapshot_age: float = 2.0


@dataclass(frozen=True, slots=True)
class OrderContext:
    """Everything the checks look at, of one moment."""

    account: Account
    snapshot: Snapshot
    spec: SymbolSpec
    quote: Quote | None
    draft: SignalDraft
    entry: Decimal
    """What the entry would pay: the market's price, or the pending order's."""
    volume: Decimal
    risk_money: Decimal | None
    margin: Decimal
    floor: Decimal | None
    open_risk: Decimal
    """What the open positions and waiting orders lose if every stop is hit."""
    waiting: int
    """Entries sent or working that are not positions yet."""
    unresolved: bool
    blind: str
    """Why the account cannot be judged; empty while it can."""
    expires_at: datetime
    now: datetime
    snapshot_age: float
    limits: RiskLimits

    @property
    def points_to_stop(self) -> Decimal | None:
        stop = self.draft.stop_loss
        return None if stop is None else abs(self.entry - stop) / self.spec.point


Check = Callable[[OrderContext], Denial | None]


def deny(reason: DenialReason, **facts: object) -> Denial:
    """Return a denial with its numbers as text."""
    return Denial(reason, {name: _text(value) for name, value in facts.items()})


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def check_order(ctx: OrderContext) -> Denial | None:
    """Return the first refusal, or None where every check lets the entry pass."""
    return next((denial for check in CHECKS if (denial := check(ctx)) is not None), None)


def signal_is_open(ctx: OrderContext) -> Denial | None:
    if ctx.now < ctx.expires_at:
        return None
    return deny(DenialReason.SIGNAL_EXPIRED)


def account_is_active(ctx: OrderContext) -> Denial | None:
    if ctx.account.trading_state is TradingState.ACTIVE and ctx.account.flatten_asked_at is None:
        return None
    return deny(DenialReason.ACCOUNT_NOT_ACTIVE, state=ctx.account.trading_state)


def terminal_is_ready(ctx: OrderContext) -> Denial | None:
    terminal, account = ctx.snapshot.terminal, ctx.snapshot.account
    problems = (
        (not terminal.connected, "it is not connected to the broker"),
        (not terminal.trade_allowed, "AutoTrading is off: press the AutoTrading button"),
        (terminal.tradeapi_disabled, "its Python API is disabled in the options"),
        (not account.trade_allowed, "the account may not trade (investor password?)"),
        (not account.trade_expert, "the broker forbids automated trading"),
    )
    state = next((words for problem, words in problems if problem), None)
    return None if state is None else deny(DenialReason.TERMINAL_NOT_READY, state=state)


def equity_is_readable(ctx: OrderContext) -> Denial | None:
    if not ctx.blind:
        return None
    return deny(DenialReason.EQUITY_UNREADABLE, equity=ctx.blind)


def snapshot_is_fresh(ctx: OrderContext) -> Denial | None:
    if ctx.snapshot_age <= ctx.limits.max_snapshot_age:
        return None
    return deny(
        DenialReason.SNAPSHOT_STALE,
        age=f"{ctx.snapshot_age:.1f}",
        limit=f"{ctx.limits.max_snapshot_age:g}",
    )


def nothing_is_unresolved(ctx: OrderContext) -> Denial | None:
    return deny(DenialReason.ORDER_UNRESOLVED) if ctx.unresolved else None


def symbol_is_tradable(ctx: OrderContext) -> Denial | None:
    spec, side = ctx.spec, ctx.draft.side
    closed = {
        TradeMode.DISABLED: True,
        TradeMode.CLOSE_ONLY: True,
        TradeMode.LONG_ONLY: side is Side.SELL,
        TradeMode.SHORT_ONLY: side is Side.BUY,
        TradeMode.FULL: False,
    }
    if closed[spec.trade_mode] or ctx.draft.order_type not in spec.order_types:
        return deny(DenialReason.SYMBOL_NOT_TRADABLE, symbol=spec.name, state=spec.trade_mode)
    return None


def quote_is_fresh(ctx: OrderContext) -> Denial | None:
    quote, limit = ctx.quote, ctx.limits.max_quote_age
    if quote is None or quote.age is None or quote.bid <= 0 or quote.ask < quote.bid:
        return deny(DenialReason.QUOTE_STALE, symbol=ctx.spec.name)
    if quote.age > limit:
        return deny(
            DenialReason.QUOTE_STALE,
            symbol=ctx.spec.name,
            age=f"{quote.age:.0f}",
            limit=f"{limit:.0f}",
        )
    return None


def spread_is_normal(ctx: OrderContext) -> Denial | None:
    limit = ctx.limits.max_spread_points
    if limit is None or ctx.quote is None:
        return None
    spread = ctx.quote.spread / ctx.spec.point
    if spread <= limit:
        return None
    return deny(
        DenialReason.SPREAD_TOO_WIDE,
        symbol=ctx.spec.name,
        spread=spread,
        limit=limit,
        digits=ctx.spec.digits,
    )


def stop_is_set(ctx: OrderContext) -> Denial | None:
    return deny(DenialReason.STOP_MISSING) if ctx.draft.stop_loss is None else None


def levels_are_on_their_sides(ctx: OrderContext) -> Denial | None:
    draft, sign = ctx.draft, ctx.draft.side.sign
    if draft.stop_loss is not None and (ctx.entry - draft.stop_loss) * sign <= 0:
        return deny(
            DenialReason.STOP_WRONG_SIDE, stop=draft.stop_loss, entry=ctx.entry, side=draft.side
        )
    for target in draft.take_profits:
        if (target - ctx.entry) * sign <= 0:
            return deny(
                DenialReason.TARGET_WRONG_SIDE, target=target, entry=ctx.entry, side=draft.side
            )
    return None


def price_has_not_run(ctx: OrderContext) -> Denial | None:
    draft = ctx.draft
    if draft.order_type is not OrderType.MARKET or draft.entry is None:
        return None
    low, high = draft.entry
    drift = (ctx.entry - (high if draft.side is Side.BUY else low)) * draft.side.sign
    if draft.stop_loss is not None:
        reference = high if draft.side is Side.BUY else low
        allowed = abs(reference - draft.stop_loss) * ctx.limits.max_drift_r
    else:
        allowed = ctx.limits.max_deviation_points * ctx.spec.point
    if drift <= allowed:
        return None
    return deny(
        DenialReason.PRICE_RAN,
        drift=drift / ctx.spec.point,
        limit=(allowed / ctx.spec.point).quantize(Decimal(1)),
        digits=ctx.spec.digits,
    )


def pending_is_on_its_side(ctx: OrderContext) -> Denial | None:
    draft, quote = ctx.draft, ctx.quote
    if draft.order_type is OrderType.MARKET or quote is None:
        return None
    market = quote.entry_price(draft.side)
    away = (ctx.entry - market) * draft.side.sign
    wrong = away >= 0 if draft.order_type is OrderType.LIMIT else away <= 0
    if not wrong:
        return None
    return deny(
        DenialReason.PRICE_WRONG_SIDE,
        entry=ctx.entry,
        price=market,
        side=draft.side,
        order_type=draft.order_type,
    )


def stops_are_far_enough(ctx: OrderContext) -> Denial | None:
    """Levels of a market order count from the price it could be closed at (F§8)."""
    draft, spec, quote = ctx.draft, ctx.spec, ctx.quote
    if quote is None or not spec.stops_level:
        return None
    market = draft.order_type is OrderType.MARKET
    reference = quote.exit_price(draft.side) if market else ctx.entry
    levels = [draft.stop_loss, *draft.take_profits[:1]]
    if not market:
        away = abs(ctx.entry - quote.entry_price(draft.side)) / spec.point
        if away < spec.stops_level:
            return _too_close(ctx.entry, away, spec)
    for level in levels:
        if level is not None and abs(level - reference) / spec.point < spec.stops_level:
            return _too_close(level, abs(level - reference) / spec.point, spec)
    return None


def _too_close(level: Decimal, distance: Decimal, spec: SymbolSpec) -> Denial:
    return deny(
        DenialReason.STOP_TOO_CLOSE,
        stop=level,
        distance=distance.quantize(Decimal(1)),
        minimum=spec.stops_level,
        digits=spec.digits,
    )


def volume_fits(ctx: OrderContext) -> Denial | None:
    volume, spec = ctx.volume, ctx.spec
    if volume < spec.volume_min:
        return deny(
            DenialReason.VOLUME_TOO_SMALL,
            volume=volume,
            minimum=spec.volume_min,
            symbol=spec.name,
        )
    if volume % spec.volume_step:
        return deny(
            DenialReason.VOLUME_OFF_STEP, volume=volume, step=spec.volume_step, symbol=spec.name
        )
    most = min(spec.volume_max, ctx.limits.max_volume)
    if volume > most:
        return deny(DenialReason.VOLUME_TOO_LARGE, volume=volume, maximum=most, symbol=spec.name)
    return _symbol_limit(ctx)


def _symbol_limit(ctx: OrderContext) -> Denial | None:
    limit, side, name = ctx.spec.volume_limit, ctx.draft.side, ctx.spec.name
    if not limit:
        return None
    both: tuple[Position | PendingOrder, ...] = (*ctx.snapshot.positions, *ctx.snapshot.orders)
    held = sum((one.volume for one in both if (one.symbol, one.side) == (name, side)), ZERO)
    if held + ctx.volume <= limit:
        return None
    return deny(
        DenialReason.VOLUME_TOO_LARGE,
        volume=held + ctx.volume,
        maximum=limit,
        symbol=name,
    )


def margin_suffices(ctx: OrderContext) -> Denial | None:
    free = ctx.snapshot.account.margin_free
    if ctx.margin <= free:
        return None
    return deny(
        DenialReason.MARGIN_TOO_SMALL,
        margin=ctx.margin,
        free=free,
        currency=ctx.snapshot.account.currency,
    )


def positions_leave_room(ctx: OrderContext) -> Denial | None:
    """Waiting entries count: they are positions a moment from now."""
    held = len(ctx.snapshot.positions) + len(ctx.snapshot.orders) + ctx.waiting
    if held < ctx.limits.max_open_positions:
        return None
    return deny(
        DenialReason.TOO_MANY_POSITIONS, positions=held, limit=ctx.limits.max_open_positions
    )


def netting_does_not_reverse(ctx: OrderContext) -> Denial | None:
    """On a netting account an opposite entry would reduce or reverse what is open (F§9)."""
    if ctx.snapshot.account.margin_mode is MarginMode.HEDGING:
        return None
    for position in ctx.snapshot.positions:
        if position.symbol == ctx.spec.name and position.side is not ctx.draft.side:
            return deny(DenialReason.OPPOSITE_POSITION, symbol=ctx.spec.name, side=position.side)
    return None


def worst_case_stays_above_floor(ctx: OrderContext) -> Denial | None:
    """Every stop hit, this one included, must leave equity above the highest floor (B1)."""
    if ctx.floor is None:
        return None
    equity = ctx.snapshot.account.own_equity
    if equity <= ctx.floor:
        return deny(
            DenialReason.CAP_REACHED,
            equity=equity,
            floor=ctx.floor,
            currency=ctx.account.currency,
        )
    budget = worst_case(equity, ctx.floor, [ctx.open_risk], ctx.risk_money or ZERO)
    if budget.allowed:
        return None
    return deny(
        DenialReason.WORST_CASE_BELOW_FLOOR,
        worst=budget.worst_equity.quantize(Decimal("0.01")),
        floor=ctx.floor.quantize(Decimal("0.01")),
        limit=budget.max_new_risk.quantize(Decimal("0.01")),
        currency=ctx.account.currency,
    )


CHECKS: tuple[Check, ...] = (
    signal_is_open,
    account_is_active,
    terminal_is_ready,
    snapshot_is_fresh,
    equity_is_readable,
    nothing_is_unresolved,
    quote_is_fresh,
    spread_is_normal,
    stop_is_set,
    levels_are_on_their_sides,
    price_has_not_run,
    symbol_is_tradable,
    pending_is_on_its_side,
    stops_are_far_enough,
    volume_fits,
    netting_does_not_reverse,
    positions_leave_room,
    worst_case_stays_above_floor,
    margin_suffices,
)
