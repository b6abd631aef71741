"""Everything the pretended Telegram knows; it outlives every restart of the bot."""

import itertools
from dataclasses import dataclass, field

from bot.sandbox.chats import Chat, ChatMessage, Content, StoredFile, User
from bot.sandbox.entities import FormattedText, detect
from bot.sandbox.limits import SendLog
from bot.sandbox.updates import Changes, UpdateQueue
from bot.sandbox.wire import Json, JsonObject
from trading.clock import Clock


@dataclass(frozen=True, slots=True)
class Toast:
    """What a person sees after a tap: a short note, or a dialog when `alert` is set."""

    text: str
    alert: bool = False
    url: str = ""


@dataclass(eq=False, slots=True)
class Query:
    """A tap that waits for its answer."""

    id: str
    user: User
    message: ChatMessage
    data: str
    asked_at: float
    expired: bool = False
    answer: Toast | None = None


@dataclass(eq=False, slots=True)
class Checkout:
    """A payment that waits for the bot's consent."""

    id: str
    user: User
    message: ChatMessage
    asked_at: float
    agreed: bool | None = None
    error: str = ""


@dataclass(slots=True)
class World:
    """People, chats, files, taps and the bot's own settings."""

    bot: User
    clock: Clock
    require_start: bool = False
    query_ttl: float = 60.0
    changes: Changes = field(default_factory=Changes)
    users: dict[int, User] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    checkouts: dict[str, Checkout] = field(default_factory=dict)
    charges: dict[str, int] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    menu_buttons: dict[int, JsonObject] = field(default_factory=dict)
    updates: UpdateQueue = field(init=False)
    sends: SendLog = field(init=False)
    _serial: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.updates = UpdateQueue(self.changes)
        self.sends = SendLog(self.clock)

    def serial(self) -> int:
        """Return a number nobody got before."""
        return next(self._serial)

    def now(self) -> int:
        """Return the date of a message written now."""
        return int(self.clock.now().timestamp())

    def say(
        self,
        chat: Chat,
        sender: User | None,
        text: str | FormattedText,
        *,
        reply_to: ChatMessage | None = None,
        thread_id: int | None = None,
        extra: JsonObject | None = None,
        content: Content | None = None,
    ) -> ChatMessage:
        """Put a person's or a channel's message into the chat and tell the bot of it."""
        formatted = detect(FormattedText(text) if isinstance(text, str) else text)
        message = ChatMessage(
            chat.next_id(),
            chat,
            sender,
            self.now(),
            [content or Content(formatted)],
            reply_to=reply_to,
            thread_id=thread_id,
            extra=extra or {},
        )
        self.add(message)
        kind = "channel_post" if chat.type == "channel" else "message"
        self.updates.push(kind, message.to_json())
        return message

    def add(self, message: ChatMessage) -> None:
        """Put a message into its chat and wake everyone who looks at it."""
        message.chat.messages.append(message)
        message.chat.action = ""
        self.changes.bump()

    def revise(self, message: ChatMessage, content: Content) -> None:
        """Give a message its next version."""
        message.versions.append(content)
        message.edit_date = self.now()
        self.changes.bump()
