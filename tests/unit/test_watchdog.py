"""I16: a blocked event loop is noticed from outside it, shown, and ended."""

import asyncio
import json
import logging
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.watchdog import Notifier, Watchdog, stacks

BLOCKED = """
import asyncio, logging, sys, time
from bot.watchdog import Watchdog

async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(Watchdog(1.0).run())
        await asyncio.sleep(0.1)
        if sys.argv[1] == "log":
            logging.getLogger().handlers[0].acquire()  # nobody can log any more
        swallow_the_loop()

def swallow_the_loop():
    time.sleep(60)

logging.basicConfig(level=logging.CRITICAL, format="%(message)s %(facts)s", stream=sys.stdout)
asyncio.run(main())
"""


@pytest.mark.parametrize("how", ["plain", "log"])
def test_i16_a_blocked_loop_is_logged_and_ended_within_the_limit(how: str) -> None:
    began = time.monotonic()
    ended = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-c", BLOCKED, how],
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert ended.returncode == 1
    assert time.monotonic() - began < 10
    assert "swallow_the_loop" in ended.stderr
    if how == "plain":
        assert "event_loop_blocked" in ended.stdout
        assert "swallow_the_loop" in ended.stdout


async def test_a_loop_that_turns_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    watchdog = Watchdog(0.4, ends=False)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watchdog.run())
        await asyncio.sleep(0.05)
        assert watchdog.age < 0.4
        task.cancel()
    assert not caplog.records


@pytest.mark.skipif(sys.platform == "win32", reason="systemd is of Linux")
async def test_i16_systemd_is_told_that_the_loop_turns_and_when_it_stops(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(1)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(Watchdog(30, Notifier(address), ends=False).run())
            await asyncio.sleep(0.02)
            task.cancel()
        told = [systemd.recv(256).decode() for _ in range(3)]
    assert told == ["READY=1\nSTATUS=running", "WATCHDOG=1", "STOPPING=1\nSTATUS=stopping"]


def test_a_socket_that_is_gone_is_no_reason_to_fail(tmp_path: Path) -> None:
    Notifier(str(tmp_path / "nobody")).tell(READY="1")
    Notifier(None).tell(READY="1")


def test_stacks_show_places_and_no_values() -> None:
    held = "a-held-value"
    found = json.dumps(stacks())
    assert "test_stacks_show_places_and_no_values" in found
    assert held not in found
