"""Checks of the market: hours, quotes, spread, the price and the levels of the signal."""

from decimal import Decimal

from trading.model import (
    Denial,
    DenialReason,
    OrderType,
    Side,
    SymbolSpec,
    TradeMode,
)
from trading.risk.context import SPREAD_READINGS, OrderContext
from trading.risk.findings import NO_LIMIT, UNKNOWN, Finding, deny, points, text
from trading.risk.sessions import minutes_to_weekend
from trading.words import told

R = DenialReason
ONE = Decimal(1)


def session_is_open(ctx: OrderContext) -> Finding:
    windows = ctx.limits.sessions
    value = f"{ctx.now:%a %H:%M} UTC"
    if not windows:
        return Finding(told("session"), value, NO_LIMIT)
    words = " or ".join(window.words for window in windows)
    denial = None
    if not any(window.holds(ctx.now) for window in windows):
        denial = deny(R.SESSION_WINDOW, value=value, limit=words)
    return Finding(told("session"), value, words, denial)


def weekend_is_far(ctx: OrderContext) -> Finding:
    limit, left = ctx.limits.weekend_minutes, minutes_to_weekend(ctx.now)
    value = f"{left:.0f} min" if left > 0 else told("in it")
    if not limit:
        return Finding(told("weekend"), value, NO_LIMIT)
    denial = deny(R.WEEKEND_WINDOW, value=f"{left:.0f}", limit=limit) if left <= limit else None
    return Finding(told("weekend"), value, told("more than {limit} min away", limit=limit), denial)


def symbol_is_tradable(ctx: OrderContext) -> Finding:
    spec, side = ctx.spec, ctx.draft.side
    closed = {
        TradeMode.DISABLED: True,
        TradeMode.CLOSE_ONLY: True,
        TradeMode.LONG_ONLY: side is Side.SELL,
        TradeMode.SHORT_ONLY: side is Side.BUY,
        TradeMode.FULL: False,
    }
    denial = None
    if closed[spec.trade_mode] or ctx.draft.order_type not in spec.order_types:
        denial = deny(R.SYMBOL_NOT_TRADABLE, symbol=spec.name, state=spec.trade_mode)
    return Finding(
        told("symbol"), f"{spec.name} {spec.trade_mode.value}", told("may be opened"), denial
    )


def quote_is_fresh(ctx: OrderContext) -> Finding:
    quote, limit, name = ctx.quote, ctx.limits.max_quote_age, ctx.spec.name
    if quote is None or quote.age is None or quote.bid <= 0 or quote.ask < quote.bid:
        return Finding(told("quote"), UNKNOWN, f"{limit:.0f} s", deny(R.QUOTE_STALE, symbol=name))
    denial = None
    if not quote.age <= limit:
        denial = deny(R.QUOTE_STALE, symbol=name, age=f"{quote.age:.0f}", limit=f"{limit:.0f}")
    return Finding(
        told("quote"), told("as of {age} s ago", age=f"{quote.age:.1f}"), f"{limit:.0f} s", denial
    )


def spread_is_normal(ctx: OrderContext) -> Finding:
    limit, name = ctx.limits.max_spread_points, ctx.spec.name
    limit_words = NO_LIMIT if limit is None else told("{points} points", points=limit)
    if ctx.quote is None:
        denial = None if limit is None else deny(R.QUOTE_STALE, symbol=name)
        return Finding(told("spread"), UNKNOWN, limit_words, denial)
    spread = ctx.quote.spread / ctx.spec.point
    denial = None
    if limit is not None and spread > limit:
        denial = deny(
            R.SPREAD_TOO_WIDE, symbol=name, spread=spread, limit=limit, digits=ctx.spec.digits
        )
    return Finding(told("spread"), points(spread), limit_words, denial)


def spread_is_usual(ctx: OrderContext) -> Finding:
    """Against its own median of late; too few readings are no reference, and no entry."""
    ratio, usual, name = ctx.limits.max_spread_ratio, ctx.usual_spread, ctx.spec.name
    rule = told("spread against its median")
    if ratio is None:
        return Finding(rule, told("{count} readings", count=ctx.spread_readings), NO_LIMIT)
    if usual is None or ctx.quote is None:
        unknown = deny(
            R.SPREAD_UNKNOWN, symbol=name, value=ctx.spread_readings, limit=SPREAD_READINGS
        )
        return Finding(
            rule,
            told("{count} readings", count=ctx.spread_readings),
            f"{SPREAD_READINGS}",
            unknown,
        )
    spread, most = ctx.quote.spread / ctx.spec.point, usual * ratio / ctx.spec.point
    denial = None
    if spread > most:
        denial = deny(
            R.SPREAD_TOO_WIDE,
            symbol=name,
            spread=spread,
            limit=most,
            usual=usual / ctx.spec.point,
            digits=ctx.spec.digits,
        )
    return Finding(rule, points(spread), f"{points(most)} ({text(ratio)} x)", denial)


