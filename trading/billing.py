"""Selling plans: an invoice before it is asked for, a payment booked exactly once.

Money that arrives is never lost: a payment that fits no invoice is kept and told to the owners.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, NewType, Protocol

from trading.clock import Clock
from trading.ids import MemberId
from trading.model import Member, Role
from trading.plans import PLANS, Booking, Plan, Provider, Standing, standing
from trading.words import told

InvoiceId = NewType("InvoiceId", int)
INVOICE_TTL: Final = timedelta(hours=1)
TRIAL_DAYS: Final = 7
TRIAL_PLAN: Final = "trader"
STARS: Final = "XTR"
CRYPTO: Final = "USDT"


class InvoiceStatus(StrEnum):
    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"
    UNDERPAID = "underpaid"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Invoice:
    """A price asked of a member for a term of a plan."""

    id: InvoiceId
    member_id: MemberId
    provider: Provider
    plan: str
    days: int
    amount: Decimal
    currency: str
    status: InvoiceStatus
    external_id: str | None
    """The provider's own id of it, once asked for."""
    expires_at: datetime

    @property
    def payload(self) -> str:
        """Return what the provider is given to bring back with the payment."""
        return f"plan:{self.id}"


@dataclass(frozen=True, slots=True)
class Payment:
    """What a provider says was paid."""

    provider: Provider
    external_id: str
    """The charge or invoice id that is booked once."""
    payload: str
    amount: Decimal
    currency: str
    payer: int | None
    """The Telegram id of who paid, where the provider says it."""
    recurring: bool = False
    """A later term of a subscription: its invoice was paid before."""


@dataclass(frozen=True, slots=True)
class Booked:
    """The payment is on the books and the plan follows it."""

    booking: Booking


@dataclass(frozen=True, slots=True)
class Known:
    """It was booked before: nothing changed."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """It fits no open invoice; kept, and the owners told."""

    why: str


PaymentResult = Booked | Known | Unmatched


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed, and why."""

    words: str


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """A refund is on disk as asked for; the provider is asked next."""

    booking: Booking
    payer: int


class BillingStore(Protocol):
    """Invoices and bookings; each method is one durable transaction."""

    async def bookings(self, member_id: MemberId) -> list[Booking]:
        """Return what was ever booked for a member, oldest first."""

    async def open_invoice(
        self, member_id: MemberId, provider: Provider, plan: Plan, amount: Decimal, currency: str
    ) -> Invoice:
        """Write an invoice down before anybody is asked to pay it."""

    async def invoice(self, invoice_id: InvoiceId) -> Invoice | None:
        """Return an invoice."""

    async def invoices(self, member_id: MemberId, limit: int) -> list[Invoice]:
        """Return a member's latest invoices, newest first."""

    async def asked(self, invoice_id: InvoiceId, external_id: str) -> None:
        """Note the provider's id of an invoice."""

    async def pay(self, payment: Payment) -> PaymentResult:
        """Book a payment once, or keep it as unmatched."""

    async def end_invoice(self, invoice_id: InvoiceId, status: InvoiceStatus) -> bool:
        """End an open invoice without a booking; False when it was not open."""

    async def give(
        self,
        member_id: MemberId,
        provider: Provider,
        external_id: str,
        plan: Plan,
        days: int,
        by: MemberId | None,
    ) -> Booked | Known:
        """Book days that nobody pays for."""

    async def take_promo(self, member_id: MemberId, code: str) -> Booked | Known | str:
        """Use a promotion code up, or say why not."""

    async def put_promo(
        self, code: str, plan: Plan, days: int, uses: int, expires: datetime, by: MemberId
    ) -> None:
        """Make or change a promotion code."""

    async def ask_refund(self, external_id: str, by: MemberId) -> RefundAsked | str:
        """Write a refund down before the provider is asked, or say why not."""

    async def refunded(self, external_id: str) -> bool:
        """Take a booking back after the provider did; False when it was taken back before."""

    async def member_named(self, who: int) -> Member | None:
        """Return the member with that Telegram id."""


class PlanService:
    """Which plan a member has, and what it allows; switched off, everything is allowed."""

    def __init__(self, store: BillingStore, clock: Clock, *, enabled: bool) -> None:
        self._store = store
        self._clock = clock
        self.enabled = enabled

    async def standing(self, member: Member) -> Standing:
        """Return the plan that holds for a member now; owners of the desk have the highest."""
        highest = max(PLANS.values(), key=lambda plan: plan.rank)
        if not self.enabled or member.may_on_desk(Role.OWNER):
            return Standing(highest, None)
        return standing(await self._store.bookings(member.id), self._clock.now())


