"""Text with entities: measured, trimmed, and searched for commands and links, as Telegram does."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape

from bot.sandbox.wire import Json, JsonObject, as_object, bad_request

_KNOWN_ENTITIES = {
    *("bold", "italic", "underline", "strikethrough", "spoiler", "text_link"),
    *("custom_emoji", "code", "pre", "blockquote"),
    *("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"),
    *("text_mention", "expandable_blockquote"),
}
_COMMAND = re.compile(r"(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>])")
_URL = re.compile(r"\bhttps?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")


@dataclass(frozen=True, slots=True)
class Entity:
    """A styled stretch of a message; offset and length are in UTF-16 code units."""

    type: str
    offset: int
    length: int
    argument: str = ""

    def to_json(self) -> JsonObject:
        """Return a Bot API MessageEntity."""
        body: JsonObject = {"type": self.type, "offset": self.offset, "length": self.length}
        key = {"text_link": "url", "pre": "language", "custom_emoji": "custom_emoji_id"}
        if self.argument and self.type in key:
            body[key[self.type]] = self.argument
        return body


@dataclass(frozen=True, slots=True)
class FormattedText:
    """Text as a person sees it, with its entities."""

    text: str
    entities: tuple[Entity, ...] = ()

    @property
    def units(self) -> int:
        """Length as Telegram counts it."""
        return utf16_length(self.text)


def utf16_length(text: str) -> int:
    """Return the number of UTF-16 code units of the text."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_entities(items: Iterable[Json], text: str) -> tuple[Entity, ...]:
    """Return the entities a bot passed explicitly, checked against the text."""
    return tuple(_given_entity(item, utf16_length(text)) for item in items)


def detect(formatted: FormattedText) -> FormattedText:
    """Add the commands and links Telegram finds by itself."""
    text, found = formatted.text, list(formatted.entities)
    taken = [(e.offset, e.offset + e.length) for e in found if e.type in _OPAQUE]
    for kind, pattern in (("url", _URL), ("bot_command", _COMMAND)):
        for match in pattern.finditer(text):
            start, end = utf16_length(text[: match.start()]), utf16_length(text[: match.end()])
            if not any(a < end and start < b for a, b in taken):
                found.append(Entity(kind, start, end - start))
                taken.append((start, end))
    return FormattedText(text, in_order(found))


def trimmed(formatted: FormattedText) -> FormattedText:
    """Strip white space at both ends, as Telegram does to every text, moving the entities along."""
    text = formatted.text.replace("\r", "")
    body = text.strip()
    skipped = utf16_length(text[: len(text) - len(text.lstrip())])
    limit = utf16_length(body)
    moved = []
    for entity in formatted.entities:
        start = max(entity.offset - skipped, 0)
        end = min(entity.offset - skipped + entity.length, limit)
        if end > start:
            moved.append(replace(entity, offset=start, length=end - start))
    return FormattedText(body, tuple(moved))


def to_html(formatted: FormattedText) -> str:
    """Write the text back as Telegram HTML, for tests and for reading."""
    units = formatted.text.encode("utf-16-le")
    opens: dict[int, list[str]] = {}
    closes: dict[int, list[str]] = {}
    for entity in formatted.entities:
        before, after = _tags(entity)
        opens.setdefault(entity.offset, []).append(before)
        closes.setdefault(entity.offset + entity.length, []).insert(0, after)
    cuts = sorted({0, len(units) // 2, *opens, *closes})
    parts = []
    for here, following in zip(cuts, [*cuts[1:], cuts[-1]], strict=True):
        parts += closes.get(here, []) + opens.get(here, [])
        parts.append(escape(units[here * 2 : following * 2].decode("utf-16-le"), quote=False))
    return "".join(parts)


_OPAQUE = {"code", "pre", "text_link", "url", "bot_command"}


def _tags(entity: Entity) -> tuple[str, str]:
    if entity.type == "text_link":
        return f'<a href="{escape(entity.argument)}">', "</a>"
    if entity.type == "expandable_blockquote":
        return "<blockquote expandable>", "</blockquote>"
    tags = {"bold": "b", "italic": "i", "underline": "u", "strikethrough": "s"}
    tags |= {"spoiler": "tg-spoiler", "code": "code", "pre": "pre", "blockquote": "blockquote"}
    tag = tags.get(entity.type)
    return (f"<{tag}>", f"</{tag}>") if tag else ("", "")


def _given_entity(item: Json, limit: int) -> Entity:
    body = as_object(item, "can't parse MessageEntity: expected an Object")
    kind, offset, length = body.get("type"), body.get("offset"), body.get("length")
    if not isinstance(kind, str) or kind not in _KNOWN_ENTITIES:
        raise bad_request("can't parse MessageEntity: unsupported type specified")
    if not isinstance(offset, int) or not isinstance(length, int):
        raise bad_request("can't parse MessageEntity: field must be of type Number")
    if offset < 0 or length <= 0 or offset + length > limit:
        raise bad_request("entity beginning or end is outside of the message text")
    arguments = (body.get("url"), body.get("language"), body.get("custom_emoji_id"))
    return Entity(kind, offset, length, next((a for a in arguments if isinstance(a, str)), ""))


def in_order(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """Sort entities as Telegram lists them: by place, the outer before the inner."""
    return tuple(sorted(set(entities), key=lambda e: (e.offset, -e.length, e.type)))
