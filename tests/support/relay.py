"""Two bots on one server: the active one is killed again and again, the other one takes over."""

import asyncio
import json
import random
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.support import postgres_server
from tests.support.chat_desk import free_port
from tests.support.kills import LATEST_KILL, ROOMY, SETTLE, UNTOLD, Tally, judge, stage
from tests.support.process_desk import READY_SECONDS, Nursery, ProcessDesk, process_desk


@dataclass
class Relay(Tally):
    """What was found, and how long each takeover took."""

    takeovers: list[float] = field(default_factory=list)
    """Seconds from the kill of the active bot until the other one's health page says ready."""


@dataclass(frozen=True)
class Standby:
    """A bot that waits, and where its own pages are."""

    pid: int
    port: int


async def start_standby(desk: ProcessDesk) -> Standby:
    """Start a second bot and wait until it says that it waits."""
    port = free_port()
    environment = {**desk.environment, "HTTP_PORT": str(port)}
    log = str(desk.folder / "log.txt")
    pid = await desk.nursery.start(env=environment, log=log, settle=SETTLE)
    async with asyncio.timeout(READY_SECONDS):
        while True:
            with suppress(aiohttp.ClientError):
                if (await page(port, "/health/live"))[1].get("status") == "standby":
                    return Standby(pid, port)
            await asyncio.sleep(0.02)


async def page(port: int, path: str) -> tuple[int, dict[str, object]]:
    """Return the status and the JSON of a page."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, json.loads(await answer.text())


def is_active(desk: ProcessDesk, standby: Standby) -> None:
    """From now on the desk's bot is the one that waited."""
    http = desk.settings.http.model_copy(update={"port": standby.port})
    desk.settings = desk.settings.model_copy(update={"http": http})
    desk.environment = {**desk.environment, "HTTP_PORT": str(standby.port)}
    desk.pid = standby.pid


async def hand_over_at_many_moments(folder: Path, nursery: Nursery, count: int, seed: int) -> Relay:
    """Tap and kill the active bot so many times, then judge every approval at the broker."""
    dice, tally = random.Random(seed), Relay()  # noqa: S311 - moments, not secrets
    url = postgres_server.fresh(folder / "desk.db")
    async with process_desk(folder, nursery, DATABASE_URL=url, **ROOMY) as desk:
        desk.fault(
            {"kind": "delay", "seconds": 0.01, "probability": 0.4, "id": "before"},
            {"kind": "execute_then_hang", "seconds": 0.02, "probability": 0.4, "id": "after"},
        )
        await desk.start(settle=SETTLE)
        for _ in range(count):
            standby = await start_standby(desk)
            card = await desk.card(volume="0.01", expires_in=3600)
            await desk.owner.taps(card, "Approve", timeout=0)
            await asyncio.sleep(dice.uniform(0, LATEST_KILL))
            began = asyncio.get_running_loop().time()
            await desk.kill()
            tally.kills += 1
            tally.open_at_kill[stage(desk)] += 1
            is_active(desk, standby)
            await desk.ready()
            tally.takeovers.append(asyncio.get_running_loop().time() - began)
        async with asyncio.timeout(60):
            while desk.rows(UNTOLD):  # noqa: ASYNC110 - the bot is another process
                await asyncio.sleep(0.05)
        assert await desk.end() == 0
        judge(desk, count, tally)
    postgres_server.drop(folder / "desk.db")
    return tally
