"""A hot standby begins nothing, takes over a killed bot within 30 s, and sends no order twice."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support import postgres_server
from tests.support.depth import THOROUGH
from tests.support.process_desk import Nursery, process_desk
from tests.support.relay import hand_over_at_many_moments, page, start_standby

pytestmark = [
    pytest.mark.skipif(postgres_server.why_not() != "", reason=postgres_server.why_not()),
    pytest.mark.timeout(600),
]
LONGEST_TAKEOVER = 30.0


@pytest_asyncio.fixture
async def nursery() -> AsyncIterator[Nursery]:
    async with Nursery() as one:
        yield one


async def test_a_standby_begins_nothing_and_ends_when_asked(
    tmp_path: Path, nursery: Nursery
) -> None:
    url = postgres_server.fresh(tmp_path / "desk.db")
    async with process_desk(tmp_path, nursery, DATABASE_URL=url) as desk:
        await desk.start()
        standby = await start_standby(desk)
        status, body = await page(standby.port, "/health/ready")
        assert (status, body["status"]) == (503, "standby")
        assert f"process {desk.pid}" in str(body["active"])
        assert (await page(standby.port, "/health/live"))[0] == 200
        assert "conflict" not in desk.log.lower()  # two pollers would be told of each other
        active, desk.pid = desk.pid, standby.pid
        assert await desk.end(signal.SIGTERM) == 0
        desk.pid = active
        await desk.card()
        assert "Traceback" not in desk.log
    postgres_server.drop(tmp_path / "desk.db")


async def test_a_killed_bot_is_taken_over_and_no_order_is_sent_twice(
    tmp_path: Path, nursery: Nursery
) -> None:
    tally = await hand_over_at_many_moments(tmp_path, nursery, 20 if THOROUGH else 1, seed=11)
    assert tally.wrong == []
    assert tally.filled + tally.not_sent == tally.kills
    assert max(tally.takeovers) < LONGEST_TAKEOVER
