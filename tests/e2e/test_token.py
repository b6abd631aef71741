"""A key to the API, made, used and ended by its owner in the chat."""

import re
from pathlib import Path

import aiohttp

from tests.support.chat_desk import ChatDesk, chat_desk
from tests.support.fresh import ON_POSTGRES


async def _asked(desk: ChatDesk, path: str, token: str) -> int:
    url = f"http://127.0.0.1:{desk.settings.http.port}/api/v1{path}"
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status


async def test_a_token_is_shown_once_reads_and_ends(tmp_path: Path) -> None:
    async with chat_desk(tmp_path, API_ENABLED="true") as desk:
        await desk.owner.sees("running")
        await desk.says("/token", "You have none")
        await desk.says("/token new bananas", "no scope of yours")
        shown = await desk.says("/token new accounts 30", "shown this once")
        found = re.search(r"td_[0-9a-f]{8}_\S{43}", shown.text)
        assert found is not None
        token = found[0]
        assert await _asked(desk, "/accounts", token) == 200
        assert await _asked(desk, "/revenue", token) == 403
        await desk.owner.taps(shown, "delete this")
        listed = await desk.says("/token", token[:11])
        assert token[12:] not in listed.text
        await desk.says(f"/token revoke {token[:11]}", "is ended")
        assert await _asked(desk, "/accounts", token) == 401
        assert ON_POSTGRES or token[12:].encode() not in desk.settings.database_path.read_bytes()


async def test_a_desk_without_the_api_has_none(tmp_path: Path) -> None:
    async with chat_desk(tmp_path) as desk:
        await desk.says("/token", "switched off")
        await desk.says("/token new accounts", "switched off")
        assert await _asked(desk, "/accounts", "td_00000000_" + "x" * 43) == 404
