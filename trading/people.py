"""Who may do what: invitations, roles by account, the two-person rule."""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from trading.accounts import CONFIRM_TTL, Act, Answer, Asked, Done, Refused
from trading.clock import Clock
from trading.ids import AccountId, ConfirmId, MemberId
from trading.model import Account, Confirmation, Member, Role
from trading.money import parse_decimal
from trading.words import told

INVITE_TTL = timedelta(hours=24)
_MOST_SECOND = Decimal(100)


@dataclass(frozen=True, slots=True)
class Invited:
    """A link was made; the token is shown once and kept by nobody."""

    token: str
    role: Role
    account: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Rights:
    """A person and their role on each account."""

    member: Member
    everywhere: Role | None
    accounts: tuple[tuple[str, Role], ...]
    by_settings: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A change of somebody's rights as an owner asks for it; no role: every right is taken."""

    telegram_id: int
    role: Role | None
    account_id: AccountId | None


class PeopleStore(Protocol):
    """People and their rights; each method is one transaction that checks who asks."""

    async def accounts_of(self, member_id: MemberId) -> list[Account]:
        """Return the accounts a member has any right on."""

    async def make_invite(
        self,
        by: MemberId,
        token_hash: str,
        role: Role,
        account_id: AccountId | None,
        ttl: timedelta,
    ) -> str | None:
        """Keep an invitation, or say why not."""

    async def redeem_invite(self, token_hash: str, telegram_id: int, name: str) -> Member | str:
        """Use an invitation up and let the person in, or say why not."""

    async def rights(self, by: MemberId) -> list[Rights] | None:
        """Return everyone's rights as far as an owner may see them; None to others."""

    async def may_change(self, by: MemberId, change: Change) -> str | None:
        """Say why this member may not make that change; None when they may."""

    async def change_rights(self, by: MemberId, change: Change) -> str | Member:
        """Make a change of rights and tell who it concerns, or say why not."""

    async def set_second(
        self, by: MemberId, account_id: AccountId, above: Decimal | None
    ) -> int | str:
        """Set the risk above which two people approve; return how many may, or why not."""

    async def ask(
        self, member_id: MemberId, account_id: AccountId, action: str, detail: str, ttl: timedelta
    ) -> ConfirmId:
        """Write down a question whose button may be tapped once."""


