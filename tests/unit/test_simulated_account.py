"""The account file: what was answered is kept, by whichever process asks next."""

import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.simulated_desk import EVER, START_MS, Desk, Halt, Row, euros
from trading.terminal.simulated import admin
from trading.terminal.simulated.broker import Broker

ROWS = euros((0, "1.10000", "1.10010"), (10, "1.09000", "1.09010"), (50, "1.09000", "1.09010"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path, ROWS)
    desk.keep()
    return desk


def everything(desk: Desk) -> tuple[Any, ...]:
    broker = desk.broker
    return (
        tuple(desk.account()),
        desk.positions(),
        broker.orders_get(),
        desk.deals(),
        broker.history_orders_get(*EVER),
    )


def test_everything_survives_a_restart(desk: Desk) -> None:
    desk.buy(0.2, magic=4, comment="kept", sl=1.05)
    closed = desk.buy(0.1).order
    desk.sell(0.1, position=closed)
    desk.pend(2, 1.05)
    desk.at(5)
    before = everything(desk)
    desk.open()
    assert everything(desk) == before


def test_the_broker_goes_on_while_nobody_is_connected(desk: Desk) -> None:
    desk.buy(0.1, sl=1.0950)
    desk.wall += 30_000
    desk.open()
    assert desk.positions() == ()
    deal = desk.deals()[-1]
    assert (deal.price, deal.reason) == (1.09, 4)
    assert deal.time_msc == START_MS + 10_000 + 10_800_000


def test_the_replay_continues_and_a_new_speed_goes_on_from_there(desk: Desk) -> None:
    desk.at(9)
    desk.open()
    assert desk.broker.symbol_info_tick("EURUSD").bid == 1.1
    desk.env["TERMINAL_SPEED"] = "10"
    desk.open()
    desk.wall += 100
    assert desk.broker.symbol_info_tick("EURUSD").bid == 1.09


def test_a_death_after_booking_loses_nothing(desk: Desk) -> None:
    desk.fault({"kind": "execute_then_die", "times": 1})
    with pytest.raises(Halt):
        desk.buy(0.1, magic=12)
    desk.open()
    assert [position.magic for position in desk.positions()] == [12]
    assert desk.buy(0.1).retcode == 10009  # the count of the fault survived too


def test_a_late_booking_survives_a_restart(desk: Desk) -> None:
    desk.fault({"kind": "late_book", "seconds": 5, "times": 1})
    assert desk.buy(0.1, magic=3).retcode == 10012
    assert desk.positions() == ()
    desk.wall += 2000
    desk.open()
    assert desk.positions() == ()
    desk.wall += 4000
    (position,) = desk.positions()
    assert position.magic == 3
    desk.open()
    assert len(desk.positions()) == 1


def test_a_torn_last_line_is_dropped(desk: Desk) -> None:
    desk.buy(0.1)
    whole = desk.account_file.read_bytes()
    desk.account_file.write_bytes(whole + b'{"positions":{"10')
    desk.open()
    assert len(desk.positions()) == 1
    desk.buy(0.1)
    desk.open()
    assert len(desk.positions()) == 2


def test_a_damaged_or_foreign_account_file_is_said(desk: Desk, tmp_path: Path) -> None:
    desk.buy(0.1)
    lines = desk.account_file.read_bytes().splitlines(keepends=True)
    desk.account_file.write_bytes(b"".join([*lines[:2], b"rubbish\n", *lines[2:]]))
    broker = Broker(desk.env)
    assert broker.initialize() is False
    assert "line 3" in broker.last_error()[1]
    desk.account_file.write_text("{}\n")
    assert broker.initialize() is False
    assert "not an account" in broker.last_error()[1]
    broker = Broker({"SIMULATED_ACCOUNT_FILE": str(tmp_path)})
    assert broker.initialize() is False


def test_a_lingering_process_sees_what_the_next_one_booked(desk: Desk) -> None:
    other = Desk.__new__(Desk)
    other.__dict__.update(desk.__dict__)
    other.open()
    ticket = desk.buy(0.1).order
    assert [position.ticket for position in other.positions()] == [ticket]
    assert other.buy(0.1).order == ticket + 1
    assert len(desk.positions()) == 2
    assert len({deal.ticket for deal in desk.deals()}) == 3


def test_a_full_disk_books_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.buy(0.1)

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("trading.terminal.simulated.journal.os.write", full)
        assert desk.buy(0.1) is None
        assert "No space left" in desk.broker.last_error()[1]
    assert len(desk.positions()) == 1
    assert desk.buy(0.1).retcode == 10009


def test_the_owner_and_the_broker_act_behind_our_back(desk: Desk) -> None:
    ours = desk.buy(0.1).order
    admin.deposit(desk.account_file, "-500.00")
    admin.place_foreign_trade(desk.account_file, "EURUSD", "sell", "0.2", sl="1.2")
    admin.close_by_hand(desk.account_file, ours)
    (foreign,) = desk.positions()
    assert (foreign.type, foreign.magic, foreign.reason, foreign.sl) == (1, 0, 0, 1.2)
    paid = [deal for deal in desk.deals() if deal.type == 2]
    assert [deal.profit for deal in paid] == [10000.0, -500.0]
    before = everything(desk)
    desk.open()
    assert everything(desk) == before


def test_instructions_in_the_faults_file_are_carried_out_once(desk: Desk) -> None:
    desk.fault({"admin": "deposit", "amount": "250", "id": "x1"})
    assert desk.account().balance == 10250.0
    desk.open()
    desk.fault(
        {"admin": "deposit", "amount": "250", "id": "x1"},
        {"admin": "credit", "amount": "10", "id": "x2"},
    )
    account = desk.account()
    assert (account.balance, account.credit, account.equity) == (10250.0, 10.0, 10260.0)


def test_frozen_quotes_move_on_afterwards(desk: Desk) -> None:
    desk.buy(0.1, sl=1.095)
    desk.fault({"kind": "freeze_quotes"})
    desk.at(20)
    assert desk.broker.symbol_info_tick("EURUSD").bid == 1.1
    assert len(desk.positions()) == 1
    desk.fault()
    assert desk.positions() == ()
    assert desk.deals()[-1].time_msc == START_MS + 10_000 + 10_800_000


def test_the_file_is_readable_lines_of_json(desk: Desk) -> None:
    desk.buy(0.1)
    lines = desk.account_file.read_text().splitlines()
    assert json.loads(lines[0]) == {"format": "simulated account", "version": 1}
    assert json.loads(lines[-1])["deals"][0][2] == "EURUSD"


def quotes() -> list[Row]:
    rows: list[Row] = []
    for second in range(400):
        wave = (second * 7919 % 101 - 50) * 4
        euro, yen = 110_000 + wave, 150_000 - wave * 2
        rows.append((second, "EURUSD", f"{euro / 1e5:.5f}", f"{(euro + 12) / 1e5:.5f}"))
        rows.append((second, "USDJPY", f"{yen / 1e3:.3f}", f"{(yen + 14) / 1e3:.3f}"))
    return rows


QUOTES = quotes()
MOVES = st.tuples(
    st.sampled_from(["buy", "sell", "close", "part", "pend", "level", "wait", "flow", "restart"]),
    st.sampled_from(["EURUSD", "USDJPY"]),
    st.integers(1, 300),
)


def move(desk: Desk, what: str, symbol: str, size: int) -> None:
    volume = size / 100
    positions = desk.positions()
    if what in ("buy", "sell"):
        desk.send(action=1, symbol=symbol, volume=volume, type=int(what == "sell"))
    elif what in ("close", "part") and positions:
        one = positions[size % len(positions)]
        amount = one.volume if what == "close" else 0.01
        desk.send(
            action=1, symbol=one.symbol, volume=amount, type=1 - one.type, position=one.ticket
        )
    elif what == "pend":
        bid = desk.broker.symbol_info_tick("EURUSD").bid
        desk.pend(2 + size % 4, round(bid + (0.001 if size % 4 in (1, 2) else -0.001), 5), volume)
    elif what == "level" and positions:
        one = positions[size % len(positions)]
        away = (0.001 if one.symbol == "EURUSD" else 0.1) * (1 if one.type else -1)
        desk.send(
            action=6, symbol=one.symbol, position=one.ticket, sl=round(one.price_current + away, 3)
        )
    elif what == "wait":
        desk.wall += size * 100
    elif what == "flow":
        admin.deposit(desk.account_file, f"{size - 150}.17")
    elif what == "restart":
        desk.open()


@settings(max_examples=40, deadline=None)
@given(moves=st.lists(MOVES, max_size=25), netting=st.booleans())
def test_the_balance_is_the_sum_of_the_deals(
    moves: list[tuple[str, str, int]], netting: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        mode = "netting" if netting else "hedging"
        desk = Desk(Path(folder), QUOTES, SIMULATED_MARGIN_MODE=mode, TERMINAL_BALANCE="3000")
        desk.keep()
        for what, symbol, size in moves:
            move(desk, what, symbol, size)
            account, positions = desk.account(), desk.positions()
            booked = sum(
                (
                    Decimal(str(amount))
                    for deal in desk.deals()
                    for amount in (deal.profit, deal.commission, deal.swap, deal.fee)
                ),
                Decimal(0),
            )
            floating = sum((Decimal(str(one.profit + one.swap)) for one in positions), Decimal(0))
            assert Decimal(str(account.balance)) == booked
            assert Decimal(str(account.equity)) == booked + floating
            assert Decimal(str(account.margin_free)) == booked + floating - Decimal(
                str(account.margin)
            )
        desk.broker.shutdown()


CHILD = """
import sys
from trading.terminal.simulated.broker import Broker
broker = Broker()
assert broker.initialize(), broker.last_error()
for number in range(1, 100000):
    request = {"action": 1, "symbol": "EURUSD", "volume": 0.01, "type": number % 2}
    result = broker.order_send({**request, "magic": number})
    assert result.retcode == 10009, result
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_a_kill_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    own = {
        "SIMULATED_ACCOUNT_FILE": str(tmp_path / "account.jsonl"),
        "TERMINAL_BALANCE": "1000000",
    }
    with subprocess.Popen(  # noqa: S603 - our own interpreter on the text above
        [sys.executable, "-c", CHILD],
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        answered = [int(child.stdout.readline()) for _ in range(50)]
        child.kill()
        answered += [int(line) for line in child.stdout.read().split("\n")[:-1]]
    broker = Broker(own)
    assert broker.initialize()
    booked = [position.magic for position in broker.positions_get()]
    assert len(booked) == len(set(booked))
    assert set(answered) <= set(booked)
    assert len(booked) <= len(answered) + 1
    broker.shutdown()
