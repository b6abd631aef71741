"""Crypto Pay over HTTP: invoices asked for, and webhooks believed only when they are signed.

The interface is that of the Crypto Pay API 1.5: methods under ``/api``, the token in a header,
webhooks signed with HMAC-SHA-256 under the SHA-256 of the token.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

import aiohttp

from trading.billing import Invoice, Payment
from trading.errors import TradeDeskError
from trading.plans import Provider

SIGNATURE_HEADER = "crypto-pay-api-signature"
TIMEOUT_SECONDS = 10.0
FRESH = timedelta(minutes=10)
"""How old a webhook may be: what comes later is found by asking, so a replay is never needed."""


class CryptoPayError(TradeDeskError):
    """Crypto Pay could not be reached, or refused what was asked."""


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice as Crypto Pay knows it."""

    external_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Settled:
    """How an invoice stands at Crypto Pay: ``payment`` once it was paid."""

    external_id: str
    payment: Payment | None
    expired: bool


class CryptoPay:
    """A thin client: one HTTP call a method, amounts as decimals, errors as ``CryptoPayError``."""

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url.rstrip('/')}/api/"
        self._token = token

    async def create(self, invoice: Invoice, description: str, seconds: int) -> Bill:
        """Ask for an invoice; our own id travels in it and comes back with the payment."""
        found = await self._call(
            "createInvoice",
            {
                "currency_type": "crypto",
                "asset": invoice.currency,
                "amount": f"{invoice.amount:f}",
                "description": description,
                "payload": invoice.payload,
                "expires_in": seconds,
            },
        )
        if not isinstance(found, dict):
            raise CryptoPayError("Crypto Pay answered without an invoice")
        url = found.get("bot_invoice_url") or found.get("pay_url")
        if not isinstance(url, str) or not url.startswith("https://"):
            raise CryptoPayError("Crypto Pay answered without a payment link")
        return Bill(str(found.get("invoice_id")), url)

    async def look(self, external_ids: Sequence[str]) -> list[Settled]:
        """Return how invoices stand; those it does not know are absent."""
        found = await self._call("getInvoices", {"invoice_ids": ",".join(external_ids)})
        items = found.get("items") if isinstance(found, dict) else found
        if not isinstance(items, list):
            raise CryptoPayError("Crypto Pay answered without a list of invoices")
        return [_settled(item) for item in items if isinstance(item, dict)]

    async def _call(self, method: str, values: Mapping[str, object]) -> object:
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
                ) as session,
                session.post(
                    self._url + method,
                    json=dict(values),
                    headers={"Crypto-Pay-API-Token": self._token},
                ) as answer,
            ):
                body = json.loads(await answer.text(), parse_float=Decimal)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise CryptoPayError(f"Crypto Pay is away: {type(error).__name__}") from error
        if not isinstance(body, dict) or body.get("ok") is not True:
            said = body.get("error") if isinstance(body, dict) else None
            name = said.get("name") if isinstance(said, dict) else "no reason given"
            raise CryptoPayError(f"Crypto Pay refused: {name}")
        return body.get("result")


def signature(token: str, body: bytes) -> str:
    """Return the signature a webhook's body must carry."""
    key = hashlib.sha256(token.encode()).digest()
    return hmac.new(key, body, hashlib.sha256).hexdigest()


def read_webhook(token: str, given: str, body: bytes, now: datetime) -> Payment | str | None:
    """Return the payment a webhook tells of; why it is refused; None where it tells of none."""
    if not hmac.compare_digest(signature(token, body).encode(), given.strip().lower().encode()):
        return "the signature does not fit the body"
    try:
        told = json.loads(body, parse_float=Decimal)
        stamp = datetime.fromisoformat(str(told["request_date"]))
        invoice = told["payload"]
        kind = told["update_type"]
    except (ValueError, KeyError, TypeError):
        return "the body is not an update of Crypto Pay"
    if stamp.tzinfo is None or abs(now - stamp) > FRESH:
        return "the update is too old"
    if kind != "invoice_paid" or not isinstance(invoice, dict):
        return None
    return _settled(invoice).payment


def _settled(item: Mapping[str, object]) -> Settled:
    external_id, status = str(item.get("invoice_id")), item.get("status")
    payment = None
    if status == "paid":
        # What was paid is named apart since 1.2; before that it was what was asked.
        amount = item.get("paid_amount") or item.get("amount")
        payment = Payment(
            provider=Provider.CRYPTO,
            external_id=external_id,
            payload=str(item.get("payload") or ""),
            amount=_decimal(amount),
            currency=str(item.get("paid_asset") or item.get("asset") or ""),
            payer=None,
        )
    return Settled(external_id, payment, expired=status == "expired")


def _decimal(value: object) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)
