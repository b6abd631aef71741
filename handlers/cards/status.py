"""Is the desk alive: heartbeat, start, blindness, a stalled loop, a reader out of reach."""

from datetime import datetime

from handlers.cards.health import part_words
from handlers.cards.text import (
    NAME,
    WORDS,
    clock,
    foreign,
    money,
    percent,
    span,
    table,
)
from handlers.texts import later, retell, t
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
    TradingState.ACTIVE: later("active"),
    TradingState.PAUSED: later("PAUSED"),
    TradingState.HALTED: later("HALTED"),
}


def heartbeat(notice: Heartbeat) -> str:
    """Return the live status: when, every account, how the desk does, when the next one is due."""
    unwell = any(beat.why_blind for beat in notice.accounts)
    mark = "🟠" if unwell else "🟢"
    parts = [f"{mark} <b>{t('Alive at {at}', at=clock(notice.at))}</b>"]
    parts += [_account(beat) for beat in notice.accounts[:_ACCOUNTS_SHOWN]]
    if len(notice.accounts) > _ACCOUNTS_SHOWN:
        parts.append(t("and {count} more accounts", count=len(notice.accounts) - _ACCOUNTS_SHOWN))
    desk = [
        t("pass {ms} ms", ms=f"{notice.loop_duration_ms:.0f}"),
        t("signals {count}", count=f"{notice.signals_lifetime:,}"),
        t("trades {count}", count=f"{notice.trades_lifetime:,}"),
        t("errors {count}", count=f"{notice.errors:,}"),
    ]
    if notice.outbox_waiting:
        desk.append(t("messages waiting {count}", count=f"{notice.outbox_waiting:,}"))
    parts.append(" · ".join(desk))
    members = notice.members_seen + notice.members_blind
    if members:
        blind = t(", {count} blind", count=notice.members_blind) if notice.members_blind else ""
        parts.append(t("members' accounts {members}{blind}", members=members, blind=blind))
    return "\n".join(
        [
            *parts,
            t("Next beat within {seconds} s. Older than that: not alive.", seconds=notice.interval),
        ]
    )


def _account(beat: AccountBeat) -> str:
    age = t("no pass yet")
    if beat.pass_age is not None:
        age = t("ok, {seconds} s ago", seconds=f"{beat.pass_age:.1f}")
    unknown = t("unknown")
    equity = unknown if beat.equity is None else money(beat.equity, beat.currency)
    room = unknown if beat.room is None else money(beat.room, beat.currency)
    drawdown = unknown if beat.drawdown_percent is None else percent(beat.drawdown_percent)
    if beat.why_blind:
        age = t("blind")
        if beat.pass_age is not None:
            age = t("blind, {seconds} s ago", seconds=f"{beat.pass_age:.1f}")
    rows = [
        (t("State"), t(_STATE[beat.trading_state])),
        (t("Loop"), age),
        (t("Equity"), equity),
        (t("Drawdown"), drawdown),
        (t("Room"), room),
        (t("Positions"), str(beat.positions_open)),
    ]
    if beat.orders_in_flight:
        rows.append((t("In flight"), str(beat.orders_in_flight)))
    lines = [f"<b>{foreign(beat.account)}</b>", table(rows)]
    if beat.why_blind:
        lines.append(
            t(
                "⚠️ Cannot see it: {why}. Entries are blocked.",
                why=foreign(retell(beat.why_blind), 120),
            )
        )
    return "\n".join(lines)


def started(notice: Started) -> str:
    """Return that the desk runs, how long it was gone and what it found."""
    head = t("🔌 <b>Desk is running</b>") + f" · {foreign(notice.account)}"
    if notice.simulated:
        head += f" · {t('simulated market')}"
    equity = t("not read yet")
    if notice.equity is not None:
        equity = money(notice.equity, notice.currency)
    rows = [
        (t("State"), t(_STATE[notice.trading_state])),
        (t("Equity"), equity),
        (t("Positions"), str(notice.positions_open)),
    ]
    if notice.down_seconds is not None:
        rows.append((t("Was down"), span(notice.down_seconds)))
    lines = [head, table(rows)]
    if notice.orders_asked_for:
        count = notice.orders_asked_for
        orders = t("1 order") if count == 1 else t("{count} orders", count=count)
        lines.append(
            t(
                "❓ {orders} not confirmed yet: asking the broker, nothing is sent twice.",
                orders=orders,
            )
        )
    if notice.trading_state is TradingState.HALTED:
        lines.append(t("Trading is still halted. An owner can lift it with /resume."))
    if notice.trading_state is TradingState.PAUSED:
        lines.append(t("Entries are still paused. /resume lifts it."))
    return "\n".join(lines)


