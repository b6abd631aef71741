"""Is every part of the desk well: asked in the chat."""

from collections.abc import Sequence
from typing import Protocol

from aiogram.types import Message

from handlers.cards.health import SeenPart, health


class Report(Protocol):
    """Every part as it was found."""

    @property
    def parts(self) -> Sequence[SeenPart]: ...


class Wellbeing(Protocol):
    """What the handler asks."""

    async def report(self) -> Report:
        """Return how every part is now; raise nothing."""


async def on_health(message: Message, wellbeing: Wellbeing) -> None:
    report = await wellbeing.report()
    await message.answer(health(report.parts))
