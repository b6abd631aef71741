"""I5, I6: whatever Telegram does, the chat ends at the stored truth and no tap is lost."""

import asyncio
import itertools
import json
import random
from typing import Any

import pytest
from aiogram import Bot, Dispatcher, Router
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message

from bot.polling import Polling
from bot.resilience import Circuit
from bot.sandbox import Sandbox
from bot.telegram import Session
from tests.contract.test_sender import GROUP, OWNER, TRADER, Desk, desk, running
from trading.clock import SystemClock
from trading.errors import StoreError
from trading.notices import Priority

__all__ = ["desk", "running"]  # fixtures
FAST = 200.0
TEN_MINUTES = 600.0


@pytest.mark.parametrize("desk", [FAST], indirect=True)
async def test_i5_ten_minutes_without_telegram_lose_nothing_and_keep_the_order(
    running: Desk,
) -> None:
    running.sandbox.faults.outage = True
    for number in range(12):
        await running.post(f"m{number}", OWNER, TRADER, priority=Priority.CRITICAL)
        await running.post(f"state {number}", topic="live", priority=Priority.DECISION)
        await asyncio.sleep(TEN_MINUTES / 12 / FAST)
    running.sandbox.faults.outage = False
    await running.settled()
    wanted = [f"m{number}" for number in range(12)]
    # An alarm nobody has seen is said again after a while: the order is that of the first time.
    said = list(dict.fromkeys(running.words(running.owner)))
    assert [one for one in said if one in wanted] == wanted
    assert list(dict.fromkeys(running.words(running.trader))) == wanted
    # Twelve changes of one message during the outage are one message, in its last state.
    states = [one for one in running.words(running.owner) if one.startswith("state")]
    assert states == ["state 11"]
    assert running.sandbox.rate_violations() == 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("desk", [100.0], indirect=True)
