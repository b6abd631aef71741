"""A member's own accounts: added in private, checked, removed; the password never stays."""

from aiogram import F, Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import BaseFilter, CommandObject
from aiogram.types import Message

from handlers.cards.text import foreign
from handlers.commands import command as said
from handlers.texts import later, retell, t, tell
from trading.enrolment import (
    Declined,
    Enrolled,
    EnrolmentService,
    FormOpened,
    MemberTerminal,
    TerminalState,
)
from trading.model import Member

_USAGE = later(
    "Write <code>/account add</code>, <code>/account check 5012345</code> or "
    "<code>/account remove 5012345</code>."
)
_FORM = later(
    "🔐 <b>Your account</b>\n"
    "Send login, password and server in one message, like\n"
    "<code>5012345 my-password Broker-Demo</code>\n"
    "I delete that message at once; the password is kept sealed and never shown "
    "again. The form is open for 5 minutes."
)
_STATE = {
    TerminalState.CHECKING: later("⏳ being checked"),
    TerminalState.ACTIVE: later("🟢 connected"),
    TerminalState.REFUSED: later("⚠️ not connected"),
    TerminalState.REMOVED: later("removed"),
}


class AnswersForm(BaseFilter):
    """Passes the message that answers the member's open form, and no other."""

    async def __call__(self, message: Message, member: Member, enrolment: EnrolmentService) -> bool:
        return message.chat.type == "private" and await enrolment.awaits(member)


async def on_form(message: Message, member: Member, enrolment: EnrolmentService) -> None:
    deleted = await _deleted(message)
    result = await enrolment.submit(member, message.text or "")
    lines = []
    match result:
        case Enrolled():
            lines.append(
                t(
                    "⏳ Connecting {login} at {server}. I tell you how it went.",
                    login=result.terminal.login,
                    server=foreign(result.terminal.server),
                )
            )
        case Declined():
            lines.append(tell(result.words))
    if not deleted:
        lines.append(t("⚠️ I could not delete your message: delete it yourself, now."))
    await message.answer("\n".join(lines))


async def _deleted(message: Message) -> bool:
    try:
        return await message.delete()
    except TelegramBadRequest as error:
        return "not found" in str(error)  # an update that came twice: gone already


async def on_account(
    message: Message, command: CommandObject, member: Member, enrolment: EnrolmentService
) -> None:
    words = (command.args or "").split()
    match words:
        case []:
            await message.answer(_listed(await enrolment.mine(member)))
        case ["add"]:
            await message.answer(await _opened(message, member, enrolment))
        case ["add", *_]:
            await _deleted(message)
            await message.answer(t("Not in a command: send /account add first, then the form."))
        case ["check", login] if login.isascii() and login.isdigit():
            found = await enrolment.recheck(member, int(login))
            await message.answer(t("⏳ Trying again.") if found else _unknown(login))
        case ["remove", login] if login.isascii() and login.isdigit():
            found = await enrolment.remove(member, int(login))
            words_of = t(
                "Account {login} is removed and its password is gone. Open positions rest on "
                "their stops at the broker; no cap is watched any more.",
                login=login,
            )
            await message.answer(words_of if found else _unknown(login))
        case _:
            await message.answer(t("Not understood. {usage}", usage=t(_USAGE)))


async def _opened(message: Message, member: Member, enrolment: EnrolmentService) -> str:
    match await enrolment.begin(member, private=message.chat.type == "private"):
        case FormOpened():
            return t(_FORM)
        case Declined(words):
            return tell(words)


def _unknown(login: str) -> str:
    return t("{login} is none of your accounts. /account lists them.", login=foreign(login, 20))


def _listed(found: list[MemberTerminal]) -> str:
    if not found:
        return t("You have added no account here. {usage}", usage=t(_USAGE))
    lines = [
        f"{one.login} · {foreign(one.server, 30)} · {t(_STATE[one.state])}"
        + (f"\n  {foreign(retell(one.detail), 120)}" if one.detail else "")
        for one in found
    ]
    return "\n".join([t("<b>Your accounts</b>"), *lines, t(_USAGE)])


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_form, F.text & ~F.text.startswith("/"), AnswersForm())
    router.message.register(on_account, said("account"))
    return router
