"""Before any handler: who is it, and may they speak to the desk at all."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.types import CallbackQuery, Message, TelegramObject, Update, User
from structlog.contextvars import bound_contextvars

from handlers.commands import row_of
from handlers.readers import reading
from handlers.texts import t, tell
from storage.attention_store import AttentionStore
from storage.store import SqliteStore
from trading.model import Member
from trading.people import PeopleService

log = logging.getLogger(__name__)
Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]


class MemberGate(BaseMiddleware):
    """Resolves the person behind an update; a stranger gets their id on /start, else silence."""

    def __init__(self, store: SqliteStore, people: PeopleService, wishes: AttentionStore) -> None:
        self._store = store
        self._people = people
        self._wishes = wishes

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        user: User | None = data.get("event_from_user")
        if isinstance(event, Update) and (event.channel_post or event.edited_channel_post):
            return await handler(event, data)  # of a channel, not of a person: a source, at most
        if user is None or not isinstance(event, Update):
            return None
        member = await self._member(user)
        with bound_contextvars(update_id=event.update_id, telegram_id=user.id):
            if member is None and _is_money(event):
                return await handler(event, data)  # booked or refused by what was invoiced
            if member is None and user.id in _FACELESS:
                return await _ask_for_a_face(event)
            if member is None:
                member = await self._let_in(event, user)
            if member is None:
                return await self._turn_away(event, user)
            data["member"] = member
            with reading(member.reader):
                return await handler(event, data)

    async def _member(self, user: User) -> Member | None:
        member = await self._store.member(user.id)
        if member is None:
            return None
        name, speaks = user.full_name[:64] or str(user.id), (user.language_code or "")[:16]
        if (member.name, member.speaks) == (name, speaks):
            return member
        await self._store.rename_member(member.id, name)
        await self._wishes.heard_in(member.id, speaks)
        return await self._store.member(user.id)

    async def _let_in(self, event: Update, user: User) -> Member | None:
        """Let a stranger in who comes by an invitation; say why not where it holds no more."""
        token = _start_payload(event.message)
        if not token or event.message is None:
            return None
        found = await self._people.redeem(token, user.id, user.full_name[:64] or str(user.id))
        if isinstance(found, Member):
            return await self._member(user)  # with the language of their Telegram
        await event.message.answer(f"✋ {tell(found.words)}")
        return None

    async def _turn_away(self, event: Update, user: User) -> None:
        if isinstance(event.callback_query, CallbackQuery):
            await event.callback_query.answer("You are not a member of this desk.")
        elif _is_start(event.message):
            assert event.message is not None
            await event.message.answer(
                f"Your Telegram id is <code>{user.id}</code>. Ask an owner to let you in."
            )
        log.info("a stranger was turned away", extra={"facts": {"telegram_id": user.id}})


def _is_money(event: Update) -> bool:
    """Tell whether an update is about a payment: whoever pays need not be a member any more."""
    paid = event.message is not None and event.message.successful_payment is not None
    return paid or event.pre_checkout_query is not None


# Telegram's own accounts behind an anonymous administrator and behind a channel's identity.
_FACELESS = frozenset({1087968824, 136817688})


async def _ask_for_a_face(event: Update) -> None:
    """Say to an anonymous administrator, or to a channel, that only a person can act."""
    message = event.message
    if message is None or message.text is None or not message.text.startswith("/"):
        return
    if row_of(message.text.split(maxsplit=1)[0]) is not None:
        await message.answer(
            t(
                "✋ I act for people I can tell apart: write as yourself, not as the group or a"
                " channel. Nothing was done."
            )
        )


def _is_start(message: Message | None) -> bool:
    return _start_payload(message) is not None


def _start_payload(message: Message | None) -> str | None:
    """Return what a private /start carries, empty for a bare one; None for anything else."""
    if message is None or message.text is None or message.chat.type != "private":
        return None
    word, _, payload = message.text.partition(" ")
    return payload.strip()[:64] if word == "/start" else None
