"""Orders and positions: found again, refused, closed, or not ours."""

from handlers.cards import fate
from handlers.cards.text import WORDS, foreign, lots, money, price, side
from trading.model import DealReason, Purpose
from trading.notices import (
    ForeignTrade,
    OrderFailed,
    OrderResolved,
    OrderUnconfirmed,
    PositionClosed,
)

_ORDER = {
    Purpose.ENTRY: "entry",
    Purpose.CLOSE: "close",
    Purpose.CANCEL: "removal of a pending order",
    Purpose.PROTECT: "change of stop or target",
}
_FAILED = {
    Purpose.ENTRY: "Entry refused",
    Purpose.CLOSE: "Not closed",
    Purpose.CANCEL: "Pending order not removed",
    Purpose.PROTECT: "Stop or target not changed",
}
_NEXT = {
    Purpose.ENTRY: "Nothing was opened.",
    Purpose.CLOSE: "The position is still open: see /positions.",
    Purpose.CANCEL: "The order still waits at the broker.",
    Purpose.PROTECT: "The old stop and target still hold: see /positions.",
}
_REASON = {
    DealReason.STOP_LOSS: "by its stop loss",
    DealReason.TAKE_PROFIT: "by its target",
    DealReason.STOP_OUT: "by the broker's stop-out: margin ran out",
    DealReason.ROLLOVER: "by rollover",
    DealReason.CLIENT: "by hand in the terminal",
    DealReason.MOBILE: "by hand in the mobile app",
    DealReason.WEB: "by hand in the web terminal",
    DealReason.EXPERT: "by this desk",
    DealReason.OTHER: "by the broker",
}


def resolved(notice: OrderResolved) -> str:
    """Return the truth about an order that was in doubt."""
    where = f"{foreign(notice.symbol, 24)} · {foreign(notice.account)}"
    found = f"Known from: {foreign(notice.evidence, WORDS)}." if notice.evidence else ""
    lines = [f"<b>Now confirmed</b>: {_ORDER[notice.purpose]}, {where}"]
    lines += fate.lines(notice.order, None, None)
    return "\n".join([*lines, found] if found else lines)


def unconfirmed(notice: OrderUnconfirmed) -> str:
    """Return what is in doubt, and that nothing is repeated."""
    where = f"{foreign(notice.symbol, 24)} · {foreign(notice.account)}"
    lines = [
        f"❓ <b>Not confirmed yet</b>: {_ORDER[notice.purpose]}, {where}",
        f"Why: {foreign(notice.why, WORDS)}.",
        "Asking the broker; nothing is sent twice. The truth follows here.",
    ]
    return "\n".join(lines)


def failed(notice: OrderFailed) -> str:
    """Return what the broker refused and what therefore still holds."""
    target = "" if notice.target is None else f" #{notice.target}"
    where = f"{foreign(notice.symbol, 24)}{target} · {foreign(notice.account)}"
    lines = [
        f"⚠️ <b>{_FAILED[notice.purpose]}</b>: {where}",
        f"The broker says: {foreign(notice.words, WORDS)}",
        _NEXT[notice.purpose],
    ]
    return "\n".join(lines)


def closed(notice: PositionClosed) -> str:
    """Return how a position ended and what it brought."""
    mark = "🟢" if notice.result > 0 else "🔴" if notice.result < 0 else "⚪"
    what = f"{side(notice.side)} {foreign(notice.symbol, 24)}"
    verb = "Partly closed" if notice.remaining else "Closed"
    how = _REASON[notice.reason]
    if notice.reason is DealReason.EXPERT and not notice.ours:
        how = "by another program"
    lines = [
        f"{mark} <b>{verb} {what}</b> {how}",
        f"Result <b>{money(notice.result, notice.currency, signed=True)}</b>",
        f"{lots(notice.volume)} lots at {price(notice.price, None)}, ticket {notice.position_id}",
    ]
    if notice.remaining:
        lines.append(f"{lots(notice.remaining)} lots stay open.")
    if not notice.ours:
        lines.append("It was not opened by this desk.")
    return "\n".join([*lines, foreign(notice.account)])


def foreign_trade(notice: ForeignTrade) -> str:
    """Return what someone else traded on the account."""
    what = f"{side(notice.side)} {lots(notice.volume)} lots {foreign(notice.symbol, 24)}"
    lines = [
        f"👀 <b>Not ordered by this desk</b>: {what} at {price(notice.price, None)}",
        f"Ticket {notice.position_id} · {foreign(notice.account)}",
        "It counts toward every drawdown cap. /positions shows it.",
    ]
    return "\n".join(lines)
