"""The Bot API methods that change, delete and pin messages."""

from dataclasses import replace

from bot.sandbox.access import (
    editable_message,
    existing_message,
    readable_chat,
    require_admin,
    writable_chat,
)
from bot.sandbox.chats import ChatMessage, Content
from bot.sandbox.entities import detect
from bot.sandbox.markup import read_inline
from bot.sandbox.sending import read_caption, read_media, read_text
from bot.sandbox.wire import Json, Params, bad_request
from bot.sandbox.world import World

_TEXT_UNITS = 4096
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
_MAX_DELETED = 100
_NO_PIN_RIGHT = "not enough rights to manage pinned messages in the chat"


def edit_text(world: World, params: Params) -> Json:
    """Replace the text and the buttons of a text message."""
    formatted = read_text(params)
    markup = read_inline(params)
    message = editable_message(world, params)
    if message.content.media is not None:
        raise bad_request("there is no text in the message to edit")
    if formatted.units > _TEXT_UNITS:
        # Sending says "message is too long"; editing passes the server's code through.
        raise bad_request("MESSAGE_TOO_LONG")
    return _apply(world, message, Content(detect(formatted), markup))


def edit_caption(world: World, params: Params) -> Json:
    """Replace the caption and the buttons of a photo or document."""
    caption = read_caption(params)
    markup = read_inline(params)
    message = editable_message(world, params)
    if message.content.media is None:
        raise bad_request("there is no caption in the message to edit")
    return _apply(world, message, Content(caption, markup, message.content.media))


def edit_media(world: World, params: Params) -> Json:
    """Replace the picture or file of a message."""
    item = params.json("media", "InputMedia")
    content = read_media(world, params, item)
    markup = read_inline(params)
    message = editable_message(world, params)
    return _apply(world, message, replace(content, markup=markup))


def edit_markup(world: World, params: Params) -> Json:
    """Replace only the buttons."""
    markup = read_inline(params)
    message = editable_message(world, params)
    return _apply(world, message, replace(message.content, markup=markup))


def delete_message(world: World, params: Params) -> Json:
    """Delete one message."""
    message = existing_message(world, params, "delete")
    if not message.from_bot:
        require_admin(message.chat, "message can't be deleted")
    _delete(world, message)
    return True


def delete_messages(world: World, params: Params) -> Json:
    """Delete several messages; those that are not there are skipped."""
    ids = params.items("message_ids", "message identifiers")
    if not ids:
        raise bad_request("message identifiers are not specified")
    if len(ids) > _MAX_DELETED:
        raise bad_request("too many message identifiers specified")
    chat = writable_chat(world, params)
    for message_id in ids:
        if not isinstance(message_id, int):
            raise bad_request("message identifier must be a Number")
        message = chat.find(message_id)
        if message is not None and (message.from_bot or chat.type == "private"):
            _delete(world, message)
    return True


def pin_message(world: World, params: Params) -> Json:
    """Pin a message above the chat."""
    message = existing_message(world, params, "pin")
    require_admin(message.chat, _NO_PIN_RIGHT)
    pinned = message.chat.pinned
    if message.message_id in pinned:
        pinned.remove(message.message_id)
    pinned.append(message.message_id)
    world.changes.bump()
    return True


def unpin_message(world: World, params: Params) -> Json:
    """Unpin one message, the newest pinned one when none is named."""
    chat = readable_chat(world, params)
    require_admin(chat, _NO_PIN_RIGHT)
    message_id = params.number("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if message_id not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(message_id)
    world.changes.bump()
    return True


def _apply(world: World, message: ChatMessage, content: Content) -> Json:
    world.sends.admit(message.chat.id)
    if content == message.content:
        raise bad_request(_NOT_MODIFIED)
    world.revise(message, content)
    world.sends.record(message.chat.id)
    return message.to_json()


def _delete(world: World, message: ChatMessage) -> None:
    message.deleted = True
    if message.message_id in message.chat.pinned:
        message.chat.pinned.remove(message.message_id)
    world.changes.bump()
