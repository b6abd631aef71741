"""The store of plans and payments: every method is one durable transaction."""

from datetime import datetime
from decimal import Decimal

from storage import billing, people
from storage.base import StoreBase
from trading.billing import (
    Booked,
    Invoice,
    InvoiceId,
    InvoiceStatus,
    Known,
    Payment,
    PaymentResult,
    RefundAsked,
)
from trading.ids import MemberId
from trading.model import Member
from trading.plans import Booking, Plan, Provider


class BillingStore(StoreBase):
    """Implements ``trading.billing.BillingStore``, and what the billing jobs need."""

    async def bookings(self, member_id: MemberId) -> list[Booking]:
        return await self._read(billing.bookings, member_id)

    async def open_invoice(
        self, member_id: MemberId, provider: Provider, plan: Plan, amount: Decimal, currency: str
    ) -> Invoice:
        return await self._write(
            billing.open_invoice, member_id, provider, plan, amount, currency, self._now()
        )

    async def invoice(self, invoice_id: InvoiceId) -> Invoice | None:
        return await self._read(billing.invoice, invoice_id)

    async def invoices(self, member_id: MemberId, limit: int) -> list[Invoice]:
        return await self._read(billing.invoices, member_id, limit)

    async def unsettled(self, limit: int) -> list[Invoice]:
        return await self._read(billing.unsettled, limit)

    async def looked(self, external_id: str, *, over: bool) -> None:
        await self._write(billing.looked, external_id, self._now(), over=over)

    async def asked(self, invoice_id: InvoiceId, external_id: str) -> None:
        await self._write(billing.asked, invoice_id, external_id)

    async def pay(self, payment: Payment) -> PaymentResult:
        return await self._write(billing.pay, payment, self._now())

    async def end_invoice(self, invoice_id: InvoiceId, status: InvoiceStatus) -> bool:
        return await self._write(billing.end_invoice, invoice_id, status)

    async def give(
        self,
        member_id: MemberId,
        provider: Provider,
        external_id: str,
        plan: Plan,
        days: int,
        by: MemberId | None,
    ) -> Booked | Known:
        return await self._write(
            billing.give, member_id, provider, external_id, plan, days, by, self._now()
        )

    async def take_promo(self, member_id: MemberId, code: str) -> Booked | Known | str:
        return await self._write(billing.take_promo, member_id, code, self._now())

    async def put_promo(
        self, code: str, plan: Plan, days: int, uses: int, expires: datetime, by: MemberId
    ) -> None:
        await self._write(billing.put_promo, code, plan, days, uses, expires, by, self._now())

    async def ask_refund(self, external_id: str, by: MemberId) -> RefundAsked | str:
        return await self._write(billing.ask_refund, external_id, by, self._now())

    async def refunds_due(self) -> list[RefundAsked]:
        return await self._read(billing.refunds_due)

    async def refunded(self, external_id: str) -> bool:
        return await self._write(billing.refunded, external_id, self._now())

    async def member_named(self, who: int) -> Member | None:
        return await self._read(people.member_by_telegram, who)

    async def expire_invoices(self) -> int:
        return await self._write(billing.expire_invoices, self._now())

    async def remind(self) -> int:
        return await self._write(billing.remind, self._now())
