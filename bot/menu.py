"""The command menus that Telegram shows beside the text field: by role and by kind of chat."""

import logging
from collections.abc import Iterable
from typing import Protocol

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
    BotCommandScopeUnion,
)

from handlers.commands import CommandRow, open_to
from handlers.readers import reading
from handlers.texts import t
from trading.errors import StoreError
from trading.model import Member, Role

log = logging.getLogger(__name__)

_STRANGERS = frozenset({"start"})


class Members(Protocol):
    """Whoever is to see a menu of their own."""

    async def members(self) -> list[Member]: ...


class Menu:
    """Publishes what each person may say; without a menu the desk works all the same."""

    def __init__(self, bot: Bot, store: Members) -> None:
        self._bot = bot
        self._store = store

    async def show(self) -> None:
        """Publish the menus of strangers, of groups and of every member."""
        strangers = [row for row in open_to(Role.VIEWER) if row.name in _STRANGERS]
        await self._set(strangers, BotCommandScopeDefault())
        everyone = open_to(Role.VIEWER, private=False)
        await self._set(everyone, BotCommandScopeAllGroupChats())
        try:
            members = await self._store.members()
        except StoreError as error:  # the next start shows them
            log.warning("menus_not_shown", extra={"facts": {"why": str(error)}})
            return
        for member in members:
            await self.show_to(member)

    async def show_to(self, member: Member) -> None:
        """Publish a member's menu anew, as after a change of role."""
        scope = BotCommandScopeChat(chat_id=member.telegram_id)
        with reading(member.reader):
            await self._set(open_to(member.role, desk=member.everywhere), scope)

    async def follow(self, member: Member, stays: bool) -> None:
        """Bring a menu up to a change of rights."""
        await (self.show_to(member) if stays else self.hide_from(member.telegram_id))

    async def hide_from(self, telegram_id: int) -> None:
        """Take a menu away from someone who is no member any more."""
        await self._set((), BotCommandScopeChat(chat_id=telegram_id))

    async def _set(self, rows: Iterable[CommandRow], scope: BotCommandScopeUnion) -> None:
        commands = [BotCommand(command=row.name, description=t(row.summary)) for row in rows]
        try:
            await self._bot.set_my_commands(commands, scope=scope, request_timeout=10)
        except TelegramAPIError as error:
            # A chat that was never started has no menu yet: /start publishes it.
            log.info("menu_not_shown", extra={"facts": {"scope": scope.type, "why": str(error)}})
