"""Plans follow bookings: nothing paid is lost, nothing is had that was not booked."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from trading.ids import MemberId
from trading.plans import GRACE, PLANS, Booking, Provider, reminder_due, standing, terms

START = datetime(2026, 11, 1, tzinfo=UTC)


@st.composite
def bookings(draw: st.DrawFn) -> list[Booking]:
    count = draw(st.integers(0, 8))
    return [
        Booking(
            id=number,
            member_id=MemberId(1),
            provider=Provider.STARS,
            external_id=str(number),
            plan=draw(st.sampled_from(["trader", "desk"])),
            days=draw(st.integers(1, 90)),
            amount=Decimal(1),
            currency="XTR",
            at=START + timedelta(hours=draw(st.integers(0, 24 * 120))),
            refunded_at=START if draw(st.booleans()) and draw(st.booleans()) else None,
        )
        for number in range(count)
    ]


@given(bookings())
def test_terms_never_overlap_and_follow_in_time(found: list[Booking]) -> None:
    stretches = terms(found)
    for one, after in pairwise(stretches):
        assert one.start <= one.end <= after.start


@given(bookings())
def test_no_worth_is_lost_or_made(found: list[Booking]) -> None:
    kept = [one for one in found if one.refunded_at is None]
    paid = sum((PLANS[one.plan].daily_weight * one.days for one in kept), Decimal(0))
    had = sum(
        (
            one.plan.daily_weight * int((one.end - one.start).total_seconds()) / 86_400
            for one in terms(found)
        ),
        Decimal(0),
    )
    assert abs(paid - had) < Decimal("0.01")  # an upgrade credits whole seconds


@given(bookings(), st.permutations(range(8)))
def test_the_order_in_which_bookings_are_told_changes_nothing(
    found: list[Booking], order: list[int]
) -> None:
    shuffled = [found[place] for place in order if place < len(found)]
    assert terms(shuffled) == terms(found)


@given(bookings(), st.integers(0, 24 * 400))
def test_a_plan_is_had_only_within_its_terms_and_grace(found: list[Booking], hour: int) -> None:
    now = START + timedelta(hours=hour)
    has = standing(found, now)
    held = [one for one in terms(found) if one.start <= now < one.end + GRACE]
    assert (has.plan.rank > 0) == bool(held)
    assert has.in_grace == (bool(held) and all(one.end <= now for one in held))


def test_an_upgrade_credits_what_is_left_by_price() -> None:
    lower = _booking(1, "trader", 30, START)
    higher = _booking(2, "desk", 30, START + timedelta(days=15))
    last = terms([lower, higher])[-1]
    assert last.plan.key == "desk"
    credit = last.end - last.start - timedelta(days=30)
    # 15 days of 750 stars are worth 5.11 days of 2200.
    assert timedelta(days=5) < credit < timedelta(days=5, hours=4)


def test_reminders_come_ahead_and_at_the_end_and_then_stop() -> None:
    found = [_booking(1, "trader", 30, START)]
    seen = []
    for day in range(40):
        now = START + timedelta(days=day, hours=1)
        seen.append(reminder_due(standing(found, now), now))
    named = [one for one in dict.fromkeys(seen) if one]
    assert named == ["7d", "3d", "1d", "ended"]
    assert seen[10] is None
    assert seen[39] is None


def _booking(number: int, plan: str, days: int, at: datetime) -> Booking:
    return Booking(
        number, MemberId(1), Provider.STARS, str(number), plan, days, Decimal(1), "XTR", at
    )
