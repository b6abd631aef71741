"""One account's loop over a real SQLite file and the real client, worker and simulated broker.

Time is held by the test and nothing runs by itself: a pass happens when the test asks for one.
"""

import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from bot.holds import Holds
from bot.metrics import Metrics
from storage.card_store import CardStore
from storage.database import Database
from storage.positions_store import PositionStore
from storage.store import SqliteStore
from tests.support.fresh import ON_POSTGRES, fresh_file, open_store
from tests.support.simulated_desk import Row, write_ticks
from tests.support.terminal import PATIENT, InProcessTransport
from trading.drawdown import Cap, CapKind
from trading.events import Event
from trading.ids import ApprovalId, MemberId
from trading.loop import AccountLoop, LoopSettings
from trading.model import Decision, OrderType, Side, SignalDraft
from trading.positions.model import Defaults
from trading.reporting import Reporter
from trading.risk import RiskLimits
from trading.signals import digest
from trading.terminal import simulated
from trading.terminal.client import TerminalClient
from trading.terminal.simulated.broker import Broker
from trading.terminal.transport import Transport

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OWNER = 7
_numbers = count()


class ManualClock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self._elapsed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return 1000.0 + self._elapsed

    def advance(self, seconds: float) -> None:
        self._elapsed += seconds

    def wall_ms(self) -> int:
        return int(self.now().timestamp() * 1000)


class Crash(BaseException):
    """The process would have died here."""


class Tripwire:
    """Counts calls through it and dies at one of them, before or after it takes effect."""

    def __init__(
        self,
        at: int | None = None,
        *,
        after: bool = False,
        outlives: Callable[[], object] | None = None,
    ) -> None:
        """``outlives`` looks at what a crash leaves: ``changes`` are the calls that changed it."""
        self.calls = 0
        self.changes: list[int] = []
        self._at = at
        self._after = after
        self._outlives = outlives
        self._left: object = None

    def disarm(self) -> None:
        """Let every further call through."""
        self._at = None

    async def step(self, act: Callable[[], Awaitable[Any]]) -> Any:
        self.calls += 1
        if self.calls != self._at:
            found = await act()
            self._compare()
            return found
        if self._after:
            await act()
        raise Crash

    def _compare(self) -> None:
        left = None if self._outlives is None else self._outlives()
        if left != self._left:
            self.changes.append(self.calls)
            self._left = left


class _Wired:
    """Any object whose awaited methods go over a tripwire."""

    def __init__(
        self, inner: object, wire: Tripwire, *, only: frozenset[str] | None = None
    ) -> None:
        self._inner = inner
        self._wire = wire
        self._only = only

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found) or (self._only is not None and name not in self._only):
            return found

        async def step(*args: Any, **kwargs: Any) -> Any:
            return await self._wire.step(lambda: found(*args, **kwargs))

        return step


def wired(inner: object, wire: Tripwire) -> Any:
    """Return an object whose awaited methods go over a tripwire."""
    return _Wired(inner, wire)


_TERMINAL_CALLS = frozenset({"snapshot", "send", "history", "profit", "margin", "specs"})


