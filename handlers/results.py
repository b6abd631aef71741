"""Results: what was earned, by span, by trade, by symbol, source, hour and exit."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

from aiogram import Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from handlers import arguments
from handlers.arguments import Wrong
from handlers.callbacks import Performance, TradesAt
from handlers.cards import results as cards
from handlers.cards.text import fit
from handlers.choosing import Chosen
from handlers.commands import command as said
from handlers.ports import DeskStore
from handlers.texts import later, t
from trading.clock import Clock
from trading.loop import TradingLoop
from trading.model import Account, AccountState, Member, Side
from trading.results.depth import History, View
from trading.results.periods import Grain
from trading.results.views import Cursor, Dimension

LONGEST_DAYS = 366
NO_ACCOUNT = later("No account is known yet: the terminal has not shown one. /status")
_SIDES = {"profit_long": Side.BUY, "profit_short": Side.SELL}
_GRAINS = {
    "daily": (Grain.DAY, 7, 60),
    "weekly": (Grain.WEEK, 8, 53),
    "monthly": (Grain.MONTH, 6, 36),
}
_BY = {
    **{one.value: one.value for one in Dimension if one is not Dimension.SIDE},
    "symbols": "symbol",
    "channel": "source",
    "sources": "source",
    "hours": "hour",
    "exit": "reason",
    "exits": "reason",
    "exit reason": "reason",
}
_Shown = tuple[str, InlineKeyboardMarkup | None]


def state_of(loop: TradingLoop, account: Account) -> AccountState | None:
    """Return an account's money as its last reading showed it."""
    one = loop.of(account.id)
    return None if one is None or one.snapshot is None else one.snapshot.account


async def _each(
    message: Message,
    chosen: Chosen,
    show: Callable[[Account], Awaitable[_Shown]],
) -> None:
    if not chosen.accounts:
        await message.answer(t(NO_ACCOUNT))
    for account in chosen.accounts:
        text, keyboard = await show(account)
        await message.answer(fit(text), reply_markup=keyboard)


async def on_profit(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    history: History,
    loop: TradingLoop,
    clock: Clock,
) -> None:
    days = arguments.count(command.args, None, LONGEST_DAYS, "/profit 30")
    if isinstance(days, Wrong):
        await message.answer(days.words)
        return
    side, view = _SIDES.get(command.command.casefold()), await history.of(member)
    results = view.results

    async def show(account: Account) -> _Shown:
        summary = await results.summary(account.id, days, side)
        state = state_of(loop, account)
        floating: Decimal | None = None if state is None or side is not None else state.profit
        text = cards.profit(account, summary, floating, days, side)
        day_clock = await results.day_clock(account.id)
        note = _beyond(view, days)
        return f"{text}\n{cards.footer(day_clock, clock.now())}{note}", None

    await _each(message, chosen, show)


def _beyond(view: View, asked: int | None) -> str:
    """Return that a plan shows less than was asked for, where it does."""
    if view.days is None or (asked is not None and asked <= view.days):
        return ""
    return "\n" + t("Your plan looks back {days} days: /plan", days=view.days)


async def on_spans(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    history: History,
    clock: Clock,
) -> None:
    name = command.command.casefold()
    grain, usual, most = _GRAINS[name]
    asked = arguments.count(command.args, usual, most, f"/{name} {usual}")
    if isinstance(asked, Wrong):
        await message.answer(asked.words)
        return
    number, view = asked or usual, await history.of(member)
    results = view.results

    async def show(account: Account) -> _Shown:
        found = await results.spans(account.id, grain, number)
        day_clock = await results.day_clock(account.id)
        text = cards.spans(account, grain, found)
        note = "" if len(found) == number else _beyond(view, None)
        return f"{text}\n{cards.footer(day_clock, clock.now())}{note}", None

    await _each(message, chosen, show)


