"""The whole story of one signal, one order or one position."""

from datetime import datetime
from typing import Protocol

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import Message

from handlers.cards.text import dated, fit, foreign
from handlers.commands import command as said
from handlers.texts import later, retell, t, tell
from handlers.words import detail_words
from trading.clock import Clock
from trading.ids import MemberId
from trading.model import Member
from trading.timeline import Moment, Step, Story

_MOST = 40
_MARKS = {
    Step.SIGNAL: "📨",
    Step.OFFERED: "❔",
    Step.DECIDED: "👤",
    Step.CHECKED: "🔎",
    Step.ORDER: "📄",
    Step.DEAL: "💱",
    Step.WISH: "✋",
    Step.RULES: "📐",
}


_NAMES = {
    "type": later("type"),
    "entry": later("entry"),
    "stop": later("stop"),
    "targets": later("targets"),
    "target": later("target"),
    "price": later("price"),
    "lots": later("lots"),
    "risk": later("risk"),
    "risk %": later("risk %"),
    "worst case": later("worst case"),
    "floor": later("floor"),
    "reason": later("reason"),
    "deal": later("deal"),
    "result": later("result"),
}


class Timelines(Protocol):
    """Where stories are read."""

    async def of_signal(self, member_id: MemberId, signal_id: int) -> list[Story]:
        """Return a signal's story on each account the member may see."""

    async def of_ticket(self, member_id: MemberId, ticket: int) -> list[Story]:
        """Return the story of an order's or position's ticket; empty when it is not known."""


def is_number(_: Message, command: CommandObject) -> bool:
    """Tell whether the command is followed by one number, not by a signal in words."""
    word = (command.args or "").strip().removeprefix("#")
    return word.isdecimal() and word.isascii() and len(word) <= 18


async def on_story(
    message: Message, command: CommandObject, member: Member, timelines: Timelines, clock: Clock
) -> None:
    number = int((command.args or "").strip().removeprefix("#"))
    if command.command.casefold() == "signal":
        stories = await timelines.of_signal(member.id, number)
        hint = t("/signals lists the latest")
    else:
        stories = await timelines.of_ticket(member.id, number)
        hint = t("tickets are in /status, /orders and /signals")
    if not stories:
        await message.answer(
            t(
                "✋ {command} {number} is not known: {hint}.",
                command=foreign(command.command, 16),
                number=number,
                hint=hint,
            )
        )
    for story in stories:
        await message.answer(fit(text(story, clock.now())))


async def on_order(
    message: Message, command: CommandObject, member: Member, timelines: Timelines, clock: Clock
) -> None:
    if is_number(message, command):
        await on_story(message, command, member, timelines, clock)
    else:
        understood = foreign(command.args or t("nothing"), 40)
        await message.answer(
            t(
                "✋ /order needs one ticket, not “{understood}”. Example: <code>/order 1234</code>",
                understood=understood,
            )
        )


def text(story: Story, now: datetime) -> str:
    """Return a story line by line; in a long one the middle is left out."""
    moments = list(story.moments)
    head = f"🧾 <b>{foreign(tell(story.title), 60)}</b> · {foreign(story.account)}"
    lines = [_line(one, now) for one in moments]
    if len(lines) > _MOST:
        left_out = len(lines) - _MOST
        lines = [*lines[:10], t("… {left_out} more …", left_out=left_out), *lines[-(_MOST - 10) :]]
    return "\n".join([head, *lines])


def _line(one: Moment, now: datetime) -> str:
    at = dated(one.at, "%H:%M:%S" if one.at.date() == now.date() else "%d %b %H:%M:%S")
    numbers = ", ".join(
        f"{number_name(name)} {foreign(number_words(name, value, one), 160)}"
        for name, value in one.numbers.items()
    )
    what = f"<code>{at}</code> {_MARKS[one.step]} {foreign(retell(one.what), 80)}"
    return f"{what}\n    {numbers}" if numbers else what


def number_name(name: str) -> str:
    """Return what a number of a story is called."""
    return t(_NAMES.get(name, name))


def number_words(name: str, value: str, one: Moment) -> str:
    """Return a number of a story as plain text, a reason spelt out."""
    return detail_words(value, one.numbers) if name == "reason" else retell(value)


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_story, said("trade"), is_number)
    router.message.register(on_order, said("order"))
    return router
