"""The timers: each job is a wake-up or a short transaction, never the work itself."""

import logging
from datetime import timedelta

import aiohttp
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.settings import Settings
from storage.store import SqliteStore
from trading.errors import StoreError
from trading.heartbeat import HeartbeatService
from trading.loop import TradingLoop
from trading.signals import SignalService

log = logging.getLogger(__name__)

KEEP = timedelta(days=90)
EXPIRE_EVERY = 1.0


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
    """The desk's jobs: trading_loop, expire_signals, heartbeat, watch, prune."""

    def __init__(
        self,
        loop: TradingLoop,
        signals: SignalService,
        heartbeat: HeartbeatService,
        store: SqliteStore,
        backlog: Backlog,
        settings: Settings,
    ) -> None:
        self._heartbeat = heartbeat
        self._store = store
        self._backlog = backlog
        self._ping_url = settings.heartbeat.ping_url
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
        add(self._prune, "interval", hours=6, id="prune")

    def start(self) -> None:
        """Start the timers on the running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop the timers."""
        self._scheduler.shutdown(wait=False)

    async def _beat(self) -> None:
        await self._backlog.refresh()
        await self._heartbeat.beat()
        if self._ping_url and self._heartbeat.is_healthy:
            await self._ping(self._ping_url)

    async def _watch(self) -> None:
        await self._heartbeat.watch()

    async def _prune(self) -> None:
        await self._store.prune(KEEP)

    async def _ping(self, url: str) -> None:
        """Tell the outside watcher that all is well; its silence is the alarm."""
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
                session.get(url) as answer,
            ):
                await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("ping_failed", extra={"facts": {"why": type(error).__name__}})


def _tell_failure(event: JobExecutionEvent) -> None:
    known = isinstance(event.exception, StoreError)
    log.error(
        "job_failed",
        exc_info=None if known else event.exception,
        extra={"facts": {"job": event.job_id, "why": str(event.exception)}},
    )
