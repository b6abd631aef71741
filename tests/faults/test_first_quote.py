"""A tap that outlived its process meets a terminal that has shown no quote yet."""

from pathlib import Path

from tests.support.loop_desk import LoopDesk


async def test_a_tap_from_before_a_restart_waits_for_the_first_fresh_quote(tmp_path: Path) -> None:
    """It was denied at the first look after the start; without any quote it is, a moment later."""
    still = [(0.0, "EURUSD", "1.1000", "1.1001")]
    desk = LoopDesk(tmp_path, still)
    await desk.open()
    await desk.passes(2)
    await desk.ingest()
    await desk.passes(5)
    await desk.approve()
    await desk.drop()
    await desk.open()
    await desk.loop.guarded_pass()
    (held,) = await desk.rows("SELECT status FROM approval")
    assert held["status"] == "approved"
    await desk.passes(8)
    (order,) = await desk.rows("SELECT status FROM orders WHERE purpose = 'entry'")
    assert order["status"] == "denied"
    assert desk.positions() == ()
    await desk.drop()
