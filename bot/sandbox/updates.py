"""The queue of updates: long polling, confirmation by offset, one poller at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.sandbox.wire import ApiError, Json, JsonObject

T = TypeVar("T")
# Telegram holds these back unless a bot asks for them by name.
_ON_REQUEST = {"chat_member", "message_reaction", "message_reaction_count"}
_TERMINATED = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


class Changes:
    """A signal that something changed; waiting never polls."""

    def __init__(self) -> None:
        self.revision = 0
        self._event = asyncio.Event()

    def bump(self) -> None:
        """Wake everyone who waits."""
        self.revision += 1
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, probe: Callable[[], T | None], seconds: float) -> T | None:
        """Return what `probe` finds as soon as it finds something, None when time runs out."""
        try:
            async with asyncio.timeout(seconds):
                while (found := probe()) is None:
                    await self._event.wait()
                return found
        except TimeoutError:
            return probe()

    async def next_after(self, revision: int, seconds: float) -> None:
        """Wait until something changed after `revision`, or time runs out."""
        await self.until(lambda: True if self.revision != revision else None, seconds)


@dataclass(frozen=True, slots=True)
class _Pending:
    update_id: int
    body: JsonObject
    # A forced update is delivered once more whatever the offset says.
    forced: bool = False


class UpdateQueue:
    """Updates wait here until a later getUpdates confirms them."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._pending: list[_Pending] = []
        self._confirmed: list[_Pending] = []
        self._last_id = 0
        self._poller = 0
        self._allowed: list[str] = []
        self._duplicate_next = False
        self.webhook_url = ""
        self.closing = False

    @property
    def pending_count(self) -> int:
        """How many updates are not confirmed yet."""
        return len(self._pending)

    @property
    def polls(self) -> int:
        """How many times getUpdates was called."""
        return self._poller

    def push(self, kind: str, payload: Json) -> int | None:
        """Queue an update and return its id, None when the bot did not ask for this kind."""
        if kind in _ON_REQUEST if not self._allowed else kind not in self._allowed:
            return None
        self._last_id += 1
        update = _Pending(self._last_id, {"update_id": self._last_id, kind: payload})
        self._pending.append(update)
        if self._duplicate_next:
            self._duplicate_next = False
            self._pending.append(replace(update, forced=True))
        self._changes.bump()
        return update.update_id

    def redeliver(self, count: int) -> int:
        """Send the last confirmed updates again and return how many there were."""
        again = self._confirmed[-count:] if count > 0 else []
        del self._confirmed[len(self._confirmed) - len(again) :]
        self._pending = [replace(update, forced=True) for update in again] + self._pending
        self._changes.bump()
        return len(again)

    def duplicate_next(self) -> None:
        """Deliver the next update twice under one id."""
        self._duplicate_next = True

    def drop_pending(self) -> None:
        """Forget every update that waits."""
        self._pending.clear()

    def stop_pollers(self) -> None:
        """End the open poll, as Telegram does when a second one comes."""
        self._poller += 1
        self._changes.bump()

    async def get(
        self, *, offset: int, limit: int, seconds: float, allowed: list[str] | None
    ) -> list[Json]:
        """Confirm what lies below `offset`, then wait for updates; a newer poll ends this one."""
        if self.webhook_url:
            raise ApiError(409, _WEBHOOK)
        if allowed is not None:
            self._allowed = allowed
        self.stop_pollers()
        mine = self._poller
        self._confirm(offset)

        def ready() -> bool | None:
            over = self._poller != mine or self.closing
            return True if over or self._pending else None

        await self._changes.until(ready, seconds)
        if self._poller != mine:
            raise ApiError(409, _TERMINATED)
        return self._deliver(limit)

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self._confirmed += self._pending[:offset]
            self._pending = self._pending[offset:]
            return
        done = [u for u in self._pending if u.update_id < offset and not u.forced]
        self._confirmed += done
        self._pending = [u for u in self._pending if u.update_id >= offset or u.forced]

    def _deliver(self, limit: int) -> list[Json]:
        batch = self._pending[:limit]
        self._pending[:limit] = [replace(update, forced=False) for update in batch]
        return [update.body for update in batch]
