"""A second instance on the same server's database: it waits with everything imported.

Nothing is begun while it waits: no terminal, no polling, no message. Once the right to write is
free it goes on as after any other start, and recovery does the rest.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import NoReturn

from aiohttp import web

from bot.settings import Settings
from bot.stopping import stop_on_signal
from bot.watchdog import TICK_SECONDS, Notifier
from bot.web import serve
from trading.errors import TradeDeskError

log = logging.getLogger(__name__)


class StandbyEnded(TradeDeskError):  # noqa: N818 - reads as a state
    """The instance was asked to end while it waited."""


@contextlib.asynccontextmanager
async def standing_by(settings: Settings, notifier: Notifier, who: str) -> AsyncIterator[None]:
    """Say that this instance waits: in the log, over HTTP and to systemd."""
    log.warning("standby", extra={"facts": {"active": who}})
    stopping = asyncio.Event()
    async with (
        serve(_site(who), settings.http.host, settings.http.port),
        asyncio.TaskGroup() as group,
    ):
        with stop_on_signal(stopping):
            tasks = [group.create_task(_turn(notifier)), group.create_task(_end(stopping))]
            yield
            for task in tasks:
                task.cancel()
    log.warning("standby_takes_over", extra={"facts": {"from": who}})


async def _turn(notifier: Notifier) -> None:
    notifier.tell(READY="1", STATUS="standby")
    while True:
        notifier.tell(WATCHDOG="1")
        await asyncio.sleep(TICK_SECONDS)


async def _end(stopping: asyncio.Event) -> NoReturn:
    await stopping.wait()
    raise StandbyEnded("the standby was asked to end")


def _site(who: str) -> web.Application:
    """Return the pages of an instance that waits: alive, not ready, and nothing else."""

    async def live(_request: web.Request) -> web.Response:
        return web.json_response({"status": "standby", "active": who})

    async def other(_request: web.Request) -> web.Response:
        body = {"status": "standby", "active": who}
        return web.json_response(body, status=503, headers={"Retry-After": "1"})

    app = web.Application()
    app.router.add_get("/health/live", live)
    app.router.add_route("*", "/{path:.*}", other)
    return app
