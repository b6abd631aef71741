"""A loop that stands still is told with its length, and so is its return."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from tests.faults.test_crash_everywhere import FALLING
from tests.support.loop_desk import LoopDesk
from trading.heartbeat import HeartbeatService
from trading.loop import TradingLoop
from trading.reporting import Reporter


async def test_the_return_of_a_stalled_loop_says_how_long_it_stood(tmp_path: Path) -> None:
    """It said "It stood 0 s."."""
    desk = LoopDesk(tmp_path, FALLING)
    await desk.open()
    loops = cast(TradingLoop, SimpleNamespace(loops={0: desk.loop}))
    reporter = Reporter(desk.clock, "test", [])
    heartbeat = HeartbeatService(loops, desk.store, desk.clock, reporter, lambda: 0, stall=30)
    try:
        await desk.passes(1)
        desk.clock.advance(40)
        await heartbeat.watch()
        desk.clock.advance(20)
        await desk.passes(1)
        await heartbeat.watch()
        told = await desk.told()
    finally:
        await desk.drop()
    assert '"seconds":41' in told.replace(" ", "")
    assert '"seconds":61' in told.replace(" ", "")
