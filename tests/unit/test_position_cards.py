"""How open positions look: figures aligned, distances right, nothing foreign unescaped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from handlers.cards import positions as cards
from handlers.cards.text import as_plain
from tests.support.specs import EURUSD
from trading.ids import AccountId, SignalId, Ticket, mint_client_order_id
from trading.model import Position, Side, SymbolSpec
from trading.positions.model import Managed, ManagedId, Rules, Rung

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ONE = Position(
    ticket=Ticket(50_123_456), identifier=Ticket(50_123_456), symbol="EURUSD", side=Side.BUY,
    volume=Decimal("0.1"), price_open=Decimal("1.1"), price_current=Decimal("1.104"),
    stop_loss=Decimal("1.095"), take_profit=Decimal("1.12"), profit=Decimal(40),
    swap=Decimal("-0.5"), client_order_id=mint_client_order_id(), comment="",
    opened_at=NOW - timedelta(hours=2, minutes=5),
)  # fmt: skip
KNOWN = Managed(
    ManagedId(1), AccountId(1), ONE.identifier, "EURUSD", Side.BUY, ONE.price_open, ONE.volume,
    ONE.stop_loss, "Gold <room>", SignalId(7),
    Rules(rungs=(Rung(Decimal("1.11"), Decimal("0.05")),), break_even_after=1,
          trail=Decimal("0.002")),
)  # fmt: skip


def specs(name: str) -> SymbolSpec | None:
    return EURUSD if name == "EURUSD" else None


def test_a_price_that_ends_in_noughts_gives_the_same_pips() -> None:
    """1.104 and 1.095 look like three digits: their distance is 90 pips, not 0.9."""
    text = as_plain(cards.listing([ONE], "USD", {ONE.identifier: KNOWN}, specs, NOW))
    for wanted in (
        "BUY EURUSD 0.10  +39.50  +0.80R",
        "1.10000 → 1.10400  2 h 5 min",
        "SL 1.09500 (90.0 pips) · TP 1.12000 (160.0 pips)",
        "#50123456  Gold <room> · signal 7",
        "1 open, floating +39.50 USD",
    ):
        assert wanted in text, text


def test_one_position_shows_its_rules_and_what_can_be_done() -> None:
    text = as_plain(cards.single(ONE, "USD", KNOWN, specs, NOW))
    for wanted in ("Target 1     1.11000 · 0.05 lots", "Target 2     1.12000", "20.0 pips", "/fx"):
        assert wanted in text, text
    bare = replace(ONE, stop_loss=None, take_profit=None)
    assert "none!" in cards.single(bare, "USD", None, specs, NOW)
    assert "NO STOP" in cards.listing([bare], "USD", {}, specs, NOW)


def test_many_positions_fit_and_say_how_many_more() -> None:
    many = [replace(ONE, ticket=Ticket(n), profit=Decimal(n)) for n in range(200)]
    text = cards.listing(many, "USD", {}, specs, NOW)
    assert "and 180 more: /status table" in text
    assert len(text) < 4096
    table = cards.as_table(many, "USD", {})
    assert "and 140 more" in table
    assert len(table) < 4096
    lines = as_plain(table).splitlines()
    assert len({len(line) for line in lines[:60]}) <= 2
