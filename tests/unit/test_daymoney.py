"""What a day began with, rebuilt from deals; the broker's clock against the usual one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from trading.drawdown import Cap, CapKind, DayBase, DayClock, Reading, TrailOver, observe, start
from trading.drawdown.daymoney import Sample, clock_offset, day_inputs
from trading.drawdown.state import CapState
from trading.ids import ClientOrderId, Ticket
from trading.model import Deal, DealEntry, DealReason, DealType

DAY = datetime(2026, 11, 24, tzinfo=UTC)
UTC_DAY = DayClock("UTC")


def deal(at: datetime, amount: int, kind: DealType = DealType.SELL) -> Deal:
    return Deal(
        ticket=Ticket(int(at.timestamp())),
        order=Ticket(0),
        position_id=Ticket(1),
        deal_type=kind,
        entry=DealEntry.OUT,
        symbol="EURUSD",
        volume=Decimal(1),
        price=Decimal(1),
        profit=Decimal(amount),
        swap=Decimal(0),
        commission=Decimal(0),
        fee=Decimal(0),
        reason=DealReason.CLIENT,
        client_order_id=ClientOrderId(0),
        comment="",
        at=at,
    )


def reading(at: datetime, balance: int, equity: int | None = None) -> Reading:
    own = Decimal(balance if equity is None else equity)
    return Reading(at, int(at.timestamp() * 1000), Decimal(balance), own)


async def begun(
    cap: Cap,
    state: CapState | None,
    seen: Reading,
    deals: Sequence[Deal],
    sample: Sample | None = None,
) -> CapState:
    """Return the state after a reading that begins a day."""

    async def since(instant: datetime) -> Sequence[Deal]:
        return [one for one in deals if one.at >= instant]

    async def before(instant: datetime) -> Sample | None:
        return sample if sample is not None and sample[0] < instant else None

    inputs = await day_inputs(cap, state, seen, since, before, None)
    return observe(cap, state or start(cap, seen, inputs), seen, inputs, confirm_ms=0).state


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (None, None),
        (7200, None),  # New York + 7 h in winter: the rule also knows when summer comes
        (10800, timedelta(hours=3)),
        (0, timedelta(0)),
    ],
)
def test_a_measured_clock_counts_only_where_it_differs(
    measured: int | None, expected: timedelta | None
) -> None:
    assert clock_offset(DAY, measured) == expected
    if measured == 7200:
        assert clock_offset(datetime(2026, 7, 1, tzinfo=UTC), 7200) == timedelta(hours=2)


async def test_edge_08_the_balance_of_midnight_is_exact_however_late_it_is_asked_for() -> None:
    cap = Cap(CapKind.DAILY, Decimal(5), base=DayBase.BALANCE, day=UTC_DAY)
    deals = [deal(DAY - timedelta(hours=1), 400), deal(DAY + timedelta(hours=3), -150)]
    state = await begun(cap, None, reading(DAY + timedelta(hours=9), 9_850), deals)
    assert (state.base, state.floor) == (Decimal(10_000), Decimal(9_500))
    assert not state.estimated


async def test_edge_04_a_deposit_of_today_moves_the_base_of_today() -> None:
    cap = Cap(CapKind.DAILY, Decimal(5), base=DayBase.BALANCE, day=UTC_DAY)
    paid = deal(DAY + timedelta(hours=3), 5_000, DealType.BALANCE)
    state = await begun(cap, None, reading(DAY + timedelta(hours=9), 15_000), [paid])
    assert state.base == 15_000


async def test_an_equity_base_nobody_saw_is_the_last_sample_or_an_estimate() -> None:
    cap = Cap(CapKind.DAILY, Decimal(5), base=DayBase.EQUITY, day=UTC_DAY)
    late = reading(DAY + timedelta(hours=9), 10_000, 9_700)
    near = (DAY - timedelta(minutes=2), Decimal(10_000), Decimal(10_120), Decimal(0))
    state = await begun(cap, None, late, [], near)
    assert state.base == 10_120
    assert not state.estimated
    state = await begun(cap, None, late, [])
    assert state.estimated


async def test_an_end_of_day_trail_follows_every_close_it_missed() -> None:
    cap = Cap(CapKind.TRAILING, Decimal(10), over=TrailOver.END_OF_DAY, day=UTC_DAY)
    state = await begun(cap, None, reading(DAY + timedelta(hours=1), 10_000), [])
    # Away for three days: 12,000 at the second close, 10,500 now.
    deals = [
        deal(DAY + timedelta(hours=30), 2_000),
        deal(DAY + timedelta(hours=60), -1_500),
    ]
    state = await begun(cap, state, reading(DAY + timedelta(hours=80), 10_500), deals)
    assert (state.mark, state.floor) == (Decimal(12_000), Decimal(10_800))
