"""How sources and what was held of them look: cards, switches and the words on them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from handlers.callbacks import FollowTap, HeldTap, SourceTap, StopTap
from handlers.cards.text import NAME, WORDS, clock, foreign, price, side, span, table
from handlers.texts import later, retell, t
from handlers.words import order_type
from trading.sketch import Sketch
from trading.source_notices import HeldCard, SourceDemoted, SourceFlood, SourceMet, StaleDropped
from trading.sources import PERSON, NoStop, Source, SourceMode
from trading.subscriptions import Following, Level

_TEXT = 600
_MODE = {
    SourceMode.OFF: later("⏹ off"),
    SourceMode.SHADOW: later("👻 shadow (paper)"),
    SourceMode.ASK: later("❔ ask"),
    SourceMode.AUTO: later("🤖 auto"),
}
_NAMES = {
    "symbol": later("symbol"),
    "side": later("side"),
    "type": later("type"),
    "entry": later("entry"),
    "stop": later("stop"),
    "targets": later("targets"),
}
_FIELD = {
    "symbol": later("the symbol, as EURUSD"),
    "side": later("buy or sell"),
    "type": later("market, limit or stop"),
    "entry": later("the entry: a price, two for a zone, or market"),
    "stop": later("the stop loss"),
    "targets": later("the targets, in their order, or none"),
}


def met(notice: SourceMet) -> str:
    """Return that a channel began to post here and is off until an owner says otherwise."""
    return t(
        "📡 <b>{name}</b> posts here for the first time. It is off.\n"
        "/channel {source_id} shadow tries it on paper, /channel {source_id} ask "
        "puts its signals to you.",
        name=foreign(notice.name, NAME),
        source_id=notice.source_id,
    )


def flood(notice: SourceFlood) -> str:
    """Return that a source sends too much."""
    return t(
        "🌊 <b>{name}</b> sends more than {limit} messages a minute. The rest is not "
        "taken.\n"
        "/channel {source_id} off stops it, /channel {source_id} limit 100 allows "
        "more.",
        name=foreign(notice.name, NAME),
        limit=notice.limit,
        source_id=notice.source_id,
    )


def stale(notice: StaleDropped, now: datetime) -> str:
    """Return how many messages came too late to be traded."""
    name, oldest = foreign(notice.name, NAME), clock(notice.oldest, now)
    if notice.number == 1:
        return t(
            "⌛ 1 message of <b>{name}</b> came too late and was dropped \u2013 no trade."
            " The oldest is from {oldest}.",
            name=name,
            oldest=oldest,
        )
    return t(
        "⌛ {count} messages of <b>{name}</b> came too late and were dropped \u2013 no trade."
        " The oldest is from {oldest}.",
        count=notice.number,
        name=name,
        oldest=oldest,
    )


def demoted(notice: SourceDemoted) -> str:
    """Return that an auto source asks again."""
    result = (
        ""
        if notice.result_r is None
        else t(" ({result_r} R together)", result_r=f"{notice.result_r:+.2f}")
    )
    return t(
        "📉 <b>{name}</b> lost {losses} times in a row{result}. It asks again from "
        "now on.\n"
        "/score {source_id} shows its record, /channel {source_id} auto trusts it "
        "once more.",
        name=foreign(notice.name, NAME),
        losses=notice.losses,
        result=result,
        source_id=notice.source_id,
    )


# --- held ---------------------------------------------------------------------------------------


def held(card: HeldCard, now: datetime) -> str:
    """Return a held message with the words why, what is known of it, and its fate."""
    lines = [
        t("✋ <b>Not taken</b> · {source}", source=foreign(card.source, NAME)),
        f"{foreign(retell(card.why), WORDS)}.",
        f"<blockquote expandable>{foreign(card.text, _TEXT)}</blockquote>",
        table(_sketch_rows(card.sketch)),
    ]
    return "\n".join([*lines, _held_state(card, now)])


def _sketch_rows(sketch: Sketch) -> list[tuple[str, str]]:
    entry = t("market")
    if sketch.entry is not None:
        entry = t(" to ").join(price(level, None) for level in dict.fromkeys(sketch.entry))
    targets = ", ".join(price(level, None) for level in sketch.take_profits[:8])
    return [
        (t("Symbol"), "?" if sketch.symbol is None else foreign(sketch.symbol, 24)),
        (t("Side"), "?" if sketch.side is None else side(sketch.side)),
        (t("Type"), order_type(sketch.order_type)),
        (t("Entry"), entry),
        (t("Stop"), "?" if sketch.stop_loss is None else price(sketch.stop_loss, None)),
        (t("Targets"), targets or t("none")),
    ]


def _held_state(card: HeldCard, now: datetime) -> str:
    by = foreign(card.by or t("someone"))
    if card.status == "taken":
        return t("✅ Taken by {by} as signal {signal_id}.", by=by, signal_id=card.signal_id)
    if card.status == "completed":
        return t("✅ Its details came: signal {signal_id}.", signal_id=card.signal_id)
    if card.status == "dropped":
        return t("✖️ Dropped \u2013 no trade.")
    if card.status == "expired" or now >= card.expires_at:
        return t(
            "⌛ Nobody took it by {expires_at} \u2013 no trade.",
            expires_at=clock(card.expires_at, now),
        )
    if card.asked:
        return t(
            "✏️ Reply with {what}.",
            what=t(_FIELD[card.asked]) if card.asked in _FIELD else foreign(card.asked, 20),
        )
    left = span((card.expires_at - now).total_seconds())
    if card.problem:
        return t(
            "Not traded: {problem}. Fix it below, {left} left.",
            problem=foreign(retell(card.problem), WORDS),
            left=left,
        )
    return t("It fits now. Take it below, {left} left.", left=left)


def held_keyboard(card: HeldCard, now: datetime) -> InlineKeyboardMarkup | None:
    """Return the ways out while it is open."""
    if card.status != "open" or now >= card.expires_at:
        return None
    rows = []
    if card.sketch.stop_loss is None and card.sketch.symbol and card.sketch.side:
        rows.append([_stop(card.held_id, stop) for stop in card.stops[:3]])
    rows.append([_fix(card, name) for name in ("symbol", "side", "type")])
    rows.append([_fix(card, name) for name in ("entry", "stop", "targets")])
    last = [_held_button(t("✖️ Drop"), card.held_id, "drop")]
    if not card.problem:
        last.insert(0, _held_button(t("✅ Take it"), card.held_id, "take"))
    rows.append(last)
    return InlineKeyboardMarkup(inline_keyboard=[row for row in rows if row])


def _stop(held_id: int, stop: Decimal) -> InlineKeyboardButton:
    data = StopTap(held_id=held_id, stop=f"{stop:f}")
    return InlineKeyboardButton(text=f"🛑 {stop:f}", callback_data=data.pack())


def _fix(card: HeldCard, name: str) -> InlineKeyboardButton:
    mark = "✏️" if card.asked == name else t("Fix")
    return _held_button(f"{mark} {t(_NAMES[name])}", card.held_id, name)


def _held_button(label: str, held_id: int, what: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(
        text=label, callback_data=HeldTap(held_id=held_id, what=what).pack()
    )


# --- sources ------------------------------------------------------------------------------------


def listing(sources: Iterable[Source]) -> str:
    """Return every source with its mode."""
    lines = [
        f"{one.id} · <b>{foreign(one.name, NAME)}</b> · {t(_MODE[one.settings.mode])}"
        for one in sources
    ]
    if not lines:
        return t("No sources yet. Forward a signal, add me to a channel as admin, or use HTTP.")
    return "\n".join(
        [t("📡 <b>Sources</b>"), *lines, t("/channel 1 shows one, /score 1 its record")]
    )


def one(source: Source, follows: Sequence[Following] = ()) -> str:
    """Return everything set for a source, and what the reader's accounts do with it."""
    s = source.settings
    maps = ", ".join(f"{foreign(key, 12)} → {foreign(name, 12)}" for key, name in s.symbols.items())
    moved = ", ".join(f"{foreign(key, 12)} {shift:+f}" for key, shift in s.offset.items())
    auto = (
        t("not set")
        if s.auto.max_risk is None
        else t(
            "{max_risk} % each, {max_per_day} a day, until {losses} losses",
            max_risk=s.auto.max_risk,
            max_per_day=s.auto.max_per_day,
            losses=s.auto.losses,
        )
    )
    rows = [
        (t("Mode"), t(_MODE[s.mode])),
        (t("Symbols"), ", ".join(foreign(name, 12) for name in s.allowed) or t("all")),
        (t("Map"), maps or t("none")),
        (t("Suffix"), foreign(s.suffix, 8) if s.suffix else t("none")),
        (t("Offset"), moved or t("none")),
        (t("Risk"), t("the desk's") if s.risk is None else f"{s.risk} %"),
        (t("Time"), t("the desk's") if s.ttl is None else span(s.ttl)),
        (t("No stop"), t("refused") if s.no_stop is NoStop.REFUSE else t("asked for")),
        (t("Updates"), t("tighten alone") if s.tighten else t("always ask")),
        (t("Limit"), t("none") if not s.limit else t("{limit} a minute", limit=s.limit)),
        (t("Auto"), auto),
    ]
    text = t(
        "📡 <b>{name}</b> · source {id}\n"
        "{rows}\n"
        "An owner changes it: <code>/channel {id} risk 0.5</code>",
        name=foreign(source.name, NAME),
        id=source.id,
        rows=table(rows),
    )
    lines = [text]
    if s.forwards_only:
        lines.append(t("Known by forwards alone: its own posts wait until an owner sets a mode."))
    if any(one.beyond_plan for one in follows):
        lines.append(t("⬆️ More sources than your plan has: /plan, /upgrade"))
    return "\n".join(lines)


