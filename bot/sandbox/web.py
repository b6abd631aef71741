"""The chat page: the same conversation in a browser, for people without a token."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.page_state import people_of, snapshot
from bot.sandbox.person import Person
from bot.sandbox.wire import JsonObject
from bot.sandbox.world import World

_PAGE = Path(__file__).with_name("page.html")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_KEEP_ALIVE_SECONDS = 15.0
_TAP_SECONDS = 10.0
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def add_page(app: web.Application, world: World) -> None:
    """Add the page and the routes it uses."""
    page = _Page(world)
    app.router.add_get("/", page.show)
    app.router.add_get("/events", page.events)
    app.router.add_get("/chat/file/{file_id}", page.file)
    app.router.add_post("/chat/send", page.send)
    app.router.add_post("/chat/tap", page.tap)


class _Page:
    def __init__(self, world: World) -> None:
        self._world = world

    async def show(self, request: web.Request) -> web.Response:
        _require_local(request)
        html = _PAGE.read_text(encoding="utf-8")
        return web.Response(text=html, content_type="text/html", headers=_HEADERS)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream the chat's whole state at every change; it is small, and never out of step."""
        _require_local(request)
        user_id, chat_id = _number(request.query.get("person")), _number(request.query.get("chat"))
        headers = {**_HEADERS, "Content-Type": "text/event-stream"}
        stream = web.StreamResponse(headers=headers)
        await stream.prepare(request)
        changes = self._world.changes
        while not self._world.updates.closing:
            seen = changes.revision
            state = json.dumps(snapshot(self._world, user_id, chat_id), ensure_ascii=False)
            await stream.write(f"data: {state}\n\n".encode())
            await changes.next_after(seen, _KEEP_ALIVE_SECONDS)
        return stream

    async def file(self, request: web.Request) -> web.Response:
        _require_local(request)
        stored = self._world.files.get(request.match_info["file_id"])
        if stored is None:
            raise web.HTTPNotFound
        picture = stored.width > 0
        kind = "image/png" if stored.body.startswith(b"\x89PNG") else "image/jpeg"
        headers = dict(_HEADERS)
        if not picture:
            # A document is only ever saved: shown here it would run with the page's rights.
            kind, headers["Content-Disposition"] = "application/octet-stream", "attachment"
        return web.Response(body=stored.body, content_type=kind, headers=headers)

    async def send(self, request: web.Request) -> web.Response:
        """Say something as the chosen person."""
        person, body = await self._person(request)
        text = str(body.get("text", "")).strip()
        if not text:
            raise web.HTTPUnprocessableEntity(text="nothing to send")
        if person.chat.type == "channel":
            await person.posts_in_channel(person.chat, text)
        else:
            await person.sends(text)
        return web.json_response({"ok": True})

    async def tap(self, request: web.Request) -> web.Response:
        """Tap a button as the chosen person and answer with the toast."""
        person, body = await self._person(request)
        message = person.chat.find(_number(str(body.get("message", ""))))
        if message is None:
            raise web.HTTPNotFound(text="the message is gone")
        toast = await person.taps_data(message, str(body.get("data", "")), _TAP_SECONDS)
        if toast is None:
            return web.json_response({"ok": True, "toast": None})
        shown: JsonObject = {"text": toast.text, "alert": toast.alert}
        return web.json_response({"ok": True, "toast": shown})

    async def _person(self, request: web.Request) -> tuple[Person, JsonObject]:
        _require_local(request)
        _require_same_origin(request)
        try:
            body = await request.json()
        except ValueError:
            raise web.HTTPBadRequest(text="JSON expected") from None
        if not isinstance(body, dict):
            raise web.HTTPBadRequest(text="a JSON object expected")
        user = self._world.users.get(_number(str(body.get("person", ""))))
        chat = self._world.chats.get(_number(str(body.get("chat", ""))))
        if user is None or chat is None or user not in people_of(self._world, chat):
            raise web.HTTPNotFound(text="no such person in this chat")
        return Person(self._world, user, chat), body


def _require_local(request: web.Request) -> None:
    """Refuse a foreign Host: a page elsewhere could rebind its name to this machine."""
    host = urlsplit(f"//{request.host}").hostname
    if host not in _LOOPBACK:
        raise web.HTTPForbidden(text="this page is served to the same machine only")


def _require_same_origin(request: web.Request) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        raise web.HTTPForbidden(text="requests from other pages are refused")


def _number(text: str | None) -> int:
    try:
        return int(text or "")
    except ValueError:
        return 0
