"""Sources and what was held of them: /channels, /channel, the taps on a held card."""

from decimal import Decimal, InvalidOperation

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message

from handlers.callbacks import HeldTap, SourceTap, StopTap, UpdateTap
from handlers.cards import scores as score_cards
from handlers.cards import sources as cards
from handlers.cards.text import foreign, toast
from handlers.commands import command as said
from handlers.control import say
from handlers.editing import edit_quietly
from handlers.texts import later, t, tell
from trading.amending import AmendService
from trading.channels import ChannelService, may_see
from trading.errors import StoreError
from trading.fixing import FixService
from trading.model import Member, Role
from trading.scores import ScoreService
from trading.subscriptions import Level, SubscriptionService
from trading.words import told

_NOT_STORED = later("Not taken: it could not be stored. Tap again.")


async def on_channels(message: Message, member: Member, channels: ChannelService) -> None:
    await message.answer(cards.listing(await channels.every(member)))


async def on_channel(
    message: Message,
    command: CommandObject,
    member: Member,
    channels: ChannelService,
    subscriptions: SubscriptionService,
) -> None:
    words = (command.args or "").split()
    if not words:
        await on_channels(message, member, channels)
        return
    level = _FOLLOWING.get(words[1].casefold()) if len(words) == 2 else None
    result = await channels.change(member, words[0], () if level else words[1:])
    if isinstance(result, str):
        await message.answer(f"✋ {foreign(tell(result), 300)}.")
        return
    follows = await subscriptions.of(member, result)
    if level is not None and len(follows) == 1:
        await say(
            message, await subscriptions.follow(member, follows[0].account_id, result.id, level)
        )
        return
    keyboard = cards.switches(result, follows, owner=member.may_on_desk(Role.OWNER))
    text = cards.one(result, follows)
    if level is not None:
        hint = t("Tap the account that shall follow it, or not.")
        text += f"\n{hint if follows else t('You may trade on no account.')}"
    await message.answer(text, reply_markup=keyboard)


_FOLLOWING = {"follow": Level.ASK, "leave": Level.OFF, "unfollow": Level.OFF}


async def on_score(
    message: Message,
    command: CommandObject,
    member: Member,
    channels: ChannelService,
    scores: ScoreService,
) -> None:
    word = (command.args or "").strip()
    if not word:
        known = [one for one in await scores.every() if may_see(member, one.source)]
        await message.answer(score_cards.every(known))
        return
    source = await channels.find(member, word)
    if isinstance(source, str):
        await message.answer(f"✋ {foreign(tell(source), 300)}.")
        return
    await message.answer(score_cards.one(await scores.of(source)))


async def on_switch(
    query: CallbackQuery,
    callback_data: SourceTap,
    member: Member,
    channels: ChannelService,
    subscriptions: SubscriptionService,
) -> None:
    result = await channels.change(
        member, str(callback_data.source_id), callback_data.words.split()
    )
    if isinstance(result, str):
        await query.answer(toast(tell(result)), show_alert=True)
        return
    await query.answer(t("Set."))
    follows = await subscriptions.of(member, result)
    await edit_quietly(query, cards.one(result, follows), cards.switches(result, follows))


async def on_held(
    query: CallbackQuery, callback_data: HeldTap, member: Member, fixes: FixService
) -> None:
    held_id, what = callback_data.held_id, callback_data.what
    try:
        if what == "take":
            words: str | None = await fixes.take(member, held_id)
        elif what == "drop":
            words = await fixes.drop(member, held_id)
        else:
            words = await fixes.ask(member, held_id, what)
    except StoreError:
        await query.answer(t(_NOT_STORED), show_alert=True)
        return
    await query.answer(toast(tell(words or told("Reply to the card with: {what}", what=what))))


async def on_stop(
    query: CallbackQuery, callback_data: StopTap, member: Member, fixes: FixService
) -> None:
    try:
        stop = Decimal(callback_data.stop)
    except InvalidOperation:
        await query.answer(t("That is no price."))
        return
    try:
        words = await fixes.stop_at(member, callback_data.held_id, stop)
    except StoreError:
        await query.answer(t(_NOT_STORED), show_alert=True)
        return
    await query.answer(toast(tell(words)))


async def on_update(
    query: CallbackQuery, callback_data: UpdateTap, member: Member, amends: AmendService
) -> None:
    amendment_id, signal_id = callback_data.amendment_id, callback_data.signal_id
    try:
        if signal_id < 0:
            words = await amends.drop(member, amendment_id)
        else:
            words = await amends.act(member, amendment_id, signal_id)
    except StoreError:
        await query.answer(t(_NOT_STORED), show_alert=True)
        return
    await query.answer(toast(tell(words)))


async def on_reply(message: Message, member: Member, fixes: FixService) -> bool:
    """Take a reply as the field that was asked for; False where nothing was."""
    words = await fixes.answer(member, message.text or "")
    if words == "no question":
        return False
    await message.answer(t("Noted: look at the card.") if words is None else f"✋ {tell(words)}.")
    return True


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.callback_query.register(on_held, HeldTap.filter())
    router.callback_query.register(on_stop, StopTap.filter())
    router.callback_query.register(on_switch, SourceTap.filter(F.source_id > 0))
    router.callback_query.register(on_update, UpdateTap.filter())
    router.message.register(on_channels, said("channels"))
    router.message.register(on_channel, said("channel"))
    router.message.register(on_score, said("score"))
    return router
