"""The guard's messages: room used up, caps reached, everything closed, halted and resumed."""

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from handlers.callbacks import BalanceTap
from handlers.cards.text import (
    WORDS,
    clock,
    figure,
    foreign,
    lots,
    money,
    percent,
    side,
    table,
)
from handlers.texts import later, retell, t
from trading.drawdown import CapAction
from trading.model import TradingState
from trading.notices import (
    BalanceAsked,
    CapsChanged,
    ClosedTicket,
    DrawdownRecovered,
    DrawdownWarning,
    EntriesPaused,
    FlattenReport,
    FlattenStuck,
    LatchCause,
    ResetWarning,
    TradingStateChanged,
)

_TICKETS_SHOWN = 25
_PROBLEM = 60
_KEPT = later("⏸ No new entries; open positions keep their stops.")
RESUME = later("Trading is halted. An owner can lift it with /resume.")


def warning(notice: DrawdownWarning) -> str:
    """Return how much of the room to a cap is gone."""
    rows = [
        (t("Drawdown"), percent(notice.drawdown_percent)),
        (t("Equity"), money(notice.equity, notice.currency)),
        (t("Floor"), money(notice.floor, notice.currency)),
        (t("Room"), money(notice.room, notice.currency)),
    ]
    used = t("⚠️ <b>{percent} % of the room is used</b>", percent=notice.level_percent)
    cap = foreign(retell(notice.cap), 80)
    if notice.then is CapAction.CLOSE:
        tail = t("Cap: {cap}. At the floor everything is closed. /drawdown", cap=cap)
    elif notice.then is CapAction.PAUSE:
        tail = t("Cap: {cap}. At the floor entries stop. /drawdown", cap=cap)
    else:
        tail = t("Cap: {cap}. It only warns. /drawdown", cap=cap)
    return "\n".join([f"{used} · {foreign(notice.account)}", table(rows), tail])


def reset_warning(notice: ResetWarning) -> str:
    """Return that the next day would begin below its floor, and what can be done."""
    rows = [
        (t("Equity"), money(notice.equity, notice.currency)),
        (t("Next floor"), money(notice.floor, notice.currency)),
        (t("Below by"), money(notice.floor - notice.equity, notice.currency)),
        (t("Resets at"), clock(notice.at)),
    ]
    head = t(
        "⏰ <b>The reset in {minutes} min would breach</b> · {account}",
        minutes=notice.minutes,
        account=foreign(notice.account),
    )
    tail = t(
        "Cap: {cap}. The new day starts from what is banked, and open losses count "
        "against it at once: close or reduce before then.",
        cap=foreign(retell(notice.cap), 80),
    )
    return "\n".join([head, table(rows), tail])


def balance_asked(notice: BalanceAsked) -> str:
    """Return the question about a balance, or how it was answered."""
    amount = money(notice.amount, notice.currency, signed=True)
    head = t(
        "❓ <b>The balance moved by {amount}</b> · {account}",
        amount=amount,
        account=foreign(notice.account),
    )
    if notice.answer is None:
        return t(
            "{head}\n"
            "No deal explains it. Until an owner answers, no cap follows the equity up "
            "and there are no entries.\n"
            "A deposit or withdrawal moves the caps with it; a result counts against "
            "them.",
            head=head,
        )
    if notice.answer == "deal":
        return t("{head}\n✅ The broker's deal came late and explains it.", head=head)
    what = t("paid in or out: the caps moved with it") if notice.answer == "flow" else t("a result")
    return t(
        "{head}\n✅ {by} said: {what}.",
        head=head,
        by=foreign(notice.by or t("An owner")),
        what=what,
    )


def balance_keyboard(notice: BalanceAsked) -> InlineKeyboardMarkup | None:
    """Return the two answers while the question is open."""
    if notice.answer is not None:
        return None
    labels = ((t("💵 Deposit/withdrawal"), "flow"), (t("📉 A result"), "result"))
    row = [
        InlineKeyboardButton(
            text=label,
            callback_data=BalanceTap(question_id=notice.question_id, answer=word).pack(),
        )
        for label, word in labels
    ]
    return InlineKeyboardMarkup(inline_keyboard=[row])


