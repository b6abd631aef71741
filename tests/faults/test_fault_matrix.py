"""Every call that matters times everything that can befall it: one position at most, and told.

Over the strict stand-in, on the test's clock. After the fault the terminal is well again; then no
order may be open, the card must say what the broker's books say, and no entry was sent blind.
"""

import json
from pathlib import Path

import pytest

from tests.support.fault_desk import FaultDesk
from tests.support.strict.MetaTrader5._book import Row

IPC_CODES = (-10000, -10001, -10002, -10003, -10004, -10005, -1)
READS = ("positions_get", "history_orders_get", "history_deals_get")


def matrix() -> dict[str, list[Row]]:
    """Return the faults by name."""
    cases: dict[str, list[Row]] = {}
    for call in ("order_send", *READS):
        for kind in ("delay", "hang", "die"):
            cases[f"{call} {kind}"] = [{"call": call, "kind": kind, "times": 2}]
        for code in IPC_CODES:
            rule = {"call": call, "kind": "none", "code": code, "text": "IPC", "times": 2}
            cases[f"{call} None {code}"] = [rule]
    for kind in ("execute_then_hang", "execute_then_die", "execute_then_none"):
        cases[f"order_send {kind}"] = [{"call": "order_send", "kind": kind, "times": 1}]
    for seconds in (1, 5, 40):
        late = {"call": "order_send", "kind": "late", "seconds": seconds, "times": 1}
        cases[f"order_send executed {seconds} s after the answer"] = [late]
    for retcode in (10004, 10008, 10011, 10012, 10018, 10020, 10021, 10024, 10027, 10031):
        rule = {"call": "order_send", "kind": "retcode", "retcode": retcode, "times": 1}
        cases[f"order_send {retcode}"] = [rule]
    requotes = {"call": "order_send", "kind": "retcode", "retcode": 10004, "times": 9}
    cases["order_send requoted without end"] = [requotes]
    cases["order_send partial"] = [{"call": "order_send", "kind": "partial", "times": 1}]
    cases["executed, dropped, then blind"] = [
        {"call": "order_send", "kind": "execute_then_die", "times": 1},
        {"call": "positions_get", "kind": "none", "code": -10005, "times": 4, "id": "a"},
        {"call": "history_deals_get", "kind": "none", "code": -10005, "times": 4, "id": "b"},
    ]
    cases["the terminal restarts"] = [
        {"call": "order_send", "kind": "none", "code": -10002, "text": "IPC recv", "times": 1},
        {"call": "initialize", "code": -10003, "kind": "none", "times": 4, "id": "a"},
    ]
    return cases


MATRIX = matrix()


@pytest.mark.parametrize("name", MATRIX)
async def test_a_fault_ends_in_one_position_at_most_and_is_told(tmp_path: Path, name: str) -> None:
    desk = FaultDesk(tmp_path)
    await desk.ready()
    try:
        approval = await desk.signal()
        desk.fault(*MATRIX[name])
        await desk.settle()
        desk.fault()
        await desk.passes(6, 5.0)
        await desk.settle()
        await assert_told_as_it_is(desk, approval)
    finally:
        await desk.drop()


STATES = {
    "AutoTrading off": {"trade_allowed": False},
    "disconnected": {"connected": False},
    "API disabled": {"tradeapi_disabled": True},
}


@pytest.mark.parametrize("name", STATES)
async def test_a_terminal_that_may_not_trade_gets_no_entry(tmp_path: Path, name: str) -> None:
    desk = FaultDesk(tmp_path)
    await desk.ready()
    try:
        approval = await desk.signal()
        desk.book.set(terminal=STATES[name])
        await desk.passes(5)
        assert desk.opened() == []
        desk.book.set(terminal={})
        await desk.settle()
        await assert_told_as_it_is(desk, approval)
    finally:
        await desk.drop()


async def assert_told_as_it_is(desk: FaultDesk, approval: int) -> None:
    """The order ended, its card agrees with the broker's books, and nothing was sent blind."""
    (order,) = await desk.rows("SELECT * FROM orders WHERE approval_id = ?", approval)
    opened = [one for one in desk.opened() if one["magic"] == order["client_order_id"]]
    assert len(opened) == len(desk.opened()) <= 1
    assert desk.sent_blind == []
    (card,) = await desk.rows("SELECT * FROM outbox WHERE topic = ?", f"approval:{approval}")
    told = json.loads(card["body_json"])["order"]
    assert told["status"] == order["status"]
    assert not told["unresolved"]
    if opened:
        assert told["status"] == "filled"
        assert float(told["filled_volume"]) == opened[0]["volume"]
        assert float(told["average_price"]) == opened[0]["price"]
        (position,) = desk.held()
        assert (position["sl"], position["tp"]) == (1.09, 1.12)
    else:
        assert told["status"] in ("rejected", "denied")
        assert told["detail"]
