"""People, chats and messages as Telegram would keep them, every version of every message."""

from dataclasses import dataclass, field

from bot.sandbox.entities import FormattedText, to_html
from bot.sandbox.markup import buttons, labels
from bot.sandbox.wire import Json, JsonObject

# Kept in `ChatMessage.extra` for the sandbox's own use, never sent to the bot.
_PRIVATE = {"by_bot", "closed_to_edits", "payload"}


@dataclass(frozen=True, slots=True)
class User:
    """A person or the bot."""

    id: int
    first_name: str
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False

    def to_json(self) -> JsonObject:
        """Return a Bot API User."""
        body: JsonObject = {
            "id": self.id,
            "is_bot": self.is_bot,
            "first_name": self.first_name,
        }
        if self.username:
            body["username"] = self.username
        if self.language_code and not self.is_bot:
            body["language_code"] = self.language_code
        return body


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file somebody uploaded; pictures know their size in pixels."""

    file_id: str
    name: str
    mime_type: str
    body: bytes
    width: int = 0
    height: int = 0

    @property
    def path(self) -> str:
        """The path `getFile` gives for the download."""
        return f"{self.file_id}/{self.name}"

    def to_json(self) -> JsonObject:
        """Return a Bot API File."""
        return {
            "file_id": self.file_id,
            "file_unique_id": f"u{self.file_id}",
            "file_size": len(self.body),
        }


@dataclass(frozen=True, slots=True)
class Media:
    """What a message carries beside text: a photo or a document."""

    kind: str
    file: StoredFile

    def to_json(self) -> JsonObject:
        """Return the message fields of the attachment."""
        body = self.file.to_json()
        if self.kind == "photo":
            size: JsonObject = {**body, "width": self.file.width, "height": self.file.height}
            return {"photo": [size]}
        document: JsonObject = {
            **body,
            "file_name": self.file.name,
            "mime_type": self.file.mime_type,
        }
        return {"document": document}


@dataclass(frozen=True, slots=True)
class Content:
    """One version of a message."""

    formatted: FormattedText
    markup: JsonObject | None = None
    media: Media | None = None


@dataclass(eq=False, slots=True)
class ChatMessage:
    """A message in a chat; its text and buttons are always the current ones."""

    message_id: int
    chat: "Chat"
    sender: User | None
    date: int
    versions: list[Content]
    edit_date: int | None = None
    reply_to: "ChatMessage | None" = None
    thread_id: int | None = None
    silent: bool = False
    deleted: bool = False
    extra: JsonObject = field(default_factory=dict)

    @property
    def content(self) -> Content:
        """The current version."""
        return self.versions[-1]

    @property
    def text(self) -> str:
        """The current text or caption."""
        return self.content.formatted.text

    @property
    def html(self) -> str:
        """The current text with its entities written as tags."""
        return to_html(self.content.formatted)

    @property
    def version_texts(self) -> list[str]:
        """The text of every version, oldest first."""
        return [version.formatted.text for version in self.versions]

    @property
    def buttons(self) -> list[list[str]]:
        """The labels of the buttons under the message, row by row."""
        return labels(self.content.markup)

    @property
    def from_bot(self) -> bool:
        """Whether the bot wrote it."""
        if self.sender is None:
            return bool(self.extra.get("by_bot"))
        return self.sender.is_bot

    def button(self, label: str) -> JsonObject:
        """Return the first button whose label contains `label`; AssertionError lists the labels."""
        for row in buttons(self.content.markup):
            for button in row:
                if label in str(button["text"]):
                    return button
        raise AssertionError(f"no button {label!r} on {self.text!r}; it has {self.buttons}")

    def button_data(self, label: str) -> str:
        """Return the callback data behind the button whose label contains `label`."""
        return str(self.button(label).get("callback_data", ""))

    def to_json(self, *, with_reply: bool = True) -> JsonObject:
        """Return the Bot API Message of the current version."""
        body: JsonObject = {"message_id": self.message_id, "date": self.date}
        body["chat"] = self.chat.to_json()
        body |= {key: value for key, value in self.extra.items() if key not in _PRIVATE}
        if self.sender is not None:
            body["from"] = self.sender.to_json()
        elif self.chat.type == "channel":
            body["sender_chat"] = self.chat.to_json()
        if self.edit_date is not None:
            body["edit_date"] = self.edit_date
        if self.thread_id is not None:
            body |= {"message_thread_id": self.thread_id, "is_topic_message": True}
        if with_reply and self.reply_to is not None and not self.reply_to.deleted:
            body["reply_to_message"] = self.reply_to.to_json(with_reply=False)
        return body | self._content_json()

    def _content_json(self) -> JsonObject:
        content, body = self.content, JsonObject()
        prefix = ""
        if content.media is not None:
            body |= content.media.to_json()
            prefix = "caption"
        # An invoice has no text at Telegram; what stands there is for people to read.
        if content.formatted.text and "invoice" not in self.extra:
            body[prefix or "text"] = content.formatted.text
            entities: list[Json] = [entity.to_json() for entity in content.formatted.entities]
            if entities:
                body[f"{prefix}_entities" if prefix else "entities"] = entities
        if content.markup is not None and "inline_keyboard" in content.markup:
            body["reply_markup"] = content.markup
        return body


@dataclass(eq=False, slots=True)
class Chat:
    """A private chat, a group or a channel with everything that was said in it."""

    id: int
    type: str
    title: str = ""
    person: User | None = None
    username: str | None = None
    is_forum: bool = False
    messages: list[ChatMessage] = field(default_factory=list)
    pinned: list[int] = field(default_factory=list)
    topics: dict[int, str] = field(default_factory=dict)
    members: dict[int, str] = field(default_factory=dict)
    started: bool = True
    blocked: bool = False
    bot_status: str = "member"
    migrated_to: int | None = None
    action: str = ""
    action_until: float = 0.0
    last_id: int = 0

    def to_json(self) -> JsonObject:
        """Return a Bot API Chat."""
        body: JsonObject = {"id": self.id, "type": self.type}
        if self.person is not None:
            body["first_name"] = self.person.first_name
        if self.title:
            body["title"] = self.title
        username = self.username or (self.person.username if self.person else None)
        if username:
            body["username"] = username
        if self.is_forum:
            body["is_forum"] = True
        return body

    @property
    def name(self) -> str:
        """What the chat is called in a list."""
        return self.title or (self.person.first_name if self.person else str(self.id))

    def find(self, message_id: int) -> ChatMessage | None:
        """Return a message that still stands in the chat."""
        for message in reversed(self.messages):
            if message.message_id == message_id:
                return None if message.deleted else message
        return None

    def next_id(self) -> int:
        """Return the id of the next message."""
        self.last_id += 1
        return self.last_id

    def transcript(self) -> str:
        """Return the whole chat as lines of text, for the reader of a failed test."""
        lines = [f"--- chat {self.id} {self.name!r}: {len(self.messages)} messages ---"]
        for message in self.messages:
            who = message.sender.first_name if message.sender else self.name
            marks = "".join(
                mark
                for mark, shown in (
                    (" (deleted)", message.deleted),
                    (f" (version {len(message.versions)})", len(message.versions) > 1),
                    (f" [{message.content.media.kind}]" if message.content.media else "", True),
                )
                if shown
            )
            body = message.text.replace("\n", "\n      ")
            lines.append(f"#{message.message_id} {who}{marks}: {body}")
            lines += ["      " + " ".join(f"[{label}]" for label in row) for row in message.buttons]
        return "\n".join(lines)
