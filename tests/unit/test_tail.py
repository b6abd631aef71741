"""The tail of quotes is bounded, ordered, and keeps only what changed."""

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
