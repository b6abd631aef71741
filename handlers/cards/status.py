"""Is the desk alive: heartbeat, start, blindness, a stalled loop, a reader out of reach."""

from datetime import datetime

from handlers.cards.text import (
    DASH,
    NAME,
    WORDS,
    clock,
    foreign,
    money,
    percent,
    span,
    table,
)
from trading.model import TradingState
from trading.notices import (
    AccountBeat,
    Blind,
    Heartbeat,
    LoopStalled,
    Started,
    TerminalNews,
    Trouble,
    Unreachable,
)

_ACCOUNTS_SHOWN = 8
_STATE = {
    TradingState.ACTIVE: "active",
    TradingState.PAUSED: "PAUSED",
    TradingState.HALTED: "HALTED",
}


def heartbeat(notice: Heartbeat) -> str:
    """Return the live status: when, every account, how the desk does, when the next one is due."""
    unwell = any(beat.why_blind for beat in notice.accounts)
    mark = "🟠" if unwell else "🟢"
    parts = [f"{mark} <b>Alive at {clock(notice.at)}</b>"]
    parts += [_account(beat) for beat in notice.accounts[:_ACCOUNTS_SHOWN]]
    if len(notice.accounts) > _ACCOUNTS_SHOWN:
        parts.append(f"and {len(notice.accounts) - _ACCOUNTS_SHOWN} more accounts")
    desk = [
        f"pass {notice.loop_duration_ms:.0f} ms",
        f"signals {notice.signals_lifetime:,}",
        f"trades {notice.trades_lifetime:,}",
        f"errors {notice.errors:,}",
    ]
    if notice.outbox_waiting:
        desk.append(f"messages waiting {notice.outbox_waiting:,}")
    parts.append(" · ".join(desk))
    members = notice.members_seen + notice.members_blind
    if members:
        blind = f", {notice.members_blind} blind" if notice.members_blind else ""
        parts.append(f"members' accounts {members}{blind}")
    return "\n".join([*parts, f"Next beat within {notice.interval} s. Older than that: not alive."])


def _account(beat: AccountBeat) -> str:
    age = "no pass yet" if beat.pass_age is None else f"ok, {beat.pass_age:.1f} s ago"
    unknown = "unknown"
    equity = unknown if beat.equity is None else money(beat.equity, beat.currency)
    room = unknown if beat.room is None else money(beat.room, beat.currency)
    drawdown = unknown if beat.drawdown_percent is None else percent(beat.drawdown_percent)
    if beat.why_blind:
        age = "blind" if beat.pass_age is None else f"blind, {beat.pass_age:.1f} s ago"
    rows = [
        ("State", _STATE[beat.trading_state]),
        ("Loop", age),
        ("Equity", equity),
        ("Drawdown", drawdown),
        ("Room", room),
        ("Positions", str(beat.positions_open)),
    ]
    if beat.orders_in_flight:
        rows.append(("In flight", str(beat.orders_in_flight)))
    lines = [f"<b>{foreign(beat.account)}</b>", table(rows)]
    if beat.why_blind:
        lines.append(f"⚠️ Cannot see it: {foreign(beat.why_blind, 120)}. Entries are blocked.")
    return "\n".join(lines)


def started(notice: Started) -> str:
    """Return that the desk runs, how long it was gone and what it found."""
    head = f"🔌 <b>Desk is running</b> · {foreign(notice.account)}"
    if notice.simulated:
        head += " · simulated market"
    equity = "not read yet" if notice.equity is None else money(notice.equity, notice.currency)
    rows = [
        ("State", _STATE[notice.trading_state]),
        ("Equity", equity),
        ("Positions", str(notice.positions_open)),
    ]
    if notice.down_seconds is not None:
        rows.append(("Was down", span(notice.down_seconds)))
    lines = [head, table(rows)]
    if notice.orders_asked_for:
        count = notice.orders_asked_for
        orders = "1 order" if count == 1 else f"{count} orders"
        lines.append(f"❓ {orders} not confirmed yet: asking the broker, nothing is sent twice.")
    if notice.trading_state is TradingState.HALTED:
        lines.append("Trading is still halted. An owner can lift it with /resume.")
    if notice.trading_state is TradingState.PAUSED:
        lines.append("Entries are still paused. /resume lifts it.")
    return "\n".join(lines)


