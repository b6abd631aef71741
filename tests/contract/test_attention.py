"""Wishes and alarms through the store, the sender and a strict chat, with time held by the test."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest_asyncio
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from bot.limiter import Limiter
from bot.sandbox import TOKEN, Person, Sandbox
from bot.sandbox.chats import ChatMessage
from bot.sender import OutboxSender
from handlers.cards import render
from storage.attention_store import AttentionStore
from storage.store import SqliteStore
from tests.support.fresh import fresh_database
from tests.support.loop_desk import ManualClock
from trading.attention import Level, Quiet
from trading.ids import MemberId, Ticket
from trading.model import DealReason, Purpose, Side
from trading.notices import (
    Blind,
    FlattenStuck,
    Notice,
    OrderFailed,
    PositionClosed,
    Priority,
    Unreachable,
)

OLGA, PAVEL = 7, 8


def closed(ticket: int) -> PositionClosed:
    return PositionClosed(
        "1001",
        "USD",
        Ticket(ticket),
        "EURUSD",
        Side.BUY,
        Decimal("0.1"),
        Decimal("1.1"),
        Decimal(-12),
        DealReason.STOP_LOSS,
        ours=True,
        remaining=Decimal(0),
    )


class Desk:
    """A sender, its store and two owners; dropped and opened again on the same file."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder, self.sandbox, self.clock = folder, sandbox, ManualClock()
        self.olga, self.pavel = sandbox.person(OLGA, "Olga"), sandbox.person(PAVEL, "Pavel")
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        database = await self._stack.enter_async_context(fresh_database(self.folder / "desk.db"))
        self.store = SqliteStore(database, self.clock)
        self.wishes = AttentionStore(database, self.clock)
        await self.store.ensure_owners([OLGA, PAVEL])
        await self.store.outbox_recover()
        for telegram_id, name in ((OLGA, "Olga"), (PAVEL, "Pavel")):
            member = await self.store.member(telegram_id)
            assert member is not None
            await self.store.rename_member(member.id, name)
        api = TelegramAPIServer.from_base(self.sandbox.url)
        self.bot = await self._stack.enter_async_context(
            Bot(TOKEN, session=AiohttpSession(api=api))
        )

    async def drop(self) -> None:
        await self._stack.aclose()
        self._stack = AsyncExitStack()

    async def say(self, notice: Notice, priority: Priority = Priority.DECISION) -> None:
        await self.store.tell(None, notice, priority)

    async def send(self, minutes: float = 0.0) -> None:
        """Let so much time pass, then everything that is due go out."""
        self.clock.advance(minutes * 60 + 3)
        limiter = Limiter(self.clock)
        sender = OutboxSender(self.bot, self.store, render, limiter, self.clock, speed=1000.0)
        await sender.drain(5)

    async def at(self, hour: int) -> None:
        """Move on to an hour of UTC, today or tomorrow."""
        now = self.clock.now()
        wanted = now.replace(hour=hour, minute=0, second=0)
        wanted += timedelta(days=wanted < now)
        self.clock.advance((wanted - now).total_seconds())


def sent(person: Person) -> list[ChatMessage]:
    return [one for one in person.messages if one.from_bot]


def newest(person: Person) -> str:
    return sent(person)[-1].text


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Sandbox() as sandbox:
        one = Desk(tmp_path, sandbox)
        await one.open()
        yield one
        await one.drop()


async def member(desk: Desk, telegram_id: int = OLGA) -> MemberId:
    found = await desk.store.member(telegram_id)
    assert found is not None
    return found.id


def blind(desk: Desk, *, healed: bool = False, since: datetime | None = None) -> Blind:
    now = desk.clock.now()
    return Blind("1001", "no connection", since or now, now if healed else None)


async def test_a_level_holds_for_its_event_alone(desk: Desk) -> None:
    await desk.wishes.set_level(await member(desk), "positions", Level.OFF, None)
    await desk.wishes.set_level(await member(desk), "people", Level.SILENT, None)
    await desk.say(closed(1))
    await desk.say(Unreachable("Tom", 9, "blocked"))
    await desk.send()
    assert [one.silent for one in sent(desk.olga)] == [True]
    assert "Cannot reach" in newest(desk.olga)
    assert len(sent(desk.pavel)) == 2


async def test_a_quiet_night_ends_in_one_digest_even_after_a_restart(desk: Desk) -> None:
    quiet = Quiet(22 * 60, 7 * 60, digest=True)
    await desk.wishes.set_reader(await member(desk), "zone", "Europe/Berlin")
    await desk.wishes.set_quiet(await member(desk), quiet)
    await desk.at(22)
    for ticket in range(3):
        await desk.say(closed(ticket))
        await desk.send(1)
    assert sent(desk.olga) == []
    assert len(sent(desk.pavel)) == 3
    await desk.drop()
    await desk.open()
    await desk.send(60)
    assert sent(desk.olga) == []
    await desk.at(6)  # seven in Berlin
    await desk.send(1)
    (digest,) = sent(desk.olga)
    assert "3 messages" in digest.text
    assert digest.text.count("EURUSD") == 3
    assert not digest.silent
    await desk.send(60)
    assert len(sent(desk.olga)) == 1


