"""The simulated broker's bookings, on scripted quotes."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.simulated_desk import START_MS, Desk, Row, euros

FLAT = euros((0, "1.10000", "1.10010"))
DAY = 86_400
MIDNIGHT = 22 * 3600 + 46 * 60 + 40  # seconds from the start to the broker's next midnight


def hourly(days: int) -> list[Row]:
    return euros(*((hour * 3600, "1.10000", "1.10010") for hour in range(days * 24)))


def test_a_buy_pays_the_ask_and_shows_its_loss_at_the_bid(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FLAT)
    result = desk.buy(0.1, magic=7, comment="tb-1")
    assert (result.retcode, result.price, result.volume) == (10009, 1.1001, 0.1)
    (position,) = desk.positions()
    assert position.ticket == result.order
    assert (position.price_open, position.price_current) == (1.1001, 1.1)
    assert (position.profit, position.magic, position.comment) == (-1.0, 7, "tb-1")
    assert position.time_msc == START_MS + 10_800_000
    account = desk.account()
    assert (account.balance, account.equity, account.margin) == (9999.65, 9998.65, 110.01)
    assert account.margin_level == pytest.approx(9998.65 / 110.01 * 100)


def test_a_round_trip_costs_spread_and_commission_to_the_cent(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FLAT)
    opened = desk.buy(0.33)
    closed = desk.sell(0.33, position=opened.order)
    assert desk.positions() == ()
    first, entry, out = desk.deals()
    assert (first.type, first.profit, first.entry) == (2, 10000.0, 0)
    assert (entry.entry, entry.commission, entry.profit) == (0, -1.16, 0.0)
    assert (out.entry, out.commission, out.profit, out.order) == (1, -1.16, -3.3, closed.order)
    assert out.position_id == opened.order
    assert desk.account().balance == 9994.38


def test_without_a_position_a_hedging_account_opens_a_second_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FLAT)
    desk.buy(0.1)
    desk.sell(0.1)
    assert [position.type for position in desk.positions()] == [0, 1]
    assert desk.account().margin == 110.01  # the larger side only


def test_a_partial_close_keeps_the_ticket(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FLAT)
    opened = desk.buy(0.3)
    desk.sell(0.1, position=opened.order)
    (position,) = desk.positions()
    assert (position.ticket, position.volume) == (opened.order, 0.2)


@pytest.mark.parametrize(
    ("levels", "exit_price", "reason", "comment", "profit"),
    [
        ({"sl": 1.0990}, 1.0980, 4, "[sl 1.09900]", -21.0),
        ({"tp": 1.1020}, 1.1050, 5, "[tp 1.10200]", 49.0),
    ],
)
def test_a_level_is_hit_at_the_first_price_beyond_it(
    tmp_path: Path,
    levels: dict[str, Any],
    exit_price: float,
    reason: int,
    comment: str,
    profit: float,
) -> None:
    gap = f"{exit_price:.5f}", f"{exit_price + 0.0001:.5f}"
    desk = Desk(tmp_path, euros((0, "1.10000", "1.10010"), (5, *gap), (6, "1.10000", "1.10010")))
    desk.buy(0.1, magic=9, **levels)
    desk.at(30)  # nobody looked while it happened
    assert desk.positions() == ()
    deal = desk.deals()[-1]
    assert (deal.price, deal.reason, deal.comment, deal.profit) == (
        exit_price,
        reason,
        comment,
        profit,
    )
    assert deal.time_msc == START_MS + 5000 + 10_800_000
    assert deal.magic == 9


def test_the_stop_of_a_sell_is_hit_by_the_ask(tmp_path: Path) -> None:
    desk = Desk(tmp_path, euros((0, "1.10000", "1.10010"), (1, "1.10040", "1.10100")))
    desk.sell(0.1, sl=1.1010)
    desk.at(2)
    assert desk.deals()[-1].price == 1.101


def test_swap_is_charged_at_the_brokers_midnight_three_times_on_wednesday(tmp_path: Path) -> None:
    desk = Desk(tmp_path, hourly(7))
    desk.buy(1.0)  # the broker's Wednesday; 5 points a night
    nights = {0: 3, 1: 4, 2: 5, 3: 5, 4: 5, 5: 6}
    for day, count in nights.items():
        desk.at(MIDNIGHT + day * DAY - 1)
        before = desk.positions()[0].swap
        desk.at(MIDNIGHT + day * DAY)
        assert desk.positions()[0].swap == -5.0 * count, day
        assert before > -5.0 * count or day in (3, 4)
    account = desk.account()
    assert account.equity == account.balance + account.profit
    (position,) = desk.positions()
    desk.at(MIDNIGHT + 5 * DAY + 1)
    desk.at(144 * 3600)
    desk.sell(1.0, position=position.ticket)
    assert desk.deals()[-1].swap == -30.0


def test_margin_call_and_stop_out_close_the_largest_loss_first(tmp_path: Path) -> None:
    rows = [
        (0.0, "EURUSD", "1.10000", "1.10010"),
        (0.0, "GBPUSD", "1.30000", "1.30010"),
        (5.0, "EURUSD", "1.09810", "1.09820"),
        (6.0, "EURUSD", "1.09100", "1.09110"),
    ]
    desk = Desk(tmp_path, rows, TERMINAL_BALANCE="1000", SIMULATED_COMMISSION="0")
    desk.buy(0.6)
    desk.buy(0.2, "GBPUSD")
    desk.at(5)
    assert 50 < desk.account().margin_level < 100
    desk.at(6)
    (left,) = desk.positions()
    assert left.symbol == "GBPUSD"
    deal = desk.deals()[-1]
    assert deal.reason == 6
    assert deal.comment.startswith("[so ")
    assert deal.profit == -546.0


def test_yen_results_are_converted_at_the_worse_side(tmp_path: Path) -> None:
    rows = [(0.0, "USDJPY", "150.000", "150.020"), (1.0, "USDJPY", "151.000", "151.020")]
    desk = Desk(tmp_path, rows)
    desk.buy(0.1, "USDJPY")
    assert desk.account().margin == 100.0
    assert desk.positions()[0].profit == -1.33  # -200 JPY at 150.000
    desk.at(1)
    assert desk.positions()[0].profit == 64.89  # 9800 JPY at 151.020
    assert desk.broker.order_calc_margin(0, "USDJPY", 0.1, 150.0) == 100.0
    assert desk.broker.order_calc_profit(0, "USDJPY", 0.1, 150.02, 151.0) == 64.89


def test_a_netting_account_adds_reduces_closes_and_reverses(tmp_path: Path) -> None:
    rows = euros((0, "1.10000", "1.10000"), (1, "1.10100", "1.10100"))
    desk = Desk(tmp_path, rows, SIMULATED_MARGIN_MODE="netting", SIMULATED_COMMISSION="0")
    first = desk.buy(0.1, magic=1)
    desk.at(1)
    desk.buy(0.1, magic=2)
    (position,) = desk.positions()
    assert (position.volume, position.price_open, position.magic) == (0.2, 1.1005, 1)
    assert position.ticket == first.order
    desk.sell(0.05)
    assert desk.positions()[0].volume == 0.15
    turned = desk.sell(0.25, magic=3)
    (position,) = desk.positions()
    assert (position.type, position.volume, position.magic) == (1, 0.1, 3)
    assert (position.ticket, position.identifier) == (turned.order, first.order)
    deals = desk.deals()
    assert [deal.entry for deal in deals[1:]] == [0, 0, 1, 2]
    assert [deal.profit for deal in deals[1:]] == [0.0, 0.0, 2.5, 7.5]
    assert {deal.position_id for deal in deals[1:]} == {first.order}
    desk.buy(0.1)
    assert desk.positions() == ()


@pytest.mark.parametrize(
    ("kind", "price", "quote", "fill"),
    [
        (2, 1.0990, ("1.09870", "1.09880"), 1.0988),
        (3, 1.1010, ("1.10130", "1.10140"), 1.1013),
        (4, 1.1020, ("1.10230", "1.10240"), 1.1024),
        (5, 1.0980, ("1.09750", "1.09760"), 1.0975),
    ],
)
def test_a_pending_order_fills_at_the_first_price_beyond(
    tmp_path: Path, kind: int, price: float, quote: tuple[str, str], fill: float
) -> None:
    desk = Desk(tmp_path, euros((0, "1.10000", "1.10010"), (9, *quote)))
    placed = desk.pend(kind, price, magic=5, comment="p")
    assert (placed.retcode, placed.deal) == (10009, 0)
    (order,) = desk.broker.orders_get()
    assert (order.ticket, order.type, order.price_open, order.state) == (
        placed.order,
        kind,
        price,
        1,
    )
    desk.at(10)
    assert desk.broker.orders_get() == ()
    (position,) = desk.positions()
    assert (position.ticket, position.price_open, position.magic) == (placed.order, fill, 5)
    (done,) = desk.broker.history_orders_get(ticket=placed.order)
    assert (done.state, done.position_id, done.volume_current) == (4, placed.order, 0.0)


def test_a_stop_limit_order_becomes_a_limit_order(tmp_path: Path) -> None:
    rows = euros((0, "1.10000", "1.10010"), (5, "1.10200", "1.10210"), (9, "1.10090", "1.10100"))
    desk = Desk(tmp_path, rows)
    desk.pend(6, 1.1020, stoplimit=1.1010)
    desk.at(6)
    (order,) = desk.broker.orders_get()
    assert (order.type, order.price_open) == (2, 1.101)
    desk.at(10)
    assert desk.positions()[0].price_open == 1.101


def test_orders_expire_by_the_brokers_clock(tmp_path: Path) -> None:
    desk = Desk(tmp_path, hourly(2))
    server = START_MS // 1000 + 10_800
    desk.pend(2, 1.0, type_time=2, expiration=server + 100)
    desk.pend(2, 1.0, type_time=1)
    desk.pend(2, 1.0)
    desk.at(99)
    assert desk.broker.orders_total() == 3
    desk.at(100)
    assert desk.broker.orders_total() == 2
    desk.at(MIDNIGHT)
    assert desk.broker.orders_total() == 1
    states = [order.state for order in desk.broker.history_orders_get(0, 2e9)]
    assert states == [6, 6]


def test_pending_orders_are_changed_and_removed(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FLAT)
    ticket = desk.pend(2, 1.09).order
    assert desk.send(action=7, order=ticket, price=1.08, sl=1.07).retcode == 10009
    assert desk.send(action=7, order=ticket, price=1.08, sl=1.07).retcode == 10025
    assert desk.broker.orders_get(ticket=ticket)[0].sl == 1.07
    assert desk.send(action=8, order=ticket).retcode == 10009
    assert desk.broker.orders_get() == ()
    assert desk.broker.history_orders_get(ticket=ticket)[0].state == 2


def test_a_pending_order_can_close_a_position(tmp_path: Path) -> None:
    desk = Desk(tmp_path, euros((0, "1.10000", "1.10010"), (5, "1.10200", "1.10210")))
    opened = desk.buy(0.1)
    desk.pend(3, 1.1015, position=opened.order)
    desk.at(6)
    assert desk.positions() == ()


def test_levels_are_set_and_removed(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FLAT)
    ticket = desk.buy(0.1, sl=1.09).order
    result = desk.send(action=6, position=ticket, sl=1.09, tp=1.12)
    assert (result.retcode, result.deal, result.order) == (10009, 0, 0)
    desk.send(action=6, position=ticket, tp=1.12)
    (position,) = desk.positions()
    assert (position.sl, position.tp) == (0.0, 1.12)


def test_two_positions_close_each_other(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FLAT, SIMULATED_COMMISSION="0")
    one, other = desk.buy(0.3).order, desk.sell(0.1).order
    result = desk.send(action=10, position=one, position_by=other)
    assert result.retcode == 10009
    (left,) = desk.positions()
    assert (left.ticket, left.volume) == (one, 0.2)
    by = [deal for deal in desk.deals() if deal.entry == 3]
    assert [(deal.position_id, deal.profit) for deal in by] == [(one, -1.0), (other, 0.0)]


def test_the_euro_account_of_a_gold_file_converts_at_a_lent_price(tmp_path: Path) -> None:
    rows = [(0.0, "XAUUSDc", "2000.00", "2000.50")]
    plain = [(second, symbol.removesuffix("c"), bid, ask) for second, symbol, bid, ask in rows]
    desk = Desk(tmp_path, plain, TERMINAL_CURRENCY="EUR", SIMULATED_SYMBOL_SUFFIX="c")
    assert [info.name for info in desk.broker.symbols_get()] == ["XAUUSDc", "EURUSDc"]
    desk.buy(0.1, "XAUUSDc")
    assert desk.positions()[0].profit == round(-5 / 1.085, 2)
    assert desk.buy(0.1, "EURUSDc").retcode == 10018
