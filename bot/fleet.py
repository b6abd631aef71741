"""Members' terminals, brought up and ended as their rows say: a row is the wish, we follow it."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from trading.clock import Clock
from trading.enrolment import EnrolmentService, EnrolmentStore, MemberTerminal, TerminalState
from trading.errors import StoreError, VaultError
from trading.loop import AccountLoop, TradingLoop
from trading.ports import Terminal

log = logging.getLogger(__name__)

FOLLOW_SECONDS = 2.0
STARTING_AT_ONCE = 4
"""Terminals brought up side by side: two hundred at once would starve the desk's own."""
PATIENCE_SECONDS = 60.0
"""How long a new account's terminal may take before its member is told what is wrong."""

Build = Callable[[MemberTerminal, str], tuple[AccountLoop, Terminal]]


@dataclass(slots=True)
class _Running:
    loop: AccountLoop
    terminal: Terminal
    since: float


class Fleet:
    """Runs one account loop and one terminal for each member's account that is not refused."""

    def __init__(
        self,
        store: EnrolmentStore,
        enrolment: EnrolmentService,
        loop: TradingLoop,
        build: Build,
        clock: Clock,
    ) -> None:
        self._store = store
        self._enrolment = enrolment
        self._loop = loop
        self._build = build
        self._clock = clock
        self._running: dict[int, _Running] = {}
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()

    def follow(self) -> None:
        """Say that a row changed."""
        self._changed.set()

    def stop(self) -> None:
        """End after the step in progress: one cut short could lose hold of a worker."""
        self._stopping.set()
        self._changed.set()

    async def run(self) -> None:
        """Follow the rows until stopped."""
        while not self._stopping.is_set():
            self._changed.clear()
            try:
                await self.step()
            except StoreError as error:
                log.warning("fleet_not_read", extra={"facts": {"why": str(error)}})
            if self._stopping.is_set():
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_SECONDS):
                    await self._changed.wait()

    async def step(self) -> None:
        """Bring what runs in line with the rows, once."""
        rows = {one.id: one for one in await self._store.terminals()}
        for number in [one for one in self._running if one not in rows]:
            await self._end(number)
        for number, row in rows.items():
            running = self._running.get(number)
            if running is None:
                await self._start(row)
            elif row.state is not TerminalState.ACTIVE or row.account_id is None:
                await self._judge(row, running)

    async def _start(self, row: MemberTerminal) -> None:
        starting = sum(one.loop.account is None for one in self._running.values())
        if row.state is TerminalState.REFUSED or starting >= STARTING_AT_ONCE:
            return
        try:
            password = self._enrolment.password_of(row)
        except VaultError as error:
            await self._store.terminal_refused(row.id, str(error))
            return
        loop, terminal = self._build(row, password)
        self._running[row.id] = _Running(loop, terminal, self._clock.monotonic())
        self._loop.add(row.id, loop)

    async def _judge(self, row: MemberTerminal, running: _Running) -> None:
        """Tell the member once how bringing it up ended."""
        if running.loop.account is not None and not running.loop.blind:
            await self._store.terminal_seen(row.id, running.loop.account.id)
        elif self._clock.monotonic() - running.since >= PATIENCE_SECONDS:
            await self._store.terminal_refused(row.id, running.loop.verdict.problem)
            if row.account_id is None:
                await self._end(row.id)

    async def _end(self, number: int) -> None:
        running = self._running.pop(number)
        await self._loop.remove(number)
        await running.terminal.close()

    async def close(self) -> None:
        """Close every terminal, after its loop has ended."""
        for running in self._running.values():
            await running.terminal.close()
        self._running.clear()
