"""A kill -9 while signals pour in over HTTP: what was answered 201 is in the file."""

import signal
import sys
from pathlib import Path

import pytest

from tests.bench.bench_intake import drive, missing
from tests.support.process_desk import Nursery, process_desk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and POSIX signals")


async def test_a_kill_in_the_middle_loses_no_signal_that_was_answered(tmp_path: Path) -> None:
    async with Nursery() as nursery, process_desk(tmp_path, nursery) as desk:
        await desk.start()
        assert desk.pid is not None
        load = await drive(desk.settings.http.port, 100, 8, kill=25, pid=desk.pid)
        assert await desk.ended() == -signal.SIGKILL

    assert load.lost > 0
    assert len(load.taken) >= 25
    assert missing(tmp_path, load) == []
