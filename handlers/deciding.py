"""Deciding on a card: the tap, the same by words, changing it, and why it was rejected."""

import re
from contextlib import suppress
from html import escape

from aiogram import F, Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import CommandObject
from aiogram.types import (
    CallbackQuery,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

from handlers.callbacks import Decide, EditCard, RejectReason
from handlers.cards.text import fit, foreign, lots, side, span
from handlers.cards.text import toast as fit_toast
from handlers.choosing import Chosen, Pick, question
from handlers.commands import command as said
from handlers.commands import row_of
from handlers.decided import decided_words
from handlers.texts import t, tell
from trading.cards import REASONS, CardService, Edited, NotEdited
from trading.clock import Clock
from trading.decisions import AlreadyDecided, Decided, DecideResult, TooLate
from trading.errors import OutcomeUnknown, StoreError
from trading.ids import ApprovalId
from trading.loop import TradingLoop
from trading.model import Approval, ApprovalStatus, Decision, Member
from trading.signals import SignalService
from trading.words import capital

_ASKED = re.compile(r"✏️ [^\d\n]{1,40}(\d{1,18}):")
_HOW = " · ".join(
    f"<code>{one}</code>" for one in ("sl 1.0950", "tp 1.11 1.12", "vol 0.05", "risk 0.5")
)


async def on_decide(
    query: CallbackQuery,
    callback_data: Decide,
    member: Member,
    signals: SignalService,
    loop: TradingLoop,
) -> None:
    try:
        result = await signals.decide(
            ApprovalId(callback_data.approval_id),
            member.id,
            Decision(callback_data.decision),
            callback_data.revision,
        )
    except StoreError as error:
        words = t("Not taken: it could not be stored. Tap again.")
        if isinstance(error, OutcomeUnknown):
            words = t("Perhaps not taken: the card shows it. If it does not, tap again.")
        await query.answer(words, show_alert=True)
        return
    if isinstance(result, Decided) and result.status is ApprovalStatus.APPROVED:
        await loop.under_way(result.account_id)  # the toast never holds the order up
    await query.answer(fit_toast(decided_words(result)))
    await ask_why(query, result, callback_data.approval_id)
    if isinstance(result, AlreadyDecided | TooLate):
        await _take_buttons_away(query)


async def _take_buttons_away(query: CallbackQuery) -> None:
    """A copy sent twice, round a crash, is not the card that is edited: it ends at its tap."""
    if isinstance(query.message, Message):
        with suppress(TelegramBadRequest):  # the card itself has none left
            await query.message.edit_reply_markup()


async def ask_why(query: CallbackQuery, result: DecideResult, approval_id: int) -> None:
    """After a rejection, offer to say why: it is rejected already."""
    if not (isinstance(result, Decided) and result.status is ApprovalStatus.REJECTED):
        return
    if not isinstance(query.message, Message):
        return
    buttons = [
        InlineKeyboardButton(
            text=capital(t(reason)),
            callback_data=RejectReason(approval_id=approval_id, number=number).pack(),
        )
        for number, reason in enumerate(REASONS)
    ]
    rows = [buttons[:2], buttons[2:4], buttons[4:]]
    await query.message.answer(
        t("No trade. Why, if you want to say?"),
        reply_markup=InlineKeyboardMarkup(inline_keyboard=rows),
        disable_notification=True,
    )


async def on_reason(
    query: CallbackQuery, callback_data: RejectReason, member: Member, cards: CardService
) -> None:
    if not 0 <= callback_data.number < len(REASONS):
        await query.answer(t("This button is not known. Nothing was changed."))
        return
    reason = REASONS[callback_data.number]
    if not await cards.give_reason(member, ApprovalId(callback_data.approval_id), reason):
        await query.answer(t("Only the one who rejected it can say why. Nothing was changed."))
        return
    await query.answer(t("Kept."))
    if isinstance(query.message, Message):
        try:
            await query.message.edit_text(t("No trade: {reason}.", reason=foreign(t(reason))))
        except TelegramBadRequest as error:
            if "message is not modified" not in error.message:
                raise


async def on_edit(query: CallbackQuery, callback_data: EditCard) -> None:
    await query.answer(t("Reply with what to change"))
    if isinstance(query.message, Message):
        await query.message.answer(
            t(
                "✏️ Edit card {approval_id}: reply to this with what to change.\n{how}",
                approval_id=callback_data.approval_id,
                how=_HOW,
            ),
            reply_markup=ForceReply(input_field_placeholder="sl 1.0950 tp 1.1100 vol 0.05"),
        )


async def on_reply(message: Message, member: Member, cards: CardService) -> None:
    asked = message.reply_to_message
    found = None if asked is None else _ASKED.match(asked.text or "")
    assert found is not None
    result = await cards.edit(member, ApprovalId(int(found[1])), message.text or "")
    match result:
        case Edited():
            await message.answer(t("✏️ Changed: the card shows the new numbers in a moment."))
        case NotEdited(words):
            said = foreign(message.text or "", 60)
            await message.answer(
                t(
                    "✋ {said}: {words}. Example: {how}",
                    said=said,
                    words=foreign(tell(words), 200),
                    how=_HOW,
                )
            )


async def on_approve(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    cards: CardService,
    signals: SignalService,
) -> None:
    words = (command.args or "").lower().split()
    how = {"": Decision.APPROVE, "half": Decision.HALF, "limit": Decision.LIMIT}
    decision = how.get(" ".join(words[1:]))
    if not words or not _is_number(words[0]) or decision is None:
        await message.answer(_wrong("approve", command.args, "/approve 12 · /approve 12 half"))
        return
    found = await _meant(message, command, chosen, member, cards)
    await _decide_each(message, found, member, decision, chosen, signals)


async def on_reject(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    cards: CardService,
    signals: SignalService,
) -> None:
    number, _, reason = (command.args or "").partition(" ")
    if not _is_number(number):
        await message.answer(_wrong("reject", command.args, "/reject 12 · /reject 12 too late"))
        return
    found = await _meant(message, command, chosen, member, cards)
    await _decide_each(message, found, member, Decision.REJECT, chosen, signals)
    if reason.strip():
        for one in found:
            await cards.give_reason(member, one.id, " ".join(reason.split()))


async def _meant(
    message: Message,
    command: CommandObject,
    chosen: Chosen,
    member: Member,
    cards: CardService,
) -> list[Approval]:
    """Return the cards of a signal that are meant: asked for where several wait and none is named.

    A word is for the card of this moment.
    """
    number = int((command.args or "").split()[0])
    found = [one for one in await cards.of_signal(member, number) if one.account_id in chosen.ids]
    if not found:
        await message.answer(
            t("✋ Signal {number} is not known: /pending lists what waits.", number=number)
        )
    waiting = [one for one in found if one.status is ApprovalStatus.OFFERED]
    row = row_of(command.command)
    if chosen.named or len(waiting) < 2 or row is None:
        return found if chosen.named or len(found) < 2 else waiting or found[:1]
    asked = {one.account_id for one in waiting}
    pick = Pick(tuple(one for one in chosen.accounts if one.id in asked))
    text, keyboard = question(row, command.args, pick, with_all=True)
    await message.answer(text, reply_markup=keyboard)
    return []


async def _decide_each(
    message: Message,
    found: list[Approval],
    member: Member,
    decision: Decision,
    chosen: Chosen,
    signals: SignalService,
) -> None:
    names = {account.id: chosen.label(account) for account in chosen.accounts}
    for one in found:
        result = await signals.decide(one.id, member.id, decision, one.terms.revision)
        name = names[one.account_id]
        words = escape(decided_words(result))
        await message.answer(f"<b>{name}</b>: {words}" if name else words)


def _is_number(word: str) -> bool:
    return word.isdecimal() and word.isascii() and len(word) <= 18


def _wrong(command: str, args: str | None, example: str) -> str:
    said_ = foreign(f"/{command} {args or ''}", 60)
    return t(
        "✋ {said}: say which signal, by its number. Example: <code>{example}</code>",
        said=said_,
        example=example,
    )


async def on_pending(message: Message, chosen: Chosen, cards: CardService, clock: Clock) -> None:
    lines = [
        _waiting_line(one, clock, chosen.label(account))
        for account in chosen.accounts
        for one in await cards.offered(account.id)
    ]
    text = "\n".join(lines) if lines else t("No card waits for an answer.")
    await message.answer(fit(text))


def _waiting_line(one: Approval, clock: Clock, account: str) -> str:
    draft, proposal = one.signal.draft, one.proposal
    size = (
        ""
        if proposal is None or proposal.volume is None
        else t(" {volume} lots", volume=lots(proposal.volume))
    )
    left = span((one.expires_at - clock.now()).total_seconds())
    number = one.signal.id
    line = t(
        "❔ <b>{side} {symbol}</b>{size}, {left} left\n"
        "    /approve {number} · /reject {number} · /signal {number}",
        side=side(draft.side),
        symbol=foreign(draft.symbol, 16),
        size=size,
        left=left,
        number=number,
    )
    return f"{line} · {account}" if account else line


def answers_edit(message: Message) -> bool:
    """Tell whether a message replies to our question what to change on a card."""
    asked = message.reply_to_message
    if asked is None or asked.from_user is None or message.bot is None:
        return False
    return asked.from_user.id == message.bot.id and _ASKED.match(asked.text or "") is not None


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.callback_query.register(
        on_decide, Decide.filter(F.decision.in_({one.value for one in Decision}))
    )
    router.callback_query.register(on_reason, RejectReason.filter())
    router.callback_query.register(on_edit, EditCard.filter())
    router.message.register(on_pending, said("pending"))
    router.message.register(on_approve, said("approve"))
    router.message.register(on_reject, said("reject"))
    router.message.register(on_reply, F.text & ~F.text.startswith("/"), answers_edit)
    return router
