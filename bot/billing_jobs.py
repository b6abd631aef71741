"""What billing does by the clock: reminders, invoices that end, payments asked for, refunds."""

import logging
from typing import Protocol

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest

from bot.cryptopay import CryptoPay, CryptoPayError
from trading.billing import Invoice, Payment, PaymentResult, RefundAsked
from trading.plans import Provider

log = logging.getLogger(__name__)

ASK_AT_ONCE = 100


class BillingJobStore(Protocol):
    """What the jobs need of the store; each method is one durable transaction."""

    async def remind(self) -> int:
        """Tell members whose plan runs out."""

    async def expire_invoices(self) -> int:
        """End the invoices whose time is up."""

    async def unsettled(self, limit: int) -> list[Invoice]:
        """Return the invoices a crypto payment may still come for, the longest unseen first."""

    async def pay(self, payment: Payment) -> PaymentResult:
        """Book a payment once."""

    async def looked(self, external_id: str, *, over: bool) -> None:
        """Note that the provider was asked of an invoice; ``over`` ends asking."""

    async def refunds_due(self) -> list[RefundAsked]:
        """Return the refunds no provider has confirmed yet."""

    async def refunded(self, external_id: str) -> bool:
        """Take a booking back."""


class BillingJobs:
    """One step does each of them once; a provider that is away is asked again next time."""

    def __init__(self, bot: Bot, store: BillingJobStore, crypto: CryptoPay | None) -> None:
        self._bot = bot
        self._store = store
        self._crypto = crypto

    async def step(self) -> None:
        """Run every job; a provider that fails keeps none of the others from running."""
        await self._store.remind()
        await self._refund()
        await self._ask_crypto()
        await self._store.expire_invoices()

    async def _ask_crypto(self) -> None:
        """Find what no webhook told: after an outage, and what was paid at the last moment."""
        if self._crypto is None:
            return
        waiting = [one.external_id for one in await self._store.unsettled(ASK_AT_ONCE)]
        ids = [one for one in waiting if one is not None]
        if not ids:
            return
        try:
            found = await self._crypto.look(ids)
        except CryptoPayError as error:
            log.warning("crypto_not_asked", extra={"facts": {"why": str(error)}})
            return
        for one in found:
            if one.payment is not None:
                await self._store.pay(one.payment)
            over = one.expired or one.payment is not None
            await self._store.looked(one.external_id, over=over)

    async def _refund(self) -> None:
        for due in await self._store.refunds_due():
            if due.booking.provider is Provider.STARS and not await self._give_back(due):
                continue
            await self._store.refunded(due.booking.external_id)

    async def _give_back(self, due: RefundAsked) -> bool:
        """Return the stars; one that was returned before is as good as returned now."""
        try:
            return await self._bot.refund_star_payment(due.payer, due.booking.external_id)
        except TelegramBadRequest as error:
            if "ALREADY_REFUNDED" in str(error).upper():
                return True
            log.warning("refund_refused", extra={"facts": {"why": str(error)}})
            return False
        except TelegramAPIError as error:
            log.warning("refund_delayed", extra={"facts": {"why": str(error)}})
            return False
