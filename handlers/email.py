"""``/email``: where a person's mail goes and what of it they want."""

from aiogram import Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from handlers.callbacks import EmailTap
from handlers.cards.text import foreign, toast
from handlers.commands import command as said
from handlers.control import say
from handlers.texts import later, t, tell
from trading.mail import CHOICES, MailBox, MailKind
from trading.mailing import MailService
from trading.model import Member

_NAMES = {
    MailKind.CRITICAL: later("critical alerts"),
    MailKind.REPORT: later("planned reports"),
    MailKind.RECEIPT: later("receipts"),
}


async def on_email(
    message: Message, command: CommandObject, member: Member, mail: MailService
) -> None:
    words = (command.args or "").split()
    if words or not mail.enabled:
        await say(message, await mail.set(member, words))
        return
    box = await mail.box(member)
    await message.answer(_shown(box), reply_markup=_switches(box))


def _shown(box: MailBox) -> str:
    lines = [t("<b>E-mail</b>")]
    if box.address is not None:
        lines.append(t("It goes to {address}. Tap to change what:", address=foreign(box.address)))
    elif not box.asked:
        lines.append(t("None goes out to you."))
    if box.refused:
        lines.append(t("⚠️ The last address was refused: {why}", why=foreign(box.refused, 120)))
    if box.asked:
        lines.append(
            t(
                "A code waits at {address}: <code>/email CODE</code>",
                address=foreign(box.asked),
            )
        )
    if box.address is None:
        lines.append("<code>/email you@example.com</code>")
    else:
        lines.append(t("A weekly report: <code>/report weekly fri 18:00</code>"))
        lines.append(t("None any more: <code>/email off</code>"))
    return "\n".join(lines)


def _switches(box: MailBox) -> InlineKeyboardMarkup | None:
    if box.address is None:
        return None
    rows = []
    for kind in CHOICES:
        on = kind in box.wanted
        data = EmailTap(kind=kind.value, on=not on).pack()
        text = f"{'✅' if on else '🚫'} {t(_NAMES[kind])}"
        rows.append([InlineKeyboardButton(text=text, callback_data=data)])
    return InlineKeyboardMarkup(inline_keyboard=rows)


async def on_email_tap(
    query: CallbackQuery, callback_data: EmailTap, member: Member, mail: MailService
) -> None:
    words = [callback_data.kind, "on" if callback_data.on else "off"]
    answer = await mail.set(member, words)
    await query.answer(toast(tell(answer.words)))
    box = await mail.box(member)
    if not isinstance(query.message, Message):
        return
    try:
        await query.message.edit_text(_shown(box), reply_markup=_switches(box))
    except TelegramBadRequest as error:
        if "message is not modified" not in error.message:
            raise


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_email, said("email"))
    router.callback_query.register(on_email_tap, EmailTap.filter())
    return router
