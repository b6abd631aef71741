"""Every message as a person reads it."""

from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.entities import trimmed
from bot.sandbox.markup_html import parse_html
from handlers.callbacks import Decide
from handlers.cards import render
from handlers.cards.text import fit, foreign, lots, money, span, units
from handlers.words import denial_words, detail_words, pips
from tests.support.notices import BEAT, BREACH, CARD, EVERY, NOW, ORDER, PROPOSAL, TICKETS
from trading.model import (
    ApprovalStatus,
    Decision,
    Denial,
    DenialReason,
    OrderStatus,
    OrderType,
    TradingState,
)
from trading.notices import ApprovalCard, Heartbeat, LatchCause, Notice, OrderView

FACT_NAMES = (
    "age limit state equity symbol spread drift entry price side order_type stop distance "
    "minimum target volume maximum step margin free positions worst floor value risk currency"
)
FACTS_OF_ALL = dict.fromkeys([*FACT_NAMES.split(), "until", "window", "left"], "12")


def shown(notice: Notice) -> str:
    """Return the text as the chat shows it, accepted by the sandbox."""
    parsed = trimmed(parse_html(render(notice, NOW).text))
    assert 0 < parsed.units <= 4096
    return parsed.text


def labels(card: ApprovalCard) -> list[str]:
    keyboard = render(card, NOW).keyboard
    return [] if keyboard is None else [b.text for row in keyboard.inline_keyboard for b in row]


def after(**changes: Any) -> ApprovalCard:
    return replace(
        CARD,
        status=ApprovalStatus.ORDERED,
        decided_by="Owner",
        decided_at=NOW,
        order=replace(ORDER, **changes),
    )


def test_there_is_an_example_of_every_notice() -> None:
    assert {type(notice) for notice in EVERY} == set(get_args(Notice))


@pytest.mark.parametrize("notice", EVERY, ids=lambda notice: notice.kind)
def test_every_notice_is_accepted_by_telegram(notice: Notice) -> None:
    text = shown(notice)
    assert "None" not in text
    assert "Decimal" not in text


# --- the signal card ----------------------------------------------------------------------------


def test_offer_shows_everything_a_decision_needs() -> None:
    text = shown(CARD)
    for part in (
        "BUY EURUSD",
        "market",
        "simulated prices",
        "1.38652 now",
        "1.38600 - 1.38700",
        "1.38450  20.2 pips",
        "1.39050  39.8 pips",
        "0.10 lots",
        "20.20 USD (0.20 %)",
        "1.98 · 2.96",
        "1.2 pips",
        "9,400.00 USD",
        "Gold room",
        "12:45:00 UTC (15 min left)",
    ):
        assert part in text


def test_offer_has_both_buttons_with_their_data() -> None:
    keyboard = render(CARD, NOW).keyboard
    assert keyboard is not None
    row = keyboard.inline_keyboard[0]
    assert [button.text.split()[-1] for button in row] == ["Approve", "Reject"]
    unpacked = [Decide.unpack(button.callback_data or "") for button in row]
    assert [data.decision for data in unpacked] == [Decision.APPROVE, Decision.REJECT]
    assert {data.approval_id for data in unpacked} == {7}


def test_offer_past_its_time_has_no_buttons() -> None:
    late = render(CARD, CARD.expires_at)
    assert late.keyboard is None
    assert "no trade" in late.text


def test_offer_without_a_size_says_so() -> None:
    text = shown(replace(CARD, proposal=None))
    assert "Size unknown: waiting for a reading from the terminal." in text
    assert "Risk      not known yet" in text
    assert "terminal not reachable" in shown(
        replace(CARD, proposal=None, detail="terminal not reachable")
    )


