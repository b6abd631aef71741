"""Is every part of the desk well, and how old is what we know of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from trading.clock import Clock
from trading.errors import StoreError
from trading.loop import TradingLoop

TELEGRAM_LIMIT_SECONDS = 60.0


class HealthStore(Protocol):
    """What the probe asks of the store."""

    async def ping(self) -> None:
        """Prove that the database answers."""

    async def outbox_backlog(self) -> int:
        """Return how many messages wait."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the desk: whether it is well, since when that is known, in words."""

    name: str
    ok: bool
    age_seconds: float | None
    words: str


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Every part; ok when all are."""

    parts: tuple[Part, ...]

    @property
    def ok(self) -> bool:
        return all(part.ok for part in self.parts)


class HealthProbe:
    """Looks at every part without disturbing it."""

    def __init__(
        self,
        loop: TradingLoop,
        store: HealthStore,
        clock: Clock,
        stall_seconds: float,
        telegram_age: Callable[[], float | None],
    ) -> None:
        self._loop = loop
        self._store = store
        self._clock = clock
        self._stall = stall_seconds
        self._telegram_age = telegram_age

    async def report(self) -> HealthReport:
        """Return how every part is now; raises nothing."""
        database, backlog = await self._database()
        accounts = [part for pair in self._accounts() for part in pair]
        outbox = Part("outbox", database.ok, None, f"{backlog} messages wait")
        return HealthReport((self._telegram(), database, *accounts, self._members(), outbox))

    def _members(self) -> Part:
        """One member's terminal that is away is told to that member; the desk is well."""
        loops = [loop for loop in self._loop.loops.values() if loop.member_id is not None]
        seen = sum(not loop.blind for loop in loops)
        return Part("members", ok=True, age_seconds=None, words=f"{seen} of {len(loops)} seen")

    def _telegram(self) -> Part:
        age = self._telegram_age()
        if age is None:
            return Part("telegram", ok=False, age_seconds=None, words="no poll was answered yet")
        ok = age <= TELEGRAM_LIMIT_SECONDS
        words = "polling" if ok else "no poll is answered"
        return Part("telegram", ok, round(age, 3), words)

    async def _database(self) -> tuple[Part, int]:
        began = self._clock.monotonic()
        try:
            await self._store.ping()
            backlog = await self._store.outbox_backlog()
        except StoreError as error:
            return Part("database", ok=False, age_seconds=None, words=str(error)), 0
        took = self._clock.monotonic() - began
        return Part("database", ok=True, age_seconds=round(took, 3), words="answers"), backlog

    def _accounts(self) -> list[tuple[Part, Part]]:
        pairs = []
        own = [loop for loop in self._loop.loops.values() if loop.member_id is None]
        for loop in own:
            seen = not loop.blind
            words = f"{loop.label} is seen" if seen else loop.verdict.problem
            age = None if loop.last_pass is None else round(loop.pass_age, 3)
            turning = loop.last_pass is not None and loop.pass_age < self._stall
            passes = "passes go on" if turning else "no good pass for too long"
            pairs.append((Part("terminal", seen, age, words), Part("loop", turning, age, passes)))
        return pairs
