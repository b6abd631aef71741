"""What the parser makes of messages, one trap a test."""

from decimal import Decimal

import pytest

from trading.model import OrderType, Side, SignalDraft
from trading.parser import SignalUpdate, UpdateKind, parse
from trading.parser.reader import LONGEST
from trading.parser.wire import to_json


def _draft(text: str) -> SignalDraft:
    reading = parse(text)
    assert reading.held is None
    (signal,) = reading.signals
    return signal.draft


def _fields(text: str) -> tuple[object, ...]:
    """Return symbol, side, order type, entry, stop and targets as the wire shows them."""
    wire = to_json(parse(text))
    signals = wire["signals"]
    assert isinstance(signals, list)
    assert wire["held"] is None
    (signal,) = signals
    return tuple(signal[key] for key in ("symbol", "side", "order_type", "entry", "sl", "tp"))


def _held(text: str) -> str:
    reading = parse(text)
    assert reading.held is not None
    return reading.held


def _bold(text: str) -> str:
    """Write letters and digits in the mathematical bold that channels decorate with."""
    letters = {ord("A") + i: 0x1D5D4 + i for i in range(26)}
    digits = {ord("0") + i: 0x1D7EC + i for i in range(10)}
    return text.translate(letters | digits)


def _update(text: str) -> SignalUpdate:
    reading = parse(text)
    assert reading.update is not None
    return reading.update


GOLD_BUY = ("XAUUSD", "buy", "market", 2650, 2640, [2660, 2670])


@pytest.mark.parametrize(
    "text",
    [
        "XAUUSD BUY 2650 SL 2640 TP 2660 TP 2670",
        "GOLD buy @ 2650\nS/L: 2640\nT/P1: 2660\nT/P2: 2670",
        "#gold Long\nEntry price: 2650\nStop-loss - 2640\nTargets: 2660 / 2670",
        "📈 xau/usd 🟢 BUY 🔥 2650\n🛑 S.L 2640\n🎯 T.P.1 2660\n🎯 T.P.2 2670",
        "XAUUSDm BUY: 2650\nSL2640\nTP1:2660\nTP2:2670",
        "XAUUSD+ buy 2650 sl 2640 tp 2660, 2670, open",
        _bold("GOLD BUY 2650\nSL 2640\nTP") + "¹ 2660\n" + _bold("TP") + "² 2670",
        "Gold\u00a0buy\u00a02\u200d650 \u200fsl\u200f 2640 tp 2660 2670",
        "GOLD BUY 2,650\nSL 2,640\nTP1 2,660\nTP2 2,670",
        "gold buy 2.650,00 sl 2.640,00 tp1 2.660,00 tp2 2.670,00",
        "Gold buy 2 650 sl 2 640 tp1 2 660 tp2 2 670",
        "شراء الذهب من ٢٦٥٠\nوقف الخسارة ٢٦٤٠\nالهدف الأول ٢٦٦٠\nالهدف الثاني ٢٦٧٠",  # noqa: RUF001 -- Arabic is meant
        "Compra oro en 2650, SL en 2640, TP en 2660 y 2670",
        "Купить золото по 2650, стоп 2640, цели 2660, 2670",
        "Mua vàng 2650\nCắt lỗ 2640\nChốt lời 2660 - 2670",
        "SL 2640, TP 2660/2670: BUY GOLD 2650",
        "GOLD BUY\n2650\nSL\n2640\nTargets\n1) 2660 - 50%\n2) 2670 - 50%",
        "Signal no. 4512 (12.05.2024 14:30)\nGold M15 buy 2650\nSL 2640 TP1 2660 TP2 2670\nRisk 1%",
        "Gold buy 2650 sl 2640 tp1 2660 tp2 2670\nMove SL to BE once TP1 is hit, close half there",
        "Gold buy 2650\n🔻 2640\n🔹 2660\n🔹 2670",
    ],
)
def test_one_signal_however_it_is_written(text: str) -> None:
    assert _fields(text) == GOLD_BUY


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("Cable sell 1.2650 sl 1.2700 tp 1.2550", "GBPUSD"),
        ("GBP / USD sell 1.2650 sl 1.2700 tp 1.2550", "GBPUSD"),
        ("gbpusd.raw sell 1.2650 sl 1.2700 tp 1.2550", "GBPUSD"),
        ("Dow Jones sell 42100 sl 42200 tp 41900", "US30"),
        ("US30 (DJ) sell 42100 sl 42200 tp 41900", "US30"),
        ("NAS100 short 20100 sl 20200 tp 19900", "NAS100"),
        ("US Oil sell 75.20 sl 76 tp 74", "USOIL"),
        ("#BTC/USDT short 65,000 sl 66,000 tp 63,500", "BTCUSDT"),
        ("Silver sell 30.50 sl 31 tp 30", "XAGUSD"),
        ("ABC / USDT short 1.38 sl 1.45 tp 1.30", "ABCUSDT"),
        ("Gold King VIP\nEURUSD sell 1.0850 sl 1.09 tp 1.08\n#gold #forex", "EURUSD"),
    ],
)
def test_symbols_by_their_other_names(text: str, symbol: str) -> None:
    draft = _draft(text)

    assert (draft.symbol, draft.side) == (symbol, Side.SELL)


