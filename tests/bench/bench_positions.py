"""What 200 open positions cost: a pass with its rules, and the answers to /status and /fx."""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from handlers import replies
from handlers.positions import pick_list
from tests.faults.test_crash_everywhere import CALM
from tests.support.loop_desk import LoopDesk
from trading.positions.keeper import new_managed
from trading.positions.model import Rules
from trading.positions.selection import Held

POSITIONS = 200
ROUNDS = 60


async def desk_with(folder: Path, count: int) -> LoopDesk:
    """Return a desk whose account has so many positions, each with a trailing rule."""
    desk = await LoopDesk(folder, CALM, TERMINAL_BALANCE="10000000").open()
    await desk.passes(2)
    for number in range(count):
        request = {
            "action": 1, "symbol": "EURUSD", "volume": 0.01, "type": number % 2,
            "sl": 1.05 if number % 2 == 0 else 1.15, "type_filling": 1,
        }  # fmt: skip
        answer = desk.broker.order_send(request)
        assert answer is not None
        assert answer.retcode == 10009, answer
    await desk.passes(2)
    account, snapshot = desk.loop.account, desk.loop.snapshot
    assert account is not None
    assert snapshot is not None
    for position in snapshot.positions:
        rules = Rules(trail=Decimal("0.0400"))
        await desk.wishes.manage(new_managed(account.id, position, rules, "bench", None))
    await desk.passes(3)
    return desk


async def pass_ms(desk: LoopDesk) -> float:
    """Return the median of a pass that finds nothing to do."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await desk.loop.guarded_pass()
        times.append((time.perf_counter() - began) * 1000)
        desk.clock.advance(0.5)
    return statistics.median(times)


def answer_ms(make: Callable[[], object]) -> float:
    """Return the 95th percentile of making an answer."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        make()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(times, n=20)[-1]


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "none").mkdir()
        (folder / "many").mkdir()
        none = await desk_with(folder / "none", 0)
        many = await desk_with(folder / "many", POSITIONS)
        floor, full = await pass_ms(none), await pass_ms(many)
        account, snapshot = many.loop.account, many.loop.snapshot
        assert account is not None
        assert snapshot is not None
        assert len(snapshot.positions) == POSITIONS
        now = many.clock.now()
        held = [Held(account, many.loop, replace(one)) for one in snapshot.positions]
        loop = many.loop
        answers: dict[str, Callable[[], object]] = {
            "/status": lambda: replies.status(account, loop, now),
            "/status table": lambda: replies.status_table(account, loop, now),
            "/fx pick list": lambda: pick_list(held),
        }
        lines = [
            f"pass, no position     {floor:7.2f} ms median",
            f"pass, {POSITIONS} managed      {full:7.2f} ms median",
            *(f"{name:<20}  {answer_ms(make):7.2f} ms p95" for name, make in answers.items()),
        ]
        sys.stdout.write("\n".join(lines) + "\n")
        await none.drop()
        await many.drop()


if __name__ == "__main__":
    asyncio.run(main())
