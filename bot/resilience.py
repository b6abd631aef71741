"""How often what fails outside is tried again, and when it counts as broken.

Every retry of the program follows a ``Policy`` of this module: back-off that doubles, jitter, a
longest pause and, where somebody waits for the answer, an end. The library is tenacity itself,
not a wrapper round it: the loops that never end must be able to sleep on their own clock and to
wake when the desk stops, and tenacity lets them bring their own ``sleep``.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_delay
from tenacity.stop import stop_base, stop_never
from tenacity.wait import wait_exponential_jitter

from trading.clock import Clock


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds: the first pause, the longest, the most jitter on top, and when to give up."""

    first: float
    longest: float
    jitter: float
    end: float | None = None
    """None: never given up, because the call is what the program is for."""

    def pause(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row."""
        state = RetryCallState(AsyncRetrying(), None, (), {})
        state.attempt_number = max(1, min(failures, 30))
        return min(self._wait(state), self.longest)

    def retrying(
        self,
        *errors: type[Exception],
        sleep: Callable[[float], Awaitable[None]] | None = None,
        before_sleep: Callable[[RetryCallState], None] | None = None,
    ) -> AsyncRetrying:
        """Return the attempts of one call; the last error is raised once the end is past."""
        stop: stop_base = stop_never if self.end is None else stop_after_delay(self.end)
        given = {} if sleep is None else {"sleep": sleep}
        return AsyncRetrying(
            wait=self._wait,
            stop=stop,
            retry=retry_if_exception_type(errors),
            before_sleep=before_sleep,
            reraise=True,
            **given,  # type: ignore[arg-type]  # sleep alone, of the type it wants
        )

    @property
    def _wait(self) -> wait_exponential_jitter:
        return wait_exponential_jitter(
            multiplier=self.first, max=self.longest, exp_base=2, jitter=self.jitter
        )


POLLING = Policy(first=0.5, longest=30.0, jitter=0.5)
"""Asking Telegram for updates: for ever."""
SENDING = Policy(first=1.0, longest=60.0, jitter=0.5)
"""One message to one chat: for ever; a newer one of the chat may pass it."""
MAILING = Policy(first=5.0, longest=900.0, jitter=5.0)
"""A mail to its server: until it is no longer worth sending; see `trading.mail.LASTS`."""
CALLING = Policy(first=0.5, longest=4.0, jitter=0.5, end=15.0)
"""A call that is useful only now: the ping, the webhook, the command menu."""


class CircuitState(StrEnum):
    """Closed: works. Half-open: fails, not yet past the end. Open: past it, people are told."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


@dataclass(slots=True)
class Circuit:
    """One thing outside that can fail for a while; opens when its failures outlast the limit."""

    name: str
    clock: Clock
    limit: float
    """Seconds of nothing but failures after which it is open."""
    failures: int = 0
    why: str = ""
    since: datetime | None = None
    """When the present row of failures began."""
    _began: float | None = field(default=None, repr=False)

    def failed(self, why: str) -> None:
        """Note one more failure."""
        if self._began is None:
            self._began, self.since = self.clock.monotonic(), self.clock.now()
        self.failures += 1
        self.why = why[:200]

    def succeeded(self) -> None:
        """Note that it works: the row of failures ends."""
        self.failures, self.why, self.since, self._began = 0, "", None, None

    @property
    def state(self) -> CircuitState:
        """How it stands at this moment."""
        if self._began is None:
            return CircuitState.CLOSED
        past = self.clock.monotonic() - self._began >= self.limit
        return CircuitState.OPEN if past else CircuitState.HALF_OPEN


class Circuits:
    """Every circuit of the desk by name, made at the first mention."""

    def __init__(self, clock: Clock, limit: float = 20.0) -> None:
        """``limit`` is how many seconds anything may fail before people are told."""
        self._clock = clock
        self._limit = limit
        self._all: dict[str, Circuit] = {}

    def of(self, name: str) -> Circuit:
        """Return the circuit of that name."""
        return self._all.setdefault(name, Circuit(name, self._clock, self._limit))

    def all(self) -> tuple[Circuit, ...]:
        """Return every circuit, in the order of first mention."""
        return tuple(self._all.values())
