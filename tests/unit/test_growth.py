"""The growth index: trading moves it, payments do not, and what is unexplained waits."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from storage import growth
from tests.support.loop_desk import START, LoopDesk
from tests.support.simulated_desk import euros
from trading.ids import AccountId, ClientOrderId, Ticket
from trading.model import AccountState, Deal, DealEntry, DealReason, DealType
from trading.results.figures import Stretch, at_index, daily_returns, ratios

ACCOUNT = AccountId(1)
ZERO = Decimal(0)


@dataclass
class Till:
    """An account whose money and deals the test makes up."""

    desk: LoopDesk
    state: AccountState
    number: int = 9000

    async def reads(self, balance: str, floating: str = "0", minutes: int = 1) -> Decimal:
        """Take one reading so many minutes later; return the index."""
        self.desk.clock.advance(minutes * 60)
        total = Decimal(balance)
        state = replace(self.state, balance=total, equity=total + Decimal(floating))
        now = self.desk.clock.now()
        await self.desk.database.run(growth.observe, ACCOUNT, state, now)
        (row,) = await self.desk.rows("SELECT value FROM growth")
        return round(Decimal(row["value"]), 6)

    async def books(self, kind: DealType, amount: str) -> None:
        """Record a deal."""
        self.number += 1
        deal = Deal(
            Ticket(self.number), Ticket(0), Ticket(0), kind, DealEntry.IN, "", ZERO, ZERO,
            Decimal(amount), ZERO, ZERO, ZERO, DealReason.CLIENT, ClientOrderId(0), "",
            self.desk.clock.now(),
        )  # fmt: skip
        await self.desk.store.record_deals(ACCOUNT, [deal])


@pytest_asyncio.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    desk = LoopDesk(tmp_path, euros((0, "1.10000", "1.10010"), (5, "1.10000", "1.10010")))
    await desk.open()
    await desk.passes(2)
    await desk.database.run(
        lambda db: [db.execute(f"DELETE FROM {table}") for table in ("growth", "growth_span")]  # noqa: S608
    )
    assert desk.loop.snapshot is not None
    yield Till(desk, desk.loop.snapshot.account)
    await desk.drop()


async def test_floating_moves_the_index_and_a_payment_does_not(till: Till) -> None:
    assert await till.reads("10000") == 1
    assert await till.reads("10000", "500") == Decimal("1.05")
    await till.books(DealType.BALANCE, "10500")
    assert await till.reads("20500", "500") == Decimal("1.05")
    assert await till.reads("20500", "-1600") == Decimal("0.945")
    await till.books(DealType.BALANCE, "-9450")
    assert await till.reads("11050", "-1600") == Decimal("0.945")


async def test_a_charge_is_a_loss(till: Till) -> None:
    await till.reads("10000")
    await till.books(DealType.CHARGE, "-100")
    assert await till.reads("9900") == Decimal("0.99")


async def test_a_deposit_seen_before_its_deal_waits_for_it(till: Till) -> None:
    await till.reads("10000")
    assert await till.reads("15000") == 1
    assert await till.reads("15000") == 1
    await till.books(DealType.BALANCE, "5000")
    assert await till.reads("15000") == 1
    assert await till.reads("15000", "150") == Decimal("1.01")


async def test_a_balance_nothing_explains_counts_as_paid_after_ten_minutes(till: Till) -> None:
    await till.reads("10000")
    await till.reads("15000")
    assert await till.reads("15000", "0", 5) == 1
    assert await till.reads("15000", "0", 6) == 1
    assert await till.reads("15000", "1500") == Decimal("1.1")


async def test_a_day_keeps_its_deepest_fall(till: Till) -> None:
    for floating in ("0", "1000", "-100", "2000", "1000"):
        await till.reads("10000", floating)
    (row,) = await till.desk.rows("SELECT fall FROM growth_span WHERE grain = 'day'")
    assert round(Decimal(row["fall"]), 4) == Decimal("0.1")


@given(st.lists(st.decimals("0.1", 10, places=3), min_size=1, max_size=40), st.data())
def test_spans_joined_anywhere_keep_the_deepest_fall(
    readings: list[Decimal], data: st.DataObject
) -> None:
    def joined(part: list[Decimal]) -> Stretch:
        found = at_index(part[0])
        for one in part[1:]:
            found = found.then(at_index(one))
        return found

    peak, deepest = readings[0], ZERO
    for one in readings:
        peak = max(peak, one)
        deepest = max(deepest, (peak - one) / peak)
    cut = data.draw(st.integers(1, len(readings)))
    whole = joined(readings)
    parts = joined(readings[:cut])
    if cut < len(readings):
        parts = parts.then(joined(readings[cut:]))
    assert whole == parts
    assert whole.fall == deepest


def test_ratios_are_those_of_the_textbook() -> None:
    returns = [Decimal(one) for one in ("0.01", "-0.02", "0.03", "0.00", "0.015")]
    found = ratios(returns)
    # statistics: mean 0.007, sample deviation 0.0185742, downside deviation 0.00894427.
    assert found.sharpe is not None
    assert found.sortino is not None
    assert round(found.sharpe, 4) == Decimal("5.9826")
    assert round(found.sortino, 4) == Decimal("12.4238")
    assert ratios([Decimal("0.01")]).sharpe is None
    assert ratios([Decimal("0.01")] * 3).sharpe is None


def test_idle_weekends_are_no_days_of_returns() -> None:
    first = START.date() - timedelta(days=1)  # a Monday
    closes = [(first + timedelta(days=day), Decimal(1)) for day in range(8)]
    assert len(daily_returns(closes)) == 5
    traded = [(day, close + (day.weekday() == 5)) for day, close in closes]
    assert len(daily_returns(traded)) == 7
