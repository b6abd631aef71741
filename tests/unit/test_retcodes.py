"""Every answer of the trade server: what it settles, and words without a bare code."""

from decimal import Decimal

import pytest

from tests.support.terminal import market_order
from trading.ids import Ticket
from trading.model import (
    Accepted,
    Action,
    Filled,
    OrderRequest,
    OrderType,
    Rejected,
    RejectKind,
    SendOutcome,
    Unknown,
)
from trading.terminal.outcomes import classify, classify_check
from trading.terminal.retcodes import LAST_ERRORS, RETCODES, words_of_last_error

RETRY, WAIT, FINAL, GONE = RejectKind.RETRY, RejectKind.WAIT, RejectKind.FINAL, RejectKind.GONE
DEAL = market_order()
CLOSE = market_order(position=Ticket(77))
PENDING = market_order(
    action=Action.PENDING, order_type=OrderType.LIMIT, price=Decimal("1.05"), fillings=()
)
SLTP = market_order(action=Action.SLTP, position=Ticket(77), stop_loss=Decimal("1.04"))
REMOVE = market_order(action=Action.REMOVE, order=Ticket(78))
CLOSE_BY = market_order(
    action=Action.CLOSE_BY, position=Ticket(77), position_by=Ticket(79), volume=None
)


def reply(retcode: int, **fields: object) -> dict[str, object]:
    zero = Decimal(0)
    empty = {"deal": 0, "order": 0, "volume": zero, "price": zero, "comment": ""}
    return {"retcode": retcode, **empty, **fields}


def none(code: int, text: str) -> dict[str, object]:
    return {"retcode": None, "code": code, "text": text}


REJECTED = {
    10004: RETRY, 10006: FINAL, 10007: FINAL, 10013: FINAL, 10014: FINAL, 10015: FINAL,
    10016: FINAL, 10017: FINAL, 10018: WAIT, 10019: FINAL, 10020: RETRY, 10021: RETRY,
    10022: FINAL, 10024: RETRY, 10025: FINAL, 10026: FINAL, 10027: WAIT, 10028: RETRY,
    10029: RETRY, 10030: FINAL, 10032: FINAL, 10033: FINAL, 10034: FINAL, 10035: FINAL,
    10036: GONE, 10038: FINAL, 10040: FINAL, 10041: FINAL, 10042: FINAL, 10043: FINAL,
    10044: FINAL, 10045: FINAL, 10046: FINAL,
}  # fmt: skip
UNKNOWN = (10008, 10011, 10012, 10023, 10031, 10039)


def test_the_table_is_covered_here() -> None:
    assert {*REJECTED, *UNKNOWN, 10009, 10010} == RETCODES.keys()


@pytest.mark.parametrize(("retcode", "kind"), REJECTED.items())
def test_a_refusal(retcode: int, kind: RejectKind) -> None:
    outcome = classify(reply(retcode, comment="said the broker"), CLOSE)
    assert isinstance(outcome, Rejected)
    assert (outcome.kind, outcome.retcode, outcome.name) == (kind, retcode, RETCODES[retcode].name)
    assert outcome.broker_text == "said the broker"
    assert_words(outcome.words)


@pytest.mark.parametrize("retcode", UNKNOWN)
def test_an_open_question(retcode: int) -> None:
    outcome = classify(reply(retcode, order=5), CLOSE)
    assert isinstance(outcome, Unknown)
    assert outcome.retcode == retcode
    assert_words(outcome.why)


def assert_words(words: str) -> None:
    assert len(words.split()) >= 2
    assert "{" not in words
    assert not any(f"{code}" in words for code in range(10004, 10047))


