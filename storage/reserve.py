"""Space kept back on the disk of the database: when it is full, the guard can still write.

A file of real blocks lies beside the database. The first transaction that finds the disk full
gives it up and is written in the space it leaves; from then on entries are held, while breaches,
closes and alarms, a few kilobytes each, go on.
"""

import contextlib
import logging
import os
import shutil
from pathlib import Path

log = logging.getLogger(__name__)

_CHUNK = b"\xff" * (1 << 20)


class DiskReserve:
    """The file, and how much else is free; no method raises."""

    def __init__(self, database: Path, mebibytes: int) -> None:
        """``mebibytes`` is its size; 0 keeps nothing back."""
        self._path = database.with_name(f"{database.name}.reserve")
        self._size = mebibytes << 20

    @property
    def held(self) -> bool:
        """Tell whether the space is kept back now."""
        with contextlib.suppress(OSError):
            return self._path.stat().st_size >= self._size
        return False

    def free(self) -> int:
        """Return the bytes the disk has left besides the reserve; 0 when it cannot be asked."""
        try:
            return shutil.disk_usage(self._path.parent).free
        except OSError:
            return 0

    def hold(self) -> bool:
        """Keep the space back again; False, and nothing kept, where it does not fit."""
        if self.held or not self._size:
            return True
        try:
            with self._path.open("wb") as file:
                for _ in range(self._size >> 20):
                    file.write(_CHUNK)  # real blocks: a hole would not be there when needed
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            log.warning("disk_reserve_not_kept", extra={"facts": {"why": error.strerror}})
            self.release()
            return False
        return True

    def release(self) -> bool:
        """Give the space up; True when there was any."""
        try:
            size = self._path.stat().st_size
            self._path.unlink()
        except OSError:
            return False
        return size > 0
