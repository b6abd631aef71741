"""What the handlers read from the store themselves; everything that acts goes by a service."""

from typing import Protocol

from aiogram.types import Message

from trading.ids import AccountId, MemberId
from trading.model import Account, Approval, Member, Role
from trading.work import Job


class DeskStore(Protocol):
    """The store as the chat sees it."""

    async def reachable_again(self, telegram_id: int) -> bool:
        """Note that a person can be written to, and send what they missed."""

    async def accounts_of(self, member_id: MemberId) -> list[Account]:
        """Return the accounts a member has any right on."""

    async def roles_of(self, member_id: MemberId) -> list[tuple[Account, Role]]:
        """Return a member's accounts with their role on each."""

    async def recent_approvals(self, account_id: AccountId, limit: int) -> list[Approval]:
        """Return an account's latest approvals, newest first."""


class MenuOf(Protocol):
    """The command menu beside a person's text field."""

    async def show_to(self, member: Member) -> None:
        """Publish a member's menu anew."""

    async def hide_from(self, telegram_id: int) -> None:
        """Take the menu away from someone who is no member any more."""


class Works(Protocol):
    """Work that goes on after its command was answered."""

    async def start(self, message: Message, member: Member, title: str, job: Job) -> None:
        """Answer a command with the message that will show its work, and begin it soon."""

    def cancel(self, work_id: int, member: Member) -> str:
        """End a work as its button asks; return what to say of it."""
