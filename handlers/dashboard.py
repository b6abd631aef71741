"""The way from the chat to the pages: a Mini App here, or a one-time link for a browser."""

from datetime import timedelta
from typing import Protocol

from aiogram import Router
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Message, WebAppInfo

from handlers.commands import command as said
from handlers.texts import later, t
from trading.model import Member
from trading.signin import LINK_TTL

_OFF = later("The dashboard is switched off on this desk (an owner sets DASHBOARD_URL).")


class SignIn(Protocol):
    """Makes one-time links."""

    async def link(self, member: Member) -> str:
        """Return the token of a link that lets this member in once, soon."""


async def on_dashboard(
    message: Message, member: Member, pages_url: str | None, signin: SignIn | None
) -> None:
    if pages_url is None or signin is None:
        await message.answer(t(_OFF))
        return
    link = f"{pages_url}/app/enter?key={await signin.link(member)}"
    words = t(
        "📊 <b>Your dashboard</b>\nThe link lets you in once, within {minutes} minutes. Give it "
        "to nobody: whoever opens it acts as you.",
        minutes=LINK_TTL // timedelta(minutes=1),
    )
    if not pages_url.startswith("https://"):
        # Telegram takes neither a Mini App nor a button without TLS.
        await message.answer(f"{words}\n<code>{link}</code>")
        return
    here = InlineKeyboardButton(
        text=t("Open here"), web_app=WebAppInfo(url=f"{pages_url}/app/mini")
    )
    browser = InlineKeyboardButton(text=t("Open in a browser"), url=link)
    keys = InlineKeyboardMarkup(inline_keyboard=[[here], [browser]])
    await message.answer(words, reply_markup=keys, protect_content=True)


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_dashboard, said("dashboard"))
    return router
