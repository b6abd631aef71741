"""The Bot API methods about the bot itself, its commands, its webhook, and chats."""

import re

from bot.sandbox.access import find_chat, readable_chat
from bot.sandbox.chats import Chat, User
from bot.sandbox.wire import Json, JsonObject, Params, as_object, bad_request
from bot.sandbox.world import World

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_DESCRIPTION_LENGTH = 256
_MAX_COMMANDS = 100
_SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
_RIGHTS = (
    *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages"),
    *("can_manage_video_chats", "can_restrict_members", "can_promote_members"),
    *("can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories"),
    *("can_delete_stories", "can_pin_messages", "can_post_messages", "can_edit_messages"),
    "can_send_welcome_messages",
)


def get_me(world: World, _params: Params) -> Json:
    """Return the bot."""
    abilities: JsonObject = {
        "can_join_groups": True,
        "can_read_all_group_messages": True,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
    return world.bot.to_json() | abilities


def set_commands(world: World, params: Params) -> Json:
    """Keep the command list of one scope and language."""
    commands = params.items("commands", "bot commands")
    if len(commands) > _MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    checked = [_command(item) for item in commands]
    world.commands[_scope(world, params)] = checked
    world.changes.bump()
    return True


def get_commands(world: World, params: Params) -> Json:
    """Return the command list of exactly this scope and language."""
    return list(world.commands.get(_scope(world, params), []))


def delete_commands(world: World, params: Params) -> Json:
    """Forget the command list of this scope and language."""
    world.commands.pop(_scope(world, params), None)
    world.changes.bump()
    return True


def set_menu_button(world: World, params: Params) -> Json:
    """Keep the menu button of one chat, or of all."""
    button = params.json("menu_button", "menu button")
    if button is None:
        button = {"type": "default"}
    checked = as_object(button, "menuButton must be an Object")
    if checked.get("type") not in {"default", "commands", "web_app"}:
        raise bad_request("menuButton has unsupported type")
    chat_id = find_chat(world, params.text("chat_id")).id if params.has("chat_id") else 0
    world.menu_buttons[chat_id] = checked
    return True


def set_webhook(world: World, params: Params) -> Json:
    """Keep the webhook's address; the sandbox never calls it, but polling now conflicts."""
    url = params.text("url")
    if url and not url.startswith("https://"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    _forget_updates_if_asked(world, params)
    world.updates.webhook_url = url
    if url:
        world.updates.stop_pollers()
    return True


def delete_webhook(world: World, params: Params) -> Json:
    """Return to polling."""
    _forget_updates_if_asked(world, params)
    world.updates.webhook_url = ""
    return True


def get_webhook_info(world: World, _params: Params) -> Json:
    """Return the webhook and how many updates wait."""
    return {
        "url": world.updates.webhook_url,
        "has_custom_certificate": False,
        "pending_update_count": world.updates.pending_count,
    }


def say_true(_world: World, _params: Params) -> Json:
    """Agree and change nothing."""
    return True


def get_chat(world: World, params: Params) -> Json:
    """Return what the bot may know of a chat."""
    chat = readable_chat(world, params)
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
    body: JsonObject = chat.to_json() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys((*gifts, "gifts_from_channels"), False),
    }
    pinned = chat.find(chat.pinned[-1]) if chat.pinned else None
    if pinned is not None:
        body["pinned_message"] = pinned.to_json()
    return body


def get_chat_member(world: World, params: Params) -> Json:
    """Return somebody's place in a chat."""
    user_id = params.number("user_id")
    if user_id <= 0:
        raise bad_request("invalid user_id specified")
    chat = readable_chat(world, params)
    if user_id == world.bot.id:
        return _member(world.bot, "member" if chat.type == "private" else chat.bot_status)
    user = world.users.get(user_id)
    if user is None:
        raise bad_request("PARTICIPANT_ID_INVALID")
    default = "member" if chat.person == user else "left"
    return _member(user, chat.members.get(user_id, default))


def get_chat_administrators(world: World, params: Params) -> Json:
    """Return who runs a group or channel."""
    chat = readable_chat(world, params)
    if chat.type == "private":
        raise bad_request("there are no administrators in the private chat")
    return _administrators(world, chat)


def _administrators(world: World, chat: Chat) -> list[Json]:
    places = [
        _member(world.users[user_id], status)
        for user_id, status in chat.members.items()
        if status in {"creator", "administrator"}
    ]
    return [
        *places,
        *([_member(world.bot, "administrator")] if chat.bot_status != "member" else []),
    ]


def _member(user: User, status: str) -> JsonObject:
    body: JsonObject = {"status": status, "user": user.to_json()}
    if status == "creator":
        body["is_anonymous"] = False
    if status == "administrator":
        body |= {right: right not in {"is_anonymous", "can_be_edited"} for right in _RIGHTS}
    if status == "kicked":
        body["until_date"] = 0
    return body


def _command(item: Json) -> Json:
    body = as_object(item, "can't parse BotCommand: expected an Object")
    command, description = body.get("command"), body.get("description")
    if not isinstance(command, str) or not isinstance(description, str):
        raise bad_request("can't parse BotCommand: fields must be of type String")
    name = command.removeprefix("/")
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= _DESCRIPTION_LENGTH:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def _scope(world: World, params: Params) -> tuple[str, str]:
    given = params.json("scope", "bot command scope")
    body = as_object(given, "botCommandScope must be an Object") if given is not None else {}
    kind = str(body.get("type", "default"))
    if kind not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: type is invalid")
    for name in _SCOPES[kind]:
        if not body.get(name):
            raise bad_request(f"empty {name} specified")
    if "chat_id" in _SCOPES[kind]:
        find_chat(world, str(body["chat_id"]))
    parts = [kind, *(str(body[name]) for name in _SCOPES[kind])]
    return ":".join(parts), params.text("language_code")


def _forget_updates_if_asked(world: World, params: Params) -> None:
    if params.flag("drop_pending_updates"):
        world.updates.drop_pending()
