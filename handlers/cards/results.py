"""How results look: few lines, aligned, each figure by its name in docs/results.md."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from handlers.callbacks import Performance, TradesAt
from handlers.cards.text import DASH, dated, figure, foreign, lots, money, price, side, span, table
from handlers.texts import later, retell, t
from trading.drawdown.dayclock import SERVER, DayClock
from trading.ids import AccountId
from trading.model import Account, Side
from trading.money import HUNDRED
from trading.results.figures import SpanResult, Stretch, Tally
from trading.results.periods import Grain, clock_name
from trading.results.report import WEEKDAYS, Plan, Report
from trading.results.views import Cursor, Dimension, Statistics, Summary, Trade, TradePage

PAGE = 8
"""Trades on one page: two lines each, so that a page fits a phone's screen."""
MOST = 20
GROUPS = 15
STATS_DAYS = 90
NOTHING = later("No closed trades yet. What is open: /status")
_SPAN_TITLES = {
    Grain.DAY: later("Daily"),
    Grain.WEEK: later("Weekly"),
    Grain.MONTH: later("Monthly"),
}
_DIMENSIONS = {
    Dimension.SYMBOL: later("symbol"),
    Dimension.SOURCE: later("source"),
    Dimension.HOUR: later("hour"),
    Dimension.REASON: later("exit"),
}


def footer(clock: DayClock, now: datetime) -> str:
    """Return when the figures are from, and by which clock the days are counted."""
    return t(
        "<i>as of {now} UTC · days by {clock}</i>",
        now=f"{now:%H:%M:%S}",
        clock=foreign(retell(clock_name(clock))),
    )


def profit(
    account: Account,
    summary: Summary,
    floating: Decimal | None,
    days: int | None,
    of_side: Side | None,
) -> str:
    """Return the summary of a window."""
    window = t("all time") if days is None else _days(days)
    title = t("💰 <b>Results</b> · {login} · {window}", login=account.login, window=window)
    if of_side is not None:
        title += t(" · long only") if of_side is Side.BUY else t(" · short only")
    currency, tally = account.currency, summary.tally
    rows: list[tuple[str, str]] = []
    if summary.booked is not None:
        rows.append((t("Realised"), money(summary.booked.result, currency, signed=True)))
    if floating is not None:
        rows.append((t("Open now"), money(floating, currency, signed=True)))
    rows.append((t("Closed"), money(tally.net, currency, signed=True)))
    rows += _tally_rows(tally, currency)
    rows += [
        (name, f"{figure(one.net, signed=True)} {foreign(one.symbol, 12)} #{one.position_id}")
        for name, one in ((t("Best"), summary.best), (t("Worst"), summary.worst))
        if one is not None
    ]
    if summary.booked is not None:
        costs = summary.booked.money
        rows.append((t("Commission"), figure(costs.commission + costs.fee, signed=True)))
        rows.append((t("Swap"), figure(costs.swap, signed=True)))
        if summary.booked.charges:
            rows.append((t("Charges"), figure(summary.booked.charges, signed=True)))
        if summary.booked.flows:
            rows.append(
                (
                    t("Paid in/out"),
                    t("{flows} (no result)", flows=figure(summary.booked.flows, signed=True)),
                )
            )
        rows += _fall_rows(summary.growth)
    return f"{title}\n{table(rows)}"


def _tally_rows(tally: Tally, currency: str) -> list[tuple[str, str]]:
    rows = [
        (
            t("Trades"),
            t(
                "{trades} ({wins} won, {losses} lost)",
                trades=tally.trades,
                wins=tally.wins,
                losses=tally.losses,
            ),
        )
    ]
    if not tally.trades:
        return rows
    return [
        *rows,
        (t("Win rate"), _percent(tally.win_rate)),
        (t("Profit factor"), _ratio(tally.profit_factor)),
        (t("Expectancy"), f"{_signed(tally.expectancy)} {foreign(currency, 8)}"),
        (
            t("Average R"),
            t(
                "{average_r} (of {r_trades})",
                average_r=_signed(tally.average_r),
                r_trades=tally.r_trades,
            ),
        ),
    ]


def _fall_rows(growth: Stretch | None) -> list[tuple[str, str]]:
    return [] if growth is None else [(t("Max drawdown"), _percent(growth.fall * HUNDRED))]


def spans(account: Account, grain: Grain, found: Sequence[SpanResult]) -> str:
    """Return a table of days, weeks or months, newest first."""
    head = f"📅 <b>{t(_SPAN_TITLES[grain])}</b> · {account.login} · {foreign(account.currency, 8)}"
    shown = [(_first(grain, one.first), _result(one.booked.result), one) for one in found]
    total = sum((one.booked.result for one in found), Decimal(0))
    head_result = t("result")
    wide = max(len(head_result), len(_result(total)), *(len(result) for _, result, _ in shown))
    lines = [f"{'':<6} {head_result:>{wide}} {'%':>7} {t('trades')}"]
    for name, result, one in shown:
        part = DASH if one.percent is None else f"{one.percent:.2f}"
        lines.append(f"{name:<6} {result:>{wide}} {part:>7} {one.tally.trades:>4}")
    trades = sum(one.tally.trades for one in found)
    lines.append(f"{t('sum'):<6} {_result(total):>{wide}} {'':>7} {trades:>4}")
    note = t("% of the balance it began with and what was paid in")
    return f"{head}\n<pre>{chr(10).join(lines)}</pre>\n<i>{note}</i>"


