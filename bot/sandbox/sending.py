"""The Bot API methods that put a new message into a chat."""

from bot.sandbox.access import replied_message, thread_of, writable_chat
from bot.sandbox.chats import Chat, ChatMessage, Content, Media
from bot.sandbox.entities import FormattedText, detect, parse_entities, trimmed
from bot.sandbox.files import media_of
from bot.sandbox.markup import read_markup
from bot.sandbox.markup_html import parse_html
from bot.sandbox.wire import Json, JsonObject, Params, as_object, bad_request
from bot.sandbox.world import World

_TEXT_UNITS = 4096
_CAPTION_UNITS = 1024
_SOURCE_BYTES = 1 << 15
_ACTIONS = {
    *("typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"),
    *("upload_document", "choose_sticker", "find_location", "record_video_note"),
    "upload_video_note",
}
_ACTION_SECONDS = 5.0


def send_message(world: World, params: Params) -> Json:
    """Send text."""
    formatted = read_text(params)
    markup = read_markup(params)
    chat = writable_chat(world, params)
    if formatted.units > _TEXT_UNITS:
        raise bad_request("message is too long")
    return post(world, chat, params, Content(detect(formatted), markup)).to_json()


def send_photo(world: World, params: Params) -> Json:
    """Send a picture with an optional caption."""
    return _send_media(world, params, "photo")


def send_document(world: World, params: Params) -> Json:
    """Send a file with an optional caption."""
    return _send_media(world, params, "document")


def send_media_group(world: World, params: Params) -> Json:
    """Send two to ten photos or documents as one album."""
    items = params.items("media", "InputMedia")
    if not 2 <= len(items) <= 10:
        raise bad_request("expected from 2 to 10 media in the album")
    chat = writable_chat(world, params)
    contents = [read_media(world, params, item) for item in items]
    if len({content.media.kind for content in contents if content.media}) > 1:
        raise bad_request("can't use the media of the specified type in the album")
    album: JsonObject = {"media_group_id": str(world.serial())}
    return [post(world, chat, params, content, album).to_json() for content in contents]


def send_chat_action(world: World, params: Params) -> Json:
    """Show for a few seconds that the bot is busy."""
    if params.text("action") not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = writable_chat(world, params)
    thread_of(chat, params)
    chat.action = params.text("action")
    chat.action_until = world.clock.monotonic() + _ACTION_SECONDS
    world.changes.bump()
    return True


def post(
    world: World, chat: Chat, params: Params, content: Content, extra: JsonObject | None = None
) -> ChatMessage:
    """Put the bot's message into the chat after the last checks."""
    reply_to, thread = replied_message(chat, params), thread_of(chat, params)
    world.sends.admit(chat.id)
    marks = dict(extra or {})
    if content.markup is not None and "inline_keyboard" not in content.markup:
        marks["closed_to_edits"] = True
    if chat.type == "channel":
        marks["by_bot"] = True
    message = ChatMessage(
        chat.next_id(),
        chat,
        None if chat.type == "channel" else world.bot,
        world.now(),
        [content],
        reply_to=reply_to,
        thread_id=thread,
        silent=params.flag("disable_notification"),
        extra=marks,
    )
    world.sends.record(chat.id)
    world.add(message)
    return message


def read_text(params: Params) -> FormattedText:
    """Return the text of a call, parsed and trimmed; an empty one is refused."""
    if not params.has("text"):
        raise bad_request("message text is empty")
    formatted = _formatted(params, "text", "entities")
    if not formatted.text:
        raise bad_request("message text is empty")
    return formatted


def read_caption(params: Params) -> FormattedText:
    """Return the caption of a call or of one InputMedia, refused when it is too long."""
    formatted = _formatted(params, "caption", "caption_entities")
    if formatted.units > _CAPTION_UNITS:
        raise bad_request("message caption is too long")
    return detect(formatted)


def read_media(world: World, params: Params, item: Json) -> Content:
    """Return the content one InputMedia object describes."""
    body = as_object(item, "can't parse InputMedia: expected an Object")
    kind, source = body.get("type"), body.get("media")
    if kind not in {"photo", "document"} or not isinstance(kind, str):
        raise bad_request("can't parse InputMedia: type of media is invalid")
    if not isinstance(source, str) or not source:
        raise bad_request("can't parse InputMedia: media not found")
    media = Media(kind, media_of(world, params, kind, source))
    return Content(read_caption(Params(body)), None, media)


def _send_media(world: World, params: Params, kind: str) -> Json:
    media = Media(kind, media_of(world, params, kind, params.text(kind)))
    caption = read_caption(params)
    markup = read_markup(params)
    chat = writable_chat(world, params)
    return post(world, chat, params, Content(caption, markup, media)).to_json()


def _formatted(params: Params, text_key: str, entities_key: str) -> FormattedText:
    source = params.text(text_key)
    if len(source.encode()) > _SOURCE_BYTES:
        raise bad_request("text is too long")
    mode = params.text("parse_mode").lower()
    if mode == "html":
        return trimmed(parse_html(source))
    if mode not in {"", "none"}:
        # MarkdownV2 exists at Telegram; this bot writes HTML only, so using it here is a mistake.
        raise bad_request("unsupported parse_mode")
    given = params.items(entities_key, "MessageEntity")
    return trimmed(FormattedText(source, parse_entities(given, source)))
