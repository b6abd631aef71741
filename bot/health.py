"""Is every part of the desk well, and how old is what we know of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.metrics import House
from bot.resilience import Circuits, CircuitState
from storage.nightly import age_seconds
from trading.clock import Clock
from trading.errors import StoreError
from trading.loop import AccountLoop, TradingLoop
from trading.words import told

TELEGRAM_LIMIT_SECONDS = 60.0
DATABASE_LIMIT_SECONDS = 5.0
LAG_LIMIT_SECONDS = 1.0
BACKUP_LIMIT_SECONDS = 26 * 3600.0


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
    essential: bool = True
    """False: the desk is ready without it."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Every part; ok when all that are essential are."""

    parts: tuple[Part, ...]
    waiting: int
    """Messages that wait."""

    @property
    def ok(self) -> bool:
        return all(part.ok for part in self.parts if part.essential)


async def _none() -> datetime | None:
    return None


@dataclass(frozen=True, slots=True)
class HouseAges:
    """What the house knows of itself, each asked when a report is made."""

    event_loop_lag: Callable[[], float] = lambda: 0.0
    backup_at: Callable[[], datetime | None] = lambda: None
    free_bytes: Callable[[], int | None] = lambda: None
    held: Callable[[], str] = str
    """Why entries are held, or an empty text."""
    oldest: Callable[[], Awaitable[datetime | None]] = _none
    """When the oldest message that waits was written."""
    on_server: bool = False
    """The database's disk and its copies are a server's own."""


class HealthProbe:
    """Looks at every part without disturbing it."""

    def __init__(
        self,
        loop: TradingLoop,
        store: HealthStore,
        clock: Clock,
        stall_seconds: float,
        telegram_age: Callable[[], float | None],
        circuits: Circuits | None = None,
        house: HouseAges | None = None,
    ) -> None:
        self._loop = loop
        self._store = store
        self._clock = clock
        self._stall = stall_seconds
        self._telegram_age = telegram_age
        self._circuits = circuits or Circuits(clock)
        self._house = house or HouseAges()

    async def report(self) -> HealthReport:
        """Return how every part is now; raises nothing and ends in time."""
        database, backlog = await self._database()
        own = [loop for loop in self._loop.loops.values() if loop.member_id is None]
        accounts = [part for loop in own for part in self._account(loop)]
        outbox = Part(
            "outbox",
            database.ok,
            None,
            told("{backlog} messages wait", backlog=backlog),
            essential=database.ok,
        )
        house = (self._event_loop(), self._entries(), self._disk(), self._backup())
        circuits = (self._circuit(name) for name in sorted(c.name for c in self._circuits.all()))
        return HealthReport(
            (self._telegram(), database, *accounts, self._members(), outbox, *house, *circuits),
            backlog,
        )

    def _members(self) -> Part:
        """One member's terminal that is away is told to that member; the desk is well."""
        loops = [loop for loop in self._loop.loops.values() if loop.member_id is not None]
        seen = sum(not loop.blind for loop in loops)
        return Part(
            "members",
            ok=True,
            age_seconds=None,
            words=told("{seen} of {count} seen", seen=seen, count=len(loops)),
        )

    async def house(self) -> House:
        """Return the figures behind the metrics; raises nothing."""
        database, waiting = await self._database()
        ages = self._house
        return House(
            waiting=waiting,
            oldest=await ages.oldest() if database.ok else None,
            telegram_age=self._telegram_age(),
            event_loop_lag=ages.event_loop_lag(),
            backup_at=ages.backup_at(),
            free_bytes=ages.free_bytes(),
            held=ages.held(),
        )

    def _telegram(self) -> Part:
        age = self._telegram_age()
        if age is None:
            return Part(
                "telegram", ok=False, age_seconds=None, words=told("no poll was answered yet")
            )
        ok = age <= TELEGRAM_LIMIT_SECONDS
        words = told("polling") if ok else told("no poll is answered")
        return Part("telegram", ok, round(age, 3), words)

    async def _database(self) -> tuple[Part, int]:
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(DATABASE_LIMIT_SECONDS):
                await self._store.ping()
                backlog = await self._store.outbox_backlog()
        except (StoreError, TimeoutError) as error:
            words = str(error) or told(
                "no answer within {limit} s",
                limit=f"{DATABASE_LIMIT_SECONDS:g}",
            )
            return Part("database", ok=False, age_seconds=None, words=words), 0
        took = self._clock.monotonic() - began
        return Part("database", ok=True, age_seconds=round(took, 3), words=told("answers")), backlog

    def _account(self, loop: AccountLoop) -> tuple[Part, ...]:
        seen = not loop.blind
        words = told("{label} is seen", label=loop.label) if seen else loop.verdict.problem
        age = None if loop.last_pass is None else round(loop.pass_age, 3)
        turning = loop.last_pass is not None and loop.pass_age < self._stall
        passes = told("passes go on") if turning else told("no good pass for too long")
        return (
            Part("terminal", seen, age, words),
            Part("loop", turning, age, passes),
            self._ticks(loop),
        )

    def _ticks(self, loop: AccountLoop) -> Part:
        """The snapshot's quotes are as old as the market: at a weekend they stand, and well so."""
        snapshot = loop.snapshot
        if snapshot is None:
            return Part(
                "ticks", ok=False, age_seconds=None, words=told("none yet"), essential=False
            )
        age = self._clock.monotonic() - snapshot.taken
        words = told("symbols watched: {count}", count=len(snapshot.quotes))
        return Part("ticks", age < self._stall, round(age, 3), words, essential=False)

    def _event_loop(self) -> Part:
        lag = self._house.event_loop_lag()
        ok = lag < LAG_LIMIT_SECONDS
        words = told("turns come {lag} ms late", lag=f"{lag * 1000:.0f}")
        return Part("event_loop", ok, round(lag, 3), words, essential=False)

    def _entries(self) -> Part:
        why = self._house.held()
        return Part("entries", not why, None, why or told("not held"), essential=False)

    def _disk(self) -> Part:
        if self._house.on_server:
            return _the_servers("disk")
        free = self._house.free_bytes()
        words = (
            told("not asked")
            if free is None
            else told("{free} MiB are free", free=f"{free >> 20:,}")
        )
        ok = self._circuits.of("disk").state is CircuitState.CLOSED
        return Part("disk", ok, None, words, essential=False)

    def _backup(self) -> Part:
        if self._house.on_server:
            return _the_servers("backup")
        age = age_seconds(self._house.backup_at(), self._clock.now())
        ok = age is not None and age < BACKUP_LIMIT_SECONDS
        words = told("none was made yet") if age is None else told("the last nightly copy")
        return Part("backup", ok, None if age is None else round(age, 1), words, essential=False)

    def _circuit(self, name: str) -> Part:
        circuit = self._circuits.of(name)
        age = age_seconds(circuit.since, self._clock.now())
        words = _CIRCUITS[circuit.state]
        if circuit.failures:
            words = told(
                "{words}, {failures} failures: {why}",
                words=words,
                failures=circuit.failures,
                why=circuit.why,
            )
        return Part(
            told("circuit {name}", name=name),
            circuit.state is not CircuitState.OPEN,
            None if age is None else round(age, 1),
            words,
            essential=False,
        )


_CIRCUITS = {
    CircuitState.CLOSED: told("works"),
    CircuitState.HALF_OPEN: told("in doubt"),
    CircuitState.OPEN: told("broken off"),
}


def _the_servers(name: str) -> Part:
    words = told("the database server's own, not seen from here")
    return Part(name, ok=True, age_seconds=None, words=words, essential=False)
