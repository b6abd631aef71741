"""Starts bots as processes of their own without paying for aiogram's import each time.

One run of the tests has one nursery, started by the first test that asks for it: it imports the
program once and forks a child for each connection to its socket. That child forks a bot for each
line of JSON it reads and answers each line with one of its own. A bot is a real process that
runs ``python -m bot``'s own ``main``: it can be killed at any moment and shares nothing.
"""

import fcntl
import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

FOLDER = "TESTS_NURSERY"
"""The variable that names the folder of this run's nursery."""
_LOOK_SECONDS = 2.0
"""How often a nursery looks whether the run it belongs to is still there."""


def address() -> Path:
    """Return the socket of this run's nursery, which is started where nobody has done so."""
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock, (folder / "log").open("a") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "socket").exists():
            subprocess.run(
                [sys.executable, "-m", "tests.support.nursery"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
            )
    return folder / "socket"


def begin() -> None:
    """Give this run a place for its nursery."""
    folder = Path(tempfile.mkdtemp(prefix="nursery-"))
    (folder / "owner").write_text(str(os.getpid()))
    os.environ[FOLDER] = str(folder)


def end() -> None:
    """End the nursery of this run, where one was started, and take its place away."""
    folder = Path(os.environ.pop(FOLDER))
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int((folder / "pid").read_text()), signal.SIGTERM)
    shutil.rmtree(folder)


@contextmanager
def opened() -> Iterator[None]:
    """Have a nursery for a program that is no run of the tests."""
    begin()
    try:
        yield
    finally:
        end()


def _serve(folder: Path, owner: int) -> None:
    """Fork a child for each connection until the run of the tests is gone."""
    from bot import app, cli  # noqa: F401, PLC0415 - imported once, for every child
    from trading.terminal import factory, pipe, remote  # noqa: F401, PLC0415 - these too

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "socket"))
    listener.listen()
    listener.settimeout(_LOOK_SECONDS)
    if os.fork():
        return  # who waits for this process knows by its end that the socket is there
    os.setsid()
    (folder / "pid").write_text(str(os.getpid()))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    while is_there(owner):
        with suppress(TimeoutError):
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _attend(connection)
            connection.close()


def is_there(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _attend(connection: socket.socket) -> NoReturn:
    """Start a bot for each wish, answer its exit code for each ``wait``; leave no bot behind."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection.setblocking(True)
    bots = set()
    with connection.makefile("r") as wishes:
        for line in wishes:
            wish = json.loads(line)
            if "wait" in wish:
                bots.discard(wish["wait"])
                _, status = os.waitpid(wish["wait"], 0)
                answer = os.waitstatus_to_exitcode(status)
            else:
                answer = os.fork()
                if answer == 0:
                    connection.close()
                    _be_a_bot(wish)
                bots.add(answer)
            connection.sendall(f"{answer}\n".encode())
    for bot in bots:
        os.kill(bot, signal.SIGKILL)
    os._exit(0)


def _be_a_bot(wish: dict[str, Any]) -> NoReturn:
    code = 99
    try:
        os.setsid()
        log = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(wish["env"])
        os.chdir(Path(wish["log"]).parent)
        if "settle" in wish:
            from trading import reconcile  # noqa: PLC0415

            reconcile.SETTLE = timedelta(seconds=wish["settle"])
        from bot import cli  # noqa: PLC0415

        code = cli.main(wish.get("arguments", ["run"]))
    except BaseException:  # noqa: BLE001 - the end of a process: its code is the answer
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    home = Path(os.environ[FOLDER])
    _serve(home, int((home / "owner").read_text()))
