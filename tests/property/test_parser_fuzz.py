"""The parser on invented messages: it never raises, never invents a number, never drags on."""

import re
from dataclasses import dataclass
from decimal import Decimal
from time import perf_counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.depth import examples
from trading.model import Side
from trading.parser import Reading, parse
from trading.parser.normalise import normalise
from trading.parser.numbers import readings
from trading.parser.reader import LONGEST

_WORDS = (
    "buy sell long short limit stop loss sl tp tp1 tp2 target entry now at gold xauusd eur/usd "
    "btc usdjpy pips open close half move be hit cancel all zone to and don't if risk lot "
    "شراء 买入 купить https://a.b/c @someone"
)
_NUMBERS = (
    "4320 4310 4330 1.0850 1,0900 4,320 4.330,50 03 150.20 ٤٣٢٠ ½ ² 1: 2) #3 77 645.45 20-50-100 "
    "x20 2024.05.12 14:30"
)
_MARKS = (
    "@ - \u2013 / , . : ( ) [ ] + % ?? & ' \u2019 \u201c … _ __ ✅ ❌ 🔥 \u200f \u200d \U0001d7f0"
)
_FRAGMENTS = [*_WORDS.split(" "), *_NUMBERS.split(" "), *_MARKS.split(" "), "\n"]
_soup = st.lists(st.sampled_from(_FRAGMENTS), max_size=60).map(" ".join)
_glued = st.lists(st.sampled_from(_FRAGMENTS), max_size=40).map("".join)
_decorations = st.sampled_from(
    ["", " ", "\n", "\n\n", "🔥", " 🔥🔥 ", "\u200f", "\u200d", "\u00a0"]
)


@dataclass(frozen=True)
class Spoken:
    """A signal with known fields, and one way of writing it."""

    text: str
    symbol: str
    side: Side
    entry: Decimal | None
    stop: Decimal
    targets: tuple[Decimal, ...]


@st.composite
def _spoken(draw: st.DrawFn) -> Spoken:
    name, symbol, digits, base = draw(
        st.sampled_from(
            [
                ("GOLD", "XAUUSD", 2, 432000),
                ("xau/usd", "XAUUSD", 2, 432000),
                ("EURUSD", "EURUSD", 5, 108500),
                ("#gbp jpy", "GBPJPY", 3, 190500),
                ("US30", "US30", 1, 465000),
            ]
        )
    )
    side = draw(st.sampled_from(Side))
    steps = sorted(draw(st.lists(st.integers(5, 900), min_size=1, max_size=4, unique=True)))
    risk = draw(st.integers(5, 900))
    unit = Decimal(1).scaleb(-digits)
    entry = base * unit
    stop = entry - side.sign * risk * unit
    targets = tuple(entry + side.sign * step * unit for step in steps)
    verbs = {Side.BUY: ["BUY", "Long", "buy now"], Side.SELL: ["SELL", "Short", "sell now"]}
    mark = draw(st.sampled_from([" ", ": ", " - ", " @ ", ":- ", " = "]))
    gap = draw(st.sampled_from(["\n", " ", "\n\n", "  🔹 ", ", "]))
    parts = [
        f"{name} {draw(st.sampled_from(verbs[side]))}",
        f"{draw(st.sampled_from(['Entry', 'Enter', 'EP', 'Entry price', '@']))}{mark}{entry}",
        f"{draw(st.sampled_from(['SL', 'S/L', 'Stop loss', 'Stop', 'stoploss']))}{mark}{stop}",
    ]
    label = draw(st.sampled_from(["TP", "Target", "Take Profit", "T/P"]))
    numbered = draw(st.booleans())
    for number, target in enumerate(targets, start=1):
        parts.append(f"{label}{number if numbered else ''}{mark}{target}")
    return Spoken(gap.join(parts), symbol, side, entry, stop, targets)


def _one_kind(reading: Reading) -> bool:
    return sum((reading.is_signal, reading.is_update, reading.is_held)) <= 1


@given(st.one_of(st.text(max_size=300), _soup, _glued))
@example("sell limit gold 4350,4355")
@example("buy gold 4320 sl 4310 tp ½")
def test_any_text_is_read_without_raising(text: str) -> None:
    assert _one_kind(parse(text))


@given(_soup)
def test_spans_point_at_the_digits_of_the_original(text: str) -> None:
    for signal in parse(text).signals:
        for field, (start, end) in signal.spans.items():
            piece = normalise(text[start:end]).text
            assert piece.strip()
            if field not in {"symbol", "side"}:
                assert any(char.isdigit() for char in piece)


@given(_spoken())
@settings(max_examples=examples(150))
def test_a_plain_signal_is_never_read_wrong(spoken: Spoken) -> None:
    reading = parse(spoken.text)
    if not reading.is_signal:
        assert reading.held
        return
    (signal,) = reading.signals
    draft = signal.draft
    assert (draft.symbol, draft.side) == (spoken.symbol, spoken.side)
    assert draft.entry == (spoken.entry, spoken.entry)
    assert draft.stop_loss == spoken.stop
    assert draft.take_profits == spoken.targets


