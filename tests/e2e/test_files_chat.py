"""A person asks for a picture, a file or a report: what arrives, and what is refused."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.sandbox.chats import ChatMessage
from tests.support.chat_desk import ChatDesk, chat_desk
from tests.support.fresh import direct
from tests.support.results import close_some, member
from trading.clock import SystemClock, to_ms
from trading.model import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ChatDesk]:
    """A desk with two closed trades and a day of recorded equity."""
    async with chat_desk(tmp_path_factory.mktemp("files")) as one:
        await close_some(one, 2)
        now = SystemClock().now()
        with direct(one.settings.database_path) as database:
            for hour in range(24):
                at = now - timedelta(hours=hour)
                database.execute(
                    "INSERT INTO growth_span (account_id, grain, period, at_ms, equity, high, low,"
                    " close, fall, peak) VALUES (1, 'hour', ?, ?, ?, '1', '1', '1', '0', '1')"
                    " ON CONFLICT (account_id, grain, period) DO UPDATE SET"
                    " equity = excluded.equity",
                    (f"{at:%Y-%m-%dT%H}", to_ms(at), str(10_000 + hour)),
                )
        yield one


def document(desk: ChatDesk, after: ChatMessage) -> tuple[str, bytes]:
    """Return name and bytes of the document that came after a message."""
    for message in desk.owner.messages:
        media = message.content.media
        if message.message_id > after.message_id and media and media.kind == "document":
            return media.file.name, media.file.body
    raise AssertionError("no document came")


async def test_an_export_is_a_file_whose_rows_are_the_trades(desk: ChatDesk) -> None:
    sent = await desk.owner.sends("/export")
    done = await desk.owner.sees("✅", after=sent)
    assert "2 trades" in done.text
    name, body = document(desk, sent)
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    kept = desk.rows("SELECT * FROM trade ORDER BY closed_ms, id")
    assert name == "trades-1000001.csv"
    assert [row["net"] for row in rows] == [row["net"] for row in kept]
    assert all(row["closed"].endswith("+00:00") for row in rows)
    sent = await desk.owner.sends("/export json deals 2026-01-01")
    await desk.owner.sees("✅", after=sent)
    name, body = document(desk, sent)
    deals = json.loads(body)
    assert name == "deals-1000001-2026-01-01.json"
    assert [one["ticket"] for one in deals] == [
        row["ticket"] for row in desk.rows("SELECT ticket FROM deal ORDER BY at_ms, ticket")
    ]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("/export pdf", "/export csv"),
        ("/export csv 31.03.2026", "neither csv, json"),
        ("/export 2026-01-01 2026-02-01 2026-03-01", "2026-03-01"),
        ("/export csv 2026-03-31 2026-01-01", "before it begins"),
        ("/plot moon", "equity, drawdown, daily"),
        ("/plot equity 1000", "1 to 366"),
        ("/plot drawdown <b>", "1 to 366"),
        ("/report yearly", "/report week"),
        ("/report daily", "the hour is missing"),
        ("/report daily 25:00", "no time of day"),
        ("/report daily 22 Mars/Base", "no time zone"),
        ("/report weekly fri", "the hour is missing"),
        ("/report monthly 8 UTC now", "too much"),
    ],
)
async def test_wrong_arguments_get_one_line_with_an_example(
    desk: ChatDesk, said: str, wanted: str
) -> None:
    answer = await desk.says(said, "✋")
    assert wanted in answer.text
    assert "Example" in answer.text
    assert "\n" not in answer.text


async def test_an_export_of_nothing_says_so(desk: ChatDesk) -> None:
    await desk.says("/export csv 2001-01-01 2001-02-01", "There are no trades")


async def test_a_plot_is_a_photo_and_its_progress_goes(desk: ChatDesk) -> None:
    for said, caption in (
        ("/plot", "Equity · 1000001 · last 30 days"),
        ("/plot dd 7", "Drawdown · 1000001 · last 7 days"),
        ("/plot daily 7", "Result by day"),
    ):
        sent = await desk.owner.sends(said)
        photo = await desk.owner.sees(caption, after=sent)
        assert photo.content.media is not None
        assert photo.content.media.kind == "photo"
        for message in desk.owner.chat.messages:
            if message.message_id > sent.message_id and "⏳" in message.text:
                await desk.owner.sees_gone(message)


async def test_a_report_on_demand_and_its_plans(desk: ChatDesk) -> None:
    answer = await desk.says("/report", "Day")
    for wanted in ("Result", "2 (", "Balance", "Plan one"):
        assert wanted in answer.text, wanted
    await desk.says("/report week", "Week from")
    await desk.says("/report month", "Month")
    planned = await desk.says("/report Weekly Fri 18:30 Europe/Prague", "each Fri at 18:30")
    assert "Europe/Prague" in planned.text
    assert "each Fri" in (await desk.says("/report", "Planned")).text
    await desk.says("/report off", "1 planned report switched off")
    await desk.says("/report off", "0 planned reports")


async def test_a_viewer_may_have_files_too(desk: ChatDesk) -> None:
    vera = member(desk, 2002, "Vera", Role.VIEWER)
    sent = await vera.sends("/export")
    await vera.sees("2 trades", after=sent)
