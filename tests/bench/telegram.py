"""A Bot API that says yes at once, in a process of its own: the cheapest other end of a bench.

``python -m tests.bench.telegram`` prints its port and ends when its standard input does.
"""

import asyncio
import sys

from aiohttp import web

_CHAT = {"id": 1001, "type": "private", "first_name": "Olga"}
_ME = {"id": 42, "is_bot": True, "first_name": "Desk", "username": "desk_bot"}


class Yes:
    """Answers every method with the least that aiogram takes."""

    def __init__(self) -> None:
        self._sent = 0

    async def answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"].lower()
        if method == "getupdates":
            await request.read()
            await asyncio.sleep(15)
            return web.json_response({"ok": True, "result": []})
        await request.post()
        if method in {"sendmessage", "editmessagetext"}:
            self._sent += 1
            message = {"message_id": self._sent, "date": 1, "chat": _CHAT, "text": "."}
            return web.json_response({"ok": True, "result": message})
        return web.json_response({"ok": True, "result": _ME if method == "getme" else True})


async def main() -> None:
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", Yes().answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
