"""The pages as one application behind ``/app``, made of the table of pages."""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.pages import acts, looks, owners, pictures
from bot.pages.desk import Desk
from bot.pages.entry import Entry
from bot.pages.frame import STATIC, Frame, type_of
from bot.pages.gate import Gate
from bot.pages.visit import Route

MOST_BYTES: Final = 32 * 1024
_ONE_DAY: Final = 86_400
_NUMBERS: Final = ("account", "signal", "session", "approval", "confirm")


def table(gate: Gate) -> tuple[Route, ...]:
    """Return every page and every act, with whom each is for."""
    return (
        *Entry(gate).routes(),
        *looks.routes(gate),
        *owners.routes(),
        *acts.routes(gate),
        *pictures.routes(),
    )


def make_pages(desk: Desk) -> web.Application:
    """Return the application of the pages."""
    frame = Frame()
    gate = Gate(desk, frame)

    @web.middleware
    async def missing(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            return gate.missing(request)

    async def asset(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in STATIC:
            return gate.missing(request)
        return web.Response(
            body=frame.files[name],
            content_type=type_of(name),
            charset="utf-8",
            headers={"Cache-Control": f"public, max-age={_ONE_DAY}, immutable"},
        )

    app = web.Application(client_max_size=MOST_BYTES, middlewares=[missing])
    app.router.add_get("/static/{name}", asset)
    for route in table(gate):
        app.router.add_route(route.method, _pattern(route.path), gate.handler(route))
    app.on_response_prepare.append(gate.dress)
    return app


def _pattern(path: str) -> str:
    """Return a path whose numbers are numbers; a word in their place is no page."""
    for name in _NUMBERS:
        path = path.replace(f"{{{name}}}", f"{{{name}:[0-9]{{1,18}}}}")
    return path
