"""Telegram's flood limits: observed always, enforced when asked."""

import math
from collections import deque
from dataclasses import dataclass, field

from bot.sandbox.wire import too_many_requests
from trading.clock import Clock

_OVERALL, _OVERALL_SECONDS = 30, 1.0
_GROUP, _GROUP_SECONDS = 20, 60.0


@dataclass(slots=True)
class _Window:
    """Sends of the last `seconds`."""

    limit: int
    seconds: float
    times: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """Return the seconds until one more send fits, 0 when it fits now."""
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        if len(self.times) < self.limit:
            return 0.0
        return self.times[-self.limit] + self.seconds - now


@dataclass(slots=True)
class SendLog:
    """When the bot sent or edited, and where."""

    clock: Clock
    enforce: bool = False
    sends: list[tuple[float, int]] = field(default_factory=list)
    violations: int = 0
    _overall: _Window = field(default_factory=lambda: _Window(_OVERALL, _OVERALL_SECONDS))
    _groups: dict[int, _Window] = field(default_factory=dict)

    def admit(self, chat_id: int) -> None:
        """Refuse a send that comes too early, when limits are enforced."""
        if self.enforce and (seconds := self.retry_after(chat_id)):
            raise too_many_requests(seconds)

    def retry_after(self, chat_id: int) -> int:
        """Return the whole seconds a send to this chat must wait, 0 when it may go now."""
        now = self.clock.monotonic()
        return math.ceil(max(window.wait(now) for window in self._windows(chat_id)))

    def record(self, chat_id: int) -> None:
        """Count an accepted send or edit, and a violation when it came too early."""
        now = self.clock.monotonic()
        windows = self._windows(chat_id)
        if any(window.wait(now) > 0 for window in windows):
            self.violations += 1
        for window in windows:
            window.times.append(now)
        self.sends.append((now, chat_id))

    def _windows(self, chat_id: int) -> list[_Window]:
        if chat_id > 0:
            return [self._overall]
        group = self._groups.setdefault(chat_id, _Window(_GROUP, _GROUP_SECONDS))
        return [self._overall, group]
