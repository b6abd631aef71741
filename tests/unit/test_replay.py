"""Replays: the same checks and guard over recorded prices, violent ones included."""

import json
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from bot.replay.bars import BarOptions, First, ReplayError, Route, write_ticks
from bot.replay.command import Options, read_signals, run
from bot.replay.engine import Outcome
from bot.replay.report import as_json, as_text, overshoot
from bot.settings import Settings, load_settings
from trading.model import TradingState

DATA = Path("../shared/data")
recorded = pytest.mark.skipif(not DATA.is_dir(), reason="the recordings are not part of the tree")

BAR_ROWS = """time,symbol,open,high,low,close,volume
1465776000,EURUSD,1.1000,1.1040,1.0960,1.1010,10
1465779600,EURUSD,1.1010,1.1050,1.1000,1.1020,10
"""


def settings(**changes: str) -> Settings:
    return load_settings({"TERMINAL_BALANCE": "10000", **changes}, None, need_telegram=False)


def played(
    tmp_path: Path, ticks: str, signals: list[dict[str, object]], **options: object
) -> tuple[Outcome, str]:
    file = tmp_path / "signals.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in signals))
    chosen = Options(ticks=DATA / ticks, signals=file, **options)  # type: ignore[arg-type]
    return run(chosen, settings(RISK_MAX_VOLUME="5"))


def buy(time: str, symbol: str, stop: str, volume: str, side: str = "buy") -> dict[str, object]:
    return {"time": time, "symbol": symbol, "side": side, "stop_loss": stop, "volume": volume}


VIOLENT: dict[str, tuple[str, list[dict[str, object]], tuple[str, ...], BarOptions, float]] = {
    "payrolls": (
        "ticks/eurusd-xauusd_oanda_2014-05-02_nfp.csv.gz",
        [buy("2014-05-02T12:29:30Z", "XAUUSD", "1290.5", "0.30", "sell")],
        ("static 20", "trailing 2"),
        BarOptions(),
        1.0,
    ),
    "Brexit": (
        "bars/multi_ejtrader_2016-06_brexit_h1.csv.gz",
        [buy("2016-06-24T00:45:00Z", "GBPUSD", "1.4350", "0.20")],
        ("static 25", "trailing 4"),
        BarOptions(First.HIGH),
        15.0,
    ),
    "pound flash crash": (
        "bars/multi_ejtrader_2016-10_gbp-flash-crash_h1.csv.gz",
        [buy("2016-10-06T22:30:00Z", "GBPUSD", "1.2500", "0.25")],
        ("static 30", "trailing 3"),
        BarOptions(First.LOW, Route.JUMP),
        15.0,
    ),
    "yen flash crash": (
        "bars/multi_ejtrader_2019-01_jpy-flash-crash_h1.csv.gz",
        [buy("2019-01-02T21:30:00Z", "AUDUSD", "0.6945", "0.50")],
        ("static 30", "floor 9700"),
        BarOptions(First.HIGH, Route.JUMP),
        15.0,
    ),
}


@recorded
@pytest.mark.parametrize("market", VIOLENT)
def test_a_violent_market_ends_flat_with_the_overshoot_reported(
    tmp_path: Path, market: str
) -> None:
    ticks, signals, caps, bars, step = VIOLENT[market]
    outcome, words = played(tmp_path, ticks, signals, caps=caps, bars=bars, step=step)
    told = as_text(outcome, words)
    assert outcome.cards[0].order is not None, told
    assert outcome.cards[0].order.status.value == "filled", told
    assert outcome.state is TradingState.HALTED, told
    assert outcome.open_positions == 0
    assert not outcome.ends_badly
    (report,) = outcome.reports
    assert report.flat_at is not None
    past = overshoot(report)
    assert past is not None
    assert f"{past:,.2f} USD past the floor" in told
    assert all(ticket.result is not None for ticket in report.tickets), told
    assert json.loads(as_json(outcome, words))["breaches"][0]["overshoot"] == str(past)


@recorded
def test_a_cap_can_be_tried_and_a_denial_says_why(tmp_path: Path) -> None:
    signals = [buy("2013-01-01T22:20:00Z", "USDJPY", "86.50", "3.0")]
    file = "ticks/usdjpy_truefx_2013-01-01_newyear-open.csv.gz"
    outcome, words = played(tmp_path, file, signals, caps=("5",))
    assert outcome.state is TradingState.ACTIVE
    assert "denied" in as_text(outcome, words)
    (told,) = json.loads(as_json(outcome, words))["signals"]
    assert told["reason"] == "worst_case_below_floor"
    assert outcome.reports == ()
    assert outcome.equity == outcome.balance


@recorded
def test_a_signal_outside_the_recording_is_refused(tmp_path: Path) -> None:
    file = "ticks/usdjpy_truefx_2013-01-01_newyear-open.csv.gz"
    with pytest.raises(ReplayError, match="not in the time"):
        played(tmp_path, file, [buy("2014-01-01T00:00:00Z", "USDJPY", "86.50", "0.1")])


@pytest.mark.parametrize(("first", "extremes"), [("low", [960, 1040]), ("high", [1040, 960])])
def test_bars_become_ticks_in_the_stated_order(
    tmp_path: Path, first: str, extremes: list[int]
) -> None:
    bars = tmp_path / "bars.csv"
    bars.write_text(BAR_ROWS)
    target = tmp_path / "ticks.csv"
    options = BarOptions(First(first), Route.JUMP, spread_points=20)
    begin, end = write_ticks(bars, target, options, symbols=frozenset({"EURUSD"}))
    rows = [line.split(",") for line in target.read_text().splitlines()[1:]]
    assert (begin, end) == (1465776000_000, 1465779600_000 + 3_599_000)
    bids = [round((Decimal(row[2]) - 1) * 10000) for row in rows if int(row[0]) < 1465779600_000]
    assert list(dict.fromkeys(bids)) == [1000, *extremes, 1010]
    assert {Decimal(row[3]) - Decimal(row[2]) for row in rows} == {Decimal("0.0002")}
    times = [int(row[0]) for row in rows]
    assert times == sorted(times)
    assert max(late - soon for soon, late in pairwise(times)) <= 15_001


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (b"not json", "line 1"),
        (b'{"symbol": "EURUSD"}', "time"),
        (b'{"time": "2014-05-02T12:00:00Z", "symbol": "EURUSD"}', "side"),
        (b'{"time": "soon", "symbol": "EURUSD", "side": "buy"}', "no time such as"),
    ],
)
def test_a_bad_line_of_signals_is_named(line: bytes, wrong: str) -> None:
    with pytest.raises(ReplayError, match=wrong):
        read_signals([line])


def test_signals_come_in_the_order_of_time_with_exact_prices() -> None:
    late = b'{"time": 1399032540, "symbol": "EURUSD", "side": "sell", "stop_loss": 1.38605}'
    soon = b'{"time": "2014-05-02T12:00:00+00:00", "symbol": "XAUUSD", "side": "buy"}'
    first, second = read_signals([late, b"", soon])
    assert (first.draft.symbol, second.draft.stop_loss) == ("XAUUSD", Decimal("1.38605"))
