"""What the desk costs while nothing happens: ``python -m tests.bench.bench_footprint``.

The bot runs as its own process with one account, against the sandbox in this one. Processor time
and resident memory of bot and worker come from /proc, so this bench is for Linux; the floor of
memory and of start is a bare ``import aiogram`` in the same run.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from bot.sandbox import Sandbox
from tests.bench.harness import Report, arguments
from tests.support.chat_desk import OWNER, environment, steady

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
IMPORT = (
    "import time; began = time.perf_counter(); import aiogram;"
    "print(time.perf_counter() - began); import sys; sys.stdout.flush(); sys.stdin.read()"
)


def memory_mib(pid: int) -> float:
    """Return a process's resident memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (one for one in lines if one.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def children(pid: int) -> list[int]:
    """Return the processes a process has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def bare_import() -> tuple[float, float]:
    """Return the processor seconds and the memory of a bare ``import aiogram``."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", IMPORT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = cpu_seconds(process.pid), memory_mib(process.pid)
        process.communicate()
    return found


async def measure(seconds: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        async with Sandbox() as sandbox:
            sandbox.person(OWNER, "Olga")
            given = environment(Path(name), sandbox.url, steady(600), LOOP_INTERVAL_SECONDS="1")
            log = (Path(name) / "log.txt").open("wb")
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"),
                env=os.environ | given,
                stdout=log,
                stderr=log,
            )
            await _ready(f"http://127.0.0.1:{given['HTTP_PORT']}/health/ready")
            started = cpu_seconds(process.pid)
            await asyncio.sleep(5)
            (worker,) = children(process.pid)
            before, began = (cpu_seconds(process.pid), cpu_seconds(worker)), time.perf_counter()
            await asyncio.sleep(seconds)
            elapsed = time.perf_counter() - began
            found = {
                "start": started,
                "bot_cpu": (cpu_seconds(process.pid) - before[0]) / elapsed * 100,
                "worker_cpu": (cpu_seconds(worker) - before[1]) / elapsed * 100,
                "bot": memory_mib(process.pid),
                "worker": memory_mib(worker),
            }
            process.terminate()
            await process.wait()
            log.close()
    return found


async def _ready(url: str) -> None:
    async with asyncio.timeout(90), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


def main() -> int:
    options = arguments(__doc__ or "", 20)
    imports = [bare_import() for _ in range(1)]
    cpu, memory = (statistics.median(values) for values in zip(*imports, strict=True))
    found = asyncio.run(measure(options.count))
    report = Report("footprint", options)
    report.value("floor: bare import aiogram", memory, "MiB")
    report.value("bot", found["bot"], "MiB")
    report.value("worker (simulated terminal)", found["worker"], "MiB")
    above = found["bot"] + found["worker"] - memory
    report.value("bot and worker over the floor", above, "MiB", at_most=60)
    report.value("floor: bare import aiogram, processor", cpu, "s")
    report.value("bot: start to ready, processor", found["start"], "s", at_most=cpu * 1.3)
    report.value("idle, bot", found["bot_cpu"], "% of a core")
    report.value("idle, worker", found["worker_cpu"], "% of a core")
    idle = found["bot_cpu"] + found["worker_cpu"]
    report.value("idle, bot and worker", idle, "% of a core", at_most=2)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
