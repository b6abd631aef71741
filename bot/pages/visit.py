"""One request of one person: who they are, what they sent, and the page they are given."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.pages.desk import Desk
from bot.pages.frame import Frame
from trading.ids import AccountId
from trading.model import Member, Role
from trading.signin import Visitor

PREFIX: Final = "/app"
CSRF: Final = "csrf"
_LONGEST_FIELD: Final = 200


class Scope(StrEnum):
    """Whom a page is for."""

    PUBLIC = "public"
    """Everyone: it shows nothing of the desk."""
    MEMBER = "member"
    """Whoever is signed in; what it shows is theirs."""
    ACCOUNT = "account"
    """Whoever has a right on the account in its path; to others the account does not exist."""
    DESK = "desk"
    """The owners of the whole desk."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let through."""

    desk: Desk
    frame: Frame
    request: web.Request
    visitor: Visitor | None
    token: str
    """The cookie's; empty without one."""
    role: Role | None = None
    """The member's on the account in the path."""

    @property
    def member(self) -> Member:
        assert self.visitor is not None
        return self.visitor.member

    @property
    def account_id(self) -> AccountId:
        return AccountId(self.number("account") or 0)

    def number(self, name: str) -> int | None:
        """Return a whole number of the path or the query; None where there is none."""
        text = self.request.match_info.get(name) or self.request.query.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    async def field(self, name: str) -> str:
        """Return a field of the form; empty where it was not sent."""
        return str((await self.request.post()).get(name, ""))[:_LONGEST_FIELD].strip()

    def page(
        self, template: str, status: HTTPStatus = HTTPStatus.OK, **values: object
    ) -> web.Response:
        """Return a page of this visit's member, in their language and theme."""
        return web.Response(
            text=self.frame.render(
                template,
                desk=self.desk,
                visitor=self.visitor,
                csrf=csrf_of(self.token) if self.visitor else "",
                path=self.request.path,
                now=self.desk.clock.now(),
                role=self.role,
                **values,
            ),
            status=status,
            content_type="text/html",
            charset="utf-8",
        )

    def says(
        self,
        words: str,
        back: str,
        *,
        well: bool = True,
        status: HTTPStatus | None = None,
        title: str = "",
    ) -> web.Response:
        """Return a page that says one thing and leads on."""
        code = status or (HTTPStatus.OK if well else HTTPStatus.CONFLICT)
        return self.page("said.html", code, said=words, back=back, well=well, title=title)


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the table of pages: who may ask for it, and what answers."""

    method: str
    path: str
    """Behind the prefix; ``{account}`` is an account's id."""
    scope: Scope
    handler: Handler
    least: Role = Role.VIEWER
    """The least role on the account, or anywhere."""
    unsigned: bool = False
    """A form that is sent before there is a session, so that no token can be on it."""


def csrf_of(token: str) -> str:
    """Return what every form of a session carries; nobody else can work it out."""
    return hmac.new(token.encode(), b"form", sha256).hexdigest()


def query(values: Mapping[str, object]) -> str:
    """Return a query string of what is not None."""
    return "&".join(f"{name}={value}" for name, value in values.items() if value is not None)
