"""A desk left running at many times the real rate: ``python -m tests.bench.soak --minutes 30``.

The program is ``python -m bot run`` in a process of its own, over a local Bot API and the
simulated terminal. At ``--times 20`` its passes, beats, signals and taps come 20 times as often as
on a real desk (a pass a second, a beat every 10 s, a signal a minute); prices swing, so positions
are opened, stopped and taken all the time. Measured from outside: memory, open files, threads, and
how many passes took longer than 250 ms. Two slopes of memory are printed: by least squares after
``--warm-up``, while what the desk keeps still fills up to its bounds, and by the median of all
pairs after ``--settled``, when it is full; the goal is the second one's.
"""

import argparse
import asyncio
import contextlib
import json
import math
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path

import aiohttp

from bot.sandbox import Person, Sandbox
from bot.signal_command import PATH, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from tests.bench.chaos import asks_for
from tests.support.chat_desk import OWNER, SECRET, environment
from tests.support.simulated_desk import Row
from trading.clock import SystemClock

SAMPLE_SECONDS = 10.0
LATE_SECONDS = 0.25
SETTLED_MINUTES = 12.0
"""SQLite's page cache is full after eight; deals and spreads are looked back on for ten."""
FEWEST_SAMPLES = 12


def swings(seconds: int) -> list[Row]:
    """Return quotes that swing by 20 pips every two minutes."""
    rows: list[Row] = []
    for half in range(seconds * 2):
        bid = 1.1 + 0.002 * math.sin(half / 2 * math.tau / 120) + half % 2 * 0.00001
        rows.append((half / 2, "EURUSD", f"{bid:.5f}", f"{bid + 0.00010:.5f}"))
    return rows


@dataclass
class Sample:
    """The process at one moment."""

    seconds: float
    rss_kib: int
    files: int
    threads: int
    worker_kib: int


@dataclass
class Soak:
    """What one run did and saw."""

    signals: int = 0
    taps: int = 0
    samples: list[Sample] = field(default_factory=list)


def status(pid: int, name: str) -> int:
    """Return a figure of /proc's status of a process."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) if found else 0


def sample(pid: int, began: float) -> Sample:
    """Look at the process and its worker."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    worker = sum(status(int(child), "VmRSS") for child in children)
    files = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - a count of names
    rss, threads = status(pid, "VmRSS"), status(pid, "Threads")
    return Sample(round(time.monotonic() - began, 1), rss, files, threads, worker)


def slope(samples: list[Sample], of: str) -> float:
    """Return the least squares slope of a figure, per hour."""
    points = [(one.seconds / 3600, float(getattr(one, of))) for one in samples]
    if len(points) < 3:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    below = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / below if below else 0.0


def settled_slope(samples: list[Sample]) -> float:
    """Return the median slope of memory over all pairs of samples (Theil and Sen), KiB an hour.

    One page of memory given back or taken by the allocator moves a least squares fit of a few
    minutes by more than the goal; it hardly moves this one.
    """
    apart = [
        (later.rss_kib - former.rss_kib) / (later.seconds - former.seconds) * 3600
        for former, later in combinations(samples, 2)
        if later.seconds > former.seconds
    ]
    return statistics.median(apart) if apart else 0.0


