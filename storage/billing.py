"""Invoices, bookings and promotion codes; a payment is booked once by its provider's id."""

import sqlite3
from datetime import datetime
from decimal import Decimal

from storage import outbox, people, rights, rows
from trading.billing import (
    INVOICE_TTL,
    Booked,
    Invoice,
    InvoiceId,
    InvoiceStatus,
    Known,
    Payment,
    PaymentResult,
    RefundAsked,
    Unmatched,
)
from trading.clock import from_ms, to_ms
from trading.ids import MemberId
from trading.notices import (
    PaidWithoutRights,
    PaymentBooked,
    PaymentUnmatched,
    PlanReminder,
    Priority,
)
from trading.plans import PLANS, Booking, Plan, Provider, reminder_due, standing
from trading.words import told


def bookings(connection: sqlite3.Connection, member_id: MemberId) -> list[Booking]:
    """Return what was ever booked for a member, oldest first."""
    found = connection.execute(
        "SELECT * FROM booking WHERE member_id = ? ORDER BY at_ms, id", (member_id,)
    )
    return [booking_of(row) for row in found]


def plan_of(connection: sqlite3.Connection, member_id: MemberId, now: datetime) -> Plan | None:
    """Return the plan that limits a member; None for the desk's owners, whom none limits."""
    if rights.owns(connection, member_id, None):
        return None
    return standing(bookings(connection, member_id), now).plan


def allows_reports(connection: sqlite3.Connection, member_id: MemberId, now: datetime) -> bool:
    """Tell whether a member's plan has reports that come by themselves."""
    plan = plan_of(connection, member_id, now)
    return plan is None or plan.reports


def open_invoice(
    connection: sqlite3.Connection,
    member_id: MemberId,
    provider: Provider,
    plan: Plan,
    amount: Decimal,
    currency: str,
    now: datetime,
) -> Invoice:
    """Write an invoice down before anybody is asked to pay it."""
    row = connection.execute(
        "INSERT INTO invoice (member_id, provider, plan, days, amount, currency, status,"
        " created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?) RETURNING *",
        (
            member_id,
            provider,
            plan.key,
            plan.days,
            str(amount),
            currency,
            to_ms(now),
            to_ms(now + INVOICE_TTL),
        ),
    ).fetchone()
    return _invoice(row)


def invoice(connection: sqlite3.Connection, invoice_id: InvoiceId) -> Invoice | None:
    """Return an invoice, None where there is none with that id."""
    row = connection.execute("SELECT * FROM invoice WHERE id = ?", (invoice_id,)).fetchone()
    return None if row is None else _invoice(row)


def invoices(connection: sqlite3.Connection, member_id: MemberId, limit: int) -> list[Invoice]:
    """Return a member's latest invoices, newest first."""
    found = connection.execute(
        "SELECT * FROM invoice WHERE member_id = ? ORDER BY id DESC LIMIT ?", (member_id, limit)
    )
    return [_invoice(row) for row in found]


def asked(connection: sqlite3.Connection, invoice_id: InvoiceId, external_id: str) -> None:
    """Note the provider's id of an invoice."""
    connection.execute("UPDATE invoice SET external_id = ? WHERE id = ?", (external_id, invoice_id))


def unsettled(connection: sqlite3.Connection, limit: int) -> list[Invoice]:
    """Return the invoices a crypto payment may still come for, the longest unseen first."""
    found = connection.execute(
        "SELECT * FROM invoice WHERE provider = 'crypto' AND over = 0 AND external_id IS NOT NULL"
        " ORDER BY looked_ms NULLS FIRST, id LIMIT ?",
        (limit,),
    )
    return [_invoice(row) for row in found]


def looked(connection: sqlite3.Connection, external_id: str, now: datetime, *, over: bool) -> None:
    """Note that Crypto Pay was asked of an invoice; ``over`` ends asking."""
    connection.execute(
        "UPDATE invoice SET looked_ms = ?, over = ? WHERE provider = 'crypto' AND external_id = ?",
        (to_ms(now), over, external_id),
    )


