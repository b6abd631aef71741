"""Looking: account, positions, caps, signals, the heartbeat."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Protocol

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

from handlers import replies
from handlers.callbacks import Refresh
from handlers.cards import positions as cards
from handlers.cards import render
from handlers.cards.text import fit, foreign
from handlers.choosing import Chosen
from handlers.commands import command as said
from handlers.editing import edit_quietly
from handlers.health import on_health
from handlers.ports import DeskStore
from handlers.texts import t, tell
from trading.clock import Clock
from trading.heartbeat import HeartbeatService
from trading.ids import AccountId
from trading.loop import AccountLoop, TradingLoop
from trading.model import Account, Member
from trading.positions.selection import select
from trading.positions.service import PositionService

_VIEWS: dict[str, Callable[[Account, AccountLoop, datetime], str]] = {
    "status": replies.status,
    "table": replies.status_table,
    "positions": replies.positions,
    "drawdown": replies.drawdown,
    "orders": replies.pending,
    "count": replies.count,
}
_ONE = "one-"
_BALANCE = ("balance", "balance-full")


class FlowStore(Protocol):
    """What was paid in and out."""

    async def flow_since(self, account_id: AccountId, since: datetime) -> Decimal:
        """Return deposits less withdrawals since an instant."""


@dataclass(frozen=True, slots=True)
class Looking:
    """Everything an answer to a look is made of."""

    store: DeskStore
    loop: TradingLoop
    clock: Clock
    flows: FlowStore

    async def view(self, what: str, accounts: Sequence[Account]) -> str:
        """Return an answer with the figures of now, for each of the accounts."""
        parts = []
        for account in accounts:
            one = self.loop.of(account.id)
            parts.append(
                replies.not_seen(None) if one is None else await self._of(what, account, one)
            )
        if not parts:
            parts.append(replies.not_seen(next(iter(self.loop.loops.values()), None)))
        return "\n\n".join(part for part in parts if part) or t("It is not open any more.")

    async def _of(self, what: str, account: Account, one: AccountLoop) -> str:
        now = self.clock.now()
        if what in _BALANCE:
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
            flow = await self.flows.flow_since(account.id, midnight)
            return replies.balance(account, one, now, flow, full=what == "balance-full")
        if what.startswith(_ONE):
            return _single(what.removeprefix(_ONE), account, one, now)
        return _VIEWS[what](account, one, now)


def _single(ticket: str, account: Account, one: AccountLoop, now: datetime) -> str:
    held = () if one.snapshot is None else one.snapshot.positions
    for position in held:
        if str(position.ticket) == ticket:
            known = one.keeper.managed.get(position.identifier)
            text = cards.single(position, account.currency, known, one.symbols.spec, now)
            return f"{text}\n{replies.as_of(one, now)}"
    return ""


def is_view(what: str) -> bool:
    """Tell whether a refresh button asks for an answer of this file."""
    return what in _VIEWS or what in _BALANCE or what.startswith(_ONE)


def _refresh(what: str, account_id: int = 0) -> InlineKeyboardMarkup:
    data = Refresh(what=what, account_id=account_id).pack()
    button = InlineKeyboardButton(text=t("🔄 Refresh"), callback_data=data)
    return InlineKeyboardMarkup(inline_keyboard=[[button]])


async def _show(message: Message, looking: Looking, what: str, chosen: Chosen) -> None:
    text = await looking.view(what, chosen.accounts)
    alone = chosen.several and len(chosen.accounts) == 1
    keyboard = _refresh(what, chosen.accounts[0].id if alone else 0)
    await message.answer(fit(text), reply_markup=keyboard)


async def on_status(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    looking: Looking,
    positions: PositionService,
) -> None:
    words = (command.args or "").replace(",", " ").split()
    if not words:
        await _show(message, looking, "status", chosen)
    elif words == ["table"]:
        await _show(message, looking, "table", chosen)
    else:
        found = select(words, await positions.held(member, chosen.ids))
        if isinstance(found, str) or found.percent is not None:
            why = found if isinstance(found, str) else t("a percent means nothing here")
            said_ = foreign(f"/status {' '.join(words)}", 60)
            await message.answer(
                t(
                    "✋ {said}: {why}. Example: <code>/status table</code> · <code>/status "
                    "1234</code>",
                    said=said_,
                    why=escape(tell(why)),
                )
            )
            return
        for one in found.held[:_MOST_SINGLE]:
            its = Chosen((one.account,), several=chosen.several, named=True)
            await _show(message, looking, f"{_ONE}{one.position.ticket}", its)


_MOST_SINGLE = 5


def _look(what: str) -> Callable[[Message, Chosen, Looking], Awaitable[None]]:
    async def handler(message: Message, chosen: Chosen, looking: Looking) -> None:
        await _show(message, looking, what, chosen)

    return handler


async def on_balance(
    message: Message, command: CommandObject, chosen: Chosen, looking: Looking
) -> None:
    words = (command.args or "").lower().split()
    if words not in ([], ["full"]):
        await message.answer(
            t(
                "✋ /balance {words}: only “full” can follow. Example: <code>/balance full</code>",
                words=foreign(" ".join(words), 40),
            )
        )
        return
    await _show(message, looking, "balance-full" if words else "balance", chosen)


async def on_refresh(
    query: CallbackQuery, callback_data: Refresh, member: Member, looking: Looking
) -> None:
    await query.answer(t("Refreshed"))
    wanted = callback_data.account_id
    mine = await looking.store.accounts_of(member.id)
    accounts = [one for one in mine if wanted in (0, one.id)]
    text = fit(await looking.view(callback_data.what, accounts))
    await edit_quietly(query, text, _refresh(callback_data.what, wanted))


async def on_signals(message: Message, chosen: Chosen, store: DeskStore) -> None:
    for account in chosen.accounts:
        found = await store.recent_approvals(account.id, 15)
        await message.answer(replies.signals(found, chosen.label(account)))
    if not chosen.accounts:
        await message.answer(replies.signals(()))


async def on_heartbeat(
    message: Message, chosen: Chosen, heartbeat: HeartbeatService, clock: Clock
) -> None:
    if heartbeat.notice is None:
        await heartbeat.beat()
    notice = heartbeat.seen_by(chosen.ids)
    assert notice is not None
    await message.answer(render(notice, clock.now()).text)


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_status, said("status"))
    for what in ("positions", "drawdown", "orders", "count"):
        router.message.register(_look(what), said(what))
    router.message.register(on_balance, said("balance"))
    router.callback_query.register(on_refresh, Refresh.filter(F.what.func(is_view)))
    router.message.register(on_signals, said("signals"))
    router.message.register(on_heartbeat, said("heartbeat"))
    router.message.register(on_health, said("health"))
    return router