_FOLLOWS = {
    Level.OFF: later("⏹ {account} does not follow"),
    Level.ASK: later("✅ {account} follows"),
    Level.AUTO: later("🤖 {account} follows, auto"),
}
_MOST_FOLLOWS = 20


def switches(
    source: Source, follows: Sequence[Following] = (), *, owner: bool = True
) -> InlineKeyboardMarkup:
    """Return the switches of a source: what accounts do with it and, to an owner, its own."""
    rows = [] if source.key.startswith(PERSON) else [_follow(source, one) for one in follows]
    own = _own_switches(source) if owner else []
    return InlineKeyboardMarkup(inline_keyboard=[*own, *rows[:_MOST_FOLLOWS]])


def _follow(source: Source, one: Following) -> list[InlineKeyboardButton]:
    now = one.effective
    auto = source.settings.mode is SourceMode.AUTO
    shown = Level.ASK if now is Level.AUTO and not auto else now
    other = Level.ASK if now is Level.OFF else Level.OFF
    row = [_level(t(_FOLLOWS[shown], account=one.account), source, one, other)]
    if auto and one.may_auto and now is not Level.OFF:
        ask = now is Level.AUTO
        label = (
            t("{account}: ask", account=one.account)
            if ask
            else t("{account}: auto", account=one.account)
        )
        row.append(_level(label, source, one, Level.ASK if ask else Level.AUTO))
    return row


def _level(label: str, source: Source, one: Following, level: Level) -> InlineKeyboardButton:
    data = FollowTap(account_id=one.account_id, source_id=source.id, level=level.value)
    return InlineKeyboardButton(text=label, callback_data=data.pack())


def _own_switches(source: Source) -> list[list[InlineKeyboardButton]]:
    mode = source.settings.mode
    modes = [
        _switch(f"{'• ' if one is mode else ''}{one.value}", source, f"mode {one.value}")
        for one in SourceMode
    ]
    tighten = "off" if source.settings.tighten else "on"
    other = NoStop.ASK if source.settings.no_stop is NoStop.REFUSE else NoStop.REFUSE
    return [
        modes,
        [
            _switch(
                t("auto-tighten on") if tighten == "on" else t("auto-tighten off"),
                source,
                f"tighten {tighten}",
            ),
            _switch(
                t("no stop: ask") if other is NoStop.ASK else t("no stop: refuse"),
                source,
                f"nostop {other.value}",
            ),
        ],
    ]


def _switch(label: str, source: Source, words: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(
        text=label, callback_data=SourceTap(source_id=source.id, words=words).pack()
    )
