"""Acting on the account: pause, resume, panic, caps; what loosens asks once more."""

from html import escape

from aiogram import Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import CommandObject
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

from handlers import replies
from handlers.callbacks import CapStep, ConfirmTap
from handlers.cards.text import fit, toast
from handlers.commands import command as said
from handlers.ports import DeskStore
from handlers.texts import t, tell
from trading.accounts import AccountService, Answer, Asked, Done, Refused
from trading.clock import Clock
from trading.drawdown import CapKind, Unit
from trading.drawdown.state import Observation
from trading.ids import AccountId, ConfirmId
from trading.loop import TradingLoop
from trading.model import Member

_STEPS = {
    CapKind.STATIC: ("5", "10", "15", "20"),
    CapKind.DAILY: ("3", "4", "5"),
    CapKind.TRAILING: ("5", "8", "10"),
}


async def _account(message: Message, member: Member, store: DeskStore) -> AccountId | None:
    accounts = await store.accounts_of(member.id)
    if accounts:
        return accounts[0].id
    await message.answer(t("No account is known yet: the terminal has not shown one. /status"))
    return None


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


async def say(message: Message, answer: Answer) -> None:
    """Tell what came of an act; what must be confirmed gets its buttons."""
    text, keyboard = reply(answer)
    if isinstance(answer, Asked):
        text += f"\n<i>{t('Confirm within 60 seconds.')}</i>"
    await message.answer(fit(text), reply_markup=keyboard)


async def on_pause(
    message: Message, member: Member, store: DeskStore, accounts: AccountService
) -> None:
    account_id = await _account(message, member, store)
    if account_id is not None:
        await say(message, await accounts.pause(member, account_id))


async def on_resume(
    message: Message, member: Member, store: DeskStore, accounts: AccountService
) -> None:
    account_id = await _account(message, member, store)
    if account_id is not None:
        await say(message, await accounts.ask_resume(member, account_id))


async def on_panic(
    message: Message, member: Member, store: DeskStore, accounts: AccountService
) -> None:
    account_id = await _account(message, member, store)
    if account_id is not None:
        await say(message, await accounts.ask_panic(member, account_id))


async def on_cap(
    message: Message,
    command: CommandObject,
    member: Member,
    store: DeskStore,
    accounts: AccountService,
    loop: TradingLoop,
    clock: Clock,
) -> None:
    account_id = await _account(message, member, store)
    if account_id is None:
        return
    words = (command.args or "").split()
    if not words:
        await _show_caps(message, member, store, loop, clock)
    elif words[0].lower() == "off":
        kind = words[1].lower() if len(words) > 1 else ""
        await say(message, await accounts.ask_cap_off(member, account_id, _kind(kind)))
    else:
        await say(message, await accounts.set_cap(member, account_id, words))


def _kind(word: str) -> str:
    return {"total": "static", "": "static"}.get(word, word)


async def _show_caps(
    message: Message, member: Member, store: DeskStore, loop: TradingLoop, clock: Clock
) -> None:
    for account in await store.accounts_of(member.id):
        of_account = loop.of(account.id)
        if of_account is None:
            await message.answer(replies.not_seen(None))
            continue
        text = replies.drawdown(account, of_account, clock.now())
        keyboard = _steppers(account.id, of_account.verdict.observations)
        await message.answer(f"{text}\n{t('Tap to change a cap:')}", reply_markup=keyboard)


def _steppers(account_id: AccountId, seen: tuple[Observation, ...]) -> InlineKeyboardMarkup:
    present = {one.cap.kind: one.cap for one in seen if one.cap.unit is Unit.PERCENT}
    rows = []
    for kind, values in _STEPS.items():
        cap = present.get(kind)
        name = "total" if kind is CapKind.STATIC else kind.value
        rows.append(
            [
                InlineKeyboardButton(
                    text=f"{'• ' if cap is not None and cap.size == int(value) else ''}"
                    f"{name} {value} %",
                    callback_data=CapStep(account_id=account_id, kind=name, value=value).pack(),
                )
                for value in values
            ]
        )
    return InlineKeyboardMarkup(inline_keyboard=rows)


async def on_cap_step(
    query: CallbackQuery, callback_data: CapStep, member: Member, accounts: AccountService
) -> None:
    answer = await accounts.set_cap(
        member, AccountId(callback_data.account_id), (callback_data.kind, callback_data.value)
    )
    await query.answer(_toast(answer))
    if isinstance(query.message, Message):
        await say(query.message, answer)


async def on_confirm(
    query: CallbackQuery, callback_data: ConfirmTap, member: Member, accounts: AccountService
) -> None:
    answer = await accounts.confirm(
        member, ConfirmId(callback_data.confirm_id), yes=callback_data.yes
    )
    await query.answer(_toast(answer))
    message = query.message
    if isinstance(message, Message) and not _is_foreign(answer):
        text, _ = reply(answer)
        try:
            await message.edit_text(text)
        except TelegramBadRequest as error:
            if "message is not modified" not in error.message:
                raise


def _is_foreign(answer: Answer) -> bool:
    """A tap by another person, or a second one, leaves the message as it is."""
    return isinstance(answer, Refused) and answer.words.startswith(("Only the one", "Already"))


def _toast(answer: Answer) -> str:
    return toast(tell(answer.words))


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_pause, said("pause"))
    router.message.register(on_resume, said("resume"))
    router.message.register(on_panic, said("panic"))
    router.message.register(on_cap, said("cap"))
    router.callback_query.register(on_cap_step, CapStep.filter())
    router.callback_query.register(on_confirm, ConfirmTap.filter())
    return router
