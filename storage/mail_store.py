"""Addresses and mails as their services ask for them; each method is one transaction."""

from collections.abc import Callable
from datetime import datetime

from storage import mail_boxes, mail_queue
from storage.base import StoreBase
from storage.database import Database
from storage.mail_boxes import Linked
from storage.mail_queue import Mail
from trading.clock import Clock
from trading.ids import MemberId
from trading.mail import CodeAsked, Confirm, MailBox, MailKind, TooMany, code_of


class MailStore(StoreBase):
    """Implements ``trading.mailing.MailStore`` and the queue the mail sender empties."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        said: Callable[[], None] = lambda: None,
        code_key: bytes = b"",
    ) -> None:
        """``code_key`` is what codes follow from: a secret that is not in the database."""
        super().__init__(database, clock, said)
        self._code_key = code_key

    def code(self, seed: str, address: str) -> str:
        """Return the code that proves an address."""
        return code_of(self._code_key, seed, address)

    async def box(self, member_id: MemberId) -> MailBox:
        return await self._read(mail_boxes.box, member_id, self._now())

    async def ask(self, member_id: MemberId, address: str) -> CodeAsked | TooMany:
        return await self._write(mail_boxes.ask, member_id, address, self._now())

    async def confirm(self, member_id: MemberId, code: str) -> Confirm:
        return await self._write(mail_boxes.confirm, member_id, code, self.code, self._now())

    async def switch(self, member_id: MemberId, kind: MailKind, *, on: bool) -> None:
        await self._write(mail_boxes.switch, member_id, kind, self._now(), on=on)

    async def forget(self, member_id: MemberId) -> bool:
        return await self._write(mail_boxes.forget, member_id, self._now())

    async def linked(self, token: str) -> Linked | None:
        """Return what an unsubscribe link is for, None where it is not one of ours."""
        return await self._glance(mail_boxes.linked, token)

    async def unsubscribe(self, token: str) -> Linked | None:
        """Switch off what an unsubscribe link names, None where it is not one of ours."""
        return await self._write(mail_boxes.unsubscribe, token, self._now())

    async def recover(self, *, served: bool) -> None:
        await self._read(mail_queue.recover, served=served)

    async def claim(self) -> Mail | None:
        return await self._read(mail_queue.claim, self._now())

    async def next_due(self) -> int | None:
        return await self._glance(mail_queue.next_due)

    async def mark_sent(self, mail_id: int) -> None:
        await self._read(mail_queue.mark_sent, mail_id, self._now())

    async def mark_retry(self, mail_id: int, error: str, not_before: datetime) -> None:
        await self._read(mail_queue.mark_retry, mail_id, error, not_before)

    async def mark_dead(self, mail_id: int, error: str) -> None:
        await self._write(mail_queue.mark_dead, mail_id, error, self._now())

    async def refuse(self, mail_id: int, error: str) -> None:
        await self._write(mail_queue.refuse, mail_id, error, self._now())

    async def tell_trouble(self, why: str) -> None:
        await self._write(mail_queue.tell_trouble, why, self._now())
