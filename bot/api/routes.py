"""What the API answers: each route reads its question, asks the overview once, and answers."""

import re
from collections.abc import Awaitable, Callable
from functools import cache
from importlib import resources
from typing import Final

from aiohttp import web

from bot.api import wire
from bot.api.gate import Asked, BadQuestionError, Gate
from bot.health import HealthProbe
from trading.billing import PlanService
from trading.ids import AccountId
from trading.overview import OverviewService
from trading.results.periods import Grain
from trading.results.views import Cursor, ResultStore
from trading.tokens import Holder, Scope

BASE: Final = "/api/v1"
OPENAPI: Final = f"{BASE}/openapi.json"
MOST: Final = 200
"""Rows of one page."""
_USUAL: Final = 50
_MOST_SPANS: Final = 400
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_PLACE: Final = re.compile(r"([0-9]{1,15})-([0-9]{1,15})", re.ASCII)

Read = Callable[[web.Request, Holder], Awaitable[object | None]]


class Api:
    """The routes and what they ask."""

    def __init__(
        self,
        overview: OverviewService,
        results: ResultStore,
        plans: PlanService,
        health: HealthProbe,
    ) -> None:
        self._overview = overview
        self._results = results
        self._plans = plans
        self._health = health

    def add_to(self, site: web.Application, gate: Gate) -> None:
        """Serve every route, and the description of them all."""
        for path, scope, asked in self.routes():
            site.router.add_get(BASE + path, gate.guarded(scope, asked), allow_head=False)
        site.router.add_get(OPENAPI, _openapi, allow_head=False)

    def routes(self) -> list[tuple[str, Scope | None, Asked]]:
        """Return each path, the scope it needs, and what answers it."""
        one = "/accounts/{account}"
        return [
            ("/me", None, self.me),
            ("/accounts", Scope.ACCOUNTS, self.accounts),
            (one, Scope.ACCOUNTS, self.account),
            ("/positions", Scope.ACCOUNTS, self.positions),
            (f"{one}/positions", Scope.ACCOUNTS, self.positions),
            (f"{one}/signals", Scope.SIGNALS, self.fates),
            (f"{one}/trades", Scope.RESULTS, self.trades),
            (f"{one}/deals", Scope.RESULTS, self.deals),
            (f"{one}/results", Scope.RESULTS, self.results),
            ("/signals", Scope.DESK, self.signals),
            ("/deliveries", Scope.DESK, self.deliveries),
            ("/people", Scope.DESK, self.people),
            ("/desk", Scope.DESK, self.desk),
            ("/health", Scope.DESK, self.health),
            ("/revenue", Scope.REVENUE, self.revenue),
        ]

    async def me(self, request: web.Request, holder: Holder) -> object:
        """Who asks, by which plan and with which token."""
        _only(request)
        standing = await self._plans.standing(holder.member)
        return wire.me(holder.member, holder.token, standing, owns_desk=holder.owns_desk)

    async def accounts(self, request: web.Request, holder: Holder) -> object:
        """The accounts the member has a right on."""
        _only(request, "cursor", "limit")
        after, limit = _number(request, "cursor") or 0, _limit(request)
        page = await self._overview.accounts(holder.member, after, limit)
        return wire.listed(page.rows, wire.account, _text(page.next))

    async def account(self, request: web.Request, holder: Holder) -> object | None:
        """One account."""
        _only(request)
        account_id = _account(request)
        if account_id is None:
            return None
        found = await self._overview.account(holder.member, account_id)
        return None if found is None else wire.account(found)

    async def positions(self, request: web.Request, holder: Holder) -> object | None:
        """What is open on one account, or on all of the member's."""
        _only(request)
        account_id = None
        if "account" in request.match_info:
            account_id = _account(request)
            if account_id is None:
                return None
        found = await self._overview.positions(holder.member, account_id)
        return None if found is None else wire.listed(found, wire.position, None)

    async def fates(self, request: web.Request, holder: Holder) -> object | None:
        """What became of signals on an account, newest first."""
        _only(request, "cursor", "limit")
        account_id, before, limit = _account(request), _number(request, "cursor"), _limit(request)
        if account_id is None:
            return None
        page = await self._overview.store.fates(holder.member.id, account_id, before, limit)
        return None if page is None else wire.listed(page.rows, wire.fate, _text(page.next))

    async def trades(self, request: web.Request, holder: Holder) -> object | None:
        """Closed trades of an account, newest first."""
        _only(request, "cursor", "limit")
        cursor, limit = _place(request), _limit(request)
        account_id = await self._own(request, holder)
        if account_id is None:
            return None
        page = await self._results.page(account_id, cursor, limit)
        older = page.older
        place = None if older is None else f"{older.closed_ms}-{older.trade_id}"
        return wire.listed(page.trades, wire.trade, place)

    async def deals(self, request: web.Request, holder: Holder) -> object | None:
        """Every deal of an account, newest first."""
        _only(request, "cursor", "limit")
        account_id, before, limit = _account(request), _number(request, "cursor"), _limit(request)
        if account_id is None:
            return None
        page = await self._overview.store.deals(holder.member.id, account_id, before, limit)
        return None if page is None else wire.listed(page.rows, wire.deal, _text(page.next))

    async def results(self, request: web.Request, holder: Holder) -> object | None:
        """The sums of an account by day, week or month, newest first, and of all time."""
        _only(request, "grain", "count")
        grain = _grain(request)
        count = _number(request, "count")
        count = 30 if count is None else count
        if not 1 <= count <= _MOST_SPANS:
            raise BadQuestionError(f"count must be 1 to {_MOST_SPANS}")
        account_id = await self._own(request, holder)
        if account_id is None:
            return None
        summary = await self._results.summary(account_id, None, None)
        spans = await self._results.spans(account_id, grain, count)
        return {
            "grain": grain.value,
            "all_time": wire.tally(summary.tally),
            "spans": [wire.span(one) for one in spans],
        }

    async def signals(self, request: web.Request, _holder: Holder) -> object:
        """Everyone's signals in counts."""
        _only(request, "cursor", "limit")
        page = await self._overview.store.signals(_number(request, "cursor"), _limit(request))
        return wire.listed(page.rows, wire.signal, _text(page.next))

    async def deliveries(self, request: web.Request, _holder: Holder) -> object:
        """Messages on their way: what kind they are and how they fare."""
        _only(request, "cursor", "limit", "status")
        status = request.query.get("status")
        if status not in (None, "dead"):
            raise BadQuestionError("status can only be dead")
        before, limit = _number(request, "cursor"), _limit(request)
        store = self._overview.store
        page = await store.deliveries(before, limit, dead=status is not None)
        counts = await store.delivery_counts()
        return {
            **wire.listed(page.rows, wire.delivery, _text(page.next)),
            "counts": wire.delivery_counts(counts),
        }

    async def people(self, request: web.Request, _holder: Holder) -> object:
        """Members with their rights and plans."""
        _only(request, "cursor", "limit")
        page = await self._overview.store.people(_number(request, "cursor") or 0, _limit(request))
        return wire.listed(page.rows, wire.person, _text(page.next))

    async def desk(self, request: web.Request, _holder: Holder) -> object:
        """The desk in numbers."""
        _only(request)
        counts = await self._overview.store.counts()
        return wire.counts(counts, self._overview.open_positions())

    async def health(self, request: web.Request, _holder: Holder) -> object:
        """Every part of the desk."""
        _only(request)
        return wire.health(await self._health.report())

    async def revenue(self, request: web.Request, _holder: Holder) -> object:
        """What plans bring."""
        _only(request, "months")
        months = _number(request, "months")
        months = 12 if months is None else months
        if not 1 <= months <= 60:
            raise BadQuestionError("months must be 1 to 60")
        return wire.revenue(await self._overview.store.revenue(months))

    async def _own(self, request: web.Request, holder: Holder) -> AccountId | None:
        """Return the account of the path where the member has a right on it."""
        account_id = _account(request)
        if account_id is None:
            return None
        found = await self._overview.store.kept_one(holder.member.id, account_id)
        return None if found is None else account_id


