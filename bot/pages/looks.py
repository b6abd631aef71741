"""Looking: one's accounts, what is open, what waits, what became of signals, the plan, health."""

from typing import Final

from aiohttp import web

from bot.pages.gate import Gate
from bot.pages.visit import Route, Scope, Visit
from handlers.plans import limit_rows
from trading.results.views import Cursor

ROWS: Final = 25
FEW: Final = 5
STORIES: Final = 10
"""Accounts of one member on which a signal is told at length."""
WINDOWS: Final = (1, 7, 30, 90)
"""Days that results are summed over on an account's page, before everything."""
SPANS: Final = (7, 30, 90, 365)
"""Days that an account's charts can show."""
_PARTS_OF_CURSOR: Final = 3


def routes(gate: Gate) -> tuple[Route, ...]:
    """Return the rows of the table of pages."""

    async def account(visit: Visit) -> web.StreamResponse:
        found = await _account(visit)
        return found or gate.missing(visit.request, visit)

    async def story(visit: Visit) -> web.StreamResponse:
        number = visit.number("signal") or 0
        stories = await visit.desk.timelines.of_signal(visit.member.id, number, STORIES + 1)
        if not stories:
            return gate.missing(visit.request, visit)
        more = len(stories) > STORIES
        return visit.page("story.html", stories=stories[:STORIES], number=number, more=more)

    return (
        Route("GET", "/", Scope.MEMBER, home),
        Route("GET", "/more", Scope.MEMBER, more),
        Route("GET", "/accounts/{account}", Scope.ACCOUNT, account),
        Route("GET", "/accounts/{account}/signals", Scope.ACCOUNT, fates),
        Route("GET", "/accounts/{account}/trades", Scope.ACCOUNT, trades),
        Route("GET", "/positions", Scope.MEMBER, positions),
        Route("GET", "/waiting", Scope.MEMBER, waiting),
        Route("GET", "/signals/{signal}", Scope.MEMBER, story),
        Route("GET", "/plan", Scope.MEMBER, plan),
        Route("GET", "/health", Scope.MEMBER, health),
    )


async def home(visit: Visit) -> web.Response:
    """Show the member's accounts, and to an owner of the desk its numbers above them."""
    overview, member = visit.desk.overview, visit.member
    page = await overview.accounts(member, visit.number("after") or 0, ROWS)
    waiting = await overview.store.waiting_count(member.id)
    counts = messages = None
    if member.owns_desk:
        counts = await overview.store.counts()
        messages = await overview.store.delivery_counts()
    return visit.page(
        "home.html",
        accounts=page,
        waiting=waiting,
        counts=counts,
        messages=messages,
        open_positions=overview.open_positions() if member.owns_desk else None,
    )


async def more(visit: Visit) -> web.Response:
    """Show every page there is for this member."""
    return visit.page("more.html")


async def _account(visit: Visit) -> web.Response | None:
    desk, account_id = visit.desk, visit.account_id
    account = await desk.overview.account(visit.member, account_id)
    opened = await desk.overview.positions(visit.member, account_id)
    signals = await desk.overview.store.fates(visit.member.id, account_id, None, FEW)
    if account is None or opened is None or signals is None:
        return None
    sums = [(days, await desk.results.summary(account_id, days, None)) for days in WINDOWS]
    everything = await desk.results.summary(account_id, None, None)
    latest = await desk.results.page(account_id, None, FEW)
    asked = visit.number("days")
    days = asked if asked in SPANS else SPANS[1]
    return visit.page(
        "account.html",
        account=account,
        positions=opened,
        signals=signals.rows,
        sums=[*sums, (None, everything)],
        trades=latest,
        days=days,
        spans=SPANS,
        curve=await desk.results.curve(account_id, days),
    )


async def fates(visit: Visit) -> web.StreamResponse:
    """Show what became of signals on one account."""
    account = await visit.desk.overview.account(visit.member, visit.account_id)
    page = await visit.desk.overview.store.fates(
        visit.member.id, visit.account_id, visit.number("before"), ROWS
    )
    return visit.page("fates.html", account=account, signals=page)


async def trades(visit: Visit) -> web.StreamResponse:
    """Show an account's closed trades, page by page."""
    account = await visit.desk.overview.account(visit.member, visit.account_id)
    page = await visit.desk.results.page(visit.account_id, _cursor(visit), ROWS)
    return visit.page("trades.html", account=account, trades=page, cursor=written)


def written(cursor: Cursor) -> str:
    """Return a place between trades as it stands in an address."""
    return f"{cursor.closed_ms}-{cursor.trade_id}-{'newer' if cursor.newer else 'older'}"


def _cursor(visit: Visit) -> Cursor | None:
    parts = visit.request.query.get("at", "").split("-")
    if len(parts) != _PARTS_OF_CURSOR or not all(
        part.isascii() and part.isdigit() and len(part) <= 18 for part in parts[:2]
    ):
        return None
    return Cursor(int(parts[0]), int(parts[1]), newer=parts[2] == "newer")


async def positions(visit: Visit) -> web.Response:
    """Show what is open on all of the member's accounts."""
    found = await visit.desk.overview.positions(visit.member) or []
    at = visit.number("from") or 0
    return visit.page(
        "positions.html",
        positions=found[at : at + ROWS],
        count=len(found),
        next=at + ROWS if len(found) > at + ROWS else None,
    )


async def waiting(visit: Visit) -> web.Response:
    """Show the cards that wait for an answer."""
    cards = await visit.desk.overview.store.waiting(visit.member.id, ROWS)
    accounts = {
        one.id: one for one in await visit.desk.overview.store.kept_accounts(visit.member.id)
    }
    return visit.page("waiting.html", cards=cards, accounts=accounts)


async def plan(visit: Visit) -> web.Response:
    """Show the plan one has, those there are, and one's invoices."""
    desk = visit.desk
    if not desk.plans.enabled:
        return visit.page("plan.html", standing=None)
    standing = await desk.plans.standing(visit.member)
    return visit.page(
        "plan.html",
        standing=standing,
        limits=limit_rows,
        plans=desk.billing.on_sale(),
        crypto=desk.crypto_link is not None,
        invoices=await desk.bills.invoices(visit.member.id, FEW),
    )


async def health(visit: Visit) -> web.Response:
    """Show every part of the desk; what is unwell comes first."""
    report = await visit.desk.probe.report()
    parts = sorted(report.parts, key=lambda part: part.ok)
    return visit.page("health.html", parts=parts, well=all(part.ok for part in parts))
