"""One run: a desk of its own whose clock is moved through the recording, signal by signal."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from storage.card_store import CardStore
from storage.database import open_database
from storage.positions_store import PositionStore
from storage.replays import ReplayStore
from storage.store import SqliteStore
from trading.clock import Clock, from_ms, to_ms
from trading.drawdown import Cap, CapKind
from trading.drawdown.state import Observation
from trading.loop import AccountLoop, LoopSettings
from trading.model import ApprovalStatus, Decision, SignalDraft, TradingState
from trading.notices import ApprovalCard, FlattenReport
from trading.reporting import Reporter
from trading.risk import RiskLimits
from trading.signals import digest
from trading.terminal.client import TerminalClient
from trading.terminal.inprocess import InProcessTransport
from trading.terminal.session import Deadlines
from trading.terminal.simulated.broker import Broker

OWNER = 1
CONFIRM_SECONDS = 0.3
"""Between a suspected breach and the reading that confirms it, as in the live loop."""
WARM_UP_SECONDS = 60
"""The market is watched so long before a signal comes."""
SETTLE_PASSES = 5
_WAITING = frozenset({ApprovalStatus.OFFERED, ApprovalStatus.APPROVED})
_PATIENT = Deadlines(hello=60, snapshot=60, send=60, other=60)


@dataclass(frozen=True, slots=True)
class TimedSignal:
    """A signal and when it came."""

    at: datetime
    source: str
    ref: str
    draft: SignalDraft


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything a run depends on."""

    ticks: Path
    first_ms: int
    last_ms: int
    signals: tuple[TimedSignal, ...]
    caps: tuple[Cap, ...]
    limits: RiskLimits
    loop: LoopSettings
    terminal: dict[str, str]
    """Settings of the simulated broker by their names."""
    ttl: timedelta
    approve_after: float = 5.0
    """Seconds a person takes to approve."""
    step: float = 1.0
    """Seconds between two passes while something is at stake."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A cap at the moment its room was the least."""

    at: datetime
    cap: str
    equity: Decimal
    floor: Decimal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would have happened."""

    began: datetime
    ended: datetime
    passes: int
    currency: str
    balance: Decimal
    """What the account began with."""
    equity: Decimal
    state: TradingState
    open_positions: int
    cards: tuple[ApprovalCard, ...]
    results: dict[int, Decimal]
    """What each approval's position brought, by approval; absent while it is open."""
    reports: tuple[FlattenReport, ...]
    tightest: Moment | None
    warnings: tuple[str, ...]

    @property
    def ends_badly(self) -> bool:
        """Tell whether it ends latched with something open."""
        return self.state is TradingState.HALTED and self.open_positions > 0


class ReplayClock(Clock):
    """A clock that only the replay moves."""

    def __init__(self, start_ms: int) -> None:
        self._start_ms = start_ms
        self._elapsed = 0.0

    def now(self) -> datetime:
        return from_ms(self.wall_ms())

    def monotonic(self) -> float:
        return self._elapsed

    def wall_ms(self) -> int:
        return self._start_ms + round(self._elapsed * 1000)

    def advance(self, seconds: float) -> None:
        self._elapsed += seconds

    def move_to(self, instant: datetime) -> None:
        """Go on to an instant; one that has passed changes nothing."""
        ahead = (to_ms(instant) - self.wall_ms()) / 1000
        self._elapsed += max(0.0, ahead)


