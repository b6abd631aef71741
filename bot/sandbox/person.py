"""A scripted person: says, taps and forwards, and waits for what the bot shows."""

# ruff: noqa: ASYNC109 - a wait that fails prints the chat, which asyncio.timeout cannot do

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from bot.sandbox.chats import Chat, ChatMessage, Content, Media, User
from bot.sandbox.entities import FormattedText, detect
from bot.sandbox.files import keep
from bot.sandbox.wire import Json, JsonObject, Upload
from bot.sandbox.world import Checkout, Query, Toast, World

Wanted: TypeAlias = "str | re.Pattern[str]"

_TIMEOUT = 60.0
"""Seconds a person waits before they call it missing: on a busy machine five are too few."""


class Person:
    """One person in one chat; `in_chat` gives the same person in another."""

    def __init__(self, world: World, user: User, chat: Chat) -> None:
        self._world = world
        self.user = user
        self.chat = chat

    @property
    def id(self) -> int:
        """The person's Telegram user id."""
        return self.user.id

    @property
    def messages(self) -> list[ChatMessage]:
        """Every message that stands in the chat, oldest first."""
        return [message for message in self.chat.messages if not message.deleted]

    @property
    def last(self) -> ChatMessage:
        """The newest message of the bot; AssertionError when it said nothing yet."""
        said = [message for message in self.messages if message.from_bot]
        assert said, f"the bot said nothing yet\n{self.chat.transcript()}"
        return said[-1]

    def in_chat(self, chat: Chat, status: str = "member") -> "Person":
        """Return this person as a member of a group or channel."""
        chat.members.setdefault(self.user.id, status)
        self._world.changes.bump()
        return Person(self._world, self.user, chat)

    async def sends(
        self, text: str, reply_to: ChatMessage | None = None, thread_id: int | None = None
    ) -> ChatMessage:
        """Write a message."""
        self.chat.started = True
        return self._world.say(self.chat, self.user, text, reply_to=reply_to, thread_id=thread_id)

    async def presses_start(self, payload: str = "") -> ChatMessage:
        """Open the bot's chat, through a deep link when there is a payload."""
        return await self.sends(f"/start {payload}".strip())

    async def sends_photo(self, body: bytes, caption: str = "") -> ChatMessage:
        """Send a picture."""
        photo = keep(self._world, "photo", Upload("photo.png", "image/png", body))
        content = Content(detect(FormattedText(caption)), None, Media("photo", photo))
        return self._world.say(self.chat, self._author, caption, content=content)

    async def forwards(
        self,
        text: str,
        from_chat_title: str = "Signals",
        from_chat_id: int = -1009990000001,
        from_message_id: int = 1,
    ) -> ChatMessage:
        """Forward a channel's post."""
        source: JsonObject = {"id": from_chat_id, "type": "channel", "title": from_chat_title}
        origin: JsonObject = {
            "type": "channel",
            "date": self._world.now(),
            "chat": source,
            "message_id": from_message_id,
        }
        return self._world.say(self.chat, self.user, text, extra={"forward_origin": origin})

    async def posts_in_channel(
        self, channel: Chat, text: str, reply_to: ChatMessage | None = None
    ) -> ChatMessage:
        """Publish a post in a channel."""
        return self._world.say(channel, None, text, reply_to=reply_to)

    async def edits(self, message: ChatMessage, text: str) -> None:
        """Change the text of an own message or channel post."""
        content = replace(message.content, formatted=detect(FormattedText(text)))
        self._world.revise(message, content)
        kind = "edited_channel_post" if message.chat.type == "channel" else "edited_message"
        self._world.updates.push(kind, message.to_json())

    async def deletes(self, message: ChatMessage) -> None:
        """Delete a message; Telegram tells bots nothing of it."""
        message.deleted = True
        self._world.changes.bump()

    async def blocks_bot(self) -> None:
        """Block the bot in the private chat."""
        self._set_blocked(blocked=True)

    async def unblocks_bot(self) -> None:
        """Let the bot write again."""
        self._set_blocked(blocked=False)

    async def sees(
        self, wanted: Wanted, timeout: float = _TIMEOUT, after: ChatMessage | None = None
    ) -> ChatMessage:
        """Return the bot's newest message that now contains `wanted`, waiting for it."""
        floor = after.message_id if after is not None else 0

        def newest() -> ChatMessage | None:
            found = (m for m in reversed(self.messages) if m.message_id > floor and m.from_bot)
            return next((m for m in found if _contains(m.text, wanted)), None)

        message = await self._world.changes.until(newest, timeout)
        assert message is not None, self._unseen(f"no message with {_shown(wanted)}", timeout)
        return message

    async def sees_in(
        self, message: ChatMessage, wanted: Wanted, timeout: float = _TIMEOUT
    ) -> ChatMessage:
        """Wait until this very message contains `wanted` and return it."""

        def contained() -> bool | None:
            return True if _contains(message.text, wanted) else None

        seen = await self._world.changes.until(contained, timeout)
        where = f"message #{message.message_id} never showed {_shown(wanted)}"
        assert seen, self._unseen(where, timeout)
        return message

    async def sees_gone(self, message: ChatMessage, timeout: float = _TIMEOUT) -> None:
        """Wait until the message is deleted."""

        def gone() -> bool | None:
            return message.deleted or None

        seen = await self._world.changes.until(gone, timeout)
        assert seen, self._unseen(f"message #{message.message_id} still stands", timeout)

    async def sees_no_buttons(self, message: ChatMessage, timeout: float = _TIMEOUT) -> None:
        """Wait until the message has no buttons left."""

        def bare() -> bool | None:
            return None if message.buttons else True

        seen = await self._world.changes.until(bare, timeout)
        assert seen, self._unseen(f"message #{message.message_id} keeps its buttons", timeout)

    def no_message_containing(self, wanted: Wanted) -> bool:
        """Tell whether no version of any message of the bot ever contained `wanted`."""
        said = (m for m in self.chat.messages if m.from_bot)
        return not any(_contains(text, wanted) for m in said for text in m.version_texts)

    async def taps(
        self, message: ChatMessage, label: str, timeout: float = _TIMEOUT
    ) -> Toast | None:
        """Tap the button whose label contains `label`; return the toast, None when none came."""
        button = message.button(label)
        data = button.get("callback_data")
        assert isinstance(data, str), f"{button['text']!r} is no callback button: {button}"
        return await self.taps_data(message, data, timeout)

    async def taps_data(
        self, message: ChatMessage, data: str, timeout: float = _TIMEOUT
    ) -> Toast | None:
        """Send a tap with this data, as an old card or a forged client can."""
        query = Query(
            f"q{self._world.serial()}", self.user, message, data, self._world.clock.monotonic()
        )
        self._world.queries[query.id] = query
        body: JsonObject = {
            "id": query.id,
            "from": self.user.to_json(),
            "message": message.to_json(),
            "chat_instance": str(message.chat.id),
            "data": data,
        }
        self._world.updates.push("callback_query", body)
        return await self._world.changes.until(lambda: query.answer, timeout)

    async def pays(
        self,
        message: ChatMessage,
        timeout: float = _TIMEOUT,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> str:
        """Pay an invoice; return the charge id, or AssertionError with the bot's refusal.

        ``meanwhile`` happens after the bot agreed and before the money moves.
        """
        invoice = message.extra.get("invoice")
        assert isinstance(invoice, dict), f"message #{message.message_id} is no invoice"
        checkout = Checkout(
            f"p{self._world.serial()}", self.user, message, self._world.clock.monotonic()
        )
        self._world.checkouts[checkout.id] = checkout
        bill: dict[str, Json] = {
            "currency": invoice["currency"],
            "total_amount": invoice["total_amount"],
            "invoice_payload": message.extra["payload"],
        }
        asked: JsonObject = {"id": checkout.id, "from": self.user.to_json(), **bill}
        self._world.updates.push("pre_checkout_query", asked)
        agreed = await self._world.changes.until(lambda: checkout.agreed, timeout)
        assert agreed, self._unseen(f"the payment was not agreed to: {checkout.error!r}", timeout)
        meanwhile()
        charge = f"charge{self._world.serial()}"
        self._world.charges[charge] = self.user.id
        paid: JsonObject = {
            **bill,
            "telegram_payment_charge_id": charge,
            "provider_payment_charge_id": charge,
        }
        self._world.say(self.chat, self.user, "", extra={"successful_payment": paid})
        return charge

    @property
    def _author(self) -> User | None:
        return None if self.chat.type == "channel" else self.user

    def _set_blocked(self, *, blocked: bool) -> None:
        chat = self._world.chats[self.user.id]
        statuses = ("member", "kicked") if blocked else ("kicked", "member")
        chat.blocked = blocked
        before, after = (_membership(self._world.bot, status) for status in statuses)
        body: JsonObject = {
            "chat": chat.to_json(),
            "from": self.user.to_json(),
            "date": self._world.now(),
            "old_chat_member": before,
            "new_chat_member": after,
        }
        self._world.updates.push("my_chat_member", body)
        self._world.changes.bump()

    def _unseen(self, what: str, timeout: float) -> str:
        return f"{what} within {timeout:g} s\n{self.chat.transcript()}"


def _contains(text: str, wanted: Wanted) -> bool:
    return wanted in text if isinstance(wanted, str) else wanted.search(text) is not None


def _shown(wanted: Wanted) -> str:
    return repr(wanted if isinstance(wanted, str) else wanted.pattern)


def _membership(user: User, status: str) -> JsonObject:
    body: JsonObject = {"status": status, "user": user.to_json()}
    if status == "kicked":
        body["until_date"] = 0
    return body
