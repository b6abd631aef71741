"""What an owner sets of a source; reading is open to every member."""

from collections.abc import Callable, Sequence
from typing import Protocol

from trading.ids import MemberId
from trading.model import Member, Role
from trading.sources import PERSON, Source, SourceId, SourceSettings, edit
from trading.words import told


class ChannelStore(Protocol):
    """Sources; each call is one transaction."""

    async def sources(self) -> list[Source]:
        """Return all sources, oldest first."""

    async def source(self, source_id: SourceId) -> Source | None:
        """Return a source by its number."""

    async def change_source(
        self,
        source_id: SourceId,
        settings: SourceSettings,
        member_id: MemberId | None,
        words: str,
    ) -> Source | None:
        """Set a source's settings, audited; None where the member may not."""


def may_see(member: Member, source: Source) -> bool:
    """Tell whether a member may know of a source: what others type is the desk's people's alone."""
    if not source.key.startswith(PERSON) or member.everywhere is not None:
        return True
    return source.key == f"{PERSON}{member.telegram_id}"


class ChannelService:
    """Shows and changes sources; a change is an owner's, holds at once and is audited."""

    def __init__(self, store: ChannelStore, changed: Callable[[Source], None]) -> None:
        self._store = store
        self._changed = changed

    async def every(self, member: Member) -> list[Source]:
        """Return all sources this member may know of."""
        return [one for one in await self._store.sources() if may_see(member, one)]

    async def find(self, member: Member, word: str) -> Source | str:
        """Return a source by its number or a part of its name that only it has."""
        if word.isascii() and word.isdigit() and len(word) < 10:
            source = await self._store.source(SourceId(int(word)))
            if source is not None and may_see(member, source):
                return source
            return told("there is no source {word}: /channels lists them", word=word)
        named = [one for one in await self.every(member) if word.casefold() in one.name.casefold()]
        if len(named) != 1:
            return told(
                '"{word}" is the name of {count} sources: /channels lists them',
                word=word[:30],
                count=len(named),
            )
        return named[0]

    async def change(self, member: Member, word: str, words: Sequence[str]) -> Source | str:
        """Return a source, changed first where words say how, or why not."""
        source = await self.find(member, word)
        if isinstance(source, str) or not words:
            return source
        if not member.may_on_desk(Role.OWNER):
            return told("only an owner changes a source. Nothing was changed")
        settings = edit(source.settings, words)
        if isinstance(settings, str):
            return settings
        changed = await self._store.change_source(
            source.id, settings, member.id, " ".join(words)[:200]
        )
        if changed is None:
            return told("only an owner changes a source. Nothing was changed")
        self._changed(changed)
        return changed
