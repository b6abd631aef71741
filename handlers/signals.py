"""Signals: text that a member types, pastes or forwards."""

from html import escape
from typing import assert_never

from aiogram import Bot, F, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message

from handlers import arrival, reading, replies
from handlers.cards.text import foreign
from handlers.choosing import Chosen
from handlers.commands import command as said
from handlers.sources import on_reply
from handlers.texts import t, tell
from trading.fixing import FixService
from trading.ids import AccountId
from trading.incoming import Outcome, OutcomeKind
from trading.intake import IntakeService
from trading.model import Member, Role
from trading.parser import parse

_LONGEST_ANSWER = 60
"""Characters of a reply to "reply with the stop loss"."""


async def on_unknown_button(query: CallbackQuery) -> None:
    """Answer a button of another version, or of nobody's: no tap is left waiting."""
    await query.answer(t("This button is not known any more. Nothing was changed."))


async def on_trade(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    intake: IntakeService,
) -> None:
    if not command.args:
        await message.answer(t("Example: <code>/trade BUY XAUUSD SL 2644 TP 2662.5</code>"))
        return
    only = chosen.one.id if chosen.named and len(chosen.accounts) == 1 else None
    await _take(message, command.args, member, intake, typed=True, only=only)


async def on_parse(message: Message, command: CommandObject) -> None:
    await message.answer(reading.shown(command.args or ""))


async def on_text(
    message: Message, member: Member, intake: IntakeService, fixes: FixService
) -> None:
    if _answers(message) and await on_reply(message, member, fixes):
        return
    await _take(message, message.text or "", member, intake, typed=False)


async def on_caption(message: Message, member: Member, intake: IntakeService) -> None:
    await _take(message, message.caption or "", member, intake, typed=False)


async def on_edited(message: Message, member: Member, intake: IntakeService) -> None:
    if member.role.may(Role.TRADER):
        await intake.take(arrival.from_member(message, _words(message), member))


async def on_channel_post(message: Message, intake: IntakeService) -> None:
    await intake.take(arrival.from_channel(message, _words(message)))


async def on_unknown(message: Message, bot: Bot) -> None:
    word, _, addressee = (message.text or "").split(maxsplit=1)[0].partition("@")
    if message.chat.type != "private" and addressee != (await bot.me()).username:
        return  # in a group a slash may be meant for another bot
    await message.answer(
        t("{word} is no command here. /help lists them all.", word=escape(word[:32]))
    )


def _words(message: Message) -> str:
    return message.text or message.caption or ""


def _answers(message: Message) -> bool:
    """Tell whether a message may answer what a card asked: a reply, or a word in private."""
    text = message.text or ""
    short = len(text) <= _LONGEST_ANSWER and "\n" not in text
    return message.reply_to_message is not None or (message.chat.type == "private" and short)


async def _take(
    message: Message,
    text: str,
    member: Member,
    intake: IntakeService,
    *,
    typed: bool,
    only: AccountId | None = None,
) -> None:
    if not member.role.may(Role.TRADER):
        await message.answer(t("You may look, not trade: ask an owner. Nothing was taken."))
        return
    private = message.chat.type == "private"
    forwarded = message.forward_origin is not None
    if not (typed or private or forwarded) and not _worth_an_answer(message, text):
        return  # people talk in groups: only a signal, or an update to one, is worth an answer
    reply, card = message.reply_to_message, None
    if reply is not None and parse(text).is_update:
        card = await intake.behind(reply.chat.id, reply.message_id) or arrival.of_forward(reply)
    outcome = await intake.take(arrival.from_member(message, text, member, card, only))
    words = _answer(outcome)
    if words:
        await message.answer(words)


def _worth_an_answer(message: Message, text: str) -> bool:
    read = parse(text)
    return read.is_signal or (read.is_update and message.reply_to_message is not None)


def _answer(outcome: Outcome) -> str:
    """Return what a message became, in a line; a held one shows a card of its own."""
    note = f" ({foreign(tell(outcome.words), 200)})" if outcome.words else ""
    match outcome.kind:
        case OutcomeKind.SIGNAL:
            return "\n".join(
                t("Signal {number} taken: the card follows.{note}", number=number, note=note)
                for number in outcome.signals
            )
        case OutcomeKind.SHADOW:
            return t("Taken on paper: its source is in shadow.{note}", note=note)
        case OutcomeKind.KNOWN:
            return t("Nothing was added: {words}.", words=foreign(tell(outcome.words), 200))
        case OutcomeKind.UPDATE:
            return foreign(tell(outcome.words), 300)
        case OutcomeKind.CHATTER:
            return replies.held(t("that does not read as a signal with a symbol and a side"))
        case OutcomeKind.HELD | OutcomeKind.NEW:
            return ""
        case OutcomeKind.REFUSED | OutcomeKind.STALE | OutcomeKind.THROTTLED | OutcomeKind.OFF:
            return replies.held(tell(outcome.words))
        case _:
            assert_never(outcome.kind)


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.callback_query.register(on_unknown_button)
    router.message.register(on_trade, said("trade"))
    router.message.register(on_parse, said("parse"))
    router.message.register(on_text, F.text & ~F.text.startswith("/"))
    router.message.register(on_caption, F.caption)
    router.message.register(on_unknown, F.text.startswith("/"))
    router.edited_message.register(on_edited, F.text | F.caption)
    router.channel_post.register(on_channel_post, F.text | F.caption)
    router.edited_channel_post.register(on_channel_post, F.text | F.caption)
    return router