@pytest.mark.parametrize(
    ("text", "order_type"),
    [
        ("EURUSD buy stop 1.0900 sl 1.0860 tp 1.0980", OrderType.STOP),
        ("BUYSTOP EURUSD 1.0900 sl 1.0860 tp 1.0980", OrderType.STOP),
        ("Buy EURUSD 1.0900, stop 1.0860, target 1.0980", OrderType.MARKET),
        ("EURUSD buy 1.0900\nSTOP LOSS 1.0860\nTP 1.0980", OrderType.MARKET),
        ("Limit order: buy EURUSD at 1.0900 sl 1.0860 tp 1.0980", OrderType.LIMIT),
        ("Limit your risk!\nEURUSD buy 1.0900 sl 1.0860 tp 1.0980", OrderType.MARKET),
        ("Buy EURUSD stop 1.0900, stop loss 1.0860, tp 1.0980", OrderType.STOP),
    ],
)
def test_stop_and_limit_as_order_words(text: str, order_type: OrderType) -> None:
    draft = _draft(text)

    assert draft.order_type is order_type
    assert draft.entry == (Decimal("1.0900"), Decimal("1.0900"))
    assert draft.stop_loss == Decimal("1.0860")


def test_a_bare_stop_behind_side_and_symbol_is_held() -> None:
    assert "STOP" in _held("SELL USDJPY STOP 150.20 TP 149.00")


@pytest.mark.parametrize(
    ("zone", "entry"),
    [
        ("2655-2650", [2650, 2655]),
        ("2655 \u2013 2650", [2650, 2655]),
        ("2650/2655", [2650, 2655]),
        ("2650__2655", [2650, 2655]),
        ("between 2650 and 2655", [2650, 2655]),
        ("zone is 2650 to 2655", [2650, 2655]),
        ("2655-50", [2650, 2655]),
        ("2650 2655", [2650, 2655]),
        ("2,650 - 2,655", [2650, 2655]),
    ],
)
def test_entry_zones(zone: str, entry: list[int]) -> None:
    assert _fields(f"Gold buy {zone}\nSL 2640\nTP 2670")[3] == entry


def test_two_numbered_entries_are_a_zone() -> None:
    text = "Sell gold\nEntry 1: 2650\nEntry 2: 2655\nSL 2665\nTP 2630"

    assert _fields(text)[3] == [2650, 2655]


def test_now_without_a_price_is_the_market() -> None:
    assert _fields("EURUSD sell now\nsl 1.09\ntp 1.08")[3] is None


def test_a_call_without_stop_and_target_is_a_signal_with_gaps() -> None:
    assert _fields("Gold buy now") == ("XAUUSD", "buy", "market", None, None, [])


