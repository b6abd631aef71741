"""Pictures come from a child process, within their time, or are refused in words."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bot.charts.renderer import MOST_WAITING, WORKER, ChartRenderer
from bot.charts.wire import frame
from bot.sandbox.files import _png_size  # the picture is judged as Telegram judges it
from trading.charts import (
    Bar,
    Chart,
    ChartError,
    DailyChart,
    DecisionChart,
    DrawdownChart,
    EquityChart,
    bars_of,
)
from trading.model import Side

START = datetime(2026, 11, 24, tzinfo=UTC)
POINTS = tuple((START + timedelta(hours=hour), Decimal(10_000 + hour)) for hour in range(48))
BARS = bars_of([(at, amount / 10_000) for at, amount in POINTS], timedelta(hours=4))


@asynccontextmanager
async def renderer(
    command: tuple[str, ...] = WORKER, **given: float
) -> AsyncIterator[ChartRenderer]:
    one = ChartRenderer(command, **given)
    try:
        yield one
    finally:
        await one.close()


def decision(**changes: object) -> DecisionChart:
    fields: dict[str, object] = {
        "title": "BUY $EUR$USD <&> \N{ARABIC LETTER ALEF} 🚀",
        "symbol": "EURUSD",
        "digits": 5,
        "side": Side.BUY,
        "entry": Decimal("1.0010"),
        "stop_loss": Decimal("0.9990"),
        "take_profits": (Decimal("1.0030"), Decimal("1.0050")),
        "bars": BARS,
        "price": Decimal("1.0011"),
    }
    return DecisionChart(**{**fields, **changes})  # type: ignore[arg-type]  # what a test changes


async def test_every_kind_of_chart_is_a_picture_a_chat_takes() -> None:
    days = tuple((date(2026, 11, day), Decimal(day - 12)) for day in range(1, 25))
    charts: list[Chart] = [
        EquityChart("Equity", "USD", POINTS, "Asia/Kathmandu"),
        EquityChart("One reading", "JPY", POINTS[:1]),
        DrawdownChart("Drawdown", tuple((at, Decimal(0)) for at, _ in POINTS)),
        DailyChart("Days", "USD", days),
        DailyChart("One day", "USD", days[:1]),
        decision(),
        decision(bars=(), stop_loss=None, take_profits=(), price=None),
        decision(bars=BARS[:1]),
    ]
    async with renderer() as drawing:
        for chart in charts:
            size = _png_size(await drawing.render(chart))
            assert size == (1080, 810), chart.title


async def test_a_chart_that_takes_too_long_is_killed_and_the_next_is_drawn_anew() -> None:
    hanging = (sys.executable, "-c", "import time; time.sleep(60)")
    async with renderer(hanging, deadline=0.2) as drawing:
        with pytest.raises(ChartError, match=r"not drawn within 0\.2 s"):
            await drawing.render(decision())
        assert drawing.pid is None


async def test_a_child_that_dies_is_told_in_words() -> None:
    async with renderer((sys.executable, "-c", "pass"), deadline=10) as drawing:
        with pytest.raises(ChartError, match="ask again"):
            await drawing.render(decision())


async def test_a_drawing_that_fails_leaves_the_process_in_use() -> None:
    async with renderer() as drawing:
        with pytest.raises(ChartError, match="could not be drawn"):
            await drawing.render(EquityChart("No points at all", "USD", ()))
        pid = drawing.pid
        assert await drawing.render(decision())
        assert drawing.pid == pid


async def test_a_cancelled_chart_takes_its_process_with_it() -> None:
    hanging = (sys.executable, "-c", "import time; time.sleep(60)")
    async with renderer(hanging) as drawing, asyncio.TaskGroup() as group:
        asked = group.create_task(drawing.render(decision()))
        async with asyncio.timeout(60):
            while drawing.pid is None:  # noqa: ASYNC110 - a process has no event for its start
                await asyncio.sleep(0.01)
        asked.cancel()
        await asyncio.wait([asked])
        assert drawing.pid is None


async def test_more_charts_than_can_wait_are_refused() -> None:
    hanging = (sys.executable, "-c", "import time; time.sleep(60)")
    async with renderer(hanging) as drawing, asyncio.TaskGroup() as group:
        waiting = [group.create_task(drawing.render(decision())) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(ChartError, match="too many"):
            await drawing.render(decision())
        for task in waiting:
            task.cancel()


def test_a_killed_bot_leaves_a_child_that_ends_without_a_word() -> None:
    with subprocess.Popen(  # noqa: S603 - our own program
        WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        child.stdin.write(frame(b"[]"))
        child.stdin.close()
        assert (child.wait(60), child.stderr.read()) == (0, b"")


async def test_an_idle_child_gives_its_memory_back() -> None:
    async with renderer(idle=0.05) as drawing:
        await drawing.render(decision(bars=()))
        async with asyncio.timeout(60):
            while drawing.pid is not None:  # noqa: ASYNC110 - its end has no event
                await asyncio.sleep(0.01)


def test_prices_become_candles() -> None:
    at = datetime(2026, 11, 24, 12, 0, 59, tzinfo=UTC)
    prices = [
        (at + timedelta(seconds=second), Decimal(price))
        for second, price in ((0, "1.2"), (1, "1.1"), (2, "1.4"), (3, "1.3"), (120, "1.5"))
    ]
    minute = timedelta(minutes=1)
    start = at.replace(second=0)
    assert bars_of(prices, minute) == (
        Bar(start, *map(Decimal, ("1.2", "1.2", "1.2", "1.2"))),
        Bar(start + minute, *map(Decimal, ("1.1", "1.4", "1.1", "1.3"))),
        Bar(start + 2 * minute, *map(Decimal, ("1.5", "1.5", "1.5", "1.5"))),
    )
