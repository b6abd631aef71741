"""What a person does with a held message: mend a field, take it, drop it."""

from decimal import Decimal
from typing import Protocol

from trading.corrections import FIELDS, draft_of
from trading.ids import MemberId, SignalId
from trading.incoming import Held, OutcomeKind
from trading.intake import IntakeService
from trading.model import Member, SignalDraft
from trading.words import told

_SETTLED = told("This one is settled already.")


class FixStore(Protocol):
    """Held messages; each call is one transaction, and gives the words of a refusal or None."""

    async def held(self, held_id: int, member_id: MemberId) -> Held | str | None:
        """Return a held message that is still open, or why it is not this member's to settle."""

    async def ask_field(self, held_id: int, member_id: MemberId, name: str) -> str | None:
        """Ask a member for a field."""

    async def put_field(
        self, held_id: int, member_id: MemberId, name: str, text: str
    ) -> str | None:
        """Set a field as a person wrote it."""

    async def asked_of(self, member_id: MemberId) -> tuple[int, str] | None:
        """Return what a member was asked for last."""

    async def drop_held(self, held_id: int, member_id: MemberId) -> str | None:
        """End it without a trade."""

    async def taken(self, of: Held, signal_id: SignalId, member_id: MemberId) -> bool:
        """End it as a signal; a correction becomes a case of its source."""

    async def expire_held(self) -> int:
        """End what nobody looked at in time."""


class FixService:
    """Acts for a member on a held message; every method is safe to repeat."""

    def __init__(self, store: FixStore, intake: IntakeService) -> None:
        self._store = store
        self._intake = intake

    async def ask(self, member: Member, held_id: int, field: str) -> str | None:
        """Ask for a field; the member's next reply sets it."""
        if field not in FIELDS:
            return told("That is no field of a signal.")
        return await self._store.ask_field(held_id, member.id, field)

    async def answer(self, member: Member, text: str) -> str | None:
        """Set the field a member was asked for; ``no question`` where none is open."""
        asked = await self._store.asked_of(member.id)
        if asked is None:
            return "no question"
        held_id, field = asked
        return await self._store.put_field(held_id, member.id, field, text)

    async def stop_at(self, member: Member, held_id: int, stop: Decimal) -> str:
        """Set a suggested stop and take the signal with it."""
        refusal = await self._store.put_field(held_id, member.id, "stop", f"{stop:f}")
        return refusal or await self.take(member, held_id)

    async def take(self, member: Member, held_id: int) -> str:
        """Put the mended signal to the desk; return what happened in words."""
        held = await self._store.held(held_id, member.id)
        if held is None:
            return _SETTLED
        if isinstance(held, str):
            return held
        draft = draft_of(held.sketch)
        if not isinstance(draft, SignalDraft):
            return told("Not yet: {words}.", words=draft[0].words)
        if draft.stop_loss is None:
            return told("Not yet: it names no stop loss.")
        outcome = await self._intake.offer(held.source, draft, f"{held.ref}:fixed", by=held.by)
        if not outcome.signals:
            return told("Not taken: {words}.", words=outcome.words)
        await self._store.taken(held, outcome.signals[0], member.id)
        known = outcome.kind is OutcomeKind.KNOWN
        return told("It was taken already.") if known else told("Taken: the card follows.")

    async def drop(self, member: Member, held_id: int) -> str:
        """End it without a trade."""
        return await self._store.drop_held(held_id, member.id) or told("Dropped: no trade.")

    async def expire(self) -> int:
        """End what nobody looked at in time."""
        return await self._store.expire_held()