async def on_trades(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    history: History,
) -> None:
    number = arguments.count(command.args, cards.PAGE, cards.MOST, "/trades 5")
    if isinstance(number, Wrong):
        await message.answer(number.words)
        return
    size, results = number or cards.PAGE, (await history.of(member)).results

    async def show(account: Account) -> _Shown:
        page = await results.page(account.id, None, size)
        return cards.trades(account, page), cards.pager(account.id, page)

    await _each(message, chosen, show)


async def on_trades_at(
    query: CallbackQuery,
    callback_data: TradesAt,
    member: Member,
    store: DeskStore,
    history: History,
) -> None:
    account = await _own(query, callback_data.account_id, member, store)
    if account is None:
        return
    place = Cursor(callback_data.closed_ms, callback_data.trade_id, callback_data.newer)
    results = (await history.of(member)).results
    page = await results.page(account.id, place, cards.PAGE)
    await query.answer()
    await _change(query, cards.trades(account, page), cards.pager(account.id, page))


async def on_performance(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    history: History,
) -> None:
    by = arguments.choice(command.args, Dimension.SYMBOL, _BY, "/performance source")
    if isinstance(by, Wrong):
        await message.answer(by.words)
        return
    dimension, results = Dimension(by), (await history.of(member)).results

    async def show(account: Account) -> _Shown:
        found = await results.groups(account.id, dimension)
        keyboard = cards.dimensions(account.id, dimension, len(found), 0)
        return cards.performance(account, dimension, found), keyboard

    await _each(message, chosen, show)


async def on_performance_by(
    query: CallbackQuery,
    callback_data: Performance,
    member: Member,
    store: DeskStore,
    history: History,
) -> None:
    account = await _own(query, callback_data.account_id, member, store)
    if account is None:
        return
    if callback_data.by not in _BY:
        await query.answer(t("This button is of an older version: /performance"))
        return
    dimension, at = Dimension(callback_data.by), max(0, callback_data.at)
    results = (await history.of(member)).results
    found = await results.groups(account.id, dimension)
    await query.answer()
    text = cards.performance(account, dimension, found, at)
    await _change(query, text, cards.dimensions(account.id, dimension, len(found), at))


async def on_stats(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    history: History,
    clock: Clock,
) -> None:
    asked = arguments.count(command.args, cards.STATS_DAYS, LONGEST_DAYS, "/stats 30")
    if isinstance(asked, Wrong):
        await message.answer(asked.words)
        return
    days, view = asked or cards.STATS_DAYS, await history.of(member)
    results = view.results

    async def show(account: Account) -> _Shown:
        text = cards.stats(account, await results.statistics(account.id, days))
        day_clock = await results.day_clock(account.id)
        return f"{text}\n{cards.footer(day_clock, clock.now())}{_beyond(view, days)}", None

    await _each(message, chosen, show)


async def _own(
    query: CallbackQuery, account_id: int, member: Member, store: DeskStore
) -> Account | None:
    """Return the account a button names if the person who tapped has any right on it."""
    for account in await store.accounts_of(member.id):
        if account.id == account_id:
            return account
    await query.answer(t("You have no right on this account."))
    return None


async def _change(query: CallbackQuery, text: str, keyboard: InlineKeyboardMarkup | None) -> None:
    if not isinstance(query.message, Message):
        return
    try:
        await query.message.edit_text(fit(text), reply_markup=keyboard)
    except TelegramBadRequest as error:
        if "message is not modified" not in error.message:
            raise


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    for name in ("profit", *_SIDES):
        router.message.register(on_profit, said(name))
    for name in _GRAINS:
        router.message.register(on_spans, said(name))
    router.message.register(on_trades, said("trades"))
    router.callback_query.register(on_trades_at, TradesAt.filter())
    router.message.register(on_performance, said("performance"))
    router.callback_query.register(on_performance_by, Performance.filter())
    router.message.register(on_stats, said("stats"))
    return router
