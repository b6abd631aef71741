"""Checks of what is held: volumes, counts, hedges, margin, and the worst case above the floors.

Held is what is open, what waits at the broker, and what was sent and is not seen there yet.
"""

from decimal import Decimal

from trading.drawdown.budget import worst_case
from trading.ids import is_ours
from trading.model import Denial, DenialReason, MarginMode, SymbolSpec
from trading.risk.context import OrderContext
from trading.risk.findings import NO_LIMIT, UNKNOWN, Finding, deny, money, text
from trading.words import told

R = DenialReason
ZERO = Decimal(0)
CENT = Decimal("0.01")


def volume_fits(ctx: OrderContext) -> Finding:
    volume, spec = ctx.volume, ctx.spec
    most = min(spec.volume_max, ctx.limits.max_volume)
    limit = told(
        "{volume_min} to {most} by {volume_step}",
        volume_min=text(spec.volume_min),
        most=text(most),
        volume_step=text(spec.volume_step),
    )
    return Finding(
        told("volume"), told("{volume} lots", volume=text(volume)), limit, _volume_denial(ctx, most)
    )


def _volume_denial(ctx: OrderContext, most: Decimal) -> Denial | None:
    volume, spec, name = ctx.volume, ctx.spec, ctx.spec.name
    if volume < spec.volume_min:
        return deny(R.VOLUME_TOO_SMALL, volume=volume, minimum=spec.volume_min, symbol=name)
    if volume % spec.volume_step:
        return deny(R.VOLUME_OFF_STEP, volume=volume, step=spec.volume_step, symbol=name)
    if volume > most:
        return deny(R.VOLUME_TOO_LARGE, volume=volume, maximum=most, symbol=name)
    side = ctx.draft.side
    held = sum((one.volume for one in ctx.held if (one.symbol, one.side) == (name, side)), ZERO)
    if spec.volume_limit and held + volume > spec.volume_limit:
        return deny(
            R.VOLUME_TOO_LARGE, volume=held + volume, maximum=spec.volume_limit, symbol=name
        )
    return None


def margin_suffices(ctx: OrderContext) -> Finding:
    """By the terminal's own calculation; where it refuses to calculate there is no entry."""
    account = ctx.snapshot.account
    free = money(account.margin_free, account.currency)
    if ctx.margin is None or not ctx.margin.is_finite():
        unknown = deny(R.MARGIN_UNKNOWN, symbol=ctx.spec.name)
        return Finding(told("margin"), UNKNOWN, told("{free} free", free=free), unknown)
    denial = None
    if not ctx.margin <= account.margin_free:
        denial = deny(
            R.MARGIN_TOO_SMALL,
            margin=ctx.margin,
            free=account.margin_free,
            currency=account.currency,
        )
    return Finding(
        told("margin"), money(ctx.margin, account.currency), told("{free} free", free=free), denial
    )


def positions_leave_room(ctx: OrderContext) -> Finding:
    held, limit = len(ctx.held), ctx.limits.max_open_positions
    denial = None if held < limit else deny(R.TOO_MANY_POSITIONS, positions=held, limit=limit)
    return Finding(
        told("positions"),
        told("{held} held", held=held),
        told("fewer than {limit}", limit=limit),
        denial,
    )


def symbol_leaves_room(ctx: OrderContext) -> Finding:
    limit, name = ctx.limits.max_positions_per_symbol, ctx.spec.name
    held = sum(one.symbol == name for one in ctx.held)
    if limit is None:
        return Finding(told("positions in the symbol"), told("{held} held", held=held), NO_LIMIT)
    denial = None
    if held >= limit:
        denial = deny(R.TOO_MANY_IN_SYMBOL, positions=held, limit=limit, symbol=name)
    return Finding(
        told("positions in the symbol"),
        told("{held} held", held=held),
        told("fewer than {limit}", limit=limit),
        denial,
    )


