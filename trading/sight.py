"""Blind is not safe: what an account cannot be judged or traded for, and telling people of it."""

from datetime import datetime

from trading.clock import Clock
from trading.drawdown.guard import Verdict
from trading.model import Account, Snapshot
from trading.notices import Blind, Priority, TerminalNotReady
from trading.ports import GuardStore
from trading.terminal.readiness import obstacles

STEADY = 3.0
"""Seconds an obstacle must last: a button pressed by mistake is often pressed again."""


class Sight:
    """Tells once that an account is out of sight for too long, and once that it is back."""

    def __init__(self, store: GuardStore, clock: Clock, stall: float) -> None:
        """``stall`` is how many seconds an account may be blind before people are told."""
        self._store = store
        self._clock = clock
        self._stall = stall
        self._since: tuple[datetime, float] | None = None
        self._told = False

    async def judge(
        self, account: Account | None, label: str, verdict: Verdict, *, urgent: bool = False
    ) -> None:
        """Take in whether the account could be judged just now; ``urgent`` is told at once."""
        now, moment = self._clock.now(), self._clock.monotonic()
        if verdict.state is not None:
            if self._since is not None and self._told:
                await self._tell(account, Blind(label, verdict.problem, self._since[0], now))
            self._since, self._told = None, False
            return
        if self._since is None:
            self._since = (now, moment)
        if not self._told and (urgent or moment - self._since[1] >= self._stall):
            await self._tell(account, Blind(label, verdict.problem, self._since[0], None))
            self._told = True

    async def _tell(self, account: Account | None, notice: Blind) -> None:
        await self._store.blind(None if account is None else account.id, notice)


class ReadyWatch:
    """Tells once what keeps an account's terminal from trading, and once that it is gone."""

    def __init__(self, store: GuardStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._present: tuple[str, ...] = ()
        self._since = 0.0
        self._told: tuple[str, ...] = ()

    async def watch(self, account: Account, label: str, snapshot: Snapshot) -> None:
        """Take in a snapshot."""
        now, present = self._clock.monotonic(), obstacles(snapshot)
        if present != self._present:
            self._present, self._since = present, now
        if present == self._told or (present and now - self._since < STEADY):
            return
        self._told = present
        await self._store.tell(
            account.id, TerminalNotReady(label, present), Priority.CRITICAL, topic=None
        )
