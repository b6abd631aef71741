"""The outbox's way to Telegram: at least once, in order, urgent first, within the limits."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, assert_never

from aiogram import Bot

from bot.delivery import (
    Answer,
    FloodWait,
    GiveUp,
    Lost,
    Moved,
    Sent,
    TryLater,
    Waited,
    deliver,
)
from bot.limiter import Limiter
from bot.resilience import SENDING
from handlers.cards import Card, Render
from handlers.cards.dress import dress
from handlers.readers import reading
from storage.outbox import Message
from trading.clock import Clock, to_ms
from trading.errors import StoreError
from trading.notices import Priority

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
GATHER_SECONDS = 0.02
"""Between a commit and the first look: an order overtakes the words about it, and a card that
changes twice in that time is one edit."""
_IMPATIENT = 5.0
"""Something new to say lets a chat that backs off try again after so long."""
_KEEPS_PLACE = 6
"""Failures after which a message lets the next of its chat pass, where it alone may be at fault."""
_UNSHOWN = "⚠️ There is news ({kind}) that could not be shown. Look at /status and the log."
_CLAIM = 32
_LANES = 256
_PARALLEL = 8


class OutboxStore(Protocol):
    """What the sender needs of the store: each call is one transaction."""

    async def outbox_claim(self, now: datetime, limit: int) -> list[Message]: ...

    async def outbox_mark_sent(
        self, row_id: int, revision: int, message_id: int, now: datetime
    ) -> None: ...

    async def outbox_mark_retry(self, row_id: int, error: str, not_before: datetime) -> None: ...

    async def outbox_resend(self, row_id: int) -> None: ...

    async def outbox_mark_dead(self, row_id: int, error: str, *, unreachable: bool) -> bool: ...

    async def outbox_move_chat(self, old: int, new: int) -> None: ...

    async def outbox_next_due(self) -> int | None: ...

    async def outbox_tell_unreachable(self, row_id: int, why: str, now: datetime) -> None: ...


class OutboxSender:
    """Sends what waits in the outbox until it is cancelled or drained.

    A claimed message stays 'sending' while its chat waits, so nothing of that chat overtakes it;
    it is then put back and claimed again, so what goes out is the latest and the most urgent.
    """

    def __init__(
        self,
        bot: Bot,
        store: OutboxStore,
        render: Render,
        limiter: Limiter,
        clock: Clock,
        *,
        speed: float = 1.0,
        telegram_answers: Callable[[], bool] = lambda: True,
    ) -> None:
        """``speed`` is how many seconds of the clock pass in a real one: 1 outside tests.

        ``telegram_answers`` tells whether Telegram is well otherwise: only then can a message
        that fails again and again be itself the reason.
        """
        self._telegram_answers = telegram_answers
        self._bot = bot
        self._store = store
        self._render = render
        self._limiter = limiter
        self._clock = clock
        self._speed = speed
        self._kicked = asyncio.Event()
        self._nudges: set[asyncio.Event] = set()
        self._sending = asyncio.Semaphore(_PARALLEL)
        self._lanes = 0
        self._failures: dict[int, int] = {}
        self._silent_until = 0.0
        self._running = False
        self._draining = False
        self._ended = asyncio.Event()

    def kick(self) -> None:
        """Say that something new was committed to the outbox."""
        self._kicked.set()
        self._nudge()

    async def run(self) -> None:
        """Send until cancelled, or until all that is due is sent once draining has begun."""
        self._running = True
        self._ended.clear()
        try:
            async with asyncio.TaskGroup() as lanes:
                while not await self._round(lanes):
                    pass
        finally:
            self._running = False
            self._ended.set()

    async def drain(self, seconds: float) -> None:
        """Send what is due for at most that long, then let ``run`` end."""
        self._draining = True
        self.kick()
        try:
            async with asyncio.timeout(seconds):
                await (self._ended.wait() if self._running else self.run())
        except TimeoutError:
            log.warning("outbox_drain_ended_early", extra={"seconds": seconds})

    async def _round(self, lanes: asyncio.TaskGroup) -> bool:
        """Start what can be started; True when there is nothing left to drain."""
        self._kicked.clear()
        quiet = self._silent_until - self._clock.monotonic()
        if quiet > 0:
            await self._sleep(quiet)
            return self._draining and not self._lanes
        room = min(_CLAIM, _LANES - self._lanes)
        claimed = await self._claim(room) if room > 0 else []
        for message in claimed:
            self._lanes += 1
            lanes.create_task(self._lane(message))
        if claimed:
            return False  # a chat with a long queue can hide others from one claim
        if self._draining and not self._lanes:
            return True
        await self._wait(self._kicked, await self._until_due())
        if self._kicked.is_set() and not self._draining:
            await self._sleep(GATHER_SECONDS)
        return False

    async def _claim(self, room: int) -> list[Message]:
        try:
            return await self._store.outbox_claim(self._clock.now(), room)
        except StoreError as error:
            log.warning("outbox_not_read", extra={"why": str(error)})
            await self._sleep(IDLE_SECONDS)
            return []

    async def _until_due(self) -> float:
        try:
            due = await self._store.outbox_next_due()
        except StoreError:
            return IDLE_SECONDS
        now = to_ms(self._clock.now())
        # What is due already waits for its chat, and its lane kicks us when it ends.
        if due is None or due <= now:
            return IDLE_SECONDS
        return min(IDLE_SECONDS, (due - now) / 1000)

    async def _lane(self, message: Message) -> None:
        try:
            await self._handle(message)
        finally:
            self._lanes -= 1
            self._kicked.set()

    async def _handle(self, message: Message) -> None:
        urgent = message.priority is Priority.CRITICAL
        wait = self._limiter.chat_delay(message.chat_id, urgent=urgent)
        if wait > 0:
            await self._sleep(wait)
            await self._settle(message, Waited())
            return
        while (wait := self._limiter.bot_delay(urgent=urgent)) > 0:
            await self._sleep(wait)
        # Counted before the queue for a connection, so that no later look lets too many through.
        slot = self._limiter.take(message.chat_id)
        try:
            async with self._sending:
                answer = await self._send(message)
        finally:
            self._limiter.answered(slot)
        await self._settle(message, answer)

    async def _send(self, message: Message) -> Answer:
        if self._silent_until > self._clock.monotonic():
            return Waited()
        card = self._card(message)
        try:
            return await deliver(
                self._bot, message.chat_id, message.message_id, card, silent=message.silent
            )
        except Exception as error:
            # Nor must one that cannot even be handed over, again and again at every start.
            log.exception("send_failed", extra={"row": message.id, "kind": message.notice.kind})
            return TryLater(f"{type(error).__name__}: {error}"[:200])

    def _card(self, message: Message) -> Card:
        now = self._clock.now()
        try:
            with reading(message.reader):
                card = self._render(message.notice, now)
                return dress(
                    card,
                    now,
                    repeats=message.repeats,
                    first_at=message.first_at,
                    last_at=message.last_at,
                    alarm=message.alarm,
                )
        except Exception:
            # A bug in one card must neither stop every other message nor keep this one silent.
            log.exception("card_failed", extra={"row": message.id, "kind": message.notice.kind})
            return Card(_UNSHOWN.format(kind=message.notice.kind.replace("_", " ")))

    async def _settle(self, message: Message, answer: Answer) -> None:
        """Record what came of it; a store that cannot keep it is asked until it can."""
        while True:
            try:
                return await self._apply(message, answer)
            except StoreError as error:
                log.warning("outbox_not_recorded", extra={"row": message.id, "why": str(error)})
                if self._draining:
                    return None
            await self._sleep(IDLE_SECONDS)

    async def _apply(self, message: Message, answer: Answer) -> None:
        if not isinstance(answer, TryLater):
            self._failures.pop(message.id, None)
        match answer:
            case Sent():
                await self._store.outbox_mark_sent(
                    message.id, message.revision, answer.message_id, self._clock.now()
                )
                self._nudge()
            case FloodWait():
                await self._be_silent(message, answer.seconds)
            case TryLater():
                await self._back_off(message, answer)
            case Waited():
                await self._put_back(message, "")
            case Lost():
                await self._store.outbox_resend(message.id)
            case Moved():
                log.info("chat_moved", extra={"old": message.chat_id, "new": answer.chat_id})
                await self._store.outbox_move_chat(message.chat_id, answer.chat_id)
            case GiveUp():
                await self._give_up(message, answer)
            case _:
                assert_never(answer)

    async def _be_silent(self, message: Message, seconds: float) -> None:
        log.warning("flood_wait", extra={"seconds": seconds})
        until = self._clock.monotonic() + seconds
        self._silent_until = max(self._silent_until, until)
        await self._put_back(message, "flood wait")

    async def _give_up(self, message: Message, answer: GiveUp) -> None:
        level = logging.WARNING if answer.unreachable else logging.ERROR
        facts = {"row": message.id, "chat": message.chat_id, "kind": message.notice.kind}
        log.log(level, "message_dead", extra={**facts, "why": answer.why})
        first = await self._store.outbox_mark_dead(
            message.id, answer.why, unreachable=answer.unreachable
        )
        if first:
            await self._store.outbox_tell_unreachable(message.id, answer.why, self._clock.now())

    async def _back_off(self, message: Message, answer: TryLater) -> None:
        why = answer.why
        failures = self._failures.get(message.id, 0) + 1
        self._failures[message.id] = failures
        seconds = SENDING.pause(failures)
        log.warning("message_delayed", extra={"row": message.id, "failures": failures, "why": why})
        if self._draining:
            await self._put_back(message, why, seconds)
        elif failures > _KEEPS_PLACE and answer.reached and self._telegram_answers():
            await self._put_back(message, why, SENDING.longest)
        else:
            await self._hold(seconds)
            await self._put_back(message, why)

    async def _hold(self, seconds: float) -> None:
        """Wait out a backoff; less when another send gets through or there is news to tell."""
        nudge = asyncio.Event()
        soonest = min(seconds, _IMPATIENT)
        await self._sleep(min(seconds, SENDING.first))
        self._nudges.add(nudge)
        try:
            await self._sleep(max(0.0, soonest - SENDING.first))
            await self._wait(nudge, max(0.0, seconds - soonest))
        finally:
            self._nudges.discard(nudge)

    def _nudge(self) -> None:
        for nudge in self._nudges:
            nudge.set()

    async def _put_back(self, message: Message, why: str, seconds: float = 0.0) -> None:
        not_before = self._clock.now() + timedelta(seconds=seconds)
        await self._store.outbox_mark_retry(message.id, why, not_before)

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)

    async def _wait(self, event: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds / self._speed):
                await event.wait()
        except TimeoutError:
            return
