"""Who may ask what, and how often: every route of the API goes through here."""

import logging
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.answers import problem
from trading.clock import Clock
from trading.errors import StoreError
from trading.tokens import OWNERS, Holder, Scope, TokenService

log = logging.getLogger(__name__)

Asked = Callable[[web.Request, Holder], Awaitable[object | None]]
"""Answer a request of a token's holder; None: there is no such thing for them."""
BURST: Final = 4
"""A token may make this part of a minute's requests at once."""
NOTED_EVERY: Final = timedelta(minutes=10)
"""How far behind a token's last use may be written."""
_MOST_BUCKETS: Final = 10_000
_NO_STORE: Final = {"Cache-Control": "no-store"}


class BadQuestionError(Exception):
    """The query names something that is not there, or a value that cannot be."""


class Bucket:
    """Requests a token has left: refilled evenly, up to a burst."""

    __slots__ = ("_at", "_left", "_size", "_speed")

    def __init__(self, a_minute: int, now: float) -> None:
        self._speed = a_minute / 60
        self._size = float(max(1, a_minute // BURST))
        self._left, self._at = self._size, now

    def take(self, now: float) -> float:
        """Take one; return 0, or the seconds until there is one."""
        self._left = min(self._size, self._left + (now - self._at) * self._speed)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._speed


class Gate:
    """Lets a request through where its token is good for it."""

    def __init__(self, tokens: TokenService, clock: Clock, a_minute: int) -> None:
        """``a_minute`` is how many requests each token may make."""
        self._tokens = tokens
        self._clock = clock
        self._a_minute = a_minute
        self._buckets: dict[int, Bucket] = {}

    def guarded(self, scope: Scope | None, asked: Asked) -> Callable[..., Awaitable[web.Response]]:
        """Return a route that answers a good token of that scope (None: any) and nobody else."""

        async def route(request: web.Request) -> web.Response:
            try:
                return await self._answer(request, scope, asked)
            except BadQuestionError as error:
                return problem(HTTPStatus.BAD_REQUEST, str(error))
            except StoreError as error:
                log.warning("api_not_read", extra={"facts": {"why": str(error)}})
                words = "the desk cannot read its books now"
                return problem(HTTPStatus.SERVICE_UNAVAILABLE, words, retry_after=5)

        return route

    async def _answer(
        self, request: web.Request, scope: Scope | None, asked: Asked
    ) -> web.Response:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        holder = None
        if scheme.casefold() == "bearer":
            holder = await self._tokens.known(given.strip())
        if holder is None:
            answer = problem(HTTPStatus.UNAUTHORIZED, "a live token is needed: /token in the chat")
            answer.headers["WWW-Authenticate"] = 'Bearer realm="desk"'
            return answer
        wait = self._wait(holder)
        if wait:
            words = f"a token may ask {self._a_minute} times a minute"
            return problem(HTTPStatus.TOO_MANY_REQUESTS, words, retry_after=wait)
        if scope is not None and not _may(holder, scope):
            answer = problem(HTTPStatus.FORBIDDEN, f"this needs a token with the scope {scope}")
            answer.headers["WWW-Authenticate"] = (
                f'Bearer realm="desk", error="insufficient_scope", scope="{scope}"'
            )
            return answer
        await self._note(holder)
        found = await asked(request, holder)
        if found is None:
            return problem(HTTPStatus.NOT_FOUND, "there is nothing here for you")
        return web.json_response(found, headers=_NO_STORE)

    def _wait(self, holder: Holder) -> int:
        """Return 0, or the whole seconds until this token may ask again."""
        now = self._clock.monotonic()
        bucket = self._buckets.get(holder.token.id)
        if bucket is None:
            if len(self._buckets) >= _MOST_BUCKETS:
                self._buckets.clear()
            bucket = self._buckets[holder.token.id] = Bucket(self._a_minute, now)
        return math.ceil(bucket.take(now))

    async def _note(self, holder: Holder) -> None:
        used = holder.token.used_at
        if used is None or self._clock.now() - used >= NOTED_EVERY:
            await self._tokens.used(holder)


def _may(holder: Holder, scope: Scope) -> bool:
    """Judge by what the token says and by what its member may still do."""
    return scope in holder.token.scopes and (scope not in OWNERS or holder.owns_desk)
