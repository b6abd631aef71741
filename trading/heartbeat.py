"""Signs of life: the metrics of a beat, the live status message, the alarm when beats stop."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from trading.clock import Clock
from trading.events import EventType
from trading.ids import AccountId
from trading.loop import TradingLoop
from trading.notices import Heartbeat, LoopStalled, Priority
from trading.ports import Store
from trading.reporting import Reporter

HEARTBEAT_INTERVAL_SECONDS = 10
HEARTBEAT_STALL_SECONDS = 60
MEMBERS_INTERVAL_SECONDS = 60
"""How often the live message of a member's own account is refreshed."""


@dataclass(frozen=True, slots=True)
class HeartbeatMetrics:
    """One beat's figures: the specification's ten fields."""

    timestamp: datetime
    loop_id: str
    signals_processed: int
    trades_executed: int
    error_count: int
    loop_duration_ms: float
    positions_open: int
    account_equity: Decimal | None
    """Of every readable account together; None while none is."""
    total_signals_lifetime: int
    total_trades_lifetime: int


class HeartbeatService:
    """Beats every interval, and watches from outside that every account's passes go on."""

    def __init__(
        self,
        loop: TradingLoop,
        store: Store,
        clock: Clock,
        reporter: Reporter,
        backlog: Callable[[], int],
        interval: int = HEARTBEAT_INTERVAL_SECONDS,
        stall: int = HEARTBEAT_STALL_SECONDS,
    ) -> None:
        self._loop = loop
        self._store = store
        self._clock = clock
        self._reporter = reporter
        self._backlog = backlog
        self._interval = interval
        self._stall = stall
        self._turn = 0
        self._stalled: dict[int, float] = {}
        """When, by the monotonic clock, the last pass ended before the loop stood still."""
        self.latest: HeartbeatMetrics | None = None
        self.notice: Heartbeat | None = None
        """The desk's own: members' accounts are only counted in it."""

    async def beat(self) -> HeartbeatMetrics:
        """Measure, refresh the live message and, where passes stopped, raise the alarm."""
        now = self._clock.now()
        loops = self._loop.loops.values()
        beats = tuple(loop.beat() for loop in loops)
        blind = sum(loop.blind for loop in loops if loop.member_id is not None)
        members = sum(loop.member_id is not None for loop in loops)
        signals, trades = await self._totals()
        equities = [beat.equity for beat in beats if beat.equity is not None]
        counts = self._reporter.counts
        previous = self.latest
        errors = sum(loop.errors for loop in self._loop.loops.values())
        duration = max((loop.duration_ms for loop in self._loop.loops.values()), default=0.0)
        self.latest = HeartbeatMetrics(
            timestamp=now,
            loop_id=self._loop.loop_id,
            signals_processed=signals - (previous.total_signals_lifetime if previous else signals),
            trades_executed=trades - (previous.total_trades_lifetime if previous else trades),
            error_count=errors,
            loop_duration_ms=duration,
            positions_open=sum(beat.positions_open for beat in beats),
            account_equity=sum(equities, Decimal(0)) if equities else None,
            total_signals_lifetime=signals,
            total_trades_lifetime=trades,
        )
        self.notice = Heartbeat(
            at=now,
            accounts=tuple(loop.beat() for loop in loops if loop.member_id is None),
            loop_duration_ms=round(duration, 1),
            signals_lifetime=signals,
            trades_lifetime=trades,
            errors=counts[EventType.PASS_FAILED],
            outbox_waiting=self._backlog(),
            interval=self._interval,
            members_seen=members - blind,
            members_blind=blind,
        )
        await self._tell(self.notice)
        await self._tell_members(self.notice)
        await self.watch()
        self._reporter.event(EventType.HEARTBEAT, positions=self.latest.positions_open)
        return self.latest

    @property
    def is_healthy(self) -> bool:
        """Tell whether every account of the desk is seen and no loop stands still."""
        own = [loop for loop in self._loop.loops.values() if loop.member_id is None]
        return not self._stalled and all(not loop.blind for loop in own)

    def seen_by(self, accounts: Collection[AccountId]) -> Heartbeat | None:
        """Return the latest beat as it is for who may see these accounts."""
        if self.notice is None:
            return None
        mine = [
            loop
            for loop in self._loop.loops.values()
            if loop.account is not None and loop.account.id in accounts
        ]
        desks = any(loop.member_id is None for loop in mine)
        return replace(
            self.notice,
            accounts=tuple(loop.beat() for loop in mine),
            members_seen=self.notice.members_seen if desks else 0,
            members_blind=self.notice.members_blind if desks else 0,
        )

    async def _totals(self) -> tuple[int, int]:
        signals = trades = 0
        for loop in self._loop.loops.values():
            if loop.account is not None:
                more_signals, more_trades = await self._store.totals(loop.account.id)
                signals, trades = signals + more_signals, trades + more_trades
        return signals, trades

    async def _tell(self, notice: Heartbeat) -> None:
        for loop in self._loop.loops.values():
            await self._store.tell(
                None if loop.account is None else loop.account.id,
                notice,
                Priority.ROUTINE,
                topic="heartbeat",
                silent=True,
                expires=notice.at + timedelta(seconds=self._interval * 3),
            )
            break

    async def _tell_members(self, notice: Heartbeat) -> None:
        """Refresh the live message of each member's own account, a part of them at each beat.

        Telegram takes thirty messages a second of a bot: two hundred edits at once would keep
        alarms waiting.
        """
        turns = max(1, MEMBERS_INTERVAL_SECONDS // self._interval)
        self._turn = (self._turn + 1) % turns
        for index, loop in self._loop.loops.items():
            if loop.member_id is None or loop.account is None or index % turns != self._turn:
                continue
            own = replace(
                notice,
                accounts=(loop.beat(),),
                interval=turns * self._interval,
                members_seen=0,
                members_blind=0,
            )
            await self._store.tell(
                loop.account.id,
                own,
                Priority.ROUTINE,
                topic=f"heartbeat:{loop.account.id}",
                silent=True,
                expires=notice.at + timedelta(seconds=own.interval * 3),
            )

    async def watch(self) -> None:
        """Raise the alarm for an account whose passes stopped, and tell when they go on."""
        now = self._clock.monotonic()
        for index, loop in self._loop.loops.items():
            account_id = None if loop.account is None else loop.account.id
            stalled = loop.loop_age >= self._stall
            if stalled and index not in self._stalled:
                self._stalled[index] = now - loop.loop_age
                await self._alarm(account_id, loop.label, int(loop.loop_age), healed=False)
            elif not stalled and index in self._stalled:
                stood = now - loop.loop_age - self._stalled.pop(index)
                await self._alarm(account_id, loop.label, int(stood), healed=True)

    async def _alarm(
        self, account_id: AccountId | None, label: str, seconds: int, *, healed: bool
    ) -> None:
        await self._store.tell(account_id, LoopStalled(label, seconds, healed), Priority.CRITICAL)