@pytest.mark.parametrize(
    "status", [ApprovalStatus.REJECTED, ApprovalStatus.EXPIRED, ApprovalStatus.CANCELED]
)
def test_a_card_that_ended_before_it_had_a_size_promises_none(status: ApprovalStatus) -> None:
    """It went on saying "Volume being worked out, Risk not known yet" over its end."""
    ended = replace(CARD, status=status, proposal=None)
    text = shown(ended)
    assert "no trade" in text
    assert not [word for word in ("worked out", "yet", "Risk", "Volume") if word in text]
    asked = shown(replace(ended, draft=replace(CARD.draft, volume=Decimal("0.10"))))
    assert "0.10 lots asked for" in asked
    assert "Risk" not in asked


def test_an_offer_whose_time_ran_out_before_it_had_a_size_promises_none() -> None:
    text = render(replace(CARD, proposal=None), CARD.expires_at).text
    assert "no trade" in text
    assert "worked out" not in text
    assert "not known yet" not in text


def test_offer_that_would_be_denied_says_why() -> None:
    problem = Denial(
        DenialReason.VOLUME_TOO_SMALL,
        {"volume": "0.005", "minimum": "0.01", "symbol": "XAUUSD"},
    )
    text = shown(replace(CARD, proposal=replace(PROPOSAL, volume=None, problem=problem)))
    assert "Would be denied now: volume 0.005 is below the minimum 0.01 of XAUUSD." in text
    assert "Volume       unknown" in text


def test_offer_without_a_quote_names_no_spread() -> None:
    """It read "Spread 0 pips" for a symbol that the broker does not have."""
    assert "Spread" in shown(CARD)
    assert "Spread" not in shown(replace(CARD, proposal=replace(PROPOSAL, spread_points=None)))


def test_offer_without_a_stop_says_that_risk_is_unknown() -> None:
    bare = replace(CARD.draft, stop_loss=None, take_profits=())
    risk = replace(PROPOSAL, risk_money=None, risk_percent=None, reward_risk=())
    text = shown(replace(CARD, draft=bare, proposal=risk))
    assert "unknown: no stop" in text
    assert "Stop        none" in text


def test_pending_offer_names_its_type() -> None:
    draft = replace(CARD.draft, order_type=OrderType.STOP_LIMIT, stop_limit=Decimal("1.3860"))
    text = shown(replace(CARD, draft=draft))
    assert "stop limit" in text
    assert "now" not in text


@pytest.mark.parametrize("status", [s for s in ApprovalStatus if s is not ApprovalStatus.OFFERED])
def test_no_state_but_offered_has_buttons(status: ApprovalStatus) -> None:
    assert labels(replace(CARD, status=status)) == []


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (
            replace(CARD, status=ApprovalStatus.APPROVED, decided_by="Owner", decided_at=NOW),
            "Approved by Owner at 12:30:00 UTC, sending",
        ),
        (
            replace(CARD, status=ApprovalStatus.REJECTED, decided_by="Owner", decided_at=NOW),
            "Rejected by Owner at 12:30:00 UTC \u2013 no trade",
        ),
        (replace(CARD, status=ApprovalStatus.EXPIRED), "Expired \u2013 no trade"),
        (
            replace(CARD, status=ApprovalStatus.CANCELED, detail="account halted"),
            "Canceled \u2013 no trade: account halted.",
        ),
        (
            replace(CARD, status=ApprovalStatus.CANCELED, detail="cap_reached"),
            "a drawdown cap is reached",
        ),
        (after(unresolved=True, status=OrderStatus.SUBMITTED), "Not confirmed yet"),
        (after(status=OrderStatus.SUBMITTED), "Sent to the broker"),
        (after(), "Filled 0.10 lots at 1.38655, ticket 123456."),
        (after(), "Slippage 0.3 pips worse."),
        (after(slippage=Decimal(-15)), "Slippage 1.5 pips better."),
        (after(slippage=Decimal(0)), "Slippage 0:"),
        (
            after(status=OrderStatus.PARTIALLY_FILLED, filled_volume=Decimal("0.050")),
            "Filled 0.05 of 0.10 lots",
        ),
        (
            after(status=OrderStatus.ACCEPTED, filled_volume=Decimal(0)),
            "Accepted \u2013 waits at the broker, ticket 123456.",
        ),
        (
            after(status=OrderStatus.REJECTED, retcode=10019, detail="No money"),
            "Rejected by the broker: No money (code 10019)",
        ),
        (
            after(status=OrderStatus.REJECTED, retcode=None, detail="absent from positions"),
            "Not executed \u2013 no trade: absent from positions",
        ),
        (
            after(
                status=OrderStatus.DENIED,
                detail="worst_case_below_floor",
                facts={"worst": "94900", "floor": "95000", "limit": "500"},
            ),
            (
                "Denied \u2013 no trade: equity would be 94,900 if every stop were hit, "
                "below the floor 95,000 (max new risk 500)."
            ),
        ),
        (
            after(status=OrderStatus.CANCELED, filled_volume=Decimal(0), detail="by hand"),
            "Canceled at the broker \u2013 no trade: by hand.",
        ),
        (
            after(status=OrderStatus.EXPIRED, filled_volume=Decimal("0.03")),
            "Filled 0.03 of 0.10 lots",
        ),
    ],
)
def test_what_became_of_it(card: ApprovalCard, words: str) -> None:
    assert words in shown(card)
    assert labels(card) == []


