"""Switches for everything a network and a busy Telegram do to a bot."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.updates import UpdateQueue
from bot.sandbox.wire import ApiError, too_many_requests

_TEXTS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    409: "Conflict",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@dataclass(slots=True)
class _Switch:
    method: str | None
    left: int
    error: ApiError | None = None

    def matches(self, method: str) -> bool:
        # The long poll runs all the time: it would eat a switch that means "the next call".
        if self.method is None:
            return method != "getupdates"
        return self.method == method


class Faults:
    """Switches of one sandbox; method names in any case, None means any method but getUpdates."""

    def __init__(self, updates: UpdateQueue, cut_all: Callable[[], None]) -> None:
        self._updates = updates
        self._cut_all = cut_all
        self._failures: list[_Switch] = []
        self._before: list[_Switch] = []
        self._after: list[_Switch] = []
        self._delays: dict[str | None, float] = {}
        self._outage = False

    def fail_next(
        self,
        method: str | None = None,
        n: int = 1,
        *,
        status: int = 500,
        retry_after: int | None = None,
        description: str | None = None,
    ) -> None:
        """Answer the next `n` calls with this error and process none of them."""
        error = ApiError(status, description or _TEXTS.get(status, "Internal Server Error"))
        if status == 429:
            error = too_many_requests(1 if retry_after is None else retry_after)
        self._failures.append(_Switch(_lower(method), n, error))

    def drop_before(self, method: str | None = None, n: int = 1) -> None:
        """Cut the connection of the next `n` calls before they are processed."""
        self._before.append(_Switch(_lower(method), n))

    def drop_after(self, method: str | None = None, n: int = 1) -> None:
        """Process the next `n` calls, then cut the connection before the answer."""
        self._after.append(_Switch(_lower(method), n))

    def delay(self, method: str | None, seconds: float) -> None:
        """Hold every call of the method back for so long; 0 ends it."""
        self._delays[_lower(method)] = seconds

    @property
    def outage(self) -> bool:
        """Whether every connection is closed at once; setting it cuts the open ones too."""
        return self._outage

    @outage.setter
    def outage(self, on: bool) -> None:
        self._outage = on
        if on:
            self._cut_all()

    def redeliver(self, n: int = 1) -> int:
        """Let the last `n` confirmed updates come again and return how many will."""
        return self._updates.redeliver(n)

    def duplicate_next_update(self) -> None:
        """Deliver the next update twice under one id."""
        self._updates.duplicate_next()

    def clear(self) -> None:
        """Switch everything off."""
        self._failures.clear()
        self._before.clear()
        self._after.clear()
        self._delays.clear()
        self._outage = False

    def take_failure(self, method: str) -> ApiError | None:
        """Return the error this call must fail with, using the switch up by one."""
        switch = _take(self._failures, method)
        return switch.error if switch else None

    def take_drop_before(self, method: str) -> bool:
        """Tell whether to cut this call before it is processed."""
        return _take(self._before, method) is not None

    def take_drop_after(self, method: str) -> bool:
        """Tell whether to cut this call after it was processed."""
        return _take(self._after, method) is not None

    def delay_of(self, method: str) -> float:
        """Return the seconds this call is held back."""
        general = 0.0 if method == "getupdates" else self._delays.get(None, 0.0)
        return self._delays.get(method, general)


def _lower(method: str | None) -> str | None:
    return method.lower() if method else None


def _take(switches: list[_Switch], method: str) -> _Switch | None:
    for switch in switches:
        if switch.left > 0 and switch.matches(method):
            switch.left -= 1
            return switch
    return None
