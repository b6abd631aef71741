"""Closed trades and people for a desk in a chat."""

import asyncio

from bot.sandbox import Person
from tests.support.chat_desk import ChatDesk
from tests.support.fresh import direct
from trading.model import Role


async def close_some(desk: ChatDesk, by_hand: int) -> None:
    """Let so many trades be opened by hand at the broker, and close all that are open."""
    await desk.says("/profit", "0 won")
    for _ in range(by_hand):
        desk.instruct("open", symbol="EURUSD", side="sell", volume="0.10")
    known = desk.rows(
        "SELECT count(*) AS n FROM orders WHERE purpose = 'entry' AND status = 'filled'"
    )
    await closed(desk, by_hand + int(str(known[0]["n"])))


async def closed(desk: ChatDesk, count: int) -> None:
    """Close everything by hand at the broker, and wait until the desk knows so many trades."""
    async with asyncio.timeout(60):
        while True:
            for row in desk.rows("SELECT position_id FROM trade WHERE closed_ms IS NULL"):
                desk.instruct("close", ticket=row["position_id"])
            done = desk.rows("SELECT count(*) AS n FROM trade WHERE closed_ms IS NOT NULL")
            if done[0]["n"] == count:
                return
            await asyncio.sleep(0.05)


def member(desk: ChatDesk, telegram_id: int, name: str, role: Role) -> Person:
    """Let a person in with a role on the one account."""
    with direct(desk.settings.database_path) as database:
        database.execute(
            "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (?, ?, ?, 0)",
            (telegram_id, name, role),
        )
        database.execute(
            "INSERT INTO account_member (account_id, member_id, role)"
            " SELECT 1, id, ? FROM member WHERE telegram_id = ?",
            (role, telegram_id),
        )
    return desk.sandbox.person(telegram_id, name)