@pytest.mark.parametrize("gap", ["SL open", "SL ???", "no stop loss", "SL - later"])
def test_a_stop_left_open_on_purpose_is_none(gap: str) -> None:
    assert _fields(f"Gold buy 2650\nTP 2670\n{gap}")[4:] == (None, [2670])


def test_above_and_below_make_the_entry_conditional() -> None:
    (signal,) = parse("Gold sell below 2650\nSL 2660\nTP 2630").signals

    assert signal.conditional
    assert signal.draft.entry == (Decimal(2650), Decimal(2650))


@pytest.mark.parametrize(
    ("text", "stop", "targets"),
    [
        ("EURUSD buy 1.0850 sl 30 pips tp 60 pips", "1.0820", ["1.0910"]),
        ("EURUSD buy 1.0850\nTP 20-50-100 pips\nSL 40pips", "1.0810", ["1.087", "1.09", "1.095"]),
        ("USDJPY buy 150.20 sl 40 pips tp +80 pips", "149.80", ["151.00"]),
        ("EURUSD buy 1.0850 sl 1.0820 (30 pips) tp 1.0910 +60", "1.0820", ["1.0910"]),
    ],
)
def test_pips_as_distances_and_as_notes(text: str, stop: str, targets: list[str]) -> None:
    draft = _draft(text)

    assert draft.stop_loss == Decimal(stop)
    assert draft.take_profits == tuple(map(Decimal, targets))


def test_pips_of_gold_are_held_because_channels_do_not_agree_on_them() -> None:
    assert "pip of XAUUSD" in _held("Gold buy 2650 sl 30 pips tp 60 pips")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("BUY GOLD 2650 SL 2655 TP 2670", "stop 2655 is above the entry 2650 of a BUY"),
        ("SELL GOLD 2650 SL 2640 TP 2630", "stop 2640 is below the entry 2650 of a SELL"),
        ("BUY GOLD 2650 SL 2640 TP 2645", "target 2645 is below the entry 2650 of a BUY"),
        ("BUY GOLD 2650 SL 2640 TP 2670 TP 2660", "target 2660 comes after 2670 in a BUY"),
        ("Buy 2650 SL 2640 TP 2670", "no symbol is named"),
        ("Gold buy/sell 2650 SL 2640 TP 2670", "it says both buy and sell"),
        ("Gold buy 2650 SL 264O TP 2670", 'letters stand in the number "264…"'),
        ("Gold buy 2650 SL 2 6408 TP 2670", "the stop has a second number 6408"),
        ("Gold buy 2650 SL 26 TP 2670", '"26" is not a price of XAUUSD'),
        ("EURUSD buy 1.0850 SL 1.0800 TP 2.0900", "target 2.0900 is too far from 1.0850"),
        ("Gold buy 2650 SL TP 2670", "the stop loss is named but has no price"),
        ("Gold buy 2650 TP 2670\nsupport 2640", "cannot tell what 2640 is"),
        ("Gold buy 2650 SL 2640 SL 2635 TP 2670", "two stop losses: 2640 and 2635"),
        ("Gold buy limit SL 2640 TP 2670", "a limit order without a price"),
        ("Buy EURUSD GBPUSD SL 1.08 TP 1.09", "EURUSD, GBPUSD"),
        ("Gold buy 2650\nadd 2645\nSL 2640 TP 2670", '"add" below the prices is not understood'),
        ("Gold buy 2650 SL 2640 TP 2670\nnew entry 2660", '"new" beside the price'),
        ("Gold buy 2650 SL 2640 TP 2670\nentry 2660", "two entries: 2650 and 2660"),
        ("Gold buy 2650 SL 1640 TP 2670", "stop 1640 is too far from 2650"),
        ("Gold buy 2650\nEURUSD\nSL 2640 TP 2670", "EURUSD, XAUUSD"),
        ("Gold buy 2698-02 SL 2690 TP 2710", '"02" is not a price of XAUUSD'),
    ],
)
def test_what_does_not_fit_is_held_with_the_numbers(text: str, why: str) -> None:
    assert why in _held(text)


