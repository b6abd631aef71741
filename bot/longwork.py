"""Long work: an export, a chart. It shows how far it is in one message and can be cancelled."""

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import count
from pathlib import Path

from aiogram import Bot
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import EditMessageText
from aiogram.types import (
    BufferedInputFile,
    FSInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

from handlers.callbacks import CancelWork
from handlers.readers import reading
from handlers.texts import retell, t, tell
from trading.charts import ChartError
from trading.clock import Clock
from trading.errors import StoreError
from trading.model import Member, Role
from trading.words import told
from trading.work import Finished, Job, WorkError, WorkStore

AT_ONCE = 2
MOST = 8
"""Works that run or wait; more are refused."""
EDIT_SECONDS = 3.0
"""Between two edits of one message: Telegram counts them like messages."""
TRIES = 5
_AGAIN_SECONDS = 30.0
_CAPTION = 1000

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Work:
    """One work from its command to its end."""

    id: int
    title: str
    member: Member
    message: Message
    job: Job
    task: asyncio.Task[None] | None = None
    begun: bool = False
    """Cancelling a task before its first step would leave nobody to say so."""
    cancelled_by: str = ""
    shown_at: float = 0.0

    def begin(self) -> None:
        """From here on a cancel interrupts it; one that came before ends it now."""
        self.begun = True
        if self.cancelled_by:
            raise asyncio.CancelledError


class LongWork:
    """Runs works two at a time inside the app's own tasks; a stop is told at the next start."""

    def __init__(self, bot: Bot, store: WorkStore, clock: Clock) -> None:
        self._bot = bot
        self._store = store
        self._clock = clock
        self._works: dict[int, _Work] = {}
        self._asked: asyncio.Queue[_Work] = asyncio.Queue()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Work until cancelled; what then runs stays without an end, for the next start to say."""
        await self._say_interrupted()
        async with asyncio.TaskGroup() as group:
            while True:
                work = await self._asked.get()
                work.task = group.create_task(self._do(work))

    async def start(self, message: Message, member: Member, title: str, job: Job) -> None:
        """Answer a command with the message that will show its work, and begin it soon."""
        if len(self._works) >= MOST:
            await message.answer(
                t(
                    "✋ {count} works wait already. Try {title} in a minute.",
                    count=MOST,
                    title=escape(title),
                )
            )
            return
        shown = await message.answer(f"⏳ <b>{escape(title)}</b>")
        work_id = await self._store.begin(member.id, shown.chat.id, shown.message_id, title)
        work = self._works[work_id] = _Work(work_id, title, member, shown, job)
        await self.show(work, f"⏳ <b>{escape(title)}</b>\n{t('Begins.')}")
        await self._asked.put(work)

    def cancel(self, work_id: int, member: Member) -> str:
        """End a work as its button asks; return what to say of it."""
        work = self._works.get(work_id)
        if work is None or work.cancelled_by:
            return told("It has ended already.")
        if work.member.id != member.id and not member.may_on_desk(Role.OWNER):
            return told("Only who asked for it or an owner can cancel it.")
        work.cancelled_by = member.name
        if work.begun and work.task is not None:
            work.task.cancel()
        return told("Cancelled.")

    async def _do(self, work: _Work) -> None:
        try:
            with reading(work.member.reader):
                outcome = await self._outcome(work)
        finally:
            self._works.pop(work.id, None)
        await self._store.end(work.id, outcome)
        log.info("long_work_ended", extra={"facts": {"work": work.title, "outcome": outcome[:80]}})

    async def _outcome(self, work: _Work) -> str:
        """Do a work, show its end, and return it in words."""
        try:
            work.begin()
            async with self._slots:
                with tempfile.TemporaryDirectory(prefix="desk-work-") as folder:
                    finished = await work.job(_Shown(self, work), Path(folder))
                    await self._deliver(work, finished)
        except asyncio.CancelledError:
            if not work.cancelled_by:
                raise
            by = escape(work.cancelled_by)
            await self._end_with(
                work, f"✖️ <b>{escape(work.title)}</b>\n{t('Cancelled by {by}.', by=by)}"
            )
            return "cancelled"
        except (WorkError, ChartError, StoreError) as error:
            await self._end_with(
                work, f"⚠️ <b>{escape(work.title)}</b>\n{escape(retell(str(error)))}"
            )
            return str(error)
        except Exception:  # the boundary of an update whose handler has returned
            log.exception("long_work_failed", extra={"facts": {"work": work.title}})
            await self._end_with(
                work,
                f"⚠️ <b>{escape(work.title)}</b>\n{t('It failed; the log has why. Ask again.')}",
            )
            return "failed"
        return "done"

    async def show(self, work: _Work, text: str) -> None:
        """Change a work's message unless it was changed a moment ago."""
        now = self._clock.monotonic()
        if now - work.shown_at < EDIT_SECONDS:
            return
        work.shown_at = now
        try:
            await work.message.edit_text(text, reply_markup=_cancel(work.id))
        except TelegramRetryAfter as error:
            work.shown_at = now + error.retry_after
        except TelegramAPIError as error:
            log.info("progress_not_shown", extra={"facts": {"why": error.message}})

    async def _deliver(self, work: _Work, finished: Finished) -> None:
        """Send what a work gave; the words become its message, or the caption of its picture."""
        words = escape(tell(finished.words)[:_CAPTION])
        chat, thread = work.message.chat.id, _thread(work.message)
        if finished.picture is not None:
            picture = BufferedInputFile(finished.picture, "chart.png")
            send = partial(
                self._bot.send_photo, chat, picture, caption=words, message_thread_id=thread
            )
            await _patiently(send)
            await _patiently(work.message.delete)
            return
        if finished.file is not None:
            document = FSInputFile(finished.file)
            await _patiently(
                partial(self._bot.send_document, chat, document, message_thread_id=thread)
            )
        await self._end_with(work, f"✅ <b>{escape(work.title)}</b>\n{words}")

    async def _end_with(self, work: _Work, text: str) -> None:
        self._works.pop(work.id, None)  # from here on a cancel would only cut this message off
        with contextlib.suppress(TelegramBadRequest, TelegramForbiddenError):
            await _patiently(partial(work.message.edit_text, text))

    async def _say_interrupted(self) -> None:
        """Tell in each message of a work that a stop cut short that it must be asked for again."""
        for one in await self._store.unfinished():
            with reading(one.reader):
                what = t("Interrupted by a restart of the desk. Nothing was changed; ask again.")
            text = f"✖️ <b>{escape(one.title)}</b>\n{what}"
            edit = EditMessageText(text=text, chat_id=one.chat_id, message_id=one.message_id)
            try:
                await _patiently(partial(self._bot, edit), tries=None)
            except TelegramAPIError as error:
                log.info("interruption_not_shown", extra={"facts": {"why": error.message}})
            await self._store.end(one.id, "interrupted")


class _Shown:
    """A work's progress: a line in its message."""

    def __init__(self, works: LongWork, work: _Work) -> None:
        self._works = works
        self._work = work

    async def __call__(self, done: int, total: int | None) -> None:
        part = t("{done} so far", done=f"{done:,}")
        if total:
            part = t(
                "{percent} % · {done} of {total}",
                percent=min(100, done * 100 // total),
                done=f"{done:,}",
                total=f"{total:,}",
            )
        await self._works.show(self._work, f"⏳ <b>{escape(self._work.title)}</b>\n{part}")
        await asyncio.sleep(0)


async def _patiently(call: Callable[[], Awaitable[object]], tries: int | None = TRIES) -> None:
    """Call Telegram, again where it asks to wait or is away; for ever where no end is named."""
    for attempt in count(1):
        try:
            await call()
        except TelegramRetryAfter as error:
            if attempt == tries:
                raise
            await asyncio.sleep(error.retry_after)
        except (TelegramNetworkError, TelegramServerError):
            if attempt == tries:
                raise
            await asyncio.sleep(min(_AGAIN_SECONDS, 2.0**attempt))
        else:
            return


def _thread(message: Message) -> int | None:
    return message.message_thread_id if message.is_topic_message else None


def _cancel(work_id: int) -> InlineKeyboardMarkup:
    data = CancelWork(work_id=work_id).pack()
    button = InlineKeyboardButton(text=f"✖️ {t('Cancel')}", callback_data=data)
    return InlineKeyboardMarkup(inline_keyboard=[[button]])
