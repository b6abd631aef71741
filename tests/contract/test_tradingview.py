"""TradingView alerts over a real socket: who may, how old, which forms, and what is stored."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest_asyncio
from aiohttp import web

from bot.tradingview import PATH, TradingView
from bot.web import serve
from tests.support.intake_desk import IntakeDesk, intake_desk

TOKEN = "a-long-enough-token"  # noqa: S105 - of these tests alone


class Client:
    """Posts alerts and reads the answers."""

    def __init__(self, desk: IntakeDesk, session: aiohttp.ClientSession, port: int) -> None:
        self.desk = desk
        self._session = session
        self._url = f"http://127.0.0.1:{port}"

    async def post(self, body: object, token: str = TOKEN) -> tuple[int, dict[str, object]]:
        data = body if isinstance(body, str) else json.dumps(body)
        url = self._url + PATH.replace("{token}", token)
        async with self._session.post(url, data=data) as answer:
            return answer.status, await answer.json(content_type=None)

    def alert(self, **changes: object) -> dict[str, object]:
        return {
            "ticker": "OANDA:XAUUSD",
            "action": "buy",
            "price": "3213.5",
            "stop_loss": 3205,
            "tp": [3220, "3230"],
            "time": self.desk.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            **changes,
        }


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with intake_desk(tmp_path) as desk:
        app = web.Application()
        app.router.add_post(PATH, TradingView(desk.intake, TOKEN, 60, desk.clock).alert)
        async with serve(app, "127.0.0.1", 0) as port, aiohttp.ClientSession() as session:
            yield Client(desk, session, port)


async def test_a_template_becomes_a_signal_once(client: Client) -> None:
    status, body = await client.post(client.alert())
    again, _ = await client.post(client.alert())

    assert (status, again) == (201, 200)
    (row,) = await client.desk.rows("SELECT * FROM signal")
    assert (row["id"], row["symbol"], row["source"]) == (body["signal"], "XAUUSD", "TradingView")
    assert '"take_profits":["3220","3230"]' in row["draft_json"]


async def test_plain_text_is_read_like_any_message(client: Client) -> None:
    now = client.desk.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    status, _ = await client.post(f"GOLD SELL 3213 SL 3220 TP 3200 {now}")

    assert status == 201


async def test_who_does_not_know_the_token_finds_nothing(client: Client) -> None:
    for token in ("a-long-enough-tokeN", "x", "%C3%A4"):
        status, _ = await client.post(client.alert(), token)
        assert status == 404
    assert await client.desk.rows("SELECT * FROM signal") == []


async def test_an_alert_that_lags_is_not_taken(client: Client) -> None:
    late = client.desk.clock.now() - timedelta(seconds=61)
    status, body = await client.post(client.alert(time=late.isoformat()))

    assert status == 422
    assert "61 s old" in str(body["detail"])


async def test_what_does_not_fit_is_said_by_field(client: Client) -> None:
    assert (await client.post(client.alert(action="hold")))[0] == 422
    status, body = await client.post(client.alert(stop_loss=3219))
    assert status == 422
    assert "stop 3219 is not below" in str(body["detail"])
    assert (await client.post("hello"))[0] == 422


async def test_a_missing_stop_is_held_for_a_person(client: Client) -> None:
    alert = client.alert()
    del alert["stop_loss"]
    status, body = await client.post(alert)

    assert (status, body["held"]) == (202, "it names no stop loss")