def stop_is_set(ctx: OrderContext) -> Finding:
    stop = ctx.draft.stop_loss
    denial = deny(R.STOP_MISSING) if stop is None else None
    return Finding(told("stop"), told("none") if stop is None else text(stop), told("set"), denial)


def levels_are_on_their_sides(ctx: OrderContext) -> Finding:
    draft, sign = ctx.draft, ctx.draft.side.sign
    denial: Denial | None = None
    if draft.stop_loss is not None and (ctx.entry - draft.stop_loss) * sign <= 0:
        denial = deny(R.STOP_WRONG_SIDE, stop=draft.stop_loss, entry=ctx.entry, side=draft.side)
    for target in draft.take_profits:
        if denial is None and (target - ctx.entry) * sign <= 0:
            denial = deny(R.TARGET_WRONG_SIDE, target=target, entry=ctx.entry, side=draft.side)
    return Finding(
        told("levels"),
        told("entry {entry}", entry=text(ctx.entry)),
        told("stop and targets on their sides"),
        denial,
    )


def price_has_not_run(ctx: OrderContext) -> Finding:
    """In points and in distances to the stop, from the signal's price or the card's."""
    rule = told("price drift")
    if ctx.draft.order_type is not OrderType.MARKET:
        return Finding(rule, told("a pending order"), NO_LIMIT)
    if ctx.reference is None:
        if ctx.offering:
            return Finding(rule, told("first look"), told("from the card's price on"))
        return Finding(rule, UNKNOWN, told("a price to run from"), deny(R.PRICE_UNKNOWN))
    drift = (ctx.entry - ctx.reference) * ctx.draft.side.sign
    allowed = _allowed_drift(ctx, ctx.reference)
    limit = (allowed / ctx.spec.point).quantize(ONE)
    denial = None
    if drift > allowed:
        denial = deny(
            R.PRICE_RAN, drift=drift / ctx.spec.point, limit=limit, digits=ctx.spec.digits
        )
    return Finding(rule, points(drift / ctx.spec.point), points(limit), denial)


def _allowed_drift(ctx: OrderContext, reference: Decimal) -> Decimal:
    limits, stop = ctx.limits, ctx.draft.stop_loss
    allowed = []
    if stop is not None:
        allowed.append(abs(reference - stop) * limits.max_drift_r)
    if limits.max_drift_points is not None:
        allowed.append(limits.max_drift_points * ctx.spec.point)
    return min(allowed, default=limits.max_deviation_points * ctx.spec.point)


def pending_is_on_its_side(ctx: OrderContext) -> Finding:
    draft, quote, rule = ctx.draft, ctx.quote, told("side of the entry")
    if draft.order_type is OrderType.MARKET or quote is None:
        return Finding(rule, told("at the market"), told("on its side"))
    market = quote.entry_price(draft.side)
    away = (ctx.entry - market) * draft.side.sign
    wrong = away >= 0 if draft.order_type is OrderType.LIMIT else away <= 0
    denial = None
    if wrong:
        denial = deny(
            R.PRICE_WRONG_SIDE,
            entry=ctx.entry,
            price=market,
            side=draft.side,
            order_type=draft.order_type,
        )
    return Finding(
        rule,
        told("{entry}, price {market}", entry=text(ctx.entry), market=text(market)),
        told("on its side"),
        denial,
    )


def stops_are_far_enough(ctx: OrderContext) -> Finding:
    """Levels of a market order count from the price it could be closed at (F§8)."""
    draft, spec, quote = ctx.draft, ctx.spec, ctx.quote
    limit = told("{stops_level} points", stops_level=spec.stops_level)
    if quote is None or not spec.stops_level:
        return Finding(told("distance of levels"), told("not limited"), limit)
    market = draft.order_type is OrderType.MARKET
    reference = quote.exit_price(draft.side) if market else ctx.entry
    named = [level for level in (draft.stop_loss, *draft.take_profits[:1]) if level is not None]
    distances = [(level, abs(level - reference) / spec.point) for level in named]
    if not market:
        away = abs(ctx.entry - quote.entry_price(draft.side)) / spec.point
        distances.insert(0, (ctx.entry, away))
    if not distances:
        return Finding(told("distance of levels"), told("no levels"), limit)
    near = next((one for one in distances if one[1] < spec.stops_level), None)
    shown = min(distance for _, distance in distances)
    denial = None if near is None else _too_close(*near, spec)
    return Finding(told("distance of levels"), points(shown), limit, denial)


def _too_close(level: Decimal, distance: Decimal, spec: SymbolSpec) -> Denial:
    return deny(
        R.STOP_TOO_CLOSE,
        stop=level,
        distance=distance.quantize(ONE),
        minimum=spec.stops_level,
        digits=spec.digits,
    )
