"""The timers: each job is a wake-up or a short transaction, never the work itself."""

import logging

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
        add = self._scheduler.add_job
        add(loop.tick, "interval", seconds=settings.loop.interval_seconds, id="trading_loop")
        add(signals.expire, "interval", seconds=EXPIRE_EVERY, id="expire_signals")
        beat = settings.heartbeat.interval_seconds
        add(self._beat, "interval", seconds=beat, id="heartbeat")
        add(self._watch, "interval", seconds=min(beat, 5.0), id="watch")
        for job in upkeep.jobs:
            add(job.run, "interval", seconds=job.seconds, id=job.name)
        for job in upkeep.at_start:
            add(job.run, id=f"{job.name}_at_start")
        add(reports.send_due, "interval", seconds=REPORTS_EVERY, id="reports")

    def start(self) -> None:
        """Start the timers on the running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop the timers."""
        self._scheduler.shutdown(wait=False)

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
