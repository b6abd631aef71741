"""What a person sets for themselves: what they hear, when, and how it reads to them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from zoneinfo import available_timezones

from trading.accounts import Answer, Done, Refused
from trading.attention import (
    EVENTS,
    OTHER,
    Attention,
    Level,
    Quiet,
    is_zone,
    parse_quiet,
    parse_span,
    quiet_words,
)
from trading.clock import Clock
from trading.ids import MemberId
from trading.model import Member, Numbers
from trading.words import told

NAMES = (*EVENTS, OTHER)
_HOUR = "1h"
_MUTED = told("What is critical still sounds.")


class AttentionStore(Protocol):
    """Wishes and alarms as they are kept; each method is one transaction."""

    async def attention(self, member_id: MemberId) -> Attention:
        """Return a member's wishes."""

    async def set_level(
        self, member_id: MemberId, event: str, level: Level, until: datetime | None
    ) -> None:
        """Keep what a person wants of one event."""

    async def set_quiet(self, member_id: MemberId, quiet: Quiet | None) -> None:
        """Keep a person's quiet hours."""

    async def set_mute(self, member_id: MemberId, until: datetime | None) -> None:
        """Keep until when nothing but what is critical sounds."""

    async def set_reader(self, member_id: MemberId, what: str, value: str) -> None:
        """Keep how a person reads."""

    async def set_keyboard(self, member_id: MemberId, *, shown: bool) -> None:
        """Keep whether a person wants the keyboard under the text field."""

    async def has_keyboard(self, member_id: MemberId) -> bool:
        """Tell whether they do."""

    async def acknowledge(self, alarm_id: int | None, member_id: MemberId) -> list[str] | str:
        """End the ringing of one alarm or all; their kinds, or in a word why not."""


