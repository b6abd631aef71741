"""The account file: one JSON line a transaction, appended under a lock before it is answered.

A line is written by one ``write`` and outlives the process that wrote it; only a failure of the
machine itself can lose it. Lines written by another process are picked up under the same lock.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trading.terminal.simulated.config import SetupError

FORMAT = {"format": "simulated account", "version": 1}

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


class Journal:
    """An append-only file of transactions, or nothing at all when there is no path."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file = -1
        self._lock_file = -1
        self._read_to = 0
        self._line = 0
        if path is not None:
            self._open(path)

    @property
    def place(self) -> str:
        """Return the file and the line last read or written, in words."""
        return f"account file {self._path}, line {self._line}"

    def close(self) -> None:
        """Let go of the file."""
        for handle in (self._file, self._lock_file):
            if handle >= 0:
                os.close(handle)
        self._file = self._lock_file = -1

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from the file."""
        if self._lock_file < 0:
            yield
            return
        _lock(self._lock_file)
        try:
            yield
        finally:
            _unlock(self._lock_file)

    def unread(self) -> Iterator[dict[str, Any]]:
        """Return the transactions that this object has neither read nor written; needs the lock."""
        if self._file < 0:
            return
        size = os.fstat(self._file).st_size
        if size == self._read_to:
            return
        os.lseek(self._file, self._read_to, os.SEEK_SET)
        data = self._read(size - self._read_to)
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            # A torn last line was never answered: its writer died or the disk was full.
            os.ftruncate(self._file, self._read_to + whole)
        self._read_to += whole
        for line in data[:whole].splitlines():
            self._line += 1
            yield self._parse(line)

    def append(self, entry: dict[str, Any]) -> None:
        """Write one transaction; needs the lock."""
        if self._file < 0:
            return
        data = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        os.lseek(self._file, self._read_to, os.SEEK_SET)
        written = os.write(self._file, data)
        if written != len(data):
            os.ftruncate(self._file, self._read_to)
            raise OSError(f"account file {self._path}: only {written} of {len(data)} bytes fit")
        self._read_to += written
        self._line += 1

    def _open(self, path: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock_file = os.open(f"{path}.lock", flags, 0o600)
            self._file = os.open(path, flags, 0o600)
            with self.locked():
                self._check_format()
        except SetupError:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise SetupError(f"account file {path}: {error.strerror or error}") from error

    def _check_format(self) -> None:
        first = next(self.unread(), None)
        if first is None:
            self.append(FORMAT)
        elif first != FORMAT:
            raise SetupError(
                f"account file {self._path}: not an account of this simulated terminal"
            )
        # The lines after the first are for whoever asks for them.
        self._read_to = len(json.dumps(FORMAT, separators=(",", ":"))) + 1
        self._line = 1

    def _read(self, size: int) -> bytes:
        parts = []
        while size > 0:
            part = os.read(self._file, size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _parse(self, line: bytes) -> dict[str, Any]:
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise SetupError(f"{self.place}: not readable") from error
        if not isinstance(entry, dict):
            raise SetupError(f"{self.place}: not a transaction")
        return entry
