"""One account's loop over the strict stand-in, whose every call can go wrong; time is the test's.

A call that would take longer than its deadline ends as it does with a real worker: nobody waits
any longer, the worker is gone, and what it had executed by then stays executed.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.loop_desk import LoopDesk, ManualClock
from tests.support.strict import MetaTrader5 as mt5  # noqa: N813 - as everybody writes it
from tests.support.strict.MetaTrader5._book import BOOK, CONTROL, Book, Row
from tests.support.terminal import InProcessTransport
from trading.errors import TerminalTimeout, TerminalUnavailable
from trading.loop import AccountLoop
from trading.terminal.transport import AnswerLost, Transport

SYMBOL = "EURUSD.r"
MODULE = "tests.support.strict.MetaTrader5"


class WorkerGone(BaseException):
    """The worker's process ended, or its call was given up."""


class MemoryBook(Book):
    """The broker's books without files."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(Path(), lambda: clock.wall_ms() / 1000)
        self.control = json.loads(json.dumps(CONTROL))
        self.state = json.loads(json.dumps(BOOK))

    def load(self) -> None:
        """Be what it is."""

    def save(self) -> None:
        """Stay what it is."""

    def set(self, **control: object) -> None:
        self.control.update(control)


class TimedTransport(InProcessTransport):
    """A worker in this process with deadlines on the test's clock."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(MODULE)
        self._clock = clock
        self._until: float | None = None
        self.alive = True

    async def start(self) -> None:
        if not self.alive:
            super().__init__(MODULE)
            self.alive = True
        mt5.terminal.sleep, mt5.terminal.end = self._sleep, self._end

    async def call(self, call_id: int, body: bytes, deadline: float) -> bytes:
        if not self.alive:
            raise TerminalUnavailable("the worker is not running")
        self._until = self._clock.monotonic() + deadline
        try:
            return await super().call(call_id, body, deadline)
        except WorkerGone as gone:
            self.alive = mt5.terminal.attached = False
            if str(gone):
                raise AnswerLost("the worker ended before it answered") from gone
            raise TerminalTimeout(f"the terminal did not answer within {deadline:g} s") from gone
        finally:
            self._until = None

    async def restart(self) -> None:
        self.alive = mt5.terminal.attached = False
        await self.start()

    def _sleep(self, seconds: float) -> None:
        left = seconds if self._until is None else self._until - self._clock.monotonic()
        self._clock.advance(max(0.0, min(seconds, left)))
        if seconds > left:
            raise WorkerGone

    def _end(self, code: int) -> None:
        raise WorkerGone(f"exit {code}")


class _Watched(TimedTransport):
    """Notes an entry that is sent while the account cannot be seen: there must be none."""

    def __init__(self, clock: ManualClock, desk: "FaultDesk") -> None:
        super().__init__(clock)
        self._desk = desk

    async def call(self, call_id: int, body: bytes, deadline: float) -> bytes:
        asked = json.loads(body)
        request = asked["args"].get("request", {})
        is_entry = (
            asked["op"] == "send" and request["action"] in (1, 5) and not request.get("position")
        )
        if is_entry and self._desk.loop.blind:
            self._desk.sent_blind.append(request)
        return await super().call(call_id, body, deadline)


class FaultDesk(LoopDesk):
    """A desk over books in memory that outlive every worker and every restart of the desk."""

    def __init__(self, folder: Path, **control: object) -> None:
        super().__init__(folder, [(0, "EURUSD", "1.1", "1.2")])
        self.book = MemoryBook(self.clock)
        self.book.set(deal_lag=2.0, **control)
        self.sent_blind: list[Row] = []
        self.loop: AccountLoop

    def _transport(self) -> Transport:
        mt5.terminal.broker = self.book
        mt5.terminal.attached = False
        return _Watched(self.clock, self)

    def fault(self, *rules: Row) -> None:
        """Put faults in force, in place of those before."""
        self.book.state["counts"].clear()
        self.book.set(faults=list(rules))

    async def ready(self) -> None:
        """Start and pass until the account was seen and the quotes move."""
        await self.open()
        await self.passes(4)

    async def signal(self, ref: str = "one", **changes: Any) -> int:
        """Put a buy to the desk, let its card be made, approve it; return the approval's id."""
        await self.ingest(
            ref, **{"stop_loss": Decimal("1.0900"), "take_profits": (Decimal("1.1200"),), **changes}
        )
        await self.passes(4)
        (row,) = await self.rows(
            "SELECT a.id FROM approval a JOIN signal s ON s.id = a.signal_id"
            " WHERE s.source_ref = ?",
            ref,
        )
        await self.approve(row["id"])
        return int(row["id"])

    async def settle(self, most: int = 60, every: float = 2.0) -> int:
        """Pass until no order is open and nothing is due; return how many passes it took."""
        for count in range(most):
            await self.passes(1, every)
            if count > 1 and not await self.rows(
                "SELECT 1 FROM orders WHERE status = 'submitted' UNION ALL"
                " SELECT 1 FROM approval WHERE status = 'approved'"
            ):
                return count
        raise AssertionError("an order never came to an end")

    def opened(self) -> list[Row]:
        """Return the broker's opening deals that carry an id of ours."""
        return [one for one in self.book.state["deals"] if one["entry"] == 0 and one["magic"]]

    def held(self) -> list[Row]:
        """Return the broker's open positions."""
        return list(self.book.state["positions"])
