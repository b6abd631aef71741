"""Records of sources: what counts, and when trust ends."""

from decimal import Decimal

from trading.scores import Counts, Trade, score, streak
from trading.sources import Source, SourceId, SourceSettings

SOURCE = Source(SourceId(1), "tg:1", "Gold VIP", SourceSettings())
COUNTS = Counts(4, 3, 1, 0, 0, 1, (0.5, 2.0, 9.0))


def trade(r: str, *, claimed: str | None = None, result: str | None = None) -> Trade:
    return Trade(
        paper=result is None,
        result=None if result is None else Decimal(result),
        r=Decimal(r),
        claimed_r=None if claimed is None else Decimal(claimed),
        slippage=None,
    )


def test_a_record_sets_claims_against_the_same_trades() -> None:
    found = score(
        SOURCE,
        COUNTS,
        [trade("2", claimed="3"), trade("-1", claimed="1"), trade("-1", result="-50")],
    )
    assert (found.trades, found.paper_trades) == (1, 2)
    assert found.average_r == Decimal(0)
    assert (found.claims, found.claimed_r, found.real_r) == (2, Decimal(2), Decimal("0.5"))
    assert round(found.win_rate or 0) == 33
    assert found.latency == 2.0
    assert found.result == Decimal(-50)


def test_a_record_of_nothing_claims_nothing() -> None:
    found = score(SOURCE, COUNTS, [])
    assert (found.win_rate, found.average_r, found.slippage) == (None, None, None)


def test_a_streak_is_counted_from_the_newest() -> None:
    assert streak([trade("-1"), trade("-0.5"), trade("2"), trade("-1")]) == (2, Decimal("-1.5"))
    assert streak([trade("0"), trade("-1")]) == (0, None)
