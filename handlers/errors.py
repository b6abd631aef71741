"""Last resort: a bug in a handler is logged under a reference that the person is told."""

import logging
import secrets

from aiogram import Router
from aiogram.types import ErrorEvent

log = logging.getLogger(__name__)


async def on_error(event: ErrorEvent) -> bool:
    reference = secrets.token_hex(3)
    log.error(
        "a handler failed", exc_info=event.exception, extra={"facts": {"reference": reference}}
    )
    words = f"Something went wrong here (reference {reference}). Nothing more was done; try again."
    update = event.update
    if update.callback_query is not None:
        await update.callback_query.answer(words, show_alert=True)
    elif update.message is not None:
        await update.message.answer(words)
    return True


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.error.register(on_error)
    return router
