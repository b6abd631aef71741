"""Last resort: a bug in a handler is logged under a reference that the person is told."""

import logging
import secrets

from aiogram import Router
from aiogram.exceptions import TelegramAPIError, TelegramNetworkError, TelegramServerError
from aiogram.types import ErrorEvent

from handlers.texts import t
from trading.errors import OutcomeUnknown, StoreError

log = logging.getLogger(__name__)


async def on_error(event: ErrorEvent) -> bool:
    """Tell the person, or raise where the update is to come again.

    That is a ``StoreError`` where nothing was kept and nobody could be told, and the failure of
    Telegram, or of the way to it, where the answer is still to be given.
    """
    cause = _not_stored(event.exception)
    if isinstance(event.exception, TelegramAPIError):
        if cause is not None:
            raise cause
        if isinstance(event.exception, TelegramNetworkError | TelegramServerError):
            raise event.exception
        # What was to be done is done: only its words did not arrive, and "try again" would be
        # wrong. The card itself follows by the outbox.
        facts = {"update_id": event.update.update_id, "why": str(event.exception)}
        log.warning("an answer was not sent", extra={"facts": facts})
        return True
    words = _explained(event.exception)
    try:
        await _say(event, words)
    except TelegramAPIError as error:
        if cause is not None:
            raise cause from error
        log.warning("a failure was not told", extra={"facts": {"why": str(error)}})
    return True


def _explained(error: Exception) -> str:
    if isinstance(error, StoreError):
        log.warning("the store failed a handler", extra={"facts": {"why": str(error)}})
        if isinstance(error, OutcomeUnknown):
            return t("The database broke off: this was kept, or not. Look before you try again.")
        return t("The database does not answer. Nothing was done; try again in a moment.")
    reference = secrets.token_hex(3)
    log.error("a handler failed", exc_info=error, extra={"facts": {"reference": reference}})
    return t(
        "Something went wrong here (reference {reference}). Nothing more was done; try again.",
        reference=reference,
    )


async def _say(event: ErrorEvent, words: str) -> None:
    update = event.update
    if update.callback_query is not None:
        await update.callback_query.answer(words, show_alert=True)
    elif update.message is not None:
        await update.message.answer(words)


def _not_stored(error: BaseException | None) -> StoreError | None:
    """Return the failure of the store that an error is, or came of."""
    while error is not None and not isinstance(error, StoreError):
        error = error.__context__
    return error


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.error.register(on_error)
    return router
