"""The timers: each job is a wake-up or a short transaction, never the work itself."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.health import HealthProbe
from bot.settings import Settings
from bot.upkeep import Upkeep
from storage.reports import ReportStore
from storage.store import SqliteStore
from trading.errors import StoreError
from trading.heartbeat import HeartbeatService
from trading.loop import TradingLoop
from trading.signals import SignalService

log = logging.getLogger(__name__)

EXPIRE_EVERY = 1.0
REPORTS_EVERY = 20.0
STOP_SECONDS = 5.0
BILLING_EVERY = 20.0


class Backlog:
    """How many messages wait, as last counted."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._count = 0

    def __call__(self) -> int:
        return self._count

    async def refresh(self) -> None:
        """Count again."""
        self._count = await self._store.outbox_backlog()


class Schedule:
    """The desk's jobs: trading_loop, expire_signals, heartbeat, watch, and the house's."""

    def __init__(
        self,
        loop: TradingLoop,
        signals: SignalService,
        heartbeat: HeartbeatService,
        backlog: Backlog,
        reports: ReportStore,
        settings: Settings,
        upkeep: Upkeep,
        health: HealthProbe,
    ) -> None:
        self._heartbeat = heartbeat
        self._backlog = backlog
        self._upkeep = upkeep
        self._health = health
        # A late run is run once, never dropped: the default grace of 1 s would skip it.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._scheduler.add_listener(_tell_failure, EVENT_JOB_ERROR)
        self._loop = loop
        self._at_work = 0
        self._idle = asyncio.Event()
        self._idle.set()

        add = self._add
        add(self._tick, "interval", seconds=settings.loop.interval_seconds, id="trading_loop")
        add(signals.expire, "interval", seconds=EXPIRE_EVERY, id="expire_signals")
        beat = settings.heartbeat.interval_seconds
        add(self._beat, "interval", seconds=beat, id="heartbeat")
        add(self._watch, "interval", seconds=min(beat, 5.0), id="watch")
        for job in upkeep.jobs:
            add(job.run, "interval", seconds=job.seconds, id=job.name)
        for job in upkeep.at_start:
            add(job.run, None, id=f"{job.name}_at_start")
        send_due = partial(reports.send_due, limited=settings.plans.enabled)
        add(send_due, "interval", seconds=REPORTS_EVERY, id="reports")

    def _add(
        self, work: Callable[[], Awaitable[object]], trigger: str | None, **more: object
    ) -> None:
        self._scheduler.add_job(self._counted, trigger, args=[work], **more)

    def add_billing(self, step: Callable[[], Awaitable[None]]) -> None:
        """Run what billing does by the clock."""
        self._add(step, "interval", seconds=BILLING_EVERY, id="billing")

    def start(self) -> None:
        """Start the timers on the running event loop."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Stop the timers, after the jobs at work: APScheduler itself would cancel them midway."""
        self._scheduler.pause()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._idle.wait()
        self._scheduler.shutdown(wait=False)

    async def _counted(self, work: Callable[[], Awaitable[object]]) -> None:
        self._at_work += 1
        self._idle.clear()
        try:
            await work()
        finally:
            self._at_work -= 1
            if not self._at_work:
                self._idle.set()

    async def _tick(self) -> None:
        """Wake the loops from the event loop's own thread: a plain function is run in another."""
        self._loop.tick()

    async def _beat(self) -> None:
        await self._backlog.refresh()
        await self._heartbeat.beat()
        # A job of its own, because an address that does not answer must not delay the next beat.
        self._scheduler.add_job(self._ping, id="ping", replace_existing=True)

    async def _ping(self) -> None:
        if self._heartbeat.is_healthy and (await self._health.report()).ok:
            await self._upkeep.ping()

    async def _watch(self) -> None:
        await self._heartbeat.watch()


def _tell_failure(event: JobExecutionEvent) -> None:
    known = isinstance(event.exception, StoreError)
    log.error(
        "job_failed",
        exc_info=None if known else event.exception,
        extra={"facts": {"job": event.job_id, "why": str(event.exception)}},
    )
