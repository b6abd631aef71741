"""What is broken is told once, and once more when it is healed, even where the database is."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError

from bot.resilience import Circuits, CircuitState
from handlers.cards import render
from trading.clock import Clock, to_ms
from trading.errors import StoreError
from trading.ids import AccountId
from trading.notices import Notice, Priority, Trouble

log = logging.getLogger(__name__)


class NoticeStore(Protocol):
    """How the alarms write a message down."""

    async def tell(
        self,
        account_id: AccountId | None,
        notice: Notice,
        priority: Priority,
        *,
        topic: str | None = None,
        silent: bool = False,
        expires: datetime | None = None,
    ) -> None: ...


class Alarms:
    """Watches every circuit; an open one is an alarm to the owners, a closed one its end.

    An alarm is a row like every message. Where no row can be written it goes straight to
    Telegram: a full or broken disk must not be silent.
    """

    def __init__(
        self, circuits: Circuits, store: NoticeStore, bot: Bot, owners: Iterable[int], clock: Clock
    ) -> None:
        self._circuits = circuits
        self._store = store
        self._bot = bot
        self._owners = tuple(owners)
        self._clock = clock
        self._told: dict[str, datetime] = {}

    async def watch(self) -> None:
        """Tell what has opened since the last look, and what has healed; raise nothing."""
        for circuit in self._circuits.all():
            told, state = self._told.get(circuit.name), circuit.state
            if state is CircuitState.OPEN and told is None and circuit.since is not None:
                if await self._tell(Trouble(circuit.name, circuit.why, circuit.since, None)):
                    self._told[circuit.name] = circuit.since
            elif state is CircuitState.CLOSED and told is not None:
                await self._heal(circuit.name, told)

    async def _heal(self, name: str, since: datetime) -> None:
        if await self._tell(Trouble(name, "", since, self._clock.now())):
            del self._told[name]

    async def say(self, notice: Notice, topic: str) -> bool:
        """Tell the owners something of the house; True when it is written or was sent."""
        try:
            await self._store.tell(None, notice, Priority.CRITICAL, topic=topic)
        except StoreError as error:
            log.warning("alarm_not_written", extra={"facts": {"why": str(error)}})
            return await self._directly(notice)
        return True

    async def _tell(self, notice: Trouble) -> bool:
        log.warning(
            "trouble",
            extra={"facts": {"part": notice.part, "why": notice.why, "healed": notice.healed}},
        )
        return await self.say(notice, f"trouble:{notice.part}:{to_ms(notice.since)}")

    async def _directly(self, notice: Notice) -> bool:
        text, reached = render(notice, self._clock.now()).text, False
        for owner in self._owners:
            try:
                await self._bot.send_message(owner, text)
                reached = True
            except TelegramAPIError as error:
                log.warning("alarm_not_sent", extra={"facts": {"why": str(error)}})
        return reached
