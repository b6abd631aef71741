"""What the chat page shows, as JSON."""

from bot.sandbox.chats import Chat, ChatMessage, User
from bot.sandbox.markup import buttons
from bot.sandbox.wire import Json, JsonObject
from bot.sandbox.world import World

_SHOWN = 200
_PREVIEW = 80


def people_of(world: World, chat: Chat) -> list[User]:
    """Return who can speak in the chat."""
    if chat.person is not None:
        return [chat.person]
    return [world.users[user_id] for user_id in chat.members if user_id in world.users]


def snapshot(world: World, user_id: int, chat_id: int) -> JsonObject:
    """Return the state of the page for one person looking at one chat."""
    user = world.users.get(user_id) or next(iter(world.users.values()), None)
    state: JsonObject = {
        "bot": {"name": world.bot.first_name, "username": world.bot.username},
        "people": [{"id": person.id, "name": person.first_name} for person in world.users.values()],
        "me": user.id if user else None,
    }
    if user is None:
        return state | {"chats": [], "chat": None, "commands": []}
    chats = [chat for chat in world.chats.values() if user in people_of(world, chat)]
    chat = next((chat for chat in chats if chat.id == chat_id), chats[0])
    state["chats"] = [{"id": c.id, "name": _title(world, c), "type": c.type} for c in chats]
    state["chat"] = _chat(world, chat, user)
    state["commands"] = _menu(world, chat)
    return state


def _menu(world: World, chat: Chat) -> list[Json]:
    """Return the commands Telegram would show there: those of the narrowest scope that has any."""
    kind = "all_private_chats" if chat.type == "private" else "all_group_chats"
    scopes = (f"chat:{chat.id}", kind, "default")
    return next((found for name in scopes if (found := world.commands.get((name, "")))), [])


def _title(world: World, chat: Chat) -> str:
    return world.bot.first_name if chat.type == "private" else chat.name


def _chat(world: World, chat: Chat, user: User) -> JsonObject:
    standing = [message for message in chat.messages if not message.deleted]
    pinned = chat.find(chat.pinned[-1]) if chat.pinned else None
    busy = bool(chat.action) and world.clock.monotonic() < chat.action_until
    return {
        "id": chat.id,
        "name": _title(world, chat),
        "type": chat.type,
        "messages": [_message(message, user) for message in standing[-_SHOWN:]],
        "pinned": {"id": pinned.message_id, "text": pinned.text[:_PREVIEW]} if pinned else None,
        "keyboard": _reply_keyboard(standing),
        "action": chat.action if busy else "",
    }


def _message(message: ChatMessage, user: User) -> JsonObject:
    content = message.content
    entities: list[Json] = [entity.to_json() for entity in content.formatted.entities]
    rows: list[Json] = []
    if content.markup is not None and "inline_keyboard" in content.markup:
        rows = [[*row] for row in buttons(content.markup)]
    body: JsonObject = {
        "id": message.message_id,
        "mine": message.sender is not None and message.sender.id == user.id,
        "sender": message.sender.first_name if message.sender else message.chat.name,
        "text": message.text,
        "entities": entities,
        "date": message.date,
        "version": len(message.versions),
        "buttons": rows,
        "silent": message.silent,
    }
    if content.media is not None:
        body["media"] = {
            "kind": content.media.kind,
            "url": f"/chat/file/{content.media.file.file_id}",
            "name": content.media.file.name,
            "size": len(content.media.file.body),
            "width": content.media.file.width,
            "height": content.media.file.height,
        }
    if message.reply_to is not None and not message.reply_to.deleted:
        preview = message.reply_to.text[:_PREVIEW]
        body["reply"] = {"id": message.reply_to.message_id, "text": preview}
    origin = message.extra.get("forward_origin")
    if isinstance(origin, dict) and isinstance(source := origin.get("chat"), dict):
        body["forward"] = source.get("title")
    return body


def _reply_keyboard(messages: list[ChatMessage]) -> Json:
    for message in reversed(messages):
        markup = message.content.markup
        if not message.from_bot or markup is None:
            continue
        if markup.get("remove_keyboard"):
            return None
        if "keyboard" in markup:
            return [[str(button["text"]) for button in row] for row in buttons(markup)]
    return None
