"""The HTTP of the desk, through a real socket and a real SQLite file."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.answers import problems
from bot.health import HealthProbe
from bot.metrics import Metrics
from bot.signal_command import PATH, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from bot.web import CannotServe, Routes, make_app, serve
from storage.database import Database
from storage.sources_store import SourceStore
from storage.store import SqliteStore
from tests.support.fresh import fresh_database
from tests.support.intake_desk import Told
from trading.clock import SystemClock
from trading.intake import IntakeService
from trading.loop import TradingLoop
from trading.reporting import Reporter
from trading.signals import SignalService

SECRET = "a-shared-key"  # noqa: S105 - of this test alone
SIGNAL: dict[str, object] = {
    "source": "desk",
    "ref": "one",
    "symbol": "XAUUSD",
    "side": "buy",
    "type": "market",
    "entry": "2650.50",
    "stop_loss": "2644.00",
    "take_profits": ["2662.50", 2675],
    "volume": None,
    "risk_percent": "1",
    "expires_in": 300,
    "comment": "breakout",
}
_HALF = json.dumps({**SIGNAL, "comment": "half of a pair: \ud83d"}).encode()


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: dict[str, object]
    headers: dict[str, str]

    @property
    def fields(self) -> set[object]:
        errors = self.body.get("errors", [])
        assert isinstance(errors, list)
        return {error["field"] for error in errors}


class Client:
    """Posts to a desk's HTTP as an outside program does."""

    def __init__(self, session: aiohttp.ClientSession, port: int, database: Database) -> None:
        self._session = session
        self.url = f"http://127.0.0.1:{port}"
        self.database = database

    async def post(
        self,
        signal: object,
        *,
        secret: str = SECRET,
        seconds_off: int = 0,
        content_type: str = "application/json",
        signature: str | None = None,
    ) -> Reply:
        body = signal if isinstance(signal, bytes) else json.dumps(signal).encode()
        at = SystemClock().now() + timedelta(seconds=seconds_off)
        stamp = str(int(at.timestamp()))
        headers = {
            "Content-Type": content_type,
            TIMESTAMP_HEADER: stamp,
            SIGNATURE_HEADER: sign(secret, stamp, body) if signature is None else signature,
        }
        async with self._session.post(self.url + PATH, data=body, headers=headers) as answer:
            return Reply(answer.status, await answer.json(content_type=None), dict(answer.headers))

    async def get(self, path: str) -> tuple[int, str]:
        async with self._session.get(self.url + path) as answer:
            return answer.status, await answer.text()

    async def stored(self) -> int:
        def count(connection: sqlite3.Connection) -> int:
            return int(connection.execute("SELECT count(*) FROM signal").fetchone()[0])

        return await self.database.run(count)


@contextlib.asynccontextmanager
async def desk(path: Path, secret: str | None) -> AsyncIterator[Client]:
    clock = SystemClock()
    async with fresh_database(path / "desk.db") as database:
        store = SqliteStore(database, clock)
        loop = TradingLoop({}, "test")
        metrics = Metrics(clock)
        reporter = Reporter(clock, "test", [metrics.listener])
        signals = SignalService(store, loop.wake, reporter, 300)
        probe = HealthProbe(loop, store, clock, 60, lambda: 1.0)
        sources = SourceStore(database, clock)
        intake = IntakeService(sources, signals, Told(), loop.quote, clock, 300)
        routes = Routes(intake, probe, metrics, loop, secret, clock)
        async with (
            serve(make_app(routes), "127.0.0.1", 0) as port,
            aiohttp.ClientSession() as session,
        ):
            yield Client(session, port, database)


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with desk(tmp_path, SECRET) as one:
        yield one


async def test_a_new_signal_is_201_and_on_disk(client: Client) -> None:
    reply = await client.post(SIGNAL)
    assert reply.status == 201
    assert isinstance(reply.body["signal"], int)
    assert await client.stored() == 1


async def test_the_same_body_again_is_200_with_the_same_id(client: Client) -> None:
    first = await client.post(SIGNAL)
    again = await client.post({**SIGNAL, "entry": 2650.5})
    assert (again.status, again.body) == (200, first.body)
    assert await client.stored() == 1


async def test_the_same_key_with_another_body_is_409(client: Client) -> None:
    await client.post(SIGNAL)
    assert (await client.post({**SIGNAL, "stop_loss": "2643"})).status == 409
    assert await client.stored() == 1


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"secret": "another"}, "signature"),
        ({"signature": "00" * 32}, "signature"),
        ({"signature": ""}, "required"),
        ({"seconds_off": -301}, "300 s"),
        ({"seconds_off": 301}, "300 s"),
    ],
)
async def test_an_unsigned_or_stale_signal_is_401(
    client: Client, kwargs: dict[str, object], words: str
) -> None:
    reply = await client.post(SIGNAL, **kwargs)  # type: ignore[arg-type]
    assert reply.status == 401
    assert words in str(reply.body["detail"])
    assert await client.stored() == 0


async def test_an_oversized_body_is_413(client: Client) -> None:
    assert (await client.post({**SIGNAL, "comment": "x" * 40_000})).status == 413


async def test_a_bug_is_told_as_a_problem_too() -> None:
    async def broken(_request: web.Request) -> web.Response:
        raise KeyError("a bug")

    app = web.Application(middlewares=[problems])
    app.router.add_get("/api/v1/broken", broken)
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession() as session,
        session.get(server.make_url("/api/v1/broken")) as reply,
    ):
        assert reply.status == 500
        assert reply.headers["Content-Type"].startswith("application/problem+json")
        assert "a bug" not in await reply.text()


