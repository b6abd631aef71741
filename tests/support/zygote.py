"""A process that has imported the desk and forks a fresh one for each life: no 4 s of imports.

``python -m tests.support.zygote`` reads a line of JSON with the settings of a life, forks, and
writes ``pid N``; when that process ends it writes ``end N STATUS``. What is forked is what
``python -m bot run`` would be after its imports: one thread, no event loop, no open file.
"""

import asyncio
import gc
import json
import os
import random
import signal
import sys
import traceback
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot import app, logs
from bot.settings import Settings, load_settings
from bot.stopping import stop_on_signal
from bot.terminals import terminal_config
from trading import reconcile
from trading.terminal import client, factory, pipe, worker  # noqa: F401 - paid once, here


def main() -> None:
    """Fork a life for each line read, until the input ends."""
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, lambda *_: _reap())
    for line in sys.stdin:
        life = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(life)
        _say(f"pid {pid}")


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say(f"end {pid} {status}")


def _say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


def _live(life: dict[str, str]) -> None:
    """Be the desk until it ends; never return into the zygote."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        random.seed()
        os.close(0)
        log = os.open(life["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdout = os.fdopen(1, "w", buffering=1)
        settings = load_settings(json.loads(life["settings"]), None, need_telegram=True)
        logs.configure(settings.log, settings.secrets())
        # The simulated broker is late by less than a second: its settle time is scaled with it.
        reconcile.SETTLE = timedelta(seconds=float(life["settle"]))
        asyncio.run(_run(settings, life))
        code = 0
    except BaseException:  # noqa: BLE001 - the last words of a life that ends by itself
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


async def _run(settings: Settings, life: dict[str, str]) -> None:
    config = terminal_config(settings, settings.database_path)
    extra = {**config.extra, "SIMULATED_FAULTS": life["faults"], "SIMULATED_COMMISSION": "0"}
    async with app.open_app(settings, terminal=replace(config, extra=extra)) as one:
        with stop_on_signal(one.stopping):
            await one.run()


if __name__ == "__main__":
    Path.cwd()
    main()