async def _openapi(_request: web.Request) -> web.Response:
    return web.Response(text=_description(), content_type="application/json")


@cache
def _description() -> str:
    return (resources.files("bot.api") / "openapi.json").read_text(encoding="utf-8")


def _only(request: web.Request, *names: str) -> None:
    """Refuse a question with a word in it that means nothing here: a typo must not be overheard."""
    unknown = next((name for name in request.query if name not in names), None)
    if unknown is not None:
        known = f"known: {', '.join(names)}" if names else "none is known here"
        raise BadQuestionError(f"{unknown[:40]!r} is no parameter; {known}")
    twice = next((name for name in names if len(request.query.getall(name, [])) > 1), None)
    if twice is not None:
        raise BadQuestionError(f"{twice} stands twice")


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise BadQuestionError(f"{name} must be a number as an earlier answer gave it")
    return int(text)


def _limit(request: web.Request) -> int:
    limit = _number(request, "limit")
    limit = _USUAL if limit is None else limit
    if not 1 <= limit <= MOST:
        raise BadQuestionError(f"limit must be 1 to {MOST}")
    return limit


def _place(request: web.Request) -> Cursor | None:
    text = request.query.get("cursor")
    if text is None:
        return None
    found = _PLACE.fullmatch(text)
    if found is None:
        raise BadQuestionError("cursor must be what an earlier answer gave as next")
    return Cursor(int(found[1]), int(found[2]))


def _grain(request: web.Request) -> Grain:
    text = request.query.get("grain", Grain.DAY.value)
    try:
        return Grain(text)
    except ValueError:
        raise BadQuestionError(f"grain must be one of {', '.join(Grain)}") from None


def _account(request: web.Request) -> AccountId | None:
    text = request.match_info["account"]
    return AccountId(int(text)) if _NUMBER.fullmatch(text) else None


def _text(place: int | None) -> str | None:
    return None if place is None else str(place)
