"""An update asks each account's own people: nobody answers, or speaks, for another's account."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest_asyncio

from handlers.callbacks import UpdateTap
from tests.support.rights_desk import RightsDesk, rights_desk
from trading.incoming import Incoming
from trading.intake import IntakeService
from trading.model import OrderType, Role, Side, SignalDraft
from trading.signals import digest


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RightsDesk]:
    async with rights_desk(tmp_path) as one:
        draft = SignalDraft(
            symbol="EURUSD",
            side=Side.BUY,
            order_type=OrderType.MARKET,
            entry=None,
            stop_loss=Decimal("1.05"),
            take_profits=(Decimal("1.2"),),
        )
        ttl = timedelta(minutes=30)
        await one.stores.desk.ingest(draft, "Gold VIP", "m1:0", digest(draft), ttl)
        yield one


async def says(desk: RightsDesk, text: str) -> None:
    """Let the channel itself say something."""
    intake = desk.dispatcher["intake"]
    assert isinstance(intake, IntakeService)
    now = desk.desk.clock.now()
    await intake.take(Incoming("tg:-1001", "Gold VIP", "m2", text, now))


async def cards(desk: RightsDesk) -> list[tuple[int, list[int], list[int]]]:
    """Return each update's number, its accounts and whom its card is shown to."""
    found = []
    for row in await desk.desk.rows("SELECT id, accounts_json FROM amendment ORDER BY id"):
        chats = await desk.desk.rows(
            "SELECT chat_id FROM outbox WHERE topic = ? ORDER BY chat_id", f"update:{row['id']}"
        )
        shown = [one["chat_id"] for one in chats]
        found.append((row["id"], json.loads(row["accounts_json"]), shown))
    return found


async def waiting(desk: RightsDesk, source: str) -> list[str]:
    rows = await desk.desk.rows(
        "SELECT a.status FROM approval a JOIN signal s ON s.id = a.signal_id"
        " WHERE s.source = ? ORDER BY a.account_id",
        source,
    )
    return [row["status"] for row in rows]


async def test_a_sources_update_asks_the_desk_and_each_member_by_themselves(
    desk: RightsDesk,
) -> None:
    first, second = desk.places
    await says(desk, "Cancel EURUSD")
    (mine, *of_first), (theirs, *of_second) = await cards(desk)
    assert of_first == [[first.account_id], [7, 71, 72, 90]]
    assert of_second == [[second.account_id], [81, 82, 83, 90]]

    noah = second.people[Role.OWNER].telegram_id
    refused = await desk.taps(noah, UpdateTap(amendment_id=mine, signal_id=0))
    assert "You may not do that on this account" in refused
    assert await waiting(desk, "Gold VIP") == ["offered", "offered"]
    await desk.taps(noah, UpdateTap(amendment_id=theirs, signal_id=0))
    assert await waiting(desk, "Gold VIP") == ["offered", "canceled"]
    await desk.taps(7, UpdateTap(amendment_id=mine, signal_id=0))
    assert await waiting(desk, "Gold VIP") == ["canceled", "canceled"]


async def test_what_acts_alone_acts_for_the_desk_and_asks_the_members(desk: RightsDesk) -> None:
    await desk.says(7, "/channel 1 tighten on")
    await says(desk, "Cancel EURUSD")
    assert await waiting(desk, "Gold VIP") == ["canceled", "offered"]


async def test_a_persons_update_is_about_their_accounts_and_always_asked(desk: RightsDesk) -> None:
    await desk.says(7, "/channel 1 tighten on")
    said = await desk.says(82, "Cancel EURUSD")
    assert "the card asks what to do" in said
    ((_, accounts, shown),) = await cards(desk)
    assert (accounts, shown) == ([desk.places[1].account_id], [81, 82, 83, 90])
    assert await waiting(desk, "Gold VIP") == ["offered", "offered"]
