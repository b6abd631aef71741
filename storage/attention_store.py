"""Wishes and alarms as their service asks for them."""

from datetime import datetime

from storage import alarms, attention
from storage.base import StoreBase
from trading.attention import Attention, Level, Quiet
from trading.ids import MemberId


class AttentionStore(StoreBase):
    """What people want to hear, and alarms they have seen; each method is one transaction."""

    async def attention(self, member_id: MemberId) -> Attention:
        return await self._read(attention.of_member, member_id, self._now())

    async def set_level(
        self, member_id: MemberId, event: str, level: Level, until: datetime | None
    ) -> None:
        await self._write(attention.set_level, member_id, event, level, until)

    async def set_quiet(self, member_id: MemberId, quiet: Quiet | None) -> None:
        await self._write(attention.set_quiet, member_id, quiet)

    async def set_mute(self, member_id: MemberId, until: datetime | None) -> None:
        await self._write(attention.set_mute, member_id, until)

    async def set_reader(self, member_id: MemberId, what: str, value: str) -> None:
        await self._write(attention.set_reader, member_id, what, value)

    async def heard_in(self, member_id: MemberId, code: str) -> None:
        await self._write(attention.heard_in, member_id, code)

    async def set_keyboard(self, member_id: MemberId, *, shown: bool) -> None:
        await self._write(attention.set_keyboard, member_id, shown=shown)

    async def has_keyboard(self, member_id: MemberId) -> bool:
        return await self._read(attention.has_keyboard, member_id)

    async def acknowledge(self, alarm_id: int | None, member_id: MemberId) -> list[str] | str:
        return await self._write(alarms.acknowledge, alarm_id, member_id, self._now())
