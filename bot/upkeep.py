"""Keeping house: disk, backups, integrity, old rows, the outside watcher and the alarms.

Everything here is a job of the schedule, never part of the trading path; what it finds reaches
the loop as a reason to hold entries, and people as an alarm.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from bot.alarms import Alarms
from bot.holds import Holds
from bot.resilience import CALLING, Circuits
from bot.settings import Settings
from storage import nightly, outbox
from storage.database import Database
from storage.health import ping, prune
from storage.reserve import DiskReserve
from trading.clock import Clock, from_ms
from trading.errors import StoreError

log = logging.getLogger(__name__)

PING_SECONDS = 5.0
STALE_BACKUP = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Job:
    """One timer: its name, what it runs, and every how many seconds."""

    name: str
    run: Callable[[], Awaitable[None]]
    seconds: float


class Upkeep:
    """The jobs of the house."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        reserve: DiskReserve,
        circuits: Circuits,
        alarms: Alarms,
        holds: Holds,
        clock: Clock,
        *,
        unclean: bool = False,
    ) -> None:
        """``unclean``: the last program on this database did not end in order."""
        self._unclean = unclean
        self.on_server = settings.database_url is not None
        """The store is a server's: its disk, its copies and their checks are that server's too."""
        self._path = settings.database_path
        self._data = settings.data
        self._folder = backup_folder(settings)
        self._ping_url = settings.heartbeat.ping_url
        self._database = database
        self._reserve = reserve
        self._circuits = circuits
        self._alarms = alarms
        self._holds = holds
        self._clock = clock

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Every job of the house."""
        ours = (
            Job("disk", self.look_at_disk, 10.0),
            Job("backup", self.back_up_if_due, 300.0),
        )
        return (
            Job("alarms", self._alarms.watch, 5.0),
            Job("database", self.look_at_database, 5.0),
            *(() if self.on_server else ours),
            Job("prune", self.prune, 6 * 3600.0),
        )

    @property
    def at_start(self) -> tuple[Job, ...]:
        """What does not wait for its first interval."""
        checks = (Job("integrity", self.check_integrity, 0.0),) if self._unclean else ()
        return (*checks, *(job for job in self.jobs if job.name in {"disk", "backup"}))

    @property
    def backup_at(self) -> datetime | None:
        """When the last nightly copy was made; a server's own are not ours to know."""
        if self.on_server:
            return None
        return nightly.copied_at(self._folder, self._path, self._clock.now())

    async def oldest_waiting(self) -> datetime | None:
        """Return when the oldest message that waits was written."""
        created = await self._database.glance(outbox.oldest)
        return None if created is None else from_ms(created)

    async def look_at_database(self) -> None:
        """Notice a database that does not answer, or not in time."""
        circuit = self._circuits.of("database")
        try:
            async with asyncio.timeout(PING_SECONDS):
                await self._database.run(ping)
        except (StoreError, TimeoutError) as error:
            circuit.failed(str(error) or f"no answer within {PING_SECONDS:g} s")
        else:
            circuit.succeeded()

    async def look_at_disk(self) -> None:
        """Hold entries while the disk is nearly full; keep the reserve back again after that."""
        free, least = self._reserve.free(), self._data.least_free_mib << 20
        circuit = self._circuits.of("disk")
        if free < least or not await asyncio.to_thread(self._reserve.hold):
            words = f"{free >> 20} MiB are free, {self._data.least_free_mib} are wanted"
            self._holds.put("disk", f"the disk is nearly full: {words}")
            circuit.failed(words)
            return
        self._holds.lift("disk")
        circuit.succeeded()

    def make_room(self) -> bool:
        """Give the reserve up for the transaction that found the disk full."""
        self._holds.put("disk", "the disk is full")
        released = self._reserve.release()
        log.critical("disk_full", extra={"facts": {"reserve_released": released}})
        return released

    def hold_until_checked(self) -> None:
        """After an unclean stop, hold entries from the first pass on."""
        if self._unclean:
            self._holds.put("integrity", "the database is being checked after an unclean stop")

    async def check_integrity(self) -> None:
        """After an unclean stop, hold entries until the whole file was read and found sound.

        The guard does not wait for it: a damaged file is rare, an open position is not.
        """
        self.hold_until_checked()
        found = await asyncio.to_thread(nightly.check, self._path)
        if found == "ok":
            self._holds.lift("integrity")
            log.info("database_checked", extra={"facts": {"found": found}})
            return
        log.critical("database_damaged", extra={"facts": {"found": found}})
        self._holds.put("integrity", f"the database is damaged: {found}")
        self._circuits.of("integrity").failed(found)

    async def back_up_if_due(self) -> None:
        """Copy the database once a night, or at once where the last copy is too old."""
        now, last = self._clock.now(), self.backup_at
        if last is not None and now - last < STALE_BACKUP and not self._is_tonight(now, last):
            return
        circuit = self._circuits.of("backup")
        try:
            made = await asyncio.to_thread(
                nightly.copy_tonight, self._path, self._folder, self._data.backup_keep, now
            )
        except StoreError as error:
            circuit.failed(str(error))
            log.warning("backup_failed", extra={"facts": {"why": str(error)}})
            return
        circuit.succeeded()
        log.info("backup_made", extra={"facts": {"file": made.name}})

    def _is_tonight(self, now: datetime, last: datetime) -> bool:
        due = now.replace(hour=self._data.backup_hour, minute=0, second=0, microsecond=0)
        return last < due <= now

    async def prune(self) -> None:
        """Drop samples and messages that are older than they are kept."""
        before = self._clock.now() - timedelta(days=self._data.keep_days)
        await self._database.run(prune, before)

    async def ping(self) -> None:
        """Tell the outside watcher that all is well; its silence is the alarm."""
        if self._ping_url is None:
            return
        circuit = self._circuits.of("ping")
        try:
            async for attempt in CALLING.retrying(aiohttp.ClientError, TimeoutError):
                with attempt:
                    await _get(self._ping_url)
        except (aiohttp.ClientError, TimeoutError) as error:
            circuit.failed(type(error).__name__)
            log.warning("ping_failed", extra={"facts": {"why": type(error).__name__}})
        else:
            circuit.succeeded()


async def _get(url: str) -> None:
    timeout = aiohttp.ClientTimeout(total=5)
    async with (
        aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session,
        session.get(url) as answer,
    ):
        await answer.read()


def backup_folder(settings: Settings) -> Path:
    """Return where the nightly copies lie."""
    return settings.data.backup_folder or settings.database_path.parent / "backups"