# --- the guard ----------------------------------------------------------------------------------


def test_breach_tells_figures_results_problems_and_the_way_back() -> None:
    text = shown(BREACH)
    for part in (
        "DRAWDOWN CAP REACHED",
        "5.12 %",
        "Cap: daily 5 %",
        "94,880.00 USD",
        "95,000.00 USD",
        "Past floor  120.00 USD",
        "#11 BUY XAUUSD 0.10  -120.00",
        "not closed: market closed",
        "Pending orders removed: 2",
        "Closing: 2 of 3 closed",
        "/resume",
    ):
        assert part in text


def test_breach_that_is_flat_says_when_and_what_is_left() -> None:
    done = replace(BREACH, flat_at=NOW + timedelta(seconds=9), equity_after=Decimal(94860))
    text = shown(done)
    assert "Flat at 12:30:09 UTC \u2013 equity 94,860.00 USD" in text
    assert "not closed" not in text
    assert "result follows" in text


def test_panic_names_who_asked() -> None:
    panic = replace(BREACH, cause=LatchCause.PANIC, asked_by="Owner", cap="", floor=None)
    assert "PANIC by Owner" in shown(replace(panic, drawdown_percent=None, cap_percent=None))


def test_what_could_not_be_closed_is_never_cut_off() -> None:
    many = (TICKETS[0],) * 300 + (TICKETS[1],)
    text = shown(replace(BREACH, tickets=many))
    assert "not closed: market closed" in text
    assert "and 276 more" in text


@pytest.mark.parametrize("state", TradingState)
def test_heartbeat_survives_what_is_unknown(state: TradingState) -> None:
    blind = replace(
        BEAT,
        trading_state=state,
        equity=None,
        room=None,
        drawdown_percent=None,
        pass_age=None,
        why_blind="no connection",
    )
    text = shown(Heartbeat(NOW, (BEAT, blind) * 20, 1.0, 1, 1, 1, 0, 10))
    assert "Equity     unknown" in text
    assert "Entries are blocked" in text
    assert "Next beat within 10 s" in text


# --- words and figures --------------------------------------------------------------------------


@pytest.mark.parametrize("reason", DenialReason)
def test_every_denial_has_words_with_and_without_facts(reason: DenialReason) -> None:
    bare, full = denial_words(reason, {}), denial_words(reason, FACTS_OF_ALL)
    assert bare
    assert "{" not in bare + full
    if reason not in {DenialReason.STOP_MISSING, DenialReason.PRICE_UNKNOWN}:
        assert "12" in full


