"""Wires plans and payments: stars through the bot, crypto through Crypto Pay, both switched off."""

import logging
from dataclasses import dataclass

from aiogram import Bot
from aiohttp import web

from bot.billing_jobs import BillingJobs
from bot.cryptopay import SIGNATURE_HEADER, CryptoPay, CryptoPayError, read_webhook
from bot.settings import Settings
from storage.billing_store import BillingStore
from trading.billing import INVOICE_TTL, BillingService, Invoice, PlanService
from trading.clock import Clock
from trading.errors import StoreError

log = logging.getLogger(__name__)

CRYPTO_PATH = "/api/v1/cryptopay"


@dataclass(frozen=True, slots=True)
class Billing:
    """What the chat, the timers and HTTP need of billing."""

    plans: PlanService
    service: BillingService
    store: BillingStore
    jobs: BillingJobs
    crypto: "CryptoDesk | None"


class CryptoDesk:
    """Asks Crypto Pay for invoices and takes its webhooks in."""

    def __init__(
        self, client: CryptoPay, token: str, service: BillingService, clock: Clock
    ) -> None:
        self._client = client
        self._token = token
        self._service = service
        self._clock = clock

    async def link(self, invoice: Invoice, description: str) -> str:
        """Return where an invoice is paid; empty where Crypto Pay does not answer."""
        seconds = int(INVOICE_TTL.total_seconds())
        try:
            bill = await self._client.create(invoice, description, seconds)
        except CryptoPayError as error:
            log.warning("crypto_invoice_failed", extra={"facts": {"why": str(error)}})
            return ""
        await self._service.asked(invoice, bill.external_id)
        return bill.url

    async def webhook(self, request: web.Request) -> web.Response:
        """Book what a signed and fresh update tells; anything else changes nothing."""
        body = await request.read()
        given = request.headers.get(SIGNATURE_HEADER, "")
        found = read_webhook(self._token, given, body, self._clock.now())
        if isinstance(found, str):
            status = 401 if "signature" in found else 403
            return web.json_response({"detail": found}, status=status)
        if found is not None:
            try:
                await self._service.pay(found)
            except StoreError as error:
                log.warning("crypto_payment_not_stored", extra={"facts": {"why": str(error)}})
                return web.json_response({"detail": "try again"}, status=503)
        return web.json_response({"ok": True})


def open_billing(settings: Settings, store: BillingStore, bot: Bot, clock: Clock) -> Billing:
    """Return billing as the settings want it."""
    plans = PlanService(store, clock, enabled=settings.plans.enabled)
    service = BillingService(store, plans, clock)
    token = settings.crypto.token
    client = desk = None
    if settings.plans.enabled and token is not None:
        secret = token.get_secret_value()
        client = CryptoPay(settings.crypto.api_url, secret)
        desk = CryptoDesk(client, secret, service, clock)
    return Billing(plans, service, store, BillingJobs(bot, store, client), desk)