@given(_spoken())
def test_every_number_used_stands_in_the_text(spoken: Spoken) -> None:
    for signal in parse(spoken.text).signals:
        draft = signal.draft
        named = {"sl": draft.stop_loss, "entry": draft.entry[0] if draft.entry else None}
        named |= {f"tp{number}": tp for number, tp in enumerate(draft.take_profits, start=1)}
        for field, price in named.items():
            start, end = signal.spans[field]
            assert (price,) in readings(normalise(spoken.text[start:end]).text)


_STRANGE = st.text("bdjkqvz", min_size=4, max_size=9)
"""Words of no language: none can be in the vocabulary."""


@given(_spoken(), _STRANGE, st.data())
@settings(max_examples=examples(150))
def test_a_signal_with_a_word_that_is_not_known_never_trades(
    spoken: Spoken, word: str, data: st.DataObject
) -> None:
    pieces = re.split(r"(\s+)", spoken.text)
    place = data.draw(st.integers(0, len(pieces)))
    bracket = data.draw(st.sampled_from(["{}", "({})", "{}:", "\n{}\n", "{}!", "- {}"]))
    text = " ".join(["".join(pieces[:place]), bracket.format(word), "".join(pieces[place:])])

    assert not parse(text).is_signal


@given(_spoken(), _soup, _soup)
def test_any_lines_around_a_signal_are_read_without_raising(
    spoken: Spoken, above: str, below: str
) -> None:
    assert _one_kind(parse("\n".join([above, spoken.text, below])))


_BLOWS = ["0", "9", ".", ",", " ", "\n", "-", "/", "\u200d", "\u200f", "x", "hit", "✅", "not "]


@given(_spoken(), st.data())
@settings(max_examples=100)
def test_a_damaged_signal_never_yields_a_number_that_is_not_there(
    spoken: Spoken, data: st.DataObject
) -> None:
    text = spoken.text
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 3))
        text = text[:place] + data.draw(st.sampled_from(_BLOWS)) + text[place + cut :]
    for signal in parse(text).signals:
        draft = signal.draft
        named = {"sl": draft.stop_loss}
        named |= {f"tp{number}": tp for number, tp in enumerate(draft.take_profits, start=1)}
        for field, price in named.items():
            if price is None:
                continue
            start, end = signal.spans[field]
            ways = readings(normalise(text[start:end]).text)
            assert any(price in way for way in ways), (text, field, price)
        if draft.stop_loss is not None and draft.take_profits:
            sign = draft.side.sign
            assert all((price - draft.stop_loss) * sign > 0 for price in draft.take_profits)


_BOMBS = {
    "words of time": "now ",
    "words left open": "open ",
    "unknown words": "zz ",
    "digits": "1",
    "nested brackets": "([{<",
    "right-to-left marks": "\u202e\u200f",
    "joiners": "\u200d\u200c",
    "nested quantifiers": "a-a.a,a'",
    "decimal chains": "1.1,1'1",
    "labels": "tp sl ",
    "mentions": "@buy@sell",
    "links": "https://a.b/",
    "newlines": "\n",
    "dates": "2024.05.12 ",
    "combining marks": "e\u0301\u0302",
}


@pytest.mark.parametrize("piece", _BOMBS.values(), ids=_BOMBS.keys())
@pytest.mark.parametrize("head", ["", "buy gold 4320 sl 4310 tp 4330 "], ids=["bare", "signal"])
def test_64_kib_of_anything_is_answered_within_10_ms(piece: str, head: str) -> None:
    whole = head + piece * (65_536 // len(piece))
    for text in (whole, whole[:LONGEST], head + piece * 120 + "\nXAUUSD BUY 4320\nSL 4310"):
        # A busy machine may stop us in the middle of one try, not of every one.
        assert any(_seconds(text, 1) < 0.01 for _ in range(50))


@given(_spoken(), _decorations, _decorations)
def test_decoration_around_a_message_changes_nothing(spoken: Spoken, left: str, right: str) -> None:
    plain, decorated = parse(spoken.text), parse(left + spoken.text + right)

    assert [s.draft for s in plain.signals] == [s.draft for s in decorated.signals]
    assert plain.held == decorated.held


@given(st.sampled_from(["1", "(", "\u200f", "\u200d", "tp ", "buy 1 ", "-", ":a", "sl 1 tp 2\n"]))
@settings(max_examples=9, deadline=None)
def test_hostile_input_costs_no_more_than_in_proportion(piece: str) -> None:
    parse(piece * 10)
    half = _seconds(("buy gold sl " + piece * LONGEST)[: LONGEST // 2])
    whole = _seconds(("buy gold sl " + piece * LONGEST)[:LONGEST])
    beyond = _seconds("buy gold sl " + piece * (65_536 // len(piece)))

    # Twice the length may cost twice; eight times leaves room for a busy machine, not for squares.
    assert whole < 8 * half + 0.01
    assert beyond < 8 * whole + 0.01


def _seconds(text: str, tries: int = 5) -> float:
    """Return the best of a few, which the rest of the machine disturbs least."""
    best = 1.0
    for _ in range(tries):
        start = perf_counter()
        parse(text)
        best = min(best, perf_counter() - start)
    return best
