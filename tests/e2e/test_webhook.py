"""Updates that Telegram brings: the same desk, the same promise, one secret more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.settings import SettingsError, load_settings
from bot.webhook import PATH, SECRET_HEADER
from tests.support.bringer import Bringer
from tests.support.chat_desk import ChatDesk, chat_desk
from trading.errors import StoreError

SECRET = "0123456789abcdef-webhook"  # noqa: S105 - of this test alone
ADDRESS = "https://desk.example/telegram"


@asynccontextmanager
async def brought(folder: Path) -> AsyncIterator[tuple[ChatDesk, Bringer]]:
    """Run a desk whose updates are brought to it."""
    async with (
        chat_desk(folder, TELEGRAM_WEBHOOK_URL=ADDRESS, TELEGRAM_WEBHOOK_SECRET=SECRET) as desk,
        asyncio.TaskGroup() as group,
    ):
        bringer = Bringer(desk.sandbox, desk.settings.http.port)
        task = group.create_task(bringer.run())
        yield desk, bringer
        task.cancel()


async def test_a_card_is_approved_once_however_often_the_tap_is_brought(tmp_path: Path) -> None:
    async with brought(tmp_path) as (desk, bringer):
        card = await desk.card()
        bringer.copies = 5
        await desk.owner.taps(card, "Approve")
        await desk.owner.sees_in(card, "Filled")
        assert len(desk.rows("SELECT * FROM orders")) == 1
        assert desk.sandbox.calls_of("getUpdates") == []
        (call,) = desk.sandbox.calls_of("setWebhook")
        assert call.params["url"] == ADDRESS
        assert call.params["max_connections"] in (1, "1")


async def test_i6_a_tap_that_cannot_be_stored_is_answered_only_once_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with brought(tmp_path) as (desk, bringer):
        card = await desk.card()
        assert desk.app is not None
        real, full = desk.app.store.member, 3

        async def member(telegram_id: int) -> object:
            nonlocal full
            if full:
                full -= 1
                desk.sandbox.faults.fail_next("answerCallbackQuery", status=502)
                raise StoreError("database or disk is full")
            return await real(telegram_id)

        monkeypatch.setattr(type(desk.app.store), "member", lambda _self, who: member(who))
        await desk.owner.taps(card, "Approve")
        await desk.owner.sees_in(card, "Filled")
        assert bringer.answers.count(503) == 3
        assert len(desk.rows("SELECT * FROM orders")) == 1


async def test_without_the_secret_nothing_is_taken(tmp_path: Path) -> None:
    async with brought(tmp_path) as (desk, _):
        url = f"http://127.0.0.1:{desk.settings.http.port}{PATH}"
        update = {"update_id": 1, "message": {}}
        async with aiohttp.ClientSession() as session:
            for headers in ({}, {SECRET_HEADER: "wrong"}):
                async with session.post(url, json=update, headers=headers) as answer:
                    assert answer.status == 403
            async with session.post(url, json=[1], headers={SECRET_HEADER: SECRET}) as answer:
                assert answer.status == 400
            # Of a kind to come: refused, it would be brought again and hold up all others.
            async with session.post(url, json=update, headers={SECRET_HEADER: SECRET}) as answer:
                assert answer.status == 200


async def test_polling_has_no_such_route_and_ends_a_webhook_set_before(tmp_path: Path) -> None:
    async with chat_desk(tmp_path) as desk:
        desk.sandbox._world.updates.webhook_url = ADDRESS  # noqa: SLF001 - set by another program
        desk.sandbox._world.updates.stop_pollers()  # noqa: SLF001
        await desk.says("/status", "Equity")
        async with asyncio.timeout(10):
            while not desk.sandbox.calls_of("deleteWebhook"):  # noqa: ASYNC110 - seen by the next poll
                await asyncio.sleep(0.05)
        url = f"http://127.0.0.1:{desk.settings.http.port}{PATH}"
        async with aiohttp.ClientSession() as session, session.post(url, json={}) as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    "given",
    [{"TELEGRAM_WEBHOOK_URL": ADDRESS}, {"TELEGRAM_WEBHOOK_SECRET": "short"}],
)
def test_a_webhook_needs_a_good_secret(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="TELEGRAM_WEBHOOK_SECRET"):
        load_settings(given, None, need_telegram=False)
