"""Telegram's flood limits kept on our side: a send that must wait is told how long."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from trading.clock import Clock

PER_SECOND: Final = 30
GROUP_PER_MINUTE: Final = 20
CHAT_BURST: Final = 3
_URGENT_ONLY: Final = 2
"""Places of every window that only an urgent message may take."""
_ANSWER_GUESS: Final = 0.05
_CHATS_KEPT: Final = 1000


@dataclass(eq=False, slots=True)
class Slot:
    """A send that was let through; its place is free again a window after its answer."""

    answered_at: float | None = None


@dataclass(slots=True)
class _Window:
    """At most ``limit`` sends reach the server within any ``seconds``."""

    limit: int
    seconds: float
    slots: deque[Slot] = field(default_factory=deque)

    def wait(self, now: float, *, urgent: bool) -> float:
        ends = (
            math.inf if slot.answered_at is None else slot.answered_at + self.seconds
            for slot in self.slots
        )
        self.slots = deque(slot for slot, end in zip(self.slots, ends, strict=True) if end > now)
        limit = self.limit if urgent else self.limit - _URGENT_ONLY
        if len(self.slots) < limit:
            return 0.0
        answered = [slot.answered_at for slot in self.slots if slot.answered_at is not None]
        if not answered:
            return _ANSWER_GUESS
        return max(_ANSWER_GUESS / 10, min(answered) + self.seconds - now)


@dataclass(slots=True)
class _Bucket:
    """One token a second, a few in reserve; an urgent message may overdraw it."""

    at: float
    tokens: float = CHAT_BURST

    def refill(self, now: float) -> None:
        self.tokens = min(CHAT_BURST, self.tokens + now - self.at)
        self.at = now

    def wait(self, now: float) -> float:
        self.refill(now)
        return max(0.0, 1.0 - self.tokens)

    def take(self, now: float) -> None:
        self.refill(now)
        self.tokens = max(-CHAT_BURST, self.tokens - 1)


class Limiter:
    """30 a second for the bot, 1 a second with bursts for a chat, 20 a minute for a group.

    A place counts from the send until a window after the answer, because Telegram counts when a
    request arrives there, which is some time between the two.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._overall = _Window(PER_SECOND, 1.0)
        self._groups: dict[int, _Window] = {}
        self._chats: dict[int, _Bucket] = {}

    def delay(self, chat_id: int, *, urgent: bool = False) -> float:
        """Return the seconds a send to this chat has to wait, 0 when it may go now."""
        return max(self.bot_delay(urgent=urgent), self.chat_delay(chat_id, urgent=urgent))

    def bot_delay(self, *, urgent: bool = False) -> float:
        """Return the part of the delay that is the whole bot's."""
        return self._overall.wait(self._clock.monotonic(), urgent=urgent)

    def chat_delay(self, chat_id: int, *, urgent: bool = False) -> float:
        """Return the part of the delay that is this chat's."""
        now, wait = self._clock.monotonic(), 0.0
        if chat_id < 0:
            wait = self._group(chat_id).wait(now, urgent=urgent)
        return wait if urgent else max(wait, self._chat(chat_id, now).wait(now))

    def take(self, chat_id: int) -> Slot:
        """Count a send that starts now; give the slot back with ``answered``."""
        now, slot = self._clock.monotonic(), Slot()
        self._overall.slots.append(slot)
        if chat_id < 0:
            self._group(chat_id).slots.append(slot)
        self._chat(chat_id, now).take(now)
        return slot

    def answered(self, slot: Slot) -> None:
        """Note that the server has dealt with a send, or never will."""
        slot.answered_at = self._clock.monotonic()

    def _group(self, chat_id: int) -> _Window:
        return self._groups.setdefault(chat_id, _Window(GROUP_PER_MINUTE, 60.0))

    def _chat(self, chat_id: int, now: float) -> _Bucket:
        if chat_id not in self._chats and len(self._chats) >= _CHATS_KEPT:
            # A bucket that is full again says nothing that a new one would not.
            self._chats = {
                known: bucket
                for known, bucket in self._chats.items()
                if bucket.tokens + now - bucket.at < CHAT_BURST
            }
        return self._chats.setdefault(chat_id, _Bucket(now))
