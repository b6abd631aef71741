"""Counts, ages and cleaning: what the desk knows of its own life."""

import sqlite3
from datetime import datetime

from storage import outbox
from trading.clock import from_ms, to_ms
from trading.ids import AccountId
from trading.notices import Priority, Unreachable


def totals(connection: sqlite3.Connection, account_id: AccountId) -> tuple[int, int]:
    """Return how many signals were worked on and how many entries filled, ever."""
    row = connection.execute(
        "SELECT signals_total, trades_total FROM account WHERE id = ?", (account_id,)
    ).fetchone()
    return int(row["signals_total"]), int(row["trades_total"])


def count_signals(connection: sqlite3.Connection, account_id: AccountId, count: int) -> None:
    """Add to the number of signals worked on."""
    connection.execute(
        "UPDATE account SET signals_total = signals_total + ? WHERE id = ?", (count, account_id)
    )


def last_alive(connection: sqlite3.Connection) -> datetime | None:
    """Return the last instant the desk is known to have run."""
    (ms,) = connection.execute("SELECT max(at_ms) FROM equity").fetchone()
    return None if ms is None else from_ms(ms)


def prune(connection: sqlite3.Connection, before: datetime) -> int:
    """Drop old equity samples, delivered messages and spent confirmations; keep every trade."""
    ms, gone = to_ms(before), 0
    for statement in (
        "DELETE FROM equity WHERE at_ms < ?",
        (
            "DELETE FROM outbox WHERE created_ms < ? AND status IN ('sent', 'dead', 'expired')"
            " AND coalesce(topic, '') NOT LIKE 'heartbeat%'"
        ),
        "DELETE FROM mail WHERE created_ms < ? AND status IN ('sent', 'dead')",
        (
            "DELETE FROM confirmation WHERE expires_ms < ?"
            " AND id NOT IN (SELECT confirm_id FROM wish WHERE confirm_id IS NOT NULL)"
        ),
    ):
        gone += connection.execute(statement, (ms,)).rowcount
    return gone


def ping(connection: sqlite3.Connection) -> None:
    """Prove that the database answers."""
    connection.execute("SELECT 1").fetchone()


def tell_unreachable(connection: sqlite3.Connection, row_id: int, why: str, now: datetime) -> None:
    """Tell the owners who else can still be reached that a member cannot be written to."""
    row = connection.execute(
        "SELECT m.name, m.telegram_id FROM outbox o JOIN member m ON m.telegram_id = o.chat_id"
        " WHERE o.id = ?",
        (row_id,),
    ).fetchone()
    if row is None:
        return
    others = [chat for chat in outbox.chats(connection, None) if chat != row["telegram_id"]]
    outbox.post(
        connection,
        others,
        Unreachable(row["name"], row["telegram_id"], why),
        Priority.DECISION,
        now,
        topic=f"unreachable:{row['telegram_id']}:{to_ms(now)}",
    )