@pytest.mark.parametrize(
    ("text", "words", "where"),
    [
        ("Museum piece\nGold buy 2650\nSL 2640\nTP 2670", ["museum", "piece"], "above the call"),
        ("Gold fantasy buy 2650\nSL 2640\nTP 2670", ["fantasy"], "beside the price"),
        ("Gold buy 2650\nimaginary SL 2640\nTP 2670", ["imaginary"], "beside the price"),
        ("Gold buy 2650\nSL 2640\nTP 2670 (wow)", ["wow"], "behind the prices"),
        ("Gold buy 2650\nSL 2640\nTP 2670\nRisk: fictional", ["fictional"], "below the prices"),
        ("Gold buy 2650\nSL 2640\nTP 2670\nNo entry", ["no", "entry"], "below the prices"),
        ("#lesson Gold buy 2650\nSL 2640\nTP 2670", ["lesson"], "beside the price"),
    ],
)
def test_words_that_are_not_understood_hold_and_are_shown(
    text: str, words: list[str], where: str
) -> None:
    reading = parse(text)

    assert reading.held == f'"{" ".join(words)}" {where} is not understood'
    assert [text[start:end].lower() for start, end in reading.unread] == words
    assert reading.guess is not None
    assert reading.guess.stop_loss == 2640


@pytest.mark.parametrize(
    "text",
    [
        "Gold buy 2650 SL 2640 TP1 2660 TP2 2670\nTP1 hit +100 pips",
        "Gold buy 2650\nSL 2640\nTP1 2660 ✅\nTP2 2670",
        "Gold buy 2650 SL 2640 TP 2670 closed in profit",
        "If gold breaks 2660 then buy at 2650 SL 2640 TP 2670",
        "Wait for gold 2650 to buy, SL 2640, TP 2670",
        "Do not buy gold 2650, SL 2640, TP 2670",
    ],
)
def test_results_and_conditions_with_prices_are_held(text: str) -> None:
    assert parse(text).is_held


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Good morning traders",
        "who's buying gold?",
        "Should we sell gold now?",
        "long term I like gold",
        "Gold buy running +140 pips 🔥",
        "SELL GOLD NOW! I add 15 members to my VIP for free, hurry up",
        "Gold hit 2650 today",
        "Support 2640\nResistance 2670",
        "Kiss my stop loss",
        "Buy gold",
        "Gold buy limit 2640 not filled yet",
        "BUY GOLD TP/SL see the message above 👆",
    ],
)
def test_chatter_is_nothing(text: str) -> None:
    assert parse(text).is_chatter


def test_signals_of_different_symbols_in_one_message() -> None:
    text = "1) EURUSD buy 1.0850 sl 1.0800 tp 1.0950\n2) Gold\nSell 2650\nSL 2660\nTP 2630\n"

    eurusd, gold = (signal.draft for signal in parse(text).signals)

    assert (eurusd.symbol, eurusd.stop_loss) == ("EURUSD", Decimal("1.0800"))
    assert (gold.symbol, gold.take_profits) == ("XAUUSD", (Decimal(2630),))


def test_two_legs_share_the_hashtag_symbol() -> None:
    text = "1. BUY STOP 2660\nTP 2670\nSL 2650\n\n2. SELL STOP 2640\nTP 2630\nSL 2650\n\n#Gold"

    assert [signal.draft.symbol for signal in parse(text).signals] == ["XAUUSD", "XAUUSD"]


def test_two_orders_share_the_stop_below_them() -> None:
    text = "Sell EURUSD market @1.0850\nand sell limit @1.0880\nSL 1.0920\nTP 1.0780"

    kinds = [(s.draft.order_type, s.draft.stop_loss) for s in parse(text).signals]

    assert kinds == [(OrderType.MARKET, Decimal("1.0920")), (OrderType.LIMIT, Decimal("1.0920"))]


def test_two_limit_prices_joined_by_and_are_two_orders() -> None:
    signals = parse("Sell limit EURUSD at 1.0850 & 1.0880\nSL 1.0920 TP leave open").signals

    assert [signal.draft.entry for signal in signals] == [
        (Decimal("1.0850"), Decimal("1.0850")),
        (Decimal("1.0880"), Decimal("1.0880")),
    ]