def _result(value: Decimal) -> str:
    return figure(value, signed=bool(value))


def _first(grain: Grain, first: date) -> str:
    return dated(first, "%b %y" if grain is Grain.MONTH else "%d %b")


def trades(account: Account, page: TradePage) -> str:
    """Return a page of closed trades."""
    if not page.trades:
        return t("📒 <b>Trades</b> · {login}\n{nothing}", login=account.login, nothing=t(NOTHING))
    lines = "\n".join(_trade(one) for one in page.trades)
    head = t("📒 <b>Trades</b> · {login} · {total} closed", login=account.login, total=page.total)
    return f"{head}\n<pre>{lines}</pre>"


def _trade(one: Trade) -> str:
    r = "" if one.r is None else f" {one.r:+.2f}R"
    held = "" if one.held is None else f" · {span(one.held.total_seconds())}"
    digits = max(map(_digits, (one.price_in, one.price_out)))
    prices = " → ".join(
        DASH if value is None else price(value, digits) for value in (one.price_in, one.price_out)
    )
    return (
        f"{dated(one.closed_at, '%d %b %H:%M')} {side(one.side)} {foreign(one.symbol, 12)}"
        f" {lots(one.volume)}  {figure(one.net, signed=True)}{r}\n"
        f"  {prices}\n"
        f"  {foreign(retell(one.reason), 20)} · {foreign(one.source, 16)}{held}"
    )


def _digits(value: Decimal | None) -> int:
    """Return how many decimals a price is shown with: an average of fills can have too many."""
    if value is None:
        return 0
    exponent = value.normalize().as_tuple().exponent
    return min(5, max(0, -exponent)) if isinstance(exponent, int) else 0


def pager(account_id: AccountId, page: TradePage) -> InlineKeyboardMarkup | None:
    """Return the buttons to newer and older trades."""
    buttons = [
        InlineKeyboardButton(text=words, callback_data=_place(account_id, cursor))
        for words, cursor in ((t("⬅️ Newer"), page.newer), (t("Older ➡️"), page.older))
        if cursor is not None
    ]
    return InlineKeyboardMarkup(inline_keyboard=[buttons]) if buttons else None


def _place(account_id: AccountId, cursor: Cursor) -> str:
    return TradesAt(
        account_id=account_id,
        closed_ms=cursor.closed_ms,
        trade_id=cursor.trade_id,
        newer=cursor.newer,
    ).pack()


def performance(
    account: Account, dimension: Dimension, found: Sequence[tuple[str, Tally]], at: int = 0
) -> str:
    """Return closed trades summed by one dimension, a page of them from ``at`` on."""
    by = t(_DIMENSIONS[dimension])
    head = t(
        "🏆 <b>Performance by {by}</b> · {login} · {currency}",
        by=by,
        login=account.login,
        currency=foreign(account.currency, 8),
    )
    if not found:
        return f"{head}\n{t(NOTHING)}"
    shown = found[at : at + GROUPS]
    names = [_group(dimension, name) for name, _ in shown]
    nets = [figure(tally.net, signed=True) for _, tally in shown]
    width, wide = max(map(len, names)), max(map(len, nets))
    lines = [f"{'':<{width}} {t('net'):>{wide}} {t('won'):>4} {'PF':>5} {t('trades')}"]
    for name, net, (_, tally) in zip(names, nets, shown, strict=True):
        won = DASH if tally.win_rate is None else f"{tally.win_rate:.0f}%"
        factor = DASH if tally.profit_factor is None else f"{tally.profit_factor:.2f}"
        safe = foreign(name, width)
        gap = " " * (width - len(unescape(safe)))  # an escaped name is wider than it looks
        lines.append(f"{safe}{gap} {net:>{wide}} {won:>4} {factor:>5} {tally.trades:>4}")
    more = (
        t("\n{first} to {last} of {count}", first=at + 1, last=at + len(shown), count=len(found))
        if len(found) > GROUPS
        else ""
    )
    return f"{head}\n<pre>{chr(10).join(lines)}</pre>{more}"


def _group(dimension: Dimension, name: str) -> str:
    if dimension is Dimension.HOUR:
        return f"{name}:00" if name else "?"
    return name[:16] or "?"


