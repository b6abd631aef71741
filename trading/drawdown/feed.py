"""How fresh the prices are that equity was worked out with."""

from datetime import UTC, datetime
from decimal import Decimal

from trading.model import Snapshot

MAX_FEED_AGE = Decimal(120)
"""Seconds without any quote changing, in market hours, after which equity is not believed."""


def feed_age(snapshot: Snapshot) -> Decimal | None:
    """Return how long ago any quote changed; None outside market hours, when none can."""
    if _market_may_be_closed(snapshot.at):
        return None
    held = {position.symbol for position in snapshot.positions}
    ages = [
        quote.age
        for name, quote in snapshot.quotes.items()
        if name in held and quote.age is not None
    ]
    if not ages:
        return None
    age = Decimal(str(min(ages)))
    # The rules' limit is for liquid hours; a quiet night has real gaps of minutes.
    return age if age > MAX_FEED_AGE else Decimal(0)


def _market_may_be_closed(at: datetime) -> bool:
    """Tell whether it is the weekend of the currency market, with an hour to spare (UTC)."""
    local = at.astimezone(UTC)
    weekday, hour = local.weekday(), local.hour
    return weekday == 5 or (weekday == 4 and hour >= 20) or (weekday == 6 and hour < 23)
