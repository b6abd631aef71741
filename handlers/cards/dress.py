"""What a message says beside its notice: how often it repeated, and whether somebody saw it."""

from datetime import datetime

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from handlers.callbacks import Ack
from handlers.cards.text import Card, clock, fit, foreign, span
from handlers.texts import t
from trading.alarms import AlarmView


def dress(
    card: Card,
    now: datetime,
    *,
    repeats: int = 1,
    first_at: datetime | None = None,
    last_at: datetime | None = None,
    alarm: AlarmView | None = None,
) -> Card:
    """Return the card with the count of its repeats and, while an alarm rings, its button."""
    lines = []
    if repeats > 1 and first_at is not None and last_at is not None:
        length = span((last_at - first_at).total_seconds())
        lines.append(t("x{count} in {length}", count=f"{repeats:,}", length=length))
    keyboard = card.keyboard
    if alarm is not None:
        lines += _state(alarm, now)
        keyboard = keyboard if alarm.over else _with_button(keyboard, alarm)
    if not lines:
        return Card(card.text, keyboard)
    return Card(fit("\n".join([fit(card.text, 3500), *lines])), keyboard)


def _state(alarm: AlarmView, now: datetime) -> list[str]:
    if alarm.acked_at is not None:
        by = foreign(alarm.acked_by or "")
        return [t("👁 Seen by {by} at {at}.", by=by, at=clock(alarm.acked_at, now))]
    if alarm.over or not alarm.rings:
        return []
    length = span((now - alarm.opened_at).total_seconds())
    lines = [t("🔔 Nobody has acknowledged this for {length}.", length=length)]
    if alarm.asked:
        names = ", ".join(foreign(name) for name in alarm.asked)
        lines.append(t("Asked before you: {names}.", names=names))
    return lines


def _with_button(keyboard: InlineKeyboardMarkup | None, alarm: AlarmView) -> InlineKeyboardMarkup:
    button = InlineKeyboardButton(
        text=t("👁 Acknowledge"), callback_data=Ack(alarm_id=alarm.id).pack()
    )
    above = [] if keyboard is None else keyboard.inline_keyboard
    return InlineKeyboardMarkup(inline_keyboard=[*above, [button]])
