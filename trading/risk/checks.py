"""Every check in its order, and what they found together."""

from trading.model import Denial
from trading.risk.context import Check, OrderContext
from trading.risk.exposure import (
    currency_leaves_room,
    margin_suffices,
    no_duplicate,
    nothing_foreign,
    nothing_opposite,
    positions_leave_room,
    symbol_leaves_room,
    volume_fits,
    worst_case_stays_above_floor,
)
from trading.risk.findings import Finding
from trading.risk.market import (
    levels_are_on_their_sides,
    pending_is_on_its_side,
    price_has_not_run,
    quote_is_fresh,
    session_is_open,
    spread_is_normal,
    spread_is_usual,
    stop_is_set,
    stops_are_far_enough,
    symbol_is_tradable,
    weekend_is_far,
)
from trading.risk.state import (
    account_is_active,
    balance_is_explained,
    equity_is_readable,
    nothing_is_unresolved,
    orders_are_few,
    results_allow,
    signal_is_open,
    snapshot_is_fresh,
    terminal_is_ready,
)

CHECKS: tuple[Check, ...] = (
    signal_is_open,
    account_is_active,
    terminal_is_ready,
    snapshot_is_fresh,
    equity_is_readable,
    balance_is_explained,
    nothing_is_unresolved,
    results_allow,
    orders_are_few,
    session_is_open,
    weekend_is_far,
    quote_is_fresh,
    spread_is_normal,
    spread_is_usual,
    stop_is_set,
    levels_are_on_their_sides,
    price_has_not_run,
    symbol_is_tradable,
    pending_is_on_its_side,
    stops_are_far_enough,
    volume_fits,
    nothing_opposite,
    nothing_foreign,
    no_duplicate,
    positions_leave_room,
    symbol_leaves_room,
    currency_leaves_room,
    worst_case_stays_above_floor,
    margin_suffices,
)


def assess(ctx: OrderContext) -> tuple[Finding, ...]:
    """Return what every check found."""
    return tuple(check(ctx) for check in CHECKS)


def check_order(ctx: OrderContext) -> Denial | None:
    """Return the first refusal, or None where every check lets the entry pass."""
    return next((found.denial for found in assess(ctx) if found.denial is not None), None)
