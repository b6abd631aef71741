"""Who is signed in to the pages: one-time links, sessions, and how each ends.

A token is 256 random bits, shown once and kept as its hash; so what leaks from the database opens
nothing. A session ends when it is idle, when it is old, when somebody ends it, and with the
member's last right.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NewType, Protocol

from trading.clock import Clock
from trading.ids import MemberId
from trading.model import Member
from trading.words import told

SessionId = NewType("SessionId", int)
Theme = Literal["auto", "light", "dark"]

LINK_TTL: Final = timedelta(minutes=5)
SESSION_TTL: Final = timedelta(hours=12)
IDLE_TTL: Final = timedelta(hours=1)
SEEN_EVERY: Final = timedelta(minutes=1)
"""How far behind the kept sign of life may be."""
MOST_SESSIONS: Final = 10
"""Of one member at a time: the oldest makes room."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A live session and the member behind it."""

    session_id: SessionId
    member: Member
    theme: Theme
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A live session as its member, or an owner of the desk, sees it."""

    id: SessionId
    name: str
    device: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NotSignedIn:
    """No session was begun, and why."""

    words: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session was begun; the token is for the cookie alone. None: the present one goes on."""

    token: str | None


class SignInStore(Protocol):
    """Links and sessions; each method is one durable transaction."""

    async def keep_link(self, member_id: MemberId, token_hash: str, ttl: timedelta) -> None:
        """Keep a one-time link, by its hash."""

    async def link_of(self, token_hash: str) -> Member | None:
        """Return whom a link that still holds lets in, without using it up."""

    async def use_link(self, link_hash: str, token_hash: str, device: str) -> bool:
        """Use a link up and begin its member's session; False where it holds no more."""

    async def begin(
        self, member_id: MemberId, token_hash: str, init_hash: str, device: str, theme: Theme
    ) -> bool:
        """Begin a session by a Mini App's proof; False where that proof was used before."""

    async def link_by_proof(
        self, member_id: MemberId, init_hash: str, link_hash: str, ttl: timedelta
    ) -> bool:
        """Keep a one-time link for a Mini App's proof; False where that was used before."""

    async def visitor(self, token_hash: str) -> Visitor | None:
        """Return the live session of a token."""

    async def began_by(self, token_hash: str, init_hash: str) -> bool:
        """Tell whether a live session was begun by that proof."""

    async def seen(self, session_id: SessionId) -> None:
        """Note that a session is used."""

    async def sessions(self, member_id: MemberId, *, everyone: bool) -> list[SessionRow]:
        """Return the live sessions of a member, or of all, the latest first."""

    async def end(self, session_id: SessionId, by: MemberId, *, anyone: bool) -> bool:
        """End a session of one's own, or (``anyone``) of any; False where there is no such."""


class SignInService:
    """Lets members in and out."""

    def __init__(self, store: SignInStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def link(self, member: Member) -> str:
        """Return the token of a link that lets this member in once, soon."""
        token = secrets.token_urlsafe(32)
        await self._store.keep_link(member.id, hash_of(token), LINK_TTL)
        return token

    async def whose(self, link: str) -> Member | None:
        """Return whom a link would let in; looking at it does not use it up."""
        return await self._store.link_of(hash_of(link))

    async def by_link(self, link: str, device: str) -> SignedIn | NotSignedIn:
        """Use a link up."""
        token = secrets.token_urlsafe(32)
        if await self._store.use_link(hash_of(link), hash_of(token), device):
            return SignedIn(token)
        return NO_LINK

    async def by_proof(
        self, member: Member, proof: str, present: str, device: str, theme: Theme
    ) -> SignedIn | NotSignedIn:
        """Begin a session by a Mini App's proof, once.

        A page that is loaded again shows the same proof once more: then the session it began
        goes on, where the cookie (``present``) is that session's; from anywhere else it is a
        replay.
        """
        token = secrets.token_urlsafe(32)
        if await self._store.begin(member.id, hash_of(token), hash_of(proof), device, theme):
            return SignedIn(token)
        if present and await self._store.began_by(hash_of(present), hash_of(proof)):
            return SignedIn(None)
        return _OPENED_BEFORE

    async def link_by_proof(self, member: Member, proof: str) -> str | NotSignedIn:
        """Return the token of a one-time link for a proof, which is used up."""
        token = secrets.token_urlsafe(32)
        if await self._store.link_by_proof(member.id, hash_of(proof), hash_of(token), LINK_TTL):
            return token
        return _OPENED_BEFORE

    async def visitor(self, token: str) -> Visitor | None:
        """Return who shows a cookie, and let the session live on."""
        found = await self._store.visitor(hash_of(token))
        if found is not None and self._clock.now() - found.seen_at >= SEEN_EVERY:
            await self._store.seen(found.session_id)
        return found

    async def sessions(self, member: Member) -> list[SessionRow]:
        """Return the member's live sessions; to an owner of the desk, everyone's."""
        return await self._store.sessions(member.id, everyone=member.owns_desk)

    async def end(self, member: Member, session_id: SessionId) -> bool:
        """End a session: one's own, or as an owner of the desk anyone's."""
        return await self._store.end(session_id, member.id, anyone=member.owns_desk)


NO_LINK: Final = NotSignedIn(told("This link was used or has expired. /dashboard sends a new one."))
_OPENED_BEFORE: Final = NotSignedIn(
    told("This was opened before. Close it and open it again: /dashboard")
)


def hash_of(token: str) -> str:
    """Return what is kept of a token (256 random bits, so no salt is needed)."""
    return hashlib.sha256(token.encode()).hexdigest()
