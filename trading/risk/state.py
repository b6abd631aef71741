"""Checks of the account and the terminal: may it trade at all, and can it be judged."""

from trading.model import DenialReason, TradingState
from trading.risk.context import OrderContext
from trading.risk.findings import NO_LIMIT, Finding, deny, money
from trading.words import told

R = DenialReason


def signal_is_open(ctx: OrderContext) -> Finding:
    left = (ctx.expires_at - ctx.now).total_seconds()
    denial = None if left > 0 else deny(R.SIGNAL_EXPIRED)
    return Finding(
        told("signal in time"),
        told("{left} s left", left=f"{left:.0f}"),
        told("more than 0 s"),
        denial,
    )


def account_is_active(ctx: OrderContext) -> Finding:
    state = ctx.account.trading_state
    active = state is TradingState.ACTIVE and ctx.account.flatten_asked_at is None
    denial = None if active else deny(R.ACCOUNT_NOT_ACTIVE, state=state)
    return Finding(told("account"), state.value, told("active"), denial)


def terminal_is_ready(ctx: OrderContext) -> Finding:
    terminal, account = ctx.snapshot.terminal, ctx.snapshot.account
    problems = (
        (not terminal.connected, told("it is not connected to the broker")),
        (not terminal.trade_allowed, told("AutoTrading is off: press the AutoTrading button")),
        (terminal.tradeapi_disabled, told("its Python API is disabled in the options")),
        (not account.trade_allowed, told("the account may not trade (investor password?)")),
        (not account.trade_expert, told("the broker forbids automated trading")),
    )
    state = next((words for problem, words in problems if problem), None)
    denial = None if state is None else deny(R.TERMINAL_NOT_READY, state=state)
    return Finding(told("terminal"), state or told("ready"), told("ready"), denial)


def snapshot_is_fresh(ctx: OrderContext) -> Finding:
    age, limit = ctx.snapshot_age, ctx.limits.max_snapshot_age
    denial = None
    if not age <= limit:
        denial = deny(R.SNAPSHOT_STALE, age=f"{age:.1f}", limit=f"{limit:g}")
    return Finding(
        told("reading of the account"),
        told("as of {age} s ago", age=f"{age:.1f}"),
        f"{limit:g} s",
        denial,
    )


def equity_is_readable(ctx: OrderContext) -> Finding:
    denial = deny(R.EQUITY_UNREADABLE, equity=ctx.blind) if ctx.blind else None
    return Finding(told("equity"), ctx.blind or told("readable"), told("readable"), denial)


def balance_is_explained(ctx: OrderContext) -> Finding:
    if ctx.unexplained is None:
        return Finding(told("balance"), told("explained by deals"), told("explained by deals"))
    denial = deny(
        R.BALANCE_UNEXPLAINED, value=ctx.unexplained, currency=ctx.snapshot.account.currency
    )
    moved = money(ctx.unexplained, ctx.snapshot.account.currency)
    return Finding(
        told("balance"),
        told("{moved} unexplained", moved=moved),
        told("explained by deals"),
        denial,
    )


def nothing_is_unresolved(ctx: OrderContext) -> Finding:
    denial = deny(R.ORDER_UNRESOLVED) if ctx.unresolved else None
    value = told("one not confirmed") if ctx.unresolved else told("all confirmed")
    return Finding(told("earlier orders"), value, told("all confirmed"), denial)


def results_allow(ctx: OrderContext) -> Finding:
    """Loss streaks and rolling losses pause entries until they pass or an owner lifts them."""
    if not ctx.pauses:
        return Finding(told("closed results"), told("no pause"), told("no pause"))
    first = ctx.pauses[0]
    return Finding(told("closed results"), first.reason.value, told("no pause"), first)


def orders_are_few(ctx: OrderContext) -> Finding:
    """After the most entries of a window the next waits until the oldest has left it."""
    limit, window = ctx.limits.max_orders, ctx.limits.order_window_seconds
    value = told("{recent_orders} in {window} s", recent_orders=ctx.recent_orders, window=window)
    if limit is None:
        return Finding(told("order rate"), value, NO_LIMIT)
    denial = None
    if ctx.recent_orders >= limit:
        denial = deny(
            R.ORDER_RATE,
            value=ctx.recent_orders,
            limit=limit,
            window=window,
            left=f"{ctx.window_left:.0f}",
        )
    return Finding(told("order rate"), value, told("fewer than {limit}", limit=limit), denial)
