"""The store of members' terminals: every method is one durable transaction."""

from collections.abc import Sequence
from datetime import timedelta

from storage import terminals
from storage.base import StoreBase
from trading.enrolment import MemberTerminal, Taken, TerminalId
from trading.ids import AccountId, MemberId
from trading.model import Member, TerminalKind


class TerminalsStore(StoreBase):
    """Implements ``trading.enrolment.EnrolmentStore``."""

    async def open_form(self, member_id: MemberId, what: str, ttl: timedelta) -> None:
        await self._write(terminals.open_form, member_id, what, self._now(), ttl)

    async def form_of(self, member_id: MemberId) -> str | None:
        return await self._read(terminals.form_of, member_id, self._now())

    async def close_form(self, member_id: MemberId) -> None:
        await self._write(terminals.close_form, member_id)

    async def enrol(
        self,
        member: Member,
        kind: TerminalKind,
        endpoints: Sequence[str],
        login: int,
        server: str,
        sealed: bytes,
    ) -> MemberTerminal | Taken:
        return await self._write(
            terminals.enrol, member, kind, endpoints, login, server, sealed, self._now()
        )

    async def terminals(self, member_id: MemberId | None = None) -> list[MemberTerminal]:
        return await self._read(terminals.all_of, member_id)

    async def remove_terminal(self, terminal_id: TerminalId, member_id: MemberId) -> bool:
        return await self._write(terminals.remove, terminal_id, member_id, self._now())

    async def terminal_seen(self, terminal_id: TerminalId, account_id: AccountId) -> None:
        await self._write(terminals.seen, terminal_id, account_id, self._now())

    async def terminal_refused(self, terminal_id: TerminalId, why: str) -> None:
        await self._write(terminals.refused, terminal_id, why, self._now())

    async def recheck(self, terminal_id: TerminalId, member_id: MemberId) -> bool:
        return await self._write(terminals.recheck, terminal_id, member_id, self._now())
