"""The outbox reaches the chat through a strict Bot API, whatever the network does."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiogram import Bot
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.limiter import Limiter
from bot.sandbox import Person, Sandbox
from bot.sender import OutboxSender
from bot.telegram import Session
from handlers.cards import Card, render
from storage import outbox
from storage.database import Database
from tests.support.fresh import fresh_database
from tests.support.notices import CARD, NOW
from trading.clock import SystemClock
from trading.errors import StoreError
from trading.model import ApprovalStatus, Purpose
from trading.notices import Notice, OrderFailed, Priority, Unreachable

OWNER, TRADER = 7, 8
GROUP = -1001000000001
SPEED = 50.0


class FastClock:
    """Real time, run faster."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._real = SystemClock()
        self._start = self._real.monotonic()

    def monotonic(self) -> float:
        return (self._real.monotonic() - self._start) * self.speed

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.monotonic())


class Store:
    """The outbox functions on a real file, as the sender asks for them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.full = 0

    def _maybe_full(self) -> None:
        if self.full:
            self.full -= 1
            raise StoreError("database or disk is full")

    async def outbox_claim(self, now: datetime, limit: int) -> list[outbox.Message]:
        self._maybe_full()
        return await self.database.run(outbox.claim, now, limit)

    async def outbox_mark_sent(
        self, row_id: int, revision: int, message_id: int, now: datetime
    ) -> None:
        self._maybe_full()
        await self.database.run(outbox.mark_sent, row_id, revision, message_id, now)

    async def outbox_mark_retry(self, row_id: int, error: str, not_before: datetime) -> None:
        await self.database.run(outbox.mark_retry, row_id, error, not_before)

    async def outbox_resend(self, row_id: int) -> None:
        await self.database.run(outbox.resend, row_id)

    async def outbox_mark_dead(self, row_id: int, error: str, *, unreachable: bool) -> bool:
        return await self.database.run(outbox.mark_dead, row_id, error, unreachable=unreachable)

    async def outbox_move_chat(self, old: int, new: int) -> None:
        await self.database.run(outbox.move_chat, old, new)

    async def outbox_next_due(self) -> int | None:
        return await self.database.run(outbox.next_due)

    async def outbox_tell_unreachable(self, row_id: int, why: str, now: datetime) -> None:
        notice = Unreachable(f"row {row_id}", TRADER, why)
        await self.database.run(outbox.post, [OWNER], notice, Priority.INFO, now)


def note(words: str) -> Notice:
    return OrderFailed(Purpose.CLOSE, "Demo", "EURUSD", None, words)


class Desk:
    """A sender at work, its store, and the people it writes to."""

    def __init__(self, store: Store, sandbox: Sandbox, bot: Bot, clock: FastClock) -> None:
        self.store, self.sandbox, self.bot, self.clock = store, sandbox, bot, clock
        self.render: Callable[[Notice, datetime], Card] = render
        self.owner = sandbox.person(OWNER, "Owner")
        self.trader = sandbox.person(TRADER, "Trader")
        self.sender = self.new_sender()
        self._stack = AsyncExitStack()

    def new_sender(self) -> OutboxSender:
        return OutboxSender(
            self.bot,
            self.store,
            self.draw,
            Limiter(self.clock),
            self.clock,
            speed=self.clock.speed,
        )

    async def post(
        self,
        notice: Notice | str,
        *to: int,
        topic: str | None = None,
        priority: Priority = Priority.INFO,
        silent: bool = False,
    ) -> None:
        notice = note(notice) if isinstance(notice, str) else notice
        await self.store.database.run(
            outbox.post,
            to or (OWNER,),
            notice,
            priority,
            self.clock.now(),
            topic=topic,
            silent=silent,
        )
        self.sender.kick()

    def draw(self, notice: Notice, now: datetime) -> Card:
        """Render as the test says at this moment."""
        return self.render(notice, now)

    async def rows(self) -> list[tuple[str, int]]:
        return await self.store.database.run(
            lambda c: [tuple(r) for r in c.execute("SELECT status, revision FROM outbox")]
        )

    async def settled(self) -> None:
        """Wait until nothing waits."""
        async with asyncio.timeout(60):
            while await self.store.database.run(outbox.backlog):  # noqa: ASYNC110 - it is a table
                await asyncio.sleep(0.005)

    def words(self, person: Person) -> list[str]:
        return [
            m.text.split("says: ")[1].split("\n")[0] for m in person.messages if "says: " in m.text
        ]


@pytest.fixture
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    clock = FastClock(getattr(request, "param", SPEED))
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(clock=clock, enforce_limits=True))
        database = await stack.enter_async_context(fresh_database(tmp_path / "desk.sqlite"))
        await database.run(_people)
        session = Session(api=TelegramAPIServer.from_base(sandbox.url))
        stack.push_async_callback(_close, session)
        yield Desk(Store(database), sandbox, Bot(sandbox.token, session=session), clock)


async def _close(session: Session) -> None:
    # aiogram waits 250 ms for TLS to close; there is none here.
    if session._session is not None:  # noqa: SLF001
        await session._session.close()  # noqa: SLF001


def _people(connection: object) -> None:
    for telegram_id, role in ((OWNER, "owner"), (TRADER, "trader")):
        connection.execute(  # type: ignore[attr-defined]
            "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (?, ?, ?, 0)",
            (telegram_id, role, role),
        )


@pytest.fixture
async def running(desk: Desk) -> AsyncIterator[Desk]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(desk.sender.run())
        yield desk
        task.cancel()


async def test_a_card_is_sent_and_then_edited_in_place(running: Desk) -> None:
    await running.post(CARD, topic="approval:7")
    message = await running.owner.sees("BUY EURUSD")
    assert message.buttons
    await running.settled()
    gone = replace(CARD, status=ApprovalStatus.EXPIRED)
    await running.post(gone, topic="approval:7")
    await running.owner.sees_in(message, "Expired")
    await running.owner.sees_no_buttons(message)
    assert len(running.owner.messages) == 1


async def test_ten_changes_before_it_is_sent_are_one_message(desk: Desk) -> None:
    for number in range(10):
        await desk.post(f"state {number}", topic="x")
    await desk.sender.drain(3)
    assert desk.words(desk.owner) == ["state 9"]
    assert len(desk.sandbox.calls) == 1


async def test_an_edit_that_changes_nothing_counts_as_sent(running: Desk) -> None:
    await running.post("same", topic="x")
    await running.settled()
    running.render = lambda _notice, _now: Card("constant")
    for number in range(2):
        await running.post(f"other {number}", topic="x")
        await running.settled()
    assert [status for status, _ in await running.rows()] == ["sent"]


async def test_silent_messages_make_no_sound_and_show_no_preview(running: Desk) -> None:
    await running.post("quiet", silent=True)
    await running.settled()
    (call,) = running.sandbox.calls_of("sendMessage")
    assert call.params["link_preview_options"] == {"is_disabled": True}
    assert running.owner.last.silent


async def test_a_flood_wait_silences_the_whole_bot(running: Desk) -> None:
    running.sandbox.faults.fail_next("sendMessage", status=429, retry_after=10)
    await running.post("first")
    await running.owner.sees("first")
    refused, *others = running.sandbox.calls_of("sendMessage")
    assert not refused.ok
    await running.post("second", TRADER)
    await running.settled()
    assert all(call.at - refused.at >= timedelta(seconds=10) for call in others)
    assert len(running.sandbox.calls) == 3


async def test_a_storm_of_flood_waits_loses_nothing(running: Desk) -> None:
    running.sandbox.faults.fail_next("sendMessage", n=6, status=429, retry_after=1)
    for number in range(5):
        await running.post(f"m{number}", OWNER, TRADER)
    await running.settled()
    expected = [f"m{number}" for number in range(5)]
    assert running.words(running.owner) == running.words(running.trader) == expected


@pytest.mark.parametrize("fault", ["before", "status"])
async def test_what_did_not_get_through_is_tried_again_in_order(running: Desk, fault: str) -> None:
    if fault == "before":
        running.sandbox.faults.drop_before("sendMessage", n=3)
    else:
        running.sandbox.faults.fail_next("sendMessage", n=3, status=502)
    for number in range(4):
        await running.post(f"m{number}")
    await running.settled()
    assert running.words(running.owner) == [f"m{number}" for number in range(4)]


async def test_cut_after_processing_repeats_at_most_that_message(running: Desk) -> None:
    running.sandbox.faults.drop_after("sendMessage")
    await running.post("once or twice")
    await running.post("then")
    await running.settled()
    assert running.words(running.owner) == ["once or twice", "once or twice", "then"]


async def test_an_outage_ends_with_everything_said(running: Desk) -> None:
    running.sandbox.faults.outage = True
    for number in range(3):
        await running.post(f"m{number}", OWNER, TRADER)
    await asyncio.sleep(0.2)
    running.sandbox.faults.outage = False
    await running.settled()
    assert running.words(running.owner) == running.words(running.trader) == ["m0", "m1", "m2"]


async def test_a_blocked_reader_is_given_up_and_told_once(running: Desk) -> None:
    await running.trader.blocks_bot()
    for number in range(3):
        await running.post(f"m{number}", TRADER)
    await running.settled()
    told = [m for m in running.owner.messages if "Cannot reach" in m.text]
    assert len(told) == 1
    assert "blocked by the user" in told[0].text
    assert [status for status, _ in await running.rows()].count("dead") == 3


async def test_a_chat_that_is_not_there_is_given_up(running: Desk) -> None:
    await running.post("hello?", 999)
    await running.settled()
    assert await running.rows() == [("dead", 1)]


async def test_a_deleted_message_is_sent_anew_when_it_changes(running: Desk) -> None:
    await running.post("before", topic="x")
    first = await running.owner.sees("before")
    await running.settled()
    await running.owner.deletes(first)
    await running.post("after", topic="x")
    again = await running.owner.sees("after")
    await running.settled()
    assert again.message_id != first.message_id


async def test_a_migrated_group_is_followed(running: Desk) -> None:
    group = running.sandbox.group(GROUP, "Desk")
    new = running.sandbox.migrate(group, GROUP - 1)
    for number in range(2):
        await running.post(f"m{number}", GROUP)
    await running.settled()
    said = [m.text for m in new.messages if m.from_bot]
    assert ["m0" in said[0], "m1" in said[1]] == [True, True]


async def test_bad_markup_is_shown_plain_and_other_refusals_end(running: Desk) -> None:
    keyboard = InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text="x", callback_data="y" * 65)]]
    )
    running.render = lambda notice, _now: (
        Card("<b>bold &lt;3 <i>oops</b>") if "markup" in str(notice) else Card("x", keyboard)
    )
    await running.post("markup")
    await running.owner.sees("bold <3 oops")
    await running.post("button", TRADER)
    await running.settled()
    assert sorted(await running.rows()) == [("dead", 1), ("sent", 1)]


async def test_a_card_that_cannot_be_drawn_is_not_silence(running: Desk) -> None:
    def broken(_notice: Notice, _now: datetime) -> Card:
        raise KeyError("a bug")

    running.render = broken
    await running.post("x", priority=Priority.CRITICAL)
    await running.owner.sees("news (order failed) that could not be shown")


async def test_an_endless_card_is_cut(running: Desk) -> None:
    running.render = lambda _notice, _now: Card("\n".join(["a line"] * 2000))
    await running.post("x")
    message = await running.owner.sees("a line")
    assert message.text.endswith("…")


async def test_urgent_overtakes_what_waits_and_order_is_kept(desk: Desk) -> None:
    for number in range(6):
        await desk.post(f"m{number}", priority=Priority.ROUTINE)
    await desk.post("now", priority=Priority.CRITICAL)
    await desk.sender.drain(8)
    assert desk.words(desk.owner) == ["now", *(f"m{number}" for number in range(6))]


async def test_urgent_overtakes_a_chat_that_backs_off(running: Desk) -> None:
    running.sandbox.faults.fail_next("sendMessage", n=4, status=500)
    await running.post("routine", priority=Priority.ROUTINE)
    await asyncio.sleep(3 / SPEED)
    await running.post("now", priority=Priority.CRITICAL)
    await running.settled()
    assert running.words(running.owner) == ["now", "routine"]


async def test_a_message_that_always_fails_lets_others_pass(running: Desk) -> None:
    def poisoned(notice: Notice, now: datetime) -> Card:
        card = render(notice, now)
        if "poison" in card.text:
            running.sandbox.faults.fail_next("sendMessage", status=500)
        return card

    running.render = poisoned
    await running.post("poison")
    await running.post("wholesome")
    await running.owner.sees("wholesome")
    assert running.words(running.owner) == ["wholesome"]


async def test_half_a_character_keeps_no_alert_from_arriving(running: Desk) -> None:
    running.render = lambda _notice, _now: Card("Cap reached \ud83d now")
    await running.post("x", priority=Priority.CRITICAL)
    await running.owner.sees("Cap reached ? now")


async def test_a_message_that_no_library_can_send_ends_nothing(running: Desk) -> None:
    """It ended the bot, and the next one that was started, and so on."""

    def poisoned(notice: Notice, now: datetime) -> Card:
        card = render(notice, now)
        return replace(card, text=None) if "poison" in card.text else card  # type: ignore[arg-type]

    running.render = poisoned
    await running.post("poison")
    await running.post("wholesome")
    await running.owner.sees("wholesome")
    assert running.words(running.owner) == ["wholesome"]


# Slow enough that this machine could send more in a second than Telegram takes.
@pytest.mark.parametrize("desk", [4.0], indirect=True)
async def test_three_hundred_waiting_break_no_limit(desk: Desk) -> None:
    people = [desk.sandbox.person(100 + number, f"P{number}") for number in range(80)]
    desk.sandbox.group(GROUP, "Desk")
    for number, person in itertools.product(range(3), people):
        await desk.post(f"m{number}", person.id)
    for number in range(60):
        await desk.post(f"g{number}", GROUP)
    async with asyncio.TaskGroup() as group:
        run = group.create_task(desk.sender.run())
        for person in people:
            await person.sees("m2")
        run.cancel()
    assert desk.sandbox.rate_violations() == 0
    assert all(call.ok for call in desk.sandbox.calls), "no flood wait was needed"
    for person in people:
        assert desk.words(person) == [f"m{number}" for number in range(3)]


async def test_a_group_gets_no_more_than_it_may(running: Desk) -> None:
    group = running.sandbox.group(GROUP, "Desk")
    for number in range(25):
        await running.post(f"g{number}", GROUP)
    await running.settled()
    assert running.sandbox.rate_violations() == 0
    assert all(call.ok for call in running.sandbox.calls)
    said = [message.text for message in group.messages if message.from_bot]
    assert all(f"says: g{number}\n" in text for number, text in enumerate(said))


async def test_a_group_with_a_long_queue_holds_nobody_up(desk: Desk) -> None:
    desk.sandbox.group(GROUP, "Desk")
    for number in range(270):
        await desk.post(f"g{number}", GROUP)
    await desk.post("hello")
    async with asyncio.TaskGroup() as group:
        run = group.create_task(desk.sender.run())
        await desk.owner.sees("hello")
        run.cancel()
    assert len(desk.sandbox.calls) <= 4


async def test_what_was_in_flight_at_a_cancel_comes_after_recovery(desk: Desk) -> None:
    desk.sandbox.faults.delay("sendMessage", 5.0)
    await desk.post("survives")
    async with asyncio.TaskGroup() as group:
        run = group.create_task(desk.sender.run())
        await asyncio.sleep(0.1)
        run.cancel()
    assert await desk.rows() == [("sending", 1)]
    desk.sandbox.faults.clear()
    assert await desk.store.database.run(outbox.recover) == 1
    desk.sender = desk.new_sender()
    await desk.sender.drain(3)
    assert desk.words(desk.owner) == ["survives"]


async def test_draining_ends_the_run_and_keeps_its_deadline(desk: Desk) -> None:
    async with asyncio.TaskGroup() as group:
        run = group.create_task(desk.sender.run())
        await asyncio.sleep(0)
        await desk.post("last words")
        await desk.sender.drain(3)
        await run
    assert desk.words(desk.owner) == ["last words"]
    desk.sandbox.faults.delay("sendMessage", 5.0)
    await desk.post("too slow")
    async with asyncio.timeout(2):
        await desk.sender.drain(0.2)


async def test_draining_does_not_wait_for_a_dead_network(desk: Desk) -> None:
    desk.sandbox.faults.outage = True
    await desk.post("kept")
    async with asyncio.timeout(2):
        await desk.sender.drain(1.5)
    assert await desk.rows() == [("ready", 1)]


async def test_a_full_disk_delays_and_neither_stops_nor_repeats(running: Desk) -> None:
    await running.post("first")
    await running.settled()
    running.store.full = 3
    await running.post("second")
    await running.settled()
    assert running.words(running.owner) == ["first", "second"]
