"""A blocked event loop is noticed from outside it, written to the log, and ended.

Two watchers, because each sees what the other cannot: a thread of Python logs every stack once the
loop is late, masked like every log line; a thread of C (``faulthandler``) needs neither the
interpreter's lock nor the log, so it ends the process even when a call holds both.
"""

import asyncio
import faulthandler
import logging
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import TextIO

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0


class Notifier:
    """Tells systemd how we are: the datagrams of sd_notify(3); silent without its socket."""

    def __init__(self, address: str | None) -> None:
        """``address`` is what the environment calls NOTIFY_SOCKET."""
        self._address = address

    def tell(self, **state: str) -> None:
        """Send READY, WATCHDOG, STATUS or STOPPING; one that cannot be sent is left out."""
        if not self._address or sys.platform == "win32":
            return
        path = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        text = "\n".join(f"{name}={value}" for name, value in state.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.setblocking(False)
                channel.sendto(text.encode(), path)
        except OSError as error:
            log.debug("notify_failed", extra={"facts": {"why": str(error)}})


class Watchdog:
    """Sees whether the event loop still turns; ends the process when it does not.

    The loop turns a wheel every second. A wheel that stands for half the limit is logged with
    every thread's stack; one that stands for the whole limit ends the process with code 1, for
    whoever supervises it to start it again.
    """

    def __init__(
        self,
        limit: float,
        notifier: Notifier | None = None,
        *,
        stream: TextIO | None = None,
        ends: bool = True,
    ) -> None:
        """``limit`` in seconds; ``stream`` is where the last stacks go (stderr)."""
        self._limit = limit
        self._notifier = notifier or Notifier(None)
        self._stream = stream or sys.stderr
        self._ends = ends
        self._turned = time.monotonic()
        self._stopping = threading.Event()
        self.lag = 0.0
        """Seconds the last turn of the wheel came late."""

    @property
    def age(self) -> float:
        """Seconds since the loop last turned the wheel."""
        return time.monotonic() - self._turned

    async def run(self) -> None:
        """Turn the wheel until cancelled."""
        self._turned = time.monotonic()
        self._stopping.clear()
        thread = threading.Thread(target=self._look, name="watchdog", daemon=True)
        thread.start()
        self._notifier.tell(READY="1", STATUS="running")
        try:
            while True:
                self._turn()
                await asyncio.sleep(TICK_SECONDS)
        finally:
            self._stopping.set()
            if self._ends:
                faulthandler.cancel_dump_traceback_later()
            self._notifier.tell(STOPPING="1", STATUS="stopping")

    def _turn(self) -> None:
        now = time.monotonic()
        self.lag = max(0.0, now - self._turned - TICK_SECONDS)
        self._turned = now
        if self._ends:
            faulthandler.dump_traceback_later(self._limit, exit=True, file=self._stream)
        self._notifier.tell(WATCHDOG="1")

    def _look(self) -> None:
        told = False
        while not self._stopping.wait(min(TICK_SECONDS, self._limit / 4)):
            late = self.age >= self._limit / 2
            if late and not told:
                log.critical(
                    "event_loop_blocked",
                    extra={"facts": {"seconds": round(self.age, 1), "stacks": stacks()}},
                )
            told = late


def stacks(frames: Callable[[], dict[int, object]] = sys._current_frames) -> dict[str, list[str]]:  # type: ignore[assignment]  # noqa: SLF001 - the documented way to them
    """Return where every thread stands, innermost call last: file, line and function, no values."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return {
        names.get(ident, str(ident)): [
            f"{step.filename}:{step.lineno} {step.name}"
            for step in traceback.extract_stack(frame)  # type: ignore[arg-type]  # a frame
        ]
        for ident, frame in frames().items()
    }
