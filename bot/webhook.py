"""Updates that Telegram brings itself, with the promise that polling makes.

Telegram repeats an update until it is answered 200, and we answer so only after its handler has
committed. With one connection at a time (``max_connections=1``) they come in order.
"""

import asyncio
import hmac
import json
import logging
from http import HTTPStatus

from aiogram import Bot, Dispatcher
from aiogram.exceptions import TelegramAPIError, TelegramUnauthorizedError
from aiohttp import web

from bot import leniency
from bot.polling import Updates
from bot.resilience import POLLING, Circuit
from trading.clock import Clock

log = logging.getLogger(__name__)

PATH = "/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
LOOK_SECONDS = 20.0
MOST_BYTES = 1 << 20


class Webhook:
    """Takes updates over the desk's own HTTP server; a reverse proxy in front of it speaks TLS."""

    def __init__(
        self,
        bot: Bot,
        dispatcher: Dispatcher,
        clock: Clock,
        url: str,
        secret: str,
        circuit: Circuit | None = None,
    ) -> None:
        """``url`` is what Telegram is told: the public address that leads to ``PATH``."""
        self.bot = bot
        self._dispatcher = dispatcher
        self._updates = Updates(dispatcher, bot)
        self._clock = clock
        self._url = url
        self._secret = secret
        self._circuit = circuit or Circuit("telegram", clock, 20.0)
        self._one_at_a_time = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._well: float | None = None

    def age(self) -> float | None:
        """Return the seconds since Telegram last showed that the webhook stands; None before."""
        return None if self._well is None else self._clock.monotonic() - self._well

    async def stop(self) -> None:
        """Take no more updates; the webhook stays set, so that what comes now waits for us."""
        self._stopping.set()

    async def run(self) -> None:
        """Keep the webhook set until stopped; raise only where Telegram never knew the token."""
        failures = 0
        while not self._stopping.is_set():
            try:
                await self._look()
            except TelegramAPIError as error:
                if isinstance(error, TelegramUnauthorizedError) and self.age() is None:
                    raise
                failures += 1
                self._circuit.failed(str(error))
                log.warning("webhook_not_looked_at", extra={"facts": {"why": str(error)}})
                await self._pause(POLLING.pause(failures))
                continue
            failures = 0
            await self._pause(LOOK_SECONDS)

    async def receive(self, request: web.Request) -> web.Response:
        """Answer 200 once the update is handled; anything else makes Telegram bring it again."""
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return web.Response(status=HTTPStatus.FORBIDDEN)
        if self._stopping.is_set():
            return _later()
        if (request.content_length or 0) > MOST_BYTES:
            return web.Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            update = leniency.update(self.bot, json.loads(await request.read()))
        except ValueError as error:  # a ValidationError is one
            log.warning("update_unreadable", extra={"facts": {"why": str(error)[:200]}})
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        async with self._one_at_a_time:
            done = await self._updates.take(update)
        self._well = self._clock.monotonic()
        return web.Response() if done else _later()

    async def _look(self) -> None:
        """Set the webhook where it is not ours, and note what Telegram says of its deliveries."""
        info = await self.bot.get_webhook_info(request_timeout=10)
        if info.url != self._url:
            await self.bot.set_webhook(
                self._url,
                secret_token=self._secret,
                max_connections=1,
                allowed_updates=self._dispatcher.resolve_used_update_types(),
                drop_pending_updates=False,
                request_timeout=10,
            )
            log.info("webhook_set", extra={"facts": {"waiting": info.pending_update_count}})
        now = self._clock.now()
        last = info.last_error_date
        if last is not None and (now - last).total_seconds() < 2 * LOOK_SECONDS:
            self._circuit.failed(f"Telegram cannot deliver: {info.last_error_message}")
            return
        self._circuit.succeeded()
        self._well = self._clock.monotonic()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


def _later() -> web.Response:
    return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "1"})
