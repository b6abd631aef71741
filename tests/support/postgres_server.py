"""A PostgreSQL server for one run of the tests, and a database of it for each that asks.

``TEST_POSTGRES_DSN`` names a server whose user may create databases; without it one is started
from the server's own programs in a folder of the run, on a socket there, and ended with the run.
Where there is neither, ``why_not`` says so and the tests that need one are skipped.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from tests.support.nursery import FOLDER, is_there

GIVEN = "TEST_POSTGRES_DSN"
_TEMPLATE = "desk_template"
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
_START_SECONDS = 30.0
_LOOK_SECONDS = 2.0
_made: set[str] = set()


@cache
def why_not() -> str:
    """Return why no test of this run can have a server, an empty text where one can."""
    try:
        import psycopg  # noqa: F401, PLC0415 - an extra of its own
    except ImportError:
        return "psycopg is not installed: pip install -e '.[postgres]'"
    if os.environ.get(GIVEN) or _programs() is not None:
        return ""
    return f"no PostgreSQL: neither {GIVEN} nor initdb and pg_ctl are there"


def dsn(path: Path) -> str:
    """Return the address of the database that stands for a path."""
    return _address(_name(path))


def fresh(path: Path) -> str:
    """Make the database of a path, empty and of this version, where it is not there yet."""
    name = _name(path)
    if name in _made:
        return _address(name)
    with closing(_admin()) as admin:
        known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if known.fetchone() is None:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {_template()}")
    _made.add(name)
    return _address(name)


def drop(path: Path) -> None:
    """Remove the database of a path and end whoever is connected to it."""
    _made.discard(_name(path))
    with closing(_admin()) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {_name(path)} WITH (FORCE)")


def end_connections(url: str) -> None:
    """End every other connection to a database, as a restart of its server would."""
    import psycopg  # noqa: PLC0415

    with closing(psycopg.connect(url, autocommit=True)) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def close_to_all(url: str) -> None:
    """Let nobody in to a database and end every connection to it: the server is away."""
    _allow(url, "false")


def open_to_all(url: str) -> None:
    """Let everybody in again."""
    _allow(url, "true")


def _allow(url: str, allowed: str) -> None:
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    name = conninfo_to_dict(url)["dbname"]
    with closing(_admin()) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}")
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            (name,),
        )


def folder(run: Path | None = None) -> Path:
    """Return the folder of a run's own server, in memory where there is such a place."""
    run = run or Path(os.environ[FOLDER])
    return _MEMORY / f"postgres-{run.name}" if _MEMORY.is_dir() else run / "postgres"


def end(run: Path) -> None:
    """End the server of a run, where one was started, and wait until it has ended."""
    home = folder(run)
    with suppress(FileNotFoundError, ProcessLookupError):
        pid = int((home / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)  # at once: nobody needs its data again
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.02)
    shutil.rmtree(home, ignore_errors=True)


def _name(path: Path) -> str:
    return f"desk_{hashlib.sha256(str(path).encode()).hexdigest()[:24]}"


def _admin() -> Any:
    import psycopg  # noqa: PLC0415

    return psycopg.connect(_address(None), autocommit=True)


def _address(database: str | None) -> str:
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    parts: dict[str, Any] = {"host": str(folder()), "user": "desk", "dbname": "postgres"}
    if given := os.environ.get(GIVEN):
        parts = conninfo_to_dict(given)
    else:
        _started()
    if database:
        parts["dbname"] = database
    return f"postgresql://?{urlencode(parts, quote_via=quote)}"


@cache
def _template() -> str:
    """Return the name of a database with the whole schema, which is made once a run."""
    from storage import postgres, postgres_right  # noqa: PLC0415

    name = f"{_TEMPLATE}_{os.environ[FOLDER].rpartition('-')[2].lower()}"
    with (Path(os.environ[FOLDER]) / "template").open("a+") as lock, closing(_admin()) as admin:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if known.fetchone() is None:
            admin.execute(f"CREATE DATABASE {name}")
            with closing(postgres.connect(_address(name))) as connection:
                postgres_right.take(connection)
    return name


@cache
def _started() -> None:
    """Start the run's server, where no other process of the run has done so."""
    programs = _programs()
    assert programs is not None
    home = folder()
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "data" / "postmaster.pid").exists():
            _start(home, *programs)


def _start(home: Path, initdb: str, control: str) -> None:
    other = _other_user()
    if other is not None:  # the server refuses to run as root
        os.chown(home, other["user"], other["group"])
        if home.parent != _MEMORY:
            home.parent.chmod(0o711)
    # A run that is killed ends nothing itself: somebody has to notice.
    subprocess.run(
        [sys.executable, "-m", "tests.support.postgres_server"],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    data, options = home / "data", f"-k {home} -h '' -c max_connections=200"
    commands: tuple[list[str | Path], ...] = (
        [initdb, "-D", data, "-U", "desk", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale"],
        [control, "-D", data, "-l", home / "log", "-o", options, "-w", "start"],
    )
    for command in commands:
        subprocess.run(  # noqa: S603 - our own words
            command,
            cwd=home,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=_START_SECONDS,
            **(other or {}),
        )


def _watch(run: Path) -> None:
    """End the server of a run once the run is gone, from a process of its own."""
    if os.fork():
        return
    os.setsid()
    owner = int((run / "owner").read_text())
    while is_there(owner):
        time.sleep(_LOOK_SECONDS)
    end(run)


def _programs() -> tuple[str, str] | None:
    """Return the server's own programs, from the path or from where Debian keeps them."""
    kept = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, kept)])
    initdb, control = shutil.which("initdb", path=path), shutil.which("pg_ctl", path=path)
    return None if initdb is None or control is None else (initdb, control)


def _other_user() -> Any:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise AssertionError("the server refuses to run as root, and there is no other user")


if __name__ == "__main__":
    _watch(Path(os.environ[FOLDER]))
