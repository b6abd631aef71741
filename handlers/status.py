"""Looking: account, positions, caps, signals, the heartbeat."""

from aiogram import F, Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

from handlers import replies
from handlers.callbacks import Refresh
from handlers.cards import render
from handlers.commands import command as said
from handlers.ports import DeskStore
from trading.clock import Clock
from trading.heartbeat import HeartbeatService
from trading.loop import TradingLoop
from trading.model import Member

_VIEWS = {
    "status": replies.status,
    "positions": replies.positions,
    "drawdown": replies.drawdown,
}


async def _view(
    what: str, member: Member, store: DeskStore, loop: TradingLoop, clock: Clock
) -> str:
    parts = []
    for account in await store.accounts_of(member.id):
        account_loop = loop.of(account.id)
        if account_loop is None:
            parts.append(replies.not_seen(None))
        else:
            parts.append(_VIEWS[what](account, account_loop, clock.now()))
    if not parts:
        blind = next(iter(loop.loops.values()), None)
        parts.append(replies.not_seen(blind))
    return "\n\n".join(parts)


def _refresh(what: str) -> InlineKeyboardMarkup:
    button = InlineKeyboardButton(text="🔄 Refresh", callback_data=Refresh(what=what).pack())
    return InlineKeyboardMarkup(inline_keyboard=[[button]])


async def on_status(
    message: Message, member: Member, store: DeskStore, loop: TradingLoop, clock: Clock
) -> None:
    text = await _view("status", member, store, loop, clock)
    await message.answer(text, reply_markup=_refresh("status"))


async def on_positions(
    message: Message, member: Member, store: DeskStore, loop: TradingLoop, clock: Clock
) -> None:
    text = await _view("positions", member, store, loop, clock)
    await message.answer(text, reply_markup=_refresh("positions"))


async def on_drawdown(
    message: Message, member: Member, store: DeskStore, loop: TradingLoop, clock: Clock
) -> None:
    text = await _view("drawdown", member, store, loop, clock)
    await message.answer(text, reply_markup=_refresh("drawdown"))


async def on_refresh(
    query: CallbackQuery,
    callback_data: Refresh,
    member: Member,
    store: DeskStore,
    loop: TradingLoop,
    clock: Clock,
) -> None:
    await query.answer("Refreshed")
    if not isinstance(query.message, Message):
        return
    text = await _view(callback_data.what, member, store, loop, clock)
    try:
        await query.message.edit_text(text, reply_markup=_refresh(callback_data.what))
    except TelegramBadRequest as error:
        if "message is not modified" not in error.message:
            raise


async def on_signals(message: Message, member: Member, store: DeskStore) -> None:
    for account in await store.accounts_of(member.id):
        found = await store.recent_approvals(account.id, 15)
        await message.answer(replies.signals(found))
        return
    await message.answer(replies.signals(()))


async def on_heartbeat(
    message: Message, member: Member, store: DeskStore, heartbeat: HeartbeatService, clock: Clock
) -> None:
    if heartbeat.notice is None:
        await heartbeat.beat()
    accounts = {account.id for account in await store.accounts_of(member.id)}
    notice = heartbeat.seen_by(accounts)
    assert notice is not None
    await message.answer(render(notice, clock.now()).text)


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_status, said("status"))
    router.message.register(on_positions, said("positions"))
    router.message.register(on_drawdown, said("drawdown"))
    router.callback_query.register(on_refresh, Refresh.filter(F.what.in_(_VIEWS)))
    router.message.register(on_signals, said("signals"))
    router.message.register(on_heartbeat, said("heartbeat"))
    return router