class Replay:
    """A desk with a simulated broker, both on the replay's clock."""

    def __init__(
        self, scenario: Scenario, clock: ReplayClock, store: SqliteStore, loop: AccountLoop
    ) -> None:
        self._scenario = scenario
        self._clock = clock
        self._store = store
        self._loop = loop
        self._waiting = list(scenario.signals)
        self._answer_at: dict[int, datetime] = {}
        self._unanswered = 0
        self._tightest: Moment | None = None
        self.warnings: list[str] = []
        self.passes = 0

    async def run(self, reports: ReplayStore) -> Outcome:
        """Go through the recording and return what came of it."""
        began = self._clock.now()
        balance = await self._begin()
        end = from_ms(self._scenario.last_ms)
        while self._clock.now() <= end:
            await self._ingest()
            await self._approve()
            await self._pass()
            if self._is_idle():
                if not self._waiting:
                    break
                warm_up = timedelta(seconds=WARM_UP_SECONDS)
                self._clock.move_to(self._waiting[0].at - warm_up)
            self._clock.advance(self._pause())
        for _ in range(SETTLE_PASSES):
            await self._pass()
            self._clock.advance(self._scenario.step)
        return await self._outcome(reports, began, balance)

    async def _begin(self) -> Decimal:
        """Meet the account and give it the caps to be tried."""
        for _ in range(2):
            await self._pass()
            self._clock.advance(1.0)
        account, snapshot = self._loop.account, self._loop.snapshot
        if account is None or snapshot is None:
            raise RuntimeError(f"the replay could not start: {self._loop.verdict.problem}")
        for cap in self._scenario.caps:
            static = cap.kind is CapKind.STATIC and cap.initial is None
            begun = replace(cap, initial=account.entry_equity) if static else cap
            await self._store.put_cap(account.id, begun, None, "replay")
        kinds = {cap.kind for cap in self._scenario.caps}
        if kinds and CapKind.STATIC not in kinds:
            await self._store.remove_cap(account.id, CapKind.STATIC, "replay")
        self._loop.caps_changed()
        await self._pass()
        return snapshot.account.balance

    async def _pass(self) -> None:
        await self._loop.guarded_pass()
        self.passes += 1
        if self._loop.blind and self.passes > 2:
            self._warn(f"not readable: {self._loop.verdict.problem}")
        for seen in self._loop.verdict.observations:
            self._look(seen)

    def _look(self, seen: Observation) -> None:
        tightest = self._tightest
        room = seen.own - seen.floor
        if tightest is None or room < tightest.equity - tightest.floor:
            label = seen.cap.kind.value
            self._tightest = Moment(self._clock.now(), label, seen.own, seen.floor)

    def _warn(self, words: str) -> None:
        line = f"{self._clock.now():%Y-%m-%d %H:%M:%S} {words}"
        if len(self.warnings) < 200:
            self.warnings.append(line)

    async def _ingest(self) -> None:
        now, scenario = self._clock.now(), self._scenario
        while self._waiting and self._waiting[0].at <= now:
            one = self._waiting.pop(0)
            ttl = scenario.ttl
            if one.draft.expires_in is not None:
                ttl = timedelta(seconds=one.draft.expires_in)
            await self._store.ingest(one.draft, one.source, one.ref, digest(one.draft), ttl)
        await self._store.expire()

    async def _approve(self) -> None:
        """Tap Approve on every card, so long after it was first seen as a person takes."""
        account = self._loop.account
        member = await self._store.member(OWNER)
        if account is None or member is None:
            return
        now = self._clock.now()
        after = timedelta(seconds=self._scenario.approve_after)
        recent = await self._store.recent_approvals(account.id, 50)
        self._unanswered = sum(one.status in _WAITING for one in recent)
        for approval in recent:
            if approval.status is not ApprovalStatus.OFFERED or approval.proposal is None:
                continue
            due = self._answer_at.setdefault(approval.id, now + after)
            if now >= due:
                await self._store.decide(approval.id, member.id, Decision.APPROVE)

    def _is_idle(self) -> bool:
        snapshot, account = self._loop.snapshot, self._loop.account
        if snapshot is None or account is None or self._loop.blind:
            return False
        busy = snapshot.positions or snapshot.orders or self._loop.orders
        due = self._waiting and self._waiting[0].at <= self._clock.now() + timedelta(
            seconds=WARM_UP_SECONDS
        )
        return not (busy or due or self._unanswered or account.flatten_asked_at is not None)

    def _pause(self) -> float:
        """Return the seconds to the next pass: a suspicion is looked into soon."""
        observations = self._loop.verdict.observations
        suspected = any(seen.acts for seen in observations)
        account = self._loop.account
        active = account is not None and account.trading_state is TradingState.ACTIVE
        flattening = account is not None and account.flatten_asked_at is not None
        if (suspected and active) or flattening:
            return min(CONFIRM_SECONDS, self._scenario.step)
        return self._scenario.step

    async def _outcome(self, reports: ReplayStore, began: datetime, balance: Decimal) -> Outcome:
        snapshot, account = self._loop.snapshot, self._loop.account
        assert snapshot is not None
        assert account is not None
        return Outcome(
            began=began,
            ended=self._clock.now(),
            passes=self.passes,
            currency=snapshot.account.currency,
            balance=balance,
            equity=snapshot.account.own_equity,
            state=(await self._store.account(account.id)).trading_state,
            open_positions=len(snapshot.positions),
            cards=tuple(await reports.cards()),
            results=await reports.results(),
            reports=tuple(await reports.reports()),
            tightest=self._tightest,
            warnings=tuple(self.warnings),
        )


async def replay(scenario: Scenario, folder: Path) -> Outcome:
    """Run a scenario on a desk in a folder of its own."""
    begin = max(scenario.first_ms, _first_look(scenario))
    clock = ReplayClock(begin)
    async with _desk(scenario, clock, folder) as (run, reports):
        return await run.run(reports)


def _first_look(scenario: Scenario) -> int:
    if not scenario.signals:
        return scenario.first_ms
    return to_ms(scenario.signals[0].at) - WARM_UP_SECONDS * 1000


@asynccontextmanager
async def _desk(
    scenario: Scenario, clock: ReplayClock, folder: Path
) -> AsyncIterator[tuple[Replay, ReplayStore]]:
    environment = {
        **scenario.terminal,
        "TERMINAL_TICKS": str(scenario.ticks),
        "SIMULATED_START": str(clock.wall_ms()),
    }
    broker = Broker(environment, clock=clock.wall_ms, sleep=clock.advance, end=_stopped)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(folder / "replay.db"))
        store = SqliteStore(database, clock)
        await store.ensure_owners([OWNER])
        client = TerminalClient(InProcessTransport(broker), clock, None, _PATIENT)
        stack.push_async_callback(client.close)
        loop = AccountLoop(
            client,
            store,
            scenario.limits,
            scenario.loop,
            clock,
            Reporter(clock, "replay"),
            PositionStore(database, clock),
            CardStore(database, clock),
        )
        yield Replay(scenario, clock, store, loop), ReplayStore(database, clock)


def _stopped(code: int) -> None:
    raise RuntimeError(f"the simulated broker stopped with {code}")