def end_invoice(
    connection: sqlite3.Connection, invoice_id: InvoiceId, status: InvoiceStatus
) -> bool:
    """End an open invoice without a booking; False when it was not open."""
    changed = connection.execute(
        "UPDATE invoice SET status = ? WHERE id = ? AND status = 'open'", (status, invoice_id)
    )
    return changed.rowcount == 1


def pay(connection: sqlite3.Connection, payment: Payment, now: datetime) -> PaymentResult:
    """Book a payment once; what fits no invoice is kept and told to the owners."""
    if _is_known(connection, payment):
        return Known()
    found = _paid_for(connection, payment)
    why = _misfit(connection, payment, found)
    if why is not None or found is None:
        return _keep(connection, payment, why or told("it names no invoice of this desk"), now)
    connection.execute("UPDATE invoice SET status = 'paid' WHERE id = ?", (found.id,))
    row = connection.execute(
        "INSERT INTO booking (member_id, invoice_id, provider, external_id, plan, days, amount,"
        " currency, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (
            found.member_id,
            found.id,
            payment.provider,
            payment.external_id,
            found.plan,
            found.days,
            str(payment.amount),
            payment.currency,
            to_ms(now),
        ),
    ).fetchone()
    booked = booking_of(row)
    if _is_revoked(connection, booked.member_id):
        notice = PaidWithoutRights(
            payment.provider,
            payment.external_id,
            payment.amount,
            payment.currency,
            _chat(connection, booked.member_id),
        )
        people.tell(connection, None, notice, Priority.CRITICAL, now)
    return _told(connection, booked, now)


def _is_revoked(connection: sqlite3.Connection, member_id: MemberId) -> bool:
    row = connection.execute("SELECT revoked_ms FROM member WHERE id = ?", (member_id,)).fetchone()
    return row["revoked_ms"] is not None


def _is_known(connection: sqlite3.Connection, payment: Payment) -> bool:
    key = (payment.provider, payment.external_id)
    return any(
        connection.execute(sql, key).fetchone() is not None
        for sql in (
            "SELECT 1 FROM booking WHERE provider = ? AND external_id = ?",
            "SELECT 1 FROM unmatched_payment WHERE provider = ? AND external_id = ?",
        )
    )


def _paid_for(connection: sqlite3.Connection, payment: Payment) -> Invoice | None:
    head, _, number = payment.payload.partition(":")
    if head != "plan" or not (number.isascii() and number.isdigit()) or len(number) > 15:
        return None
    return invoice(connection, InvoiceId(int(number)))


def _misfit(connection: sqlite3.Connection, payment: Payment, found: Invoice | None) -> str | None:
    """Return why a payment is not what its invoice asked for, None where it is."""
    if found is None or found.provider != payment.provider:
        return told("it names no invoice of this desk")
    if payment.currency != found.currency:
        return told(
            "it came in {currency}, not in {asked}",
            currency=payment.currency,
            asked=found.currency,
        )
    if payment.amount < found.amount:
        end_invoice(connection, found.id, InvoiceStatus.UNDERPAID)
        return told(
            "{amount} of {asked} {currency} came",
            amount=payment.amount,
            asked=found.amount,
            currency=found.currency,
        )
    if found.status is InvoiceStatus.PAID and not payment.recurring:
        return told("its invoice was paid before")
    # Somebody whose rights were taken since pays for themselves all the same.
    if payment.payer is not None and payment.payer != _chat(connection, found.member_id):
        return told("somebody else paid this invoice")
    return None


def _keep(connection: sqlite3.Connection, payment: Payment, why: str, now: datetime) -> Unmatched:
    connection.execute(
        "INSERT INTO unmatched_payment (provider, external_id, payload, amount, currency, payer,"
        " why, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            payment.provider,
            payment.external_id,
            payment.payload,
            str(payment.amount),
            payment.currency,
            payment.payer,
            why,
            to_ms(now),
        ),
    )
    notice = PaymentUnmatched(
        payment.provider, payment.external_id, payment.amount, payment.currency, payment.payer, why
    )
    people.tell(connection, None, notice, Priority.CRITICAL, now)
    found = _paid_for(connection, payment)
    if found is not None:
        outbox.post(connection, [_chat(connection, found.member_id)], notice, Priority.INFO, now)
    return Unmatched(why)


