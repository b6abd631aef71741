"""Answers to commands: what a person asked to see, as of when."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from html import escape

from handlers.cards import positions as cards
from handlers.cards.text import clock, dated, figure, foreign, money, percent, side, span, table
from handlers.texts import later, retell, t, tell
from trading.drawdown import CapKind, describe
from trading.drawdown.state import Observation
from trading.loop import AccountLoop
from trading.model import Account, Approval, ApprovalStatus, MarginMode, TradingState
from trading.money import percent_of
from trading.words import capital

STATE = {
    TradingState.ACTIVE: later("active"),
    TradingState.PAUSED: later("PAUSED (no entries)"),
    TradingState.HALTED: later("HALTED (resume: owner)"),
}
_MODES = {
    MarginMode.NETTING: later("netted to one"),
    MarginMode.EXCHANGE: later("netted (exchange)"),
    MarginMode.HEDGING: later("hedged, each its own"),
}
_STATUS_MARK = {
    ApprovalStatus.OFFERED: later("❔ waiting"),
    ApprovalStatus.APPROVED: later("⏳ approved"),
    ApprovalStatus.ORDERED: later("✅ ordered"),
    ApprovalStatus.REJECTED: later("✖️ rejected"),
    ApprovalStatus.EXPIRED: later("⌛ expired"),
    ApprovalStatus.CANCELED: later("🚫 canceled"),
}


def not_seen(loop: AccountLoop | None) -> str:
    """Return that the account cannot be shown, and why."""
    why = t("the terminal has not answered yet") if loop is None else loop.verdict.problem
    return t(
        "⚠️ <b>The account cannot be seen</b>\n"
        "{why}\n"
        "Entries are blocked. Positions rest on their stops at the broker.",
        why=foreign(retell(why), 200),
    )


def status(account: Account, loop: AccountLoop, now: datetime, *, short: bool = False) -> str:
    """Return an account's money, state and positions; ``short`` has a line for each."""
    snapshot = loop.snapshot
    if snapshot is None:
        return not_seen(loop)
    beat, currency = loop.beat(), account.currency
    state = snapshot.account
    rows = [
        (t("State"), t(STATE[account.trading_state])),
        (t("Balance"), money(state.balance, currency)),
        (t("Equity"), money(state.equity, currency)),
        (t("Floating"), money(state.profit, currency, signed=True)),
        (t("Free margin"), money(state.margin_free, currency)),
    ]
    if beat.drawdown_percent is not None:
        rows.append(
            (
                t("Drawdown"),
                t(
                    "{drawdown_percent} % from entry",
                    drawdown_percent=figure(beat.drawdown_percent),
                ),
            )
        )
    if beat.room is not None:
        rows.append((t("Room"), money(beat.room, currency)))
    lines = [f"📊 <b>{foreign(loop.label)}</b> · {foreign(state.server, 30)}", table(rows)]
    if loop.blind:
        lines.append(
            t("⚠️ Cannot see it now: {problem}", problem=foreign(retell(loop.verdict.problem), 160))
        )
    lines.append(_open(account, loop, now, short=short))
    if snapshot.orders:
        lines.append(t("<b>Waiting at the broker</b>"))
        lines.append(cards.pending(snapshot.orders, now))
    return "\n".join([*lines, as_of(loop, now)])


def status_table(account: Account, loop: AccountLoop, now: datetime) -> str:
    """Return an account's money, and its positions in a line each."""
    return status(account, loop, now, short=True)


def positions(account: Account, loop: AccountLoop, now: datetime) -> str:
    """Return the open positions."""
    if loop.snapshot is None:
        return not_seen(loop)
    block = _open(account, loop, now, short=False)
    return "\n".join([f"📊 <b>{foreign(loop.label)}</b>", block, as_of(loop, now)])


def _open(account: Account, loop: AccountLoop, now: datetime, *, short: bool) -> str:
    held = () if loop.snapshot is None else loop.snapshot.positions
    known = loop.keeper.managed
    if short:
        return cards.as_table(held, account.currency, known)
    return cards.listing(held, account.currency, known, loop.symbols.spec, now)


def pending(account: Account, loop: AccountLoop, now: datetime) -> str:
    """Return the orders that wait at the broker."""
    del account
    if loop.snapshot is None:
        return not_seen(loop)
    block = cards.pending(loop.snapshot.orders, now)
    head = t("🕓 <b>Waiting at the broker</b> · {label}", label=foreign(loop.label))
    return "\n".join([head, block, as_of(loop, now)])