def blind(notice: Blind, now: datetime) -> str:
    """Return that an account cannot be seen, or can be again, and what that means."""
    account, since = foreign(notice.account), clock(notice.since, now)
    if notice.healed_at is not None:
        gone = span((notice.healed_at - notice.since).total_seconds())
        lines = [
            f"✅ <b>Account visible again</b> · {account}",
            f"It could not be read for {gone}, since {since}. The caps are measured again.",
        ]
        return "\n".join(lines)
    lines = [
        f"🚨 <b>ACCOUNT CANNOT BE READ</b> · {account}",
        f"Since {since}: {foreign(notice.why, WORDS)}.",
        (
            "No new entries. The drawdown caps cannot be measured;"
            " open positions rest on their stops at the broker."
        ),
        "Check the terminal; /status shows when it is back.",
    ]
    return "\n".join(lines)


def stalled(notice: LoopStalled) -> str:
    """Return that the trading loop stands still, or moves again."""
    account = foreign(notice.account)
    if notice.healed:
        return f"✅ <b>Trading loop runs again</b> · {account}\nIt stood {span(notice.seconds)}."
    lines = [
        f"🚨 <b>TRADING LOOP STALLED</b> · {account}",
        (
            f"No pass has ended for {span(notice.seconds)}. No entries, and no cap is watched;"
            " open positions rest on their stops at the broker."
        ),
        "Look at MetaTrader yourself, then restart the desk.",
    ]
    return "\n".join(lines)


def terminal_news(notice: TerminalNews) -> str:
    """Return whether a member's own account is seen, and what to do where it is not."""
    account = f"{foreign(notice.account)} at {foreign(notice.server)}"
    if notice.ok:
        return (
            f"✅ <b>Account connected</b> · {account}\n"
            "Its first drawdown cap is set; /drawdown shows it, /cap changes it."
        )
    return (
        f"⚠️ <b>Account not connected</b> · {account}\n{foreign(notice.words, WORDS)}\n"
        f"Nothing is traded on it. /account check {foreign(notice.account)} tries again; "
        f"/account remove {foreign(notice.account)} forgets it."
    )


_MEANS = {
    "database": "Nothing can be written down, so nothing is sent to the broker.",
    "disk": "No new entries. The guard, closes and alarms go on in the space kept for them.",
    "integrity": "No new entries. Restore a backup: python -m bot restore FILE",
    "backup": "Trading goes on; a broken disk would now lose more than a day.",
    "ping": "Trading goes on; the watcher outside may raise its alarm.",
    "telegram": "No taps came in; the caps were watched, and approved signals went on.",
}
"""What the loss of a part means while it lasts."""


def trouble(notice: Trouble, now: datetime) -> str:
    """Return which part of the house is broken and what that means, or that it works again."""
    part, since = foreign(notice.part.replace("_", " ")), clock(notice.since, now)
    if notice.healed_at is not None:
        gone = span((notice.healed_at - notice.since).total_seconds())
        return f"✅ <b>Works again: {part}</b>\nIt failed for {gone}, since {since}."
    lines = [
        f"🚨 <b>NOT WORKING: {part}</b>",
        f"Since {since}: {foreign(notice.why, WORDS)}",
        _MEANS.get(notice.part, "The log says more."),
        "/health shows every part.",
    ]
    return "\n".join(lines)


def unreachable(notice: Unreachable) -> str:
    """Return who no longer gets messages and how that ends."""
    who = f"{foreign(notice.name, NAME)} (id {notice.telegram_id})"
    lines = [
        f"📵 <b>Cannot reach {who}</b>",
        f"Telegram says: {foreign(notice.why, WORDS)}",
        f"They get no cards and no alarms {DASH} until they open this bot and press /start.",
    ]
    return "\n".join(lines)
