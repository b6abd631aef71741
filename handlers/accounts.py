"""One's accounts, and what each chose: its risk, and which sources it follows."""

from html import escape

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from handlers import control
from handlers.callbacks import FollowTap, RiskTap
from handlers.cards import sources as cards
from handlers.cards.text import fit, foreign, table, toast
from handlers.choosing import Chosen
from handlers.commands import command as said
from handlers.editing import edit_quietly
from handlers.ports import DeskStore
from handlers.replies import STATE
from handlers.texts import later, t, tell
from trading.channels import ChannelService
from trading.ids import AccountId
from trading.model import Account, Member, Role
from trading.sources import SourceId
from trading.subscriptions import Level, SubscriptionService

_RISKS = ("0.25", "0.5", "1", "2", "off")
ROLES = {
    Role.OWNER: later("owner"),
    Role.TRADER: later("trader"),
    Role.VIEWER: later("viewer"),
}
_SHOWN = 20


async def on_accounts(
    message: Message, member: Member, store: DeskStore, subscriptions: SubscriptionService
) -> None:
    found = await store.roles_of(member.id)
    if not found:
        await message.answer(t("No account is known yet: the terminal has not shown one. /status"))
        return
    parts = [_one(account, role, subscriptions) for account, role in found[:_SHOWN]]
    if len(found) > _SHOWN:
        parts.append(t("… {left_out} more …", left_out=len(found) - _SHOWN))
    hint = t("Name one behind any command: {example}", example="<code>/status @5012345</code>")
    await message.answer(fit("\n".join([t("<b>Your accounts</b>"), *parts, hint])))


def _one(account: Account, role: Role, subscriptions: SubscriptionService) -> str:
    own = account.risk_percent
    risk = t("{usual} % (the desk's)", usual=subscriptions.usual) if own is None else f"{own:f} %"
    rows = [
        (t("State"), t(STATE[account.trading_state])),
        (t("You are"), t(ROLES[role])),
        (t("Risk"), risk),
    ]
    return f"<b>{account.login}</b> · {foreign(account.server, 30)}\n{table(rows)}"


async def on_risk(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    subscriptions: SubscriptionService,
) -> None:
    words = (command.args or "").split()
    if words:
        account = chosen.one
        answer = await subscriptions.risk(member, account, words)
        await control.say(message, answer, chosen.label(account))
        return
    for account in chosen.accounts:
        await message.answer(
            await _risk_text(member, account, subscriptions), reply_markup=_risks(account)
        )
    if not chosen.accounts:
        await message.answer(t("No account is known yet: the terminal has not shown one. /status"))


async def _risk_text(member: Member, account: Account, subscriptions: SubscriptionService) -> str:
    answer = await subscriptions.risk(member, account, ())
    return f"<b>{account.login}</b>\n{escape(tell(answer.words))}"


def _risks(account: Account) -> InlineKeyboardMarkup:
    now = "off" if account.risk_percent is None else f"{account.risk_percent:f}"
    row = [
        InlineKeyboardButton(
            text=f"{'• ' if value == now else ''}"
            + (t("the desk's") if value == "off" else f"{value} %"),
            callback_data=RiskTap(account_id=account.id, value=value).pack(),
        )
        for value in _RISKS
    ]
    return InlineKeyboardMarkup(inline_keyboard=[row])


async def on_risk_tap(
    query: CallbackQuery,
    callback_data: RiskTap,
    member: Member,
    store: DeskStore,
    subscriptions: SubscriptionService,
) -> None:
    account = await _account(store, member, callback_data.account_id)
    if account is None:
        await query.answer(t("You have no right on this account. Nothing was changed."))
        return
    answer = await subscriptions.risk(member, account, (callback_data.value,))
    await query.answer(toast(tell(answer.words)))
    after = await _account(store, member, callback_data.account_id)
    if after is not None:
        text = await _risk_text(member, after, subscriptions)
        await edit_quietly(query, text, _risks(after))


async def _account(store: DeskStore, member: Member, account_id: int) -> Account | None:
    mine = await store.accounts_of(member.id)
    return next((one for one in mine if one.id == account_id), None)


async def on_follow(
    query: CallbackQuery,
    callback_data: FollowTap,
    member: Member,
    channels: ChannelService,
    subscriptions: SubscriptionService,
) -> None:
    source = await channels.find(member, str(callback_data.source_id))
    known = {one.value for one in Level}
    if isinstance(source, str) or callback_data.level not in known:
        await query.answer(t("This button is not known any more. Nothing was changed."))
        return
    answer = await subscriptions.follow(
        member,
        AccountId(callback_data.account_id),
        SourceId(callback_data.source_id),
        Level(callback_data.level),
    )
    await query.answer(toast(tell(answer.words)))
    follows = await subscriptions.of(member, source)
    keyboard = cards.switches(source, follows, owner=member.may_on_desk(Role.OWNER))
    await edit_quietly(query, cards.one(source, follows), keyboard)


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_accounts, said("accounts"))
    router.message.register(on_risk, said("riskpct"))
    router.callback_query.register(on_risk_tap, RiskTap.filter())
    router.callback_query.register(on_follow, FollowTap.filter())
    return router
