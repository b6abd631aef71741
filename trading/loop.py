"""The trading loop: one task an account, hurried by a wake-up, driven by a tick.

State drives, messages only hurry: a pass reads what is due from the store, so a lost wake-up
costs at most one tick, and one slow terminal keeps no other account waiting.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from trading.cards import LiveCards, LiveStore, rooms_of
from trading.clock import Clock
from trading.drawdown import Cap, CapKind, Unit
from trading.drawdown.budget import open_risk
from trading.drawdown.guard import DrawdownGuard, Verdict
from trading.drawdown.rules import CONFIRM_MS
from trading.errors import DrawdownCapExceededError, StoreError, TerminalError
from trading.events import EventType
from trading.execution import OrderExecutor
from trading.facts import PassFacts
from trading.flatten import Flattener
from trading.ids import AccountId, MemberId
from trading.model import (
    Account,
    Approval,
    Deal,
    DealEntry,
    Denial,
    DenialReason,
    Order,
    Purpose,
    Quote,
    Snapshot,
    TradingState,
)
from trading.notices import AccountBeat, Priority, Started
from trading.planning import Plan, Planner, Standing
from trading.ports import Store, Terminal
from trading.positions.keeper import KeeperStore, PositionKeeper
from trading.positions.model import Defaults
from trading.protecting import ProtectionKeeper
from trading.reconcile import Reconciler
from trading.reporting import Reporter
from trading.risk import RiskLimits
from trading.sight import ReadyWatch, Sight
from trading.spreads import SpreadBook
from trading.stops import StopKeeper
from trading.symbols import SymbolBook, match
from trading.tail import QuoteTail
from trading.words import told

SIGNAL_BATCH_SIZE = 10
LONGEST_BACKOFF = 5.0
LEAVING_SECONDS = 0.05
"""How long words to a person wait for the order they are about."""
DECISION_SECONDS = 0.05
"""How long a pass waits for a decision that is being stored while it looked at the account."""
NO_RULES = Defaults()
QUOTE_PATIENCE = 3.0
"""Seconds a symbol that has just been asked for may take to show its first fresh quote."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """What the owner set of the loop; seconds."""

    batch_size: int = SIGNAL_BATCH_SIZE
    interval: float = 1.0
    stall: float = 60.0
    drawdown_percent: Decimal = Decimal(20)
    min_equity: Decimal | None = None
    bonus_is_flow: bool = False
    correction_is_flow: bool = False
    login: int | None = None
    server: str | None = None
    simulated: bool = False
    member_id: MemberId | None = None
    """Whose account it is; None is the desk's own."""
    management: Defaults = NO_RULES


