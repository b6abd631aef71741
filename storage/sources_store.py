"""The store of sources, their messages and what was held: each method is one transaction."""

from datetime import datetime

from storage import held, sources
from storage.base import StoreBase
from trading.ids import MemberId, SignalId
from trading.incoming import (
    CardOrigin,
    Held,
    Incoming,
    NewHeld,
    OutcomeKind,
    Seen,
    Waiting,
    Withdrawn,
)
from trading.model import SignalDraft
from trading.sources import Source, SourceId, SourceMode, SourceSettings


class SourceStore(StoreBase):
    """What the desk knows of its sources; raises ``StoreError`` when it cannot."""

    async def meet(
        self, key: str, name: str, mode: SourceMode, *, forwarded: bool = False
    ) -> Source:
        return await self._write(sources.meet, key, name, mode, self._now(), forwarded=forwarded)

    async def introduce(self, source: Source) -> None:
        await self._write(sources.introduce, source, self._now())

    async def source(self, source_id: SourceId) -> Source | None:
        return await self._read(sources.get, source_id)

    async def sources(self) -> list[Source]:
        return await self._read(sources.every)

    async def change_source(
        self,
        source_id: SourceId,
        settings: SourceSettings,
        member_id: MemberId | None,
        words: str,
    ) -> Source | None:
        return await self._write(sources.change, source_id, settings, member_id, words, self._now())

    async def behind(self, chat_id: int, message_id: int) -> CardOrigin | None:
        return await self._read(sources.behind, chat_id, message_id)

    async def remember(self, source_id: SourceId, message: Incoming) -> Seen:
        return await self._database.run(sources.remember, source_id, message, self._now())

    async def conclude(
        self, source: Source, message_id: int, outcome: OutcomeKind, detail: str
    ) -> None:
        await self._write(sources.conclude, source, message_id, outcome, detail, self._now())

    async def hold(self, source: Source, new: NewHeld) -> int:
        return await self._write(held.hold, source, new, self._now())

    async def waiting(
        self, source_id: SourceId, since: datetime, by: MemberId | None
    ) -> Waiting | None:
        return await self._read(held.waiting, source_id, since, by)

    async def completed(self, held_id: int, signal_id: SignalId | None) -> bool:
        return await self._write(held.completed, held_id, signal_id, self._now())

    async def withdraw(self, source: Source, ref: str, why: str) -> Withdrawn:
        return await self._write(held.withdraw, source, ref, why, self._now())

    async def held(self, held_id: int, member_id: MemberId) -> Held | str | None:
        return await self._read(held.get, held_id, member_id)

    async def ask_field(self, held_id: int, member_id: MemberId, name: str) -> str | None:
        return await self._write(held.ask_field, held_id, member_id, name, self._now())

    async def put_field(
        self, held_id: int, member_id: MemberId, name: str, text: str
    ) -> str | None:
        return await self._write(held.put_field, held_id, member_id, name, text, self._now())

    async def asked_of(self, member_id: MemberId) -> tuple[int, str] | None:
        return await self._read(held.asked_of, member_id)

    async def drop_held(self, held_id: int, member_id: MemberId) -> str | None:
        return await self._write(held.drop, held_id, member_id, self._now())

    async def taken(self, of: Held, signal_id: SignalId, member_id: MemberId) -> bool:
        return await self._write(held.taken, of, signal_id, member_id, self._now())

    async def expire_held(self) -> int:
        return await self._write(held.expire, self._now())

    async def cases(self) -> list[tuple[str, str, SignalDraft]]:
        return await self._read(held.cases)
