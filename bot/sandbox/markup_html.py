"""Telegram's HTML: text with tags in, plain text and entities out, refusals in its own words."""

import re
from dataclasses import dataclass

from bot.sandbox.entities import Entity, FormattedText, in_order, utf16_length
from bot.sandbox.wire import bad_request

_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(#[xX][0-9a-fA-F]+|#[0-9]+|lt|gt|amp|quot)(;?)")
_SPACE = " \t\r\n\v\0"


def parse_html(source: str) -> FormattedText:
    """Turn Telegram HTML into text and entities, or refuse as Telegram does."""
    return _HtmlParser(source).parse()


@dataclass(slots=True)
class _Open:
    tag: str
    argument: str
    offset: int


class _HtmlParser:
    """One pass over the source; positions in refusals are byte offsets, as Telegram gives them."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._text: list[str] = []
        self._units = 0
        self._open: list[_Open] = []
        self._done: list[Entity] = []

    def parse(self) -> FormattedText:
        while self._at < len(self._source):
            char = self._source[self._at]
            if char == "&":
                self._append(self._reference())
            elif char == "<" and self._peek(1) == "/":
                self._end_tag()
            elif char == "<":
                self._start_tag()
            else:
                self._at += 1
                self._append(char)
        if self._open:
            tag = self._open[-1].tag
            raise _refusal(f'Can\'t find end tag corresponding to start tag "{tag}"')
        return FormattedText("".join(self._text), in_order(_without_nested_code(self._done)))

    def _append(self, text: str) -> None:
        self._text.append(text)
        self._units += utf16_length(text)

    def _peek(self, ahead: int = 0) -> str:
        position = self._at + ahead
        return self._source[position] if position < len(self._source) else "\0"

    def _take_until(self, stops: str) -> str:
        start = self._at
        while self._peek() not in stops and self._at < len(self._source):
            self._at += 1
        return self._source[start : self._at]

    def _skip_space(self) -> None:
        while self._at < len(self._source) and self._peek() in _SPACE:
            self._at += 1

    def _reference(self) -> str:
        match = _REFERENCE.match(self._source, self._at)
        char = _character(match[1]) if match else ""
        if not match or not char:
            self._at += 1
            return "&"
        self._at = match.end()
        return char

    def _bytes_to(self, position: int) -> int:
        return len(self._source[:position].encode("utf-8", "surrogatepass"))

    def _start_tag(self) -> None:
        begin = self._at
        where = f"at byte offset {self._bytes_to(begin)}"
        self._at += 1
        tag = self._take_until(_SPACE + ">").lower()
        if self._at >= len(self._source):
            raise _refusal(f"Unclosed start tag {where}")
        if tag not in _TYPES:
            raise _refusal(f'Unsupported start tag "{tag}" {where}')
        argument = self._attributes(tag, where)
        if tag == "span" and argument != "spoiler":
            raise _refusal(f'Tag "span" must have class "tg-spoiler" {where}')
        self._open.append(_Open(tag, argument, self._units))

    def _attributes(self, tag: str, where: str) -> str:
        argument = ""
        while True:
            self._skip_space()
            if self._peek() == ">":
                self._at += 1
                return argument
            name = self._take_until(_SPACE + "=>").lower()
            if not name:
                raise _refusal(f'Empty attribute name in the tag "{tag}" {where}')
            self._skip_space()
            value = self._attribute_value(tag, where) if self._peek() == "=" else None
            if self._at >= len(self._source):
                raise _refusal(f'Unclosed start tag "{tag}" {where}')
            argument = _argument(tag, name, value) or argument

    def _attribute_value(self, tag: str, where: str) -> str:
        self._at += 1
        self._skip_space()
        quote = self._peek()
        if quote not in "\"'":
            begin = self._bytes_to(self._at)
            token = re.compile(r"[A-Za-z0-9.-]*").match(self._source, self._at)
            self._at = token.end() if token else self._at
            if self._peek() not in _SPACE + ">":
                raise _refusal(f"Unexpected end of name token at byte offset {begin}")
            return token[0].lower() if token else ""
        self._at += 1
        parts = []
        while self._peek() != quote:
            if self._at >= len(self._source):
                raise _refusal(f'Unclosed start tag "{tag}" {where}')
            if self._peek() == "&":
                parts.append(self._reference())
            else:
                parts.append(self._peek())
                self._at += 1
        self._at += 1
        return "".join(parts)

    def _end_tag(self) -> None:
        where = f"at byte offset {self._bytes_to(self._at)}"
        if not self._open:
            raise _refusal(f"Unexpected end tag {where}")
        self._at += 2
        found = self._take_until(_SPACE + ">").lower()
        self._skip_space()
        if self._peek() != ">":
            raise _refusal(f"Unclosed end tag {where}")
        self._at += 1
        top = self._open.pop()
        if found and found != top.tag:
            raise _refusal(
                f'Unmatched end tag {where}, expected "</{top.tag}>", found "</{found}>"'
            )
        if self._units > top.offset:
            self._close(top)

    def _close(self, top: _Open) -> None:
        kind, argument, length = _TYPES[top.tag], top.argument, self._units - top.offset
        if top.tag == "a":
            inner = "".join(self._text).encode("utf-16-le")[top.offset * 2 :].decode("utf-16-le")
            argument = _checked_link(argument or inner)
            if not argument:
                return
        if top.tag == "blockquote" and argument:
            kind, argument = "expandable_blockquote", ""
        if top.tag == "pre":
            argument = self._language_inside(top.offset, length)
        if top.tag == "span":
            argument = ""
        self._done.append(Entity(kind, top.offset, length, argument))

    def _language_inside(self, offset: int, length: int) -> str:
        for entity in self._done:
            if (entity.type, entity.offset, entity.length) == ("code", offset, length):
                self._done.remove(entity)
                return entity.argument
        return ""


def _refusal(why: str) -> Exception:
    return bad_request(f"can't parse entities: {why}")


def _character(reference: str) -> str:
    if not reference.startswith("#"):
        return _NAMED[reference]
    digits = reference[1:]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return chr(code) if 0 < code < 0x10FFFF and not 0xD800 <= code < 0xE000 else ""


def _argument(tag: str, name: str, value: str | None) -> str:
    if value is None:
        return "1" if (tag, name) == ("blockquote", "expandable") else ""
    prefixes = {("span", "class"): "tg-", ("code", "class"): "language-"}
    prefix = prefixes.get((tag, name))
    if prefix is not None:
        return value.removeprefix(prefix) if value.startswith(prefix) else ""
    return value if (tag, name) in {("a", "href"), ("tg-emoji", "emoji-id")} else ""


def _checked_link(url: str) -> str:
    """Return a link Telegram would keep; a bad one is dropped in silence, the text stays."""
    url = url.strip()
    if re.match(r"(?i)^(https?|tg|ton|tonsite)://[^\s]+$", url):
        return url
    if re.match(r"^[\w-]+(\.[\w-]+)+([/?#:][^\s]*)?$", url):
        return f"http://{url}"
    return ""


def _without_nested_code(entities: list[Entity]) -> list[Entity]:
    """Nothing is styled inside code and pre."""
    blocks = [e for e in entities if e.type in {"code", "pre"}]

    def inside(entity: Entity) -> bool:
        return any(
            block is not entity
            and block.offset <= entity.offset
            and entity.offset + entity.length <= block.offset + block.length
            for block in blocks
        )

    return [e for e in entities if not inside(e)]
