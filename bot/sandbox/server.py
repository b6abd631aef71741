"""A local Bot API over HTTP that answers, and refuses, as Telegram does."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from aiohttp import web

from bot.sandbox.chats import Chat, ChatMessage, User
from bot.sandbox.faults import Faults
from bot.sandbox.methods import METHODS, NAMES
from bot.sandbox.person import Person
from bot.sandbox.reading import read_params
from bot.sandbox.web import add_page
from bot.sandbox.wire import ApiError, Json, JsonObject, Params
from bot.sandbox.world import World
from trading.clock import Clock, SystemClock

TOKEN = "4200000042:sandbox-token-that-opens-nothing"  # noqa: S105 - opens only this sandbox
_MAX_BODY = 64 * 1024 * 1024
_MAX_POLL_SECONDS = 50
_OF_THE_PROXY = frozenset({502, 504})
"""What stands before the Bot API says these itself, as a page."""
_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_MAX_BATCH = 100
_SHUTDOWN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call the bot made; `answer` is None when the connection was cut before processing."""

    method: str
    params: JsonObject
    at: datetime
    answer: JsonObject | None

    @property
    def ok(self) -> bool:
        """Whether it was accepted."""
        return self.answer is not None and self.answer.get("ok") is True


class Sandbox:
    """Telegram for one bot, in memory: it outlives every restart of the bot."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        bot_name: str = "Trade desk",
        bot_username: str = "tradedesk_sandbox_bot",
        require_start: bool = False,
        enforce_limits: bool = False,
        query_ttl: float = 60.0,
        clock: Clock | None = None,
    ) -> None:
        self.token = token
        bot = User(int(token.partition(":")[0]), bot_name, bot_username, is_bot=True)
        self._world = World(bot, clock or SystemClock(), require_start, query_ttl)
        self._world.sends.enforce = enforce_limits
        self.faults = Faults(self._world.updates, self._cut_all)
        self.calls: list[ApiCall] = []
        self._open: set[asyncio.Transport] = set()
        self._runner: web.AppRunner | None = None
        self._url = ""

    async def __aenter__(self) -> Self:
        if self._runner is None:
            await self.start()
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        await self.stop()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_route("POST", "/bot{token}/{method}", self._call)
        app.router.add_route("GET", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        add_page(app, self._world)
        self._world.updates.closing = False
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0][1]
        self._url = f"http://{host}:{bound}"

    async def stop(self) -> None:
        """Close every connection and stop listening; what was said is kept."""
        runner, self._runner = self._runner, None
        if runner is not None:
            self._world.updates.closing = True
            self._world.changes.bump()
            await runner.cleanup()

    @property
    def url(self) -> str:
        """The base URL, for `TelegramAPIServer.from_base` and for a browser."""
        return self._url

    @property
    def bot(self) -> User:
        """The bot as people see it."""
        return self._world.bot

    @property
    def chats(self) -> dict[int, Chat]:
        """Every chat by id."""
        return self._world.chats

    @property
    def pending_updates(self) -> int:
        """How many updates the bot has not confirmed."""
        return self._world.updates.pending_count

    def person(
        self,
        user_id: int,
        first_name: str,
        username: str | None = None,
        language_code: str = "en",
    ) -> Person:
        """Return the person with this id in their private chat, made at the first call."""
        user = self._world.users.get(user_id)
        if user is None:
            user = User(user_id, first_name, username, language_code)
            self._world.users[user_id] = user
            chat = Chat(user_id, "private", person=user, started=False)
            self._world.chats[user_id] = chat
            self._world.changes.bump()
        return Person(self._world, user, self._world.chats[user_id])

    def group(
        self, chat_id: int, title: str, *, forum: bool = False, bot_admin: bool = True
    ) -> Chat:
        """Return the supergroup with this id, made at the first call."""
        return self._place(chat_id, "supergroup", title, forum=forum, bot_admin=bot_admin)

    def channel(
        self, chat_id: int, title: str, username: str | None = None, *, bot_admin: bool = True
    ) -> Chat:
        """Return the channel with this id, made at the first call."""
        chat = self._place(chat_id, "channel", title, forum=False, bot_admin=bot_admin)
        chat.username = username
        return chat

    def speaks_as(self, chat: Chat, sender: User, text: str, extra: JsonObject) -> ChatMessage:
        """Put a message there that Telegram shows under another name, as an anonymous admin's."""
        return self._world.say(chat, sender, text, extra=extra)

    def migrate(self, group: Chat, new_id: int) -> Chat:
        """Turn a group into a supergroup with a new id; the old id answers with the new one."""
        new = self.group(new_id, group.title, bot_admin=group.bot_status == "administrator")
        new.members = dict(group.members)
        group.migrated_to = new_id
        self._world.say(group, None, "", extra={"migrate_to_chat_id": new_id})
        self._world.say(new, None, "", extra={"migrate_from_chat_id": group.id})
        return new

    def remove_bot(self, chat: Chat) -> None:
        """Throw the bot out of a group or channel."""
        chat.bot_status = "kicked"
        self._world.changes.bump()

    def expire_queries(self) -> None:
        """Make every tap so far too old to be answered."""
        for query in self._world.queries.values():
            query.expired = True

    def rate_violations(self) -> int:
        """Return how many sends came sooner than 30 a second overall or 20 a minute in a group."""
        return self._world.sends.violations

    @property
    def sends(self) -> list[tuple[float, int]]:
        """Every accepted send and edit: monotonic seconds and chat id."""
        return self._world.sends.sends

    def calls_of(self, method: str) -> list[ApiCall]:
        """Return the calls of one method, in order."""
        return [call for call in self.calls if call.method == method]

    def commands(self, scope: str = "default", language: str = "") -> list[Json]:
        """Return the command list of a scope ("default", "chat:42", …) and language."""
        return self._world.commands.get((scope, language), [])

    def messages(self, pattern: str = "") -> list[ChatMessage]:
        """Return the bot's standing messages of every chat whose text matches `pattern`."""
        everything: Iterable[ChatMessage] = (m for c in self.chats.values() for m in c.messages)
        mine = (m for m in everything if m.from_bot and not m.deleted)
        return [m for m in mine if re.search(pattern, m.text)]

    def _place(self, chat_id: int, kind: str, title: str, *, forum: bool, bot_admin: bool) -> Chat:
        if chat_id >= 0:
            raise ValueError(f"ids of groups and channels are negative, got {chat_id}")
        if chat_id not in self._world.chats:
            status = "administrator" if bot_admin else "member"
            chat = Chat(chat_id, kind, title, is_forum=forum, bot_status=status)
            self._world.chats[chat_id] = chat
            self._world.changes.bump()
        return self._world.chats[chat_id]

    def _cut_all(self) -> None:
        for transport in list(self._open):
            transport.abort()

    async def _call(self, request: web.Request) -> web.Response:
        transport = request.transport
        if transport is None or self.faults.outage:
            return _cut(request)
        self._open.add(transport)
        try:
            return await self._answer_call(request)
        finally:
            self._open.discard(transport)

    async def _answer_call(self, request: web.Request) -> web.Response:
        given = request.match_info["method"]
        lower = given.lower()
        params = await read_params(request)
        if seconds := self.faults.delay_of(lower):
            await asyncio.sleep(seconds)
        if self.faults.take_drop_before(lower):
            self._log(given, params, None)
            return _cut(request)
        status, body = await self._outcome(request.match_info["token"], lower, params)
        self._log(given, params, body)
        if self.faults.take_drop_after(lower):
            return _cut(request)
        if status in _OF_THE_PROXY:
            return web.Response(text=_PAGE.format(status), status=status, content_type="text/html")
        return web.json_response(body, status=status)

    async def _outcome(self, token: str, lower: str, params: Params) -> tuple[int, JsonObject]:
        try:
            return 200, {"ok": True, "result": await self._result(token, lower, params)}
        except ApiError as refusal:
            return refusal.code, refusal.to_json()

    async def _result(self, token: str, lower: str, params: Params) -> Json:
        if failure := self.faults.take_failure(lower):
            raise failure
        if token != self.token:
            raise ApiError(401, "Unauthorized")
        method = NAMES.get(lower)
        if method is None:
            raise ApiError(404, "Not Found: method not found")
        if method != "getUpdates":
            return METHODS[method](self._world, params)
        allowed = params.json("allowed_updates", "allowed updates")
        return await self._world.updates.get(
            offset=params.number("offset"),
            limit=min(max(params.number("limit", _MAX_BATCH), 1), _MAX_BATCH),
            seconds=min(max(params.number("timeout"), 0), _MAX_POLL_SECONDS),
            allowed=[str(kind) for kind in allowed] if isinstance(allowed, list) else None,
        )

    def _log(self, method: str, params: Params, answer: JsonObject | None) -> None:
        name = NAMES.get(method.lower(), method)
        self.calls.append(ApiCall(name, params.plain(), self._world.clock.now(), answer))

    async def _download(self, request: web.Request) -> web.Response:
        file_id = request.match_info["path"].partition("/")[0]
        stored = self._world.files.get(file_id)
        if request.match_info["token"] != self.token or stored is None:
            return web.json_response(ApiError(404, "Not Found").to_json(), status=404)
        return web.Response(body=stored.body, content_type="application/octet-stream")


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
