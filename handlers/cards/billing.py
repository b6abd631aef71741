"""Plans and payments: what was booked, what could not be, and when a plan ends."""

from datetime import datetime
from decimal import Decimal

from handlers.cards.text import DASH, WORDS, clock, foreign, span, table
from handlers.words import plain
from trading.notices import PaymentBooked, PaymentUnmatched, PlanReminder

_SAFE = "The guard, closing, alerts and your own data go on whatever plan you have."


def price(amount: Decimal, currency: str) -> str:
    """Return a price as people say it; stars are whole."""
    if currency == "XTR":
        return f"{amount:.0f} ⭐"
    return f"{plain(amount)} {foreign(currency, 8)}"


def booked(notice: PaymentBooked) -> str:
    """Return the receipt of a payment or a gift, or that it was taken back."""
    if notice.refunded:
        head = f"↩️ <b>Refunded</b> · {foreign(notice.plan)}"
    else:
        head = f"✅ <b>{foreign(notice.plan)}</b> · {notice.days} days"
    rows = []
    if notice.amount:
        rows.append(
            ("Paid" if not notice.refunded else "Back", price(notice.amount, notice.currency))
        )
    rows.append(("Plan now", foreign(notice.now_has)))
    if notice.until is not None:
        rows.append(("Until", f"{notice.until:%d %b %Y}"))
    rows.append(("Reference", foreign(notice.reference, 40)))
    return "\n".join([head, table(rows), "/plan shows what it allows."])


def unmatched(notice: PaymentUnmatched) -> str:
    """Return that money came which no plan was booked for, and who settles it."""
    rows = [
        ("Amount", price(notice.amount, notice.currency)),
        ("By", foreign(notice.provider, 16)),
        ("From", DASH if notice.payer is None else str(notice.payer)),
        ("Reference", foreign(notice.reference, 40)),
    ]
    lines = [
        "⚠️ <b>A payment fits no open invoice</b>",
        table(rows),
        f"{foreign(notice.why, WORDS)}.",
        "Nothing was booked. An owner settles it: /refund or /grantplan.",
    ]
    return "\n".join(lines)


def reminder(notice: PlanReminder, now: datetime) -> str:
    """Return when a plan ends, or that it has, and what that changes."""
    if notice.ended:
        head = f"⌛ <b>{foreign(notice.plan)} has ended</b> · {clock(notice.until, now)}"
        return f"{head}\nIt holds for 3 more days. {_SAFE}\n/upgrade renews it."
    left = span((notice.until - now).total_seconds())
    head = f"⏳ <b>{foreign(notice.plan)} ends in {left}</b>"
    return f"{head}\n{_SAFE}\n/upgrade renews it; the days are added."
