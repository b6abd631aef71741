"""What only the owners of the desk see: people and plans, signals, messages, money, the trail."""

from typing import Final

from aiohttp import web

from bot.pages.looks import ROWS
from bot.pages.visit import Route, Scope, Visit

MONTHS: Final = 12


def routes() -> tuple[Route, ...]:
    """Return the rows of the table of pages."""
    return (
        Route("GET", "/people", Scope.DESK, people),
        Route("GET", "/signals", Scope.DESK, signals),
        Route("GET", "/deliveries", Scope.DESK, deliveries),
        Route("GET", "/revenue", Scope.DESK, revenue),
        Route("GET", "/audit", Scope.DESK, audit),
    )


async def people(visit: Visit) -> web.Response:
    """Show everyone with their rights and plan; of their money, only what they paid here."""
    page = await visit.desk.overview.store.people(visit.number("after") or 0, ROWS)
    return visit.page("people.html", people=page, plans=visit.desk.plans.enabled)


async def signals(visit: Visit) -> web.Response:
    """Show every signal and how many accounts gave it which fate."""
    page = await visit.desk.overview.store.signals(visit.number("before"), ROWS)
    return visit.page("signals.html", signals=page)


async def deliveries(visit: Visit) -> web.Response:
    """Show how messages fare, never what they say."""
    dead = visit.request.query.get("show") == "dead"
    store = visit.desk.overview.store
    page = await store.deliveries(visit.number("before"), ROWS, dead=dead)
    return visit.page(
        "deliveries.html", messages=page, counts=await store.delivery_counts(), dead=dead
    )


async def revenue(visit: Visit) -> web.Response:
    """Show what plans bring."""
    found = await visit.desk.overview.store.revenue(MONTHS)
    return visit.page("revenue.html", revenue=found, plans=visit.desk.plans.enabled)


async def audit(visit: Visit) -> web.Response:
    """Show who did what."""
    lines = await visit.desk.audit.lines(visit.member.id, visit.number("before"), ROWS)
    return visit.page("audit.html", lines=lines, next=lines[-1].id if len(lines) == ROWS else None)
