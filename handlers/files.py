"""What arrives as a picture, a file or a planned message: plots, exports, reports."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message

from handlers import arguments
from handlers.arguments import Wrong
from handlers.callbacks import CancelWork
from handlers.cards import results as cards
from handlers.cards.text import dated, foreign
from handlers.choosing import Chosen
from handlers.commands import command as said
from handlers.ports import Works
from handlers.results import LONGEST_DAYS, NO_ACCOUNT
from handlers.texts import later, t, tell
from trading.charts import Charts
from trading.clock import Clock
from trading.drawdown.dayclock import DayClock
from trading.ids import AccountId
from trading.model import Account, Member
from trading.results import plots
from trading.results.depth import History, NotInPlan
from trading.results.export import ExportRequest, ExportStore, Format, What, dates, export
from trading.results.periods import Grain, starts_at
from trading.results.report import ReportStore, Unread, read_plan
from trading.results.views import ResultStore
from trading.work import Finished, Progress

PLOT_DAYS = 30
_PLOTS = {
    "equity": "equity",
    "drawdown": "drawdown",
    "dd": "drawdown",
    "daily": "daily",
    "days": "daily",
}
_CHARTS = {
    "equity": later("equity"),
    "drawdown": later("drawdown"),
    "daily": later("results by day"),
}
_NOW = {
    **dict.fromkeys(("day", "today"), Grain.DAY),
    **dict.fromkeys(("week",), Grain.WEEK),
    **dict.fromkeys(("month",), Grain.MONTH),
}
_PLANNED = ("daily", "weekly", "monthly")
_FIRST_DAY = date(2000, 1, 1)
_REPORT_EXAMPLE = later(
    "Examples: <code>/report week</code>, <code>/report daily 22:00 Europe/Madrid</code>"
)


async def on_plot(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    history: History,
    charts: Charts,
    works: Works,
) -> None:
    refusal = await history.charts(member)
    if refusal is not None:
        await message.answer(f"✋ {tell(refusal.words)}")
        return
    results = (await history.of(member)).results
    words = (command.args or "").split()
    kind = arguments.choice(words[0] if words else None, "equity", _PLOTS, "/plot drawdown 30")
    days = arguments.count(
        " ".join(words[1:]), PLOT_DAYS, LONGEST_DAYS, f"/plot {words[0] if words else ''} 30"
    )
    if isinstance(kind, Wrong) or isinstance(days, Wrong):
        wrong = kind if isinstance(kind, Wrong) else days
        assert isinstance(wrong, Wrong)
        await message.answer(wrong.words)
        return
    for account in await _accounts(message, chosen):

        async def job(progress: Progress, folder: Path, account: Account = account) -> Finished:
            del progress, folder  # a chart is one step, and needs no file
            chart, caption = await plots.chart(results, account, kind, days or PLOT_DAYS)
            return Finished(
                caption, picture=await charts.render(replace(chart, title=tell(chart.title)))
            )

        await works.start(
            message,
            member,
            t("Chart of {kind}, {login}", kind=t(_CHARTS[kind]), login=account.login),
            job,
        )


async def on_export(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    results: ResultStore,
    exports: ExportStore,
    works: Works,
    clock: Clock,
) -> None:
    form, what, rest = Format.CSV, What.TRADES, []
    for word in (command.args or "").split():
        if word.casefold() in set(Format):
            form = Format(word.casefold())
        elif word.casefold() in set(What):
            what = What(word.casefold())
        else:
            rest.append(word)
    span = dates(rest)
    if isinstance(span, str) or len(rest) > 2:
        wrong = span if isinstance(span, str) else rest[2]
        await message.answer(
            t(
                "✋ <b>{wrong}</b> is neither csv, json, trades, deals nor a date like "
                "2026-03-31. Example: <code>/export csv 2026-01-01 2026-03-31</code>",
                wrong=foreign(wrong, 40),
            )
        )
        return
    first, last = span
    if first is not None and last is not None and last < first:
        await message.answer(
            t(
                "✋ The span ends on {last} before it begins on {first}. Example: "
                "<code>/export csv {last} {first}</code>",
                last=last,
                first=first,
            )
        )
        return
    for account in await _accounts(message, chosen):
        day_clock = await results.day_clock(account.id)
        request = _request(account.id, what, form, (first, last), day_clock, clock)
        name = f"{what}-{account.login}" + "".join(f"-{day}" for day in span if day is not None)
        job = partial(export, exports, request, name)
        await works.start(
            message,
            member,
            t("Export of {what} ({form}), {login}", what=what, form=form, login=account.login),
            job,
        )


def _request(
    account_id: AccountId,
    what: What,
    form: Format,
    span: tuple[date | None, date | None],
    day_clock: DayClock,
    clock: Clock,
) -> ExportRequest:
    """Return the request whose days begin and end as the account's days do."""
    first, last = span
    since = starts_at(day_clock, first or _FIRST_DAY)
    until = clock.now() + timedelta(days=1)
    if last is not None and last < until.date():
        until = starts_at(day_clock, last + timedelta(days=1))
    return ExportRequest(account_id, what, form, since, until)


