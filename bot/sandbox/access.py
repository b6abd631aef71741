"""Which chat and which message a call means, and whether the bot may touch them."""

from bot.sandbox.chats import Chat, ChatMessage
from bot.sandbox.wire import ApiError, Params, as_object, bad_request
from bot.sandbox.world import World

_KICKED = {
    "group": "Forbidden: bot was kicked from the group chat",
    "supergroup": "Forbidden: bot was kicked from the supergroup chat",
    "channel": "Forbidden: bot was kicked from the channel chat",
}


def find_chat(world: World, name: str) -> Chat:
    """Return a chat by its id or @username as Telegram would let the bot see it."""
    if not name:
        raise bad_request("chat_id is empty")
    chat = _lookup(world, name)
    hidden = world.require_start and chat is not None and not chat.started
    if chat is None or hidden:
        raise bad_request("chat not found")
    return chat


def readable_chat(world: World, params: Params) -> Chat:
    """Return the call's chat for looking at it."""
    chat = find_chat(world, params.text("chat_id"))
    if chat.bot_status in {"kicked", "left"} and chat.type != "private":
        raise ApiError(403, _KICKED[chat.type])
    return chat


def writable_chat(world: World, params: Params) -> Chat:
    """Return the call's chat for writing into it."""
    chat = readable_chat(world, params)
    if chat.migrated_to is not None:
        raise ApiError(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=chat.migrated_to,
        )
    if chat.blocked:
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    if chat.type == "channel" and chat.bot_status != "administrator":
        raise bad_request("need administrator rights in the channel chat")
    return chat


def thread_of(chat: Chat, params: Params) -> int | None:
    """Return the forum topic a message goes to, None outside topics."""
    thread = params.number("message_thread_id")
    if thread == 0:
        return None
    if thread not in chat.topics:
        raise bad_request("message thread not found")
    return thread


def replied_message(chat: Chat, params: Params) -> ChatMessage | None:
    """Return the message that is answered, None when the call answers none."""
    given = params.json("reply_parameters", "reply parameters")
    body = as_object(given, "object expected as reply parameters") if given is not None else {}
    message_id = body.get("message_id", params.number("reply_to_message_id"))
    if not isinstance(message_id, int) or message_id <= 0:
        return None
    message = chat.find(message_id)
    lenient = body.get("allow_sending_without_reply", params.flag("allow_sending_without_reply"))
    if message is None and not lenient:
        raise bad_request("message to be replied not found")
    return message


def editable_message(world: World, params: Params) -> ChatMessage:
    """Return the bot's own message that an edit means."""
    message = existing_message(world, params, "edit")
    if not message.from_bot or message.extra.get("closed_to_edits"):
        raise bad_request("message can't be edited")
    return message


def existing_message(world: World, params: Params, verb: str) -> ChatMessage:
    """Return the message of the call; `verb` completes the refusal when there is none."""
    if not params.has("message_id"):
        raise bad_request("message identifier is not specified")
    chat = writable_chat(world, params)
    message = chat.find(params.number("message_id"))
    if message is None:
        raise bad_request(f"message to {verb} not found")
    return message


def require_admin(chat: Chat, refusal: str) -> None:
    """Refuse what only an administrator may do in groups and channels."""
    if chat.type != "private" and chat.bot_status != "administrator":
        raise bad_request(refusal)


def _lookup(world: World, name: str) -> Chat | None:
    if name.startswith("@"):
        wanted = name[1:].lower()
        public = (chat for chat in world.chats.values() if chat.type != "private")
        return next((c for c in public if (c.username or "").lower() == wanted), None)
    try:
        return world.chats.get(int(name))
    except ValueError:
        return None
