"""Deals as they become known: an instant is right, or right enough until the clock is known."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from storage import results
from tests.faults.test_crash_everywhere import CALM
from tests.support.loop_desk import LoopDesk
from trading.clock import to_ms
from trading.ids import AccountId, Ticket

ACCOUNT = AccountId(1)


async def test_a_deal_ahead_of_now_is_dated_by_now_until_its_own_instant_is_known(
    tmp_path: Path,
) -> None:
    """A result of this evening stood in tomorrow's line while the clock was not known."""
    desk = await LoopDesk(tmp_path, CALM).open()
    await desk.passes(3)
    (known,) = await desk.database.run(
        lambda db: [results.deal_of(row) for row in db.execute("SELECT * FROM deal LIMIT 1")]
    )
    now = desk.clock.now()
    fresh = replace(known, ticket=Ticket(known.ticket + 1_000_000), at=now + timedelta(hours=3))

    async def dated() -> int:
        (row,) = await desk.rows("SELECT at_ms FROM deal WHERE ticket = ?", fresh.ticket)
        return int(row["at_ms"])

    await desk.store.record_deals(ACCOUNT, [fresh])
    assert await dated() == to_ms(now)
    desk.clock.advance(3600)
    await desk.store.record_deals(ACCOUNT, [fresh])
    assert await dated() == to_ms(now)
    right = now - timedelta(minutes=20)
    await desk.store.record_deals(ACCOUNT, [replace(fresh, at=right)])
    assert await dated() == to_ms(right)
    await desk.drop()
