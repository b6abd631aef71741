"""The guard's messages: room used up, caps reached, everything closed, halted and resumed."""

from handlers.cards.text import (
    DASH,
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
from trading.model import TradingState
from trading.notices import (
    CapsChanged,
    ClosedTicket,
    DrawdownRecovered,
    DrawdownWarning,
    FlattenReport,
    FlattenStuck,
    LatchCause,
    TradingStateChanged,
)

_TICKETS_SHOWN = 25
_PROBLEM = 60
_KEPT = "⏸ No new entries; open positions keep their stops."
RESUME = "Trading is halted. An owner can lift it with /resume."


def warning(notice: DrawdownWarning) -> str:
    """Return how much of the room to a cap is gone."""
    rows = [
        ("Drawdown", percent(notice.drawdown_percent)),
        ("Equity", money(notice.equity, notice.currency)),
        ("Floor", money(notice.floor, notice.currency)),
        ("Room", money(notice.room, notice.currency)),
    ]
    head = f"⚠️ <b>{notice.level_percent} % of the room is used</b> · {foreign(notice.account)}"
    tail = f"Cap: {foreign(notice.cap, 80)}. At the floor everything is closed. /drawdown"
    return "\n".join([head, table(rows), tail])


def flatten(notice: FlattenReport) -> str:
    """Return the breach or panic with its figures, every ticket's end and the way back."""
    lines = [_headline(notice), table(_figures(notice))]
    if notice.cap_percent is not None:
        lines.append(f"Cap: {foreign(notice.cap, 120)}")
    if notice.tickets:
        lines.append(_tickets(notice.tickets, flat=notice.flat_at is not None))
    if notice.pendings_removed:
        lines.append(f"Pending orders removed: {notice.pendings_removed}")
    lines.append(_progress(notice) if notice.closes else _KEPT)
    return "\n".join([*lines, RESUME])


def _headline(notice: FlattenReport) -> str:
    account = foreign(notice.account)
    if notice.cause is LatchCause.PANIC:
        return f"🛑 <b>PANIC</b> by {foreign(notice.asked_by)} · {account}"
    return f"🛑 <b>DRAWDOWN CAP REACHED</b> · {account}"


def _figures(notice: FlattenReport) -> list[tuple[str, str]]:
    rows = []
    if notice.drawdown_percent is not None:
        rows.append(("Drawdown", percent(notice.drawdown_percent)))
    if notice.cap:
        rows.append(("Cap", _cap(notice)))
    rows.append(("Equity", money(notice.equity, notice.currency)))
    if notice.floor is not None:
        rows.append(("Floor", money(notice.floor, notice.currency)))
        past = notice.floor - notice.equity
        if past > 0:
            rows.append(("Past floor", money(past, notice.currency)))
    return [*rows, ("At", clock(notice.at))]


def _cap(notice: FlattenReport) -> str:
    if notice.cap_percent is None:
        return foreign(notice.cap, 60)
    return percent(notice.cap_percent)


def _tickets(tickets: tuple[ClosedTicket, ...], *, flat: bool) -> str:
    # What could not be closed matters most, so it is never what is cut off.
    ordered = sorted(tickets, key=lambda ticket: not ticket.problem)
    shown = [_ticket(ticket, flat=flat) for ticket in ordered[:_TICKETS_SHOWN]]
    if len(tickets) > _TICKETS_SHOWN:
        shown.append(f"and {len(tickets) - _TICKETS_SHOWN} more")
    return f"<pre>{chr(10).join(shown)}</pre>"


def _ticket(ticket: ClosedTicket, *, flat: bool) -> str:
    what = f"#{ticket.ticket} {side(ticket.side)} {foreign(ticket.symbol, 16)}"
    what = f"{what} {lots(ticket.volume)}"
    if ticket.problem and not flat:
        so_far = "" if ticket.result is None else f" ({figure(ticket.result, signed=True)} so far)"
        return f"{what}{so_far}\n  not closed: {foreign(ticket.problem, _PROBLEM)}"
    if ticket.result is not None:
        return f"{what}  {figure(ticket.result, signed=True)}"
    if not flat:
        return f"{what}  closing"
    earlier = f"\n  before that: {foreign(ticket.problem, _PROBLEM)}" if ticket.problem else ""
    return f"{what}  closed, result follows{earlier}"


def _is_closed(ticket: ClosedTicket) -> bool:
    return ticket.result is not None and not ticket.problem


def _progress(notice: FlattenReport) -> str:
    if notice.flat_at is not None:
        after = notice.equity_after
        equity = "" if after is None else f" {DASH} equity {money(after, notice.currency)}"
        if after is not None and notice.floor is not None and after < notice.floor:
            past = money(notice.floor - after, notice.currency)
            equity += f", {past} past the floor"
        return f"✅ <b>Flat</b> at {clock(notice.flat_at, notice.at)}{equity}"
    done = sum(_is_closed(ticket) for ticket in notice.tickets)
    total = len(notice.tickets)
    if not total:
        return "⏳ No positions known; checking that nothing is open."
    if done == total:
        return f"⏳ {done} of {total} closed, checking that nothing is open."
    return f"⏳ <b>Closing</b>: {done} of {total} closed"


def stuck(notice: FlattenStuck) -> str:
    """Return what is still open long after it was to be closed, why, and what to press."""
    lines = [f"🚨 <b>STILL OPEN</b> after {notice.minutes} min · {foreign(notice.account)}"]
    if notice.tickets:
        lines.append(_tickets(notice.tickets, flat=False))
    if notice.pendings:
        lines.append(f"Pending orders not removed: {notice.pendings}")
    if not notice.tickets and not notice.pendings:
        lines.append("An order is not confirmed yet: the broker is being asked.")
    return "\n".join([*lines, _PRESS])


_PRESS = (
    "The desk goes on trying. In MetaTrader: open the Toolbox (Ctrl+T), tab Trade, right-click a "
    "position, Bulk Operations, Close All; switch AutoTrading on (Ctrl+E) where it is off; or "
    "call the broker's dealing desk."
)


def recovered(notice: DrawdownRecovered) -> str:
    """Return that equity is back above the floors, and that this opens nothing."""
    rows = [
        ("Equity", money(notice.equity, notice.currency)),
        ("Floor", money(notice.floor, notice.currency)),
        ("Room", money(notice.room, notice.currency)),
    ]
    head = f"↗️ <b>Above every floor again</b> · {foreign(notice.account)}"
    return "\n".join([head, table(rows), RESUME])


def state_changed(notice: TradingStateChanged) -> str:
    """Return who paused, resumed or halted, and what follows from it."""
    by, account = foreign(notice.by), foreign(notice.account)
    head, then = {
        TradingState.ACTIVE: ("▶️ <b>Resumed</b>", "New signals are offered again."),
        TradingState.PAUSED: (
            "⏸ <b>Paused</b>",
            "No new entries; open positions keep their stops. /resume lifts it.",
        ),
        TradingState.HALTED: ("🛑 <b>Halted</b>", RESUME),
    }[notice.state]
    lines = [f"{head} by {by} · {account}", then]
    if notice.canceled:
        cards = "card" if notice.canceled == 1 else "cards"
        lines.append(f"{notice.canceled} open {cards} canceled {DASH} no trade.")
    return "\n".join(lines)


def caps_changed(notice: CapsChanged) -> str:
    """Return the cap that now holds and the room it leaves."""
    lines = [
        f"🛡 <b>Cap changed</b> by {foreign(notice.by)} · {foreign(notice.account)}",
        foreign(notice.text, WORDS),
    ]
    rows = []
    if notice.floor is not None:
        rows.append(("Floor", money(notice.floor, notice.currency)))
    if notice.room is not None:
        rows.append(("Room", money(notice.room, notice.currency)))
    return "\n".join([*lines, table(rows)] if rows else lines)
