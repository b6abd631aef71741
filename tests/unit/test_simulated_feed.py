"""Where the simulated prices come from: recorded files and the seeded market."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from tests.support.simulated_desk import START_MS, Desk, Row, euros, write_ticks
from trading.terminal.simulated.broker import Broker

TICKS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "ticks"
CROSSED = TICKS / "eurusd_fxcm_2014-05-08_ecb_crossed.csv.gz"
WEEKEND = TICKS / "eurusd-nzdusd-xauusd_oanda_2014-05-09_weekend.csv.gz"
ROWS = euros((0, "1.10000", "1.10010"), (10, "1.10100", "1.10110"), (20, "1.10200", "1.10210"))


def recorded(path: Path) -> str:
    if not path.exists():
        pytest.skip(f"the recorded quotes {path.name} are not here")
    return str(path)


def bid(desk: Desk, symbol: str = "EURUSD") -> float:
    return float(desk.broker.symbol_info_tick(symbol).bid)


def test_quotes_come_in_their_time_stamped_with_the_brokers_clock(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ROWS)
    assert bid(desk) == 1.1
    desk.at(9.999)
    assert bid(desk) == 1.1
    desk.at(10)
    tick = desk.broker.symbol_info_tick("EURUSD")
    assert (tick.bid, tick.ask) == (1.101, 1.1011)
    assert tick.time_msc == START_MS + 10_000 + 10_800_000
    assert tick.time == tick.time_msc // 1000


def test_speed_compresses_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ROWS, TERMINAL_SPEED="10", SIMULATED_SERVER_OFFSET_SECONDS="0")
    desk.at(1)
    tick = desk.broker.symbol_info_tick("EURUSD")
    assert (tick.bid, tick.time_msc) == (1.101, START_MS + 1000)


def test_a_replay_starts_where_it_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ROWS, SIMULATED_START=str(1_577_900_000_000 + 15_000))
    assert bid(desk) == 1.101
    desk.at(5)
    assert bid(desk) == 1.102


def test_the_session_is_closed_in_gaps_and_after_the_end(tmp_path: Path) -> None:
    desk = Desk(tmp_path, euros((0, "1.1", "1.1001"), (100_000, "1.1", "1.1001")))
    ticket = desk.at(60).buy(sl=1.05).order
    desk.at(61)
    assert desk.buy().retcode == 10018
    assert desk.sell(position=ticket).retcode == 10018
    assert desk.send(action=6, position=ticket, sl=1.06).retcode == 10018
    desk.at(100_000)
    assert desk.buy().retcode == 10009
    assert not desk.broker.feed_report()["exhausted"] or desk.at(100_061).buy().retcode == 10018
    assert desk.at(100_061).buy().retcode == 10018


def test_bad_quotes_are_skipped_and_counted(tmp_path: Path) -> None:
    rows = euros(
        (0, "1.10", "1.10"),
        (1, "1.10", "1.09"),
        (2, "0.0", "1.10"),
        (3, "-1.1", "1.10"),
        (4, "1.20", "1.21"),
        (3, "1.30", "1.31"),
        (4, "1.21", "1.22"),
    )
    desk = Desk(tmp_path, rows).at(3)
    assert bid(desk) == 1.1
    desk.at(5)
    assert bid(desk) == 1.21
    report = desk.broker.feed_report()
    counts = {key: report[key] for key in ("rows", "used", "crossed", "not_positive", "backwards")}
    assert counts == {"rows": 7, "used": 3, "crossed": 1, "not_positive": 2, "backwards": 1}


def test_a_real_feed_with_crossed_quotes_never_shows_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path, TERMINAL_TICKS=recorded(CROSSED), TERMINAL_SPEED="3600")
    assert desk.buy(volume=0.01).retcode == 10009
    for second in range(24):
        tick = desk.at(second).broker.symbol_info_tick("EURUSD")
        assert 0 < tick.bid <= tick.ask < 1.4
    report = desk.at(25).broker.feed_report()
    assert report["exhausted"]
    assert report["rows"] == 165_612
    assert report["not_positive"] == 0
    assert report["crossed"] == 18_323
    assert report["used"] == 165_612 - 18_323


def test_a_real_weekend_is_closed(tmp_path: Path) -> None:
    desk = Desk(tmp_path, TERMINAL_TICKS=recorded(WEEKEND), SIMULATED_START="2014-05-09T20:59:30")
    assert desk.buy(symbol="XAUUSD").retcode == 10009
    assert desk.at(3600).buy(symbol="XAUUSD").retcode == 10018
    assert desk.at(48 * 3600 + 120).buy(symbol="EURUSD").retcode == 10009
    assert desk.buy(symbol="XAUUSD").retcode == 10018
    assert desk.at(49 * 3600 + 120).buy(symbol="XAUUSD").retcode == 10009


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"", "line 1: header"),
        (b"time,symbol,bid,ask\n", "line 1: header"),
        (b"time_msc,symbol,bid,ask\n", "no quotes"),
        (b"time_msc,symbol,bid,ask\n1,EURUSD,1.1,1.2\n2,EURUSD,x,1.2\n", "line 3: bad row"),
        (b"time_msc,symbol,bid,ask\n1,EURUSD,1.1\n", "line 2: bad row"),
        (b"time_msc,symbol,bid,ask\n1,EURUSD,nan,1.1\n", "line 2: bad row"),
        (b"time_msc,symbol,bid,ask\n1,EURUSD,1,1\n\n2,EURUSD,1,1\n", "line 3: bad row"),
        (
            gzip.compress(b"time_msc,symbol,bid,ask\n" + b"1,EURUSD,1.1,1.2\n" * 99, mtime=0)[:-20],
            "ticks",
        ),
        (b"\x1f\x8bnot gzip at all", "ticks"),
    ],
)
def test_an_unreadable_file_is_said_at_initialize(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "ticks.csv"
    if content is not None:
        path.write_bytes(content)
    broker = Broker({"TERMINAL_TICKS": str(path)})
    assert broker.initialize() is False
    code, text = broker.last_error()
    assert code == -1
    assert words in text
    assert str(path) in text


def test_a_file_named_gz_must_be_packed(tmp_path: Path) -> None:
    path = write_ticks(tmp_path / "ticks.csv.gz", ROWS)
    broker = Broker({"TERMINAL_TICKS": str(path)})
    assert broker.initialize() is False
    assert "not a gzip file" in broker.last_error()[1]


@pytest.mark.parametrize(
    "env",
    [
        {"TERMINAL_SPEED": "0"},
        {"TERMINAL_BALANCE": "many"},
        {"SIMULATED_SHOCK": "EURUSD:3"},
        {"SIMULATED_MARGIN_MODE": "exchange"},
        {"SIMULATED_START": "yesterday"},
        {"TERMINAL_CURRENCY": "XYZ"},
    ],
)
def test_a_bad_setting_is_said_at_initialize(env: dict[str, str]) -> None:
    broker = Broker(env)
    assert broker.initialize() is False
    assert broker.last_error()[0] == -1


def test_a_start_after_the_end_is_refused(tmp_path: Path) -> None:
    path = write_ticks(tmp_path / "ticks.csv", ROWS)
    broker = Broker({"TERMINAL_TICKS": str(path), "SIMULATED_START": "2021-01-01"})
    assert broker.initialize() is False
    assert "SIMULATED_START" in broker.last_error()[1]


def test_the_digits_of_a_file_are_kept(tmp_path: Path) -> None:
    rows: list[Row] = [(0, "XAUUSD", "1284.065", "1284.4"), (0, "USDTRY", "2.1", "2.2")]
    desk = Desk(tmp_path, rows)
    gold = desk.broker.symbol_info("XAUUSD")
    assert (gold.digits, gold.point, gold.trade_tick_value) == (3, 0.001, 0.1)
    assert desk.broker.symbol_info("USDTRY").currency_profit == "TRY"


def walked(tmp_path: Path, seconds: list[float], seed: str) -> list[tuple[Any, ...]]:
    desk = Desk(tmp_path, SIMULATED_SEED=seed)
    names = [info.name for info in desk.broker.symbols_get()]
    return [
        tuple(desk.at(second).broker.symbol_info_tick(name)) for second in seconds for name in names
    ]


def test_the_seeded_market_does_not_depend_on_when_it_is_looked_at(tmp_path: Path) -> None:
    seldom = walked(tmp_path, [0, 100], "5")
    often = walked(tmp_path, [0, *range(1, 100, 7), 100], "5")
    count = len(seldom) // 2
    assert often[-count:] == seldom[-count:]
    assert walked(tmp_path, [100], "6") != seldom[-count:]


def test_the_seeded_market_moves_about_four_times_a_second(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.buy()
    seen = {desk.at(step / 20).broker.symbol_info_tick("EURUSD")[:6] for step in range(20 * 30)}
    assert 100 <= len(seen) <= 122
    assert all(tick[1] < tick[2] for tick in seen)


def test_a_shock_falls_as_written(tmp_path: Path) -> None:
    desk = Desk(tmp_path, SIMULATED_SHOCK="XAUUSD:5:60:30")
    before = bid(desk.at(59), "XAUUSD")
    assert before == pytest.approx(2350, rel=0.01)
    assert bid(desk.at(75), "XAUUSD") == pytest.approx(before * 0.975, rel=0.003)
    assert bid(desk.at(200), "XAUUSD") == pytest.approx(before * 0.95, rel=0.003)