class AccountLoop:
    """One account's passes: see, guard, reconcile, act."""

    def __init__(
        self,
        terminal: Terminal,
        store: Store,
        limits: RiskLimits,
        settings: LoopSettings,
        clock: Clock,
        reporter: Reporter,
        positions: KeeperStore,
        cards: LiveStore,
        held: Callable[[], str] = str,
    ) -> None:
        """``held`` says why the house holds entries now; an empty text when it does not."""
        self.terminal = terminal
        self._held = held
        self.symbols = SymbolBook(terminal, clock)
        self.spreads = SpreadBook()
        self.planner = Planner(
            terminal,
            self.symbols,
            limits,
            clock,
            self.spreads,
            ladder=settings.management.ladder,
        )
        self.executor = OrderExecutor(terminal, store, clock, reporter, self._leaving)
        self.keeper = PositionKeeper(
            self.executor, positions, self.symbols, clock, settings.management, settings.interval
        )
        self.tail = QuoteTail()
        self.live = LiveCards(cards, self.symbols, clock)
        self.limits = limits
        self.account: Account | None = None
        self.snapshot: Snapshot | None = None
        self.verdict = Verdict(None, told("the account was not read yet"))
        self.orders: tuple[Order, ...] = ()
        self.last_pass: float | None = None
        """Monotonic end of the last pass that saw the account."""
        self.duration_ms = 0.0
        self.errors = 0
        self._store = store
        self._settings = settings
        self._clock = clock
        self._reporter = reporter
        self._started = clock.monotonic()
        self._last_turn = self._started
        self._woken = asyncio.Event()
        self._under_way = asyncio.Event()
        self._expected = 0
        self._arrived = asyncio.Event()
        self._sooner: asyncio.TimerHandle | None = None
        self._stopping = False
        self._guard: DrawdownGuard | None = None
        self._reconciler: Reconciler | None = None
        self._flattener: Flattener | None = None
        self._protections: ProtectionKeeper | None = None
        self._stops = StopKeeper(self.executor, store)
        self._sight = Sight(store, clock, settings.stall)
        self._ready = ReadyWatch(store, clock)
        self._asked: dict[str, float] = {}
        """Since when, on the monotonic clock, each symbol that waits is asked for."""
        self._failures = 0
        self._not_before = 0.0

    # --- life --------------------------------------------------------------------------------

    def wake(self) -> None:
        """Ask for a pass; asked during one, another follows it."""
        self._woken.set()
        self._under_way.clear()

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """Look at the account while a decision is being stored, to act on it when it is."""
        self._expected += 1
        self._arrived.clear()
        self.wake()
        try:
            yield
        finally:
            self._expected -= 1
            if not self._expected:
                self._arrived.set()

    async def under_way(self, seconds: float) -> None:
        """Wait until what was asked for has left or needs nothing to leave, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._under_way.wait()
        except TimeoutError:
            return

    def wake_in(self, seconds: float) -> None:
        """Ask for a pass a little later."""
        asyncio.get_running_loop().call_later(seconds, self.wake)

    def caps_changed(self) -> None:
        """Take the caps from the store at the next pass, which is asked for."""
        if self._guard is not None:
            self._guard.reload()
        self.wake()

    def stop(self) -> None:
        """End after the pass in progress."""
        self._stopping = True
        self.wake()

    async def run(self) -> None:
        """Pass whenever woken, until stopped."""
        self.wake()
        while True:
            await self._woken.wait()
            self._woken.clear()
            if self._stopping:
                return
            if self._clock.monotonic() >= self._not_before:
                await self.guarded_pass()
            if not self._woken.is_set():
                self._under_way.set()
            self._look_again_before_the_tick()

    def _look_again_before_the_tick(self) -> None:
        """With money open, leave the guard time for its second reading within one interval."""
        if self._sooner is not None:
            self._sooner.cancel()
            self._sooner = None
        rest = self._settings.interval - CONFIRM_MS / 1000
        if self.snapshot is not None and self.snapshot.positions and rest > CONFIRM_MS / 1000:
            self._sooner = asyncio.get_running_loop().call_later(rest, self.wake)

    async def guarded_pass(self) -> None:
        """Run one pass; whatever fails leaves entries blocked and is told after the limit."""
        began = self._clock.monotonic()
        try:
            await self._pass()
        except (TerminalError, StoreError) as error:
            await self._failed(
                str(error), urgent=isinstance(error, TerminalError) and error.needs_person
            )
        except Exception as error:  # the pass boundary: a bug must not end the guard
            log.exception("a pass failed")
            await self._failed(f"internal error: {type(error).__name__}")
        else:
            self._failures = 0
            self._not_before = 0.0
        ended = self._clock.monotonic()
        self.duration_ms = (ended - began) * 1000
        self._last_turn = ended

    async def _failed(self, why: str, *, urgent: bool = False) -> None:
        self.errors += 1
        self._failures += 1
        self.verdict = Verdict(None, why)
        if self._reconciler is not None:
            self._reconciler.reconnected()
        self.symbols.forget()
        self._asked.clear()
        self._reporter.event(EventType.PASS_FAILED, why=why, failures=self._failures)
        backoff = min(LONGEST_BACKOFF, self._settings.interval * 2 ** min(self._failures - 1, 5))
        if self._failures > 1:
            self._not_before = self._clock.monotonic() + backoff - self._settings.interval
        try:
            await self._sight.judge(self.account, self.label, self.verdict, urgent=urgent)
            if self.account is not None:
                facts = await self._store.pass_facts(self.account.id, self._settings.batch_size)
                for approval in facts.uncarded:
                    await self._store.propose(approval.id, None)
        except StoreError as error:
            log.warning("the database failed too", extra={"facts": {"why": str(error)}})

    def _leaving(self) -> None:
        self._under_way.set()

    # --- one pass ----------------------------------------------------------------------------

    async def _pass(self) -> None:
        began = self._clock.monotonic()
        facts = await self._facts()
        snapshot = await self._look(facts)
        if facts is None:
            await self._attach(snapshot)
            self.wake()  # the next pass knows what to look at
            return
        verdict = await self._judge(facts.account, snapshot)
        await self._ready.watch(facts.account, self.label, snapshot)
        if facts.orders:
            await self._resolve(facts.orders, snapshot)
        assert self._flattener is not None
        if facts.account.flatten_asked_at is not None or verdict.closes:
            if await self._flattener.step(facts.account, snapshot, facts.orders):
                self.wake()
        elif facts.account.trading_state is TradingState.HALTED and await self._flattener.reopened(
            facts.account, snapshot
        ):
            self.wake()
        else:
            seen = verdict.state is not None
            if await self.keeper.step(facts.account, snapshot, rules=seen):
                self.wake()
            await self._offer(facts, snapshot)
            await self._execute(facts, snapshot)
            if facts.symbols:
                rooms = rooms_of(verdict.observations)
                await self.live.follow(facts.account.id, snapshot, rooms)
            if await self._stops.restore(snapshot):
                self.wake()
        self.last_pass = self._clock.monotonic()
        await self._sight.judge(self.account, self.label, self.verdict)
        self._reporter.event(
            EventType.PASS_DONE,
            positions=len(snapshot.positions),
            took_ms=round((self.last_pass - began) * 1000, 3),
        )

    async def _facts(self) -> PassFacts | None:
        if self.account is None:
            known = await self._store.known_account(self._settings.login, self._settings.server)
            if known is None:
                return None
            await self._adopt(known)
        assert self.account is not None
        facts = await self._store.pass_facts(self.account.id, self._settings.batch_size)
        self.account, self.orders = facts.account, facts.orders
        return facts

    async def _look(self, facts: PassFacts | None) -> Snapshot:
        wanted = [] if facts is None else list(facts.symbols)
        if self.terminal.server_offset is None:
            wanted += self.symbols.liquid
        names = await self.symbols.broker_symbols(wanted) if wanted else {}
        held = () if self.snapshot is None else self.snapshot.positions
        symbols = {*names.values(), *(position.symbol for position in held)}
        if self.limits.max_spread_ratio is not None:
            symbols.update(self.spreads.watched(self._clock.monotonic()))
        snapshot = await self.terminal.snapshot(sorted(symbols))
        self._asked = {name: self._asked.get(name, snapshot.taken) for name in wanted}
        self.spreads.take(snapshot)
        if self.account is not None:
            _same_login(self.account, snapshot)
        self.snapshot = snapshot
        self.tail.take(snapshot)
        return snapshot

    async def _attach(self, snapshot: Snapshot) -> None:
        """Meet an account for the first time: entry equity and the first caps."""
        money = snapshot.account
        if not money.own_equity.is_finite() or money.own_equity <= 0:
            raise TerminalError(
                f"equity reads {money.equity}: the account cannot be opened with it"
            )
        account = await self._store.open_account(
            money.login,
            money.server,
            money.currency,
            money.margin_mode,
            money.own_equity,
            self._first_caps(money.own_equity),
            self._settings.member_id,
        )
        await self._adopt(account)

    def _first_caps(self, entry_equity: Decimal) -> list[Cap]:
        caps = [Cap(CapKind.STATIC, self._settings.drawdown_percent, initial=entry_equity)]
        if self._settings.min_equity is not None:
            caps.append(Cap(CapKind.FLOOR, self._settings.min_equity, Unit.MONEY))
        return caps

    async def _adopt(self, account: Account) -> None:
        """Start is recovery: what was in flight is asked for before anything is sent."""
        await self._store.adopt(account.id)
        self._guard = DrawdownGuard(
            account,
            self._store,
            self._clock,
            self.wake_in,
            self._deals_since,
            lambda: self.terminal.server_offset,
            bonus=self._settings.bonus_is_flow,
            correction=self._settings.correction_is_flow,
        )
        self._protections = ProtectionKeeper(account, self._store, self._clock)
        self._reconciler = Reconciler(
            account.id, self.terminal, self._store, self._clock, self._reporter
        )
        self._flattener = Flattener(
            self.executor, self._store, self.symbols, self._clock, self._reporter
        )
        self.account = account

    async def _deals_since(self, since: datetime) -> list[Deal]:
        until = self._clock.now() + timedelta(days=1)
        deals = await self.terminal.deals(since, until)
        return [deal for deal in deals if deal.at >= since]

    async def _judge(self, account: Account, snapshot: Snapshot) -> Verdict:
        assert self._guard is not None
        assert self._reconciler is not None
        unread: TerminalError | None = None
        deals: Sequence[Deal] | None
        try:
            deals = await self._reconciler.pull_deals(snapshot)
        except TerminalError as error:
            # The account was read: a history that was not must not keep the guard from judging.
            deals, unread = (), error
        verdict = await self._guard.check_and_enforce(account, snapshot, deals)
        if verdict.breach_id is not None:
            self._reporter.event(
                EventType.DRAWDOWN_BREACHED,
                breach_id=verdict.breach_id,
                equity=str(snapshot.account.own_equity),
            )
        if unread is not None and not verdict.closes and account.flatten_asked_at is None:
            raise unread  # but entries wait: an order in doubt cannot be looked for
        self.verdict = verdict
        if any(deal.is_trade and deal.entry is not DealEntry.IN for deal in deals or ()):
            await self.pauses()  # tells once where a result has tripped one
        return verdict

    async def _resolve(self, orders: tuple[Order, ...], snapshot: Snapshot) -> None:
        assert self._reconciler is not None
        await self._reconciler.resolve(orders, snapshot, self.executor.at_work)

    async def _standing(self, facts: PassFacts) -> Standing:
        entries = [order for order in facts.orders if order.purpose is Purpose.ENTRY]
        recent, left = await self._recent_entries(facts.account.id)
        return Standing(
            account=facts.account,
            floor=self.verdict.floor,
            intents=tuple(order.request for order in entries),
            unresolved=any(order.unresolved_at is not None for order in entries),
            blind=self.verdict.problem,
            recent_orders=recent,
            window_left=left,
            pauses=await self.pauses(),
            unexplained=self.verdict.unexplained,
        )

    async def pauses(self) -> tuple[Denial, ...]:
        """Return a denial for each pause on closed results that has tripped."""
        return () if self._protections is None else await self._protections.judge()

    async def _recent_entries(self, account_id: AccountId) -> tuple[int, float]:
        """Return entries sent in the throttle's window, and seconds until the oldest leaves it."""
        if self.limits.max_orders is None:
            return 0, 0.0
        now, window = self._clock.now(), timedelta(seconds=self.limits.order_window_seconds)
        sent = await self._store.entries_since(account_id, now - window)
        return len(sent), (sent[0] + window - now).total_seconds() if sent else 0.0

    async def _offer(self, facts: PassFacts, snapshot: Snapshot) -> None:
        if not facts.uncarded:
            return
        standing = await self._standing(facts)
        for approval in facts.uncarded:
            plan = await self.planner.plan(approval, snapshot, standing)
            if self._may_get_a_price(approval, plan):
                continue
            proposal = plan.proposal
            if proposal is not None:
                proposal = replace(proposal, rooms=rooms_of(self.verdict.observations))
            await self._store.propose(approval.id, proposal, plan.findings)
            self._reporter.event(
                EventType.SIGNAL_OFFERED,
                signal_id=approval.signal.id,
                approval_id=approval.id,
                symbol=approval.signal.draft.symbol,
            )

    async def _execute(self, facts: PassFacts, snapshot: Snapshot) -> None:
        """Send what was approved; closes and the guard never wait for the batch."""
        due = await self._due(facts)
        if not due:
            return
        standing = await self._standing(facts)
        if self._must_wait(standing):
            return
        try:
            async with asyncio.TaskGroup() as group:
                try:
                    worked = await self._send(due, snapshot, standing, group)
                finally:
                    await self.executor.recorded()
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        if worked:
            await self._store.count_signals(facts.account.id, worked)
            self.wake()

    async def _send(
        self,
        due: Sequence[Approval],
        snapshot: Snapshot,
        standing: Standing,
        group: asyncio.TaskGroup,
    ) -> int:
        """Return how many were sent or refused; the answers are written down in the group."""
        worked = 0
        for approval in due:
            if self._clock.monotonic() - snapshot.taken > self._settings.interval:
                break
            if worked and await self._flatten_wished():
                break
            plan = await self.planner.plan(approval, snapshot, standing)
            if self._may_get_a_price(approval, plan):
                continue  # held: after a start its first fresh quote is a moment away
            worked += 1
            sent = await self.executor.enter(approval, plan, self._planned_anew, group)
            if sent is None:
                continue
            # The snapshot does not show it yet, and it counts from now on.
            standing = replace(
                standing,
                intents=(*standing.intents, sent.order.request),
                recent_orders=standing.recent_orders + 1,
            )
            if sent.in_doubt:
                break
        return worked

    async def _due(self, facts: PassFacts) -> Sequence[Approval]:
        """Return what is approved by now: a tap may have come while the account was looked at."""
        if not facts.symbols:
            return ()
        if self._expected:
            with suppress(TimeoutError):
                async with asyncio.timeout(DECISION_SECONDS):
                    await self._arrived.wait()
        return await self._store.due(facts.account.id, self._settings.batch_size)

    def _must_wait(self, standing: Standing) -> bool:
        """Held, not denied: it is sent, or expires, once we can see and every order is known."""
        if standing.unresolved or self.verdict.state is None or self._held():
            return True
        if self._clock_may_show():
            return True
        # The next reading latches the breach, or takes the suspicion back.
        return self._cap_is_exceeded()

    def _may_get_a_price(self, approval: Approval, plan: Plan) -> bool:
        """A symbol just asked for shows its first fresh quote a moment later: wait for it."""
        if plan.denial is None or plan.denial.reason is not DenialReason.QUOTE_STALE:
            return False
        now = self._clock.monotonic()
        return now - self._asked.get(approval.signal.draft.symbol, now) < QUOTE_PATIENCE

    def _clock_may_show(self) -> bool:
        """The first quote that moves tells the broker's clock, which dates what we trade."""
        if self.terminal.server_offset is not None:
            return False
        asked = min(self._asked.values(), default=float("-inf"))
        return self._clock.monotonic() - asked < QUOTE_PATIENCE

    def _cap_is_exceeded(self) -> bool:
        assert self._guard is not None
        try:
            self._guard.assert_can_trade(self.verdict)
        except DrawdownCapExceededError as error:
            log.warning("entries_held", extra={"facts": {"why": str(error)}})
            return True
        return False

    async def _flatten_wished(self) -> bool:
        assert self.account is not None
        account = await self._store.account(self.account.id)
        return account.trading_state is not TradingState.ACTIVE

    async def _planned_anew(self, approval: Approval) -> Plan:
        assert self.account is not None
        facts = await self._facts()
        assert facts is not None
        # Ordered by now, so no longer among the symbols that wait: but its quote is wanted.
        symbols = (*facts.symbols, approval.signal.draft.symbol)
        snapshot = await self._look(replace(facts, symbols=symbols))
        # Its own intent is on disk by now and must not stand in its own way.
        others = tuple(one for one in facts.orders if one.approval_id != approval.id)
        standing = await self._standing(replace(facts, orders=others))
        recent = max(0, standing.recent_orders - 1)
        return await self.planner.plan(approval, snapshot, replace(standing, recent_orders=recent))

    # --- sight -------------------------------------------------------------------------------

    @property
    def blind(self) -> bool:
        """Tell whether the account cannot be judged now."""
        return self.verdict.state is None

    @property
    def member_id(self) -> MemberId | None:
        """Return whose account it is; None is the desk's own."""
        return self._settings.member_id

    @property
    def open_risk(self) -> Decimal | None:
        """Money lost if every stop were hit from here; None before all symbols were read."""
        if self.snapshot is None:
            return None
        specs = {one.symbol: self.symbols.spec(one.symbol) for one in self.snapshot.positions}
        risks = [
            open_risk(position, spec)
            for position in self.snapshot.positions
            if (spec := specs[position.symbol]) is not None
        ]
        return sum(risks, Decimal(0)) if len(risks) == len(self.snapshot.positions) else None

    @property
    def label(self) -> str:
        """How people call the account."""
        if self.account is not None:
            return str(self.account.login)
        return str(self._settings.login or "account not read yet")

    @property
    def pass_age(self) -> float:
        """Seconds since the last pass that saw the account, or since start."""
        return self._clock.monotonic() - (self.last_pass or self._started)

    @property
    def loop_age(self) -> float:
        """Seconds since a pass last ended, well or badly: a loop that hangs grows old."""
        return self._clock.monotonic() - self._last_turn

    def beat(self) -> AccountBeat:
        """Return this account's part of a heartbeat."""
        account, state = self.account, self.verdict.state
        money = None if self.snapshot is None else self.snapshot.account
        floor = self.verdict.floor
        return AccountBeat(
            account=self.label,
            currency="" if money is None else money.currency,
            trading_state=TradingState.ACTIVE if account is None else account.trading_state,
            equity=None if state is None else state.current_equity,
            room=None if state is None or floor is None else state.current_equity - floor,
            drawdown_percent=None if state is None else state.drawdown_percent,
            positions_open=0 if self.snapshot is None else len(self.snapshot.positions),
            pass_age=None if self.last_pass is None else self.pass_age,
            orders_in_flight=len(self.orders),
            why_blind=self.verdict.problem,
        )

    async def tell_started(self, down_seconds: int | None) -> None:
        """Say that the desk runs, and what it found."""
        account, snapshot = self.account, self.snapshot
        if account is None or snapshot is None:
            return
        asked_for = sum(order.unresolved_at is not None for order in self.orders)
        await self._store.tell(
            account.id,
            Started(
                account=self.label,
                currency=account.currency,
                equity=snapshot.account.own_equity,
                trading_state=account.trading_state,
                positions_open=len(snapshot.positions),
                orders_asked_for=asked_for,
                down_seconds=down_seconds,
                simulated=self._settings.simulated,
            ),
            Priority.INFO,
            silent=True,
        )


