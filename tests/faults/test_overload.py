"""More signals at once than a desk can take: some are put off, none is lost, the guard looks on."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.bench.bench_intake import burst, missing, passes
from tests.support.process_desk import Nursery, process_desk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and POSIX signals")
_COUNT = 900
_IDLE_SECONDS = 2.0


async def test_the_guard_looks_on_while_posts_wait(tmp_path: Path) -> None:
    async with Nursery() as nursery, process_desk(tmp_path, nursery) as desk:
        await desk.start()
        port = desk.settings.http.port
        first = await passes(port)
        await asyncio.sleep(_IDLE_SECONDS)
        second = await passes(port)
        clock = asyncio.get_running_loop()
        began = clock.time()
        load = await burst(port, _COUNT)
        took = clock.time() - began
        third = await passes(port)

    idle, busy = (second - first) / _IDLE_SECONDS, (third - second) / took
    assert load.lost == 0
    assert set(load.statuses) <= {201, 429, 503}
    assert load.retry_after == load.statuses[429] + load.statuses[503]
    assert load.statuses[201] >= 64
    assert busy > idle / 4
    assert missing(tmp_path, load) == []
