"""Hello, help, and who you are."""

from aiogram import Router
from aiogram.filters import Command, CommandStart
from aiogram.types import Message

from handlers import replies
from handlers.cards.text import foreign
from handlers.ports import DeskStore
from trading.model import Member


async def on_start(message: Message, member: Member, store: DeskStore) -> None:
    await store.reachable_again(member.telegram_id)
    accounts = await store.accounts_of(member.id)
    names = ", ".join(str(account.login) for account in accounts) or "none yet"
    await message.answer(
        f"Welcome, {foreign(member.name)}. You are {member.role} here "
        f"(id <code>{member.telegram_id}</code>).\nAccounts: {names}\n\n{replies.HELP}"
    )


async def on_help(message: Message) -> None:
    await message.answer(replies.HELP)


async def on_id(message: Message, member: Member) -> None:
    await message.answer(
        f"You: <code>{member.telegram_id}</code>, this chat: <code>{message.chat.id}</code>"
    )


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_start, CommandStart())
    router.message.register(on_help, Command("help"))
    router.message.register(on_id, Command("id"))
    return router
