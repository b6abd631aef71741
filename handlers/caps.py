"""Setting caps by tapping: a stepper for every kind, firms' presets, what moved a balance."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from html import escape
from typing import TypeVar

from aiogram import F, Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from handlers import control, replies
from handlers.callbacks import BalanceTap, CapEdit, CapStep, PresetTap
from handlers.choosing import Chosen
from handlers.commands import command as said
from handlers.texts import later, t, tell
from trading.accounts import AccountService, Answer, Asked
from trading.clock import Clock
from trading.drawdown import (
    MAX_DRAWDOWN_THRESHOLD,
    MIN_DRAWDOWN_THRESHOLD,
    AllowanceOf,
    Cap,
    CapAction,
    CapKind,
    DayBase,
    LockAt,
    TrailOver,
    Unit,
)
from trading.drawdown.caps import plain
from trading.drawdown.presets import PRESETS, RULES_READ
from trading.drawdown.shorthand import CLOCKS, decode, encode
from trading.drawdown.state import Observation
from trading.ids import AccountId
from trading.limits import PROTECTIONS, LimitService
from trading.loop import TradingLoop
from trading.model import Member
from trading.protecting import rule_words
from trading.words import capital

_STEPS = {
    CapKind.STATIC: ("5", "10", "15", "20"),
    CapKind.DAILY: ("3", "4", "5"),
    CapKind.TRAILING: ("5", "8", "10"),
}
_USUAL = Decimal(10_000)
"""The account for which a unit is changed where the cap names no initial balance."""
T = TypeVar("T", DayBase, TrailOver, CapAction)
FIRST = {
    CapKind.STATIC: Cap(CapKind.STATIC, Decimal(10)),
    CapKind.TRAILING: Cap(CapKind.TRAILING, Decimal(10)),
    CapKind.DAILY: Cap(CapKind.DAILY, Decimal(4)),
}
NAMES = {
    CapKind.STATIC: later("total"),
    CapKind.TRAILING: later("trailing"),
    CapKind.DAILY: later("daily"),
    CapKind.FLOOR: later("floor"),
}
_PERCENT_STEPS = (Decimal(-1), Decimal("-0.5"), Decimal("0.5"), Decimal(1))
_MONEY_STEPS = (Decimal(-500), Decimal(-50), Decimal(50), Decimal(500))
_BASES = {
    DayBase.MAX: later("from the higher of balance and equity"),
    DayBase.BALANCE: later("from the balance"),
    DayBase.EQUITY: later("from the equity"),
}
_OVER = {
    TrailOver.EQUITY: later("follows equity"),
    TrailOver.BALANCE: later("follows closed balance"),
    TrailOver.END_OF_DAY: later("follows end-of-day balance"),
}
_ACTIONS = {
    CapAction.CLOSE: later("closes all"),
    CapAction.PAUSE: later("stops entries"),
    CapAction.WARN: later("only warns"),
}


def edit_rows(
    account_id: AccountId, present: dict[CapKind, Cap], equity: Decimal
) -> list[list[InlineKeyboardButton]]:
    """Return the buttons that open the stepper of each kind."""
    buttons = []
    for kind, name in NAMES.items():
        cap = present.get(kind) or _first(kind, equity)
        sign = "✏️" if kind in present else "🆕"
        buttons.append(_button(f"{sign} {t(name)}", account_id, "show", cap))
    return [buttons[:2], buttons[2:]]


def _first(kind: CapKind, equity: Decimal) -> Cap:
    floor = max(Decimal(1), (equity * Decimal("0.9")).quantize(Decimal(1)))
    return FIRST.get(kind) or Cap(CapKind.FLOOR, floor, Unit.MONEY)


def stepper(account_id: AccountId, cap: Cap) -> InlineKeyboardMarkup:
    """Return the buttons that change one thing of a cap each, and those that set or drop it."""
    rows = [_sizes(account_id, cap)]
    rows += [[_button(text, account_id, "show", after)] for text, after in _choices(cap)]
    last = [
        _button(t("✅ Set"), account_id, "set", cap),
        _button(t("🗑 Off"), account_id, "off", cap),
    ]
    return InlineKeyboardMarkup(inline_keyboard=[*rows, last])


def _sizes(account_id: AccountId, cap: Cap) -> list[InlineKeyboardButton]:
    steps = _PERCENT_STEPS if cap.unit is Unit.PERCENT else _MONEY_STEPS
    least = Decimal(1)
    return [
        _button(
            f"{'+' if step > 0 else '−'}{plain(abs(step))}",  # noqa: RUF001 - the minus of people
            account_id,
            "show",
            replace(cap, size=max(least, cap.size + step)),
        )
        for step in steps
    ]


def _choices(cap: Cap) -> list[tuple[str, Cap]]:
    """Return each thing that can be switched: as it is now, and the cap with the next choice."""
    found: list[tuple[str, Cap]] = []
    if cap.kind is not CapKind.FLOOR:
        found.append(_units(cap))
    if cap.kind is CapKind.DAILY:
        found.append((t(_BASES[cap.base]), replace(cap, base=_next(_BASES, cap.base))))
    if cap.kind is CapKind.TRAILING:
        found.append((t(_OVER[cap.over]), replace(cap, over=_next(_OVER, cap.over))))
        locks = t("locks at the initial balance") if cap.lock_at else t("never locks")
        found.append((locks, replace(cap, lock_at=None if cap.lock_at else LockAt.INITIAL)))
    if cap.kind in (CapKind.DAILY, CapKind.TRAILING) and cap.unit is Unit.PERCENT:
        of_base = cap.allowance_of is AllowanceOf.BASE
        words = t("percent of the base") if of_base else t("percent of the initial balance")
        other = AllowanceOf.INITIAL if of_base else AllowanceOf.BASE
        found.append((words, replace(cap, allowance_of=other)))
    if cap.has_day:
        index = CLOCKS.index(cap.day) if cap.day in CLOCKS else -1
        zone = t("server time") if cap.day.zone == "server" else cap.day.zone
        after = replace(cap, day=CLOCKS[(index + 1) % len(CLOCKS)])
        found.append((t("day begins {at} {zone}", at=f"{cap.day.at:%H:%M}", zone=zone), after))
    found.append((t(_ACTIONS[cap.action]), replace(cap, action=_next(_ACTIONS, cap.action))))
    buffers = {Decimal(1): Decimal("0.9"), Decimal("0.9"): Decimal("0.8")}
    after = replace(cap, act_at=buffers.get(cap.act_at, Decimal(1)))
    found.append((t("acts at {act_at} % of the allowance", act_at=plain(cap.act_at * 100)), after))
    strict = t("only below the floor") if cap.strict else t("on the floor too")
    found.append((strict, replace(cap, strict=not cap.strict)))
    return found


def _units(cap: Cap) -> tuple[str, Cap]:
    """Return the unit and the cap in the other one, at a size that is about the same."""
    whole = cap.initial or _USUAL
    if cap.unit is Unit.PERCENT:
        size = max(Decimal(1), (whole * cap.size / 100).quantize(Decimal(1)))
        return t("in percent"), replace(cap, size=size, unit=Unit.MONEY)
    share = (cap.size * 100 / whole).quantize(Decimal("0.5"))
    size = min(MAX_DRAWDOWN_THRESHOLD, max(MIN_DRAWDOWN_THRESHOLD, share))
    return t("in money"), replace(cap, size=size, unit=Unit.PERCENT)


def _next(table: Mapping[T, str], value: T) -> T:
    keys = list(table)
    return keys[(keys.index(value) + 1) % len(keys)]


def _button(text: str, account_id: AccountId, act: str, cap: Cap) -> InlineKeyboardButton:
    data = CapEdit(account_id=account_id, act=act, code=encode(cap))
    return InlineKeyboardButton(text=text, callback_data=data.pack())


async def on_cap(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    accounts: AccountService,
    loop: TradingLoop,
    clock: Clock,
    limits: LimitService,
) -> None:
    words = (command.args or "").split()
    if not words:
        await _show_caps(message, chosen, loop, clock, limits)
        return
    account, first = chosen.one, words[0].lower()
    if first == "off":
        kind = _kind(words[1].lower() if len(words) > 1 else "")
        off = limits.ask_protection_off if kind in PROTECTIONS else accounts.ask_cap_off
        answer = await off(member, account.id, kind)
    elif _kind(first) in PROTECTIONS:
        answer = await limits.set_protection(member, account.id, (_kind(first), *words[1:]))
    else:
        answer = await accounts.set_cap(member, account.id, words)
    await control.say(message, answer, chosen.label(account))


def _kind(word: str) -> str:
    same = {"total": "static", "": "static", "look-back": "lookback", "trail": "trailing"}
    return same.get(word, word)


async def _show_caps(
    message: Message,
    chosen: Chosen,
    loop: TradingLoop,
    clock: Clock,
    limits: LimitService,
) -> None:
    if not chosen.accounts:
        await message.answer(replies.not_seen(next(iter(loop.loops.values()), None)))
    for account in chosen.accounts:
        of_account = loop.of(account.id)
        if of_account is None:
            await message.answer(replies.not_seen(None))
            continue
        text = replies.drawdown(account, of_account, clock.now())
        keyboard = _steppers(account.id, of_account.verdict.observations)
        pauses = [f"· {tell(rule_words(one.rule))}" for one in await limits.pauses_of(account.id)]
        block = "\n".join(["", *map(escape, pauses)])
        await message.answer(f"{text}{block}\n{t('Tap to change a cap:')}", reply_markup=keyboard)


def _steppers(account_id: AccountId, seen: tuple[Observation, ...]) -> InlineKeyboardMarkup:
    present = {one.cap.kind: one.cap for one in seen if one.cap.unit is Unit.PERCENT}
    rows = []
    for kind, values in _STEPS.items():
        cap = present.get(kind)
        word = "total" if kind is CapKind.STATIC else kind.value
        rows.append(
            [
                InlineKeyboardButton(
                    text=f"{'• ' if cap is not None and cap.size == int(value) else ''}"
                    f"{t(NAMES[kind])} {value} %",
                    callback_data=CapStep(account_id=account_id, kind=word, value=value).pack(),
                )
                for value in values
            ]
        )
    caps = {one.cap.kind: one.cap for one in seen}
    equity = max((one.own for one in seen), default=Decimal(1000))
    return InlineKeyboardMarkup(inline_keyboard=[*rows, *edit_rows(account_id, caps, equity)])


async def on_cap_step(
    query: CallbackQuery, callback_data: CapStep, member: Member, accounts: AccountService
) -> None:
    answer = await accounts.set_cap(
        member, AccountId(callback_data.account_id), (callback_data.kind, callback_data.value)
    )
    await query.answer(control.toast(answer))
    if isinstance(query.message, Message):
        await control.say(query.message, answer)


async def on_cap_edit(
    query: CallbackQuery,
    callback_data: CapEdit,
    member: Member,
    accounts: AccountService,
    loop: TradingLoop,
) -> None:
    account_id = AccountId(callback_data.account_id)
    account_loop = loop.of(account_id)
    seen = () if account_loop is None else account_loop.verdict.observations
    present = {one.cap.kind: one.cap for one in seen}
    try:
        cap = decode(callback_data.code)
        cap = decode(callback_data.code, present.get(cap.kind))
    except ValueError:
        await query.answer(t("This button is not known any more. Nothing was changed."))
        return
    if callback_data.act == "show":
        await _show(query, account_id, cap, accounts)
        return
    answer = (
        await accounts.put_cap(member, account_id, cap)
        if callback_data.act == "set"
        else await accounts.ask_cap_off(member, account_id, cap.kind.value)
    )
    await query.answer(control.toast(answer))
    if isinstance(query.message, Message):
        await control.say(query.message, answer)


async def _show(
    query: CallbackQuery, account_id: AccountId, cap: Cap, accounts: AccountService
) -> None:
    await query.answer()
    message = query.message
    if not isinstance(message, Message):
        return
    _, words = await accounts.preview(account_id, cap)
    title = t("🛡 <b>{kind} cap</b>", kind=capital(t(NAMES[cap.kind])))
    text = t(
        "{title}\n{words}\nNothing holds before ✅ Set.", title=title, words=escape(tell(words))
    )
    keyboard = stepper(account_id, cap)
    if not (message.text or "").startswith(f"🛡 {t('Drawdown')}"):
        try:
            await message.edit_text(text, reply_markup=keyboard)
        except TelegramBadRequest as error:
            if "message is not modified" not in error.message:
                raise
        return
    await message.answer(text, reply_markup=keyboard)


async def on_preset(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    limits: LimitService,
) -> None:
    account = chosen.one
    name, *words = (command.args or "").split() or [""]
    if name:
        answer = await limits.ask_preset(member, account.id, name.lower(), words)
        await control.say(message, answer, chosen.label(account))
        return
    buttons = [
        InlineKeyboardButton(
            text=one, callback_data=PresetTap(account_id=account.id, name=one).pack()
        )
        for one in PRESETS
    ]
    rows = [buttons[at : at + 3] for at in range(0, len(buttons), 3)]
    text = t(
        "<b>Firms' caps</b>, {rules_read}.\n"
        "Tap one to see its caps for this account, or write its numbers: "
        "<code>/preset ftmo initial 100000 daily 4 total 8</code>",
        rules_read=escape(tell(RULES_READ)),
    )
    await message.answer(text, reply_markup=InlineKeyboardMarkup(inline_keyboard=rows))


async def on_preset_tap(
    query: CallbackQuery, callback_data: PresetTap, member: Member, limits: LimitService
) -> None:
    account_id = AccountId(callback_data.account_id)
    answer = await limits.ask_preset(member, account_id, callback_data.name, ())
    await _told(query, answer)


async def on_balance(
    query: CallbackQuery, callback_data: BalanceTap, member: Member, limits: LimitService
) -> None:
    answer = await limits.answer_balance(member, callback_data.question_id, callback_data.answer)
    await query.answer(control.toast(answer))


async def _told(query: CallbackQuery, answer: Answer) -> None:
    await query.answer("" if isinstance(answer, Asked) else control.toast(answer))
    if isinstance(query.message, Message) and isinstance(answer, Asked):
        await control.say(query.message, answer)


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_cap, said("cap"))
    router.message.register(on_preset, said("preset"))
    router.callback_query.register(on_cap_step, CapStep.filter())
    router.callback_query.register(on_cap_edit, CapEdit.filter(F.act.in_({"show", "set", "off"})))
    router.callback_query.register(on_preset_tap, PresetTap.filter())
    router.callback_query.register(on_balance, BalanceTap.filter())
    return router
