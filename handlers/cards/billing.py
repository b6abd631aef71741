"""Plans and payments: what was booked, what could not be, and when a plan ends."""

from datetime import datetime
from decimal import Decimal

from handlers.cards.text import DASH, WORDS, clock, dated, foreign, span, table
from handlers.texts import later, retell, t
from handlers.words import plain
from trading.notices import PaidWithoutRights, PaymentBooked, PaymentUnmatched, PlanReminder

_SAFE = later("The guard, closing, alerts and your own data go on whatever plan you have.")


def price(amount: Decimal, currency: str) -> str:
    """Return a price as people say it; stars are whole."""
    if currency == "XTR":
        return f"{amount:.0f} ⭐"
    return f"{plain(amount)} {foreign(currency, 8)}"


def booked(notice: PaymentBooked) -> str:
    """Return the receipt of a payment or a gift, or that it was taken back."""
    if notice.refunded:
        head = t("↩️ <b>Refunded</b> · {plan}", plan=foreign(notice.plan))
    else:
        head = t("✅ <b>{plan}</b> · {days} days", plan=foreign(notice.plan), days=notice.days)
    rows = []
    if notice.amount:
        rows.append(
            (t("Paid") if not notice.refunded else t("Back"), price(notice.amount, notice.currency))
        )
    rows.append((t("Plan now"), foreign(notice.now_has)))
    if notice.until is not None:
        rows.append((t("Until"), dated(notice.until, "%d %b %Y")))
    rows.append((t("Reference"), foreign(notice.reference, 40)))
    return "\n".join([head, table(rows), t("/plan shows what it allows.")])


def unmatched(notice: PaymentUnmatched) -> str:
    """Return that money came which no plan was booked for, and who settles it."""
    rows = [
        (t("Amount"), price(notice.amount, notice.currency)),
        (t("By"), foreign(notice.provider, 16)),
        (t("From"), DASH if notice.payer is None else str(notice.payer)),
        (t("Reference"), foreign(notice.reference, 40)),
    ]
    lines = [
        t("⚠️ <b>A payment fits no open invoice</b>"),
        table(rows),
        f"{foreign(retell(notice.why), WORDS)}.",
        t("Nothing was booked. An owner settles it: /refund or /grantplan."),
    ]
    return "\n".join(lines)


def without_rights(notice: PaidWithoutRights) -> str:
    """Return that somebody paid who may do nothing here any more."""
    rows = [
        (t("Amount"), price(notice.amount, notice.currency)),
        (t("By"), foreign(notice.provider, 16)),
        (t("From"), str(notice.payer)),
        (t("Reference"), foreign(notice.reference, 40)),
    ]
    return "\n".join(
        [
            t("⚠️ <b>Somebody without rights has paid</b>"),
            table(rows),
            t("It is booked. Let them in again with /grant, or give it back with /refund."),
        ]
    )


def reminder(notice: PlanReminder, now: datetime) -> str:
    """Return when a plan ends, or that it has, and what that changes."""
    if notice.ended:
        head = t(
            "⌛ <b>{plan} has ended</b> · {until}",
            plan=foreign(notice.plan),
            until=clock(notice.until, now),
        )
        return t(
            "{head}\nIt holds for 3 more days. {safe}\n/upgrade renews it.",
            head=head,
            safe=t(_SAFE),
        )
    left = span((notice.until - now).total_seconds())
    head = t("⏳ <b>{plan} ends in {left}</b>", plan=foreign(notice.plan), left=left)
    return t("{head}\n{safe}\n/upgrade renews it; the days are added.", head=head, safe=t(_SAFE))
