"""An entry attempted while a cap is exceeded: held by the first reading, ended by the second."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.faults.test_crash_everywhere import FALL_AT, FALLING, trade
from tests.support.loop_desk import LoopDesk
from trading.drawdown import MAX_DRAWDOWN_THRESHOLD, MIN_DRAWDOWN_THRESHOLD
from trading.drawdown.guard import DrawdownGuard, DrawdownState
from trading.errors import DrawdownCapExceededError
from trading.model import Decision


async def test_an_entry_on_a_capped_account_is_not_sent_and_the_error_says_why(
    tmp_path: Path,
) -> None:
    desk = await LoopDesk(tmp_path, FALLING, TERMINAL_BALANCE="4100").open()
    await trade(desk)
    await desk.tighten(Decimal("10.9"))  # the fall takes 11: near enough to ask a second time
    await desk.passes(1)
    await desk.ingest("two", stop_loss=Decimal("1.0100"), volume=Decimal("0.01"))
    await desk.passes(1)
    desk.clock.advance(FALL_AT + 1 - (desk.clock.monotonic() - 1000))
    await desk.approve(2, Decision.APPROVE)
    await desk.passes(1, every=0.1)
    guard = desk.loop._guard  # noqa: SLF001 - the specification's name for what is asked inside
    assert isinstance(guard, DrawdownGuard)
    state = desk.loop.verdict.state
    assert isinstance(state, DrawdownState)
    assert state.cap_triggered
    with pytest.raises(DrawdownCapExceededError) as caught:
        guard.assert_can_trade(desk.loop.verdict)
    assert caught.value.max_drawdown == Decimal("10.9")
    assert Decimal("10.9") <= caught.value.current_drawdown < 12
    (held,) = await desk.rows("SELECT status FROM approval WHERE id = 2")
    assert held["status"] == "approved"
    await desk.passes(6, every=0.4)
    (ended,) = await desk.rows("SELECT status FROM approval WHERE id = 2")
    assert ended["status"] == "canceled"
    assert len(desk.deals(entry=0)) == 1
    assert desk.positions() == ()
    await desk.drop()


def test_the_bounds_of_a_percent_cap_are_the_specifications() -> None:
    assert MIN_DRAWDOWN_THRESHOLD == 1
    assert MAX_DRAWDOWN_THRESHOLD == 99
