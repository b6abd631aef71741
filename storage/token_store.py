"""Tokens as their service asks for them; each method is one transaction."""

from datetime import datetime

from storage import tokens
from storage.base import StoreBase
from storage.people import owns_desk
from trading.ids import MemberId
from trading.tokens import ApiToken, Holder, Scope, TokenId


class TokenStore(StoreBase):
    """Implements ``trading.tokens.TokenStore``."""

    async def make(
        self,
        member_id: MemberId,
        prefix: str,
        token_hash: str,
        scopes: frozenset[Scope],
        expires_at: datetime,
    ) -> ApiToken | None:
        return await self._read(
            tokens.make, member_id, prefix, token_hash, scopes, expires_at, self._now()
        )

    async def tokens(self, member_id: MemberId) -> list[ApiToken]:
        return await self._glance(tokens.tokens, member_id, self._now())

    async def revoke(self, member_id: MemberId, prefix: str) -> int:
        return await self._read(tokens.revoke, member_id, prefix, self._now())

    async def holder(self, prefix: str) -> Holder | None:
        return await self._glance(tokens.holder, prefix, self._now())

    async def used(self, token_id: TokenId) -> None:
        await self._read(tokens.used, token_id, self._now())

    async def owns_desk(self, member_id: MemberId) -> bool:
        return await self._glance(owns_desk, member_id)
