"""The program as a user runs it, over a stand-in for MetaTrader5 that shares no code with ours."""

from pathlib import Path

import pytest

from tests.support.strict_desk import StrictDesk, strict_desk

PATIENCE = 60
"""Seconds: two programs start here while other tests keep the processors busy."""
GOLD = {
    "symbol": "XAUUSD",
    "stop_loss": "2640.00",
    "take_profits": ["2680.00"],
    "volume": "0.10",
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", ["local", "remote"])
async def test_from_signal_to_stop_loss_and_a_breach_that_ends_flat(
    tmp_path: Path, kind: str
) -> None:
    async with strict_desk(tmp_path, kind) as desk:
        await filled(desk)
        desk.price("XAUUSDc", 2639.80, 2640.10)
        closed = await desk.owner.sees("by its stop loss", PATIENCE)
        # 0.1 lots of 100 oz from 2650.30 to 2639.80, and 0.35 of commission on each side.
        assert "105.70" in closed.text
        assert "XAUUSDc" in closed.text

        desk.price("XAUUSDc", 2650.00, 2650.30)
        await filled(desk)
        await desk.says("/cap 5", "5 %")
        desk.by_hand("XAUUSDc", 0, 0.5)
        await desk.owner.sees("Not ordered by this desk", PATIENCE)
        desk.price("XAUUSDc", 2641.00, 2641.30)
        report = await desk.owner.sees("DRAWDOWN", PATIENCE)
        await desk.owner.sees_in(report, "Flat at", PATIENCE)
        assert desk.broker.state["positions"] == []  # the cap's scope is the whole account


async def filled(desk: StrictDesk) -> None:
    """Post a signal, approve its card and see it filled with both levels at the broker."""
    before = desk.owner.messages[-1] if desk.owner.messages else None
    status, body = await desk.post(**GOLD)
    assert status == 201, body
    card = await desk.owner.sees("BUY XAUUSD", PATIENCE, after=before)
    await desk.owner.taps(card, "Approve")
    await desk.owner.sees_in(card, "Filled", PATIENCE)
    assert "Filled 0.10 lots at 2650.30" in card.text  # a price the server's answer left out
    assert "Slippage 0" in card.text
    mine = [one for one in desk.broker.state["positions"] if one["magic"]]
    assert [(one["sl"], one["tp"], one["volume"]) for one in mine] == [(2640.0, 2680.0, 0.1)]
