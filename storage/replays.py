"""What a replay left behind, read back as the chat would have told it."""

import sqlite3
from decimal import Decimal

from storage import breaches, cards
from storage.base import StoreBase
from trading.ids import ApprovalId
from trading.notices import ApprovalCard, FlattenReport


class ReplayStore(StoreBase):
    """Every card and every breach of a database, oldest first."""

    async def cards(self) -> list[ApprovalCard]:
        return await self._read(_cards)

    async def reports(self) -> list[FlattenReport]:
        return await self._read(_reports)

    async def results(self) -> dict[int, Decimal]:
        return await self._read(_results)


def _cards(connection: sqlite3.Connection) -> list[ApprovalCard]:
    rows = connection.execute("SELECT id FROM approval ORDER BY id").fetchall()
    return [cards.view(connection, ApprovalId(row["id"])) for row in rows]


def _reports(connection: sqlite3.Connection) -> list[FlattenReport]:
    rows = connection.execute("SELECT id FROM breach ORDER BY id").fetchall()
    return [breaches.view(connection, int(row["id"])) for row in rows]


def _results(connection: sqlite3.Connection) -> dict[int, Decimal]:
    """Return what the position of each approval's entry brought, by approval."""
    rows = connection.execute(
        "SELECT approval_id, account_id, position_id FROM orders"
        " WHERE purpose = 'entry' AND position_id IS NOT NULL"
    ).fetchall()
    found = {
        int(row["approval_id"]): breaches.realised(
            connection, row["account_id"], row["position_id"]
        )
        for row in rows
    }
    return {approval: result for approval, result in found.items() if result is not None}
