"""What a worker round trip costs, against the bare pipe: ``python -m tests.bench.bench_roundtrip``.

The floors are measured in the same run, turn by turn with what is compared to them: a blocking
echo (one thread, no event loop) and an asyncio echo. Where the system lets us, this process keeps
one processor and the workers another: the scheduler's choice would double some rows at random.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

from trading.clock import SystemClock
from trading.ids import ClientOrderId
from trading.model import Action, Filling, OrderRequest, OrderType, Side
from trading.terminal.client import TerminalClient
from trading.terminal.codec import encode_request, frame
from trading.terminal.pipe import PipeTransport

ROUNDS, BATCH = 20, 100
ECHO = (sys.executable, "-m", "tests.support.echo")
WORKER = (sys.executable, "-m", "trading.terminal.worker")
ORDER = OrderRequest(
    Action.DEAL,
    ClientOrderId(7),
    "EURUSD",
    side=Side.BUY,
    order_type=OrderType.MARKET,
    volume=Decimal("0.1"),
    stop_loss=Decimal("1.09"),
    fillings=(Filling.FOK,),
    comment="tb-abcdefghijklm",
)
REQUEST = encode_request(
    7,
    "send",
    {"request": {"action": 1, "symbol": "EURUSD", "volume": "0.1", "type": 0, "sl": "1.09"}},
)
MARGIN = encode_request(
    7, "margin", {"side": 0, "symbol": "EURUSD", "volume": "0.1", "price": "1.1"}
)

Work = Callable[[], Awaitable[object]]


class BlockingEcho:
    """One blocking write and read: the absolute floor."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(ECHO, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603

    @property
    def pid(self) -> int:
        return self._child.pid

    async def ask(self) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(frame(REQUEST))
        self._child.stdin.flush()
        header = self._child.stdout.read(4)
        self._child.stdout.read(int.from_bytes(header, "big"))

    def close(self) -> None:
        self._child.communicate()


class AsyncEcho:
    """A stream reader and writer of asyncio, as its manual shows: the floor in an event loop."""

    async def start(self) -> None:
        pipe = asyncio.subprocess.PIPE
        self._child = await asyncio.create_subprocess_exec(*ECHO, stdin=pipe, stdout=pipe)

    @property
    def pid(self) -> int:
        return self._child.pid

    async def ask(self) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(frame(REQUEST))
        header = await self._child.stdout.readexactly(4)
        await self._child.stdout.readexactly(int.from_bytes(header, "big"))

    async def close(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        await self._child.wait()


async def timed(work: Work) -> float:
    """Return the median microseconds of one batch."""
    taken = []
    for _ in range(BATCH):
        began = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e6


def part(*workers: int | None) -> None:
    """Keep this process and the workers on processors of their own."""
    if sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1:
        ours, theirs, *_ = sorted(os.sched_getaffinity(0))
        for worker in workers:
            os.sched_setaffinity(worker or 0, {theirs})
        os.sched_setaffinity(0, {ours})


async def restart_to_ready(client: TerminalClient, transport: PipeTransport) -> float:
    began = time.perf_counter()
    await transport.restart()
    client._session.detach("bench")  # noqa: SLF001 - as after a call past its deadline
    await client.snapshot(["EURUSD"])
    return time.perf_counter() - began


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "fake.json"
        script.write_text('{"positions": 50}')
        extra = {"FAKE_MT5_FILE": str(script)}
        fake = (*WORKER, "--module", "tests.support.fake_metatrader")
        transport, crowded = PipeTransport(fake), PipeTransport(fake, extra)
        client = TerminalClient(transport, SystemClock())
        full = TerminalClient(crowded, SystemClock())
        blocking, streams = BlockingEcho(), AsyncEcho()
        await streams.start()
        await client.start()
        await full.start()
        part(transport.pid, crowded.pid, streams.pid, blocking.pid)
        works: dict[str, Work] = {
            "bare pipe echo, blocking": blocking.ask,
            "bare pipe echo, asyncio streams": streams.ask,
            "worker: round trip of frames": lambda: transport.call(7, MARGIN, 5),
            "worker: margin, typed": lambda: client.margin(
                Side.BUY, "EURUSD", Decimal("0.1"), Decimal("1.1")
            ),
            "worker: send, typed": lambda: client.send(ORDER),
            "worker: snapshot, no position": lambda: client.snapshot(["EURUSD"]),
            "worker: snapshot, 50 positions": lambda: full.snapshot(["EURUSD"]),
        }
        figures: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(ROUNDS):
            for name, work in works.items():
                figures[name].append(await timed(work))
        restart = await restart_to_ready(client, transport)
        await asyncio.gather(client.close(), full.close(), streams.close())
        blocking.close()
    bare, in_loop = (statistics.median(values) for values in list(figures.values())[:2])
    for name, values in figures.items():
        middle = statistics.median(values)
        ratios = f"{middle / bare:5.2f} x blocking  {middle / in_loop:5.2f} x asyncio"
        sys.stdout.write(f"{name:34} {middle:8.1f} us  {ratios}\n")
    sys.stdout.write(f"{'restart to a snapshot':34} {restart * 1e3:8.1f} ms\n")


if __name__ == "__main__":
    asyncio.run(main())
