"""Answers about results as a person reads them, whatever brokers and sources call things."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.entities import trimmed
from bot.sandbox.markup_html import parse_html
from handlers.cards import results as cards
from handlers.cards.text import fit
from trading.ids import AccountId
from trading.model import Account, MarginMode, Side, TradingState
from trading.results.figures import Ratios, Stretch, Tally
from trading.results.views import Cursor, Dimension, Statistics, Trade, TradePage

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ACCOUNT = Account(
    AccountId(1), 1001, "Demo", "USD", MarginMode.HEDGING, TradingState.ACTIVE, Decimal(10000)
)
NAMES = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        ["<b>", "&amp;&", "\u05d0\u05d1\u05d2" * 40, "🚀" * 200, "", " ", "\n\t", "a\u0000b"]
    ),
)
AMOUNTS = st.decimals(-(10**12), 10**12, places=2)
TRADES = st.builds(
    Trade,
    st.integers(1, 2**63 - 1),
    st.integers(1, 2**63 - 1),
    NAMES,
    st.sampled_from(Side),
    st.one_of(st.none(), st.just(NOW - timedelta(days=400))),
    st.just(NOW),
    st.decimals(0, 10**6, places=2),
    st.one_of(st.none(), st.decimals("0.00001", 10**9)),
    st.one_of(st.none(), st.decimals("0.00001", 10**9)),
    AMOUNTS,
    st.one_of(st.none(), st.decimals(-1000, 1000, places=4)),
    NAMES,
    NAMES,
)
TALLIES = st.builds(
    lambda net, trades: Tally(trades, trades, 0, max(net, Decimal(0)), min(net, Decimal(0))),
    AMOUNTS,
    st.integers(1, 10**6),
)


def accepted(text: str) -> str:
    """Return what a chat shows of a text; the sandbox refuses what Telegram would."""
    parsed = trimmed(parse_html(fit(text)))
    assert 0 < parsed.units <= 4096
    return parsed.text


@settings(max_examples=25, deadline=None)
@given(st.lists(TRADES, max_size=cards.MOST))
def test_a_page_of_trades_is_a_message(trades: list[Trade]) -> None:
    end = Cursor(2**63 - 1, 2**63 - 1)
    page = TradePage(trades, end, end, len(trades))
    accepted(cards.trades(ACCOUNT, page))
    keyboard = cards.pager(ACCOUNT.id, page)
    assert keyboard is not None
    for button in keyboard.inline_keyboard[0]:
        assert len((button.callback_data or "").encode()) <= 64


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(NAMES, TALLIES), max_size=40),
    st.sampled_from([one for one in Dimension if one is not Dimension.SIDE]),
)
def test_groups_are_a_message_by_any_name(
    found: list[tuple[str, Tally]], dimension: Dimension
) -> None:
    for at in (0, cards.GROUPS):
        accepted(
            cards.performance(ACCOUNT, dimension, found[at:] and found, at if found[at:] else 0)
        )


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(NAMES, TALLIES), max_size=12), TALLIES)
def test_statistics_are_a_message(reasons: list[tuple[str, Tally]], tally: Tally) -> None:
    growth = Stretch(Decimal(2), Decimal(1), Decimal(1), Decimal("0.5"))
    found = Statistics(90, tally, Ratios(2, Decimal(1), None), growth, reasons)
    assert "50.00 %" in accepted(cards.stats(ACCOUNT, found))


def test_names_of_different_length_keep_the_columns() -> None:
    one = Tally(10, 6, 4, Decimal(120), Decimal(-60))
    found = [("EURUSD", one), ("XAU&<USD>", one), ("1234567890123456789", one)]
    lines = accepted(cards.performance(ACCOUNT, Dimension.SYMBOL, found)).splitlines()[1:]
    assert len({line.index("+60.00") for line in lines[1:]}) == 1
    assert all(line.endswith("10") for line in lines[1:])
