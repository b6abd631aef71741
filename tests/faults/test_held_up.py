"""An entry whose sender stood still is not sent late: another may have answered for it since."""

from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_crash_everywhere import CALM
from tests.support.loop_desk import LoopDesk
from trading.model import Order
from trading.sending import HELD_UP_SECONDS


async def approved(folder: Path) -> LoopDesk:
    desk = LoopDesk(folder, CALM)
    await desk.open()
    await desk.passes(2)
    await desk.ingest()
    await desk.passes(2)
    await desk.approve()
    return desk


@pytest.mark.parametrize(("seconds", "entries"), [(HELD_UP_SECONDS - 1, 1), (60.0, 0)])
async def test_an_intent_that_waited_to_be_sent_is_given_up(
    tmp_path: Path, seconds: float, entries: int
) -> None:
    desk = await approved(tmp_path)
    submit = desk.store.submit

    async def stand_still(new: Any) -> Order | None:
        order = await submit(new)
        desk.clock.advance(seconds)
        return order

    desk.store.submit = stand_still  # type: ignore[method-assign]  # the process is stopped there
    await desk.passes(1)
    assert len(desk.deals(entry=0)) == entries
    (order,) = await desk.rows("SELECT status, detail FROM orders")
    assert (order["status"], "held up" in order["detail"]) == (
        ("filled", False) if entries else ("rejected", True)
    )
    await desk.drop()


async def test_an_entry_that_waited_for_the_terminal_is_given_up(tmp_path: Path) -> None:
    desk = await approved(tmp_path)
    send = desk.client.send

    async def stand_still(request: Any) -> Any:
        ready = desk.client._session.ready  # noqa: SLF001 - where it would stand

        async def late() -> None:
            await ready()
            desk.clock.advance(60)

        desk.client._session.ready = late  # type: ignore[method-assign]  # noqa: SLF001
        outcome = await send(request)
        desk.client._session.ready = ready  # type: ignore[method-assign]  # noqa: SLF001
        return outcome

    desk.client.send = stand_still  # type: ignore[method-assign]  # the process is stopped there
    await desk.passes(1)
    assert desk.deals(entry=0) == []
    await desk.drop()


async def test_a_close_is_sent_however_late(tmp_path: Path) -> None:
    desk = await approved(tmp_path)
    await desk.passes(2)
    (position,) = (await desk.client.snapshot(["EURUSD"])).positions
    submit = desk.store.submit

    async def stand_still(new: Any) -> Order | None:
        order = await submit(new)
        desk.clock.advance(60)
        return order

    desk.store.submit = stand_still  # type: ignore[method-assign]
    assert desk.loop.account is not None
    order = await desk.loop.executor.close(desk.loop.account.id, position)
    assert order is not None
    assert order.status == "filled"
    assert desk.positions() == ()
    await desk.drop()
