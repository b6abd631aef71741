"""Long polling that outlives Telegram's absence and confirms a tap only once it is handled."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramConflictError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import DeleteWebhook, GetUpdates, TelegramMethod
from aiogram.methods.base import Response
from aiogram.types import Update

from bot.resilience import POLLING, Circuit
from trading.clock import Clock
from trading.errors import StoreError

log = logging.getLogger(__name__)

POLL_SECONDS = 20
AT_ONCE = 10
"""Updates a poll brings: who is killed again and again confirms at least those it got through.

With Telegram's hundred, lives of a few seconds handled the same first taps again in every one of
them and never reached the next, while the cards of those that waited expired.
"""
ANSWER_TRIES = 4
"""How often an update is handed on whose answer Telegram, or the way to it, fails to take."""
_WEBHOOK_ACTIVE = "webhook is active"
_forget_updates: Callable[[], None] = getattr(
    vars(Update)["event_type"].fget, "cache_clear", lambda: None
)
"""aiogram holds the last 128 updates in a cache of this property, 30 kB each, words and all."""


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

    def __init__(
        self, bot: Bot, dispatcher: Dispatcher, clock: Clock, circuit: Circuit | None = None
    ) -> None:
        self.bot = bot
        self._circuit = circuit or Circuit("telegram", clock, 20.0)
        self._dispatcher = dispatcher
        self._updates = Updates(dispatcher, bot)
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
        """Poll until stopped; raise only where Telegram has never known the token.

        One that is revoked in service leaves a desk without its chat: its guard goes on.
        """
        allowed = self._dispatcher.resolve_used_update_types()
        offset: int | None = None
        failures = 0
        while not self._stopping.is_set():
            try:
                updates = await self._poll(offset, allowed)
            except TelegramAPIError as error:
                if isinstance(error, TelegramUnauthorizedError) and self.age() is None:
                    raise
                failures += 1
                await self._failed(error, failures)
                continue
            failures = 0
            self._circuit.succeeded()
            for update in updates:
                if self._stopping.is_set():
                    break
                if not await self._updates.take(update):
                    await self._pause(POLLING.first)
                    break  # not confirmed: the next poll brings it again
                offset = update.update_id + 1
        await self._confirm(offset)

    async def _failed(self, error: TelegramAPIError, failures: int) -> None:
        self._circuit.failed(str(error))
        wait = POLLING.pause(failures)
        if isinstance(error, TelegramRetryAfter):
            wait = max(wait, float(error.retry_after))
        log.warning("poll_failed", extra={"facts": {"why": str(error), "wait": round(wait, 2)}})
        if isinstance(error, TelegramConflictError) and _WEBHOOK_ACTIVE in str(error):
            await self._leave_webhook()
        await self._pause(wait)

    async def _leave_webhook(self) -> None:
        """Polling is what the settings ask for: end a webhook that was set before; lose nothing."""
        try:
            await self.bot(DeleteWebhook(drop_pending_updates=False), request_timeout=10)
        except TelegramAPIError as error:
            log.warning("webhook_not_deleted", extra={"facts": {"why": str(error)}})

    async def _poll(self, offset: int | None, allowed: list[str]) -> list[Update]:
        """Poll, but end at once when asked to stop."""
        # The first poll does not linger: its answer says that Telegram is there.
        seconds = POLL_SECONDS if self._watch.answered is not None else 0
        request = GetUpdates(offset=offset, limit=AT_ONCE, timeout=seconds, allowed_updates=allowed)
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


class Updates:
    """Hands updates to their handlers, one at a time, and says which must come again.

    What breaks is logged, so that one update ends no desk: a tap whose query is too old to be
    answered would end the process, come again after the restart, and end it again.
    """

    def __init__(self, dispatcher: Dispatcher, bot: Bot) -> None:
        self._dispatcher = dispatcher
        self._bot = bot
        self._in_hand, self._tries = -1, 0

    async def take(self, update: Update) -> bool:
        """Hand an update on; False where it was not stored, or not answered, and is to come again.

        A handler commits before it answers, and does nothing twice: what is handed on again for
        the answer's sake is answered by what was done the first time.
        """
        facts = {"update_id": update.update_id}
        try:
            await self._dispatcher.feed_update(self._bot, update)
        except StoreError as error:
            # Not stored, and the person could not be told so either.
            log.warning("update_not_taken", extra={"facts": {**facts, "why": str(error)}})
            return False
        except (TelegramNetworkError, TelegramServerError) as error:
            log.warning("answer_not_sent", extra={"facts": {**facts, "why": str(error)}})
            return self._was_tried_enough(update)
        except TelegramAPIError as error:
            log.warning("answer_refused", extra={"facts": {**facts, "why": str(error)}})
        except Exception:  # the update boundary
            log.exception("update_failed", extra={"facts": facts})
        finally:
            _forget_updates()
        return True

    def _was_tried_enough(self, update: Update) -> bool:
        if update.update_id != self._in_hand:
            self._in_hand, self._tries = update.update_id, 0
        self._tries += 1
        return self._tries >= ANSWER_TRIES


def _unwrap(result: list[Update] | TelegramAPIError) -> list[Update]:
    if isinstance(result, TelegramAPIError):
        raise result
    return result
