"""How far back a member's plan lets them look; what they export of their own has no limit."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from trading.billing import PlanService
from trading.clock import Clock, to_ms
from trading.drawdown.dayclock import DayClock
from trading.ids import AccountId, MemberId
from trading.model import Member, Role, Side
from trading.results.figures import EquityPoint, SpanResult, Tally
from trading.results.periods import Grain
from trading.results.report import Plan, ReportStore
from trading.results.views import (
    Cursor,
    Dimension,
    ResultStore,
    Statistics,
    Summary,
    TradePage,
)
from trading.words import told

_DAYS = {Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 31}


@dataclass(frozen=True, slots=True)
class View:
    """Results as one member may see them."""

    results: ResultStore
    days: int | None
    """The most days their plan shows; None where nothing limits them."""


@dataclass(frozen=True, slots=True)
class NotInPlan:
    """Their plan does not have it, and what to do."""

    words: str


class History:
    """Gives each member the results their plan shows; without plans everybody sees everything."""

    def __init__(
        self, results: ResultStore, reports: ReportStore, plans: PlanService, clock: Clock
    ) -> None:
        self._results = results
        self._reports = reports
        self._plans = plans
        self._clock = clock

    async def of(self, member: Member) -> View:
        """Return the results a member may see now."""
        if not self._plans.enabled or member.may_on_desk(Role.OWNER):
            return View(self._results, None)
        days = (await self._plans.standing(member)).plan.history_days
        return View(_Recent(self._results, days, self._clock), days)

    async def charts(self, member: Member) -> NotInPlan | None:
        """Say why a member may have no chart; None where they may."""
        if (await self._plans.standing(member)).plan.charts:
            return None
        return NotInPlan(told("Your plan has no charts: /upgrade. /export gives you the figures."))

    async def plan(self, member: Member, account_id: AccountId, plan: Plan) -> datetime | NotInPlan:
        """Plan a report that comes by itself; return when it comes first."""
        if not (await self._plans.standing(member)).plan.reports:
            return NotInPlan(
                told("Your plan has no scheduled reports: /upgrade. /report week shows one now.")
            )
        return await self._reports.plan(account_id, MemberId(member.id), plan)


class _Recent:
    """Results of the last so many days, whatever is asked for."""

    def __init__(self, store: ResultStore, days: int, clock: Clock) -> None:
        self._store = store
        self._days = days
        self._clock = clock

    async def day_clock(self, account_id: AccountId) -> DayClock:
        return await self._store.day_clock(account_id)

    async def summary(self, account_id: AccountId, days: int | None, side: Side | None) -> Summary:
        return await self._store.summary(account_id, min(days or self._days, self._days), side)

    async def spans(self, account_id: AccountId, grain: Grain, count: int) -> list[SpanResult]:
        most = max(1, self._days // _DAYS[grain])
        return await self._store.spans(account_id, grain, min(count, most))

    async def groups(self, account_id: AccountId, dimension: Dimension) -> list[tuple[str, Tally]]:
        """Sums of everything: they show no single trade, and are kept for all time alone."""
        return await self._store.groups(account_id, dimension)

    async def page(self, account_id: AccountId, cursor: Cursor | None, count: int) -> TradePage:
        since = self._clock.now() - timedelta(days=self._days)
        page = await self._store.page(account_id, cursor, count)
        kept = [one for one in page.trades if one.closed_at >= since]
        ends = len(kept) < len(page.trades) or (
            page.older is not None and page.older.closed_ms < to_ms(since)
        )
        return TradePage(kept, page.newer, None if ends else page.older, page.total)

    async def statistics(self, account_id: AccountId, days: int) -> Statistics:
        return await self._store.statistics(account_id, min(days, self._days))

    async def curve(self, account_id: AccountId, days: int) -> list[EquityPoint]:
        return await self._store.curve(account_id, min(days, self._days))
