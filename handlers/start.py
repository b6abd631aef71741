"""Hello, help, and who you are."""

from aiogram import Router
from aiogram.filters import CommandObject, CommandStart
from aiogram.types import Message

from handlers import guide
from handlers.attention import keyboard
from handlers.cards.text import foreign
from handlers.commands import command as said
from handlers.ports import DeskStore, MenuOf
from handlers.texts import t
from trading.model import Member
from trading.people import PeopleService
from trading.wishes import AttentionService


async def on_start(
    message: Message,
    command: CommandObject,
    member: Member,
    store: DeskStore,
    menu: MenuOf,
    people: PeopleService,
    attention: AttentionService,
) -> None:
    if command.args:
        # Whoever the link has just let in comes by here too: for them it is used up.
        found = await people.redeem(command.args.strip()[:64], member.telegram_id, member.name)
        member = found if isinstance(found, Member) else member
    await store.reachable_again(member.telegram_id)
    accounts = await store.accounts_of(member.id)
    names = ", ".join(str(account.login) for account in accounts) or t("none yet")
    hello = t(
        "Welcome, {name}. You are {role} here (id <code>{id}</code>).\nAccounts: {accounts}",
        name=foreign(member.name),
        role=member.role,
        id=member.telegram_id,
        accounts=names,
    )
    private = message.chat.type == "private"
    keys = keyboard(shown=await attention.has_keyboard(member)) if private else None
    await message.answer(f"{hello}\n\n{guide.first_words(member.role)}", reply_markup=keys)
    await menu.show_to(member)


async def on_help(message: Message, command: CommandObject, member: Member) -> None:
    await message.answer(guide.answer(command.args or "", member.role, member.everywhere))


async def on_id(message: Message, member: Member) -> None:
    await message.answer(
        t(
            "You: <code>{you}</code>, this chat: <code>{chat}</code>",
            you=member.telegram_id,
            chat=message.chat.id,
        )
    )


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_start, CommandStart())
    router.message.register(on_help, said("help"))
    router.message.register(on_id, said("id"))
    return router