async def on_report(
    message: Message,
    command: CommandObject,
    member: Member,
    chosen: Chosen,
    results: ResultStore,
    reports: ReportStore,
    history: History,
) -> None:
    words = (command.args or "").casefold().split()
    accounts = await _accounts(message, chosen)
    for account in accounts:
        await message.answer(
            await _report(words, command.args or "", account, member, results, reports, history)
        )


async def _report(
    words: list[str],
    written: str,
    account: Account,
    member: Member,
    results: ResultStore,
    reports: ReportStore,
    history: History,
) -> str:
    if not words or (len(words) == 1 and words[0] in _NOW):
        grain = _NOW[words[0]] if words else Grain.DAY
        text = cards.report(await reports.report(account.id, grain))
        planned = await reports.plans(account.id, member.id)
        lines = "\n".join(t("Planned: {one}", one=cards.plan(one)) for one in planned)
        return f"{text}\n{lines or t('Plan one: <code>/report daily 22:00</code>')}"
    if words == ["off"]:
        dropped = await reports.unplan(account.id, member.id)
        if dropped == 1:
            return t("✅ 1 planned report switched off.")
        return t("✅ {count} planned reports switched off.", count=dropped)
    if words[0] not in _PLANNED:
        return t(
            "✋ <b>{written}</b> is no report. {report_example}",
            written=foreign(written, 40),
            report_example=t(_REPORT_EXAMPLE),
        )
    day_clock = await results.day_clock(account.id)
    plan = read_plan([words[0], *written.split()[1:]], day_clock.zone)
    if isinstance(plan, Unread):
        return (
            f"✋ <b>{foreign(written, 40)}</b>: {foreign(tell(plan.why), 60)}. {t(_REPORT_EXAMPLE)}"
        )
    slot = await history.plan(member, account.id, plan)
    if isinstance(slot, NotInPlan):
        return f"✋ {tell(slot.words)}"
    return t(
        "✅ A {plan}. The next comes {slot} UTC. Switch off: <code>/report off</code>",
        plan=cards.plan(plan),
        slot=dated(slot, "%a %d %b %H:%M"),
    )


async def on_cancel(
    query: CallbackQuery, callback_data: CancelWork, member: Member, works: Works
) -> None:
    await query.answer(tell(works.cancel(callback_data.work_id, member)))


async def _accounts(message: Message, chosen: Chosen) -> tuple[Account, ...]:
    if not chosen.accounts:
        await message.answer(t(NO_ACCOUNT))
    return chosen.accounts


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_plot, said("plot"))
    router.message.register(on_export, said("export"))
    router.message.register(on_report, said("report"))
    router.callback_query.register(on_cancel, CancelWork.filter())
    return router
