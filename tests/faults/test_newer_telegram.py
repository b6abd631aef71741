"""Telegram says what the library cannot read: the bot goes on, and nothing is said twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiogram.methods import SendMessage, SetMyCommands

from bot.telegram import open_bot
from tests.support.chat_desk import ChatDesk, chat_desk

UNKNOWN = {"inline_keyboard": [[{"text": "?", "callback_data": ["of a kind to come"]}]]}


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[ChatDesk]:
    async with chat_desk(tmp_path) as one:
        yield one


async def test_the_page_of_a_proxy_is_a_failure_of_the_server(desk: ChatDesk) -> None:
    """An HTML page in place of an answer ended the polling, and with it the bot."""
    await desk.says("/id", str(desk.owner.id))
    faults = desk.sandbox.faults
    faults.fail_next("getUpdates", 2, status=502)
    await desk.says("/status", "No open positions")
    faults.fail_next("sendMessage", 2, status=502)
    card = await desk.card()
    faults.fail_next("editMessageText", 2, status=504)
    await desk.owner.taps(card, "Approve")
    await desk.owner.sees_in(card, "Filled")


@pytest.mark.parametrize("fault", ["server", "before", "after"])
async def test_a_command_whose_answer_does_not_get_through_is_answered_later(
    desk: ChatDesk, fault: str
) -> None:
    """Who asked to stop everything at night, and was asked nothing back, must not be left so."""
    await desk.owner.sees("Desk is running")
    faults = desk.sandbox.faults
    if fault == "server":
        faults.fail_next("sendMessage", 2, status=502)
    else:
        (faults.drop_before if fault == "before" else faults.drop_after)("sendMessage", 2)
    asked = await desk.says("/panic", "Halt trading")
    await desk.owner.taps(asked, "Confirm")
    await desk.owner.sees("Flat")


async def test_an_update_of_a_kind_to_come_is_passed_over_and_the_next_is_taken(
    desk: ChatDesk,
) -> None:
    """It failed every poll that brought it, at every start anew."""
    await desk.says("/id", str(desk.owner.id))
    chat = {"id": desk.owner.id, "type": "private", "first_name": "Olga"}
    unread: list[Any] = [{"chat": {"id": "none"}}, {"message_id": 7, "chat": chat, "date": "soon"}]
    for strange in unread:
        assert desk.sandbox._world.updates.push("message", strange)  # noqa: SLF001
    await desk.says("/status", "No open positions")
    async with asyncio.timeout(10):
        while desk.sandbox.pending_updates:  # noqa: ASYNC110 - the sandbox has no event for it
            await asyncio.sleep(0.01)


async def test_a_token_revoked_in_service_ends_the_chat_and_not_the_desk(desk: ChatDesk) -> None:
    await desk.says("/id", str(desk.owner.id))
    desk.sandbox.faults.fail_next("getUpdates", 3, status=401)
    assert desk.app is not None
    passes = desk.app.loop.loops[0].last_pass
    await desk.says("/status", "No open positions")
    assert desk.app.loop.loops[0].last_pass != passes


async def test_a_tap_on_a_message_that_cannot_be_read_whole_is_taken(desk: ChatDesk) -> None:
    card = await desk.card()
    person = {"id": desk.owner.id, "is_bot": False, "first_name": "Olga"}
    query: dict[str, Any] = {
        "id": "1",
        "from": person,
        "chat_instance": "1",
        "data": card.button_data("Approve"),
        "message": {
            "message_id": card.message_id,
            "date": 1_800_000_000,
            "chat": {"id": desk.owner.id, "type": "private", "first_name": "Olga"},
            "text": card.text,
            "reply_markup": UNKNOWN,
        },
    }
    assert desk.sandbox._world.updates.push("callback_query", query)  # noqa: SLF001
    await desk.owner.sees_in(card, "Filled")


async def test_a_message_that_arrived_is_known_to_have_though_its_answer_is_strange(
    desk: ChatDesk,
) -> None:
    """It was sent again and again, for its number was never learned."""
    async with open_bot(desk.settings) as bot:

        def answered(method: Any, result: Any) -> Any:
            content = json.dumps({"ok": True, "result": result})
            return bot.session.check_response(bot, method, 200, content).result

        sent = {"message_id": 12, "date": 1_800_000_000, "chat": {"id": 7, "type": "private"}}
        told = answered(SendMessage(chat_id=7, text="x"), {**sent, "reply_markup": UNKNOWN})
        assert told.message_id == 12
        assert answered(SetMyCommands(commands=[]), True) is True
