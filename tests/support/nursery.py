"""Starts bots as processes of their own without paying for aiogram's import each time.

``python -m tests.support.nursery`` imports the program once, then forks a child for each line of
JSON on its standard input, and answers each line with one of its own. A child is a real process
that runs ``python -m bot``'s own ``main``: it can be killed at any moment and shares nothing.
"""

import json
import os
import sys
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn


def serve() -> None:
    """Fork a bot for each ``start``, answer its exit code for each ``wait``."""
    from bot import app, cli  # noqa: F401, PLC0415 - app: imported once, for every child

    for line in sys.stdin:
        wish = json.loads(line)
        if "wait" in wish:
            _, status = os.waitpid(wish["wait"], 0)
            _answer(os.waitstatus_to_exitcode(status))
            continue
        child = os.fork()
        if child == 0:
            _be_a_bot(wish)
        _answer(child)


def _answer(value: int) -> None:
    sys.stdout.write(f"{value}\n")
    sys.stdout.flush()


def _be_a_bot(wish: dict[str, Any]) -> NoReturn:
    code = 99
    try:
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
    serve()