async def test_i5_after_any_faults_every_chat_shows_the_stored_truth(
    running: Desk, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    faults = running.sandbox.faults
    for number in range(40):
        faults.clear()
        kind, method = dice.randrange(6), dice.choice(["sendMessage", "editMessageText"])
        if kind == 0:
            faults.fail_next(method, dice.randrange(1, 4), status=429, retry_after=3)
        elif kind == 1:
            faults.fail_next(method, dice.randrange(1, 4), status=dice.choice([500, 502, 504]))
        elif kind == 2:
            faults.drop_before(method, 2)
        elif kind == 3:
            faults.drop_after(method)
        elif kind == 4:
            faults.delay(method, 0.02)
        else:
            faults.outage = True
        topic = dice.choice("abcde")
        await running.post(f"{topic}{number}", topic=topic, priority=Priority.DECISION)
        await asyncio.sleep(dice.uniform(0.0, 0.03))
    faults.clear()
    await running.settled()
    rows = await running.store.database.run(_topics)
    assert rows
    for message_id, text in rows:
        message = running.owner.chat.find(message_id)
        assert message is not None
        assert text in message.text
    assert running.sandbox.rate_violations() == 0


def _topics(connection: Any) -> list[tuple[int, str]]:
    rows = connection.execute("SELECT message_id, body_json FROM outbox WHERE topic IS NOT NULL")
    return [(row["message_id"], json.loads(row["body_json"])["words"]) for row in rows]


@pytest.mark.parametrize("desk", [4.0], indirect=True)
async def test_i5_urgent_news_goes_first_though_hundreds_wait(desk: Desk) -> None:
    people = [desk.sandbox.person(100 + number, f"P{number}") for number in range(60)]
    for number, person in itertools.product(range(8), people):
        await desk.post(f"m{number}", person.id, priority=Priority.ROUTINE)
    desk.sandbox.group(GROUP, "Desk")
    for number in range(20):
        await desk.post(f"g{number}", GROUP)
    await desk.post("now", priority=Priority.CRITICAL)
    async with asyncio.TaskGroup() as group:
        run = group.create_task(desk.sender.run())
        await desk.owner.sees("now")
        before = len(desk.sandbox.sends)
        await asyncio.sleep(0.8)
        run.cancel()
    assert before <= 32  # one claim's worth at most was ahead of it
    assert desk.sandbox.rate_violations() == 0


async def test_i6_a_tap_in_hand_when_the_desk_dies_comes_again() -> None:
    taken: list[str] = []
    reached = asyncio.Event()

    async def on_message(message: Message) -> None:
        taken.append(str(message.text))
        reached.set()
        if len(taken) == 1:
            await asyncio.Event().wait()  # the kill comes here, before anything was committed

    async with Sandbox() as sandbox, asyncio.TaskGroup() as group:
        person = sandbox.person(OWNER, "Olga")
        first = _polling(sandbox, on_message)
        task = group.create_task(first.run())
        await person.sends("tap")
        await reached.wait()
        task.cancel()
        second = _polling(sandbox, on_message)
        again = group.create_task(second.run())
        async with asyncio.timeout(60):
            while len(taken) < 2 or sandbox.pending_updates:  # noqa: ASYNC110 - the server's queue
                await asyncio.sleep(0.01)
        await second.stop()
        await again
        for one in (first, second):
            await one.bot.session.close()
    assert taken == ["tap", "tap"]


async def test_lives_that_handle_a_dozen_taps_get_to_the_last_of_thirty() -> None:
    taken: list[str] = []
    handled = 0
    died = asyncio.Event()

    async def on_message(message: Message) -> None:
        nonlocal handled
        handled += 1
        if handled == 12:
            died.set()
            await asyncio.Event().wait()  # the kill comes here
        taken.append(str(message.text))

    async with Sandbox() as sandbox, asyncio.TaskGroup() as group:
        person = sandbox.person(OWNER, "Olga")
        for number in range(30):
            await person.sends(f"tap {number}")
        for _ in range(3):
            handled = 0
            died.clear()
            polling = _polling(sandbox, on_message)
            task = group.create_task(polling.run())
            async with asyncio.timeout(60):
                while sandbox.pending_updates and not died.is_set():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            task.cancel()
            await polling.bot.session.close()
    assert taken[-1] == "tap 29"
    assert set(taken) == {f"tap {number}" for number in range(30)}


async def test_i6_what_was_not_stored_and_not_told_is_not_confirmed() -> None:
    attempts: list[int] = []

    async def on_message(_message: Message) -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise StoreError("database or disk is full")

    async with Sandbox() as sandbox, asyncio.TaskGroup() as group:
        polling = _polling(sandbox, on_message)
        task = group.create_task(polling.run())
        await sandbox.person(OWNER, "Olga").sends("tap")
        async with asyncio.timeout(60):
            while sandbox.pending_updates or not attempts:  # noqa: ASYNC110 - the server's queue
                await asyncio.sleep(0.01)
        await polling.stop()
        await task
        await polling.bot.session.close()
    assert len(attempts) == 3


async def test_an_answer_that_cannot_be_sent_ends_no_desk_and_comes_not_again() -> None:
    async def on_message(message: Message) -> None:
        await message.answer("x" * 5000)  # Telegram refuses it, now and always

    async with Sandbox() as sandbox, asyncio.TaskGroup() as group:
        polling = _polling(sandbox, on_message)
        task = group.create_task(polling.run())
        await sandbox.person(OWNER, "Olga").sends("hello")
        async with asyncio.timeout(60):
            while not sandbox.calls_of("sendMessage") or sandbox.pending_updates:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert not task.done()
        await polling.stop()
        await task
        await polling.bot.session.close()


async def test_polling_outlives_conflicts_and_server_errors_and_says_so() -> None:
    async def on_message(message: Message) -> None:
        taken.append(str(message.text))

    taken: list[str] = []
    async with Sandbox() as sandbox, asyncio.TaskGroup() as group:
        circuit = Circuit("telegram", SystemClock(), 0.05)
        polling = _polling(sandbox, on_message, circuit)
        sandbox.faults.fail_next("getUpdates", status=409, description="Conflict: terminated")
        sandbox.faults.fail_next("getUpdates", status=502)
        task = group.create_task(polling.run())
        async with asyncio.timeout(60):
            while _how(circuit) != "open":  # noqa: ASYNC110 - time opens it
                await asyncio.sleep(0.01)
        await sandbox.person(OWNER, "Olga").sends("hello")
        async with asyncio.timeout(60):
            while not taken:  # noqa: ASYNC110 - the handler's list
                await asyncio.sleep(0.01)
        assert _how(circuit) == "closed"
        await polling.stop()
        await task
        await polling.bot.session.close()


def _how(circuit: Circuit) -> str:
    return circuit.state.value


def _polling(sandbox: Sandbox, on_message: Any, circuit: Circuit | None = None) -> Polling:
    session = Session(api=TelegramAPIServer.from_base(sandbox.url))
    router = Router()
    router.message.register(on_message)
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.include_router(router)
    return Polling(Bot(sandbox.token, session=session), dispatcher, SystemClock(), circuit)
