"""Before any handler: who is it, and may they speak to the desk at all."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message, TelegramObject, Update, User
from structlog.contextvars import bound_contextvars

from handlers.commands import refusal, row_of
from storage.store import SqliteStore
from trading.model import Member

log = logging.getLogger(__name__)
Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]


class MemberGate(BaseMiddleware):
    """Resolves the person behind an update; a stranger gets their id on /start, else silence."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        user: User | None = data.get("event_from_user")
        if user is None or not isinstance(event, Update):
            return None
        member = await self._member(user)
        with bound_contextvars(update_id=event.update_id, telegram_id=user.id):
            if member is None:
                return await self._turn_away(event, user)
            data["member"] = member
            return await handler(event, data)

    async def _member(self, user: User) -> Member | None:
        member = await self._store.member(user.id)
        if member is None:
            return None
        name = user.full_name[:64] or str(user.id)
        if member.name != name:
            await self._store.rename_member(member.id, name)
            member = await self._store.member(user.id)
        return member

    async def _turn_away(self, event: Update, user: User) -> None:
        if isinstance(event.callback_query, CallbackQuery):
            await event.callback_query.answer("You are not a member of this desk.")
        elif _is_start(event.message):
            assert event.message is not None
            await event.message.answer(
                f"Your Telegram id is <code>{user.id}</code>. Ask an owner to let you in."
            )
        log.info("a stranger was turned away", extra={"facts": {"telegram_id": user.id}})


class CommandGate(BaseMiddleware):
    """Lets a command reach its handler only if the table lets this person say it here.

    Deny by default: a handler with a command that has no row is never called. What a person may
    do to an account is checked once more by the service, in its transaction.
    """

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        command: CommandObject | None = data.get("command")
        if command is None or not isinstance(event, Message):
            return await handler(event, data)
        member: Member = data["member"]
        private = event.chat.type == "private"
        words = refusal(row_of(command.command), member.role, private=private)
        if words is None:
            return await handler(event, data)
        facts = {"command": command.command, "role": str(member.role)}
        log.info("command_refused", extra={"facts": facts})
        return await event.answer(f"✋ {words}")


def _is_start(message: Message | None) -> bool:
    if message is None or message.text is None or message.chat.type != "private":
        return False
    return message.text.split(maxsplit=1)[:1] == ["/start"]