def currency_leaves_room(ctx: OrderContext) -> Finding:
    """Each side of a pair counts: EURUSD is a position in EUR and one in USD."""
    limit, rule = ctx.limits.max_positions_per_currency, told("positions in a currency")
    if limit is None:
        return Finding(rule, told("{count} held", count=len(ctx.held)), NO_LIMIT)
    counts = dict.fromkeys(_currencies(ctx.spec), 0)
    for one in ctx.held:
        spec = ctx.spec if one.symbol == ctx.spec.name else ctx.specs.get(one.symbol)
        if spec is None:
            unknown = deny(R.EXPOSURE_UNKNOWN, symbol=one.symbol)
            return Finding(rule, UNKNOWN, told("fewer than {limit}", limit=limit), unknown)
        for currency in _currencies(spec) & counts.keys():
            counts[currency] += 1
    currency, held = max(counts.items(), key=lambda one: one[1])
    denial = None
    if held >= limit:
        denial = deny(R.TOO_MANY_IN_CURRENCY, positions=held, limit=limit, currency=currency)
    return Finding(
        rule,
        told("{held} in {currency}", held=held, currency=currency),
        told("fewer than {limit}", limit=limit),
        denial,
    )


def _currencies(spec: SymbolSpec) -> frozenset[str]:
    return frozenset({spec.currency_base, spec.currency_profit})


def no_duplicate(ctx: OrderContext) -> Finding:
    name, side = ctx.spec.name, ctx.draft.side
    same = sum((one.symbol, one.side) == (name, side) for one in ctx.held)
    if ctx.limits.allow_duplicate:
        return Finding(told("same side held"), str(same), NO_LIMIT)
    denial = deny(R.DUPLICATE_POSITION, symbol=name, side=side) if same else None
    return Finding(told("same side held"), str(same), told("none"), denial)


def nothing_opposite(ctx: OrderContext) -> Finding:
    """On a netting account an opposite entry would reduce or reverse what is open (F§9)."""
    name, side = ctx.spec.name, ctx.draft.side
    against = sum((one.symbol, one.side) == (name, side.opposite) for one in ctx.held)
    hedging = ctx.snapshot.account.margin_mode is MarginMode.HEDGING
    if hedging and ctx.limits.allow_opposite:
        return Finding(told("opposite held"), str(against), NO_LIMIT)
    denial = deny(R.OPPOSITE_POSITION, symbol=name, side=side.opposite) if against else None
    return Finding(told("opposite held"), str(against), told("none"), denial)


def nothing_foreign(ctx: OrderContext) -> Finding:
    """A netting account makes one position of ours and another's, stops included (F§9)."""
    rule, name = told("another's position"), ctx.spec.name
    if ctx.snapshot.account.margin_mode is MarginMode.HEDGING:
        return Finding(rule, told("kept apart"), NO_LIMIT)
    foreign = [
        one
        for one in ctx.snapshot.positions
        if one.symbol == name and not is_ours(one.client_order_id)
    ]
    denial = None
    if foreign:
        denial = deny(R.FOREIGN_POSITION, symbol=name, side=foreign[0].side)
    return Finding(rule, str(len(foreign)), told("none"), denial)


def worst_case_stays_above_floor(ctx: OrderContext) -> Finding:
    """Every stop hit, this one included, must leave equity above the highest floor (B1)."""
    rule, equity, currency = (
        told("worst case"),
        ctx.snapshot.account.own_equity,
        ctx.account.currency,
    )
    if ctx.open_risk is None:
        unknown = deny(R.EXPOSURE_UNKNOWN)
        return Finding(rule, UNKNOWN, told("above the highest floor"), unknown)
    if ctx.floor is None:
        return Finding(rule, money(equity - ctx.open_risk, currency), NO_LIMIT)
    limit = told("above {floor}", floor=money(ctx.floor, currency))
    if equity <= ctx.floor:
        reached = deny(R.CAP_REACHED, equity=equity, floor=ctx.floor, currency=currency)
        return Finding(rule, money(equity, currency), limit, reached)
    if ctx.risk_money is None:
        return Finding(rule, UNKNOWN, limit, deny(R.RISK_UNKNOWN, symbol=ctx.spec.name))
    budget = worst_case(equity, ctx.floor, [ctx.open_risk], ctx.risk_money)
    denial = None
    if not budget.allowed:
        denial = deny(
            R.WORST_CASE_BELOW_FLOOR,
            worst=budget.worst_equity.quantize(CENT),
            floor=ctx.floor.quantize(CENT),
            limit=budget.max_new_risk.quantize(CENT),
            currency=currency,
        )
    return Finding(rule, money(budget.worst_equity, currency), limit, denial)
