"""The order in which an account is emptied."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tests.support.market import SPEC, position
from trading.closing import closing_steps, step_request
from trading.model import Action, Side

SPECS = {"EURUSD": SPEC}


def tickets(steps: object) -> list[tuple[int, ...]]:
    return [step.tickets for step in steps]  # type: ignore[attr-defined]


def test_the_largest_risk_goes_first_and_an_unknown_one_before_all() -> None:
    near = position(1, stop_loss=Decimal("1.0990"))
    bare = position(2, stop_loss=None)
    far = position(3, stop_loss=Decimal("1.0900"))
    foreign = position(4, symbol="UNKNOWN")
    assert tickets(closing_steps([near, bare, far, foreign], SPECS)) == [(4,), (2,), (3,), (1,)]


def test_opposite_positions_close_each_other_and_the_rest_alone() -> None:
    long, short = position(1, volume="1.0"), position(2, Side.SELL, volume="0.4")
    alone = position(3, volume="0.1", symbol="GBPUSD")
    steps = closing_steps([short, long, alone], {**SPECS, "GBPUSD": SPEC})
    pair = next(step for step in steps if step.by is not None)
    assert pair.tickets == (1, 2)  # the larger names the smaller: what is left keeps its ticket
    request = step_request(pair)
    assert (request.action, request.position, request.position_by) == (Action.CLOSE_BY, 1, 2)
    assert {step.tickets for step in steps} == {(1, 2), (3,)}


def test_a_locked_pair_is_not_urgent() -> None:
    pair = [position(1, volume="5"), position(2, Side.SELL, volume="5")]
    small = position(3, volume="0.01")
    assert tickets(closing_steps([*pair, small], SPECS))[0] == (3,)


def test_fifo_takes_the_oldest_of_a_symbol_first_and_pairs_nothing() -> None:
    young = position(2, volume="5")
    old = replace(position(1, volume="0.1"), opened_at=young.opened_at - timedelta(hours=1))
    other = position(3, Side.SELL, volume="1")
    steps = closing_steps([young, old, other], SPECS, fifo=True)
    assert tickets(steps) == [(1,), (2,), (3,)]
    assert all(step.by is None for step in steps)
