"""From nothing to the first poll: ``python -m tests.bench.bench_startup``.

``python -m bot run`` as its own process, until it asks for updates for the first time: database
opened and migrated, recovery done, worker booted, account seen. The floor is a bare
``import aiogram`` in a process of its own, in turns with it. This bench is for Linux.
"""

import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox import Sandbox
from tests.bench.bench_footprint import cpu_seconds
from tests.bench.harness import Report, arguments
from tests.support.chat_desk import OWNER, environment, steady

IMPORT = "import aiogram, sys; sys.stdout.write('.'); sys.stdout.flush(); sys.stdin.read()"
WARM_UP = 1
LONGEST = 120.0


@dataclass
class Start:
    """What one start took, in seconds of the wall clock and of the processor."""

    wall: float
    cpu: float


async def bare() -> Start:
    """Return what a bare import takes."""
    began = time.perf_counter()
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", IMPORT, stdin=pipe, stdout=pipe
    )
    assert process.stdout is not None
    await process.stdout.readexactly(1)
    found = Start(time.perf_counter() - began, cpu_seconds(process.pid))
    await process.communicate(b"")  # which closes its input, and that ends it
    return found


async def desk(folder: Path) -> Start:
    """Return what the bot takes to its first poll, on a database of an earlier run."""
    async with Sandbox() as sandbox:
        sandbox.person(OWNER, "Olga")
        given = environment(folder, sandbox.url, steady(600), LOOP_INTERVAL_SECONDS="1")
        with (folder / "log.txt").open("wb") as log:
            began = time.perf_counter()
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"),
                env=os.environ | given,
                stdout=log,
                stderr=log,
            )
            async with asyncio.timeout(LONGEST):
                while not sandbox.calls_of("getUpdates"):  # noqa: ASYNC110 - near enough
                    await asyncio.sleep(0.005)
            found = Start(time.perf_counter() - began, cpu_seconds(process.pid))
            process.terminate()
            await process.wait()
    return found


async def measure(count: int) -> tuple[list[Start], list[Start]]:
    """Return so many starts of floor and bot, taken in turns."""
    floors: list[Start] = []
    bots: list[Start] = []
    with tempfile.TemporaryDirectory() as name:
        for number in range(WARM_UP + count):
            one, other = await bare(), await desk(Path(name))
            if number >= WARM_UP:
                floors.append(one)
                bots.append(other)
    return floors, bots


def main() -> int:
    options = arguments(__doc__ or "", 9)
    floors, bots = asyncio.run(measure(min(options.count, 9)))
    report = Report("startup", options)
    for what, unit in (("wall", "s"), ("cpu", "s")):
        floor = min(getattr(one, what) for one in floors)
        bot = min(getattr(one, what) for one in bots)
        report.value(f"bare import aiogram, {what}", floor, unit)
        report.value(f"run to the first poll, {what}", bot, unit)
        report.value(f"against the bare import, {what}", bot / floor, "x", at_most=1.3)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
