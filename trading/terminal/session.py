"""One worker kept alive and greeted: calls with deadlines, restarts with back-off.

A call is only ever made to a worker whose terminal is logged in to the expected account.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from trading.clock import Clock
from trading.errors import (
    LoginRefused,
    ProtocolError,
    TerminalError,
    TerminalRefused,
    TerminalTimeout,
    TerminalUnavailable,
    WrongAccount,
)
from trading.model import AccountState
from trading.terminal.codec import (
    PROTOCOL,
    Answer,
    WireError,
    answer_id,
    decode_answer,
    encode_request,
)
from trading.terminal.messages import read_greeting
from trading.terminal.retcodes import IPC_CODES_FROM, words_of_last_error
from trading.terminal.servertime import ServerTime
from trading.terminal.transport import Transport
from trading.words import told

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds between attempts to bring a worker up again; the first follows at once."""

FIRST_LOGIN_PAUSE, LONGEST_LOGIN_PAUSE = 15.0, 600.0
"""The same where the broker refused the login."""
AUTH_FAILED = -6

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds each kind of call may take."""

    hello: float = 65.0
    snapshot: float = 5.0
    send: float = 15.0
    other: float = 10.0

    def of(self, op: str) -> float:
        """Return the deadline of an operation."""
        named = {"hello": self.hello, "snapshot": self.snapshot, "send": self.send}
        return named.get(op, self.other)


@dataclass(frozen=True, slots=True)
class Login:
    """How to attach to the terminal, and the account that must be found there."""

    path: str | None = None
    login: int | None = None
    password: str | None = field(default=None, repr=False)
    server: str | None = None


@dataclass(frozen=True, slots=True)
class LinkState:
    """How the link to a terminal fares, for health reports."""

    up_since: datetime | None = None
    """None while it is down."""
    last_error: str = ""
    restarts: int = 0
    round_trip_ms: float | None = None


class Session:
    """Owns the transport; not safe for two calls at once: its user holds a lock."""

    def __init__(
        self, transport: Transport, login: Login, clock: Clock, deadlines: Deadlines
    ) -> None:
        self.times = ServerTime(clock)
        self._state = LinkState()
        self._round_trip: float | None = None
        self.simulated = False
        self._greeted = False
        self._transport = transport
        self._login = login
        self._account: tuple[int, str] | None = None
        self._clock = clock
        self._deadlines = deadlines
        self._call_id = 0
        self._running = self._started_before = False
        self._failures = 0
        self._last_failure: TerminalError | None = None
        self._not_before = 0.0

    @property
    def state(self) -> LinkState:
        """How the link fares."""
        elapsed = None if self._round_trip is None else self._round_trip * 1000
        return replace(self._state, round_trip_ms=elapsed)

    async def boot(self) -> None:
        """Let a worker's process start meanwhile; nothing is asked of it yet."""
        await self._transport.boot()

    async def ready(self) -> None:
        """Make sure of a worker fit for calls, bringing one up where needed."""
        if self._greeted:
            if self._transport.alive:
                return
            self._running = False
            self._fail(TerminalUnavailable(told("the worker ended between two calls")))
        pause = self._not_before - self._clock.monotonic()
        if pause > 0:
            why = self._state.last_error
            waiting = TerminalUnavailable(
                told("{why}; the next attempt follows in {pause} s", why=why, pause=f"{pause:.0f}")
            )
            waiting.needs_person = bool(self._last_failure and self._last_failure.needs_person)
            raise waiting
        try:
            if not self._running:
                await self._start()
            await self._greet()
        except TerminalError as error:
            self._fail(error)
            if isinstance(error, TerminalTimeout):  # nothing but a greeting was asked
                raise TerminalUnavailable(str(error)) from error
            raise

    async def call(self, op: str, args: Mapping[str, object]) -> object:
        """Return the result of an operation; raise the error it was answered with."""
        await self.ready()
        return await self.exchange(op, args)

    async def exchange(self, op: str, args: Mapping[str, object]) -> object:
        """Make one round trip; whoever asks has made sure that the session is ready."""
        self._call_id += 1
        body = encode_request(self._call_id, op, args)
        began = self._clock.monotonic()
        try:
            reply = await self._transport.call(self._call_id, body, self._deadlines.of(op))
            answer = self._decode(reply)
        except TerminalUnavailable as error:
            self._running = False
            self._fail(error)
            raise
        except (TerminalTimeout, ProtocolError) as error:
            self._fail(error)
            await self._restart()
            raise
        self._round_trip = self._clock.monotonic() - began
        if answer.error is not None:
            raise self._error(answer.error)
        return answer.ok

    def check_account(self, account: AccountState) -> None:
        """Refuse the reading of an account that is not the expected one."""
        found = (account.login, account.server)
        if self._account is None:
            self._account = found
        elif found != self._account:
            error = WrongAccount(
                told(
                    "the terminal is logged in to {login} at {server}, not to {wanted} at {where}:"
                    " log in to the right account, or restart the bot to take this one",
                    login=found[0],
                    server=found[1],
                    wanted=self._account[0],
                    where=self._account[1],
                )
            )
            self._fail(error)
            raise error

    def detach(self, why: str) -> None:
        """Attach again before the next call, as the worker has lost its terminal."""
        self._fail(TerminalUnavailable(why))

    async def close(self) -> None:
        """End the worker."""
        self._running = self._greeted = False
        self._state = replace(self._state, up_since=None)
        await self._transport.close()

    async def _start(self) -> None:
        await self._transport.start()
        if self._started_before:
            self._state = replace(self._state, restarts=self._state.restarts + 1)
        self._running = self._started_before = True

    async def _restart(self) -> None:
        """End the worker now; where it is ours, another boots while the failure is dealt with."""
        self._running = False
        try:
            await self._transport.restart()
        except TerminalUnavailable as error:
            self._fail(error)

    async def _greet(self) -> None:
        login = self._login
        given = {
            "path": login.path,
            "login": login.login,
            "password": login.password,
            "server": login.server,
            # Once attached, another account was chosen by a person: nobody switches it back.
            "keep": True if self._account is not None else None,
        }
        data = await self.exchange("hello", {k: v for k, v in given.items() if v is not None})
        greeting = read_greeting(data, PROTOCOL)
        self._check_login(greeting.account)
        self.check_account(greeting.account)
        self.times.forget_quotes()
        self.simulated = greeting.simulated
        self._greeted = True
        self._failures = 0
        self._state = replace(self._state, up_since=self._clock.now(), last_error="")
        log.info("terminal_attached", extra={"account": greeting.account.login})

    def _check_login(self, account: AccountState) -> None:
        login, server = self._login.login, self._login.server
        wrong = (login is not None and account.login != login) or (
            server is not None and account.server != server
        )
        if wrong:
            raise WrongAccount(
                told(
                    "the terminal is logged in to {login} at {server}, the settings name {wanted}"
                    " at {where}: log in to that account or correct TERMINAL_LOGIN and"
                    " TERMINAL_SERVER",
                    login=account.login,
                    server=account.server,
                    wanted=login or account.login,
                    where=server or account.server,
                )
            )

    def _decode(self, reply: bytes) -> Answer:
        if answer_id(reply) != self._call_id:
            raise ProtocolError("the worker answered another call")
        return decode_answer(reply)

    def _error(self, error: WireError) -> TerminalError:
        """Return the exception that an error answer stands for."""
        if error.kind in ("protocol", "exception"):
            return ProtocolError(error.text)
        if error.kind == "request":
            return TerminalUnavailable(error.text)
        if error.kind == "unavailable" or error.code is None:
            return TerminalUnavailable(
                told(
                    "{error}: the MetaTrader5 package is for 64-bit Python on Windows"
                    " (pip install MetaTrader5)",
                    error=error.text,
                )
            )
        words: str = words_of_last_error(error.code, error.text)
        if error.kind == "login":
            words = told(
                "{error}: check TERMINAL_LOGIN, TERMINAL_PASSWORD and TERMINAL_SERVER",
                error=error.text,
            )
        if error.kind == "login" or error.code == AUTH_FAILED:
            return LoginRefused(error.code, words)
        refused = TerminalRefused(error.code, words)
        if error.code <= IPC_CODES_FROM:
            self._fail(refused)
        return refused

    def _pause(self, error: TerminalError) -> float:
        """Return the seconds until the next attempt; brokers lock who guesses a password often."""
        first, longest = FIRST_PAUSE, LONGEST_PAUSE
        if isinstance(error, LoginRefused):
            first, longest = FIRST_LOGIN_PAUSE, LONGEST_LOGIN_PAUSE
        elif not self._failures:
            return 0.0
        return min(longest, first * float(2 ** max(0, self._failures - 1)))

    def _fail(self, error: TerminalError) -> None:
        if error is self._last_failure:  # raised through two of our own layers
            return
        self._last_failure = error
        if self._greeted or str(error) != self._state.last_error:
            log.warning("terminal_failed", extra={"why": str(error)})
        self._greeted = False
        self._state = replace(self._state, up_since=None, last_error=str(error))
        pause = self._pause(error)
        self._failures = min(self._failures + 1, 16)
        self._not_before = self._clock.monotonic() + pause
