"""How a person or a supervisor asks the program to end."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def stop_on_signal(stopping: asyncio.Event) -> Iterator[None]:
    """Set the event on SIGTERM, SIGINT and, on Windows, Ctrl+C and Ctrl+Break."""
    loop = asyncio.get_running_loop()
    names = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        names.append(signal.SIGBREAK)
    before = {
        number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopping.set))
        for number in names
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
