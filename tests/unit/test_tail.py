"""The tail of quotes is bounded, ordered, and keeps only what changed."""

import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import cast

from trading.model import Quote, Snapshot
from trading.tail import MOST_PRICES, MOST_SYMBOLS, QuoteTail

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
QUOTE = Quote("EURUSD", Decimal("1.1"), Decimal("1.1001"), NOW, 0.0)


def look(seconds: int, *quotes: Quote) -> Snapshot:
    seen = SimpleNamespace(
        at=NOW + timedelta(seconds=seconds), quotes={one.symbol: one for one in quotes}
    )
    return cast(Snapshot, seen)


def test_a_price_that_did_not_change_is_kept_once() -> None:
    tail = QuoteTail()
    for seconds in range(5):
        tail.take(look(seconds, QUOTE))
    tail.take(look(5, replace(QUOTE, bid=Decimal("1.2"))))
    assert [price for _, price in tail.of("EURUSD")] == [Decimal("1.1"), Decimal("1.2")]
    assert tail.of("XAUUSD") == ()


def test_the_tail_is_bounded_in_prices_and_in_symbols() -> None:
    tail = QuoteTail()
    for seconds in range(MOST_PRICES + 10):
        tail.take(look(seconds, replace(QUOTE, bid=Decimal(seconds + 1))))
    prices = tail.of("EURUSD")
    assert len(prices) == MOST_PRICES
    assert prices[-1] == (NOW + timedelta(seconds=MOST_PRICES + 9), Decimal(MOST_PRICES + 10))
    for number in range(MOST_SYMBOLS):
        tail.take(look(10_000 + number, replace(QUOTE, symbol=f"S{number}")))
    assert tail.of("EURUSD") == ()
    assert len(tail.of("S0")) == 1


def test_a_price_comes_back_as_it_was_quoted() -> None:
    tail = QuoteTail()
    quoted = ["0.00000001", "1.10005", "2650.1", "104321.55", "9999999999"]
    for seconds, bid in enumerate(quoted):
        tail.take(look(seconds, replace(QUOTE, bid=Decimal(bid))))
    assert tail.of("EURUSD") == tuple(
        (NOW + timedelta(seconds=seconds), Decimal(bid)) for seconds, bid in enumerate(quoted)
    )


def test_a_full_tail_takes_a_tenth_of_what_its_objects_would() -> None:
    tail = QuoteTail()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for seconds in range(2 * MOST_PRICES):
            tail.take(look(seconds, replace(QUOTE, bid=Decimal(seconds + 1))))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 25 * MOST_PRICES
