"""What stays broken is told once within the limit, and once when healed, disk or no disk."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from bot.alarms import Alarms
from bot.resilience import Circuits
from bot.sandbox import Sandbox
from storage.store import SqliteStore
from tests.support.fresh import fresh_database
from tests.support.loop_desk import OWNER, ManualClock
from trading.errors import StoreError
from trading.ids import AccountId
from trading.notices import Notice, Priority


class House:
    """Alarms over a real outbox that can be made to fail, and a chat."""

    def __init__(self, store: SqliteStore, sandbox: Sandbox, bot: Bot, clock: ManualClock) -> None:
        self.store, self.clock = store, clock
        self.is_full = False
        self.circuits = Circuits(clock)
        self.owner = sandbox.person(OWNER, "Olga")
        self.alarms = Alarms(self.circuits, self, bot, [OWNER], clock)

    async def tell(
        self,
        account_id: AccountId | None,
        notice: Notice,
        priority: Priority,
        *,
        topic: str | None = None,
        silent: bool = False,
        expires: datetime | None = None,
    ) -> None:
        if self.is_full:
            raise StoreError("database or disk is full")
        await self.store.tell(
            account_id, notice, priority, topic=topic, silent=silent, expires=expires
        )

    async def waits(self) -> list[str]:
        found = await self.store.outbox_claim(self.clock.now(), 9)
        return [f"{one.notice}" for one in found]

    async def fails_for(self, name: str, seconds: float) -> None:
        circuit = self.circuits.of(name)
        circuit.failed("it broke")
        for _ in range(int(seconds)):
            self.clock.advance(1)
            circuit.failed("it broke")
            await self.alarms.watch()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox())
        database = await stack.enter_async_context(fresh_database(tmp_path / "desk.db"))
        session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url))
        clock = ManualClock()
        store = SqliteStore(database, clock)
        await store.ensure_owners([OWNER])
        bot = await stack.enter_async_context(Bot(sandbox.token, session=session))
        house = House(store, sandbox, bot, clock)
        await house.owner.presses_start()
        yield house


async def test_a_short_failure_is_not_told(house: House) -> None:
    await house.fails_for("backup", 15)
    house.circuits.of("backup").succeeded()
    await house.alarms.watch()
    assert await house.waits() == []


async def test_what_stays_broken_is_told_once_within_thirty_seconds(house: House) -> None:
    await house.fails_for("backup", 29)
    (told,) = await house.waits()
    assert "it broke" in told
    assert "healed_at=None" in told
    await house.fails_for("backup", 300)
    assert await house.waits() == []


async def test_its_healing_changes_the_same_message(house: House) -> None:
    await house.fails_for("ping", 60)
    house.circuits.of("ping").succeeded()
    await house.alarms.watch()
    (told,) = await house.waits()  # not sent yet: one message says both
    assert "healed_at=datetime" in told
    await house.alarms.watch()
    assert await house.waits() == []


async def test_i17_an_alarm_that_cannot_be_written_goes_straight_to_the_owner(house: House) -> None:
    house.is_full = True
    await house.fails_for("database", 60)
    alarm = await house.owner.sees("NOT WORKING: database")
    assert "nothing is sent to the broker" in alarm.text
    house.circuits.of("database").succeeded()
    await house.alarms.watch()
    await house.owner.sees("Works again: database")
    assert sum("NOT WORKING" in one.text for one in house.owner.messages) == 1
