"""The analytics hooks: what every event carries, and that a listener cannot stop the loop."""

import asyncio
from decimal import Decimal
from pathlib import Path

from bot.metrics import Metrics
from tests.faults.test_crash_everywhere import CALM, FALLING, breach, trade
from tests.support.loop_desk import LoopDesk, ManualClock
from trading.events import Event, EventType
from trading.reporting import Reporter


async def test_every_event_of_a_trade_and_a_breach_is_counted(tmp_path: Path) -> None:
    desk = await LoopDesk(tmp_path, FALLING, TERMINAL_BALANCE="4100").open()
    await breach(desk)
    await desk.drop()
    metrics = Metrics(desk.clock)
    for event in desk.events:
        metrics.listener(event)
    seen = {event.event_type for event in desk.events}
    assert seen >= {
        EventType.SIGNAL_OFFERED,
        EventType.ORDER_SUBMITTED,
        EventType.ORDER_APPLIED,
        EventType.DRAWDOWN_BREACHED,
        EventType.ACCOUNT_FLAT,
        EventType.PASS_DONE,
    }
    assert EventType.PASS_FAILED not in seen
    applied = [one.metadata for one in desk.events if one.event_type is EventType.ORDER_APPLIED]
    assert [(one["purpose"], one["status"]) for one in applied] == [
        ("entry", "filled"),
        ("close", "filled"),
    ]
    assert all(Decimal(str(one["send_ms"])) >= 0 for one in applied)
    assert {one.loop_id for one in desk.events} == {"test"}


def test_a_listener_that_fails_stops_neither_the_loop_nor_the_next_listener() -> None:
    heard: list[Event] = []

    def fails(_event: Event) -> None:
        raise KeyError("status")

    Reporter(ManualClock(), "test", [fails, heard.append]).event(EventType.PASS_DONE)
    assert [one.event_type for one in heard] == [EventType.PASS_DONE]


async def test_with_money_open_the_next_pass_comes_before_the_tick(tmp_path: Path) -> None:
    """So that a breach, and the second reading that confirms it, fit into one interval."""
    desk = await LoopDesk(tmp_path, CALM, TERMINAL_BALANCE="4100").open()
    await trade(desk)
    assert len(desk.positions()) == 1
    desk.events.clear()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(desk.loop.run())
        async with asyncio.timeout(60):
            while sum(one.event_type is EventType.PASS_DONE for one in desk.events) < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        desk.loop.stop()
        await running
    await desk.drop()
