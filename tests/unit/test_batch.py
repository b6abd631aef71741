"""A batch of approved signals: what it asks of the terminal grows with the orders, not faster."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.faults.test_crash_everywhere import CALM
from tests.support.loop_desk import LoopDesk


async def test_a_batch_asks_for_the_margin_of_each_order_once(tmp_path: Path) -> None:
    desk = LoopDesk(tmp_path, CALM, RISK_MAX_OPEN_POSITIONS="50")
    await desk.open()
    await desk.passes(2)
    for number in range(5):
        await desk.ingest(f"s{number}", volume=Decimal("0.01") * (number + 1))
    await desk.passes(2, every=0.2)
    for number in range(1, 6):
        await desk.approve(number)
    terminal: Any = desk.loop.planner._terminal  # noqa: SLF001 - to count what it is asked
    asked: list[object] = []
    ask = terminal.margin

    async def margin(*want: object) -> Decimal:
        asked.append(want)
        found: Decimal = await ask(*want)
        return found

    terminal.margin = margin
    await desk.passes(1, every=0.2)
    assert len(desk.positions()) == 5
    assert len(asked) == len(set(asked)) == 5
    await desk.drop()
