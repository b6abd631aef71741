"""Long work over the sandbox: progress, cancel by whom, failure, refusal, restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio
from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.types import Chat, Message

from bot.longwork import MOST, LongWork
from bot.sandbox import TOKEN, Person, Sandbox
from bot.sandbox.chats import ChatMessage
from storage.database import Database
from storage.long_work import LongWorkStore
from tests.support.fresh import fresh_database
from tests.support.loop_desk import ManualClock
from trading.ids import MemberId
from trading.model import Member, Role
from trading.work import Finished, Job, Progress, WorkError

OLGA = Member(MemberId(1), 1001, "Olga", Role.OWNER, everywhere=Role.OWNER)
VERA = Member(MemberId(2), 2002, "Vera <b>", Role.VIEWER)


class Office:
    """A sandbox, a database and the works of one process, which can be stopped and begun anew."""

    def __init__(self, sandbox: Sandbox, database: Database, bot: Bot) -> None:
        self.clock = ManualClock()
        self.vera: Person = sandbox.person(VERA.telegram_id, "Vera")
        self._bot = bot
        self._database = database
        self.works = self._new()

    def _new(self) -> LongWork:
        return LongWork(self._bot, LongWorkStore(self._database, self.clock), self.clock)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[LongWork]:
        """Run the works of one process until the context ends."""
        self.works = self._new()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.works.run())
            try:
                yield self.works
            finally:
                task.cancel()

    async def start(self, title: str, job: Job) -> ChatMessage:
        """Ask for a work as a viewer, and return the message that shows it."""
        chat = Chat(id=VERA.telegram_id, type="private")
        asked = Message(message_id=1, date=datetime.now(UTC), chat=chat).as_(self._bot)  # noqa: TID251
        before = self.vera.messages[-1] if self.vera.messages else None
        await self.works.start(asked, VERA, title, job)
        return await self.vera.sees(title, after=before)

    async def ends(self) -> list[str]:
        """Return how each work ended, '' while it runs."""
        rows = await self._database.run(
            lambda db: db.execute("SELECT outcome FROM long_work ORDER BY id").fetchall()
        )
        return [row["outcome"] for row in rows]


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with Sandbox() as sandbox, fresh_database(tmp_path / "desk.db") as database:
        await database.run(
            lambda db: db.executemany(
                "INSERT INTO member (id, telegram_id, name, role, created_ms)"
                " VALUES (?, ?, ?, ?, 0)",
                [(one.id, one.telegram_id, one.name, one.role) for one in (OLGA, VERA)],
            )
        )
        api = TelegramAPIServer.from_base(sandbox.url)
        sandbox.person(VERA.telegram_id, "Vera").chat.started = True
        html = DefaultBotProperties(parse_mode=ParseMode.HTML)
        async with Bot(TOKEN, session=AiohttpSession(api=api), default=html) as bot:
            yield Office(sandbox, database, bot)


async def endless(progress: Progress, folder: Path) -> Finished:
    (folder / "half").write_text(str(folder))
    await progress(1, 2)
    await asyncio.sleep(3600)
    raise WorkError("it cannot end")


async def test_progress_is_an_edit_at_most_every_few_seconds(office: Office) -> None:
    step = asyncio.Event()

    async def counting(progress: Progress, folder: Path) -> Finished:
        del folder
        await progress(1, 100)
        office.clock.advance(10)
        await progress(25, 100)
        await progress(26, 100)  # too soon after the one before
        await step.wait()
        return Finished("100 <rows>")

    async with office.running():
        shown = await office.start("Counting", counting)
        await office.vera.sees_in(shown, "25 % · 25 of 100")
        step.set()
        await office.vera.sees_in(shown, "100 <rows>")
    assert not any("26 %" in text for text in shown.version_texts)
    assert not shown.buttons


async def test_who_asked_or_an_owner_may_cancel_and_a_folder_goes_with_its_work(
    office: Office,
) -> None:
    stranger = Member(MemberId(3), 3003, "Pavel", Role.TRADER)
    async with office.running() as works:
        for number, member in enumerate((VERA, OLGA), 1):
            shown = await office.start(f"Work {number}", endless)
            assert shown.button_data("Cancel") == f"lw:{number}"
            assert "an owner" in works.cancel(number, stranger)
            assert works.cancel(number, member) == "Cancelled."
            assert "ended already" in works.cancel(number, member)
            await office.vera.sees_in(shown, "Cancelled by")
            assert "ended already" in works.cancel(number, member)
        assert await settled(office) == ["cancelled", "cancelled"]


async def test_a_work_cancelled_before_its_turn_says_so_too(office: Office) -> None:
    async with office.running() as works:
        messages = [await office.start(f"Work {number}", endless) for number in (1, 2, 3)]
        works.cancel(3, VERA)
        await office.vera.sees_in(messages[2], "Cancelled by")
        works.cancel(1, VERA)
        works.cancel(2, VERA)
        assert await settled(office) == ["cancelled"] * 3


async def test_a_refusal_and_a_bug_are_told_and_the_next_work_is_done(office: Office) -> None:
    async def refused(progress: Progress, folder: Path) -> Finished:
        del progress, folder
        raise WorkError("no trades in <that> span")

    async def broken(progress: Progress, folder: Path) -> Finished:
        del progress
        raise ZeroDivisionError(folder)

    async def file(progress: Progress, folder: Path) -> Finished:
        del progress
        (folder / "rows.csv").write_text("a,b\n")
        return Finished("1 row", file=folder / "rows.csv")

    async with office.running():
        await office.vera.sees_in(await office.start("First", refused), "no trades in <that>")
        await office.vera.sees_in(await office.start("Second", broken), "the log has why")
        await office.vera.sees_in(await office.start("Third", file), "1 row")
    media = [one.content.media for one in office.vera.messages if one.content.media]
    assert [one.file.body for one in media] == [b"a,b\n"]


async def test_more_works_than_can_wait_are_refused(office: Office) -> None:
    async with office.running() as works:
        for number in range(MOST):
            await office.start(f"Work {number}", endless)
        refused = await office.start("One more", endless)
        assert "wait already" in refused.text
        for number in range(1, MOST + 1):
            works.cancel(number, VERA)
        assert await settled(office) == ["cancelled"] * MOST


async def test_a_start_says_what_a_stop_cut_short(office: Office) -> None:
    async with office.running():
        shown = await office.start("Export of years", endless)
        await office.vera.sees_in(shown, "Begins")
    async with office.running():
        await office.vera.sees_in(shown, "Interrupted by a restart")
        assert not shown.buttons
        assert await settled(office) == ["interrupted"]


async def settled(office: Office) -> list[str]:
    """Return how the works ended, once all have."""
    async with asyncio.timeout(60):
        while not all(ends := await office.ends()):  # noqa: ASYNC110 - a row has no event
            await asyncio.sleep(0.01)
    return ends
