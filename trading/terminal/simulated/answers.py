"""What order_check and order_send answer."""

from decimal import Decimal
from typing import Any

from trading.terminal.simulated import constants as mt5
from trading.terminal.simulated import structs
from trading.terminal.simulated.faults import Strikes
from trading.terminal.simulated.market import BUY
from trading.terminal.simulated.records import ZERO
from trading.terminal.simulated.requests import Request
from trading.terminal.simulated.retcodes import WORDS, Refused
from trading.terminal.simulated.session import Session
from trading.terminal.simulated.trade import Answer, Plan


def check(session: Session, strikes: Strikes, request: Request) -> Any:
    """Return the OrderCheckResult of a request."""
    del strikes
    try:
        plan = session.trade.plan(request, session.permissions)
    except Refused as refusal:
        zeros = (0.0,) * 6
        return structs.OrderCheckResult(refusal.retcode, *zeros, str(refusal), request.struct())
    return _would_be(session, plan, request)


def _would_be(session: Session, plan: Plan, request: Request) -> Any:
    standing = session.ledger.standing()
    if plan.margin is not None:
        standing = standing._replace(margin=plan.margin)
    return structs.OrderCheckResult(
        0, float(standing.balance), float(standing.equity), float(standing.floating),
        float(standing.margin), float(standing.free), float(standing.level), WORDS[0],
        request.struct(),
    )  # fmt: skip


def send(session: Session, strikes: Strikes, request: Request) -> Any:
    """Carry out a request, or what a fault makes of it; return the OrderSendResult."""
    if strikes.is_a("retcode"):
        return _result(session, request, Answer(int(strikes.value("retcode", 10006))))
    if strikes.is_a("requote"):
        return _result(session, request, _requote(session, request))
    if strikes.is_a("late_book"):
        session.book_later(request, float(strikes.value("seconds", 5)))
        return _result(session, request, Answer(mt5.TRADE_RETCODE_TIMEOUT))
    if strikes.is_a("partial"):
        session.trade.fill_fraction = Decimal(str(strikes.value("fraction", 0.5)))
    try:
        answer = session.trade.plan(request, session.permissions).run()
    except Refused as refusal:
        answer = Answer(refusal.retcode)
    finally:
        session.trade.fill_fraction = Decimal(1)
    return _result(session, request, answer)


def _requote(session: Session, request: Request) -> Answer:
    quote = session.market.quote(request.symbol) if request.symbol in session.market.specs else None
    bid, ask = (quote.bid, quote.ask) if quote else (ZERO, ZERO)
    price = ask if request.type == BUY else bid
    return Answer(mt5.TRADE_RETCODE_REQUOTE, price=price, bid=bid, ask=ask)


def _result(session: Session, request: Request, answer: Answer) -> Any:
    request_id = 0
    if answer.deal or answer.order:
        state = session.book.touch_state()
        state.last_request += 1
        request_id = state.last_request
    return structs.OrderSendResult(
        answer.retcode, answer.deal, answer.order, float(answer.volume), float(answer.price),
        float(answer.bid), float(answer.ask), WORDS.get(answer.retcode, "Error"), request_id, 0,
        request.struct(),
    )  # fmt: skip