class LoopDesk:
    """A desk that can be thrown away and opened again on the same files, as after a crash."""

    def __init__(self, folder: Path, rows: Sequence[Row], **environment: str) -> None:
        self.clock = ManualClock()
        self.folder = folder
        self.faults = folder / "faults.json"
        self.management = Defaults()
        self._environment = {
            "TERMINAL_TICKS": str(write_ticks(folder / "ticks.csv", rows)),
            "SIMULATED_ACCOUNT_FILE": str(folder / "account.jsonl"),
            "SIMULATED_FAULTS": str(self.faults),
            "SIMULATED_COMMISSION": "0",
            **environment,
        }
        self.limits = RiskLimits(max_snapshot_age=5.0)
        self.holds = Holds()
        self.on_postgres = ON_POSTGRES
        self.make_room: Callable[[], bool] = lambda: False
        self.events: list[Event] = []
        self._stack = AsyncExitStack()
        self.broker: Broker
        self.brokers: dict[int, Broker] = {}
        """Those of further accounts, by login."""
        self.database: Database
        self.store: SqliteStore
        self.wishes: PositionStore
        self.cards: CardStore
        self.loop: AccountLoop
        self.client: TerminalClient

    def keep_broker_in(self, folder: Path) -> None:
        """Keep the broker's files elsewhere: it is another machine."""
        ticks = folder / "ticks.csv"
        ticks.write_bytes(Path(self._environment["TERMINAL_TICKS"]).read_bytes())
        self._environment |= {
            "TERMINAL_TICKS": str(ticks),
            "SIMULATED_ACCOUNT_FILE": str(folder / "account.jsonl"),
        }

    async def open(self, wire: Tripwire | None = None) -> Self:
        """Start, or start again as a new process would."""
        transport = self._transport()
        path = fresh_file(self.folder / "desk.db", on_postgres=self.on_postgres)
        self.database = await self._stack.enter_async_context(
            open_store(path, lambda: self.make_room(), on_postgres=self.on_postgres)  # noqa: PLW0108 - a test sets it
        )
        self.store = SqliteStore(self.database, self.clock)
        self.wishes = PositionStore(self.database, self.clock)
        self.cards = CardStore(self.database, self.clock)
        await self.store.ensure_owners([OWNER])
        self.client = TerminalClient(transport, self.clock, None, PATIENT)
        self._stack.push_async_callback(self.client.close)
        wired = wire or Tripwire()
        self.asks: Any = _Wired(self.wishes, wired)
        self.loop = AccountLoop(
            _Wired(self.client, wired, only=_TERMINAL_CALLS),
            _Wired(self.store, wired),
            self.limits,
            LoopSettings(interval=1.0, stall=30.0, management=self.management),
            self.clock,
            Reporter(self.clock, "test", [Metrics(self.clock).listener, self.events.append]),
            self.asks,
            _Wired(self.cards, wired),
            self.holds,
        )
        return self

    def _transport(self) -> Transport:
        """Return the way to a worker over a broker of this desk's own."""
        self.broker = Broker(
            self._environment, clock=self.clock.wall_ms, sleep=self.clock.advance, end=_die
        )
        name = f"tests_simulated_{next(_numbers)}"
        sys.modules[name] = _module(name, self.broker)
        return InProcessTransport(name)

    def another(self, login: int, member_id: MemberId | None = None, **changes: str) -> AccountLoop:
        """Return the loop of one more account: a broker of its own, the same database."""
        environment = {**self._environment, "TERMINAL_LOGIN": str(login), **changes}
        environment["SIMULATED_ACCOUNT_FILE"] = str(self.folder / f"{login}.jsonl")
        broker = Broker(environment, clock=self.clock.wall_ms, sleep=self.clock.advance, end=_die)
        self.brokers[login] = broker
        name = f"tests_simulated_{next(_numbers)}"
        sys.modules[name] = _module(name, broker)
        client = TerminalClient(InProcessTransport(name), self.clock, None, PATIENT)
        self._stack.push_async_callback(client.close)
        return AccountLoop(
            client,
            self.store,
            self.limits,
            LoopSettings(
                interval=1.0,
                stall=30.0,
                management=self.management,
                login=login,
                member_id=member_id,
            ),
            self.clock,
            Reporter(self.clock, "test"),
            self.asks,
            self.cards,
            self.holds,
        )

    async def drop(self) -> None:
        """Forget everything that was only in memory."""
        await self._stack.aclose()
        self._stack = AsyncExitStack()

    async def passes(self, times: int, every: float = 1.0) -> None:
        """Let so many passes happen, so many seconds apart."""
        for _ in range(times):
            await self.loop.guarded_pass()
            self.clock.advance(every)

    async def ingest(self, ref: str = "one", **changes: Any) -> None:
        """Put a buy of EURUSD to the desk; the same reference again changes nothing."""
        fields: dict[str, Any] = {
            "symbol": "EURUSD",
            "side": Side.BUY,
            "order_type": OrderType.MARKET,
            "entry": None,
            "stop_loss": Decimal("1.0200"),
            "take_profits": (Decimal("1.1300"),),
            "volume": Decimal("0.10"),
            **changes,
        }
        draft = SignalDraft(**fields)
        await self.store.ingest(draft, "test", ref, digest(draft), timedelta(minutes=30))

    async def tighten(self, percent: Decimal) -> None:
        """Set the percent cap, as an owner does; nothing where it is set already."""
        account = self.loop.account
        if account is None:
            return
        caps = await self.store.caps(account.id)
        if all(cap.size != percent for cap, _ in caps):
            cap = Cap(CapKind.STATIC, percent, initial=account.entry_equity)
            await self.store.put_cap(account.id, cap, None, "owner")
        self.loop.caps_changed()

    async def approve(self, approval_id: int = 1, decision: Decision = Decision.APPROVE) -> object:
        """Tap as the owner."""
        member = await self.store.member(OWNER)
        assert member is not None
        return await self.store.decide(ApprovalId(approval_id), MemberId(member.id), decision)

    def outlives(self) -> object:
        """Return what tells apart two moments for whoever starts after a crash."""
        files = [
            (path.name, status.st_mtime_ns, status.st_size)
            for path in sorted(self.folder.glob("*"))
            if path.is_file() and path.suffix != ".db-shm"
            for status in (path.stat(),)
        ]
        return files, self.clock.monotonic()

    async def rows(self, sql: str, *args: object) -> list[Any]:
        """Return what the database says; nothing of a statement that only changes it."""

        def said(db: Any) -> list[Any]:
            cursor = db.execute(sql, args)
            return [] if cursor.description is None else list(cursor.fetchall())

        return await self.database.run(said)

    def positions(self) -> tuple[Any, ...]:
        """Return what is open at the broker."""
        found = self.broker.positions_get()
        assert found is not None
        return tuple(found)

    def deals(self, entry: int | None = None) -> list[Any]:
        """Return the broker's trade deals, of one entry kind where it is named."""
        found = self.broker.history_deals_get(0, 4_000_000_000)
        assert found is not None
        return [one for one in found if one.type in (0, 1) and entry in (None, one.entry)]

    async def told(self) -> str:
        """Return every message that waits or was sent, as one text."""
        return "\n".join(row["body_json"] for row in await self.rows("SELECT * FROM outbox"))


def _module(name: str, broker: Broker) -> ModuleType:
    """Return a stand-in module whose functions act on a broker of its own."""
    module = ModuleType(name)
    for attribute in dir(simulated):
        if not attribute.startswith("_"):
            setattr(module, attribute, getattr(simulated, attribute))
    for attribute in dir(Broker):
        if not attribute.startswith("_") and hasattr(simulated, attribute):
            setattr(module, attribute, getattr(broker, attribute))
    return module


def _die(_code: int) -> None:
    raise Crash
