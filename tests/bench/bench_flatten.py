"""How soon a breach closes: ``python -m tests.bench.bench_flatten``.

From the confirming reading to the first close, and 50 closes.

The desk is real: SQLite file, client, pipe, worker process, simulated broker. Its closes are set
against 50 closes that the same client sends one after the other, with a broker that takes 20 ms
for each (real ones take more), in alternating rounds of the same run.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter

from storage.card_store import CardStore
from storage.database import open_database
from storage.positions_store import PositionStore
from storage.store import SqliteStore
from tests.support.simulated_desk import write_ticks
from tests.support.terminal import PATIENT, SIMULATED, pipe
from trading.clock import SystemClock
from trading.closing import close_request
from trading.drawdown import Cap, CapKind, Unit
from trading.loop import AccountLoop, LoopSettings
from trading.model import OrderRequest, SendOutcome, Snapshot
from trading.reporting import Reporter
from trading.risk import RiskLimits
from trading.terminal.client import TerminalClient
from trading.terminal.simulated import admin

POSITIONS = 50
ROUNDS = 5
BROKER_SECONDS = 0.02
GOAL_MS = 50.0
GOAL_SHARE = 0.10


class TimedClient(TerminalClient):
    """Notes when the first order of a round was sent."""

    first_sent: float | None = None

    def forget(self) -> None:
        """Begin a round."""
        self.first_sent = None

    async def send(self, request: OrderRequest) -> SendOutcome:
        self.first_sent = self.first_sent or monotonic()
        return await super().send(request)


@contextlib.asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[tuple[TimedClient, SqliteStore, AccountLoop]]:
    rows = [(half / 4, "EURUSD", f"1.1000{half % 2}", "1.10010") for half in range(4 * 600)]
    (folder / "faults.json").write_text(
        json.dumps([{"kind": "delay", "call": "order_send", "seconds": BROKER_SECONDS}])
    )
    environment = {
        "TERMINAL_TICKS": str(write_ticks(folder / "ticks.csv", rows)),
        "TERMINAL_BALANCE": "1000000",
        "SIMULATED_ACCOUNT_FILE": str(folder / "account.jsonl"),
        "SIMULATED_FAULTS": str(folder / "faults.json"),
    }
    clock = SystemClock()
    async with open_database(folder / "desk.db") as database:
        store = SqliteStore(database, clock)
        await store.ensure_owners([1])
        client = TimedClient(pipe(SIMULATED, environment), clock, None, PATIENT)
        loop = AccountLoop(
            client,
            store,
            RiskLimits(),
            LoopSettings(),
            clock,
            Reporter(clock, "bench"),
            PositionStore(database, clock),
            CardStore(database, clock),
        )
        try:
            await client.start()
            for _ in range(3):
                await loop.guarded_pass()
                await asyncio.sleep(0.05)
            yield client, store, loop
        finally:
            await client.close()


async def filled(client: TimedClient, folder: Path) -> Snapshot:
    """Open the positions behind the desk's back."""
    for _ in range(POSITIONS):
        admin.place_foreign_trade(folder / "account.jsonl", "EURUSD", "buy", "0.01")
    snapshot = await client.snapshot([])
    assert len(snapshot.positions) == POSITIONS
    return snapshot


async def by_the_terminal(client: TimedClient, folder: Path) -> float:
    """Return the seconds of as many closes that nothing else goes with."""
    snapshot = await filled(client, folder)
    begun = perf_counter()
    for position in snapshot.positions:
        await client.send(close_request(position))
    return perf_counter() - begun


async def by_the_desk(
    client: TimedClient, store: SqliteStore, loop: AccountLoop, folder: Path
) -> tuple[float, float]:
    """Return seconds from the confirming reading to the first close, and to the last answer."""
    await filled(client, folder)
    await loop.guarded_pass()
    account, snapshot = loop.account, loop.snapshot
    assert account is not None
    assert snapshot is not None
    client.forget()
    cap = Cap(CapKind.FLOOR, snapshot.account.own_equity + 1, Unit.MONEY)
    await store.put_cap(account.id, cap, None, "bench")
    loop.caps_changed()
    await loop.guarded_pass()
    ended = monotonic()
    first, seen = client.first_sent, loop.snapshot
    assert first is not None
    assert seen is not None
    confirmed = seen.taken
    await loop.guarded_pass()
    assert not (await client.snapshot([])).positions
    await loop.guarded_pass()
    await store.remove_cap(account.id, CapKind.FLOOR, "bench")
    member = await store.member(1)
    assert member is not None
    assert await store.resume(account.id, member.id, "bench")
    loop.caps_changed()
    await loop.guarded_pass()
    return first - confirmed, ended - confirmed


async def measure() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with desk(folder) as (client, store, loop):
            alone, first, whole = [], [], []
            for _ in range(ROUNDS):
                alone.append(await by_the_terminal(client, folder))
                to_first, to_last = await by_the_desk(client, store, loop, folder)
                first.append(to_first * 1000)
                whole.append(to_last)
    share = median(whole) / median(alone) - 1
    sys.stdout.write(
        f"breach to the first close: median {median(first):.1f} ms, slowest {max(first):.1f}; "
        f"goal {GOAL_MS:.0f}\n"
        f"{POSITIONS} closes: the terminal alone {median(alone) * 1000:.0f} ms, the desk "
        f"{median(whole) * 1000:.0f} ms, {share:+.1%}; goal {GOAL_SHARE:+.0%}\n"
    )
    return 0 if median(first) <= GOAL_MS and share <= GOAL_SHARE else 1


def main() -> int:
    return asyncio.run(asyncio.wait_for(measure(), timedelta(minutes=3).total_seconds()))


if __name__ == "__main__":
    sys.exit(main())
