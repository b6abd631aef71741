"""``/token``: personal keys to the API, shown once."""

from datetime import datetime

from aiogram import Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from handlers.callbacks import TokenTap
from handlers.cards.text import clock, dated
from handlers.commands import command as said
from handlers.control import say
from handlers.texts import later, t
from trading.accounts import Refused
from trading.clock import Clock
from trading.model import Member
from trading.tokens import ApiToken, NewToken, TokenService
from trading.words import told

_USAGE = later(
    "<code>/token new accounts,results 30</code> makes one for 30 days\n"
    "<code>/token revoke td_1a2b3c4d</code> ends one, <code>/token revoke all</code> every one"
)


async def on_token(
    message: Message, command: CommandObject, member: Member, tokens: TokenService, clock: Clock
) -> None:
    words = (command.args or "").split()
    match words:
        case []:
            if not tokens.enabled:
                await say(message, Refused(told("The API is switched off on this desk.")))
                return
            await message.answer(listed(await tokens.mine(member), clock.now()))
        case ["new", *asked]:
            await _made(message, await tokens.new(member, asked))
        case ["revoke", prefix]:
            await say(message, await tokens.revoke(member, prefix.casefold()))
        case _:
            await message.answer(t("Not understood.\n{usage}", usage=t(_USAGE)))


async def _made(message: Message, made: NewToken | Refused) -> None:
    if isinstance(made, Refused):
        await say(message, made)
        return
    text = t(
        "🔑 <b>Your token</b>, shown this once. Keep it where no one else reads it:\n"
        "<code>{secret}</code>\nIt reads {scopes} until {until}. It trades nothing.\n"
        "Send it as <code>Authorization: Bearer …</code>; the API is described at"
        " <code>/api/v1/openapi.json</code>.",
        secret=made.secret,
        scopes=_scopes(made.token),
        until=dated(made.token.expires_at, "%d %b %Y"),
    )
    hide = TokenTap(act="hide").pack()
    button = InlineKeyboardButton(text=t("🗑 I have kept it: delete this"), callback_data=hide)
    await message.answer(text, reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button]]))


async def on_token_tap(query: CallbackQuery) -> None:
    """Delete the message that shows a token."""
    await query.answer()
    if not isinstance(query.message, Message):
        return
    try:
        await query.message.delete()
    except TelegramBadRequest as error:
        if "not found" not in error.message:
            await query.message.edit_text(t("🔑 The token is no longer shown. /token lists yours."))


def listed(found: list[ApiToken], now: datetime) -> str:
    """Return a person's tokens without their secrets."""
    if not found:
        return "\n".join([t("<b>API tokens</b>"), t("You have none."), t(_USAGE)])
    lines = [
        t(
            "<code>{prefix}</code> · {scopes}\n  until {until}, {used}",
            prefix=one.prefix,
            scopes=_scopes(one),
            until=dated(one.expires_at, "%d %b %Y"),
            used=t("never used")
            if one.used_at is None
            else t("last used {at}", at=clock(one.used_at, now)),
        )
        for one in found
    ]
    return "\n".join([t("<b>API tokens</b>"), *lines, t(_USAGE)])


def _scopes(token: ApiToken) -> str:
    return ", ".join(sorted(token.scopes))


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_token, said("token"))
    router.callback_query.register(on_token_tap, TokenTap.filter())
    return router
