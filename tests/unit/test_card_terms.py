"""What an approver may change on a card, and how far the price has run beside it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from handlers.cards import render
from handlers.cards.text import as_plain
from tests.support.notices import CARD, NOW, PROPOSAL
from trading.cards import at_once, limit_price, live_of, read_terms
from trading.ids import AccountId, ApprovalId, SignalId
from trading.model import (
    Approval,
    ApprovalStatus,
    CapRoom,
    Live,
    OrderType,
    Quote,
    Side,
    Signal,
    SignalDraft,
    Terms,
)
from trading.notices import SourceRecord

DRAFT = SignalDraft(
    "EURUSD", Side.BUY, OrderType.MARKET, None, Decimal("1.0950"), (Decimal("1.11"),)
)
APPROVAL = Approval(
    ApprovalId(1), Signal(SignalId(1), "test", "1", DRAFT, NOW, NOW), AccountId(1),
    ApprovalStatus.OFFERED, NOW, PROPOSAL,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("sl 1.0960", Terms(1, stop_loss=Decimal("1.0960"))),
        ("SL: 1,0960", Terms(1, stop_loss=Decimal("1.0960"))),
        ("tp 1.12 1.13", Terms(1, take_profits=(Decimal("1.12"), Decimal("1.13")))),
        ("vol 0.05 sl 1.09", Terms(1, volume=Decimal("0.05"), stop_loss=Decimal("1.09"))),
        ("risk 0.5%", Terms(1, risk_percent=Decimal("0.5"))),
    ],
)
def test_edits_are_read(text: str, changed: Terms) -> None:
    assert read_terms(text, APPROVAL) == changed


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing to change"),
        ("sl", "needs one number"),
        ("sl 1.1 1.2", "needs one number"),
        ("1.1", "was not understood"),
        ("make it better", "was not understood"),
        ("sl -1", "was not understood"),
        ("sl 1.2", "same side"),
        ("risk 150", "above 100"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_words(text: str, why: str) -> None:
    said = read_terms(text, APPROVAL)
    assert isinstance(said, str)
    assert why in said


def test_a_volume_replaces_a_risk_and_the_other_way_round() -> None:
    by_volume = replace(APPROVAL, terms=Terms(1, volume=Decimal("0.05")))
    terms = read_terms("risk 0.5", by_volume)
    assert isinstance(terms, Terms)
    assert (terms.volume, terms.risk_percent) == (None, Decimal("0.5"))
    assert terms.applied(replace(DRAFT, volume=Decimal(1))).volume is None
    again = read_terms("lots 0.02", replace(APPROVAL, terms=terms))
    assert isinstance(again, Terms)
    assert (again.volume, again.risk_percent) == (Decimal("0.02"), None)


def test_a_limit_waits_for_its_price_and_takes_a_better_one_at_once() -> None:
    zone = replace(DRAFT, entry=(Decimal("1.0990"), Decimal("1.1000")))
    assert limit_price(zone, PROPOSAL) == Decimal("1.1000")
    assert limit_price(replace(zone, side=Side.SELL), PROPOSAL) == Decimal("1.0990")
    assert limit_price(DRAFT, PROPOSAL) == PROPOSAL.price
    terms = Terms(limit=Decimal("1.1000"))
    waiting = terms.applied(DRAFT)
    assert waiting.order_type is OrderType.LIMIT
    above = Quote("EURUSD", Decimal("1.1010"), Decimal("1.1011"), NOW, 0.1)
    below = Quote("EURUSD", Decimal("1.0989"), Decimal("1.0990"), NOW, 0.1)
    assert at_once(waiting, terms, above).order_type is OrderType.LIMIT
    assert at_once(waiting, terms, below).order_type is OrderType.MARKET
    assert at_once(DRAFT, Terms(), below) is DRAFT


def test_drift_is_positive_where_the_price_costs_us_more() -> None:
    quote = Quote("EURUSD", Decimal("1.1009"), Decimal("1.1010"), NOW, 0.1)
    live = live_of(DRAFT, Decimal("1.1000"), quote, Decimal("0.00001"), ())
    assert (live.drift, live.drift_r) == (Decimal(100), Decimal("0.20"))
    sell = replace(DRAFT, side=Side.SELL, stop_loss=Decimal("1.1050"))
    assert live_of(sell, Decimal("1.1000"), quote, Decimal("0.00001"), ()).drift == -90


def test_the_card_shows_price_rooms_record_ladder_and_every_way_to_say_yes() -> None:
    card = replace(
        CARD,
        live=Live(
            Decimal("1.38700"), Decimal(48), Decimal("0.24"), (CapRoom("daily 5 %", Decimal(420)),)
        ),
        record=SourceRecord(30, 18, Decimal("412.5")),
        proposal=replace(PROPOSAL, half=Decimal("0.05"), ladder=(Decimal("0.05"),)),
        edited_by="Olga",
        revision=2,
    )
    shown = render(card, NOW)
    text = as_plain(shown.text)
    for wanted in (
        "1.38700  4.8 pips worse, +0.24R",
        "Room daily     420.00 USD",
        "18 of 30 won, +412.50 USD",
        "39.8 pips 0.05 lots",
        "Edited by Olga",
    ):
        assert wanted in text, wanted
    assert shown.keyboard is not None
    labels = [[one.text for one in row] for row in shown.keyboard.inline_keyboard]
    assert labels == [
        ["✅ Approve", "✖️ Reject"],
        ["½ size (0.05)", "Limit at 1.38700"],
        ["✏️ Edit"],
    ]
