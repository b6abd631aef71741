"""The people of the desk as the services and the menu ask for them."""

from datetime import timedelta
from decimal import Decimal

from storage import audit, people, rights
from storage.base import StoreBase
from trading.audit import AuditEntry, AuditHead, AuditLine
from trading.ids import AccountId, ConfirmId, MemberId
from trading.model import Account, Member, Role
from trading.people import Change, Rights


class MemberStore(StoreBase):
    """Members, their rights and the trail of changes; each method is one transaction."""

    async def members(self) -> list[Member]:
        """Return everyone who may speak to the desk, in the order they came."""
        return await self._read(people.members)

    async def accounts_of(self, member_id: MemberId) -> list[Account]:
        return await self._read(people.accounts_of, member_id)

    async def make_invite(
        self,
        by: MemberId,
        token_hash: str,
        role: Role,
        account_id: AccountId | None,
        ttl: timedelta,
    ) -> str | None:
        return await self._write(
            rights.make_invite, by, token_hash, role, account_id, self._now(), ttl
        )

    async def redeem_invite(self, token_hash: str, telegram_id: int, name: str) -> Member | str:
        return await self._write(rights.redeem, token_hash, telegram_id, name, self._now())

    async def rights(self, by: MemberId) -> list[Rights] | None:
        return await self._read(rights.rights, by)

    async def may_change(self, by: MemberId, change: Change) -> str | None:
        return await self._read(rights.may_change, by, change)

    async def change_rights(self, by: MemberId, change: Change) -> Member | str:
        return await self._write(rights.change_rights, by, change, self._now())

    async def set_second(
        self, by: MemberId, account_id: AccountId, above: Decimal | None
    ) -> int | str:
        return await self._write(rights.set_second, by, account_id, above, self._now())

    async def ask(
        self, member_id: MemberId, account_id: AccountId, action: str, detail: str, ttl: timedelta
    ) -> ConfirmId:
        return await self._write(
            people.ask, member_id, account_id, action, detail, self._now(), ttl
        )

    async def audit_lines(
        self, member_id: MemberId, before: int | None, limit: int
    ) -> list[AuditLine]:
        return await self._read(audit.lines, member_id, before, limit)

    async def audit_page(self, after: int, limit: int) -> tuple[list[AuditEntry], AuditHead]:
        return await self._read(audit.page, after, limit)
