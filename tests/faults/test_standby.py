"""A hot standby begins nothing, takes over a killed bot within 30 s, and sends no order twice."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support import postgres_server
from tests.support.depth import THOROUGH
from tests.support.kills import LATEST_KILL, SETTLE, UNTOLD, Tally, judge
from tests.support.process_desk import Nursery, process_desk
from tests.support.relay import hand_over_at_many_moments, is_active, page, start_standby
from trading.sending import HELD_UP_SECONDS

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


@pytest.mark.skipif(not THOROUGH, reason="waits longer than a bot may stand still")
@pytest.mark.parametrize("seed", range(6))
async def test_a_bot_that_stood_still_and_was_replaced_sends_nothing_late(
    tmp_path: Path, nursery: Nursery, seed: int
) -> None:
    moment = random.Random(seed).uniform(0, LATEST_KILL)  # noqa: S311 - a moment, not a secret
    url = postgres_server.fresh(tmp_path / "desk.db")
    async with process_desk(tmp_path, nursery, DATABASE_URL=url) as desk:
        await desk.start(settle=SETTLE)
        standby, stopped = await start_standby(desk), desk.pid
        assert stopped is not None
        card = await desk.card(volume="0.01", expires_in=3600)
        await desk.owner.taps(card, "Approve", timeout=0)
        await asyncio.sleep(moment)
        os.kill(stopped, signal.SIGSTOP)  # as a machine that is paused: its server sees it gone
        await asyncio.to_thread(postgres_server.end_connections, url)
        is_active(desk, standby)
        await desk.ready()
        async with asyncio.timeout(30):
            while desk.rows(UNTOLD):  # noqa: ASYNC110 - the bot is another process
                await asyncio.sleep(0.05)
        await asyncio.sleep(HELD_UP_SECONDS)
        os.kill(stopped, signal.SIGCONT)
        assert await nursery.wait(stopped) == 1
        assert "took over" in desk.log
        assert await desk.end() == 0
        tally = Tally()
        judge(desk, 1, tally)
        assert tally.wrong == []
    postgres_server.drop(tmp_path / "desk.db")


@pytest.mark.skipif(not THOROUGH, reason="the lost connection itself is tried without a bot")
async def test_an_outage_of_the_server_sends_nothing_and_passes(
    tmp_path: Path, nursery: Nursery
) -> None:
    url = postgres_server.fresh(tmp_path / "desk.db")
    async with process_desk(tmp_path, nursery, DATABASE_URL=url) as desk:
        await desk.start()
        card = await desk.card(expires_in=3600)
        await asyncio.to_thread(postgres_server.close_to_all, url)
        toast = await desk.owner.taps(card, "Approve")
        assert toast is not None
        assert "Nothing was done" in toast.text
        status, _ = await page(desk.settings.http.port, "/health/ready")
        assert status == 503
        await asyncio.to_thread(postgres_server.open_to_all, url)
        await desk.ready()
        assert desk.rows("SELECT status FROM approval") == [{"status": "offered"}]
        await desk.owner.taps(card, "Approve")
        await desk.owner.sees_in(card, "Filled")
        assert await desk.end() == 0
        assert len(desk.deals()) == 1
    postgres_server.drop(tmp_path / "desk.db")
