"""A person asks why a signal was not traded, and what a stop would cost."""

from pathlib import Path

from tests.support.chat_desk import chat_desk


async def test_a_denial_its_rules_and_the_price_of_a_stop(tmp_path: Path) -> None:
    async with chat_desk(tmp_path, RISK_ALLOW_DUPLICATE="false", RISK_MAX_ORDERS="50") as desk:
        first = await desk.card()
        await desk.owner.taps(first, "Approve")
        await desk.owner.sees_in(first, "Filled")
        second = await desk.card()
        assert "Would be denied now: a buy in EURUSD is already open" in second.text
        await desk.owner.taps(second, "Approve")
        await desk.owner.sees_in(second, "Denied")
        why = await desk.says("/why 2", "duplicate_position")
        for wanted in ("same side held", "limit: none", "spread", "worst case", "margin", "✗"):
            assert wanted in why.text, wanted
        sent = await desk.says("/why 1", "when it was to be sent")
        assert "✗" not in sent.text
        await desk.says("/why 99", "no such signal")
        await desk.says("/why", "/why 12")
        # 1 % of about 10,000 over 50 pips: 0.20 lots and no more.
        calc = await desk.says("/calc EURUSD 1.0950", "One lot loses")
        for wanted in ("BUY", "0.19 lots", "Margin", "Worst case", "Floor"):
            assert wanted in calc.text, wanted
        await desk.says("/calc EURUSD 1.1050 0.5%", "SELL")
        await desk.says("/calc EURUSD 1.0950 200%", "at most 100 %")
        await desk.says("/calc EURUSD 0.5 0.01%", "least volume")
        await desk.says("/calc NOSUCH 1.0950", "no symbol NOSUCH")
        await desk.says("/calc EURUSD", "/calc XAUUSD 2644 1%")
