"""The store of the pages' sessions: every method is one durable transaction."""

from datetime import timedelta

from storage import signin
from storage.base import StoreBase
from trading.ids import MemberId
from trading.model import Member
from trading.signin import SessionId, SessionRow, Theme, Visitor


class SignInStore(StoreBase):
    """Implements ``trading.signin.SignInStore``."""

    async def keep_link(self, member_id: MemberId, token_hash: str, ttl: timedelta) -> None:
        await self._write(signin.keep_link, member_id, token_hash, self._now(), ttl)

    async def link_of(self, token_hash: str) -> Member | None:
        return await self._glance(signin.link_of, token_hash, self._now())

    async def use_link(self, link_hash: str, token_hash: str, device: str) -> bool:
        return await self._write(signin.use_link, link_hash, token_hash, device, self._now())

    async def begin(
        self, member_id: MemberId, token_hash: str, init_hash: str, device: str, theme: Theme
    ) -> bool:
        return await self._write(
            signin.begin, member_id, token_hash, init_hash, device, theme, self._now()
        )

    async def link_by_proof(
        self, member_id: MemberId, init_hash: str, link_hash: str, ttl: timedelta
    ) -> bool:
        return await self._write(
            signin.link_by_proof, member_id, init_hash, link_hash, self._now(), ttl
        )

    async def visitor(self, token_hash: str) -> Visitor | None:
        return await self._glance(signin.visitor, token_hash, self._now())

    async def began_by(self, token_hash: str, init_hash: str) -> bool:
        return await self._glance(signin.began_by, token_hash, init_hash, self._now())

    async def seen(self, session_id: SessionId) -> None:
        await self._write(signin.seen, session_id, self._now())

    async def sessions(self, member_id: MemberId, *, everyone: bool) -> list[SessionRow]:
        return await self._aside(signin.sessions, member_id, self._now(), everyone=everyone)

    async def end(self, session_id: SessionId, by: MemberId, *, anyone: bool) -> bool:
        return await self._write(signin.end, session_id, by, self._now(), anyone=anyone)
