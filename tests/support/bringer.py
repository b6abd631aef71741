"""Telegram's side of a webhook: brings each update until it is answered 200, in order.

It stands in for the reverse proxy too: the address the bot names is https, the desk listens http.
"""

import asyncio

import aiohttp

from bot.sandbox import Sandbox
from bot.webhook import PATH, SECRET_HEADER


class Bringer:
    """Brings what waits in a sandbox to a desk's HTTP port."""

    def __init__(self, sandbox: Sandbox, port: int) -> None:
        self._sandbox = sandbox
        self._address = f"http://127.0.0.1:{port}{PATH}"
        self.answers: list[int] = []
        self.copies = 1
        """How often each update is brought, all at once: more than once is a redelivery."""

    async def run(self) -> None:
        """Bring updates until cancelled."""
        updates = self._sandbox._world.updates  # noqa: SLF001 - Telegram's inside
        async with aiohttp.ClientSession() as session:
            while True:
                if not updates.webhook_url or not updates.pending_count:
                    await asyncio.sleep(0.01)
                    continue
                update = updates._pending[0]  # noqa: SLF001
                statuses = await asyncio.gather(
                    *(self._bring(session, update.body) for _ in range(self.copies))
                )
                if all(status == 200 for status in statuses):
                    updates._confirm(update.update_id + 1)  # noqa: SLF001
                else:
                    await asyncio.sleep(0.05)

    async def _bring(self, session: aiohttp.ClientSession, body: object) -> int:
        secret = self._sandbox.calls_of("setWebhook")[-1].params["secret_token"]
        try:
            async with session.post(
                self._address, json=body, headers={SECRET_HEADER: str(secret)}
            ) as answer:
                status = answer.status
        except aiohttp.ClientError:
            status = 0
        self.answers.append(status)
        return status
