"""Beside Approve and Reject: changing a card, and saying why one was rejected."""

import re

from aiogram import F, Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    CallbackQuery,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

from handlers.callbacks import EditCard, RejectReason
from handlers.cards.text import foreign
from trading.cards import REASONS, CardService, Edited, NotEdited
from trading.decisions import Decided, DecideResult
from trading.ids import ApprovalId
from trading.model import ApprovalStatus, Member

_ASKED = re.compile(r"✏️ Edit card (\d{1,18})\b")
_HOW = " · ".join(
    f"<code>{one}</code>" for one in ("sl 1.0950", "tp 1.11 1.12", "vol 0.05", "risk 0.5")
)


async def ask_why(query: CallbackQuery, result: DecideResult, approval_id: int) -> None:
    """After a rejection, offer to say why: it is rejected already."""
    if not (isinstance(result, Decided) and result.status is ApprovalStatus.REJECTED):
        return
    if not isinstance(query.message, Message):
        return
    buttons = [
        InlineKeyboardButton(
            text=reason.capitalize(),
            callback_data=RejectReason(approval_id=approval_id, number=number).pack(),
        )
        for number, reason in enumerate(REASONS)
    ]
    rows = [buttons[:2], buttons[2:4], buttons[4:]]
    await query.message.answer(
        "No trade. Why, if you want to say?",
        reply_markup=InlineKeyboardMarkup(inline_keyboard=rows),
        disable_notification=True,
    )


async def on_reason(
    query: CallbackQuery, callback_data: RejectReason, member: Member, cards: CardService
) -> None:
    if not 0 <= callback_data.number < len(REASONS):
        await query.answer("This button is not known. Nothing was changed.")
        return
    reason = REASONS[callback_data.number]
    if not await cards.give_reason(member, ApprovalId(callback_data.approval_id), reason):
        await query.answer("Only the one who rejected it can say why. Nothing was changed.")
        return
    await query.answer("Kept.")
    if isinstance(query.message, Message):
        try:
            await query.message.edit_text(f"No trade: {foreign(reason)}.")
        except TelegramBadRequest as error:
            if "message is not modified" not in error.message:
                raise


async def on_edit(query: CallbackQuery, callback_data: EditCard) -> None:
    await query.answer("Reply with what to change")
    if isinstance(query.message, Message):
        await query.message.answer(
            f"✏️ Edit card {callback_data.approval_id}: reply to this with what to change.\n{_HOW}",
            reply_markup=ForceReply(input_field_placeholder="sl 1.0950 tp 1.1100 vol 0.05"),
        )


async def on_reply(message: Message, member: Member, cards: CardService) -> None:
    asked = message.reply_to_message
    found = None if asked is None else _ASKED.match(asked.text or "")
    assert found is not None
    result = await cards.edit(member, ApprovalId(int(found[1])), message.text or "")
    match result:
        case Edited():
            await message.answer("✏️ Changed: the card shows the new numbers in a moment.")
        case NotEdited(words):
            said = foreign(message.text or "", 60)
            await message.answer(f"✋ {said}: {foreign(words, 200)}. Example: {_HOW}")


def answers_edit(message: Message) -> bool:
    """Tell whether a message replies to our question what to change on a card."""
    asked = message.reply_to_message
    if asked is None or asked.from_user is None or message.bot is None:
        return False
    return asked.from_user.id == message.bot.id and _ASKED.match(asked.text or "") is not None


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.callback_query.register(on_reason, RejectReason.filter())
    router.callback_query.register(on_edit, EditCard.filter())
    router.message.register(on_reply, F.text & ~F.text.startswith("/"), answers_edit)
    return router
