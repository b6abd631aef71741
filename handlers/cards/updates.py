"""The card of an update to signals: what it asks for, of which trade, and what became of it."""

from datetime import datetime

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from handlers.callbacks import UpdateTap
from handlers.cards import wish
from handlers.cards.text import NAME, WORDS, clock, foreign, span
from handlers.texts import retell, t
from handlers.words import update_kind
from trading.source_notices import UpdateCard

_TEXT = 400
_MOST = 6


def text(card: UpdateCard, now: datetime) -> str:
    """Return an update with what would be done about each trade it may mean."""
    kinds = ", ".join(foreign(update_kind(kind), 24) for kind in card.kinds)
    lines = [
        t("📣 <b>Update</b> · {source} · {kinds}", source=foreign(card.source, NAME), kinds=kinds),
        f"<blockquote expandable>{foreign(card.text, _TEXT)}</blockquote>",
    ]
    lines += [
        f"{foreign(one.label, 40)}: {foreign(retell(one.words), WORDS)}"
        for one in card.options[:_MOST]
    ]
    if len(card.options) > _MOST:
        lines.append(t("and {count} more", count=len(card.options) - _MOST))
    return "\n".join([*lines, _state(card, now), *map(wish.line, card.lines[:_MOST])])


def _state(card: UpdateCard, now: datetime) -> str:
    if card.status == "done":
        by = t("by {by}", by=foreign(card.by)) if card.by else t("by its source's setting")
        return t("Asked of the broker {by}:", by=by) if card.lines else t("✅ Done {by}.", by=by)
    if card.status == "dropped":
        return t(
            "✖️ Ignored by {by} \u2013 nothing was changed.", by=foreign(card.by or t("someone"))
        )
    if card.status == "expired" or now >= card.expires_at:
        return t(
            "⌛ Nobody answered by {expires_at} \u2013 nothing was changed.",
            expires_at=clock(card.expires_at, now),
        )
    left = span((card.expires_at - now).total_seconds())
    which = t("Which one does it mean? ") if len(card.options) > 1 else ""
    return t("{which}Nothing is changed without a tap, {left} left.", which=which, left=left)


def keyboard(card: UpdateCard, now: datetime) -> InlineKeyboardMarkup | None:
    """Return a button for each trade, for all of them, and to ignore it."""
    if card.status != "open" or now >= card.expires_at:
        return None
    several = len(card.options) > 1
    rows = [
        [_button(one.label if several else t("✅ Do it"), card, one.signal_id)]
        for one in card.options[:_MOST]
    ]
    last = [_button(t("✖️ Ignore"), card, -1)]
    if several:
        last.insert(0, _button(t("All {count}", count=len(card.options)), card, 0))
    return InlineKeyboardMarkup(inline_keyboard=[*rows, last])


def _button(label: str, card: UpdateCard, signal_id: int) -> InlineKeyboardButton:
    data = UpdateTap(amendment_id=card.amendment_id, signal_id=signal_id)
    return InlineKeyboardButton(text=label[:60], callback_data=data.pack())
