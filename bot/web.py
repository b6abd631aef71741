"""The desk's HTTP: health, metrics and signals in; each route parses, calls once, answers."""

import asyncio
import contextlib
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus

from aiohttp import web

from bot.answers import problem, problems
from bot.health import HealthProbe, HealthReport
from bot.metrics import Metrics
from bot.signal_body import NotJson, SignalBody, read_body
from bot.signal_command import PATH, SIGNATURE_HEADER, TIMESTAMP_HEADER
from bot.tradingview import PATH as ALERTS
from bot.tradingview import TradingView
from bot.webhook import PATH as WEBHOOK_PATH
from bot.webhook import Webhook
from trading.clock import Clock
from trading.decisions import Duplicate, Ingested
from trading.errors import StoreError, TradeDeskError
from trading.intake import IntakeService
from trading.loop import TradingLoop
from trading.signals import Fault
from trading.sources import Unfit

log = logging.getLogger(__name__)

MOST_BYTES = 32 * 1024
MOST_AT_ONCE = 512
MOST_AT_WORK = 64
"""Of those at once, how many are read and stored: what a pass of the loop may wait for."""
MOST_A_SECOND = 2000
CLOCK_TOLERANCE = 300


class CannotServe(TradeDeskError):  # noqa: N818 - reads as a state
    """The HTTP address cannot be used."""


class Routes:
    """The handlers and what they call."""

    def __init__(
        self,
        intake: IntakeService,
        health: HealthProbe,
        metrics: Metrics,
        loop: TradingLoop,
        secret: str | None,
        clock: Clock,
        alerts: TradingView | None = None,
    ) -> None:
        self._intake = intake
        self._alerts = alerts
        self._health = health
        self._metrics = metrics
        self._loop = loop
        self._secret = secret
        self._clock = clock
        self._busy = 0
        self._at_work = asyncio.Semaphore(MOST_AT_WORK)
        self._second = (0, 0)

    async def alert(self, request: web.Request) -> web.Response:
        """Take an alert of TradingView."""
        if self._alerts is None:
            return problem(HTTPStatus.NOT_FOUND, "there is nothing here")
        return await self._alerts.alert(request)

    async def live(self, _request: web.Request) -> web.Response:
        """Answer while the process runs."""
        return web.json_response({"status": "alive"})

    async def ready(self, _request: web.Request) -> web.Response:
        """Answer 200 only when every part is well."""
        report = await self._health.report()
        parts = named(report)
        body = {"status": "ready" if report.ok else "not ready", "parts": parts}
        return web.json_response(body, status=200 if report.ok else 503)

    async def metrics(self, _request: web.Request) -> web.Response:
        """Answer Prometheus."""
        text = self._metrics.text(self._loop, await self._health.house())
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4"})

    async def signal(self, request: web.Request) -> web.Response:
        """Take a signed signal; what is answered 2xx is on disk."""
        if self._secret is None:
            return problem(
                HTTPStatus.NOT_FOUND, "signals over HTTP are off: SIGNAL_SECRET is empty"
            )
        if self._busy >= MOST_AT_ONCE:
            return problem(HTTPStatus.TOO_MANY_REQUESTS, "too many at once", retry_after=1)
        if self._flooded():
            return problem(HTTPStatus.TOO_MANY_REQUESTS, "too many signals", retry_after=1)
        self._busy += 1
        try:
            async with self._at_work:
                return await self._take(request, self._secret)
        finally:
            self._busy -= 1

    def _flooded(self) -> bool:
        second, count = self._second
        now = int(self._clock.monotonic())
        self._second = (now, count + 1 if now == second else 1)
        return self._second[1] > MOST_A_SECOND

    async def _take(self, request: web.Request, secret: str) -> web.Response:
        if (request.content_length or 0) > MOST_BYTES:
            return _too_large()
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _too_large()
        refusal = self._unsigned(request, body, secret)
        if refusal is not None:
            return problem(HTTPStatus.UNAUTHORIZED, refusal)
        if request.content_type != "application/json":
            return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
        try:
            read = read_body(body)
        except NotJson as error:
            return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body is not JSON: {error}")
        if not isinstance(read, SignalBody):
            return _invalid(read)
        return await self._ingest(read)

    def _unsigned(self, request: web.Request, body: bytes, secret: str) -> str | None:
        """Return why the signature does not hold, or None where it does."""
        stamp = request.headers.get(TIMESTAMP_HEADER, "")
        given = request.headers.get(SIGNATURE_HEADER, "")
        if not stamp or not given:
            return f"{TIMESTAMP_HEADER} and {SIGNATURE_HEADER} are required"
        wanted = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
        if not hmac.compare_digest(wanted.hexdigest().encode(), given.strip().lower().encode()):
            return "the signature does not fit the body"
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            return f"{TIMESTAMP_HEADER} must be unix seconds"
        if abs(self._clock.now().timestamp() - int(stamp)) > CLOCK_TOLERANCE:
            return f"the timestamp is more than {CLOCK_TOLERANCE} s from now"
        return None

    async def _ingest(self, signal: SignalBody) -> web.Response:
        try:
            result = await self._intake.post(signal.source, signal.ref, signal.draft)
        except StoreError as error:
            log.warning("signal_not_stored", extra={"facts": {"why": str(error)}})
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "the signal could not be stored", retry_after=5
            )
        match result:
            case Ingested(signal_id):
                return web.json_response({"signal": signal_id}, status=201)
            case Duplicate(signal_id, same=True):
                return web.json_response({"signal": signal_id})
            case Unfit(words):
                return problem(HTTPStatus.FORBIDDEN, words)
            case Duplicate(signal_id):
                words = f"{signal.source!r} sent {signal.ref!r} before with another content"
                return problem(HTTPStatus.CONFLICT, f"{words} (signal {signal_id})")
            case _:
                return _invalid(result)


def named(report: HealthReport) -> dict[str, dict[str, object]]:
    """Return the parts by name; of several of one name (accounts) each has a number behind it."""
    parts: dict[str, dict[str, object]] = {}
    for part in report.parts:
        alike = sum(name.split(" ")[0] == part.name for name in parts)
        name = part.name if not alike else f"{part.name} {alike + 1}"
        parts[name] = {"ok": part.ok, "age_seconds": part.age_seconds, "words": part.words}
    return parts


def _too_large() -> web.Response:
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a signal has at most {MOST_BYTES} bytes")


def _invalid(faults: tuple[Fault, ...]) -> web.Response:
    detail = "; ".join(f"{fault.field}: {fault.words}" for fault in faults[:5])
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, faults)


def make_app(routes: Routes, updates: object = None) -> web.Application:
    """Return the application with every route; Telegram's where it brings updates itself."""
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[problems])
    app.router.add_post(ALERTS, routes.alert)
    app.router.add_get("/health/live", routes.live)
    app.router.add_get("/health/ready", routes.ready)
    app.router.add_get("/metrics", routes.metrics)
    app.router.add_post(PATH, routes.signal)
    if isinstance(updates, Webhook):
        app.router.add_post(WEBHOOK_PATH, updates.receive)
    return app


@contextlib.asynccontextmanager
async def serve(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the context ends, giving the port; raise ``CannotServe`` if it is taken."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=3.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise CannotServe(
                f"HTTP_PORT: {host}:{port} cannot be used: {error.strerror}"
            ) from error
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
