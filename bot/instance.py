"""One running program per database: a lock that the system drops when its holder dies."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from trading.errors import DatabaseInUse, DatabaseUnusable

if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> None:
        # Far behind the text: Windows lets nobody read a locked part, and the pid is to be read.
        os.lseek(handle, 1 << 20, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)

else:
    import fcntl

    def _try_lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock_path(database: Path) -> Path:
    """Return the file beside a database that its holder locks."""
    return database.with_name(f"{database.name}.lock")


@contextlib.contextmanager
def hold(database: Path) -> Iterator[None]:
    """Be the only program on this database; raise ``DatabaseInUse`` when another one is.

    The lock file stays behind, unlocked: to remove it would let two programs in at once.
    """
    path = lock_path(database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise DatabaseUnusable(f"{path}: {error.strerror}") from error
    try:
        try:
            _try_lock(handle)
        except OSError as error:
            raise DatabaseInUse(f"{database} is in use by {_holder(handle)}") from error
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def _holder(handle: int) -> str:
    os.lseek(handle, 0, os.SEEK_SET)
    pid = os.read(handle, 32).decode("ascii", "replace").strip()
    return f"another instance (process {pid})" if pid.isdigit() else "another instance"
