"""The answer to /parse: what was read, from which words, and what is not taken and why."""

from collections.abc import Mapping
from decimal import Decimal

from handlers import replies
from handlers.cards.quote import quoted
from handlers.cards.text import foreign, price, table
from handlers.texts import retell, t
from handlers.words import order_type, update_kind
from trading.model import SignalDraft
from trading.parser import ParsedSignal, SignalUpdate, parse
from trading.parser.reading import Span


def shown(text: str) -> str:
    """Return the reading of a text for a person; nothing is traded by it."""
    if not text.strip():
        return t("Example: <code>/parse SELL LIMIT EURUSD 1.0950 SL 1.1000 TP 1.0850</code>")
    reading = parse(text)
    if reading.held is not None:
        held = replies.held(retell(reading.held))
        return "\n".join([held, quoted(text, reading.unread)]) if reading.unread else held
    if reading.update is not None:
        return t("📣 <b>An update</b>, not a new signal\n{update}", update=update(reading.update))
    if not reading.signals:
        return t("That is not a signal. Nothing was traded.")
    parts = [table(_rows(signal, text)) for signal in reading.signals]
    spans = [span for signal in reading.signals for span in signal.spans.values()]
    return "\n".join([*parts, quoted(text, spans), t("<i>Read only: nothing was traded.</i>")])


def update(of: SignalUpdate) -> str:
    """Return an update field by field."""
    rows = [(t("Asks to"), ", ".join(update_kind(kind) for kind in of.kinds))]
    if of.symbol:
        rows.append((t("Symbol"), foreign(of.symbol, 24)))
    if of.side:
        rows.append((t("Side"), of.side.value.upper()))
    if of.price is not None:
        rows.append((t("Price"), price(of.price, None)))
    if of.fraction is not None:
        rows.append((t("Share"), f"{of.fraction * 100:.0f} %"))
    if of.tp_index is not None:
        rows.append((t("Target"), str(of.tp_index)))
    return table(rows)


def _rows(signal: ParsedSignal, text: str) -> list[tuple[str, str]]:
    """Return each field with the words it was read from and where they stand."""
    draft, spans = signal.draft, signal.spans
    entry = t("market") if draft.entry is None else _zone(draft)
    stop = t("none") if draft.stop_loss is None else price(draft.stop_loss, None)
    rows = [
        (t("Symbol"), foreign(draft.symbol, 24) + _from(text, spans, "symbol")),
        (t("Side"), draft.side.value.upper() + _from(text, spans, "side")),
        (t("Type"), order_type(draft.order_type)),
        (t("Entry"), entry + _from(text, spans, "entry")),
        (t("Stop"), stop + _from(text, spans, "sl")),
    ]
    for number, target in enumerate(draft.take_profits, start=1):
        rows.append(
            (
                t("Target {number}", number=number),
                price(target, None) + _from(text, spans, f"tp{number}"),
            )
        )
    if signal.conditional:
        rows.append((t("Note"), t("above or below: a level to wait for")))
    return rows


def _zone(draft: SignalDraft) -> str:
    levels: tuple[Decimal, ...] = draft.entry or ()
    return t(" to ").join(price(level, None) for level in dict.fromkeys(levels))


def _from(text: str, spans: Mapping[str, Span], name: str) -> str:
    if name not in spans:
        return ""
    start, end = spans[name]
    return t('  "{text}" at {start}', text=foreign(text[start:end], 20), start=start)