@pytest.mark.parametrize(
    ("request_", "reply_", "expected"),
    [
        (
            DEAL,
            reply(10009, order=5, deal=6, volume=Decimal("0.1"), price=Decimal("1.1")),
            Filled(Ticket(5), Ticket(6), Decimal("0.1"), Decimal("1.1"), 10009),
        ),
        (DEAL, reply(10009, order=5), Filled(Ticket(5), None, Decimal("0.1"), None, 10009)),
        (
            DEAL,
            reply(10010, order=5, volume=Decimal("0.04")),
            Filled(Ticket(5), None, Decimal("0.04"), None, 10010, partial=True),
        ),
        (
            DEAL,
            reply(10009, order=5, volume=Decimal("0.04")),
            Filled(Ticket(5), None, Decimal("0.04"), None, 10009, partial=True),
        ),
        (
            CLOSE_BY,
            reply(10009, order=5, volume=Decimal("0.1")),
            Filled(Ticket(5), None, Decimal("0.1"), None, 10009),
        ),
        (PENDING, reply(10009, order=5), Accepted(Ticket(5), 10009)),
        (PENDING, reply(10008, order=5), Accepted(Ticket(5), 10008)),
        (SLTP, reply(10009), Accepted(None, 10009)),
        (SLTP, reply(10025), Accepted(None, 10025)),
        (REMOVE, reply(10009, order=78), Accepted(Ticket(78), 10009)),
    ],
)
def test_a_success(
    request_: OrderRequest, reply_: dict[str, object], expected: SendOutcome
) -> None:
    assert classify(reply_, request_) == expected


@pytest.mark.parametrize(
    "reply_",
    [
        reply(10010, order=5),
        reply(10009, volume=Decimal("NaN")),
        reply(10009, price=None),
        reply(0),
        reply(12345),
        {"retcode": "10009"},
        {"retcode": Decimal("10009.5")},
    ],
)
def test_an_answer_that_makes_no_sense_is_no_answer(reply_: dict[str, object]) -> None:
    assert isinstance(classify(reply_, DEAL), Unknown)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (1, "Success"),
        (-1, "Terminal: Call failed"),
        (-2, "Terminal: Invalid params"),
        (-3, "Terminal: Out of memory"),
        (-4, "Terminal: Not found"),
        (-5, "Incompatible versions"),
        (-6, "Terminal: Authorization failed"),
        (-7, "Terminal: Unsupported function"),
        *((code, "IPC") for code in range(-10005, -9999)),
        (-99, "something new"),
    ],
)
def test_none_is_unknown(code: int, text: str) -> None:
    outcome = classify(none(code, text), DEAL)
    assert isinstance(outcome, Unknown)
    assert outcome.retcode == code
    assert text in outcome.why


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (-2, 'Invalid "volume" argument', FINAL),
        (-2, "Unnamed arguments not allowed", FINAL),
        (-8, "Auto-Trading using Python API disabled in Terminal", WAIT),
    ],
)
def test_none_that_never_left_is_a_refusal(code: int, text: str, kind: RejectKind) -> None:
    outcome = classify(none(code, text), DEAL)
    assert isinstance(outcome, Rejected)
    assert (outcome.kind, outcome.broker_text) == (kind, text)
    assert_words(outcome.words)


def test_the_next_step_is_in_the_words() -> None:
    outcome = classify(reply(10027), DEAL)
    assert isinstance(outcome, Rejected)
    assert outcome.words == ("AutoTrading is off in the terminal: press the AutoTrading button")


def test_the_numbers_of_the_request_are_in_the_words() -> None:
    outcome = classify(reply(10014), DEAL)
    assert isinstance(outcome, Rejected)
    assert "0.1 for EURUSD" in outcome.words


def test_every_error_of_the_link_has_words() -> None:
    for code in LAST_ERRORS:
        assert_words(words_of_last_error(code, "text"))
    assert words_of_last_error(-99, "new") == "the terminal answered: new"


def test_a_check_passes_on_zero() -> None:
    assert classify_check({"retcode": 0, "comment": "Done"}, DEAL) is None
    refused = classify_check({"retcode": 10019, "comment": "No money"}, DEAL)
    assert refused is not None
    assert refused.name == "NO_MONEY"
    unclear = classify_check(none(-10005, "IPC timeout"), DEAL)
    assert unclear is not None
    assert unclear.kind is RejectKind.NOT_SENT
