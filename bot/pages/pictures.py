"""Charts of the pages as SVG, drawn by the chat's own drawing process."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.pages.looks import SPANS
from bot.pages.visit import Route, Scope, Visit
from handlers.texts import tell
from trading.charts import Chart, ChartError, Look
from trading.model import Account
from trading.results.plots import chart
from trading.work import WorkError

KINDS: Final = ("equity", "drawdown")
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A picture runs nothing, even opened by itself; its own styles are inside it."""


def routes() -> tuple[Route, ...]:
    """Return the rows of the table of pages."""
    path = "/accounts/{account}/chart/{kind}.svg"
    return (Route("GET", path, Scope.ACCOUNT, account_chart),)


async def account_chart(visit: Visit) -> web.StreamResponse:
    """Draw an account's equity or drawdown."""
    desk, account_id = visit.desk, visit.account_id
    kind, days = visit.request.match_info["kind"], visit.number("days") or 30
    look = Look.DARK if visit.request.query.get("look") == "dark" else Look.LIGHT
    account = await desk.overview.account(visit.member, account_id)
    if account is None or kind not in KINDS or days not in SPANS:
        return web.Response(status=HTTPStatus.NOT_FOUND)
    state = (account.read_at or desk.clock.now()).replace(minute=0, second=0, microsecond=0)
    key = (account_id, kind, days, visit.member.reader.language)
    try:
        drawn = await desk.pictures.get(
            key, state, look, lambda: _chart(visit, account.account, kind, days)
        )
    except (WorkError, ChartError) as error:
        return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text=tell(str(error)))
    return web.Response(
        body=drawn,
        content_type="image/svg+xml",
        headers={
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "private, max-age=300",
        },
    )


async def _chart(visit: Visit, account: Account, kind: str, days: int) -> Chart:
    made, _ = await chart(visit.desk.results, account, kind, days)
    return made
