"""One message to Telegram: how it is sent or edited, and what each answer means."""

from dataclasses import dataclass

from aiogram import Bot
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import LinkPreviewOptions, Message

from handlers.cards import Card
from handlers.cards.text import as_plain, fit

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_NOT_MODIFIED = "message is not modified"
_BAD_HTML = "can't parse entities"
_LOST = ("message to edit not found", "message can't be edited", "message_id_invalid")
_UNREACHABLE = (
    "chat not found",
    "user is deactivated",
    "user not found",
    "peer_id_invalid",
    "not enough rights to send",
    "have no rights to send",
    "chat_write_forbidden",
)


@dataclass(frozen=True, slots=True)
class Sent:
    """The chat shows it under this id."""

    message_id: int


@dataclass(frozen=True, slots=True)
class Waited:
    """Nothing was sent: its turn comes again, with what is then the latest state."""


@dataclass(frozen=True, slots=True)
class FloodWait:
    """Telegram wants silence from the whole bot for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class TryLater:
    """The network or Telegram failed; whether it arrived is not known."""

    why: str
    reached: bool = True
    """False when no answer came at all: then it says nothing of this very message."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The message to edit is no longer there: it is to be sent anew."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The group is now a supergroup with another id."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It can never arrive: the reader is out of reach, or the message is wrong."""

    why: str
    unreachable: bool


Answer = Sent | Waited | FloodWait | TryLater | Lost | Moved | GiveUp


async def deliver(
    bot: Bot, chat_id: int, message_id: int | None, card: Card, *, silent: bool
) -> Answer:
    """Send the card, or edit the message that is there, and say what came of it."""
    # Half a character cannot be sent: shown as a question mark, the alert arrives all the same.
    text = fit(card.text).encode("utf-8", "replace").decode()
    try:
        return await _attempt(bot, chat_id, message_id, card, text, silent=silent)
    except TelegramBadRequest as error:
        if _BAD_HTML not in str(error):
            return _refused(error, message_id)
    except TelegramAPIError as error:
        return _refused(error, message_id)
    bare = as_plain(text)
    try:
        return await _attempt(bot, chat_id, message_id, card, bare, silent=silent, html=False)
    except TelegramAPIError as error:
        return _refused(error, message_id)


async def _attempt(
    bot: Bot,
    chat_id: int,
    message_id: int | None,
    card: Card,
    text: str,
    *,
    silent: bool,
    html: bool = True,
) -> Sent:
    mode = "HTML" if html else None
    if message_id is None:
        message = await bot.send_message(
            chat_id,
            text,
            parse_mode=mode,
            reply_markup=card.keyboard,
            disable_notification=silent,
            link_preview_options=_NO_PREVIEW,
        )
        return Sent(message.message_id)
    edited = await bot.edit_message_text(
        text,
        chat_id=chat_id,
        message_id=message_id,
        parse_mode=mode,
        reply_markup=card.keyboard,
        link_preview_options=_NO_PREVIEW,
    )
    return Sent(edited.message_id if isinstance(edited, Message) else message_id)


def _refused(error: TelegramAPIError, message_id: int | None) -> Answer:
    match error:
        case TelegramRetryAfter():
            return FloodWait(float(error.retry_after))
        case TelegramMigrateToChat():
            return Moved(error.migrate_to_chat_id)
        case TelegramForbiddenError():
            return GiveUp(error.message, unreachable=True)
        case TelegramNetworkError():
            return TryLater(_short(error), reached=False)
        case TelegramServerError():
            return TryLater(_short(error))
        case TelegramUnauthorizedError() | TelegramConflictError() | TelegramNotFound():
            # The token was revoked or the address is wrong: a person mends that, nothing is lost.
            return TryLater(_short(error))
        case TelegramBadRequest():
            return _bad_request(error.message, message_id)
        case _:
            return TryLater(_short(error))


def _bad_request(words: str, message_id: int | None) -> Answer:
    lower = words.lower()
    if message_id is not None and _NOT_MODIFIED in lower:
        return Sent(message_id)
    if message_id is not None and any(sign in lower for sign in _LOST):
        return Lost()
    return GiveUp(words, unreachable=any(sign in lower for sign in _UNREACHABLE))


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