class PeopleService:
    """Lets people in and out; what gives more rights is confirmed by a button."""

    def __init__(
        self,
        store: PeopleStore,
        clock: Clock,
        changed: Callable[[Member, bool], Awaitable[None]],
    ) -> None:
        """``changed`` is told of a member whose rights changed, and whether they have any left."""
        self._store = store
        self._clock = clock
        self._changed = changed

    def confirmed(self) -> dict[str, Act]:
        """Return what a confirm button of ours does, by action."""
        return {"rights": self._confirmed_rights, "second": self._confirmed_second}

    async def invite(self, member: Member, words: Sequence[str]) -> Invited | Refused:
        """Make a link that lets one person in, within a day."""
        wanted = await self._role_and_account(member, words or ("viewer",), "/invite trader")
        if isinstance(wanted, Refused):
            return wanted
        role, account = wanted
        token = secrets.token_urlsafe(24)
        account_id = None if account is None else account.id
        why = await self._store.make_invite(member.id, hash_of(token), role, account_id, INVITE_TTL)
        if why is not None:
            return Refused(why)
        where = told("every account") if account is None else str(account.login)
        return Invited(token, role, where, self._clock.now() + INVITE_TTL)

    async def redeem(self, token: str, telegram_id: int, name: str) -> Member | Refused:
        """Let the holder of a link in, once."""
        found = await self._store.redeem_invite(hash_of(token), telegram_id, name)
        if isinstance(found, str):
            return Refused(found)
        await self._changed(found, True)
        return found

    async def users(self, member: Member) -> list[Rights] | Refused:
        """Return everyone with their rights."""
        found = await self._store.rights(member.id)
        return Refused(told("Only an owner sees who may do what.")) if found is None else found

    async def grant(self, member: Member, words: Sequence[str]) -> Answer:
        """Ask whether somebody is to have a role."""
        telegram_id = _telegram_id(words, "/grant 123456789 trader")
        if isinstance(telegram_id, Refused):
            return telegram_id
        wanted = await self._role_and_account(member, words[1:], "/grant 123456789 trader")
        if isinstance(wanted, Refused):
            return wanted
        role, account = wanted
        change = Change(telegram_id, role, None if account is None else account.id)
        why = await self._store.may_change(member.id, change)
        if why is not None:
            return Refused(why)
        where = told("every account")
        if account is not None:
            where = told("account {account}", account=account.login)
        detail = json.dumps([telegram_id, role.value, change.account_id])
        question = told("Make {id} {role} on {where}?", id=telegram_id, role=_a(role), where=where)
        asked = await self._store.ask(member.id, AccountId(0), "rights", detail, CONFIRM_TTL)
        return Asked(asked, question)

    async def revoke(self, member: Member, words: Sequence[str]) -> Answer:
        """Take every right, or those on one account, away at once."""
        telegram_id = _telegram_id(words, "/revoke 123456789")
        if isinstance(telegram_id, Refused):
            return telegram_id
        account = await self._account(member, words[1:], "/revoke 123456789")
        if isinstance(account, Refused):
            return account
        change = Change(telegram_id, None, None if account is None else account.id)
        return await self._make(member, change)

    async def set_second(self, member: Member, account: Account, words: Sequence[str]) -> Answer:
        """Set the risk above which two people must approve; less strict is confirmed."""
        example = told("Example: {example}", example="/two_person 1.5, /two_person off")
        if not words:
            return Done(
                told("{rule}. {example}", rule=_second_words(account.second_above), example=example)
            )
        above = None if words[0].casefold() == "off" else parse_decimal(words[0])
        if words[0].casefold() != "off" and (above is None or not 0 <= above <= _MOST_SECOND):
            return Refused(
                told(
                    "“{word}” is no percent from 0 to 100. {example}",
                    word=words[0][:20],
                    example=example,
                )
            )
        old = account.second_above
        looser = old is not None and (above is None or above > old)
        if not looser:
            return await self._put_second(member, account.id, above)
        detail = "" if above is None else str(above)
        question = told(
            "Loosen the rule? Now: {now}. Then: {then}.",
            now=_second_words(old),
            then=_second_words(above),
        )
        asked = await self._store.ask(member.id, account.id, "second", detail, CONFIRM_TTL)
        return Asked(asked, question)

    async def _confirmed_rights(self, member: Member, taken: Confirmation) -> Answer:
        telegram_id, role, account_id = json.loads(taken.detail)
        known = None if account_id is None else AccountId(account_id)
        return await self._make(member, Change(telegram_id, Role(role), known))

    async def _confirmed_second(self, member: Member, taken: Confirmation) -> Answer:
        above = Decimal(taken.detail) if taken.detail else None
        return await self._put_second(member, taken.account_id, above)

    async def _put_second(
        self, member: Member, account_id: AccountId, above: Decimal | None
    ) -> Answer:
        approvers = await self._store.set_second(member.id, account_id, above)
        if isinstance(approvers, str):
            return Refused(approvers)
        if above is None or approvers >= 2:
            return Done(told("{rule}.", rule=_second_words(above)))
        return Done(
            told(
                "{rule}. Nobody but you can approve yet: until /invite brings a second,"
                " such a signal expires without a trade.",
                rule=_second_words(above),
            )
        )

    async def _make(self, member: Member, change: Change) -> Answer:
        changed = await self._store.change_rights(member.id, change)
        if isinstance(changed, str):
            return Refused(changed)
        stays = change.role is not None or change.account_id is not None
        await self._changed(changed, stays)
        who = f"{changed.name} ({changed.telegram_id})"
        if change.role is not None:
            return Done(told("{who} is {role} now.", who=who, role=_a(change.role)))
        if change.account_id is not None:
            return Done(told("{who} has no right on it any more.", who=who))
        return Done(told("{who} has no right here any more.", who=who))

    async def _role_and_account(
        self, member: Member, words: Sequence[str], example: str
    ) -> tuple[Role, Account | None] | Refused:
        try:
            role = Role((words[0] if words else "").casefold())
        except ValueError:
            got = told("A role is missing")
            if words:
                got = told("“{word}” is no role", word=words[0][:20])
            return Refused(
                told("{got}: owner, trader or viewer. Example: {example}", got=got, example=example)
            )
        account = await self._account(member, words[1:], example)
        return account if isinstance(account, Refused) else (role, account)

    async def _account(
        self, member: Member, words: Sequence[str], example: str
    ) -> Account | Refused | None:
        if not words:
            return None
        for account in await self._store.accounts_of(member.id):
            if str(account.login) == words[0]:
                return account
        return Refused(
            told(
                "No account {word} is yours. Example: {example}",
                word=words[0][:20],
                example=example,
            )
        )


def hash_of(token: str) -> str:
    """Return what is kept of an invitation's token (192 random bits, so no salt is needed)."""
    return hashlib.sha256(token.encode()).hexdigest()


def needs_second(risk_percent: Decimal | None, above: Decimal | None) -> bool:
    """Tell whether that risk takes two people; a risk nobody can tell does."""
    if above is None:
        return False
    return risk_percent is None or risk_percent > above


def _telegram_id(words: Sequence[str], example: str) -> int | Refused:
    word = words[0] if words else ""
    if word.isascii() and word.isdecimal() and 0 < int(word[:20]) < 1 << 52:
        return int(word)
    got = told("A Telegram user id is missing")
    if word:
        got = told("“{word}” is no Telegram user id", word=word[:20])
    return Refused(
        told("{got}: /id shows it to each person. Example: {example}", got=got, example=example)
    )


def _a(role: Role) -> str:
    match role:
        case Role.OWNER:
            return told("an owner")
        case Role.TRADER:
            return told("a trader")
        case Role.VIEWER:
            return told("a viewer")


def _second_words(above: Decimal | None) -> str:
    if above is None:
        return told("One person's approval is enough")
    return told("A risk above {percent} % needs two people", percent=f"{above:f}")
