"""Acting on the account: pause, resume, panic; what loosens asks once more."""

from html import escape

from aiogram import Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

from handlers.callbacks import ConfirmTap
from handlers.cards import text as shown
from handlers.cards.text import fit
from handlers.choosing import Chosen
from handlers.commands import command as said
from handlers.texts import t, tell
from trading.accounts import AccountService, Answer, Asked, Done, Refused
from trading.ids import ConfirmId
from trading.limits import LimitService
from trading.model import Account, Member, TradingState


def reply(answer: Answer) -> tuple[str, InlineKeyboardMarkup | None]:
    """Return what is said of an act, and its confirm button where it asks."""
    match answer:
        case Done(words):
            return f"✅ {escape(tell(words))}", None
        case Refused(words):
            return f"✋ {escape(tell(words))}", None
        case Asked(confirm_id, words):
            return f"❓ {escape(tell(words))}", _confirm(confirm_id)


def _confirm(confirm_id: ConfirmId) -> InlineKeyboardMarkup:
    yes = ConfirmTap(confirm_id=confirm_id, yes=True).pack()
    no = ConfirmTap(confirm_id=confirm_id, yes=False).pack()
    row = [
        InlineKeyboardButton(text=f"✅ {t('Confirm')}", callback_data=yes),
        InlineKeyboardButton(text=f"✖️ {t('Cancel')}", callback_data=no),
    ]
    return InlineKeyboardMarkup(inline_keyboard=[row])


async def say(message: Message, answer: Answer, account: str = "") -> None:
    """Tell what came of an act; what must be confirmed gets its buttons.

    ``account`` names which one it was done on, where its person has several.
    """
    text, keyboard = reply(answer)
    if account:
        text = f"<b>{escape(account)}</b>\n{text}"
    if isinstance(answer, Asked):
        text += f"\n<i>{t('Confirm within 60 seconds.')}</i>"
    await message.answer(fit(text), reply_markup=keyboard)


async def on_pause(
    message: Message, member: Member, chosen: Chosen, accounts: AccountService
) -> None:
    for account in chosen.accounts:
        await say(message, await accounts.pause(member, account.id), chosen.label(account))


async def on_resume(
    message: Message,
    member: Member,
    chosen: Chosen,
    accounts: AccountService,
    limits: LimitService,
) -> None:
    answer = await resume_question(member, chosen.one, accounts, limits)
    await say(message, answer, chosen.label(chosen.one))


async def resume_question(
    member: Member, account: Account, accounts: AccountService, limits: LimitService
) -> Answer:
    """Ask whether trading goes on: on an active account, whether its pauses are forgiven."""
    pauses = None
    if account.trading_state is TradingState.ACTIVE:
        pauses = await limits.ask_forgive(member, account.id)
    return pauses or await accounts.ask_resume(member, account.id)


async def on_panic(
    message: Message, member: Member, chosen: Chosen, accounts: AccountService
) -> None:
    for account in chosen.accounts:
        await say(message, await accounts.ask_panic(member, account.id), chosen.label(account))


async def on_confirm(
    query: CallbackQuery, callback_data: ConfirmTap, member: Member, accounts: AccountService
) -> None:
    answer = await accounts.confirm(
        member, ConfirmId(callback_data.confirm_id), yes=callback_data.yes
    )
    await query.answer(toast(answer))
    message = query.message
    if isinstance(message, Message) and not _is_foreign(answer):
        text, _ = reply(answer)
        name, _, _ = message.html_text.partition("\n❓")
        try:
            # The account that a question of several named stays above its answer.
            await message.edit_text(f"{name}\n{text}" if name.startswith("<b>") else text)
        except TelegramBadRequest as error:
            if "message is not modified" not in error.message:
                raise


def _is_foreign(answer: Answer) -> bool:
    """A tap by another person, or a second one, leaves the message as it is."""
    return isinstance(answer, Refused) and answer.words.startswith(("Only the one", "Already"))


def toast(answer: Answer) -> str:
    """Return an answer as a toast shows it."""
    return shown.toast(tell(answer.words))


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_pause, said("pause"))
    router.message.register(on_resume, said("resume"))
    router.message.register(on_panic, said("panic"))
    router.callback_query.register(on_confirm, ConfirmTap.filter())
    return router
