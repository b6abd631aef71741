"""A Telegram message as intake takes it: which source it is of, and under which reference."""

from datetime import UTC

from aiogram.types import Message, MessageOriginChannel, MessageOriginChat

from trading.ids import AccountId
from trading.incoming import CardOrigin, Incoming
from trading.model import Member
from trading.sources import PERSON, SourceMode

_LONGEST_NAME = 64


def from_channel(message: Message, text: str) -> Incoming:
    """Return a post of a channel where the desk is an admin; unknown, it begins as off."""
    chat = message.chat
    reply = message.reply_to_message
    return Incoming(
        key=f"tg:{chat.id}",
        name=(chat.title or str(chat.id))[:_LONGEST_NAME],
        ref=f"m{message.message_id}",
        text=text,
        sent_at=message.date.astimezone(UTC),
        reply_ref=None if reply is None else f"m{reply.message_id}",
        first_mode=SourceMode.OFF,
    )


def from_member(
    message: Message,
    text: str,
    member: Member,
    card: CardOrigin | None = None,
    only: AccountId | None = None,
) -> Incoming:
    """Return what a member typed, pasted or forwarded; a forward is of its channel.

    ``card`` is where the signal came from whose card the member answers.
    """
    origin = _origin(message)
    reply = message.reply_to_message
    sent = message.date.astimezone(UTC)
    if origin is None and card is not None:
        ref = f"{message.chat.id}:{message.message_id}"
        return Incoming(
            card.key, card.name, ref, text, sent, reply_ref=card.ref, by=member.id, only=only
        )
    if origin is not None:
        key, name, ref = origin
        # Each person's forward is their own: it must not stand in for the channel's post.
        own = f"{ref}:by{member.telegram_id}"
        return Incoming(key, name, own, text, sent, _reply(reply), by=member.id, only=only)
    return Incoming(
        key=f"{PERSON}{member.telegram_id}",
        name=f"chat: {member.name}"[:_LONGEST_NAME],
        ref=f"{message.chat.id}:{message.message_id}",
        text=text,
        sent_at=sent,
        reply_ref=_reply(reply),
        by=member.id,
        only=only,
    )


def of_forward(message: Message) -> CardOrigin | None:
    """Return where a forwarded message came from."""
    origin = _origin(message)
    return None if origin is None else CardOrigin(*origin)


def _origin(message: Message) -> tuple[str, str, str] | None:
    """Return key, name and reference of the channel or group a message was forwarded from."""
    origin = message.forward_origin
    if isinstance(origin, MessageOriginChannel):
        title = (origin.chat.title or str(origin.chat.id))[:_LONGEST_NAME]
        return f"tg:{origin.chat.id}", title, f"m{origin.message_id}"
    if isinstance(origin, MessageOriginChat):
        chat = origin.sender_chat
        title = (chat.title or str(chat.id))[:_LONGEST_NAME]
        return f"tg:{chat.id}", title, f"f{message.chat.id}:{message.message_id}"
    return None


def _reply(reply: Message | None) -> str | None:
    if reply is None:
        return None
    origin = _origin(reply)
    return f"{reply.chat.id}:{reply.message_id}" if origin is None else origin[2]
