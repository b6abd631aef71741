"""People of the desk: invitations, roles, the two-person rule and the audit trail."""

from html import escape

from aiogram import Bot, Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import CommandObject
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)
from aiogram.utils.deep_linking import create_deep_link

from handlers.callbacks import AuditPage
from handlers.cards.text import NAME, WORDS, clock, dated, fit, foreign
from handlers.choosing import Chosen
from handlers.commands import command as said
from handlers.control import say
from handlers.texts import t, tell
from trading.accounts import Refused
from trading.audit import AuditLine, AuditService, Broken
from trading.model import Member
from trading.people import Invited, PeopleService, Rights

_PAGE = 10
_SHORT_SEAL = 16


async def on_invite(
    message: Message, command: CommandObject, member: Member, people: PeopleService, bot: Bot
) -> None:
    answer = await people.invite(member, (command.args or "").split())
    if not isinstance(answer, Invited):
        await say(message, answer)
        return
    name = str((await bot.me()).username)
    link = create_deep_link(name, "start", answer.token)
    await message.answer(
        t(
            "🔗 Lets one person in as <b>{role}</b> on {account}, once, until {until} tomorrow at"
            " the latest:\n{link}\nGive it to nobody else; it is not shown again.",
            role=answer.role,
            account=escape(tell(answer.account)),
            until=clock(answer.expires_at),
            link=escape(link),
        )
    )


async def on_users(message: Message, member: Member, people: PeopleService) -> None:
    found = await people.users(member)
    if isinstance(found, Refused):
        await say(message, found)
        return
    lines = [person(one) for one in found]
    await message.answer(fit("\n".join([t("<b>People</b>"), *lines, "/invite · /grant · /revoke"])))


def person(one: Rights) -> str:
    """Return a person and their rights in one line."""
    marks = t(" · by the settings") if one.by_settings else ""
    away = "" if one.member.reachable else t(" · cannot be written to")
    if one.everywhere is not None and all(role is one.everywhere for _, role in one.accounts):
        held = t("{role}, every account", role=one.everywhere)
    else:
        held = ", ".join(
            t("{role} of {account}", role=role, account=foreign(name))
            for name, role in one.accounts
        ) or t("only accounts of their own")
    return (
        f"{foreign(one.member.name, NAME)} <code>{one.member.telegram_id}</code>:"
        f" {held}{marks}{away}"
    )


async def on_grant(
    message: Message, command: CommandObject, member: Member, people: PeopleService
) -> None:
    await say(message, await people.grant(member, (command.args or "").split()))


async def on_revoke(
    message: Message, command: CommandObject, member: Member, people: PeopleService
) -> None:
    await say(message, await people.revoke(member, (command.args or "").split()))


async def on_two_person(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    people: PeopleService,
) -> None:
    account, words = chosen.one, (command.args or "").split()
    await say(message, await people.set_second(member, account, words), chosen.label(account))


async def on_audit(
    message: Message, command: CommandObject, member: Member, audit: AuditService
) -> None:
    words = (command.args or "").split()
    if words and words[0].casefold() == "verify":
        await message.answer(await _verdict(audit, words[1] if len(words) > 1 else ""))
        return
    if words:
        await message.answer(
            t(
                "✋ “{word}” is not understood. Example: {example}",
                word=foreign(words[0], 20),
                example="<code>/audit verify</code>",
            )
        )
        return
    found = await audit.lines(member.id, None, _PAGE)
    await message.answer(trail(found), reply_markup=_older(found))


async def on_audit_page(
    query: CallbackQuery, callback_data: AuditPage, member: Member, audit: AuditService
) -> None:
    found = await audit.lines(member.id, callback_data.before or None, _PAGE)
    await query.answer("" if found else t("There is nothing older."))
    if found and isinstance(query.message, Message):
        try:
            await query.message.edit_text(trail(found), reply_markup=_older(found))
        except TelegramBadRequest as error:
            if "message is not modified" not in error.message:
                raise


async def _verdict(audit: AuditService, known: str) -> str:
    verdict = await audit.verify(known.casefold())
    if isinstance(verdict, Broken):
        return t(
            "🚨 <b>The audit trail was tampered with</b>: row {row}: {why}.\n"
            "Keep the database file and look at who can write to it.",
            row=verdict.row_id,
            why=tell(verdict.why),
        )
    if not verdict.holds_known:
        return t(
            "🚨 <b>The seal {seal} is not in the trail</b>: it is another trail,"
            " or it was rewritten since you kept that seal.",
            seal=foreign(known, 64),
        )
    return t(
        "✅ {rows} rows, none altered or removed.\nSeal of the last: <code>{seal}</code>\n"
        "Keep it: <code>/audit verify {seal}</code> proves later that nothing before it was"
        " rewritten.",
        rows=f"{verdict.rows:,}",
        seal=verdict.seal[:_SHORT_SEAL],
    )


def trail(lines: list[AuditLine]) -> str:
    """Return rows of the audit trail as people read them."""
    if not lines:
        return t("Nothing was changed yet.")
    shown = [_line(one) for one in lines]
    return fit("\n".join([t("<b>Who did what</b>, newest first"), *shown, "/audit verify"]))


def _line(one: AuditLine) -> str:
    account = f" · {foreign(one.account)}" if one.account else ""
    detail = f": {foreign(one.detail, WORDS)}" if one.detail else ""
    action = one.action.replace("_", " ")
    return (
        f"{one.id} · {dated(one.at, '%d %b')} {clock(one.at)} · {foreign(one.who, NAME)}{account}\n"
        f"    {foreign(action)}{detail}"
    )


def _older(lines: list[AuditLine]) -> InlineKeyboardMarkup | None:
    if len(lines) < _PAGE:
        return None
    older = AuditPage(before=lines[-1].id).pack()
    newest = AuditPage(before=0).pack()
    row = [
        InlineKeyboardButton(text=t("⏮ Newest"), callback_data=newest),
        InlineKeyboardButton(text=t("Older ▶"), callback_data=older),
    ]
    return InlineKeyboardMarkup(inline_keyboard=[row])


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_invite, said("invite"))
    router.message.register(on_users, said("users"))
    router.message.register(on_grant, said("grant"))
    router.message.register(on_revoke, said("revoke"))
    router.message.register(on_two_person, said("two_person"))
    router.message.register(on_audit, said("audit"))
    router.callback_query.register(on_audit_page, AuditPage.filter())
    return router
