"""Signed signals over loopback into the whole desk: ``python -m tests.bench.bench_intake [RATE]``.

The desk (bot, sandbox chat, simulated terminal) is one process and its worker, the load another.
The load is open: each request leaves at its time whatever the ones before it do, and its latency
counts from that time. Every 201 is looked for in the file after a kill -9 in the middle.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from time import perf_counter

import aiohttp

from bot.signal_command import PATH, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from tests.support.chat_desk import SECRET
from tests.support.fresh import direct
from trading.clock import SystemClock

RATE = 500
SECONDS = 10.0
_CONNECTIONS = 64
_BURST = 2000
_PASSES = 'desk_events_total{event="pass_done"}'
_AFTER_KILL = 20
"""Requests still sent to a desk that was killed."""


@dataclass
class Load:
    """What one run of the load saw."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    taken: dict[str, int] = field(default_factory=dict)
    """Reference to signal id of every 201."""
    lost: int = 0
    """Requests that got no answer."""
    retry_after: int = 0


@contextlib.contextmanager
def desk(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a desk in a process group of its own until the context ends."""
    command = [sys.executable, "-m", "tests.bench.intake_server", str(folder)]
    with subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


async def drive(
    port: int, rate: int, seconds: float, *, name: str = "load", kill: int = 0, pid: int = 0
) -> Load:
    """Send so many signals a second; after ``kill`` answers kill the process group ``pid``."""
    load = Load()
    url = f"http://127.0.0.1:{port}{PATH}"
    connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        began = perf_counter()
        last = int(rate * seconds)
        for number in range(last):
            if number > last:
                break
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - perf_counter()))
            group.create_task(_one(session, url, f"{name}-{number}", due, load))
            if kill and last > number + _AFTER_KILL and len(load.taken) >= kill:
                os.killpg(pid, signal.SIGKILL)
                last = number + _AFTER_KILL
    return load


async def _one(session: aiohttp.ClientSession, url: str, ref: str, due: float, load: Load) -> None:
    body = json.dumps(
        {
            "source": "load",
            "ref": ref,
            "symbol": "EURUSD",
            "side": "buy",
            "stop_loss": "1.0950",
            "take_profits": ["1.1100", "1.1200"],
        }
    ).encode()
    stamp = str(int(SystemClock().now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: stamp,
        SIGNATURE_HEADER: sign(SECRET, stamp, body),
    }
    try:
        async with session.post(url, data=body, headers=headers) as answer:
            text = await answer.json(content_type=None)
    except (aiohttp.ClientError, OSError, TimeoutError):
        load.lost += 1
        return
    load.latencies.append((perf_counter() - due) * 1000)
    load.statuses[answer.status] += 1
    load.retry_after += "Retry-After" in answer.headers
    if answer.status == 201:
        load.taken[ref] = text["signal"]


async def burst(port: int, count: int, *, name: str = "burst") -> Load:
    """Send so many signals at once, each over a connection of its own."""
    load = Load()
    url = f"http://127.0.0.1:{port}{PATH}"
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        began = perf_counter()
        for number in range(count):
            group.create_task(_one(session, url, f"{name}-{number}", began, load))
    return load


async def passes(port: int) -> float:
    """Return how many passes of its loop a desk has made."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        lines = (await answer.text()).splitlines()
    (count,) = (line.split()[-1] for line in lines if line.startswith(_PASSES))
    return float(count)


def missing(folder: Path, load: Load) -> list[str]:
    """Return the references answered 201 that are not in the file under that id."""
    with direct(folder / "desk.db") as database:
        stored = dict(
            database.execute("SELECT source_ref, id FROM signal WHERE source = 'load'").fetchall()
        )
    return [ref for ref, number in load.taken.items() if stored.get(ref) != number]


def main() -> int:
    """Print the sustained run, an overload, and what a kill -9 in the middle left on disk."""
    rate = int(sys.argv[1]) if len(sys.argv) > 1 else RATE
    out = sys.stdout.write
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with desk(folder) as (_, port):
            asyncio.run(drive(port, 100, 1, name="warm"))
            load = asyncio.run(drive(port, rate, SECONDS))
            lost = len(missing(folder, load))
            out(f"{rate}/s for {SECONDS:.0f} s: {_line(load)}, missing {lost}\n")
            out(f"{_BURST} at once: {asyncio.run(_overload(port))}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with desk(folder) as (process, port):
            load = asyncio.run(drive(port, rate, 4, kill=1000, pid=process.pid))
            gone = len(missing(folder, load))
            out(f"kill -9 in the middle: {len(load.taken)} answered 201, missing {gone}\n")
    return 1 if lost or gone else 0


async def _overload(port: int) -> str:
    """Return what a burst was answered, and the passes a second before and while it waited."""
    first = await passes(port)
    await asyncio.sleep(3)
    second = await passes(port)
    began = perf_counter()
    load = await burst(port, _BURST)
    took = perf_counter() - began
    third = await passes(port)
    rates = f"passes a second {(second - first) / 3:.1f} before, {(third - second) / took:.1f} then"
    return f"{_line(load)}, Retry-After {load.retry_after}; {rates}"


def _line(load: Load) -> str:
    cuts = quantiles(load.latencies, n=1000)
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(load.statuses.items()))
    return (
        f"{statuses}, no answer {load.lost}; p50 {cuts[499]:.1f} ms, p99 {cuts[989]:.1f} ms,"
        f" p99.9 {cuts[998]:.1f} ms"
    )


if __name__ == "__main__":
    sys.exit(main())