def entries_paused(notice: EntriesPaused) -> str:
    """Return which rule stopped entries, and until when."""
    until = notice.until
    when = (
        t("while results stay in its window")
        if until is None
        else t("until {until}", until=clock(until))
    )
    return t(
        "⏸ <b>No entries {when}</b> · {account}\n"
        "{rule}; now {value}. Open positions keep their stops. An owner can lift it "
        "with /reset_guard.",
        when=when,
        account=foreign(notice.account),
        rule=foreign(retell(notice.rule), 120),
        value=foreign(notice.value, 20),
    )


def flatten(notice: FlattenReport) -> str:
    """Return the breach or panic with its figures, every ticket's end and the way back."""
    lines = [_headline(notice), table(_figures(notice))]
    if notice.cap_percent is not None:
        lines.append(t("Cap: {cap}", cap=foreign(retell(notice.cap), 120)))
    if notice.tickets:
        lines.append(_tickets(notice.tickets, flat=notice.flat_at is not None))
    if notice.pendings_removed:
        lines.append(t("Pending orders removed: {count}", count=notice.pendings_removed))
    lines.append(_progress(notice) if notice.closes else t(_KEPT))
    return "\n".join([*lines, t(RESUME)])


def _headline(notice: FlattenReport) -> str:
    account = foreign(notice.account)
    if notice.cause is LatchCause.PANIC:
        return t("🛑 <b>PANIC</b> by {by}", by=foreign(notice.asked_by)) + f" · {account}"
    return t("🛑 <b>DRAWDOWN CAP REACHED</b>") + f" · {account}"


def _figures(notice: FlattenReport) -> list[tuple[str, str]]:
    rows = []
    if notice.drawdown_percent is not None:
        rows.append((t("Drawdown"), percent(notice.drawdown_percent)))
    if notice.cap:
        rows.append((t("Cap"), _cap(notice)))
    rows.append((t("Equity"), money(notice.equity, notice.currency)))
    if notice.floor is not None:
        rows.append((t("Floor"), money(notice.floor, notice.currency)))
        past = notice.floor - notice.equity
        if past > 0:
            rows.append((t("Past floor"), money(past, notice.currency)))
    return [*rows, (t("At"), clock(notice.at))]


def _cap(notice: FlattenReport) -> str:
    if notice.cap_percent is None:
        return foreign(retell(notice.cap), 60)
    return percent(notice.cap_percent)


def _tickets(tickets: tuple[ClosedTicket, ...], *, flat: bool) -> str:
    # What could not be closed matters most, so it is never what is cut off.
    ordered = sorted(tickets, key=lambda ticket: not ticket.problem)
    shown = [_ticket(ticket, flat=flat) for ticket in ordered[:_TICKETS_SHOWN]]
    if len(tickets) > _TICKETS_SHOWN:
        shown.append(t("and {count} more", count=len(tickets) - _TICKETS_SHOWN))
    return f"<pre>{chr(10).join(shown)}</pre>"


def _ticket(ticket: ClosedTicket, *, flat: bool) -> str:
    what = f"#{ticket.ticket} {side(ticket.side)} {foreign(ticket.symbol, 16)}"
    what = f"{what} {lots(ticket.volume)}"
    if ticket.problem and not flat:
        so_far = ""
        if ticket.result is not None:
            so_far = t(" ({result} so far)", result=figure(ticket.result, signed=True))
        why = t("not closed: {why}", why=foreign(ticket.problem, _PROBLEM))
        return f"{what}{so_far}\n  {why}"
    if ticket.result is not None:
        return f"{what}  {figure(ticket.result, signed=True)}"
    if not flat:
        return f"{what}  {t('closing')}"
    earlier = ""
    if ticket.problem:
        earlier = "\n  " + t("before that: {why}", why=foreign(ticket.problem, _PROBLEM))
    return f"{what}  {t('closed, result follows')}{earlier}"


