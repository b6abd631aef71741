"""How sources and what was held of them look: cards, switches and the words on them."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from handlers.callbacks import HeldTap, SourceTap, StopTap
from handlers.cards.text import DASH, NAME, WORDS, clock, foreign, price, side, span, table
from trading.sketch import Sketch
from trading.source_notices import HeldCard, SourceDemoted, SourceFlood, SourceMet, StaleDropped
from trading.sources import NoStop, Source, SourceMode

_TEXT = 600
_MODE = {
    SourceMode.OFF: "⏹ off",
    SourceMode.SHADOW: "👻 shadow (paper)",
    SourceMode.ASK: "❔ ask",
    SourceMode.AUTO: "🤖 auto",
}
_FIELD = {
    "symbol": "the symbol, as EURUSD",
    "side": "buy or sell",
    "type": "market, limit or stop",
    "entry": "the entry: a price, two for a zone, or market",
    "stop": "the stop loss",
    "targets": "the targets, in their order, or none",
}


def met(notice: SourceMet) -> str:
    """Return that a channel began to post here and is off until an owner says otherwise."""
    return (
        f"📡 <b>{foreign(notice.name, NAME)}</b> posts here for the first time. It is off.\n"
        f"/channel {notice.source_id} shadow tries it on paper, "
        f"/channel {notice.source_id} ask puts its signals to you."
    )


def flood(notice: SourceFlood) -> str:
    """Return that a source sends too much."""
    return (
        f"🌊 <b>{foreign(notice.name, NAME)}</b> sends more than {notice.limit} messages a minute. "
        "The rest is not taken.\n"
        f"/channel {notice.source_id} off stops it, "
        f"/channel {notice.source_id} limit 100 allows more."
    )


def stale(notice: StaleDropped, now: datetime) -> str:
    """Return how many messages came too late to be traded."""
    count = "1 message" if notice.number == 1 else f"{notice.number} messages"
    return (
        f"⌛ {count} of <b>{foreign(notice.name, NAME)}</b> came too late and "
        f"{'was' if notice.number == 1 else 'were'} dropped {DASH} no trade. "
        f"The oldest is from {clock(notice.oldest, now)}."
    )


def demoted(notice: SourceDemoted) -> str:
    """Return that an auto source asks again."""
    result = "" if notice.result_r is None else f" ({notice.result_r:+.2f} R together)"
    return (
        f"📉 <b>{foreign(notice.name, NAME)}</b> lost {notice.losses} times in a row{result}. "
        f"It asks again from now on.\n/score {notice.source_id} shows its record, "
        f"/channel {notice.source_id} auto trusts it once more."
    )


# --- held ---------------------------------------------------------------------------------------


def held(card: HeldCard, now: datetime) -> str:
    """Return a held message with the words why, what is known of it, and its fate."""
    lines = [
        f"✋ <b>Not taken</b> · {foreign(card.source, NAME)}",
        f"{foreign(card.why, WORDS)}.",
        f"<blockquote expandable>{foreign(card.text, _TEXT)}</blockquote>",
        table(_sketch_rows(card.sketch)),
    ]
    return "\n".join([*lines, _held_state(card, now)])


def _sketch_rows(sketch: Sketch) -> list[tuple[str, str]]:
    entry = "market"
    if sketch.entry is not None:
        entry = " to ".join(price(level, None) for level in dict.fromkeys(sketch.entry))
    targets = ", ".join(price(level, None) for level in sketch.take_profits[:8])
    return [
        ("Symbol", "?" if sketch.symbol is None else foreign(sketch.symbol, 24)),
        ("Side", "?" if sketch.side is None else side(sketch.side)),
        ("Type", sketch.order_type.value.replace("_", " ")),
        ("Entry", entry),
        ("Stop", "?" if sketch.stop_loss is None else price(sketch.stop_loss, None)),
        ("Targets", targets or "none"),
    ]


def _held_state(card: HeldCard, now: datetime) -> str:
    by = foreign(card.by or "someone")
    if card.status == "taken":
        return f"✅ Taken by {by} as signal {card.signal_id}."
    if card.status == "completed":
        return f"✅ Its details came: signal {card.signal_id}."
    if card.status == "dropped":
        return f"✖️ Dropped {DASH} no trade."
    if card.status == "expired" or now >= card.expires_at:
        return f"⌛ Nobody took it by {clock(card.expires_at, now)} {DASH} no trade."
    if card.asked:
        return f"✏️ Reply with {_FIELD.get(card.asked) or foreign(card.asked, 20)}."
    left = span((card.expires_at - now).total_seconds())
    if card.problem:
        return f"Not traded: {foreign(card.problem, WORDS)}. Fix it below, {left} left."
    return f"It fits now. Take it below, {left} left."


def held_keyboard(card: HeldCard, now: datetime) -> InlineKeyboardMarkup | None:
    """Return the ways out while it is open."""
    if card.status != "open" or now >= card.expires_at:
        return None
    rows = []
    if card.sketch.stop_loss is None and card.sketch.symbol and card.sketch.side:
        rows.append([_stop(card.held_id, stop) for stop in card.stops[:3]])
    rows.append([_fix(card, name) for name in ("symbol", "side", "type")])
    rows.append([_fix(card, name) for name in ("entry", "stop", "targets")])
    last = [_held_button("✖️ Drop", card.held_id, "drop")]
    if not card.problem:
        last.insert(0, _held_button("✅ Take it", card.held_id, "take"))
    rows.append(last)
    return InlineKeyboardMarkup(inline_keyboard=[row for row in rows if row])


def _stop(held_id: int, stop: Decimal) -> InlineKeyboardButton:
    data = StopTap(held_id=held_id, stop=f"{stop:f}")
    return InlineKeyboardButton(text=f"🛑 {stop:f}", callback_data=data.pack())


def _fix(card: HeldCard, name: str) -> InlineKeyboardButton:
    mark = "✏️" if card.asked == name else "Fix"
    return _held_button(f"{mark} {name}", card.held_id, name)


def _held_button(label: str, held_id: int, what: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(
        text=label, callback_data=HeldTap(held_id=held_id, what=what).pack()
    )


# --- sources ------------------------------------------------------------------------------------


def listing(sources: Iterable[Source]) -> str:
    """Return every source with its mode."""
    lines = [
        f"{one.id} · <b>{foreign(one.name, NAME)}</b> · {_MODE[one.settings.mode]}"
        for one in sources
    ]
    if not lines:
        return "No sources yet. Forward a signal, add me to a channel as admin, or use HTTP."
    return "\n".join(["📡 <b>Sources</b>", *lines, "/channel 1 shows one, /score 1 its record"])


def one(source: Source) -> str:
    """Return everything set for a source."""
    s = source.settings
    maps = ", ".join(f"{foreign(key, 12)} → {foreign(name, 12)}" for key, name in s.symbols.items())
    moved = ", ".join(f"{foreign(key, 12)} {shift:+f}" for key, shift in s.offset.items())
    auto = (
        "not set"
        if s.auto.max_risk is None
        else f"{s.auto.max_risk} % each, {s.auto.max_per_day} a day, until {s.auto.losses} losses"
    )
    rows = [
        ("Mode", _MODE[s.mode]),
        ("Symbols", ", ".join(foreign(name, 12) for name in s.allowed) or "all"),
        ("Map", maps or "none"),
        ("Suffix", foreign(s.suffix, 8) if s.suffix else "none"),
        ("Offset", moved or "none"),
        ("Risk", "the desk's" if s.risk is None else f"{s.risk} %"),
        ("Time", "the desk's" if s.ttl is None else span(s.ttl)),
        ("No stop", "refused" if s.no_stop is NoStop.REFUSE else "asked for"),
        ("Updates", "tighten alone" if s.tighten else "always ask"),
        ("Limit", "none" if not s.limit else f"{s.limit} a minute"),
        ("Auto", auto),
    ]
    return (
        f"📡 <b>{foreign(source.name, NAME)}</b> · source {source.id}\n{table(rows)}\n"
        f"An owner changes it: <code>/channel {source.id} risk 0.5</code>"
    )


def switches(source: Source) -> InlineKeyboardMarkup:
    """Return the switches of a source: its modes, and what is a yes or a no."""
    mode = source.settings.mode
    modes = [
        _switch(f"{'• ' if one is mode else ''}{one.value}", source, f"mode {one.value}")
        for one in SourceMode
    ]
    tighten = "off" if source.settings.tighten else "on"
    other = NoStop.ASK if source.settings.no_stop is NoStop.REFUSE else NoStop.REFUSE
    return InlineKeyboardMarkup(
        inline_keyboard=[
            modes,
            [
                _switch(f"auto-tighten {tighten}", source, f"tighten {tighten}"),
                _switch(f"no stop: {other.value}", source, f"nostop {other.value}"),
            ],
        ]
    )


def _switch(label: str, source: Source, words: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(
        text=label, callback_data=SourceTap(source_id=source.id, words=words).pack()
    )
