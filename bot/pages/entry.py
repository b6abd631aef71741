"""Coming in and going out: the Mini App's proof, the one-time link, and one's sessions."""

import re
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.pages import proof
from bot.pages.gate import Gate
from bot.pages.visit import PREFIX, Route, Scope, Visit
from handlers.texts import t, tell
from trading.signin import NO_LINK, NotSignedIn, SessionId, SignedIn, Theme
from trading.words import told

TELEGRAM_SCRIPT: Final = "https://telegram.org/js/telegram-web-app.js"
ENTRY_POLICY: Final = (
    f"default-src 'none'; script-src 'self' {TELEGRAM_SCRIPT}; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'none'; base-uri 'none';"
    " frame-ancestors https://web.telegram.org"
)
"""The one page with scripts, and the one that Telegram's web client may frame."""
_UNKNOWN_DEVICE = "unknown device"
_SYSTEMS: Final = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux")
_BROWSERS: Final = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
_NO_MEMBER = told("You are no member of this desk. Ask an owner to let you in.")


class Entry:
    """The pages that begin and end a session."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def routes(self) -> tuple[Route, ...]:
        """Return the rows of the table of pages."""
        return (
            Route("GET", "/mini", Scope.PUBLIC, self.mini),
            Route("POST", "/mini", Scope.PUBLIC, self.prove, unsigned=True),
            Route("GET", "/enter", Scope.PUBLIC, self.ask),
            Route("POST", "/enter", Scope.PUBLIC, self.enter, unsigned=True),
            Route("POST", "/leave", Scope.MEMBER, self.leave),
            Route("GET", "/sessions", Scope.MEMBER, sessions),
            Route("POST", "/sessions/{session}/end", Scope.MEMBER, end),
        )

    async def mini(self, visit: Visit) -> web.Response:
        """Show the page that brings Telegram's proof to us."""
        response = visit.page("mini.html", script=TELEGRAM_SCRIPT)
        response.headers["Content-Security-Policy"] = ENTRY_POLICY
        return response

    async def prove(self, visit: Visit) -> web.Response:
        """Begin a session by a proof; in a frame, give a link for a tab of its own instead."""
        desk = visit.desk
        found = proof.read(desk.bot_token, await _whole(visit, "proof"), desk.clock.now())
        if isinstance(found, str):
            return _no(HTTPStatus.UNAUTHORIZED, found)
        member = await desk.store.member(found.telegram_id)
        if member is None:
            return _no(HTTPStatus.FORBIDDEN, _NO_MEMBER)
        if await visit.field("framed") == "yes":
            link = await desk.signin.link_by_proof(member, found.hash)
            if isinstance(link, NotSignedIn):
                return _no(HTTPStatus.FORBIDDEN, link.words)
            return web.json_response({"open": f"{desk.url}{PREFIX}/enter?key={link}"})
        result = await desk.signin.by_proof(
            member, found.hash, visit.token, device_of(visit), _theme(await visit.field("theme"))
        )
        if isinstance(result, NotSignedIn):
            return _no(HTTPStatus.FORBIDDEN, result.words)
        response = web.json_response({"next": f"{PREFIX}/"})
        if result.token is not None:
            self._gate.sign_in(response, result.token)
        return response

    async def ask(self, visit: Visit) -> web.Response:
        """Show a button that uses the link up: what merely looks at links must not."""
        key = visit.request.query.get("key", "")[:128]
        member = await visit.desk.signin.whose(key)
        if member is None:
            return visit.says(tell(NO_LINK.words), "", well=False, status=HTTPStatus.UNAUTHORIZED)
        return visit.page("enter.html", key=key, who=member)

    async def enter(self, visit: Visit) -> web.Response:
        """Use the link up and begin the session."""
        result = await visit.desk.signin.by_link(await visit.field("key"), device_of(visit))
        if not isinstance(result, SignedIn) or result.token is None:
            words = result.words if isinstance(result, NotSignedIn) else ""
            return visit.says(tell(words), "", well=False, status=HTTPStatus.UNAUTHORIZED)
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"{PREFIX}/"})
        self._gate.sign_in(response, result.token)
        return response

    async def leave(self, visit: Visit) -> web.Response:
        """End this session."""
        assert visit.visitor is not None
        await visit.desk.signin.end(visit.member, visit.visitor.session_id)
        response = Visit(visit.desk, visit.frame, visit.request, None, "").says(
            t("You are signed out on this device."), ""
        )
        self._gate.sign_out(response)
        return response


async def sessions(visit: Visit) -> web.Response:
    """Show where one is signed in; to an owner of the desk, where everyone is."""
    assert visit.visitor is not None
    found = await visit.desk.signin.sessions(visit.member)
    return visit.page("sessions.html", sessions=found, present=visit.visitor.session_id)


async def end(visit: Visit) -> web.Response:
    """End a session of one's own, or as an owner of the desk anyone's."""
    done = await visit.desk.signin.end(visit.member, SessionId(visit.number("session") or 0))
    if not done:
        return visit.says(
            t("There is no such session any more."),
            f"{PREFIX}/sessions",
            well=False,
            status=HTTPStatus.NOT_FOUND,
        )
    return visit.says(t("That session is ended."), f"{PREFIX}/sessions")


def device_of(visit: Visit) -> str:
    """Return in a few words what a browser says of itself."""
    agent = visit.request.headers.get("User-Agent", "")
    names = [next((one for one in known if one in agent), "") for known in (_BROWSERS, _SYSTEMS)]
    found = " · ".join(filter(None, names)).replace("Edg", "Edge").replace("Macintosh", "Mac")
    if re.search("Telegram", agent):
        found = f"Telegram · {found}"
    return found.strip(" ·") or _UNKNOWN_DEVICE


async def _whole(visit: Visit, name: str) -> str:
    return str((await visit.request.post()).get(name, ""))


def _theme(word: str) -> Theme:
    return "dark" if word == "dark" else "light" if word == "light" else "auto"


def _no(status: HTTPStatus, words: str) -> web.Response:
    return web.json_response({"why": tell(words)}, status=status)
