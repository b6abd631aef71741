"""The one door to every page: who asks, from where, and whether the table of pages allows it.

Deny by default: what is not in the table is not there, and a page's scope and least role are
checked here before its handler runs. What a person may do to an account is checked once more by
the service that does it.
"""

import hmac
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.pages.desk import Desk
from bot.pages.frame import Frame
from bot.pages.visit import CSRF, Route, Scope, Visit, csrf_of
from handlers.readers import reading
from handlers.texts import later, t
from trading.errors import StoreError
from trading.ids import AccountId
from trading.model import EVERYONE
from trading.signin import SESSION_TTL

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 64
_ONE_YEAR: Final = 31_536_000
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
"""No script at all on any page but the Mini App's entry."""
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that a browser says "Origin: null" of our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
_SIGNED_OUT = later("You are signed out. Say /dashboard to the bot: it lets you in again.")
_NO_PAGE = later("There is no such page, or it is not yours to see.")
_FOREIGN_FORM = later("This form did not come from one of our pages. Nothing was changed.")
_STALE_FORM = later("This page is too old: load it again. Nothing was changed.")
_NOT_YOURS = later("Your role does not allow that. Nothing was changed.")
_BUSY = later("The desk is busy. Load the page again in a moment.")
_STORE = later("The database does not answer. Nothing was changed. Try again in a moment.")


class Gate:
    """Lets a request through to its handler, or says why not."""

    def __init__(self, desk: Desk, frame: Frame) -> None:
        self._desk = desk
        self._frame = frame
        self._busy = 0
        # A __Host- cookie is bound to this very host, to TLS and to no path.
        self.cookie = "__Host-desk" if desk.secure else "desk"

    def handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return what the server calls for a row of the table."""

        async def enter(request: web.Request) -> web.StreamResponse:
            if self._busy >= MOST_AT_ONCE:
                return self._refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, t(_BUSY))
            self._busy += 1
            try:
                return await self._enter(route, request)
            except StoreError as error:
                log.warning("page_failed", extra={"facts": {"why": str(error)}})
                return self._refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, t(_STORE))
            finally:
                self._busy -= 1

        return enter

    async def _enter(self, route: Route, request: web.Request) -> web.StreamResponse:
        token = request.cookies.get(self.cookie, "")[:128]
        visitor = await self._desk.signin.visitor(token) if token else None
        with reading(EVERYONE if visitor is None else visitor.member.reader):
            visit = Visit(self._desk, self._frame, request, visitor, token)
            if request.method == "POST":
                why = await self._forged(route, visit)
                if why is not None:
                    return self._refuse(request, HTTPStatus.FORBIDDEN, why, visit)
            if route.scope is Scope.PUBLIC:
                return await route.handler(visit)
            if visitor is None:
                return self._refuse(request, HTTPStatus.UNAUTHORIZED, t(_SIGNED_OUT))
            if route.scope is Scope.DESK and not visitor.member.owns_desk:
                return self._refuse(request, HTTPStatus.FORBIDDEN, t(_NOT_YOURS), visit)
            if route.scope is Scope.ACCOUNT:
                return await self._enter_account(route, visit)
            if not visitor.member.role.may(route.least):
                return self._refuse(request, HTTPStatus.FORBIDDEN, t(_NOT_YOURS), visit)
            return await route.handler(visit)

    async def _enter_account(self, route: Route, visit: Visit) -> web.StreamResponse:
        account_id = AccountId(visit.number("account") or 0)
        role = await self._desk.store.role_on(visit.member.id, account_id)
        if role is None:
            return self.missing(visit.request, visit)
        if not role.may(route.least):
            return self._refuse(visit.request, HTTPStatus.FORBIDDEN, t(_NOT_YOURS), visit)
        return await route.handler(
            Visit(visit.desk, visit.frame, visit.request, visit.visitor, visit.token, role)
        )

    async def _forged(self, route: Route, visit: Visit) -> str | None:
        """Return why a form is not from a page of ours, None where it is."""
        headers = visit.request.headers
        origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
        if origin is not None and origin != self._desk.url:
            return t(_FOREIGN_FORM)
        if site not in (None, "same-origin"):
            return t(_FOREIGN_FORM)
        if route.unsigned or visit.visitor is None:
            return None  # without a session there is nothing to forge: the scope turns it away
        if not hmac.compare_digest(
            (await visit.field(CSRF)).encode(), csrf_of(visit.token).encode()
        ):
            return t(_STALE_FORM)
        return None

    def missing(self, request: web.Request, visit: Visit | None = None) -> web.Response:
        """Return what is said of a page that is not there, or is another's."""
        return self._refuse(request, HTTPStatus.NOT_FOUND, t(_NO_PAGE), visit)

    def _refuse(
        self, request: web.Request, status: HTTPStatus, words: str, visit: Visit | None = None
    ) -> web.Response:
        page = visit or Visit(self._desk, self._frame, request, None, "")
        back = "" if page.visitor is None else "/app/"
        return page.says(words, back, well=False, status=status)

    # --- what goes out ------------------------------------------------------------------------

    async def dress(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Put the headers on that every answer has."""
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Server"] = "desk"  # in place of names and versions of ours
        if self._desk.secure:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={_ONE_YEAR}")

    def sign_in(self, response: web.StreamResponse, token: str) -> None:
        """Give the browser its session.

        Strict: no other site can make a browser send it. Telegram's web client shows a Mini App
        in a frame, where no browser would keep it: there the entry offers a tab of its own.
        """
        response.set_cookie(
            self.cookie,
            token,
            max_age=int(SESSION_TTL.total_seconds()),
            path="/",
            secure=self._desk.secure,
            httponly=True,
            samesite="Strict",
        )

    def sign_out(self, response: web.StreamResponse) -> None:
        """Take the session out of the browser."""
        response.del_cookie(
            self.cookie, path="/", secure=self._desk.secure, httponly=True, samesite="Strict"
        )
