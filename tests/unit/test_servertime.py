"""The broker's clock: learned from quotes that change, never from stale ones."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from trading.clock import to_ms
from trading.errors import ProtocolError
from trading.terminal.servertime import CONFIRMATIONS, WIDENING, ServerTime, plausible

NOON = datetime(2026, 11, 24, 12, 1, 40, tzinfo=UTC)
HOUR = 3600


class Hands:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.instant = NOON
        self.seconds = 100.0

    def now(self) -> datetime:
        return self.instant

    def monotonic(self) -> float:
        return self.seconds

    def forward(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def times(clock: Hands) -> ServerTime:
    return ServerTime(clock)


def show(times: ServerTime, clock: Hands, ahead: float, bid: str = "1.1") -> float | None:
    """Show a quote stamped so many seconds ahead of UTC."""
    stamp = to_ms(clock.now() + timedelta(seconds=ahead))
    age = times.observe("EURUSD", stamp, Decimal(bid), Decimal("1.2"))
    times.settle()
    return age


@pytest.mark.parametrize("hours", [-12, -3.5, 0, 2, 3, 5.75, 14])
def test_the_offset_is_learned_from_a_quote_that_changes(
    times: ServerTime, clock: Hands, hours: float
) -> None:
    show(times, clock, hours * HOUR)
    assert times.offset is None
    clock.forward(3)
    show(times, clock, hours * HOUR - 2)
    assert times.offset == hours * HOUR


@pytest.mark.parametrize("ahead", [-12 * HOUR - 900, 14 * HOUR + 900, 450, -70, 3 * HOUR + 61])
def test_an_implausible_stamp_teaches_nothing(
    times: ServerTime, clock: Hands, ahead: float
) -> None:
    show(times, clock, ahead)
    clock.forward(1)
    show(times, clock, ahead)
    assert times.offset is None


def test_a_weekend_quote_teaches_nothing(times: ServerTime, clock: Hands) -> None:
    stamp = to_ms(NOON - timedelta(hours=30))
    for _ in range(5):
        assert times.observe("EURUSD", stamp, Decimal(1), Decimal(2)) is None
        times.settle()
        clock.forward(1)
    assert times.offset is None


def test_a_stamp_that_runs_backwards_teaches_nothing(times: ServerTime, clock: Hands) -> None:
    show(times, clock, 3 * HOUR)
    show(times, clock, 2 * HOUR, bid="1.15")
    assert times.offset is None


def test_a_new_offset_needs_to_be_seen_more_than_once(times: ServerTime, clock: Hands) -> None:
    show(times, clock, 2 * HOUR)
    clock.forward(1)
    show(times, clock, 2 * HOUR)
    for seen in range(1, CONFIRMATIONS + 1):
        assert times.offset == 2 * HOUR
        clock.forward(1)
        show(times, clock, 3 * HOUR, bid=f"1.1{seen}")
    assert times.offset == 3 * HOUR


def test_one_late_quote_does_not_move_the_offset(times: ServerTime, clock: Hands) -> None:
    for _ in range(3):
        show(times, clock, 2 * HOUR)
        clock.forward(1)
    late = to_ms(clock.now()) + 2 * HOUR * 1000 - 900_000
    times.observe("SLOW", late - 5000, Decimal(1), Decimal(2))
    for number in range(CONFIRMATIONS + 2):
        clock.forward(1)
        times.observe("SLOW", late + number * 1000, Decimal(1), Decimal(2))
        show(times, clock, 2 * HOUR, bid=f"1.1{number}")
    assert times.offset == 2 * HOUR


def test_the_age_counts_from_the_change_we_saw(times: ServerTime, clock: Hands) -> None:
    stamp = to_ms(NOON - timedelta(hours=30))
    quote = ("EURUSD", stamp, Decimal(1), Decimal(2))
    assert times.observe(*quote) is None
    clock.forward(5)
    assert times.observe("EURUSD", stamp, Decimal(1), Decimal(3)) == 0
    clock.forward(7)
    assert times.observe("EURUSD", stamp, Decimal(1), Decimal(3)) == 7


def test_a_first_quote_that_is_stamped_now_is_new(times: ServerTime, clock: Hands) -> None:
    assert show(times, clock, 2 * HOUR - 4) == 0
    clock.forward(3)
    stamp = to_ms(NOON + timedelta(seconds=2 * HOUR - 4))
    assert times.observe("EURUSD", stamp, Decimal("1.1"), Decimal("1.2")) == 3


def test_a_first_quote_of_long_ago_has_no_age(times: ServerTime, clock: Hands) -> None:
    assert show(times, clock, 2 * HOUR - 6) is None


def test_a_known_offset_judges_first_quotes(times: ServerTime, clock: Hands) -> None:
    show(times, clock, 2 * HOUR)
    clock.forward(1)
    show(times, clock, 2 * HOUR)
    stale_by_an_hour = to_ms(clock.now()) + HOUR * 1000
    assert times.observe("XAUUSD", stale_by_an_hour, Decimal(1), Decimal(2)) is None


def test_forgotten_quotes_are_new_again(times: ServerTime, clock: Hands) -> None:
    show(times, clock, 2 * HOUR)
    times.forget_quotes()
    clock.forward(30)
    stamp = to_ms(NOON + timedelta(hours=2))
    assert times.observe("EURUSD", stamp, Decimal("1.1"), Decimal("1.2")) is None


def test_stamps_are_converted_both_ways(times: ServerTime, clock: Hands) -> None:
    assert times.to_utc(to_ms(NOON)) == NOON
    show(times, clock, 3 * HOUR)
    clock.forward(1)
    show(times, clock, 3 * HOUR)
    server = to_ms(NOON + timedelta(hours=3))
    assert times.to_utc(server) == NOON
    assert times.to_server(NOON) == server // 1000


def test_a_window_is_widened_while_the_offset_is_unknown(times: ServerTime, clock: Hands) -> None:
    noon = to_ms(NOON) // 1000
    assert times.window(NOON, NOON) == (noon - WIDENING, noon + 1 + WIDENING)
    show(times, clock, 3 * HOUR)
    clock.forward(1)
    show(times, clock, 3 * HOUR)
    assert times.window(NOON, NOON) == (noon + 3 * HOUR, noon + 3 * HOUR + 1)


def test_a_stamp_beyond_the_calendar_is_refused(times: ServerTime) -> None:
    with pytest.raises(ProtocolError):
        times.to_utc(10**18)


def test_plausible_takes_the_bounds() -> None:
    assert plausible(14 * HOUR + 5, 5) == 14 * HOUR
    assert plausible(14 * HOUR + 6, 5) is None
