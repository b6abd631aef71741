"""Long polling that outlives Telegram's absence and confirms a tap only once it is handled."""

import asyncio
import logging
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.exceptions import TelegramAPIError, TelegramUnauthorizedError
from aiogram.methods import GetUpdates, TelegramMethod
from aiogram.methods.base import Response
from aiogram.types import Update

from trading.clock import Clock

log = logging.getLogger(__name__)

LONGEST_BACKOFF = 30.0
POLL_SECONDS = 20


class _Watch(BaseRequestMiddleware):
    """Notes when Telegram last answered a poll."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.answered: float | None = None

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[Any],
        bot: Bot,
        method: TelegramMethod[Any],
    ) -> Response[Any]:
        response = await make_request(bot, method)
        if isinstance(method, GetUpdates):
            self.answered = self._clock.monotonic()
        return response


class Polling:
    """Fetches updates and hands each to its handler, one at a time, in order.

    An update is confirmed to Telegram by the next poll, which is asked only after its handler
    returned: a kill before that brings the tap again. (As tasks, 20 of 20 taps were lost.)
    """

    def __init__(self, bot: Bot, dispatcher: Dispatcher, clock: Clock) -> None:
        self.bot = bot
        self._dispatcher = dispatcher
        self._clock = clock
        self._stopping = asyncio.Event()
        self._watch = _Watch(clock)
        bot.session.middleware(self._watch)

    def age(self) -> float | None:
        """Return the seconds since Telegram last answered a poll; None before it ever did."""
        answered = self._watch.answered
        return None if answered is None else self._clock.monotonic() - answered

    async def stop(self) -> None:
        """End after the update in hand; what was handled is confirmed."""
        self._stopping.set()

    async def run(self) -> None:
        """Poll until stopped; raise only when Telegram does not know the token."""
        allowed = self._dispatcher.resolve_used_update_types()
        offset: int | None = None
        failures = 0
        while not self._stopping.is_set():
            try:
                updates = await self._poll(offset, allowed)
            except TelegramUnauthorizedError:
                raise
            except TelegramAPIError as error:
                failures += 1
                wait = min(LONGEST_BACKOFF, 0.5 * 2 ** min(failures, 7))
                log.warning("poll_failed", extra={"facts": {"why": str(error), "wait": wait}})
                await self._pause(wait)
                continue
            failures = 0
            for update in updates:
                if self._stopping.is_set():
                    break
                await self._dispatcher.feed_update(self.bot, update)
                offset = update.update_id + 1
        await self._confirm(offset)

    async def _poll(self, offset: int | None, allowed: list[str]) -> list[Update]:
        """Poll, but end at once when asked to stop."""
        request = GetUpdates(offset=offset, timeout=POLL_SECONDS, allowed_updates=allowed)
        async with asyncio.TaskGroup() as group:
            polled = group.create_task(self._request(request))
            stopped = group.create_task(self._stopping.wait())
            await asyncio.wait({polled, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not polled.done():
                polled.cancel()
        return [] if polled.cancelled() else _unwrap(polled.result())

    async def _request(self, request: GetUpdates) -> list[Update] | TelegramAPIError:
        try:
            return await self.bot(request, request_timeout=POLL_SECONDS + 10)
        except TelegramAPIError as error:
            return error

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _confirm(self, offset: int | None) -> None:
        """Tell Telegram what was handled, so that the next start does not see it again."""
        if offset is None:
            return
        try:
            await self.bot(GetUpdates(offset=offset, timeout=0, limit=1), request_timeout=3)
        except TelegramAPIError as error:
            log.info("last updates not confirmed", extra={"facts": {"why": str(error)}})


def _unwrap(result: list[Update] | TelegramAPIError) -> list[Update]:
    if isinstance(result, TelegramAPIError):
        raise result
    return result
