"""Which chart a word of /plot means, and the figures it is drawn from."""

from trading.charts import Chart, DailyChart, DrawdownChart, EquityChart
from trading.drawdown.dayclock import SERVER
from trading.model import Account
from trading.results.periods import Grain
from trading.results.views import ResultStore
from trading.words import told
from trading.work import WorkError

MOST_DAYS = 92
"""Bars that can be told apart on a phone."""


async def chart(store: ResultStore, account: Account, kind: str, days: int) -> tuple[Chart, str]:
    """Return a chart and its caption; raise ``WorkError`` while there is nothing to draw."""
    clock = await store.day_clock(account.id)
    zone = "UTC" if clock.zone == SERVER else clock.zone
    if kind == "daily":
        spans = await store.spans(account.id, Grain.DAY, min(days, MOST_DAYS))
        bars = tuple((one.first, one.booked.result) for one in reversed(spans))
        if not any(result for _, result in bars):
            raise WorkError(told("No day in that span has a result yet. What is open: /status"))
        title = told("Result by day · {login} · {count} days", login=account.login, count=len(bars))
        return DailyChart(title, account.currency, bars), title
    points = await store.curve(account.id, days)
    if len(points) < 2:
        raise WorkError(told("Equity has been recorded for less than two hours. Ask again later."))
    name = told("Drawdown") if kind == "drawdown" else told("Equity")
    title = told("{name} · {login} · last {days} days", name=name, login=account.login, days=days)
    if kind == "drawdown":
        falls = tuple((one.at, one.drawdown) for one in points)
        return DrawdownChart(title, falls, zone), title
    return (
        EquityChart(title, account.currency, tuple((one.at, one.equity) for one in points), zone),
        title,
    )