def test_denials_show_points_as_pips_where_digits_are_known() -> None:
    facts = {"symbol": "EURUSD", "spread": "35", "limit": "20"}
    wide = DenialReason.SPREAD_TOO_WIDE
    assert denial_words(wide, facts).endswith("is 35 points, the limit is 20 points")
    assert denial_words(wide, facts | {"digits": "5"}).endswith("3.5 pips, the limit is 2.0 pips")
    assert pips(Decimal(35), 2) == "35 pips"


def test_a_detail_that_is_no_code_is_kept() -> None:
    assert detail_words("account halted", {}) == "account halted"


def test_figures() -> None:
    assert money(Decimal("1234567.891"), "USD") == "1,234,567.89 USD"
    assert money(Decimal("-0.001"), "USD", signed=True) == "0.00 USD"
    assert lots(Decimal("0.1000")) == "0.10"
    assert lots(Decimal("1E+2")) == "100.00"
    assert lots(Decimal("0.001")) == "0.001"
    assert [span(s) for s in (5, 75, 900, 7500, 200000)] == [
        "5 s",
        "1 min 15 s",
        "15 min",
        "2 h 5 min",
        "2 d 7 h",
    ]


def test_foreign_text_is_one_safe_line() -> None:
    assert foreign("<b>&\n\x00x</b>") == "&lt;b&gt;&amp; x&lt;/b&gt;"
    assert foreign("a\u202eb\ud800") == "ab"
    assert foreign("") == "\u2013"
    assert len(foreign("x" * 500, 40)) == 40
    assert foreign("\u05d0\u05d1") == "\u2068\u05d0\u05d1\u2069"


def test_cut_at_a_line_with_tags_closed() -> None:
    long = "<b>head</b>\n<pre>" + "\n".join(["row &amp; row"] * 1000) + "</pre>\ntail"
    cut = fit(long)
    assert units(cut) <= 4096
    assert cut.endswith("row\n…</pre>")
    parse_html(cut)


def test_one_endless_line_is_cut_too() -> None:
    cut = fit("<b>" + "&amp;😀" * 3000 + "</b>")
    assert units(cut) <= 4096
    assert parse_html(cut).text.startswith("&😀")


def vandalised(notice: Any, text: str) -> Any:
    """Return the notice with the text in every field that a person or a broker writes."""
    changes: dict[str, Any] = {}
    for field in fields(notice):
        value = getattr(notice, field.name)
        if type(value) is str and field.name != "kind":
            changes[field.name] = text
        elif is_dataclass(value):
            changes[field.name] = vandalised(value, text)
        elif isinstance(value, tuple):
            changes[field.name] = tuple(
                vandalised(item, text) if is_dataclass(item) else item for item in value
            )
        elif isinstance(value, dict):
            changes[field.name] = {"symbol": text, "volume": text}
    return replace(notice, **changes)


DENIED: OrderView = replace(ORDER, status=OrderStatus.DENIED)
VARIED: tuple[Notice, ...] = (
    *EVERY,
    replace(CARD, status=ApprovalStatus.CANCELED),
    replace(CARD, order=DENIED),
    replace(CARD, order=replace(ORDER, status=OrderStatus.REJECTED)),
)


@given(
    st.sampled_from(VARIED),
    st.one_of(
        st.text(max_size=300),
        st.text("<>&\"'/abi#;x\u202e\u05d0😀\n", min_size=50, max_size=9000),
        st.sampled_from(["</pre>", "&lt;", "<b", "\ud800", "\u0627" * 5000, "😀" * 5000]),
    ),
)
def test_no_text_of_others_breaks_a_message(notice: Notice, text: str) -> None:
    shown(vandalised(notice, text))


@given(st.sampled_from(VARIED), st.decimals(allow_nan=False, allow_infinity=False))
def test_no_number_breaks_a_message(notice: Notice, number: Decimal) -> None:
    def spoilt(record: Any) -> Any:
        changes = {}
        for field in fields(record):
            value = getattr(record, field.name)
            if isinstance(value, Decimal):
                changes[field.name] = number
            elif is_dataclass(value):
                changes[field.name] = spoilt(value)
        return replace(record, **changes)

    shown(spoilt(notice))
