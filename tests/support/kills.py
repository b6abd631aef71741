"""Kill the bot at many moments between a tap and its message, and say what became of each tap."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.process_desk import Nursery, ProcessDesk, process_desk

ROOMY = {"RISK_MAX_OPEN_POSITIONS": "10000", "TERMINAL_BALANCE": "10000000"}
LATEST_KILL = 0.07
"""Seconds after a tap: by then the last message about it has usually gone out."""
SETTLE = 1.0
"""The bot's own ten seconds are for brokers; the simulated one answers within this."""
UNTOLD = (
    "SELECT id FROM approval WHERE status <> 'ordered'"
    " UNION ALL SELECT id FROM orders WHERE status = 'submitted'"
    " UNION ALL SELECT id FROM outbox WHERE topic LIKE 'approval:%' AND status <> 'sent'"
)
"""What has not come to its end, or whose end is not in the chat."""


@dataclass
class Tally:
    """What was found when the last bot had come to rest."""

    kills: int = 0
    open_at_kill: Counter[str] = field(default_factory=Counter)
    """How far the tap had come when its bot died."""
    filled: int = 0
    not_sent: int = 0
    wrong: list[str] = field(default_factory=list)
    """Approvals with two positions, without an end, or with an untrue card."""


async def kill_at_many_moments(folder: Path, nursery: Nursery, count: int, seed: int) -> Tally:
    """Tap and kill so many times over one file and one account, then judge every approval."""
    dice, tally = random.Random(seed), Tally()  # noqa: S311 - moments, not secrets
    async with process_desk(folder, nursery, **ROOMY) as desk:
        desk.fault(
            {"kind": "delay", "seconds": 0.01, "probability": 0.4, "id": "before"},
            {"kind": "execute_then_hang", "seconds": 0.02, "probability": 0.4, "id": "after"},
        )
        for _ in range(count):
            await desk.start(settle=SETTLE)
            card = await desk.card(volume="0.01", expires_in=3600)
            await desk.owner.taps(card, "Approve", timeout=0)
            await asyncio.sleep(dice.uniform(0, LATEST_KILL))
            await desk.kill()
            tally.kills += 1
            tally.open_at_kill[stage(desk)] += 1
        await desk.start(settle=SETTLE)
        async with asyncio.timeout(60):
            while desk.rows(UNTOLD):  # noqa: ASYNC110 - the bot is another process
                await asyncio.sleep(0.05)
        assert await desk.end() == 0
        judge(desk, count, tally)
    return tally


def stage(desk: ProcessDesk) -> str:
    """Return how far the newest approval is on disk."""
    (row,) = desk.rows(
        "SELECT a.status, o.status AS order_status FROM approval a"
        " LEFT JOIN orders o ON o.approval_id = a.id ORDER BY a.id DESC LIMIT 1"
    )
    return str(row["order_status"] or row["status"])


def judge(desk: ProcessDesk, approvals: int, tally: Tally) -> None:
    """Hold every approval against the broker's deals and the words of its card; the bot is down."""
    opened = Counter(deal.magic for deal in desk.deals() if deal.entry == 0)
    orders = desk.rows(
        "SELECT o.client_order_id, o.status, b.message_id FROM orders o"
        " JOIN outbox b ON b.topic = 'approval:' || o.approval_id WHERE o.purpose = 'entry'"
    )
    if len(orders) != approvals:
        tally.wrong.append(f"{approvals} approvals and {len(orders)} orders")
    shown = {message.message_id: message for message in desk.owner.messages}
    for order in orders:
        card = shown[int(str(order["message_id"]))]
        deals = opened.pop(order["client_order_id"], 0)
        words = {("filled", 1): "Filled", ("rejected", 0): "Not executed"}.get(
            (str(order["status"]), deals)
        )
        if words is None or words not in card.text or card.buttons:
            tally.wrong.append(f"{order['status']} with {deals} deals, and the card: {card.text}")
        tally.filled += deals == 1
        tally.not_sent += deals == 0
    tally.wrong += [f"a deal nobody approved: {magic}" for magic in opened]