async def post_signals(soak: Soak, port: str, every: float) -> None:
    """Post a signal every so many seconds."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while True:
            soak.signals += 1
            side = "buy" if soak.signals % 2 else "sell"
            body = json.dumps(
                {"source": "soak", "ref": str(soak.signals), "symbol": "EURUSD", "side": side,
                 "type": "market", "stop_loss": "1.0950" if side == "buy" else "1.1050",
                 "take_profits": ["1.1025" if side == "buy" else "1.0975"], "volume": "0.01"}
            ).encode()  # fmt: skip
            stamp = str(int(SystemClock().now().timestamp()))
            headers = {
                "Content-Type": "application/json",
                TIMESTAMP_HEADER: stamp,
                SIGNATURE_HEADER: sign(SECRET, stamp, body),
            }
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                url = f"http://127.0.0.1:{port}{PATH}"
                async with session.post(url, data=body, headers=headers) as answer:
                    await answer.read()
            await asyncio.sleep(every)


async def tap(soak: Soak, owner: Person) -> None:
    """Approve every card, ask for the status now and then, and clear the chat behind."""
    done: set[int] = set()
    while True:
        for message in owner.messages[-40:]:
            approval = asks_for(message)
            if approval is not None and approval not in done:
                done.add(approval)
                soak.taps += 1
                await owner.taps(message, "Approve", 2)
                if soak.taps % 5 == 0:
                    await owner.sends("/status")
        await asyncio.sleep(0.1)


def forget(sandbox: Sandbox) -> None:
    """Let the other end forget, so that its own growth slows nothing down."""
    sandbox.calls.clear()
    for chat in sandbox.chats.values():
        del chat.messages[:-200]


async def metrics(port: str) -> str:
    """Return what the desk tells Prometheus."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
        session.get(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        return await answer.text()


def late_passes(text: str) -> tuple[int, int]:
    """Return how many passes there were and how many took longer than allowed."""
    total = re.search(r"^desk_pass_seconds_count (\S+)", text, re.MULTILINE)
    within = re.search(
        rf'^desk_pass_seconds_bucket{{le="{LATE_SECONDS}"}} (\S+)', text, re.MULTILINE
    )
    count = int(float(total[1])) if total else 0
    return count, count - (int(float(within[1])) if within else 0)


async def run(folder: Path, minutes: float, times: float, warm_up: float, settled: float) -> int:
    """Let the desk run; print the slopes; 0 when they are within the goals."""
    soak = Soak()
    async with Sandbox() as sandbox:
        given = environment(
            folder,
            sandbox.url,
            swings(int(minutes * 60) + 600),
            LOOP_INTERVAL_SECONDS=str(1 / times),
            HEARTBEAT_INTERVAL_SECONDS=str(10 / times),
            HEARTBEAT_STALL_SECONDS="60",
            RISK_MAX_OPEN_POSITIONS="30",
            DRAWDOWN_MAX_PERCENT="50",
            LOG_LEVEL="WARNING",
            LOG_FORMAT="json",
        )
        owner = sandbox.person(OWNER, "Olga")
        with (folder / "desk.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run",
                env={**os.environ, **given}, stdout=log, stderr=log,
            )  # fmt: skip
        began = time.monotonic()
        port = given["HTTP_PORT"]
        async with asyncio.TaskGroup() as group:
            await asyncio.sleep(15)
            tasks = [
                group.create_task(post_signals(soak, port, 60 / times)),
                group.create_task(tap(soak, owner)),
            ]
            while time.monotonic() - began < minutes * 60 and process.returncode is None:
                await asyncio.sleep(SAMPLE_SECONDS)
                soak.samples.append(sample(process.pid, began))
                forget(sandbox)
                (folder / "samples.json").write_text(
                    json.dumps([asdict(one) for one in soak.samples])
                )
            count, late = late_passes(await metrics(port))
            for task in tasks:
                task.cancel()
        process.send_signal(signal.SIGTERM)
        code = await process.wait()
    return report(soak, (warm_up, settled), count, late, code)


def report(soak: Soak, since: tuple[float, float], passes: int, late: int, code: int) -> int:
    """Print the figures since two moments, in minutes; 0 when every goal is met."""
    warm, settled = (
        [one for one in soak.samples if one.seconds >= minutes * 60] for minutes in since
    )
    if len(settled) < FEWEST_SAMPLES:
        sys.stdout.write("too short to tell what memory does once it is settled\n")
        return 1
    figures = {
        "minutes": round(soak.samples[-1].seconds / 60, 1),
        "signals": soak.signals,
        "taps": soak.taps,
        "passes": passes,
        "late_passes": late,
        "rss_mib_warm": round(warm[0].rss_kib / 1024, 1),
        "rss_mib_settled": round(settled[0].rss_kib / 1024, 1),
        "rss_mib_last": round(settled[-1].rss_kib / 1024, 1),
        "rss_mib_per_hour_warm": round(slope(warm, "rss_kib") / 1024, 2),
        "rss_mib_per_hour": round(settled_slope(settled) / 1024, 2),
        "worker_mib_per_hour": round(slope(warm, "worker_kib") / 1024, 2),
        "files_per_hour": round(slope(warm, "files"), 2),
        "files_last": settled[-1].files,
        "threads_last": settled[-1].threads,
        "exit_code": code,
    }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    met = abs(figures["files_per_hour"]) < 6 and figures["rss_mib_per_hour"] <= 1.0 and code == 0
    return 0 if met else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--times", type=float, default=20)
    parser.add_argument("--warm-up", type=float, default=5, help="minutes not counted")
    parser.add_argument(
        "--settled", type=float, default=SETTLED_MINUTES, help="minutes until its caches are full"
    )
    parser.add_argument("--folder", type=Path, help="keep everything here")
    options, _ = parser.parse_known_args()
    given = (options.minutes, options.times, options.warm_up, options.settled)
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        return asyncio.run(run(options.folder, *given))
    with tempfile.TemporaryDirectory(prefix="desk-soak-") as name:
        return asyncio.run(run(Path(name), *given))


if __name__ == "__main__":
    sys.exit(main())
