"""The way to the drawing process: one picture at a time, each within its time or not at all."""

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
from collections.abc import Sequence

from bot.charts.labels import labels
from bot.charts.wire import LENGTH_BYTES, OK, encode, frame
from trading.charts import Chart, ChartError, Look
from trading.terminal.pipe import environment

DEADLINE_SECONDS = 30.0
"""The first picture pays for the imports, and once a machine for the list of fonts."""
IDLE_SECONDS = 60.0
"""Drawing needs a hundred megabytes: they are given back when nobody asks for pictures."""
MOST_WAITING = 8
WORKER = (sys.executable, "-m", "bot.charts.worker")

log = logging.getLogger(__name__)


class ChartRenderer:
    """Draws in a child process that starts when it is needed and ends when it is not."""

    def __init__(
        self,
        command: Sequence[str] = WORKER,
        deadline: float = DEADLINE_SECONDS,
        idle: float = IDLE_SECONDS,
    ) -> None:
        self._command = tuple(command)
        self._deadline = deadline
        self._idle = idle
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._process: asyncio.subprocess.Process | None = None
        self._killed: list[asyncio.subprocess.Process] = []
        self._ending: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the child, None while there is none."""
        return self._process.pid if self._process else None

    async def render(self, chart: Chart, look: Look = Look.CHAT) -> bytes:
        """Return the picture; raise ``ChartError`` when there is none within the time allowed."""
        if self._waiting >= MOST_WAITING:
            raise ChartError("too many charts are being drawn: ask again in a minute")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._draw(encode(chart, look, labels()))
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the child."""
        self._kill()
        for process in self._killed:
            await process.wait()

    async def _draw(self, body: bytes) -> bytes:
        if self._ending is not None:
            self._ending.cancel()
        try:
            async with asyncio.timeout(self._deadline):
                answer = await self._ask(body)
        except TimeoutError as error:
            self._kill()
            log.warning("chart_killed", extra={"facts": {"seconds": self._deadline}})
            raise ChartError(f"the chart was not drawn within {self._deadline:g} s") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            self._kill()
            raise ChartError("the drawing process ended: ask again") from error
        except asyncio.CancelledError:
            self._kill()  # its answer would be taken for the next one's
            raise
        self._ending = asyncio.get_running_loop().call_later(self._idle, self._kill)
        if not answer.startswith(OK):
            log.error("chart_failed", extra={"facts": {"why": answer[1:].decode()}})
            raise ChartError("the chart could not be drawn")
        return answer[1:]

    async def _ask(self, body: bytes) -> bytes:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await _start(self._command)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(frame(body))
        await process.stdin.drain()
        head = await process.stdout.readexactly(LENGTH_BYTES)
        return await process.stdout.readexactly(int.from_bytes(head, "big"))

    def _kill(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        process, self._process = self._process, None
        if process is not None:
            self._killed = [one for one in self._killed if one.returncode is None] + [process]
            with contextlib.suppress(ProcessLookupError):
                process.kill()


async def _start(command: Sequence[str]) -> asyncio.subprocess.Process:
    # Windows: no console window, and behind the passes in the queue for the processor.
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    flags |= getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment(os.environ, {}),
        creationflags=flags,
    )
