"""The way of every mail out: claimed, handed to the server, marked; one at a time."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol, assert_never

from bot.mail.smtp import Accepted, Answer, Envelope, Later, Never, NoSuchAddress
from bot.resilience import MAILING
from storage.mail_queue import Mail
from trading.clock import Clock, to_ms
from trading.errors import StoreError
from trading.mail import masked
from trading.words import told

log = logging.getLogger(__name__)

IDLE_SECONDS: Final = 5.0
TOLD_AFTER: Final = timedelta(minutes=10)
"""A server that is away so long is told to the owners; one that is set up wrongly, at once."""
STOP_SECONDS: Final = 5.0


class MailQueue(Protocol):
    """What the sender needs of the store; each call is one transaction."""

    async def claim(self) -> Mail | None: ...

    async def next_due(self) -> int | None: ...

    async def mark_sent(self, mail_id: int) -> None: ...

    async def mark_retry(self, mail_id: int, error: str, not_before: datetime) -> None: ...

    async def mark_dead(self, mail_id: int, error: str) -> None: ...

    async def refuse(self, mail_id: int, error: str) -> None: ...

    async def tell_trouble(self, why: str) -> None: ...


class Carrier(Protocol):
    """What hands a mail to the server."""

    async def send(self, envelope: Envelope) -> Answer: ...

    async def close(self) -> None: ...


class MailSender:
    """Sends what waits until it is stopped.

    A mail is marked as being sent before the server hears of it. One whose fate is unknown goes
    again with the same Message-ID, so that a mail program shows a double as one.
    """

    def __init__(
        self,
        queue: MailQueue,
        write: Callable[[Mail], Envelope],
        carrier: Carrier,
        clock: Clock,
        *,
        speed: float = 1.0,
    ) -> None:
        """``speed`` is how many seconds of the clock pass in a real one: 1 outside tests."""
        self._queue = queue
        self._write = write
        self._carrier = carrier
        self._clock = clock
        self._speed = speed
        self._kicked = asyncio.Event()
        self._stopping = False
        self._ended = asyncio.Event()
        self._ended.set()
        self._failures = 0
        self._failing_since: datetime | None = None

    def kick(self) -> None:
        """Say that a mail may have been written."""
        self._kicked.set()

    async def run(self) -> None:
        """Send until stopped."""
        self._ended.clear()
        try:
            while not self._stopping:
                self._kicked.clear()
                try:
                    wait = await self.step()
                except StoreError as error:
                    log.warning("mail_queue_not_read", extra={"facts": {"why": str(error)}})
                    wait = IDLE_SECONDS
                if wait > 0:
                    await self._carrier.close()  # the next may be hours away
                    await self._wait(wait)
        finally:
            self._ended.set()
            await self._carrier.close()

    async def stop(self) -> None:
        """Let the mail at work be finished, for a few seconds at most, and no other begin."""
        self._stopping = True
        self.kick()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._ended.wait()

    async def step(self) -> float:
        """Send one mail if one is due; return the seconds until the next look."""
        due = await self._queue.next_due()
        left = 0.0 if due is None else (due - to_ms(self._clock.now())) / 1000
        if due is None or left > 0:
            return IDLE_SECONDS if due is None else min(IDLE_SECONDS, left)
        mail = await self._queue.claim()
        if mail is None:
            return 0.0
        return await self._settle(mail, await self._send(mail))

    async def _send(self, mail: Mail) -> Answer:
        try:
            envelope = self._write(mail)
        except Exception as error:
            # A bug in one mail must not stop the others.
            log.exception("mail_not_written", extra={"facts": {"mail": mail.id}})
            return Never(told("it could not be written: {name}", name=type(error).__name__))
        return await self._carrier.send(envelope)

    async def _settle(self, mail: Mail, answer: Answer) -> float:
        facts = {"mail": mail.id, "kind": mail.kind, "to": masked(mail.address)}
        if not isinstance(answer, Later) or not answer.everybody:
            self._failures, self._failing_since = 0, None
        match answer:
            case Accepted():
                log.info("mail_sent", extra={"facts": facts})
                await self._queue.mark_sent(mail.id)
            case Never(why):
                log.error("mail_dead", extra={"facts": {**facts, "why": why}})
                await self._queue.mark_dead(mail.id, why)
            case NoSuchAddress(why):
                log.warning("mail_refused", extra={"facts": {**facts, "why": why}})
                await self._queue.refuse(mail.id, why)
            case Later():
                log.warning("mail_delayed", extra={"facts": {**facts, "why": answer.why}})
                return await self._back_off(mail, answer)
            case _:
                assert_never(answer)
        return 0.0

    async def _back_off(self, mail: Mail, answer: Later) -> float:
        now = self._clock.now()
        pause = MAILING.pause(mail.attempts)
        if answer.everybody:
            self._failures += 1
            self._failing_since = self._failing_since or now
            pause = MAILING.pause(self._failures)
        not_before = now + timedelta(seconds=pause)
        await self._queue.mark_retry(mail.id, answer.why, not_before)
        if not answer.everybody:
            return 0.0
        if answer.setup or now - (self._failing_since or now) >= TOLD_AFTER:
            await self._queue.tell_trouble(answer.why)
        return pause

    async def _wait(self, seconds: float) -> None:
        """Wait so long; news hurries no wait for a server that fails."""
        try:
            async with asyncio.timeout(seconds / self._speed):
                await self._kicked.wait()
                while self._failures and not self._stopping:
                    self._kicked.clear()
                    await self._kicked.wait()
        except TimeoutError:
            return
