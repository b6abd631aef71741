"""Members' own accounts: added through a private form, checked, and removed with their password.

The password is sealed before it is stored, opened only to start its terminal, and gone with it.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

from trading.clock import Clock
from trading.ids import AccountId, MemberId
from trading.model import Member, Role, TerminalKind
from trading.words import told

TerminalId = NewType("TerminalId", int)
FORM_TTL = timedelta(minutes=5)
_FORM = re.compile(r"\s*(?P<login>[0-9]{1,18})\s+(?P<password>\S{1,128})\s+(?P<server>\S.{0,63})")


class TerminalState(StrEnum):
    CHECKING = "checking"
    """Stored; the terminal was not seen with this account yet."""
    ACTIVE = "active"
    REFUSED = "refused"
    """The terminal was reached and would not show the account; ``detail`` says why."""
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class MemberTerminal:
    """One member's broker login and the terminal it is given."""

    id: TerminalId
    member_id: MemberId
    account_id: AccountId | None
    kind: TerminalKind
    endpoint: str
    """Where its terminal is: a path, ``host:port``, or the name of a simulated one."""
    login: int
    server: str
    sealed: bytes | None
    """The password, readable only with the desk's key; None once removed."""
    state: TerminalState
    detail: str


class Vault(Protocol):
    """Keeps secrets that the database alone cannot give away."""

    def seal(self, secret: str, context: str) -> bytes:
        """Return the secret unreadable without the key, bound to its context."""

    def open(self, sealed: bytes, context: str) -> str:
        """Return the secret; raise ``VaultError`` with another key, context or content."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The login is already on this desk, or no terminal is free for it."""

    why: str


class EnrolmentStore(Protocol):
    """Terminals of members; each method is one durable transaction."""

    async def open_form(self, member_id: MemberId, what: str, ttl: timedelta) -> None:
        """Let the member's next private message answer a question."""

    async def form_of(self, member_id: MemberId) -> str | None:
        """Return what the member's open question asks; None where none is open."""

    async def close_form(self, member_id: MemberId) -> None:
        """End the member's open question."""

    async def enrol(
        self,
        member: Member,
        kind: TerminalKind,
        endpoints: Sequence[str],
        login: int,
        server: str,
        sealed: bytes,
    ) -> MemberTerminal | Taken:
        """Give a login the first endpoint that is free, and end the form that asked for it."""

    async def terminals(self, member_id: MemberId | None = None) -> list[MemberTerminal]:
        """Return the terminals that are not removed, of one member or of all."""

    async def remove_terminal(self, terminal_id: TerminalId, member_id: MemberId) -> bool:
        """Forget a terminal's password and stop its entries; False where it is not theirs."""

    async def terminal_seen(self, terminal_id: TerminalId, account_id: AccountId) -> None:
        """Note that a terminal showed its account, and tell its member the first time."""

    async def terminal_refused(self, terminal_id: TerminalId, why: str) -> None:
        """Note why a terminal does not show its account, and tell its member alone."""

    async def recheck(self, terminal_id: TerminalId, member_id: MemberId) -> bool:
        """Try a refused terminal again; False where it is not theirs."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the desk has for members' accounts; no vault is switched off."""

    kind: TerminalKind = "simulated"
    endpoints: tuple[str, ...] = ()
    per_member: int = 1


@dataclass(frozen=True, slots=True)
class FormOpened:
    """The member's next private message is the form."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Stored and being checked; the result follows as a message."""

    terminal: MemberTerminal


@dataclass(frozen=True, slots=True)
class Declined:
    """Nothing was stored, and why."""

    words: str


class EnrolmentService:
    """Adds, checks and removes the accounts of members; each member sees their own alone."""

    def __init__(
        self,
        store: EnrolmentStore,
        vault: Vault | None,
        offer: Offer,
        clock: Clock,
        changed: Callable[[], None],
        allowance: Callable[[Member], Awaitable[int]] | None = None,
    ) -> None:
        """``changed`` is called after a commit that a terminal must follow.

        ``allowance`` says how many accounts a member may have; without it the offer does.
        """
        self._allowance = allowance
        self._store = store
        self._vault = vault
        self._offer = offer
        self._clock = clock
        self._changed = changed

    async def begin(self, member: Member, *, private: bool) -> FormOpened | Declined:
        """Open the form for a new account."""
        if self._vault is None:
            return Declined(
                told(
                    "Members' accounts are switched off on this desk (an owner sets ACCOUNTS_KEY)."
                )
            )
        if not private:
            return Declined(told("Not here: write to me in a private chat, never in a group."))
        mine = await self._store.terminals(member.id)
        most = self._offer.per_member
        if self._allowance is not None:
            most = await self._allowance(member)
        if len(mine) >= most and not member.may_on_desk(Role.OWNER):
            return Declined(
                told(
                    "You have {count} of {most} accounts. Remove one with /account remove LOGIN "
                    "first.",
                    count=len(mine),
                    most=most,
                )
            )
        await self._store.open_form(member.id, "account", FORM_TTL)
        return FormOpened(self._clock.now() + FORM_TTL)

    async def awaits(self, member: Member) -> bool:
        """Tell whether the member's next message answers the form: it must not stay readable."""
        return await self._store.form_of(member.id) is not None

    async def submit(self, member: Member, text: str) -> Enrolled | Declined:
        """Take the form's answer: login, password and server in one message."""
        if self._vault is None:
            return Declined(told("Members' accounts are switched off on this desk."))
        match = _FORM.fullmatch(text)
        if match is None:
            await self._store.close_form(member.id)
            return Declined(
                told(
                    "Not read. Send login, password and server in one message, like\n"
                    "<code>5012345 my-password Broker-Demo</code>\n"
                    "/account add opens the form again."
                )
            )
        login, server = int(match["login"]), match["server"].strip()
        sealed = self._vault.seal(match["password"], context(login, server))
        found = await self._store.enrol(
            member, self._offer.kind, self._offer.endpoints, login, server, sealed
        )
        if isinstance(found, Taken):
            await self._store.close_form(member.id)
            return Declined(found.why)
        self._changed()
        return Enrolled(found)

    async def mine(self, member: Member) -> list[MemberTerminal]:
        """Return the member's terminals."""
        return await self._store.terminals(member.id)

    async def recheck(self, member: Member, login: int) -> bool:
        """Look at an account's terminal again; False where the login is not theirs."""
        return await self._act(member, login, self._store.recheck)

    async def remove(self, member: Member, login: int) -> bool:
        """Forget an account's password and end its terminal; False where it is not theirs."""
        return await self._act(member, login, self._store.remove_terminal)

    async def _act(self, member: Member, login: int, act: "_Act") -> bool:
        for one in await self._store.terminals(member.id):
            if one.login == login and await act(one.id, member.id):
                self._changed()
                return True
        return False

    def password_of(self, terminal: MemberTerminal) -> str:
        """Return a terminal's password; raise ``VaultError`` where the key does not fit."""
        assert self._vault is not None
        assert terminal.sealed is not None
        return self._vault.open(terminal.sealed, context(terminal.login, terminal.server))


class _Act(Protocol):
    async def __call__(self, terminal_id: TerminalId, member_id: MemberId, /) -> bool: ...


def context(login: int, server: str) -> str:
    """Return what a sealed password is bound to: moved to another account it does not open."""
    return f"terminal:{login}@{server}"
