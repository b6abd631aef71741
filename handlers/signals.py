"""Signals: the taps on a card, and text that a member types, pastes or forwards."""

from html import escape

from aiogram import Bot, F, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message

from handlers import deciding, replies
from handlers.callbacks import Decide
from handlers.cards.text import table
from handlers.cards.text import toast as fit_toast
from handlers.commands import command as said
from handlers.decided import decided_words
from trading.decisions import (
    Decided,
    Duplicate,
    Ingested,
)
from trading.errors import StoreError
from trading.ids import ApprovalId
from trading.loop import TradingLoop
from trading.model import ApprovalStatus, Decision, Member, Role, SignalDraft
from trading.parser import parse
from trading.signals import SignalService


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
    except StoreError:
        await query.answer("Not taken: it could not be stored. Tap again.", show_alert=True)
        return
    if isinstance(result, Decided) and result.status is ApprovalStatus.APPROVED:
        await loop.under_way(result.account_id)  # the toast never holds the order up
    await query.answer(fit_toast(decided_words(result)))
    await deciding.ask_why(query, result, callback_data.approval_id)


async def on_trade(
    message: Message, command: CommandObject, member: Member, signals: SignalService
) -> None:
    if not command.args:
        await message.answer("Example: <code>/trade BUY XAUUSD SL 2644 TP 2662.5</code>")
        return
    await _take(message, command.args, member, signals, typed=True)


async def on_parse(message: Message, command: CommandObject) -> None:
    reading = parse(command.args or "")
    if reading.held:
        await message.answer(replies.held(reading.held))
        return
    lines = [_reading(signal.draft) for signal in reading.signals]
    await message.answer("\n".join(lines) or "That is not a signal. Nothing was traded.")


def _reading(draft: SignalDraft) -> str:
    """Return a draft as it was read, field by field."""
    entry = (
        "market" if draft.entry is None else " to ".join(str(p) for p in dict.fromkeys(draft.entry))
    )
    rows = [
        ("Symbol", escape(draft.symbol)),
        ("Side", draft.side.value.upper()),
        ("Type", draft.order_type.value),
        ("Entry", entry),
        ("Stop", str(draft.stop_loss or "none")),
        ("Targets", ", ".join(str(one) for one in draft.take_profits) or "none"),
    ]
    return table(rows)


async def on_text(message: Message, member: Member, signals: SignalService) -> None:
    await _take(message, message.text or "", member, signals, typed=False)


async def on_caption(message: Message, member: Member, signals: SignalService) -> None:
    await _take(message, message.caption or "", member, signals, typed=False)


async def on_unknown(message: Message, bot: Bot) -> None:
    word, _, addressee = (message.text or "").split(maxsplit=1)[0].partition("@")
    if message.chat.type != "private" and addressee != (await bot.me()).username:
        return  # in a group a slash may be meant for another bot
    await message.answer(f"{escape(word[:32])} is no command here. /help lists them all.")


async def _take(
    message: Message, text: str, member: Member, signals: SignalService, *, typed: bool
) -> None:
    if not member.role.may(Role.TRADER):
        await message.answer("You may look, not trade: ask an owner. Nothing was taken.")
        return
    reading = parse(text)
    if not reading.signals and not typed and message.chat.type != "private":
        return  # people talk in groups: only a signal is worth an answer there
    if reading.held is not None:
        await message.answer(replies.held(reading.held))
        return
    if not reading.signals:
        if typed or reading.update is None:
            await message.answer(
                replies.held("that does not read as a signal with a symbol and a side")
            )
        else:
            await message.answer("That is an update, not a new signal. Nothing was changed.")
        return
    answers = []
    for number, signal in enumerate(reading.signals):
        reference = f"{message.chat.id}:{message.message_id}:{number}"
        answers.append(await _ingest(signals, signal.draft, _source(message, member), reference))
    await message.answer("\n".join(answers))


def _source(message: Message, member: Member) -> str:
    origin = message.forward_origin
    chat = getattr(origin, "chat", None) or getattr(origin, "sender_chat", None)
    title = getattr(chat, "title", None)
    return str(title)[:64] if title else f"chat: {member.name}"[:64]


async def _ingest(signals: SignalService, draft: SignalDraft, source: str, reference: str) -> str:
    result = await signals.ingest(draft, source, reference)
    match result:
        case Ingested(signal_id):
            return f"Signal {signal_id} taken: the card follows."
        case Duplicate(signal_id):
            return f"Signal {signal_id} is known already. Nothing was added."
        case _:
            return "\n".join(replies.held(fault.words) for fault in result)


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.callback_query.register(
        on_decide, Decide.filter(F.decision.in_({one.value for one in Decision}))
    )
    router.message.register(on_trade, said("trade"))
    router.message.register(on_parse, said("parse"))
    router.message.register(on_text, F.text & ~F.text.startswith("/"))
    router.message.register(on_caption, F.caption)
    router.message.register(on_unknown, F.text.startswith("/"))
    return router