def dimensions(
    account_id: AccountId, chosen: Dimension, found: int, at: int
) -> InlineKeyboardMarkup:
    """Return the buttons to the other dimensions, and to the next page where there is one."""
    rows = [
        [
            InlineKeyboardButton(
                text=f"• {t(label)}" if one is chosen else t(label),
                callback_data=Performance(account_id=account_id, by=one.value, at=0).pack(),
            )
            for one, label in _DIMENSIONS.items()
        ]
    ]
    pages = [
        InlineKeyboardButton(
            text=words,
            callback_data=Performance(account_id=account_id, by=chosen.value, at=place).pack(),
        )
        for words, place in (("⬅️", at - GROUPS), ("➡️", at + GROUPS))
        if 0 <= place < found
    ]
    return InlineKeyboardMarkup(inline_keyboard=[*rows, pages] if pages else rows)


def stats(account: Account, found: Statistics) -> str:
    """Return the figures of /stats."""
    head = t("📈 <b>Statistics</b> · {login} · {days}", login=account.login, days=_days(found.days))
    tally, ratios = found.tally, found.ratios
    rows = _tally_rows(tally, account.currency)
    if tally.trades:
        rows += [
            (t("Average win"), _signed(tally.average_win)),
            (t("Average loss"), _signed(tally.average_loss)),
            (t("Average held"), _held(tally.average_held)),
        ]
    rows += [
        ("Sharpe", t("{sharpe} ({days} days)", sharpe=_ratio(ratios.sharpe), days=ratios.days)),
        ("Sortino", _ratio(ratios.sortino)),
        *_fall_rows(found.growth),
    ]
    parts = [head, table(rows)]
    if found.reasons:
        named = [
            (foreign(name, 20), f"{figure(one.net, signed=True)} ({one.trades})")
            for name, one in found.reasons
        ]
        parts.append(t("<b>Exits, all time</b>\n{named}", named=table(named)))
    if ratios.sharpe is None:
        parts.append(t("<i>Ratios need two trading days of equity.</i>"))
    return "\n".join(parts)


def _days(days: int) -> str:
    return t("today") if days == 1 else t("last {days} days", days=days)


def _percent(value: Decimal | None) -> str:
    return DASH if value is None else f"{figure(value)} %"


def _ratio(value: Decimal | None) -> str:
    return DASH if value is None else figure(value)


def _signed(value: Decimal | None) -> str:
    return DASH if value is None else figure(value, signed=True)


def _held(value: timedelta | None) -> str:
    return DASH if value is None else span(value.total_seconds())


_REPORTS = {
    Grain.DAY: later("Day"),
    Grain.WEEK: later("Week"),
    Grain.MONTH: later("Month"),
    Grain.ALL: later("All time"),
}
_EVERY = {Grain.DAY: later("each day"), Grain.WEEK: later("each"), Grain.MONTH: later("on the 1st")}


def report(one: Report) -> str:
    """Return a span in figures, as planned or asked for."""
    first = dated(one.first, "%b %Y" if one.grain is Grain.MONTH else "%a %d %b")
    words = t("from ") if one.grain is Grain.WEEK else ""
    head = f"📰 <b>{t(_REPORTS[one.grain])} {words}{first}</b> · {foreign(one.account)}"
    result = money(one.result, one.currency, signed=bool(one.result))
    if one.percent is not None:
        result += f" ({one.percent:+.2f} %)"
    rows = [
        (t("Result"), result),
        (
            t("Trades"),
            t(
                "{trades} ({wins} won, {losses} lost)",
                trades=one.trades,
                wins=one.wins,
                losses=one.losses,
            ),
        ),
    ]
    if one.trades:
        rows += [
            (t("Profit factor"), _ratio(one.profit_factor)),
            (t("Average R"), _signed(one.average_r)),
        ]
    rows += [(t("Costs"), _result(one.costs)), (t("Swap"), _result(one.swap))]
    if one.flows:
        rows.append(
            (t("Paid in/out"), t("{flows} (no result)", flows=figure(one.flows, signed=True)))
        )
    if one.drawdown is not None:
        rows.append((t("Max drawdown"), _percent(one.drawdown)))
    rows += [
        (name, money(value, one.currency))
        for name, value in ((t("Balance"), one.balance), (t("Equity"), one.equity))
        if value is not None
    ]
    return t(
        "{head}\n{rows}\n<i>days by {clock}</i>",
        head=head,
        rows=table(rows),
        clock=foreign(retell(one.clock)),
    )


def plan(one: Plan) -> str:
    """Return a report's plan in words."""
    every = t(_EVERY[one.grain])
    if one.grain is Grain.WEEK:
        every = f"{every} {t(WEEKDAYS[one.weekday].capitalize())}"
    zone = t("server time") if one.zone == SERVER else one.zone
    return t(
        "{grain} report {every} at {at} {zone}",
        grain=t(_REPORTS[one.grain]).lower(),
        every=every,
        at=f"{one.at:%H:%M}",
        zone=foreign(zone),
    )
