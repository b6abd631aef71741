"""What a person sets of their e-mail in the chat."""

from collections.abc import Sequence
from typing import Final, Protocol

from trading.accounts import Answer, Done, Refused
from trading.ids import MemberId
from trading.mail import CHOICES, CodeAsked, Confirm, MailBox, MailKind, TooMany, parse_address
from trading.model import Member
from trading.words import told


class MailStore(Protocol):
    """Addresses and wishes; each method is one durable transaction."""

    async def box(self, member_id: MemberId) -> MailBox:
        """Return a person's e-mail as it stands."""

    async def ask(self, member_id: MemberId, address: str) -> CodeAsked | TooMany:
        """Keep an address as asked for, and write the mail with its code."""

    async def confirm(self, member_id: MemberId, code: str) -> Confirm:
        """Take the asked address into use where the code is its own; count the try."""

    async def switch(self, member_id: MemberId, kind: MailKind, *, on: bool) -> None:
        """Keep whether a person wants mails of a kind."""

    async def forget(self, member_id: MemberId) -> bool:
        """Take the address out of use and drop what waits; False where there was none."""


class MailService:
    """What a person sets of their e-mail in the chat."""

    def __init__(self, store: MailStore, *, enabled: bool) -> None:
        self._store = store
        self.enabled = enabled

    async def box(self, member: Member) -> MailBox:
        """Return a person's e-mail as it stands."""
        return await self._store.box(member.id)

    async def set(self, member: Member, words: Sequence[str]) -> Answer:
        """Do what ``/email WORDS`` asks: an address, a code, ``off``, or a kind on or off."""
        if not self.enabled:
            return Refused(told("E-mail is not set up on this desk. Everything comes in the chat."))
        match [one.casefold() for one in words]:
            case ["off"]:
                return await self._off(member)
            case [kind, "on" | "off" as state] if kind in CHOICES:
                return await self.switch(member, MailKind(kind), on=state == "on")
            case [code] if code.isascii() and code.isdigit():
                return await self._confirm(member, code)
            case [_]:
                return await self._ask(member, words[0])
            case _:
                return Refused(_USAGE)

    async def switch(self, member: Member, kind: MailKind, *, on: bool) -> Answer:
        """Keep whether a person wants mails of a kind."""
        await self._store.switch(member.id, kind, on=on)
        return Done(_ON[kind] if on else _OFF[kind])

    async def _ask(self, member: Member, text: str) -> Answer:
        address = parse_address(text)
        if address is None:
            return Refused(
                told("“{word}” is no e-mail address. {usage}", word=text[:60], usage=_USAGE)
            )
        match await self._store.ask(member.id, address):
            case CodeAsked():
                return Done(
                    told(
                        "A code is on its way to {address}. Write it here within 10 minutes:"
                        " {example}",
                        address=address,
                        example="/email 12345678",
                    )
                )
            case TooMany():
                return Refused(
                    told("Three codes were sent within the hour. Try again later; nothing changed.")
                )

    async def _confirm(self, member: Member, code: str) -> Answer:
        result = await self._store.confirm(member.id, code)
        if result is not Confirm.DONE:
            return Refused(_UNCONFIRMED[result])
        box = await self._store.box(member.id)
        return Done(
            told("{address} is confirmed. /email shows what it gets.", address=box.address or "")
        )

    async def _off(self, member: Member) -> Answer:
        if await self._store.forget(member.id):
            return Done(told("No more e-mail. Your address is forgotten."))
        return Done(told("You get no e-mail. {usage}", usage=_USAGE))


_USAGE: Final = told("Examples: {example}", example="/email you@example.com, /email off")
_UNCONFIRMED: Final = {
    Confirm.NONE_ASKED: told("No code was asked for. Send your address first: /email ADDRESS"),
    Confirm.EXPIRED: told("That code is too old. Ask for a new one: /email ADDRESS"),
    Confirm.WRONG: told("That is not the code. Look at the newest mail and try again."),
    Confirm.SPENT: told("That was one try too many. Ask for a new code: /email ADDRESS"),
}
_ON: Final = {
    MailKind.CRITICAL: told("Critical alerts also come by e-mail."),
    MailKind.REPORT: told("Planned reports also come by e-mail. /report weekly plans one."),
    MailKind.RECEIPT: told("Receipts also come by e-mail."),
}
_OFF: Final = {
    MailKind.CRITICAL: told("Critical alerts come in the chat alone."),
    MailKind.REPORT: told("Reports come in the chat alone."),
    MailKind.RECEIPT: told("Receipts come in the chat alone."),
}