async def test_another_content_type_is_415(client: Client) -> None:
    assert (await client.post(SIGNAL, content_type="text/plain")).status == 415


@pytest.mark.parametrize("body", [b"not json", b'{"a": NaN}', b"[" * 20_000, _HALF])
async def test_what_is_not_json_is_415(client: Client, body: bytes) -> None:
    assert (await client.post(body)).status == 415


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"side": "long"}, "side"),
        ({"type": "iceberg"}, "type"),
        ({"symbol": ""}, "symbol"),
        ({"source": None}, "source"),
        ({"ref": 17}, "ref"),
        ({"entry": "12,5"}, "entry"),
        ({"entry": [2651, 2650]}, "entry"),
        ({"entry": [2651]}, "entry"),
        ({"stop_loss": -1}, "stop_loss"),
        ({"stop_loss": True}, "stop_loss"),
        ({"stop_loss": "1e5"}, "stop_loss"),
        ({"take_profits": "2662"}, "take_profits"),
        ({"volume": 0}, "volume"),
        ({"risk_percent": "101"}, "risk_percent"),
        ({"expires_in": 0.5}, "expires_in"),
        ({"expires_in": 0}, "expires_in"),
        ({"lots": 1}, "lots"),
        ({"stop_loss": "2651"}, "stop_loss"),
        ({"take_profits": ["2649"]}, "take_profits"),
        ({"type": "limit", "entry": None}, "entry"),
        ({"side": "sell"}, "stop_loss"),
    ],
)
async def test_an_invalid_field_is_422_and_named(
    client: Client, change: dict[str, object], field: str
) -> None:
    reply = await client.post({**SIGNAL, **change})
    assert reply.status == 422
    assert reply.headers["Content-Type"].startswith("application/problem+json")
    assert field in reply.fields
    assert await client.stored() == 0


async def test_every_fault_is_named_at_once(client: Client) -> None:
    reply = await client.post({**SIGNAL, "side": "up", "symbol": "?", "volume": "many"})
    assert reply.fields == {"side", "symbol", "volume"}


async def test_an_array_is_422(client: Client) -> None:
    assert (await client.post([SIGNAL])).status == 422


async def test_prices_are_stored_exactly(client: Client) -> None:
    body = json.dumps({**SIGNAL, "stop_loss": "@"}).replace('"@"', "2644.12345678901").encode()
    assert (await client.post(body)).status == 201

    def stop(connection: sqlite3.Connection) -> str:
        row = connection.execute("SELECT draft_json FROM signal").fetchone()
        return str(json.loads(row[0])["stop_loss"])

    assert Decimal(await client.database.run(stop)) == Decimal("2644.12345678901")


async def test_without_a_secret_the_route_is_404(tmp_path: Path) -> None:
    async with desk(tmp_path, None) as client:
        assert (await client.post(SIGNAL)).status == 404


async def test_a_store_that_fails_is_503(tmp_path: Path) -> None:
    async with desk(tmp_path, SECRET) as client:

        def lose(connection: sqlite3.Connection) -> None:
            connection.execute("ALTER TABLE signal RENAME TO gone")

        await client.database.run(lose)
        reply = await client.post(SIGNAL)
        assert reply.status == 503
        assert reply.headers["Retry-After"]


async def test_health_and_metrics_answer(client: Client) -> None:
    assert await client.get("/health/live") == (200, '{"status": "alive"}')
    status, text = await client.get("/health/ready")
    parts = json.loads(text)["parts"]
    assert status == 200
    assert {"telegram", "database", "outbox"} <= set(parts)
    await client.post(SIGNAL)
    status, text = await client.get("/metrics")
    assert status == 200
    assert 'desk_events_total{event="signal_ingested"} 1.0' in text


async def test_a_taken_port_is_told_in_words(client: Client) -> None:
    port = int(client.url.rsplit(":", 1)[1])
    with pytest.raises(CannotServe, match=str(port)):
        async with serve(web.Application(), "127.0.0.1", port):
            pass


@pytest.mark.parametrize("inner", [False, True])
async def test_a_body_in_which_a_field_stands_twice_is_refused(
    client: Client, *, inner: bool
) -> None:
    body = json.dumps(SIGNAL).encode()
    twice = b', "comment": {"a": 1, "a": 2}}' if inner else b', "side": "sell"}'
    reply = await client.post(body[:-1] + twice)
    assert reply.status == 422
    assert reply.fields == {"a" if inner else "side"}
    assert await client.stored() == 0


async def test_a_crowd_is_taken_or_told_when_to_come_back(client: Client) -> None:
    replies = await asyncio.gather(
        *(client.post({**SIGNAL, "ref": f"crowd {number}"}) for number in range(300))
    )
    assert {reply.status for reply in replies} <= {201, 429}
    assert all(reply.headers["Retry-After"] for reply in replies if reply.status == 429)
    assert await client.stored() == sum(reply.status == 201 for reply in replies)


async def test_more_at_once_than_there_is_room_for_is_429(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.MOST_AT_ONCE", 0)
    reply = await client.post(SIGNAL)
    assert reply.status == 429
    assert reply.headers["Retry-After"] == "1"
