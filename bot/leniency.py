"""Answers of Telegram that are newer than the library: read as far as they can be.

A field that aiogram does not know is passed over by itself, but a new kind of an old one fails the
whole answer: each poll would bring the same update and fail again, and a message that arrived
would be sent anew for ever.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from aiogram import Bot
from aiogram.types import Message, Update
from pydantic import ValidationError

log = logging.getLogger(__name__)

_MESSAGE: Final = frozenset(
    {
        *("message_id", "message_thread_id", "date", "edit_date", "chat", "from", "sender_chat"),
        *("text", "caption", "forward_origin", "reply_to_message", "via_bot", "author_signature"),
        *("migrate_to_chat_id", "migrate_from_chat_id", "successful_payment", "refunded_payment"),
    }
)
"""What says who wrote what and where it came from: none of it may be missed, the rest may."""
_QUERY: Final = frozenset({"id", "from", "chat_instance", "data", "message", "inline_message_id"})
_MESSAGES: Final = ("message", "edited_message", "channel_post", "edited_channel_post")


def message(bot: Bot, found: Mapping[str, Any]) -> Message:
    """Return a message without what it may lack; raise ``ValidationError`` if that fails too."""
    return Message.model_validate(_lean_message(found), context={"bot": bot})


def update(bot: Bot, found: Any) -> Update:
    """Return an update with its number; one that cannot be read at all has nothing else.

    Raises ``ValidationError`` where even the number is missing.
    """
    context = {"bot": bot}
    try:
        return Update.model_validate(found, context=context)
    except ValidationError as error:
        number = found.get("update_id") if isinstance(found, dict) else None
        facts = {"update_id": number, "why": str(error)[:500]}
    try:
        read = Update.model_validate(
            _lean(found if isinstance(found, dict) else {}), context=context
        )
        log.warning("update_read_in_part", extra={"facts": facts})
    except ValidationError:
        read = Update.model_validate({"update_id": number}, context=context)
        log.exception("update_not_read", extra={"facts": facts})
    return read


def _lean(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        return {}
    lean: dict[str, Any] = {"update_id": found.get("update_id")}
    for kind in _MESSAGES:
        if isinstance(found.get(kind), dict):
            lean[kind] = _lean_message(found[kind])
    query = found.get("callback_query")
    if isinstance(query, dict):
        lean["callback_query"] = _lean_of(query, _QUERY)
    return lean


def _lean_message(found: Mapping[str, Any]) -> dict[str, Any]:
    return _lean_of(found, _MESSAGE)


def _lean_of(found: Mapping[str, Any], wanted: frozenset[str]) -> dict[str, Any]:
    return {
        key: _lean_message(value) if key in {"message", "reply_to_message"} else value
        for key, value in found.items()
        if key in wanted and (isinstance(value, dict) or key not in {"message", "reply_to_message"})
    }
