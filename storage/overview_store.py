"""What the pages and the API read, on threads that no commit and no pass waits for."""

from collections.abc import Mapping, Sequence

from storage import overview, people
from storage.base import StoreBase
from trading.drawdown import Cap, CapState
from trading.ids import AccountId, MemberId
from trading.model import Account, Approval, Deal
from trading.overview import (
    Delivery,
    DeliveryCounts,
    DeskCounts,
    Fate,
    Kept,
    Page,
    PersonRow,
    Revenue,
    SignalRow,
)


class OverviewStore(StoreBase):
    """Implements ``trading.overview.OverviewStore``."""

    async def owns_desk(self, member_id: MemberId) -> bool:
        return await self._glance(people.owns_desk, member_id)

    async def kept(self, member_id: MemberId, after: int, limit: int) -> Page[Kept]:
        return await self._aside(overview.kept, member_id, after, limit)

    async def kept_one(self, member_id: MemberId, account_id: AccountId) -> Kept | None:
        return await self._aside(overview.kept_one, member_id, account_id)

    async def caps_of(
        self, account_ids: Sequence[AccountId]
    ) -> Mapping[AccountId, Sequence[tuple[Cap, CapState | None]]]:
        return await self._aside(overview.caps_of, account_ids)

    async def kept_accounts(self, member_id: MemberId) -> list[Account]:
        return await self._aside(overview.kept_accounts, member_id)

    async def fates(
        self, member_id: MemberId, account_id: AccountId, before: int | None, limit: int
    ) -> Page[Fate] | None:
        return await self._aside(overview.fates, member_id, account_id, before, limit)

    async def deals(
        self, member_id: MemberId, account_id: AccountId, before: int | None, limit: int
    ) -> Page[Deal] | None:
        return await self._aside(overview.deals, member_id, account_id, before, limit)

    async def waiting(self, member_id: MemberId, limit: int) -> list[Approval]:
        return await self._aside(overview.waiting, member_id, limit)

    async def waiting_count(self, member_id: MemberId) -> int:
        return await self._aside(overview.waiting_count, member_id)

    async def signals(self, before: int | None, limit: int) -> Page[SignalRow]:
        return await self._aside(overview.signal_rows, before, limit)

    async def deliveries(
        self, before: int | None, limit: int, *, dead: bool = False
    ) -> Page[Delivery]:
        return await self._aside(overview.deliveries, before, limit, dead=dead)

    async def delivery_counts(self) -> DeliveryCounts:
        return await self._aside(overview.delivery_counts)

    async def people(self, after: int, limit: int) -> Page[PersonRow]:
        return await self._aside(overview.people, after, limit, self._now())

    async def revenue(self, months: int) -> Revenue:
        return await self._aside(overview.revenue, months, self._now())

    async def counts(self) -> DeskCounts:
        return await self._aside(overview.counts)
