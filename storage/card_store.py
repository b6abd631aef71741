"""Cards that wait: their live price, their edits, and the reason of a rejection."""

import sqlite3
from datetime import datetime

from storage import cards, people, rows, signals
from storage.base import StoreBase
from storage.rows import encode
from trading.clock import to_ms
from trading.ids import AccountId, ApprovalId, MemberId
from trading.model import Approval, ApprovalStatus, Live, Role, Terms
from trading.words import told

OPEN = told("the card no longer waits: nothing was changed")


class CardStore(StoreBase):
    """What changes on a card beside the decision; each method is one transaction."""

    async def offered(self, account_id: AccountId) -> list[Approval]:
        return await self._glance(offered, account_id)

    async def live(self, approval_id: ApprovalId, live: Live) -> None:
        await self._write(show_live, approval_id, live, self._now())

    async def approval(self, approval_id: ApprovalId) -> Approval | None:
        return await self._glance(signals.approval, approval_id)

    async def of_signal(self, member_id: MemberId, signal_id: int) -> list[Approval]:
        return await self._glance(of_signal, member_id, signal_id)

    async def shown_in(self, approval_id: ApprovalId) -> list[tuple[int, int]]:
        return await self._glance(shown_in, approval_id)

    async def edit(
        self, approval_id: ApprovalId, member_id: MemberId, terms: Terms
    ) -> AccountId | str:
        return await self._write(edit, approval_id, member_id, terms, self._now())

    async def give_reason(self, approval_id: ApprovalId, member_id: MemberId, reason: str) -> bool:
        return await self._write(give_reason, approval_id, member_id, reason, self._now())


def offered(connection: sqlite3.Connection, account_id: AccountId) -> list[Approval]:
    """Return the cards that are shown and wait for an answer, oldest first."""
    found = connection.execute(
        "SELECT id FROM approval WHERE account_id = ? AND status = 'offered'"
        # The partial index is found by its own words alone.
        " AND status IN ('offered', 'approved') AND proposal_json IS NOT NULL ORDER BY id",
        (account_id,),
    ).fetchall()
    known = (signals.approval(connection, ApprovalId(row["id"])) for row in found)
    return [one for one in known if one is not None]


def of_signal(
    connection: sqlite3.Connection, member_id: MemberId, signal_id: int
) -> list[Approval]:
    """Return the questions a signal puts to the accounts a member has a right on."""
    found = connection.execute(
        "SELECT a.id FROM approval a JOIN account_member m ON m.account_id = a.account_id"
        " WHERE a.signal_id = ? AND m.member_id = ? ORDER BY a.id",
        (signal_id, member_id),
    ).fetchall()
    known = (signals.approval(connection, ApprovalId(row["id"])) for row in found)
    return [one for one in known if one is not None]


def shown_in(connection: sqlite3.Connection, approval_id: ApprovalId) -> list[tuple[int, int]]:
    """Return chat and message of each copy of a card that was sent."""
    found = connection.execute(
        "SELECT chat_id, message_id FROM outbox WHERE topic = ? AND message_id IS NOT NULL"
        " ORDER BY id",
        (f"approval:{approval_id}",),
    )
    return [(row["chat_id"], row["message_id"]) for row in found]


def show_live(
    connection: sqlite3.Connection, approval_id: ApprovalId, live: Live, now: datetime
) -> None:
    """Show the market beside a card, if it still waits."""
    changed = connection.execute(
        "UPDATE approval SET live_json = ? WHERE id = ? AND status = 'offered'",
        (encode(live), approval_id),
    )
    if changed.rowcount:
        cards.refresh(connection, approval_id, now)


def edit(
    connection: sqlite3.Connection,
    approval_id: ApprovalId,
    member_id: MemberId,
    terms: Terms,
    now: datetime,
) -> AccountId | str:
    """Put new terms in force: the card is worked out anew, and earlier votes count no more."""
    row = connection.execute("SELECT * FROM approval WHERE id = ?", (approval_id,)).fetchone()
    role = people.role_on(connection, member_id, AccountId(row["account_id"]))
    if role is None or not role.may(Role.TRADER):
        return told("you may look at this account, not trade on it: nothing was changed")
    if row["status"] != ApprovalStatus.OFFERED or row["expires_ms"] <= to_ms(now):
        return OPEN
    if rows.decode(Terms, row["terms_json"]).revision != terms.revision - 1:
        return told("someone else changed the card just now: look at it again")
    connection.execute(
        "UPDATE approval SET terms_json = ?, proposal_json = NULL, live_json = NULL WHERE id = ?",
        (encode(terms), approval_id),
    )
    connection.execute("DELETE FROM approval_vote WHERE approval_id = ?", (approval_id,))
    account_id = AccountId(row["account_id"])
    people.audit(
        connection,
        now,
        "signal_edited",
        f"approval {approval_id}: {encode(terms)}",
        member=member_id,
        account=account_id,
    )
    cards.refresh(connection, approval_id, now)
    return account_id


def give_reason(
    connection: sqlite3.Connection,
    approval_id: ApprovalId,
    member_id: MemberId,
    reason: str,
    now: datetime,
) -> bool:
    """Keep why a member rejected a card; False where it is not theirs to say."""
    changed = connection.execute(
        "UPDATE approval SET detail = ? WHERE id = ? AND member_id = ? AND status = 'rejected'",
        (reason, approval_id, member_id),
    )
    if not changed.rowcount:
        return False
    people.audit(
        connection, now, "signal_reason", f"approval {approval_id}: {reason}", member=member_id
    )
    cards.refresh(connection, approval_id, now)
    return True
