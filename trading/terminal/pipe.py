"""PipeTransport: the worker as a child process, frames over its standard input and output.

Callbacks instead of streams: a round trip is one write, one read and one wake-up.
"""

import asyncio
import contextlib
import logging
import os
import re
import subprocess
from collections.abc import Mapping, Sequence

from trading.errors import ProtocolError, TerminalTimeout, TerminalUnavailable
from trading.terminal.codec import FrameReader, answer_id, frame
from trading.terminal.transport import AnswerLost
from trading.words import told

CLOSING = 3.0
"""Seconds a worker has to end by itself once its input is closed."""

_LINE_LENGTH = 2000
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|_KEY$|PING_URL|^TELEGRAM_", re.IGNORECASE)

log = logging.getLogger(__name__)


class PipeTransport:
    """A worker process that this object starts, kills and replaces."""

    def __init__(self, command: Sequence[str], extra: Mapping[str, str] | None = None) -> None:
        self._command = tuple(command)
        self._extra = dict(extra or {})
        self._worker: _WorkerProcess | None = None
        self._killed: list[_WorkerProcess] = []

    @property
    def pid(self) -> int | None:
        """The process id of the worker, None while there is none."""
        return self._worker.pid if self._worker else None

    @property
    def alive(self) -> bool:
        return self._worker is not None and self._worker.alive

    async def boot(self) -> None:
        with contextlib.suppress(TerminalUnavailable):  # which ``start`` will say again
            await self.start()

    async def start(self) -> None:
        if self.alive:
            return
        self._kill()
        loop = asyncio.get_running_loop()
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows: no console window
        try:
            _, protocol = await loop.subprocess_exec(
                lambda: _WorkerProcess(loop),
                *self._command,
                env=environment(os.environ, self._extra),
                creationflags=flags,
            )
        except OSError as error:
            raise TerminalUnavailable(
                told("the worker could not be started: {why}", why=error)
            ) from error
        self._worker = protocol

    async def call(self, call_id: int, body: bytes, deadline: float) -> bytes:
        worker = self._worker
        if worker is None or not worker.alive:
            raise TerminalUnavailable(told("the worker is not running"))
        return await worker.ask(call_id, body, deadline)

    async def restart(self) -> None:
        self._kill()
        await self.start()

    async def close(self) -> None:
        worker = self._worker
        if worker is not None:
            worker.close_input()
            try:
                async with asyncio.timeout(CLOSING):
                    await worker.ended.wait()
            except TimeoutError:
                log.warning("terminal_worker_killed")
        self._kill()
        for one in self._killed:
            await one.ended.wait()

    def _kill(self) -> None:
        self._killed = [one for one in self._killed if not one.ended.is_set()]
        if self._worker is not None:
            self._worker.kill()
            self._killed.append(self._worker)
            self._worker = None


class _WorkerProcess(asyncio.SubprocessProtocol):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._frames = FrameReader()
        self._stderr = bytearray()
        self._asked: tuple[int, asyncio.Future[bytes]] | None = None
        self._input: asyncio.WriteTransport | None = None
        self._process: asyncio.SubprocessTransport | None = None
        self.alive = False
        self.ended = asyncio.Event()

    @property
    def pid(self) -> int | None:
        return self._process.get_pid() if self._process else None

    async def ask(self, call_id: int, body: bytes, deadline: float) -> bytes:
        assert self._input is not None
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._asked = (call_id, answer)
        timer = self._loop.call_later(deadline, self._expire, answer, deadline)
        try:
            self._input.write(frame(body))
            return await answer
        finally:
            timer.cancel()
            self._asked = None

    def close_input(self) -> None:
        if self._input is not None:
            self._input.close()

    def kill(self) -> None:
        self.alive = False
        self._lose(told("the worker was killed"))
        if self._process is not None:
            if self._process.get_returncode() is None:
                self._process.kill()
            self._process.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._process = transport
        pipe = transport.get_pipe_transport(0)
        assert isinstance(pipe, asyncio.WriteTransport)
        self._input = pipe
        self.alive = True
        answers = transport.get_pipe_transport(1)
        assert isinstance(answers, asyncio.ReadTransport)
        answers.set_protocol(_AnswerPipe(self, answers.get_protocol()))

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self._log(data)
        else:
            self.receive(data)

    def receive(self, data: bytes) -> None:
        try:
            for body in self._frames.feed(data):
                self._deliver(body)
        except ProtocolError as error:
            log.warning("terminal_frame_unreadable", extra={"why": str(error)})
            self.kill()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd != 2:
            self.alive = False
            self._lose(told("the worker ended"))

    def process_exited(self) -> None:
        self.alive = False
        self._lose(told("the worker ended"))
        self.ended.set()

    def _deliver(self, body: bytes) -> None:
        if self._asked is None or answer_id(body) != self._asked[0]:
            log.warning("terminal_answer_dropped")
            return
        answer = self._asked[1]
        if not answer.done():
            answer.set_result(body)

    def _lose(self, why: str) -> None:
        if self._asked is not None and not self._asked[1].done():
            self._asked[1].set_exception(AnswerLost(told("{why} before it answered", why=why)))

    def _log(self, data: bytes) -> None:
        self._stderr += data
        *lines, rest = bytes(self._stderr).split(b"\n")
        self._stderr = bytearray(rest[-_LINE_LENGTH:])
        for line in lines:
            said = line.decode("utf-8", "replace").rstrip()
            log.warning("terminal_worker_said", extra={"said": said[:_LINE_LENGTH]})

    @staticmethod
    def _expire(answer: asyncio.Future[bytes], deadline: float) -> None:
        if not answer.done():
            why = told("the terminal did not answer within {seconds} s", seconds=f"{deadline:g}")
            answer.set_exception(TerminalTimeout(why))


class _AnswerPipe(asyncio.Protocol):
    """Reads answers without the turn of the event loop a subprocess transport puts in between."""

    def __init__(self, worker: _WorkerProcess, inner: asyncio.BaseProtocol) -> None:
        self._worker = worker
        self._inner = inner

    def data_received(self, data: bytes) -> None:
        self._worker.receive(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._inner.connection_lost(exc)


def environment(inherited: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """Return what a worker's process may know: all but our secrets, and what is given for it.

    A list of allowed names would be shorter, but a terminal on Windows or Wine needs names of its
    own that cannot be foreseen.
    """
    kept = {name: value for name, value in inherited.items() if not _SECRET.search(name)}
    return {**kept, **extra}