def give(
    connection: sqlite3.Connection,
    member_id: MemberId,
    provider: Provider,
    external_id: str,
    plan: Plan,
    days: int,
    by: MemberId | None,
    now: datetime,
) -> Booked | Known:
    """Book days that nobody pays for, once by their id."""
    row = connection.execute(
        "INSERT INTO booking (member_id, provider, external_id, plan, days, amount, currency,"
        " given_by, at_ms) VALUES (?, ?, ?, ?, ?, '0', '', ?, ?)"
        " ON CONFLICT (provider, external_id) DO NOTHING RETURNING *",
        (member_id, provider, external_id, plan.key, days, by, to_ms(now)),
    ).fetchone()
    if row is None:
        return Known()
    people.audit(
        connection,
        now,
        "plan_given",
        f"{plan.key} {days} days by {provider}",
        member=by or member_id,
    )
    return _told(connection, booking_of(row), now)


def take_promo(
    connection: sqlite3.Connection, member_id: MemberId, code: str, now: datetime
) -> Booked | Known | str:
    """Use a promotion code up, once a member, or say why not."""
    row = connection.execute("SELECT * FROM promo WHERE code = ?", (code,)).fetchone()
    if row is None or row["plan"] not in PLANS:
        return told("That code is not known here.")
    if row["expires_ms"] <= to_ms(now):
        return told("That code has expired.")
    if not row["uses_left"]:
        return told("That code is used up.")
    given = give(
        connection,
        member_id,
        Provider.PROMO,
        f"{code}:{member_id}",
        PLANS[row["plan"]],
        row["days"],
        None,
        now,
    )
    if isinstance(given, Booked):
        connection.execute("UPDATE promo SET uses_left = uses_left - 1 WHERE code = ?", (code,))
    return given


def put_promo(
    connection: sqlite3.Connection,
    code: str,
    plan: Plan,
    days: int,
    uses: int,
    expires: datetime,
    by: MemberId,
    now: datetime,
) -> None:
    """Make or change a promotion code."""
    connection.execute(
        "INSERT INTO promo (code, plan, days, uses_left, expires_ms) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (code) DO UPDATE SET plan = excluded.plan, days = excluded.days,"
        " uses_left = excluded.uses_left, expires_ms = excluded.expires_ms",
        (code, plan.key, days, uses, to_ms(expires)),
    )
    people.audit(connection, now, "promo_set", f"{code}: {plan.key} {days} days x{uses}", member=by)


def ask_refund(
    connection: sqlite3.Connection, external_id: str, by: MemberId, now: datetime
) -> RefundAsked | str:
    """Write a refund down before the provider is asked, or say why not."""
    row = connection.execute(
        "SELECT * FROM booking WHERE external_id = ? AND provider IN ('stars', 'crypto')",
        (external_id,),
    ).fetchone()
    if row is None:
        return told("No payment has that id. /invoice lists them with theirs.")
    if row["refunded_ms"] is not None:
        return told("That payment was refunded before. Nothing was changed.")
    connection.execute(
        "UPDATE booking SET refund_asked_ms = coalesce(refund_asked_ms, ?) WHERE id = ?",
        (to_ms(now), row["id"]),
    )
    people.audit(connection, now, "refund_asked", external_id, member=by)
    return RefundAsked(booking_of(row), _chat(connection, MemberId(row["member_id"])))


def refunds_due(connection: sqlite3.Connection) -> list[RefundAsked]:
    """Return the refunds that were asked for and not yet confirmed by their provider."""
    found = connection.execute(
        "SELECT * FROM booking WHERE refund_asked_ms IS NOT NULL AND refunded_ms IS NULL"
        " ORDER BY id"
    ).fetchall()
    return [
        RefundAsked(booking_of(row), _chat(connection, MemberId(row["member_id"]))) for row in found
    ]


