"""A local server that speaks the Crypto Pay API over HTTP and refuses what that refuses."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import aiohttp
from aiohttp import web

from bot.cryptopay import SIGNATURE_HEADER, signature
from tests.support.chat_desk import free_port
from trading.clock import SystemClock

TOKEN = "9001:AA-crypto-test"  # noqa: S105 - of these tests alone


@dataclass
class CryptoPayServer:
    """Its invoices, and what a person who pays would cause."""

    url: str = ""
    away: bool = False
    invoices: dict[int, dict[str, object]] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.Response:
        if self.away:
            return web.Response(status=502, text="Bad Gateway")
        if request.headers.get("Crypto-Pay-API-Token") != TOKEN:
            return _refused(401, "UNAUTHORIZED")
        body = await request.json()
        method = request.match_info["method"]
        if method == "createInvoice":
            return self._create(body)
        if method == "getInvoices":
            wanted = {int(one) for one in str(body.get("invoice_ids", "")).split(",") if one}
            found = [self.invoices[one] for one in sorted(wanted) if one in self.invoices]
            return web.json_response({"ok": True, "result": {"items": found}})
        return _refused(405, "METHOD_NOT_FOUND")

    def _create(self, body: dict[str, object]) -> web.Response:
        asset, amount = body.get("asset"), body.get("amount")
        if body.get("currency_type") != "crypto" or asset not in {"USDT", "TON", "BTC"}:
            return _refused(400, "ASSET_INVALID")
        if not isinstance(amount, str) or not Decimal("0.01") <= Decimal(amount) <= 25_000:
            return _refused(400, "AMOUNT_INVALID")
        if len(str(body.get("payload", ""))) > 4096:
            return _refused(400, "PAYLOAD_TOO_LONG")
        seconds = body.get("expires_in")
        if not isinstance(seconds, int) or not 1 <= seconds <= 2_678_400:
            return _refused(400, "EXPIRES_IN_INVALID")
        number = 528_890 + len(self.invoices)
        self.invoices[number] = {
            "invoice_id": number,
            "hash": f"IV{number}",
            "status": "active",
            "currency_type": "crypto",
            "asset": asset,
            "amount": amount,
            "payload": body.get("payload"),
            "bot_invoice_url": f"https://t.me/CryptoBot?start=IV{number}",
        }
        return web.json_response({"ok": True, "result": self.invoices[number]})

    def paid(self, number: int, amount: str | None = None) -> None:
        """Let an invoice be paid, with another amount than asked where one is given."""
        invoice = self.invoices[number]
        invoice |= {
            "status": "paid",
            "paid_asset": invoice["asset"],
            "paid_amount": amount or invoice["amount"],
        }

    def update(self, number: int, at: datetime | None = None) -> bytes:
        """Return the body of the webhook that tells of a paid invoice."""
        stamp = (at or SystemClock().now()).isoformat().replace("+00:00", "Z")
        told = {
            "update_id": number,
            "update_type": "invoice_paid",
            "request_date": stamp,
            "payload": self.invoices[number],
        }
        return json.dumps(told).encode()


async def tell(url: str, body: bytes, given: str | None = None) -> int:
    """Deliver a webhook, signed unless another signature is given; return the answer's status."""
    headers = {SIGNATURE_HEADER: signature(TOKEN, body) if given is None else given}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=headers) as answer,
    ):
        return answer.status


def _refused(code: int, name: str) -> web.Response:
    return web.json_response({"ok": False, "error": {"code": code, "name": name}}, status=code)


@asynccontextmanager
async def crypto_pay() -> AsyncIterator[CryptoPayServer]:
    """Run the server until the context ends."""
    server = CryptoPayServer()
    app = web.Application()
    app.router.add_post("/api/{method}", server.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    server.url = f"http://127.0.0.1:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()
