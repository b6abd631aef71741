"""From a tap to the order and to its stored result: ``python -m tests.bench.bench_tap_to_order``.

The floor is the least code with the same guarantees, measured turn by turn with the bot: one
update parsed and dispatched by aiogram, approval and intent in one durable commit, a wake-up, one
round trip to a worker that answers at once, the result in one durable commit.

The bot is the whole desk: real file, real worker with the simulated account, a Bot API in a
process of its own; between tap and request it also looks at the account, lets the guard judge and
runs every check. Between two taps its position is closed again.
"""

import asyncio
import contextlib
import gc
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiogram import Bot, Dispatcher, Router
from aiogram.types import CallbackQuery

from bot.app import App, open_app
from bot.settings import load_settings
from handlers.callbacks import Decide
from storage.database import connect
from tests.bench.harness import Report, arguments
from tests.support.chat_desk import OWNER, environment, steady
from tests.support.simulated_desk import Row
from trading.events import Event, EventType
from trading.ids import ApprovalId
from trading.model import ApprovalStatus, OrderType, Position, Side, SignalDraft
from trading.terminal.codec import encode_request, frame

WARM_UP = 30
TOKEN = "42:" + "a" * 35  # the shape of one


def tap(number: int, data: str) -> dict[str, object]:
    """Return the update of a tap as Telegram writes it."""
    person = {"id": OWNER, "is_bot": False, "first_name": "Olga"}
    chat = {"id": OWNER, "type": "private", "first_name": "Olga"}
    return {
        "update_id": number,
        "callback_query": {
            "id": str(number),
            "from": person,
            "chat_instance": "1",
            "data": data,
            "message": {"message_id": number, "date": 1, "chat": chat, "text": "a card"},
        },
    }


@dataclass
class Marks:
    """When each step of the tap in hand was reached, in seconds of the performance counter."""

    began: float = 0.0
    at: dict[str, float] = field(default_factory=dict)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        self.at.clear()
        self.done.clear()
        self.began = time.perf_counter()

    def mark(self, step: str) -> None:
        self.at.setdefault(step, time.perf_counter())

    def micros(self) -> dict[str, float]:
        return {step: (at - self.began) * 1e6 for step, at in self.at.items()}


# --- the floor -------------------------------------------------------------------------------

_ORDER = {"symbol": "EURUSD", "volume": "0.1", "type": 0, "sl": "1.09"}


class Floor:
    """aiogram, one writer thread, one echoing worker, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.marks = Marks()
        self._bot = Bot(TOKEN)
        self._writer = ThreadPoolExecutor(1)
        self._database = connect(folder / "floor.db")
        self._database.executescript(
            "CREATE TABLE approval(id INTEGER PRIMARY KEY, signal INTEGER UNIQUE, status TEXT);"
            "CREATE TABLE intent(id INTEGER PRIMARY KEY, approval INTEGER UNIQUE,"
            " client_order_id INTEGER UNIQUE, status TEXT, answer TEXT);"
        )
        router = Router()
        router.callback_query.register(self._decide, Decide.filter())
        self._dispatcher = Dispatcher(disable_fsm=True)
        self._dispatcher.include_router(router)
        self._wake = asyncio.Event()
        self._due: list[int] = []
        self._number = 0

    async def start(self) -> None:
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "tests.support.echo")
        self._worker = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)

    async def close(self) -> None:
        assert self._worker.stdin is not None
        self._worker.stdin.close()
        await self._worker.wait()
        self._writer.shutdown()
        self._database.close()
        await self._bot.session.close()

    async def tap(self) -> dict[str, float]:
        self._number += 1
        data = Decide(approval_id=self._number, decision="approve").pack()
        raw = tap(self._number, data)
        self.marks.start()
        await self._dispatcher.feed_raw_update(self._bot, raw)
        await self.marks.done.wait()
        return self.marks.micros()

    async def run(self) -> None:
        """Send what was decided, woken by the decision."""
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        while True:
            await self._wake.wait()
            self._wake.clear()
            for approval in self._due:
                self._worker.stdin.write(
                    frame(encode_request(approval, "send", {"request": _ORDER}))
                )
                self.marks.mark("sent")
                header = await self._worker.stdout.readexactly(4)
                answer = await self._worker.stdout.readexactly(int.from_bytes(header, "big"))
                await self._commit(_keep_answer, approval, answer.decode())
                self.marks.mark("stored")
                self.marks.done.set()
            self._due.clear()

    async def _decide(self, _query: CallbackQuery, callback_data: Decide) -> None:
        await self._commit(_keep_intent, callback_data.approval_id, secrets.randbits(48))
        self.marks.mark("decided")
        self._due.append(callback_data.approval_id)
        self._wake.set()

    async def _commit(self, function: Any, *values: object) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, _transaction, self._database, function, values)


def _transaction(database: sqlite3.Connection, function: Any, values: tuple[object, ...]) -> None:
    database.execute("BEGIN IMMEDIATE")
    function(database, *values)
    database.execute("COMMIT")


def _keep_intent(database: sqlite3.Connection, approval: int, client_order_id: int) -> None:
    database.execute("INSERT INTO approval VALUES (?, ?, 'ordered')", (approval, approval))
    database.execute(
        "INSERT INTO intent VALUES (?, ?, ?, 'submitted', NULL)",
        (approval, approval, client_order_id),
    )


def _keep_answer(database: sqlite3.Connection, approval: int, answer: str) -> None:
    database.execute(
        "UPDATE intent SET status = 'filled', answer = ? WHERE id = ?", (answer, approval)
    )


# --- the bot ---------------------------------------------------------------------------------


class _MarkedTransport:
    """The worker's transport, noting when an order leaves for it."""

    def __init__(self, inner: Any, marks: Marks) -> None:
        self._inner = inner
        self._marks = marks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def call(self, call_id: int, body: bytes, deadline: float) -> bytes:
        if b'"send"' in body:
            self._marks.mark("sent")
        answer: bytes = await self._inner.call(call_id, body, deadline)
        return answer


