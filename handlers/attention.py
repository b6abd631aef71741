"""What a person sets for themselves: what they hear, when, and how it reads to them."""

from aiogram import Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import CommandObject
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from handlers.callbacks import Ack, NotifyTap, SettingTap
from handlers.cards.text import foreign, table, toast
from handlers.commands import command as said
from handlers.control import say
from handlers.texts import LANGUAGES, t, tell
from trading.accounts import Refused
from trading.attention import Attention, Level, quiet_words
from trading.model import Member, Numbers
from trading.wishes import NAMES, AttentionService
from trading.words import told

_SAMPLES = {Numbers.POINT: "1,234.50", Numbers.COMMA: "1.234,50", Numbers.SPACE: "1 234,50"}
_MARKS = {Level.ON: "🔔", Level.SILENT: "🔕", Level.OFF: "🚫"}
# Nothing that trades or loosens a limit is ever one stray tap away.
_KEYBOARD = (("/status", "/positions", "/drawdown"), ("/signals", "/heartbeat", "/help"))


def keyboard(*, shown: bool) -> ReplyKeyboardMarkup | ReplyKeyboardRemove:
    """Return the keyboard under the text field, or what takes it away."""
    if not shown:
        return ReplyKeyboardRemove()
    rows = [[KeyboardButton(text=word) for word in row] for row in _KEYBOARD]
    return ReplyKeyboardMarkup(keyboard=rows, resize_keyboard=True, is_persistent=True)


async def on_notify(
    message: Message, command: CommandObject, member: Member, attention: AttentionService
) -> None:
    words = (command.args or "").split()
    if words:
        await say(message, await attention.notify(member, words))
        return
    wishes = await attention.of(member)
    await message.answer(_events_text(), reply_markup=_events(wishes))


def _events_text() -> str:
    return t(
        "<b>What you hear</b>\n🔔 with a sound · 🔕 silent · 🚫 not at all\n"
        "What is critical always sounds, and rings until /ack. Tap to change:"
    )


def _events(wishes: Attention) -> InlineKeyboardMarkup:
    rows = []
    for event in NAMES:
        now = wishes.levels.get(event, Level.ON)
        rows.append(
            [
                InlineKeyboardButton(
                    text=f"{'• ' if level is now else ''}{_MARKS[level]} {event}",
                    callback_data=NotifyTap(event=event, level=level.value).pack(),
                )
                for level in Level
            ]
        )
    return InlineKeyboardMarkup(inline_keyboard=rows)


async def on_notify_tap(
    query: CallbackQuery, callback_data: NotifyTap, member: Member, attention: AttentionService
) -> None:
    answer = await attention.set_level(member, callback_data.event, Level(callback_data.level))
    await query.answer(toast(tell(answer.words)))
    await _redraw(query, _events_text(), _events(await attention.of(member)))


async def on_mute(
    message: Message, command: CommandObject, member: Member, attention: AttentionService
) -> None:
    await say(message, await attention.mute(member, (command.args or "").split()))


async def on_unmute(message: Message, member: Member, attention: AttentionService) -> None:
    await say(message, await attention.unmute(member))


async def on_quiet(
    message: Message, command: CommandObject, member: Member, attention: AttentionService
) -> None:
    await say(message, await attention.quiet(member, (command.args or "").split()))


async def on_ack(
    message: Message, command: CommandObject, member: Member, attention: AttentionService
) -> None:
    word = (command.args or "").strip()
    if word and not (word.isascii() and word.isdecimal() and len(word) <= 15):
        await say(
            message,
            Refused(
                told(
                    "“{word}” is no alarm's number. Example: {example}",
                    word=word[:20],
                    example="/ack, /ack 12",
                )
            ),
        )
        return
    await say(message, await attention.acknowledge(member, int(word) if word else None))


async def on_ack_tap(
    query: CallbackQuery, callback_data: Ack, member: Member, attention: AttentionService
) -> None:
    answer = await attention.acknowledge(member, callback_data.alarm_id)
    await query.answer(toast(tell(answer.words)))


async def on_settings(
    message: Message, command: CommandObject, member: Member, attention: AttentionService
) -> None:
    words = (command.args or "").split(maxsplit=1)
    if words:
        value = words[1] if len(words) > 1 else ""
        await say(message, await attention.read_as(member, words[0].casefold(), value))
        return
    text, markup = await _settings(member, attention)
    await message.answer(text, reply_markup=markup)


async def _settings(
    member: Member, attention: AttentionService
) -> tuple[str, InlineKeyboardMarkup]:
    wishes = await attention.of(member)
    reader, shown = wishes.reader, await attention.has_keyboard(member)
    language = LANGUAGES.get(reader.language, LANGUAGES["en"])
    rows = [
        (t("Language"), language),
        (t("Zone"), foreign(reader.zone)),
        (t("Numbers"), _SAMPLES[reader.numbers]),
        (t("Keyboard"), t("shown") if shown else t("hidden")),
        (t("Quiet"), t("none") if wishes.quiet is None else quiet_words(wishes.quiet)),
    ]
    text = (
        f"<b>{t('Your settings')}</b>\n{table(rows)}\n"
        f"{t('Zone')}: <code>/settings zone Europe/Berlin</code>\n"
        f"{t('Quiet')}: <code>/quiet 22:00-07:00</code>\n"
        f"{t('What you hear')}: /notify"
    )
    buttons = [
        [_switch("language", code, name, on=name == language) for code, name in LANGUAGES.items()],
        [
            _switch("numbers", form.value, sample, on=form is reader.numbers)
            for form, sample in _SAMPLES.items()
        ],
        [_switch("keyboard", "off" if shown else "on", t("Keyboard"), on=shown)],
    ]
    return text, InlineKeyboardMarkup(inline_keyboard=buttons)


def _switch(what: str, value: str, label: str, *, on: bool) -> InlineKeyboardButton:
    data = SettingTap(what=what, value=value).pack()
    return InlineKeyboardButton(text=f"{'✅ ' if on else ''}{label}", callback_data=data)


async def on_setting_tap(
    query: CallbackQuery, callback_data: SettingTap, member: Member, attention: AttentionService
) -> None:
    if callback_data.what == "keyboard":
        shown = callback_data.value == "on"
        await attention.show_keyboard(member, shown=shown)
        await query.answer()
        if isinstance(query.message, Message):
            words = t("The keyboard is below.") if shown else t("The keyboard is hidden.")
            await query.message.answer(words, reply_markup=keyboard(shown=shown))
    else:
        answer = await attention.read_as(member, callback_data.what, callback_data.value)
        await query.answer(toast(tell(answer.words)))
    await _redraw(query, *await _settings(member, attention))


async def _redraw(query: CallbackQuery, text: str, markup: InlineKeyboardMarkup) -> None:
    if not isinstance(query.message, Message):
        return
    try:
        await query.message.edit_text(text, reply_markup=markup)
    except TelegramBadRequest as error:
        if "message is not modified" not in error.message:
            raise


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_notify, said("notify"))
    router.message.register(on_mute, said("mute"))
    router.message.register(on_unmute, said("unmute"))
    router.message.register(on_quiet, said("quiet"))
    router.message.register(on_ack, said("ack"))
    router.message.register(on_settings, said("settings"))
    router.callback_query.register(on_notify_tap, NotifyTap.filter())
    router.callback_query.register(on_ack_tap, Ack.filter())
    router.callback_query.register(on_setting_tap, SettingTap.filter())
    return router
