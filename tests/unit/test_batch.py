"""A batch of approved signals: what it asks of the terminal grows with the orders, not faster."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.faults.test_crash_everywhere import CALM
from tests.support.loop_desk import LoopDesk
from trading.errors import TerminalUnavailable


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


async def test_an_answer_is_kept_though_the_next_order_cannot_be_planned(tmp_path: Path) -> None:
    desk = LoopDesk(tmp_path, CALM)
    await desk.open()
    await desk.passes(2)
    for number in range(2):
        await desk.ingest(f"s{number}", volume=Decimal("0.01"))
    await desk.passes(2, every=0.2)
    for number in (1, 2):
        await desk.approve(number)
    planner: Any = desk.loop.planner
    plan = planner.plan

    async def lost(approval: Any, *rest: Any) -> Any:
        if approval.id == 2:
            raise TerminalUnavailable("the worker is not running")
        return await plan(approval, *rest)

    planner.plan = lost
    await desk.passes(1, every=0.2)
    assert len(desk.positions()) == 1
    orders = await desk.rows("SELECT status, unresolved_ms FROM orders")
    assert [tuple(row) for row in orders] == [("filled", None)]
    assert not desk.loop.executor.at_work
    planner.plan = plan
    await desk.passes(3)
    assert len(desk.positions()) == 2
    await desk.drop()


async def test_deals_of_new_positions_alone_are_read_each_second_not_each_pass(
    tmp_path: Path,
) -> None:
    """A thousand approvals read the last minutes' deals a hundred times."""
    desk = LoopDesk(tmp_path, CALM, RISK_MAX_OPEN_POSITIONS="50")
    await desk.open()
    await desk.passes(20)
    for number in range(5):
        await desk.ingest(f"s{number}", volume=Decimal("0.01"))
    await desk.passes(2, every=0.2)
    terminal: Any = desk.loop.terminal
    asked: list[object] = []
    read = terminal.deals

    async def deals(*span: object) -> Any:
        asked.append(span)
        return await read(*span)

    terminal.deals = deals
    for number in range(1, 6):
        await desk.approve(number)
        await desk.passes(1, every=0.1)
    await desk.passes(1, every=0.1)
    assert len(desk.positions()) == 5
    assert len(asked) <= 2
    await desk.passes(2)
    (known,) = await desk.rows("SELECT count(*) AS n FROM deal WHERE deal_type = 'buy'")
    assert known["n"] == 5
    await desk.drop()