def count(account: Account, loop: AccountLoop, now: datetime) -> str:
    """Return how much of what is allowed is in use."""
    snapshot = loop.snapshot
    if snapshot is None:
        return not_seen(loop)
    used = len(snapshot.positions) + len(snapshot.orders)
    rows = [
        (t("Open"), f"{len(snapshot.positions)}"),
        (t("Waiting"), f"{len(snapshot.orders)}"),
        (
            t("Together"),
            t(
                "{used} of {most}",
                used=used,
                most=loop.limits.max_open_positions,
            ),
        ),
    ]
    risk = loop.open_risk
    if risk is not None:
        rows.append((t("Risk to stops"), money(risk, account.currency)))
    floor = loop.verdict.floor
    if floor is not None and risk is not None:
        left = snapshot.account.own_equity - floor - risk
        rows.append((t("Left to risk"), money(max(Decimal(0), left), account.currency)))
    head = f"🔢 <b>{foreign(loop.label)}</b>"
    return "\n".join([head, table(rows), as_of(loop, now)])


def balance(
    account: Account, loop: AccountLoop, now: datetime, flow: Decimal, *, full: bool
) -> str:
    """Return the account's money; ``full`` adds what rarely changes."""
    if loop.snapshot is None:
        return not_seen(loop)
    state, currency = loop.snapshot.account, account.currency
    level = f"{figure(state.margin_level)} %" if state.margin else t("no margin used")
    rows = [
        (t("Balance"), money(state.balance, currency)),
        (t("Equity"), money(state.equity, currency)),
        (t("Floating"), money(state.profit, currency, signed=True)),
        (t("Credit"), money(state.credit, currency)),
        (t("Margin"), money(state.margin, currency)),
        (t("Free margin"), money(state.margin_free, currency)),
        (t("Margin level"), level),
        (t("Paid in today"), money(flow, currency, signed=True)),
    ]
    if full:
        entry = account.entry_equity
        rows += [
            (t("At the start"), t("unknown") if entry is None else money(entry, currency)),
            (t("Leverage"), f"1:{state.leverage}"),
            (t("Positions"), t(_MODES[account.margin_mode])),
            (t("Account"), f"{state.trade_mode}, {foreign(state.server, 24)}"),
            (t("Holder"), foreign(state.name, 24)),
        ]
    head = f"💰 <b>{foreign(loop.label)}</b>"
    return "\n".join([head, table(rows), as_of(loop, now)])


def as_of(loop: AccountLoop, now: datetime) -> str:
    """Return when the figures are from."""
    age = (
        t("never read")
        if loop.last_pass is None
        else t("{pass_age} s old", pass_age=f"{loop.pass_age:.1f}")
    )
    return t("<i>as of {now}, figures {age}</i>", now=clock(now), age=age)


def drawdown(account: Account, loop: AccountLoop, now: datetime) -> str:
    """Return every cap with its floor, its room and when it resets."""
    seen = loop.verdict.observations
    if not seen:
        return not_seen(loop)
    parts = [
        f"🛡 <b>{t('Drawdown')}</b> · {foreign(loop.label)} · {t(STATE[account.trading_state])}"
    ]
    parts += [_cap(one, account.currency, now) for one in seen]
    return "\n".join([*parts, as_of(loop, now)])


def _cap(seen: Observation, currency: str, now: datetime) -> str:
    used = min(Decimal(100), seen.used * 100)
    trails = seen.cap.kind is CapKind.TRAILING
    top, estimated = seen.state.mark if trails else seen.state.base, seen.state.estimated
    share = percent_of(seen.room, seen.own)
    rows = [
        (_base_label(seen), money(top, currency) + (t(" (estimated)") if estimated else "")),
        (t("Floor"), money(seen.floor, currency)),
        (t("Equity"), money(seen.own, currency)),
        (t("Room"), f"{money(seen.room, currency)} ({percent(share)})"),
        (t("Drawdown"), f"{figure(seen.drawdown_percent)} %"),
        (t("Used"), t("{used} % of the allowance", used=f"{used:.0f}")),
    ]
    if seen.cap.has_day and seen.state.day_ends is not None:
        left = (seen.state.day_ends - now).total_seconds()
        rows.append((t("Resets in"), span(left)))
    words = tell(describe(seen.cap))
    return f"<b>{escape(capital(words))}</b>\n{table(rows)}"


def _base_label(seen: Observation) -> str:
    return t("Peak") if seen.cap.kind is CapKind.TRAILING else t("Base")


def signals(found: Iterable[Approval], account: str = "") -> str:
    """Return the latest signals and what became of each, on the account that is named."""
    lines = [_signal_line(one) for one in found]
    if not lines:
        return t("No signals yet. Paste one, forward one, or send it over HTTP.")
    head = t("<b>Latest signals</b>") + (f" · {account}" if account else "")
    return "\n".join([head, *lines])


def _signal_line(one: Approval) -> str:
    draft = one.signal.draft
    return (
        f"{one.signal.id} · {side(draft.side)} {foreign(draft.symbol, 16)} · "
        f"{t(_STATUS_MARK[one.status])} · {dated(one.signal.created_at, '%d %b %H:%M')}"
    )


def held(why: str) -> str:
    """Return why a message was not taken as a signal, and how to write one."""
    return t(
        "✋ <b>Not taken</b>: {why}.\nWrite it like <code>BUY XAUUSD SL 2644 TP 2662.5</code>",
        why=foreign(why, 300),
    )
