"""Personal tokens of the API: what one opens, for how long, and how it is known again.

A token is 256 random bits behind a prefix. It is shown once; the hash is kept, so that what leaks
from the database opens nothing (a plain SHA-256 is enough for a secret nobody can guess).
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, Protocol

from trading.accounts import Answer, Done, Refused
from trading.clock import Clock
from trading.ids import MemberId
from trading.model import Member
from trading.words import told

TokenId = NewType("TokenId", int)

DAYS: Final = 90
MOST_DAYS: Final = 365
MOST_TOKENS: Final = 10
"""Of one member at a time."""
_PREFIX: Final = "td_"
_FORM: Final = re.compile(r"(td_[0-9a-f]{8})_[A-Za-z0-9_-]{43}", re.ASCII)


class Scope(StrEnum):
    """What a token may read; none may write or trade."""

    ACCOUNTS = "accounts"
    """Accounts with their money and caps, and open positions."""
    SIGNALS = "signals"
    """What became of signals."""
    RESULTS = "results"
    """Closed trades, deals and sums."""
    DESK = "desk"
    """People, plans, deliveries and health: of owners of the desk alone."""
    REVENUE = "revenue"
    """What plans bring: of owners of the desk alone."""


OWNERS: Final = frozenset({Scope.DESK, Scope.REVENUE})


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is kept and shown again."""

    id: TokenId
    prefix: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Holder:
    """A live token and whose it is."""

    token: ApiToken
    token_hash: str
    member: Member
    owns_desk: bool


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made: its secret is shown now and never again."""

    token: ApiToken
    secret: str


class TokenStore(Protocol):
    """Tokens as they are kept; each method is one durable transaction."""

    async def make(
        self,
        member_id: MemberId,
        prefix: str,
        token_hash: str,
        scopes: frozenset[Scope],
        expires_at: datetime,
    ) -> ApiToken | None:
        """Keep a token; None where the member has as many as one may."""

    async def tokens(self, member_id: MemberId) -> list[ApiToken]:
        """Return a member's live tokens, newest first."""

    async def revoke(self, member_id: MemberId, prefix: str) -> int:
        """End a member's token, or all of them where the prefix is empty; return how many."""

    async def holder(self, prefix: str) -> Holder | None:
        """Return whose live token has that prefix."""

    async def used(self, token_id: TokenId) -> None:
        """Note that a token was used."""

    async def owns_desk(self, member_id: MemberId) -> bool:
        """Tell whether a member is an owner of the whole desk."""


class TokenService:
    """Makes, lists and ends a person's tokens, and knows one again."""

    def __init__(self, store: TokenStore, clock: Clock, *, enabled: bool) -> None:
        self._store = store
        self._clock = clock
        self.enabled = enabled

    async def mine(self, member: Member) -> list[ApiToken]:
        """Return a member's live tokens, newest first."""
        return await self._store.tokens(member.id)

    async def new(self, member: Member, words: Sequence[str]) -> NewToken | Refused:
        """Make a token of ``accounts,results 30``: scopes, then days."""
        asked = await self._asked(member, words)
        if isinstance(asked, Refused):
            return asked
        scopes, days = asked
        prefix = _PREFIX + secrets.token_hex(4)
        secret = f"{prefix}_{secrets.token_urlsafe(32)}"
        expires_at = self._clock.now() + timedelta(days=days)
        made = await self._store.make(member.id, prefix, hashed(secret), scopes, expires_at)
        if made is None:
            return Refused(
                told(
                    "You have {count} tokens, as many as one may. End one: {example}",
                    count=MOST_TOKENS,
                    example="/token revoke PREFIX",
                )
            )
        return NewToken(made, secret)

    async def _asked(
        self, member: Member, words: Sequence[str]
    ) -> tuple[frozenset[Scope], int] | Refused:
        if not self.enabled:
            return Refused(told("The API is switched off on this desk."))
        names = [one for word in words for one in word.casefold().split(",") if one]
        days = int(names.pop().removesuffix("d")) if names and _is_days(names[-1]) else DAYS
        if not 1 <= days <= MOST_DAYS:
            return Refused(told("A token lives for 1 to {most} days.", most=MOST_DAYS))
        owner = await self._store.owns_desk(member.id)
        open_to = [scope for scope in Scope if owner or scope not in OWNERS]
        if names == ["all"]:
            return frozenset(open_to), days
        unknown = next((name for name in names if name not in open_to), None)
        if not names or unknown is not None:
            return Refused(
                told(
                    "{got}. Scopes are {names}, or all. Example: {example}",
                    got=told("Say what it may read")
                    if unknown is None
                    else told("“{word}” is no scope of yours", word=unknown[:20]),
                    names=", ".join(open_to),
                    example="/token new accounts,results 30",
                )
            )
        return frozenset(Scope(name) for name in names), days

    async def revoke(self, member: Member, prefix: str) -> Answer:
        """End a token by its prefix, or all of them."""
        if prefix == "all":
            count = await self._store.revoke(member.id, "")
            return Done(told("{count} tokens are ended.", count=count))
        if await self._store.revoke(member.id, prefix):
            return Done(told("{prefix} is ended. Nobody reads with it any more.", prefix=prefix))
        return Refused(told("None of your tokens begins like that. /token lists them."))

    async def known(self, given: str) -> Holder | None:
        """Return whose token this is, None where it is nobody's, ended or too old."""
        form = _FORM.fullmatch(given)
        if form is None:
            return None
        holder = await self._store.holder(form[1])
        # Compared even where there is none: the time must not tell which prefixes exist.
        wanted = hashed("") if holder is None else holder.token_hash
        if not hmac.compare_digest(hashed(given), wanted) or holder is None:
            return None
        return holder if self._clock.now() < holder.token.expires_at else None

    async def used(self, holder: Holder) -> None:
        """Note that a token was used."""
        await self._store.used(holder.token.id)


def hashed(secret: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _is_days(word: str) -> bool:
    digits = word.removesuffix("d")
    return digits.isascii() and digits.isdigit() and len(digits) <= 6