async def test_what_was_held_comes_when_the_quiet_is_lifted(desk: Desk) -> None:
    await desk.wishes.set_quiet(await member(desk), Quiet(0, 1439, digest=True))
    await desk.say(closed(1))
    await desk.send()
    assert sent(desk.olga) == []
    await desk.wishes.set_quiet(await member(desk), None)
    await desk.send()
    assert "EURUSD" in newest(desk.olga)


async def test_a_critical_alarm_sounds_through_everything_and_rings_until_seen(
    desk: Desk,
) -> None:
    me = await member(desk)
    await desk.wishes.set_quiet(me, Quiet(0, 1439, digest=True))
    await desk.wishes.set_mute(me, desk.clock.now() + timedelta(days=1))
    await desk.wishes.set_level(me, "desk", Level.OFF, None)
    await desk.say(blind(desk), Priority.CRITICAL)
    await desk.send()
    (first,) = sent(desk.olga)
    assert not first.silent
    assert "Acknowledge" in str(first.buttons)
    await desk.send(2)
    assert len(sent(desk.olga)) == 2, "it rings again"
    assert len(sent(desk.pavel)) == 1, "the next in line is not rung yet"
    await desk.drop()
    await desk.open()
    await desk.send(3)
    assert len(sent(desk.olga)) == 3
    assert len(sent(desk.pavel)) == 2, "after five minutes the next owner is"
    assert "Asked before you: Olga" in newest(desk.pavel)
    assert await desk.wishes.acknowledge(None, await member(desk, PAVEL)) == ["blind"]
    await desk.send()
    assert "Seen by Pavel" in newest(desk.olga)
    assert sent(desk.olga)[-1].buttons == []
    await desk.send(60)
    assert len(sent(desk.olga)) == 3
    assert await desk.wishes.acknowledge(1, me) == "seen"
    assert await desk.wishes.acknowledge(99, me) == "unknown"


async def test_an_alarm_whose_cause_ends_rings_no_more(desk: Desk) -> None:
    await desk.say(blind(desk), Priority.CRITICAL)
    await desk.send()
    await desk.say(blind(desk, healed=True), Priority.CRITICAL)
    await desk.send()
    assert "visible again" in newest(desk.olga)
    count = len(sent(desk.olga))
    await desk.send(60)
    assert len(sent(desk.olga)) == count
    assert sent(desk.olga)[0].buttons == []


async def test_the_same_refusal_37_times_is_one_message_with_a_count(desk: Desk) -> None:
    for _ in range(37):
        await desk.say(OrderFailed(Purpose.CLOSE, "1001", "EURUSD", 5, "market closed"))
        await desk.send(0.05)
    (one,) = sent(desk.olga)
    assert "x37 in 3 min" in one.text
    await desk.say(OrderFailed(Purpose.CLOSE, "1001", "GBPUSD", 6, "market closed"))
    await desk.send()
    assert len(sent(desk.olga)) == 2
    await desk.send(11)
    await desk.say(OrderFailed(Purpose.CLOSE, "1001", "EURUSD", 5, "market closed"))
    await desk.send()
    assert len(sent(desk.olga)) == 3, "much later it is news again"
    assert "x37" not in newest(desk.olga)


async def test_a_terminal_lost_again_soon_after_its_return_is_a_new_message(desk: Desk) -> None:
    """The second loss within a minute only changed the message of the return: no sound."""
    await desk.say(blind(desk), Priority.CRITICAL)
    await desk.send(0.2)
    await desk.say(blind(desk, healed=True), Priority.CRITICAL)
    await desk.send(0.2)
    desk.clock.advance(10)
    await desk.say(blind(desk), Priority.CRITICAL)
    await desk.send(0.1)
    assert [("visible again" in one.text) for one in sent(desk.olga)] == [False, True, False]
    assert not sent(desk.olga)[-1].silent


async def test_a_flapping_terminal_is_two_messages_and_the_last_one_tells_the_truth(
    desk: Desk,
) -> None:
    for _ in range(5):
        await desk.say(blind(desk), Priority.CRITICAL)
        await desk.send(0.1)
        await desk.say(blind(desk, healed=True), Priority.CRITICAL)
        await desk.send(0.1)
    assert len(sent(desk.olga)) <= 4
    assert "visible again" in newest(desk.olga)
    assert "x5 in" in newest(desk.olga)
    await desk.say(blind(desk), Priority.CRITICAL)
    await desk.send(0.1)
    assert "CANNOT BE READ" in newest(desk.olga)
    before = len(sent(desk.olga))
    await desk.send(2)
    assert len(sent(desk.olga)) == before + 1, "and it rings anew"


async def test_each_breach_rings_for_itself(desk: Desk) -> None:
    await desk.say(FlattenStuck(1, "1001", 5, ()), Priority.CRITICAL)
    await desk.say(FlattenStuck(2, "1001", 5, ()), Priority.CRITICAL)
    await desk.send()
    assert len(sent(desk.olga)) == 2
    assert len(await desk.wishes.acknowledge(None, await member(desk))) == 2
