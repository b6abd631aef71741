"""TradingView alerts: ``POST /api/v1/tradingview/{token}``, a JSON template or plain text.

TradingView can sign nothing and send no header of ours, so the address itself is the secret; it
posts JSON when the alert's message is JSON, else text. README shows the template.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web

from bot.answers import problem
from bot.signal_body import NotJson, SignalBody, TwiceError, read_fields, read_json
from trading.clock import Clock
from trading.errors import StoreError
from trading.incoming import Incoming, Outcome, OutcomeKind
from trading.intake import IntakeService
from trading.parser import ParsedSignal, Reading, SignalUpdate, UpdateKind, parse
from trading.signals import Fault

PATH = "/api/v1/tradingview/{token}"
MOST_BYTES = 8 * 1024
_NAME = "TradingView"
_INSTANT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
_SIDES = {"buy": "buy", "long": "buy", "sell": "sell", "short": "sell"}
_FLAT = frozenset({"flat", "close", "exit", "close_all"})
_SAME = {
    "ticker": "symbol",
    "action": "side",
    "price": "entry",
    "sl": "stop_loss",
    "tp": "take_profits",
}
_OWN = frozenset({"time", "id", "position", "source", "ref"})


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it was posted."""

    text: str
    reading: Reading
    at: datetime | None
    ref: str


class TradingView:
    """The route of alerts; whatever it answers 2xx to is on disk."""

    def __init__(self, intake: IntakeService, token: str | None, lag: int, clock: Clock) -> None:
        self._intake = intake
        self._token = token
        self._lag = lag
        self._clock = clock

    async def alert(self, request: web.Request) -> web.Response:
        """Take an alert of whoever knows the token; anybody else finds nothing here."""
        given = request.match_info["token"].encode("utf-8", "replace")
        wanted = (self._token or "").encode()
        if not hmac.compare_digest(given, wanted) or not wanted:
            return problem(HTTPStatus.NOT_FOUND, "there is nothing here")
        if (request.content_length or 0) > MOST_BYTES:
            return _too_large()
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _too_large()
        if len(body) > MOST_BYTES:
            return _too_large()
        read = read_alert(body)
        if not isinstance(read, Alert):
            detail = "; ".join(f"{fault.field}: {fault.words}" for fault in read[:5])
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, read)
        return await self._take(read)

    async def _take(self, alert: Alert) -> web.Response:
        now = self._clock.now()
        at = alert.at or now
        lag = (now - at).total_seconds()
        if abs(lag) > self._lag:
            words = f"the alert is {lag:.0f} s old, at most {self._lag} s"
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, words)
        message = Incoming("tradingview", _NAME, alert.ref, alert.text, at)
        try:
            outcome = await self._intake.take(message, alert.reading)
        except StoreError:
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "the alert could not be stored", retry_after=5
            )
        return _answer(outcome)


def _answer(outcome: Outcome) -> web.Response:
    match outcome.kind:
        case OutcomeKind.SIGNAL | OutcomeKind.SHADOW:
            return web.json_response({"signal": outcome.signals[0]}, status=201)
        case OutcomeKind.KNOWN:
            return web.json_response({"known": outcome.words})
        case OutcomeKind.HELD:
            return web.json_response({"held": outcome.words}, status=202)
        case OutcomeKind.UPDATE:
            return web.json_response({"update": outcome.words}, status=202)
        case OutcomeKind.THROTTLED:
            return problem(HTTPStatus.TOO_MANY_REQUESTS, outcome.words, retry_after=60)
        case OutcomeKind.OFF:
            return problem(HTTPStatus.FORBIDDEN, outcome.words)
        case _:
            words = outcome.words or "it does not read as a signal with a symbol and a side"
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, words)


def _too_large() -> web.Response:
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"an alert has at most {MOST_BYTES} bytes")


def read_alert(body: bytes) -> Alert | tuple[Fault, ...]:
    """Return an alert's reading, from the JSON template or from plain text, or its faults."""
    ref = hashlib.sha256(body).hexdigest()[:32]
    text = body.decode("utf-8", "replace")
    try:
        data = read_json(body)
    except NotJson:
        return _plain(text, ref)
    except TwiceError as error:
        return (error.fault,)
    return _fields(data, text, ref) if isinstance(data, dict) else _plain(text, ref)


def _plain(text: str, ref: str) -> Alert | tuple[Fault, ...]:
    found = _INSTANT.search(text)
    at = None if found is None else _instant(found.group())
    bare = _INSTANT.sub(" ", text)
    return Alert(bare, parse(bare), at, ref)


def _fields(data: dict[str, object], text: str, ref: str) -> Alert | tuple[Fault, ...]:
    at = None
    if "time" in data:
        at = _instant(str(data["time"]))
        if at is None:
            return (Fault("time", "must be an instant such as 2026-11-24T12:00:00Z"),)
    wanted = {_SAME.get(name, name): value for name, value in data.items() if name not in _OWN}
    symbol = _symbol(wanted.get("symbol"))
    side = str(wanted.get("side", "")).lower()
    if str(data.get("position", "")).lower() in _FLAT or side in _FLAT:
        update = SignalUpdate((UpdateKind.CLOSE_ALL,), symbol=symbol)
        return Alert(text, Reading(update=update), at, ref)
    wanted |= {"source": _NAME, "ref": ref, "symbol": symbol, "side": _SIDES.get(side, side)}
    targets = wanted.get("take_profits")
    if targets is not None and not isinstance(targets, list):
        wanted["take_profits"] = [targets]
    read = read_fields(wanted)
    if not isinstance(read, SignalBody):
        return read
    signal = ParsedSignal(read.draft, {})
    return Alert(text, Reading(signals=(signal,)), at, str(data.get("id") or ref)[:128])


def _symbol(value: object) -> str:
    """Return the symbol of ``OANDA:XAUUSD`` or ``BINANCE:BTCUSDT.P`` as signals call it."""
    ticker = str(value or "").rpartition(":")[2].strip().upper().removesuffix(".P")
    read = parse(f"BUY {ticker} now")
    return read.signals[0].draft.symbol if len(read.signals) == 1 else ticker


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
