"""The one place of this package that reads the machine's clock."""

import time


def wall_ms() -> int:
    """Return the present instant as milliseconds since the epoch, in UTC."""
    return time.time_ns() // 1_000_000


def sleep(seconds: float) -> None:
    """Block the process, as a call to a terminal that does not answer does."""
    time.sleep(seconds)
