"""Managing what is open: close, stops, targets, trailing, pending orders; each asks once more."""

from collections.abc import Awaitable, Callable, Sequence
from html import escape

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

from handlers.callbacks import PickPosition, PositionTap
from handlers.cards.positions import result_of
from handlers.cards.text import figure, fit, foreign, lots, side, toast
from handlers.choosing import Chosen
from handlers.commands import command as said
from handlers.editing import edit_quietly
from handlers.texts import later, t, tell
from trading.accounts import Answer, Asked, Done, Refused
from trading.ids import AccountId, ConfirmId
from trading.model import Member
from trading.positions.selection import Held
from trading.positions.service import Among, Pick, PositionService

_BUTTONS = 12
_GROUPS = {"all": later("All"), "winners": later("Winners"), "losers": later("Losers")}
Ask = Callable[[Member, Sequence[str], Among], Awaitable[list[Answer]]]


def _words(command: CommandObject) -> list[str]:
    return (command.args or "").replace(",", " ").split()


def _text(answer: Answer) -> tuple[str, InlineKeyboardMarkup | None]:
    match answer:
        case Done(words):
            return f"✅ {escape(tell(words))}", None
        case Refused(words):
            return f"✋ {escape(tell(words))}", None
        case Asked(confirm_id, words):
            text = f"❓ {escape(tell(words))}\n<i>{t('Confirm within 60 seconds.')}</i>"
            return text, _confirm(confirm_id)


def _confirm(confirm_id: ConfirmId) -> InlineKeyboardMarkup:
    yes = PositionTap(confirm_id=confirm_id, yes=True).pack()
    no = PositionTap(confirm_id=confirm_id, yes=False).pack()
    row = [
        InlineKeyboardButton(text=f"✅ {t('Confirm')}", callback_data=yes),
        InlineKeyboardButton(text=f"✖️ {t('Cancel')}", callback_data=no),
    ]
    return InlineKeyboardMarkup(inline_keyboard=[row])


async def _say(message: Message, answers: Sequence[Answer]) -> None:
    for answer in answers:
        text, keyboard = _text(answer)
        await message.answer(fit(text), reply_markup=keyboard)


async def on_close(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    positions: PositionService,
) -> None:
    result = await positions.close(member, _words(command), chosen.ids)
    if isinstance(result, Pick):
        only = chosen.one.id if len(chosen.accounts) == 1 else 0
        keyboard = pick_list(result.held, only, named=chosen.several and not only)
        await message.answer(t("Close which position?"), reply_markup=keyboard)
    else:
        await _say(message, result)


def pick_list(held: Sequence[Held], only: int = 0, *, named: bool = False) -> InlineKeyboardMarkup:
    """Return a button for each of the worst positions, for groups, and to cancel.

    ``only`` is the one account that the groups are of; ``named`` shows whose each position is.
    """
    worst_first = sorted(held, key=lambda one: result_of(one.position))
    rows = [[_of(one, named=named)] for one in worst_first[:_BUTTONS]]
    if len(held) > 1:
        groups = [_pick(t(label), word, only) for word, label in _GROUPS.items()]
        rows.append(groups)
    rows.append([_pick(f"✖️ {t('Cancel')}", "no")])
    return InlineKeyboardMarkup(inline_keyboard=rows)


def _of(one: Held, *, named: bool) -> InlineKeyboardButton:
    position = one.position
    name = f" · {one.account.login}" if named else ""
    return _pick(
        f"{side(position.side)} {foreign(position.symbol, 12)} {lots(position.volume)}"
        f"  {figure(result_of(position), signed=True)}{name}",
        str(position.ticket),
        one.account.id,
    )


def _pick(label: str, what: str, account_id: int = 0) -> InlineKeyboardButton:
    data = PickPosition(what=what, account_id=account_id).pack()
    return InlineKeyboardButton(text=label, callback_data=data)


async def on_pick(
    query: CallbackQuery,
    callback_data: PickPosition,
    member: Member,
    positions: PositionService,
) -> None:
    if callback_data.what == "no":
        await query.answer(t("Canceled. Nothing was changed."))
        await edit_quietly(query, t("Canceled. Nothing was changed."))
        return
    account_id = AccountId(callback_data.account_id)
    among = frozenset({account_id}) if account_id else None
    result = await positions.close(member, [callback_data.what], among)
    assert not isinstance(result, Pick)
    text, keyboard = _text(result[0])
    if isinstance(result[0], Asked):
        await query.answer()
        await edit_quietly(query, text, keyboard)
    else:
        await query.answer(_toast(result[0]), show_alert=True)
    if isinstance(query.message, Message):
        await _say(query.message, result[1:])


async def on_tap(
    query: CallbackQuery,
    callback_data: PositionTap,
    member: Member,
    positions: PositionService,
) -> None:
    answer = await positions.confirm(
        member, ConfirmId(callback_data.confirm_id), yes=callback_data.yes
    )
    await query.answer(_toast(answer))
    if isinstance(answer, Refused) and answer.words.startswith(("Only the one", "Already")):
        return  # another person's tap, or a second one, leaves the message as it is
    before = query.message.html_text if isinstance(query.message, Message) else ""
    question = before.partition("\n<i>")[0].removeprefix("❓ ")
    text, _ = _text(answer)
    await edit_quietly(query, f"{question}\n{text}" if question else text)


def _toast(answer: Answer) -> str:
    return toast(tell(answer.words))


def _command(
    ask: Callable[[PositionService], Ask],
) -> Callable[..., Awaitable[None]]:
    async def handler(
        message: Message,
        command: CommandObject,
        member: Member,
        chosen: Chosen,
        positions: PositionService,
    ) -> None:
        await _say(message, await ask(positions)(member, _words(command), chosen.ids))

    return handler


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_close, said("forceexit"))
    asks: dict[str, Callable[[PositionService], Ask]] = {
        "partial": lambda service: service.partial,
        "cancel": lambda service: service.cancel,
        "be": lambda service: service.break_even,
        "sl": lambda service: service.stop,
        "tp": lambda service: service.target,
        "trail": lambda service: service.trail,
        "timelimit": lambda service: service.time_limit,
    }
    for name, ask in asks.items():
        router.message.register(_command(ask), said(name))
    router.callback_query.register(on_pick, PickPosition.filter())
    router.callback_query.register(on_tap, PositionTap.filter())
    return router