class Desk:
    """The bot's own path, from the raw update to the stored result."""

    def __init__(self, app: App, marks: Marks) -> None:
        self.marks = marks
        self._app = app
        self.loop = app.loop.loops[0]
        session = self.loop.terminal._session  # type: ignore[attr-defined]  # noqa: SLF001 - to time it
        session._transport = _MarkedTransport(session._transport, marks)  # noqa: SLF001
        self._number = 0

    async def tap(self) -> dict[str, float]:
        """Approve a fresh signal, return when each step was reached, and be flat again."""
        found = await self.enter()
        await self._flat()
        return found

    async def enter(self) -> dict[str, float]:
        """Approve a fresh signal and return when each step was reached."""
        self._number += 1
        approval = await self._offered()
        # Stands where the poll does: the next thing is the parsed update's handler.
        dispatcher = self._app.polling._dispatcher  # noqa: SLF001
        raw = tap(self._number, Decide(approval_id=approval, decision="approve").pack())
        self.marks.start()
        await dispatcher.feed_raw_update(self._app.polling.bot, raw)
        await self.marks.done.wait()
        return self.marks.micros()

    async def _offered(self) -> ApprovalId:
        draft = SignalDraft(
            symbol="EURUSD",
            side=Side.BUY,
            order_type=OrderType.MARKET,
            entry=None,
            stop_loss=Decimal("1.0600"),
            take_profits=(Decimal("1.1100"), Decimal("1.1200")),
            volume=Decimal("0.10"),
        )
        signals = self._app.polling._dispatcher.workflow_data["signals"]  # noqa: SLF001
        result = await signals.ingest(draft, "bench", str(self._number))
        account = self.loop.account
        assert account is not None
        async with asyncio.timeout(10):
            while True:
                for one in await self._app.store.recent_approvals(account.id, 1):
                    if one.signal.id == result.signal_id and one.proposal is not None:
                        assert one.status is ApprovalStatus.OFFERED, one
                        await asyncio.sleep(0.02)  # the card's own traffic is over
                        return one.id
                await asyncio.sleep(0.005)

    async def _flat(self) -> None:
        async with asyncio.timeout(10):
            while positions := (await self.loop.terminal.snapshot(())).positions:
                await self._close(positions[0])
        self.loop.wake()
        await asyncio.sleep(0.03)

    async def _close(self, position: Position) -> None:
        account = self.loop.account
        assert account is not None
        await self.loop.executor.close(account.id, position)


@contextlib.contextmanager
def bot_api() -> Iterator[str]:
    """Run the Bot API that says yes; give its address."""
    command = (sys.executable, "-m", "tests.bench.telegram")
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.communicate("")


@contextlib.asynccontextmanager
async def running_desk(
    folder: Path, url: str, marks: Marks, *, rows: list[Row] | None = None
) -> AsyncIterator[App]:
    """Run a whole desk whose events set the marks."""
    given = environment(folder, url, rows or steady(7200), LOOP_INTERVAL_SECONDS="1")
    settings = load_settings(given, None, need_telegram=True)

    def listen(event: Event) -> None:
        step = _STEPS.get(event.event_type)
        if step is not None and event.metadata.get("purpose", "entry") == "entry":
            marks.mark(step)
            if step == "stored":
                marks.done.set()

    async with (
        open_app(settings, listeners=[listen]) as app,
        asyncio.TaskGroup() as group,
    ):
        task = group.create_task(app.run())
        async with asyncio.timeout(20):
            while app.loop.loops[0].last_pass is None:  # noqa: ASYNC110 - before the clock runs
                await asyncio.sleep(0.05)
        await asyncio.sleep(2.0)
        yield app
        app.stopping.set()
        await task


_STEPS = {
    EventType.APPROVAL_DECIDED: "decided",
    EventType.ORDER_SUBMITTED: "intent",
    EventType.ORDER_APPLIED: "stored",
}


async def measure(count: int) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """Return the steps of so many taps of floor and bot, taken in turns."""
    floors: list[dict[str, float]] = []
    bots: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as name, bot_api() as url:
        folder = Path(name)
        floor, marks = Floor(folder), Marks()
        await floor.start()
        async with running_desk(folder, url, marks) as app, asyncio.TaskGroup() as group:
            desk = Desk(app, marks)
            sending = group.create_task(floor.run())
            for number in range(WARM_UP + count):
                for tap_one, into in ((floor.tap, floors), (desk.tap, bots)):
                    gc.collect(0)
                    steps = await tap_one()
                    if number >= WARM_UP:
                        into.append(steps)
            sending.cancel()
        await floor.close()
    return floors, bots


def main() -> int:
    options = arguments(__doc__ or "", 300)
    floors, bots = asyncio.run(measure(options.count))
    report = Report("tap_to_order", options)
    floor = {step: [one[step] for one in floors] for step in floors[0]}
    desk = {step: [one[step] for one in bots] for step in bots[0]}
    report.series("floor: to the stored decision", floor["decided"])
    report.series("floor: to the request", floor["sent"])
    report.series("floor: to the stored result", floor["stored"])
    report.series("bot: to the stored decision", desk["decided"])
    report.series("bot: to the stored intent", desk["intent"])
    report.series("bot: to the request", desk["sent"], floor=floor["sent"], goal=(2, 3))
    report.series("bot: to the stored result", desk["stored"], floor=floor["stored"], goal=(2, 3))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
