"""Blind is not safe: how long an account could not be judged, and telling people of it."""

from datetime import datetime

from trading.clock import Clock
from trading.drawdown.guard import Verdict
from trading.model import Account
from trading.notices import Blind
from trading.ports import GuardStore


class Sight:
    """Tells once that an account is out of sight for too long, and once that it is back."""

    def __init__(self, store: GuardStore, clock: Clock, stall: float) -> None:
        """``stall`` is how many seconds an account may be blind before people are told."""
        self._store = store
        self._clock = clock
        self._stall = stall
        self._since: tuple[datetime, float] | None = None
        self._told = False

    async def judge(self, account: Account | None, label: str, verdict: Verdict) -> None:
        """Take in whether the account could be judged just now."""
        now, moment = self._clock.now(), self._clock.monotonic()
        if verdict.state is not None:
            if self._since is not None and self._told:
                await self._tell(account, Blind(label, verdict.problem, self._since[0], now))
            self._since, self._told = None, False
            return
        if self._since is None:
            self._since = (now, moment)
        if not self._told and moment - self._since[1] >= self._stall:
            await self._tell(account, Blind(label, verdict.problem, self._since[0], None))
            self._told = True

    async def _tell(self, account: Account | None, notice: Blind) -> None:
        await self._store.blind(None if account is None else account.id, notice)
