"""Long work as rows: what runs, and what a stop of the program cut short."""

import sqlite3
from datetime import datetime

from storage import rows
from storage.base import StoreBase
from trading.clock import to_ms
from trading.ids import MemberId
from trading.work import Unfinished


def begin(
    connection: sqlite3.Connection,
    member_id: MemberId,
    chat_id: int,
    message_id: int,
    title: str,
    now: datetime,
) -> int:
    """Write down that a work runs and which message shows it; return its number."""
    row = connection.execute(
        "INSERT INTO long_work (member_id, chat_id, message_id, title, started_ms)"
        " VALUES (?, ?, ?, ?, ?) RETURNING id",
        (member_id, chat_id, message_id, title, to_ms(now)),
    ).fetchone()
    return int(row["id"])


def end(connection: sqlite3.Connection, work_id: int, outcome: str, now: datetime) -> None:
    """Write down that a work ended, and how."""
    connection.execute(
        "UPDATE long_work SET ended_ms = ?, outcome = ? WHERE id = ? AND ended_ms IS NULL",
        (to_ms(now), outcome, work_id),
    )


def unfinished(connection: sqlite3.Connection) -> list[Unfinished]:
    """Return every work without an end."""
    found = connection.execute(
        "SELECT w.id, w.chat_id, w.message_id, w.title, m.language, m.speaks, m.zone, m.numbers"
        " FROM long_work w JOIN member m ON m.id = w.member_id"
        " WHERE w.ended_ms IS NULL ORDER BY w.id"
    )
    return [
        Unfinished(row["id"], row["chat_id"], row["message_id"], row["title"], rows.reader(row))
        for row in found
    ]


class LongWorkStore(StoreBase):
    """Implements ``trading.work.WorkStore``."""

    async def begin(self, member_id: MemberId, chat_id: int, message_id: int, title: str) -> int:
        return await self._write(begin, member_id, chat_id, message_id, title, self._now())

    async def end(self, work_id: int, outcome: str) -> None:
        await self._write(end, work_id, outcome, self._now())

    async def unfinished(self) -> list[Unfinished]:
        return await self._read(unfinished)