def refunded(connection: sqlite3.Connection, external_id: str, now: datetime) -> bool:
    """Take a booking back after the provider did; False when it was taken back before."""
    row = connection.execute(
        "UPDATE booking SET refunded_ms = ? WHERE external_id = ? AND refunded_ms IS NULL"
        " AND provider IN ('stars', 'crypto') RETURNING *",
        (to_ms(now), external_id),
    ).fetchone()
    if row is None:
        return False
    connection.execute("UPDATE invoice SET status = 'refunded' WHERE id = ?", (row["invoice_id"],))
    people.audit(connection, now, "payment_refunded", external_id)
    _told(connection, booking_of(row), now)
    return True


def expire_invoices(connection: sqlite3.Connection, now: datetime) -> int:
    """End open invoices whose time is up; money that still comes is booked all the same."""
    changed = connection.execute(
        "UPDATE invoice SET status = 'expired' WHERE status = 'open' AND expires_ms <= ?",
        (to_ms(now),),
    )
    return changed.rowcount


def remind(connection: sqlite3.Connection, now: datetime) -> int:
    """Tell each member once, ahead and at the end, that a plan runs out; return how many."""
    told = 0
    found = connection.execute(
        "SELECT DISTINCT member_id FROM booking ORDER BY member_id"
    ).fetchall()
    for row in found:
        member_id = MemberId(row["member_id"])
        now_has = standing(bookings(connection, member_id), now)
        name = reminder_due(now_has, now)
        if name is None or now_has.until is None:
            continue
        topic = f"plan:{member_id}:{to_ms(now_has.until)}:{name}"
        known = connection.execute("SELECT 1 FROM outbox WHERE topic = ?", (topic,)).fetchone()
        if known is None:
            notice = PlanReminder(now_has.plan.name, now_has.until, ended=now_has.in_grace)
            chat = _chat(connection, member_id)
            outbox.post(connection, [chat], notice, Priority.INFO, now, topic=topic)
            told += 1
    return told


def _told(connection: sqlite3.Connection, booking: Booking, now: datetime) -> Booked:
    has = standing(bookings(connection, booking.member_id), now)
    notice = PaymentBooked(
        plan=PLANS[booking.plan].name,
        days=booking.days,
        provider=booking.provider,
        amount=booking.amount,
        currency=booking.currency,
        reference=booking.external_id,
        refunded=booking.refunded_at is not None,
        now_has=has.plan.name,
        until=has.until,
    )
    outbox.post(connection, [_chat(connection, booking.member_id)], notice, Priority.INFO, now)
    return Booked(booking)


def _chat(connection: sqlite3.Connection, member_id: MemberId) -> int:
    row = connection.execute("SELECT telegram_id FROM member WHERE id = ?", (member_id,)).fetchone()
    return int(row["telegram_id"])


def booking_of(row: sqlite3.Row) -> Booking:
    """Return a row of the bookings."""
    return Booking(
        id=row["id"],
        member_id=MemberId(row["member_id"]),
        provider=Provider(row["provider"]),
        external_id=row["external_id"],
        plan=row["plan"],
        days=row["days"],
        amount=Decimal(row["amount"]),
        currency=row["currency"],
        at=from_ms(row["at_ms"]),
        refunded_at=rows.instant(row["refunded_ms"]),
    )


def _invoice(row: sqlite3.Row) -> Invoice:
    return Invoice(
        id=InvoiceId(row["id"]),
        member_id=MemberId(row["member_id"]),
        provider=Provider(row["provider"]),
        plan=row["plan"],
        days=row["days"],
        amount=Decimal(row["amount"]),
        currency=row["currency"],
        status=InvoiceStatus(row["status"]),
        external_id=row["external_id"],
        expires_at=from_ms(row["expires_ms"]),
    )