def _same_login(account: Account, snapshot: Snapshot) -> None:
    seen = snapshot.account
    if (seen.login, seen.server) != (account.login, account.server):
        wrong = TerminalError(
            told(
                "the terminal is logged in to {login} at {server}, not to {own_login} at "
                "{own_server}: log in to that account",
                login=seen.login,
                server=seen.server,
                own_login=account.login,
                own_server=account.server,
            )
        )
        wrong.needs_person = True
        raise wrong


class TradingLoop:
    """The live trading orchestrator: every account's loop, one tick, one stop."""

    def __init__(self, loops: Mapping[int, AccountLoop], loop_id: str) -> None:
        """Take the first loops by the number of their terminal."""
        self.loops: Mapping[int, AccountLoop] = dict(loops)
        """Replaced, never changed: who iterates over it may wait in between."""
        self.loop_id = loop_id
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._stopping = asyncio.Event()

    def of(self, account_id: AccountId) -> AccountLoop | None:
        """Return the loop of an account, once its terminal has shown it."""
        for loop in self.loops.values():
            if loop.account is not None and loop.account.id == account_id:
                return loop
        return None

    def quote(self, symbol: str) -> Quote | None:
        """Return the quote of a signal's symbol as last seen on any account."""
        for loop in self.loops.values():
            quotes = {} if loop.snapshot is None else loop.snapshot.quotes
            names = match(symbol, quotes)
            if len(names) == 1:
                return quotes[names[0]]
        return None

    def wake(self, account_id: AccountId) -> None:
        """Hurry one account's next pass."""
        loop = self.of(account_id)
        if loop is not None:
            loop.wake()

    def expecting(self, account_id: AccountId) -> AbstractContextManager[None]:
        """Let an account be looked at while a decision for it is being stored."""
        loop = self.of(account_id)
        return nullcontext() if loop is None else loop.expecting()

    async def under_way(self, account_id: AccountId) -> None:
        """Wait, for a moment at most, until an account's next order left for its terminal."""
        loop = self.of(account_id)
        if loop is not None:
            await loop.under_way(LEAVING_SECONDS)

    def tick(self) -> None:
        """Ask every account for a pass: the scheduler's job ``trading_loop``."""
        for loop in self.loops.values():
            loop.wake()

    def add(self, number: int, loop: AccountLoop) -> None:
        """Run one more account, from now or from the start on."""
        self.loops = {**self.loops, number: loop}
        if self._group is not None and not self._stopping.is_set():
            self._tasks[number] = self._group.create_task(loop.run())

    async def remove(self, number: int) -> None:
        """End one account's loop after the pass in progress."""
        loop = self.loops[number]
        self.loops = {key: one for key, one in self.loops.items() if key != number}
        loop.stop()
        task = self._tasks.pop(number, None)
        if task is not None:
            await task

    def stop(self) -> None:
        """Let every account finish the pass in progress and end."""
        self._stopping.set()
        for loop in self.loops.values():
            loop.stop()

    async def run(self) -> None:
        """Run every account until stopped."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for number, loop in self.loops.items():
                self._tasks[number] = group.create_task(loop.run())
            await self._stopping.wait()