class AttentionService:
    """Keeps a person's own wishes; they concern nobody else and loosen no limit."""

    def __init__(self, store: AttentionStore, clock: Clock, languages: Sequence[str]) -> None:
        self._store = store
        self._clock = clock
        self._languages = tuple(languages)

    async def of(self, member: Member) -> Attention:
        """Return a person's wishes."""
        return await self._store.attention(member.id)

    async def notify(self, member: Member, words: Sequence[str]) -> Answer:
        """Set one event to on, silent or off."""
        example = told("Example: {example}", example="/notify heartbeat off")
        if len(words) != 2 or words[0].casefold() not in NAMES:
            got = told("An event is missing")
            if words:
                got = told("“{word}” is no event", word=words[0][:20])
            names = ", ".join(NAMES)
            return Refused(told("{got}: {names}. {example}", got=got, names=names, example=example))
        try:
            level = Level(words[1].casefold())
        except ValueError:
            return Refused(
                told(
                    "“{word}” is none of {names}. {example}",
                    word=words[1][:20],
                    names=", ".join(Level),
                    example=example,
                )
            )
        return await self.set_level(member, words[0].casefold(), level)

    async def set_level(self, member: Member, event: str, level: Level) -> Answer:
        """Keep what a person wants of an event."""
        if event not in NAMES:
            return Refused(told("That event is not known any more: /notify"))
        await self._store.set_level(member.id, event, level, None)
        if level is Level.ON:
            return Done(f"{event}: {level}")
        return Done(told("{what}: {level}. {critical}", what=event, level=level, critical=_MUTED))

    async def mute(self, member: Member, words: Sequence[str]) -> Answer:
        """Let everything, or one event, arrive without a sound for a while."""
        event = next((one.casefold() for one in words if one.casefold() in NAMES), None)
        rest = [one for one in words if one.casefold() != event]
        span = parse_span((rest[0] if rest else _HOUR).casefold())
        if span is None or len(rest) > 1:
            return Refused(
                told(
                    "“{word}” is no length of time up to a week. Example: {example}",
                    word=" ".join(rest)[:20],
                    example="/mute 2h, /mute heartbeat 1d",
                )
            )
        until = self._clock.now() + span
        if event is None:
            await self._store.set_mute(member.id, until)
        else:
            await self._store.set_level(member.id, event, Level.SILENT, until)
        length = rest[0] if rest else _HOUR
        return Done(
            told(
                "{what} is silent for {length}. {critical} /unmute lifts it.",
                what=event or told("Everything"),
                length=length,
                critical=_MUTED,
            )
        )

    async def unmute(self, member: Member) -> Answer:
        """Lift every mute that had an end."""
        await self._store.set_mute(member.id, None)
        return Done(told("Messages sound again. /notify shows what is off or silent for good."))

    async def quiet(self, member: Member, words: Sequence[str]) -> Answer:
        """Set the hours without a sound, in the person's own zone."""
        example = told("Example: {example}", example="/quiet 22-7, /quiet 22-7 digest, /quiet off")
        zone = member.reader.zone
        if not words:
            now = (await self._store.attention(member.id)).quiet
            shown = told("No quiet hours")
            if now is not None:
                shown = told("Quiet {hours} {zone}", hours=quiet_words(now), zone=zone)
            return Done(told("{shown}. {example}", shown=shown, example=example))
        if words[0].casefold() == "off":
            await self._store.set_quiet(member.id, None)
            return Done(told("No quiet hours any more."))
        hours = parse_quiet(words[0])
        mode = words[1].casefold() if len(words) > 1 else "silent"
        if hours is None or mode not in ("silent", "digest") or len(words) > 2:
            return Refused(
                told(
                    "“{word}” are no hours. {example}",
                    word=" ".join(words)[:40],
                    example=example,
                )
            )
        quiet = replace(hours, digest=mode == "digest")
        await self._store.set_quiet(member.id, quiet)
        how = told("one digest afterwards") if quiet.digest else told("no sound")
        words_ = told(
            "Quiet {hours} {zone}: {how}. {critical}",
            hours=quiet_words(hours),
            zone=zone,
            how=how,
            critical=_MUTED,
        )
        if zone != "UTC":
            return Done(words_)
        return Done(told("{words} Your zone: /settings zone Europe/Berlin.", words=words_))

    async def acknowledge(self, member: Member, alarm_id: int | None) -> Answer:
        """End the ringing of one alarm, or of every one this person was told of."""
        seen = await self._store.acknowledge(alarm_id, member.id)
        if isinstance(seen, str):
            return Refused(_UNSEEN[seen])
        if not seen:
            return Done(told("No alarm rings."))
        names = ", ".join(kind.replace("_", " ") for kind in seen)
        return Done(told("Seen: {names}. It rings nobody any more.", names=names))

    async def read_as(self, member: Member, what: str, value: str) -> Answer:
        """Set the language, zone or form of numbers."""
        match what:
            case "language":
                known = value.casefold()
                if known not in self._languages:
                    return Refused(_none_of(value, self._languages))
            case "zone":
                found = await _zone(value)
                if found is None:
                    return Refused(
                        told(
                            "“{word}” is no zone. Example: {example}",
                            word=value[:40],
                            example="/settings zone Europe/Berlin",
                        )
                    )
                known = found
            case "numbers":
                known = value.casefold()
                if known not in {one.value for one in Numbers}:
                    return Refused(_none_of(value, tuple(Numbers)))
            case _:
                return Refused(_none_of(what, ("language", "zone", "numbers")))
        await self._store.set_reader(member.id, what, known)
        return Done(f"{what}: {known}")

    async def has_keyboard(self, member: Member) -> bool:
        """Tell whether a person wants the keyboard under the text field."""
        return await self._store.has_keyboard(member.id)

    async def show_keyboard(self, member: Member, *, shown: bool) -> None:
        """Keep whether they do."""
        await self._store.set_keyboard(member.id, shown=shown)


_UNSEEN = {
    "unknown": told("That alarm is not yours to answer. Nothing was changed."),
    "over": told("That alarm is over already."),
    "seen": told("Somebody has seen it already."),
}


def _none_of(word: str, names: Sequence[str]) -> str:
    return told(
        "“{word}” is none of {names}. {example}",
        word=word[:20],
        names=", ".join(names),
        example=told("Example: {example}", example="/settings zone Europe/Berlin"),
    )


async def _zone(text: str) -> str | None:
    """Return the zone of its IANA name or of its city, however it is written."""
    wanted = text.strip().replace(" ", "_")
    if is_zone(wanted):
        return wanted
    # The names are files: looked for beside the event loop, and only for a city's name.
    names = await asyncio.to_thread(available_timezones)
    folded = wanted.casefold()
    for name in sorted(names):
        if folded and folded in (name.casefold(), name.casefold().rpartition("/")[2]):
            return name
    return None