class BillingService:
    """Invoices, payments, gifts and refunds of plans."""

    def __init__(self, store: BillingStore, plans: PlanService, clock: Clock) -> None:
        self._store = store
        self._plans = plans
        self._clock = clock

    @staticmethod
    def on_sale() -> Sequence[Plan]:
        """Return the plans that can be bought, cheapest first."""
        return sorted((plan for plan in PLANS.values() if plan.stars), key=lambda one: one.rank)

    async def begin(self, member: Member, plan_key: str, provider: Provider) -> Invoice | Refused:
        """Write an invoice for a plan down."""
        plan = PLANS.get(plan_key)
        if not self._plans.enabled:
            return Refused(told("Plans are switched off on this desk: everything is open to you."))
        if plan is None or not plan.stars:
            return Refused(told("There is no such plan. /upgrade shows them."))
        amount, currency = _price(plan, provider)
        return await self._store.open_invoice(member.id, provider, plan, amount, currency)

    async def asked(self, invoice: Invoice, external_id: str) -> None:
        """Note what the provider calls an invoice."""
        await self._store.asked(invoice.id, external_id)

    async def may_pay(
        self, payload: str, telegram_id: int, amount: int, currency: str
    ) -> str | None:
        """Return why a checkout is refused, or None: the last word before money moves."""
        invoice = await self._by_payload(payload)
        member = await self._store.member_named(telegram_id)
        if invoice is None or member is None or member.id != invoice.member_id:
            return told("This invoice is not yours. /upgrade makes a new one.")
        if invoice.status is InvoiceStatus.PAID:
            return told("This invoice is paid already. /plan shows what you have.")
        if invoice.status is not InvoiceStatus.OPEN or invoice.expires_at <= self._clock.now():
            return told("This invoice has ended. /upgrade makes a new one.")
        if (Decimal(amount), currency) != (invoice.amount, invoice.currency):
            return told("The price has changed. /upgrade makes a new invoice.")
        return None

    async def _by_payload(self, payload: str) -> Invoice | None:
        head, _, number = payload.partition(":")
        if head != "plan" or not (number.isascii() and number.isdigit()) or len(number) > 15:
            return None
        return await self._store.invoice(InvoiceId(int(number)))

    async def pay(self, payment: Payment) -> PaymentResult:
        """Book a payment exactly once, however often it is told."""
        return await self._store.pay(payment)

    async def trial(self, member: Member) -> Booked | Known:
        """Give the one trial a member has."""
        plan = PLANS[TRIAL_PLAN]
        return await self._store.give(
            member.id, Provider.TRIAL, f"trial:{member.id}", plan, TRIAL_DAYS, None
        )

    async def redeem(self, member: Member, code: str) -> Booked | Known | str:
        """Use a promotion code, once a member."""
        return await self._store.take_promo(member.id, code.strip().upper()[:32])

    async def grant(
        self, owner: Member, telegram_id: int, plan_key: str, days: int, nonce: str
    ) -> Booked | Known | Refused:
        """Give a member days of a plan by an owner's word."""
        member, plan = await self._store.member_named(telegram_id), PLANS.get(plan_key)
        if not owner.may_on_desk(Role.OWNER):
            return Refused(told("Only an owner gives plans. Nothing was changed."))
        if member is None:
            return Refused(
                told("{telegram_id} is no member here. /users lists them.", telegram_id=telegram_id)
            )
        if plan is None or plan.rank == 0 or not 1 <= days <= 3660:
            return Refused(told("Write it like /grantplan 123456 trader 30 (1 to 3660 days)."))
        return await self._store.give(member.id, Provider.GRANT, nonce, plan, days, owner.id)

    async def ask_refund(self, owner: Member, external_id: str) -> RefundAsked | Refused:
        """Write a refund down; the provider is asked after that."""
        if not owner.may_on_desk(Role.OWNER):
            return Refused(told("Only an owner refunds. Nothing was changed."))
        found = await self._store.ask_refund(external_id, owner.id)
        return Refused(found) if isinstance(found, str) else found

    async def refunded(self, external_id: str) -> bool:
        """Take the booking back once the provider gave the money back."""
        return await self._store.refunded(external_id)


def _price(plan: Plan, provider: Provider) -> tuple[Decimal, str]:
    if provider is Provider.CRYPTO:
        return plan.usdt, CRYPTO
    return Decimal(plan.stars), STARS
