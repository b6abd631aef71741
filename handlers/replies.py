"""Answers to commands: what a person asked to see, as of when."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from html import escape

from handlers.cards.text import figure, foreign, lots, money, price, side, span, table
from trading.drawdown import describe
from trading.drawdown.state import Observation
from trading.ids import is_ours
from trading.loop import AccountLoop
from trading.model import Account, Approval, ApprovalStatus, Position, Snapshot, TradingState

_STATE = {
    TradingState.ACTIVE: "active",
    TradingState.PAUSED: "PAUSED (no entries)",
    TradingState.HALTED: "HALTED (resume: owner)",
}
_MOST = 20
_STATUS_MARK = {
    ApprovalStatus.OFFERED: "❔ waiting",
    ApprovalStatus.APPROVED: "⏳ approved",
    ApprovalStatus.ORDERED: "✅ ordered",
    ApprovalStatus.REJECTED: "✖️ rejected",
    ApprovalStatus.EXPIRED: "⌛ expired",
    ApprovalStatus.CANCELED: "🚫 canceled",
}


def not_seen(loop: AccountLoop | None) -> str:
    """Return that the account cannot be shown, and why."""
    why = "the terminal has not answered yet" if loop is None else loop.verdict.problem
    return (
        f"⚠️ <b>The account cannot be seen</b>\n{foreign(why, 200)}\n"
        "Entries are blocked. Positions rest on their stops at the broker."
    )


def status(account: Account, loop: AccountLoop, now: datetime) -> str:
    """Return an account's money, state and positions."""
    snapshot = loop.snapshot
    if snapshot is None:
        return not_seen(loop)
    beat, currency = loop.beat(), account.currency
    state = snapshot.account
    rows = [
        ("State", _STATE[account.trading_state]),
        ("Balance", money(state.balance, currency)),
        ("Equity", money(state.equity, currency)),
        ("Floating", money(state.profit, currency, signed=True)),
        ("Free margin", money(state.margin_free, currency)),
    ]
    if beat.drawdown_percent is not None:
        rows.append(("Drawdown", f"{figure(beat.drawdown_percent)} % from entry"))
    if beat.room is not None:
        rows.append(("Room", money(beat.room, currency)))
    lines = [f"📊 <b>{foreign(loop.label)}</b> · {foreign(state.server, 30)}", table(rows)]
    if loop.blind:
        lines.append(f"⚠️ Cannot see it now: {foreign(loop.verdict.problem, 160)}")
    lines.append(positions_block(snapshot.positions, currency))
    if snapshot.orders:
        lines.append(_pending_block(snapshot))
    return "\n".join([*lines, as_of(loop, now)])


def positions(account: Account, loop: AccountLoop, now: datetime) -> str:
    """Return the open positions."""
    if loop.snapshot is None:
        return not_seen(loop)
    block = positions_block(loop.snapshot.positions, account.currency)
    return "\n".join([f"📊 <b>{foreign(loop.label)}</b>", block, as_of(loop, now)])


def positions_block(open_now: Iterable[Position], currency: str) -> str:
    """Return positions line by line, worst first."""
    ordered = sorted(open_now, key=lambda one: one.profit + one.swap)
    if not ordered:
        return "No open positions."
    lines = [_position(one) for one in ordered[:_MOST]]
    if len(ordered) > _MOST:
        lines.append(f"and {len(ordered) - _MOST} more")
    total = sum((one.profit + one.swap for one in ordered), Decimal(0))
    lines.append(f"{len(ordered)} open, floating {figure(total, signed=True)} {escape(currency)}")
    return f"<pre>{chr(10).join(lines)}</pre>"


def _position(one: Position) -> str:
    digits = max(0, -int(one.price_open.as_tuple().exponent))
    stop = "no stop!" if one.stop_loss is None else f"SL {price(one.stop_loss, None)}"
    target = "" if one.take_profit is None else f" TP {price(one.take_profit, None)}"
    mine = "" if is_ours(one.client_order_id) else "  (not ours)"
    return (
        f"{side(one.side)} {foreign(one.symbol, 16)} {lots(one.volume)}"
        f"  {figure(one.profit + one.swap, signed=True)}\n"
        f"  {price(one.price_open, digits)} → {price(one.price_current, digits)}\n"
        f"  {stop}{target}  #{one.ticket}{mine}"
    )


def _pending_block(snapshot: Snapshot) -> str:
    lines = [
        f"{side(one.side)} {one.order_type.value.upper()} {foreign(one.symbol, 16)}"
        f" {lots(one.volume)} at {price(one.price, None)}  #{one.ticket}"
        for one in snapshot.orders[:_MOST]
    ]
    return f"<b>Waiting at the broker</b>\n<pre>{chr(10).join(lines)}</pre>"


def as_of(loop: AccountLoop, now: datetime) -> str:
    """Return when the figures are from."""
    age = "never read" if loop.last_pass is None else f"{loop.pass_age:.1f} s old"
    return f"<i>as of {now:%H:%M:%S} UTC, figures {age}</i>"


def drawdown(account: Account, loop: AccountLoop, now: datetime) -> str:
    """Return every cap with its floor, its room and when it resets."""
    seen = loop.verdict.observations
    if not seen:
        return not_seen(loop)
    parts = [f"🛡 <b>Drawdown</b> · {foreign(loop.label)} · {_STATE[account.trading_state]}"]
    parts += [_cap(one, account.currency, now) for one in seen]
    return "\n".join([*parts, as_of(loop, now)])


def _cap(seen: Observation, currency: str, now: datetime) -> str:
    used = min(Decimal(100), seen.used * 100)
    rows = [
        ("Equity", money(seen.own, currency)),
        ("Floor", money(seen.floor, currency)),
        ("Room", money(seen.room, currency)),
        ("Drawdown", f"{figure(seen.drawdown_percent)} %"),
        ("Used", f"{used:.0f} % of the allowance"),
    ]
    if seen.cap.has_day and seen.state.day_ends is not None:
        left = (seen.state.day_ends - now).total_seconds()
        rows.append(("Resets in", span(left)))
    words = describe(seen.cap)
    return f"<b>{escape(words[:1].upper() + words[1:])}</b>\n{table(rows)}"


def signals(found: Iterable[Approval]) -> str:
    """Return the latest signals and what became of each."""
    lines = [_signal_line(one) for one in found]
    if not lines:
        return "No signals yet. Paste one, forward one, or send it over HTTP."
    return "\n".join(["<b>Latest signals</b>", *lines])


def _signal_line(one: Approval) -> str:
    draft = one.signal.draft
    return (
        f"{one.signal.id} · {side(draft.side)} {foreign(draft.symbol, 16)} · "
        f"{_STATUS_MARK[one.status]} · {one.signal.created_at:%d %b %H:%M}"
    )


def held(why: str) -> str:
    """Return why a message was not taken as a signal, and how to write one."""
    return (
        f"✋ <b>Not taken</b>: {foreign(why, 300)}.\n"
        "Write it like <code>BUY XAUUSD SL 2644 TP 2662.5</code>"
    )
