"""TerminalClient: the terminal port over any transport, one call in flight."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from trading.clock import Clock
from trading.errors import (
    ProtocolError,
    TerminalError,
    TerminalUnavailable,
)
from trading.model import (
    Action,
    Deal,
    Filling,
    History,
    OrderRequest,
    Rejected,
    RejectKind,
    SendOutcome,
    Side,
    Snapshot,
    SymbolSpec,
    Unknown,
)
from trading.sending import held_up
from trading.terminal.fields import Row
from trading.terminal.messages import read_deals, read_history, read_number, read_snapshot
from trading.terminal.outcomes import (
    classify,
    classify_check,
    is_lost_link,
    is_refused_comment,
    is_unsupported_filling,
)
from trading.terminal.readiness import ReadinessItem, readiness
from trading.terminal.requests import (
    UnusableRequest,
    Wire,
    side_number,
    to_wire,
    with_filling,
)
from trading.terminal.session import Deadlines, LinkState, Login, Session
from trading.terminal.symbols import pending_fillings, read_names, read_specs
from trading.terminal.transport import Transport
from trading.terminal.wording import with_numbers
from trading.words import told


class TerminalClient:
    """One MetaTrader terminal; see ``trading.ports.Terminal`` for what each call promises."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        login: Login | None = None,
        deadlines: Deadlines | None = None,
    ) -> None:
        self._login = login or Login()
        self._session = Session(transport, self._login, clock, deadlines or Deadlines())
        self._clock = clock
        self._lock = asyncio.Lock()
        self._specs: dict[str, SymbolSpec] = {}
        self._working: dict[tuple[str, Action], Filling] = {}

    @property
    def state(self) -> LinkState:
        """How the link fares."""
        return self._session.state

    @property
    def restarts(self) -> int:
        """How often the worker was replaced."""
        return self._session.state.restarts

    @property
    def server_offset(self) -> int | None:
        """Seconds the broker's clock is ahead of UTC; None while unknown."""
        return self._session.times.offset

    async def boot(self) -> None:
        """Let the worker's process start while its user is still busy; the first call attaches."""
        async with self._lock:
            await self._session.boot()

    async def start(self) -> None:
        """Try to bring the worker up; where that fails, ``state`` says why and calls try again."""
        async with self._lock:
            try:
                await self._session.ready()
            except TerminalError:
                return

    async def close(self) -> None:
        async with self._lock:
            await self._session.close()

    async def snapshot(self, symbols: Iterable[str] = ()) -> Snapshot:
        session = self._session
        async with self._lock:
            data = await session.call("snapshot", {"symbols": list(symbols)})
            now, taken = self._clock.now(), self._clock.monotonic()
            snapshot = read_snapshot(data, session.times, session.simulated, now, taken)
            session.check_account(snapshot.account)
            return snapshot

    async def specs(self, symbols: Iterable[str]) -> Mapping[str, SymbolSpec]:
        data = await self._call("specs", {"symbols": list(symbols)})
        specs = read_specs(data, self._session.simulated)
        self._specs.update(specs)
        return specs

    async def symbol_names(self) -> tuple[str, ...]:
        return read_names(await self._call("names", {}))

    async def send(self, request: OrderRequest) -> SendOutcome:
        asked = self._clock.monotonic()
        async with self._lock:
            try:
                wire = self._wire(request)
                await self._session.ready()
                if late := held_up(request, self._clock.monotonic() - asked):
                    return late
            except UnusableRequest as error:
                return Rejected(RejectKind.FINAL, None, "UNUSABLE_REQUEST", str(error))
            except TerminalError as error:
                return _not_sent(error)
            try:
                return self._worded(
                    classify(await self._ask("send", request, wire), request), request
                )
            except TerminalUnavailable as error:
                return _not_sent(error)
            except TerminalError as error:
                return Unknown(str(error))

    async def check(self, request: OrderRequest) -> Rejected | None:
        """Ask the terminal whether it would refuse the order; None is no promise of execution."""
        async with self._lock:
            try:
                wire = self._wire(request)
            except UnusableRequest as error:
                return Rejected(RejectKind.FINAL, None, "UNUSABLE_REQUEST", str(error))
            await self._session.ready()
            refused = classify_check(await self._ask("check", request, wire), request)
            spec = self._specs.get(request.symbol)
            return None if refused is None else with_numbers(refused, request, spec)

    async def deals(self, since: datetime, until: datetime) -> tuple[Deal, ...]:
        """Return at least the deals of the span: more while the broker's clock is unknown."""
        start, end = self._session.times.window(since, until)
        data = await self._call("deals", {"since": start, "until": end})
        return read_deals(data, self._session.times)

    async def history(self, since: datetime, until: datetime) -> History:
        """Return at least what finished in the span: more while the broker's clock is unknown."""
        start, end = self._session.times.window(since, until)
        data = await self._call("history", {"since": start, "until": end})
        return read_history(data, self._session.times)

    async def history_by(
        self, *, ticket: int | None = None, position: int | None = None
    ) -> History:
        """Return what belongs to one order ticket, or to one position."""
        key = {"ticket": ticket, "position": position}
        data = await self._call("history_by", {k: v for k, v in key.items() if v is not None})
        return read_history(data, self._session.times)

    async def profit(
        self, side: Side, symbol: str, volume: Decimal, price_open: Decimal, price_close: Decimal
    ) -> Decimal:
        asked = {
            "side": side_number(side),
            "symbol": symbol,
            "volume": volume,
            "price_open": price_open,
            "price_close": price_close,
        }
        return read_number(await self._call("profit", asked))

    async def margin(self, side: Side, symbol: str, volume: Decimal, price: Decimal) -> Decimal:
        asked = {"side": side_number(side), "symbol": symbol, "volume": volume, "price": price}
        return read_number(await self._call("margin", asked))

    async def readiness(self, symbols: Iterable[str] = ()) -> tuple[ReadinessItem, ...]:
        """Return what trading needs, item by item; raise nothing.

        Quotes of liquid symbols, seen to move from one call to the next, tell the broker's clock.
        """
        try:
            snapshot = await self.snapshot(symbols)
        except TerminalError as error:
            return readiness(None, self._login, self.server_offset, str(error))
        return readiness(snapshot, self._login, self.server_offset)

    async def _call(self, op: str, args: Mapping[str, object]) -> object:
        async with self._lock:
            return await self._session.call(op, args)

    def _wire(self, request: OrderRequest) -> Wire:
        spec = self._specs.get(request.symbol)
        return to_wire(request, self._session.times, () if spec is None else spec.expirations)

    def _worded(self, outcome: SendOutcome, request: OrderRequest) -> SendOutcome:
        if not isinstance(outcome, Rejected):
            return outcome
        return with_numbers(outcome, request, self._specs.get(request.symbol))

    async def _ask(self, op: str, request: OrderRequest, wire: Wire) -> Row:
        """Ask again only where the answer was "nothing was executed, because of this field"."""
        reply: Row = {}
        for filling in self._candidates(request) or (None,):
            reply = await self._exchange(op, with_filling(wire, filling))
            if is_refused_comment(reply):
                wire = {key: value for key, value in wire.items() if key != "comment"}
                reply = await self._exchange(op, with_filling(wire, filling))
            if not is_unsupported_filling(reply):
                self._remember(request, filling)
                break
        return reply

    async def _exchange(self, op: str, wire: Wire) -> Row:
        reply = await self._session.exchange(op, {"request": wire})
        if not isinstance(reply, dict):
            raise ProtocolError("the worker's answer holds no result")
        if is_lost_link(reply):
            self._session.detach(told("the worker lost the terminal during {op}", op=op))
        return reply

    def _candidates(self, request: OrderRequest) -> tuple[Filling, ...]:
        spec = self._specs.get(request.symbol)
        known = request.fillings or (() if spec is None else spec.fillings)
        if request.action is Action.PENDING:
            known = request.fillings or pending_fillings(known)
        elif request.action is not Action.DEAL:
            return ()
        best = self._working.get((request.symbol, request.action))
        return known if best is None else tuple(dict.fromkeys((best, *known)))

    def _remember(self, request: OrderRequest, filling: Filling | None) -> None:
        if filling is not None:
            self._working[request.symbol, request.action] = filling


def _not_sent(error: TerminalError) -> Rejected:
    return Rejected(RejectKind.NOT_SENT, None, "TERMINAL_UNAVAILABLE", str(error))