def _is_closed(ticket: ClosedTicket) -> bool:
    return ticket.result is not None and not ticket.problem


def _progress(notice: FlattenReport) -> str:
    if notice.flat_at is not None:
        after = notice.equity_after
        equity = ""
        if after is not None:
            equity = t(" \u2013 equity {equity}", equity=money(after, notice.currency))
        if after is not None and notice.floor is not None and after < notice.floor:
            past = money(notice.floor - after, notice.currency)
            equity += t(", {money} past the floor", money=past)
        at = clock(notice.flat_at, notice.at)
        return t("✅ <b>Flat</b> at {at}", at=at) + equity
    done = sum(_is_closed(ticket) for ticket in notice.tickets)
    total = len(notice.tickets)
    if not total:
        return t("⏳ No positions known; checking that nothing is open.")
    if done == total:
        return t(
            "⏳ {done} of {total} closed, checking that nothing is open.", done=done, total=total
        )
    return t("⏳ <b>Closing</b>: {done} of {total} closed", done=done, total=total)


def stuck(notice: FlattenStuck) -> str:
    """Return what is still open long after it was to be closed, why, and what to press."""
    head = t("🚨 <b>STILL OPEN</b> after {minutes} min", minutes=notice.minutes)
    lines = [f"{head} · {foreign(notice.account)}"]
    if notice.tickets:
        lines.append(_tickets(notice.tickets, flat=False))
    if notice.pendings:
        lines.append(t("Pending orders not removed: {count}", count=notice.pendings))
    if not notice.tickets and not notice.pendings:
        lines.append(t("An order is not confirmed yet: the broker is being asked."))
    return "\n".join([*lines, t(_PRESS)])


_PRESS = later(
    "The desk goes on trying. In MetaTrader: open the Toolbox (Ctrl+T), tab Trade, right-click a "
    "position, Bulk Operations, Close All; switch AutoTrading on (Ctrl+E) where it is off; or "
    "call the broker's dealing desk."
)


def recovered(notice: DrawdownRecovered) -> str:
    """Return that equity is back above the floors, and that this opens nothing."""
    rows = [
        (t("Equity"), money(notice.equity, notice.currency)),
        (t("Floor"), money(notice.floor, notice.currency)),
        (t("Room"), money(notice.room, notice.currency)),
    ]
    head = t("↗️ <b>Above every floor again</b>") + f" · {foreign(notice.account)}"
    return "\n".join([head, table(rows), t(RESUME)])


def state_changed(notice: TradingStateChanged) -> str:
    """Return who paused, resumed or halted, and what follows from it."""
    by, account = foreign(notice.by), foreign(notice.account)
    head, then = {
        TradingState.ACTIVE: (
            t("▶️ <b>Resumed</b> by {by}", by=by),
            t("New signals are offered again."),
        ),
        TradingState.PAUSED: (
            t("⏸ <b>Paused</b> by {by}", by=by),
            t("No new entries; open positions keep their stops. /resume lifts it."),
        ),
        TradingState.HALTED: (t("🛑 <b>Halted</b> by {by}", by=by), t(RESUME)),
    }[notice.state]
    lines = [f"{head} · {account}", then]
    if notice.canceled:
        count = notice.canceled
        lines.append(
            t("1 open card canceled \u2013 no trade.")
            if count == 1
            else t("{count} open cards canceled \u2013 no trade.", count=count)
        )
    return "\n".join(lines)


def caps_changed(notice: CapsChanged) -> str:
    """Return the cap that now holds and the room it leaves."""
    lines = [
        t("🛡 <b>Cap changed</b> by {by}", by=foreign(notice.by)) + f" · {foreign(notice.account)}",
        foreign(retell(notice.text), WORDS),
    ]
    rows = []
    if notice.floor is not None:
        rows.append((t("Floor"), money(notice.floor, notice.currency)))
    if notice.room is not None:
        rows.append((t("Room"), money(notice.room, notice.currency)))
    return "\n".join([*lines, table(rows)] if rows else lines)
