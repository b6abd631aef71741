"""Orders and positions: found again, refused, closed, or not ours."""

from handlers.cards import fate
from handlers.cards.text import WORDS, foreign, lots, money, price, side
from handlers.texts import later, retell, t
from trading.model import DealReason, Purpose
from trading.notices import (
    ForeignTrade,
    LevelsMissing,
    OrderFailed,
    OrderResolved,
    OrderUnconfirmed,
    PositionClosed,
    TerminalNotReady,
)
from trading.words import capital

_ORDER = {
    Purpose.ENTRY: later("entry"),
    Purpose.CLOSE: later("close"),
    Purpose.CANCEL: later("removal of a pending order"),
    Purpose.PROTECT: later("change of stop or target"),
}
_FAILED = {
    Purpose.ENTRY: later("Entry refused"),
    Purpose.CLOSE: later("Not closed"),
    Purpose.CANCEL: later("Pending order not removed"),
    Purpose.PROTECT: later("Stop or target not changed"),
}
_NEXT = {
    Purpose.ENTRY: later("Nothing was opened."),
    Purpose.CLOSE: later("The position is still open: see /positions."),
    Purpose.CANCEL: later("The order still waits at the broker."),
    Purpose.PROTECT: later("The old stop and target still hold: see /positions."),
}
_REASON = {
    DealReason.STOP_LOSS: later("by its stop loss"),
    DealReason.TAKE_PROFIT: later("by its target"),
    DealReason.STOP_OUT: later("by the broker's stop-out: margin ran out"),
    DealReason.ROLLOVER: later("by rollover"),
    DealReason.CLIENT: later("by hand in the terminal"),
    DealReason.MOBILE: later("by hand in the mobile app"),
    DealReason.WEB: later("by hand in the web terminal"),
    DealReason.EXPERT: later("by this desk"),
    DealReason.OTHER: later("by the broker"),
}


def resolved(notice: OrderResolved) -> str:
    """Return the truth about an order that was in doubt."""
    where = f"{foreign(notice.symbol, 24)} · {foreign(notice.account)}"
    found = ""
    if notice.evidence:
        found = t("Known from: {evidence}.", evidence=foreign(notice.evidence, WORDS))
    what = t(_ORDER[notice.purpose])
    lines = [t("<b>Now confirmed</b>: {what}, {where}", what=what, where=where)]
    lines += fate.lines(notice.order, None, None)
    return "\n".join([*lines, found] if found else lines)


def unconfirmed(notice: OrderUnconfirmed) -> str:
    """Return what is in doubt, and that nothing is repeated."""
    where = f"{foreign(notice.symbol, 24)} · {foreign(notice.account)}"
    what = t(_ORDER[notice.purpose])
    lines = [
        t("❓ <b>Not confirmed yet</b>: {what}, {where}", what=what, where=where),
        t("Why: {why}.", why=foreign(retell(notice.why), WORDS)),
        t("Asking the broker; nothing is sent twice. The truth follows here."),
    ]
    return "\n".join(lines)


def failed(notice: OrderFailed) -> str:
    """Return what the broker refused and what therefore still holds."""
    target = "" if notice.target is None else f" #{notice.target}"
    where = f"{foreign(notice.symbol, 24)}{target} · {foreign(notice.account)}"
    lines = [
        f"⚠️ <b>{t(_FAILED[notice.purpose])}</b>: {where}",
        t("The broker says: {words}", words=foreign(notice.words, WORDS)),
        t(_NEXT[notice.purpose]),
    ]
    return "\n".join(lines)


def closed(notice: PositionClosed) -> str:
    """Return how a position ended and what it brought."""
    mark = "🟢" if notice.result > 0 else "🔴" if notice.result < 0 else "⚪"
    what = f"{side(notice.side)} {foreign(notice.symbol, 24)}"
    verb = t("Partly closed") if notice.remaining else t("Closed")
    how = t(_REASON[notice.reason])
    if notice.cause:
        how = _asked(notice)
    elif notice.reason is DealReason.EXPERT and not notice.ours:
        how = t("by another program")
    lines = [
        f"{mark} <b>{verb} {what}</b> {how}",
        t("Result <b>{money}</b>", money=money(notice.result, notice.currency, signed=True)),
        t(
            "{volume} lots at {price}, ticket {ticket}",
            volume=lots(notice.volume),
            price=price(notice.price, None),
            ticket=notice.position_id,
        ),
    ]
    if notice.remaining:
        lines.append(t("{volume} lots stay open.", volume=lots(notice.remaining)))
    if not notice.ours:
        lines.append(t("It was not opened by this desk."))
    return "\n".join([*lines, foreign(notice.account)])


def _asked(notice: PositionClosed) -> str:
    rule, _, number = notice.cause.partition(":")
    if notice.by:
        return t("by {by}", by=foreign(notice.by))
    if rule == "target":
        return t("at target {number}", number=foreign(number, 4))
    return t("at its time limit") if rule == "time_limit" else t("by this desk")


def foreign_trade(notice: ForeignTrade) -> str:
    """Return what someone else traded on the account."""
    volume = t("{volume} lots", volume=lots(notice.volume))
    what = f"{side(notice.side)} {volume} {foreign(notice.symbol, 24)}"
    paid = t(" at {price}", price=price(notice.price, None))
    lines = [
        t("👀 <b>Not ordered by this desk</b>: {what}", what=f"{what}{paid}"),
        t("Ticket {ticket}", ticket=notice.position_id) + f" · {foreign(notice.account)}",
        t("It counts toward every drawdown cap. /positions shows it."),
    ]
    return "\n".join(lines)


def levels_missing(notice: LevelsMissing) -> str:
    """Return which level was missing at the broker, and what was done about it."""
    levels = ((t("stop loss"), notice.stop_loss), (t("target"), notice.take_profit))
    missing = [(name, level) for name, level in levels if level is not None]
    names = t(" and ").join(name for name, _ in missing)
    where = t(
        "{symbol}, ticket {ticket}",
        symbol=foreign(notice.symbol, 24),
        ticket=notice.position_id,
    )
    lines = [t("🩹 <b>No {names} at the broker</b>: {where}", names=names, where=where)]
    if not notice.why:
        lines.append(
            t(
                "Set now: {levels}.",
                levels=", ".join((f"{name} {price(at, None)}" for name, at in missing)),
            )
        )
        return "\n".join(lines)
    lines.append(t("It cannot be set: {why}.", why=foreign(retell(notice.why), WORDS)))
    if notice.closing:
        lines.append(t("Closing the position, as nothing protects it."))
    elif notice.stop_loss is not None:
        lines.append(t("Trying again; until then nothing protects it. /positions"))
    else:
        lines.append(t("The stop loss holds. Set the target yourself: /positions"))
    return "\n".join(lines)


def not_ready(notice: TerminalNotReady) -> str:
    """Return what to press before the terminal can trade."""
    if not notice.problems:
        return t("✅ <b>Ready to trade again</b> · {account}", account=foreign(notice.account))
    lines = [t("⛔ <b>The terminal may not trade</b> · {account}", account=foreign(notice.account))]
    lines += [f"{foreign(capital(retell(one)), WORDS)}." for one in notice.problems]
    return "\n".join([*lines, t("Until then no entry is sent, and no close would be taken.")])