def test_legs_of_which_only_one_has_a_stop_are_held() -> None:
    assert "not each has a stop" in _held("Gold buy stop 2660 or sell stop 2640, SL 2650")


def test_spans_show_where_the_fields_stand() -> None:
    text = "🔥 Gold\u200d BUY 2,650\nS/L ➡️ ٢٦٤٠\nTP¹ 2670"

    (signal,) = parse(text).signals

    assert {field: text[start:end] for field, (start, end) in signal.spans.items()} == {
        "symbol": "Gold",
        "side": "BUY",
        "entry": "2,650",
        "sl": "٢٦٤٠",
        "tp1": "2670",
    }


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("TP1 hit ✅", [UpdateKind.TP_HIT]),
        ("TP2 ✅✅", [UpdateKind.TP_HIT]),
        ("Move SL to entry", [UpdateKind.SL_TO_BE]),
        ("Set your stop loss to break even guys", [UpdateKind.SL_TO_BE]),
        ("SL to 2655", [UpdateKind.SET_SL]),
        ("Move TP to 2690", [UpdateKind.SET_TP]),
        ("Close half and move SL to BE", [UpdateKind.SL_TO_BE, UpdateKind.PARTIAL_CLOSE]),
        ("Close all trades now", [UpdateKind.CLOSE_ALL]),
        ("Cerrar todo", [UpdateKind.CLOSE_ALL]),
        ("Close all sells", [UpdateKind.CLOSE_SIDE]),
        ("Close the worst entry", [UpdateKind.CLOSE_WORST_ENTRY]),
        ("Cancel the pending order", [UpdateKind.CANCEL]),
        ("Close all pending orders", [UpdateKind.CANCEL]),
        ("Gold SL 2640 TP 2670", [UpdateKind.SET_SL, UpdateKind.SET_TP]),
    ],
)
def test_updates(text: str, kinds: list[UpdateKind]) -> None:
    assert list(_update(text).kinds) == kinds


def test_an_update_names_its_numbers() -> None:
    update = _update("XAUUSD buy: close 30% and move SL to 2655")

    assert (update.symbol, update.side) == ("XAUUSD", Side.BUY)
    assert (update.price, update.fraction) == (Decimal(2655), Decimal("0.3"))


def test_new_targets_are_kept_by_their_number() -> None:
    update = _update("Gold\nMove TP2 to 2690\nTP3 moved to 2700")

    assert update.take_profits == {2: 2690, 3: 2700}


@pytest.mark.parametrize(
    "text",
    [
        "All trades closed in profit",
        "Price is close to TP1",
        "Do not close yet",
        "You may close half if you like",
        "Shall we close all now?",
        "Close half or hold, up to you",
        "The market will close early today",
        "100 usd partial booked",
        "Remove SL",
    ],
)
def test_no_close_is_read_out_of_talk(text: str) -> None:
    reading = parse(text)

    assert not reading.update or not any(kind.closes for kind in reading.update.kinds)


def test_the_wire_has_numbers_of_the_text() -> None:
    assert to_json(parse("EURUSD sell 1.0850-1.0860 sl 1.09 tp 1.08")) == {
        "signals": [
            {
                "symbol": "EURUSD",
                "side": "sell",
                "order_type": "market",
                "entry": [1.085, 1.086],
                "sl": 1.09,
                "tp": [1.08],
            }
        ],
        "update": None,
        "held": None,
    }


def test_the_wire_of_an_update() -> None:
    assert to_json(parse("TP1 hit, close half"))["update"] == {
        "kinds": ["tp_hit", "partial_close"],
        "price": None,
        "fraction": 0.5,
        "symbol": None,
        "side": None,
        "tp": 1,
    }


def test_a_text_longer_than_telegram_allows_is_never_a_signal() -> None:
    signal = "Gold buy 2650 SL 2640 TP 2670 "

    assert "too long" in _held(signal + "x" * LONGEST)
    assert "too long" in _held(signal * 100)
    assert parse("1" * 65_536).is_chatter