def blind(notice: Blind, now: datetime) -> str:
    """Return that an account cannot be seen, or can be again, and what that means."""
    account, since = foreign(notice.account), clock(notice.since, now)
    if notice.healed_at is not None:
        gone = span((notice.healed_at - notice.since).total_seconds())
        lines = [
            t("✅ <b>Account visible again</b>") + f" · {account}",
            t(
                "It could not be read for {gone}, since {since}. The caps are measured again.",
                gone=gone,
                since=since,
            ),
        ]
        return "\n".join(lines)
    lines = [
        t("🚨 <b>ACCOUNT CANNOT BE READ</b>") + f" · {account}",
        t("Since {since}: {why}.", since=since, why=foreign(retell(notice.why), WORDS)),
        t(
            "No new entries. The drawdown caps cannot be measured;"
            " open positions rest on their stops at the broker."
        ),
        t("Check the terminal; /status shows when it is back."),
    ]
    return "\n".join(lines)


def stalled(notice: LoopStalled) -> str:
    """Return that the trading loop stands still, or moves again."""
    account = foreign(notice.account)
    if notice.healed:
        head = t("✅ <b>Trading loop runs again</b>")
        return f"{head} · {account}\n" + t("It stood {length}.", length=span(notice.seconds))
    lines = [
        t("🚨 <b>TRADING LOOP STALLED</b>") + f" · {account}",
        t(
            "No pass has ended for {length}. No entries, and no cap is watched;"
            " open positions rest on their stops at the broker.",
            length=span(notice.seconds),
        ),
        t("Look at MetaTrader yourself, then restart the desk."),
    ]
    return "\n".join(lines)


def terminal_news(notice: TerminalNews) -> str:
    """Return whether a member's own account is seen, and what to do where it is not."""
    account = t(
        "{account} at {server}", account=foreign(notice.account), server=foreign(notice.server)
    )
    if notice.ok:
        return (
            t("✅ <b>Account connected</b>")
            + f" · {account}\n"
            + t("Its first drawdown cap is set; /drawdown shows it, /cap changes it.")
        )
    head = t("⚠️ <b>Account not connected</b>")
    then = t(
        "Nothing is traded on it. /account check {login} tries again;"
        " /account remove {login} forgets it.",
        login=foreign(notice.account),
    )
    return f"{head} · {account}\n{foreign(retell(notice.words), WORDS)}\n{then}"


_MEANS = {
    "database": later("Nothing can be written down, so nothing is sent to the broker."),
    "disk": later("No new entries. The guard, closes and alarms go on in the space kept for them."),
    "integrity": later("No new entries. Restore a backup: python -m bot restore FILE"),
    "backup": later("Trading goes on; a broken disk would now lose more than a day."),
    "ping": later("Trading goes on; the watcher outside may raise its alarm."),
    "telegram": later("No taps came in; the caps were watched, and approved signals went on."),
}
"""What the loss of a part means while it lasts."""


def trouble(notice: Trouble, now: datetime) -> str:
    """Return which part of the house is broken and what that means, or that it works again."""
    part, since = foreign(part_words(notice.part)), clock(notice.since, now)
    if notice.healed_at is not None:
        gone = span((notice.healed_at - notice.since).total_seconds())
        return t(
            "✅ <b>Works again: {part}</b>\nIt failed for {gone}, since {since}.",
            part=part,
            gone=gone,
            since=since,
        )
    lines = [
        t("🚨 <b>NOT WORKING: {part}</b>", part=part),
        t("Since {since}: {why}", since=since, why=foreign(retell(notice.why), WORDS)),
        t(_MEANS.get(notice.part, later("The log says more."))),
        t("/health shows every part."),
    ]
    return "\n".join(lines)


def unreachable(notice: Unreachable) -> str:
    """Return who no longer gets messages and how that ends."""
    who = f"{foreign(notice.name, NAME)} (id {notice.telegram_id})"
    lines = [
        t("📵 <b>Cannot reach {who}</b>", who=who),
        t("Telegram says: {why}", why=foreign(retell(notice.why), WORDS)),
        t("They get no cards and no alarms \u2013 until they open this bot and press /start."),
    ]
    return "\n".join(lines)
