"""Who may say or tap what, and about which account: one gate for commands, one for buttons."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Protocol

from aiogram import BaseMiddleware
from aiogram.filters import CommandObject
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message, TelegramObject

from handlers.callbacks import needed_for
from handlers.choosing import Chosen, NotYours, Pick, choose, question, split
from handlers.commands import About, CommandRow, refusal, row_of
from handlers.texts import t, tell
from trading.ids import AccountId, ApprovalId, MemberId
from trading.model import Account, Member, Role

log = logging.getLogger(__name__)
Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]


class Rights(Protocol):
    """Who may do what on which account."""

    async def roles_of(self, member_id: MemberId) -> list[tuple[Account, Role]]:
        """Return a member's accounts with their role on each."""

    async def role_on(self, member_id: MemberId, account_id: AccountId) -> Role | None:
        """Return a member's role on an account."""

    async def account_behind(self, approval_id: ApprovalId) -> AccountId | None:
        """Return the account that a card asks."""


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
        words = refusal(
            row_of(command.command), member.role, private=private, desk=member.everywhere
        )
        if words is None:
            return await handler(event, data)
        facts = {"command": command.command, "role": str(member.role)}
        log.info("command_refused", extra={"facts": facts})
        return await event.answer(f"✋ {tell(words)}")


class AccountGate(BaseMiddleware):
    """Gives a command the accounts it is about; where that is open, asks and does nothing."""

    def __init__(self, rights: Rights) -> None:
        self._rights = rights

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        command: CommandObject | None = data.get("command")
        row = None if command is None else row_of(command.command)
        if command is None or row is None or not isinstance(event, Message):
            return await handler(event, data)
        if row.about in (About.NOTHING, About.DESK):
            return await handler(event, data)
        name, args = split(row, command.args)
        acts, needed = _wanted(row, args)
        held = await self._rights.roles_of(data["member"].id)
        match choose(row, name, needed, held, acts=acts):
            case NotYours(words):
                log.info("account_refused", extra={"facts": {"command": command.command}})
                return await event.answer(words)
            case Pick() as pick:
                text, keyboard = question(row, args, pick)
                return await event.answer(text, reply_markup=keyboard)
            case Chosen(accounts=()) if acts:
                return await event.answer(
                    t("No account is known yet: the terminal has not shown one. /status")
                )
            case Chosen() as chosen:
                data["command"] = replace(command, args=args)
                data["chosen"] = chosen
                return await handler(event, data)


def _wanted(row: CommandRow, args: str | None) -> tuple[bool, Role]:
    """Return whether a command changes something, and the role that needs on the account."""
    needed = row.sets if args and row.sets is not None else row.role
    acts = row.about in (About.ONE, About.ONE_OR_ALL)
    return acts or (row.about is About.SHOW_OR_SET and bool(args)), needed


class ButtonGate(BaseMiddleware):
    """Lets a tap reach its handler only if the table of buttons lets this person tap it.

    Deny by default: a button of no row is never heard. One that names an account is judged by
    the person's role on that account.
    """

    def __init__(self, rights: Rights) -> None:
        self._rights = rights

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        button: CallbackData | None = data.get("callback_data")
        if button is None or not isinstance(event, CallbackQuery):
            return await handler(event, data)
        words = await self._refusal(button, data["member"])
        if words is None:
            return await handler(event, data)
        facts = {"button": type(button).__name__, "role": str(data["member"].role)}
        log.info("tap_refused", extra={"facts": facts})
        return await event.answer(words)

    async def _refusal(self, button: CallbackData, member: Member) -> str | None:
        row = needed_for(type(button))
        if row is None:
            return t("This button is not known any more. Nothing was changed.")
        role: Role | None = member.everywhere if row.desk else member.role
        account_id = await self._account(button)
        if account_id is not None:
            role = await self._rights.role_on(member.id, account_id)
        if role is None:
            return t("You have no right on this account. Nothing was changed.")
        if not role.may(row.role):
            return t(
                "That needs the role {needed}; you are {role}. Nothing was changed.",
                needed=row.role,
                role=role,
            )
        return None

    async def _account(self, button: CallbackData) -> AccountId | None:
        """Return the account a button names, by itself or by its card; None where it names none."""
        approval_id = getattr(button, "approval_id", None)
        if approval_id is not None:
            return await self._rights.account_behind(ApprovalId(approval_id))
        account_id = getattr(button, "account_id", 0)
        return AccountId(account_id) if account_id else None
