"""The drawdown guard: one reading in, a verdict out, a breach latched before anything closes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from trading.clock import Clock
from trading.drawdown.balance import BalanceWatch
from trading.drawdown.caps import Cap, CapAction, CapKind, describe
from trading.drawdown.confirm import BreachConfirmation, Suspicion
from trading.drawdown.daymoney import DealsSince, Sample, clock_offset, day_inputs
from trading.drawdown.feed import feed_age
from trading.drawdown.flows import apply_flows, flows_of
from trading.drawdown.readings import (
    Invalid,
    InvalidReading,
    Look,
    judge,
    was_stopped_out,
)
from trading.drawdown.resets import next_reset
from trading.drawdown.rules import CONFIRM_MS, binding, observe, start
from trading.drawdown.state import CapState, Observation, Reading
from trading.errors import DrawdownCapExceededError, TerminalError
from trading.ids import RuleId
from trading.model import Account, Breach, Deal, Snapshot, TradingState
from trading.notices import DrawdownWarning, Priority, ResetWarning
from trading.ports import GuardStore

SAVE_EVERY = 60.0
GUARD = "drawdown guard"


@dataclass(frozen=True, slots=True)
class DrawdownState:
    """What the guard saw and did: the specification's eight fields."""

    entry_equity: Decimal
    current_equity: Decimal
    drawdown_percent: Decimal
    drawdown_amount: Decimal
    positions_open: int
    last_checked: datetime
    positions_closed: int
    cap_triggered: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """A guard's view of one snapshot."""

    state: DrawdownState | None
    """None while there is no valid reading: unknown is neither 0 % nor 100 %."""
    problem: str
    """Why there is none."""
    observations: tuple[Observation, ...] = ()
    breach_id: int | None = None
    closes: bool = False
    """This breach closes the positions; else it only stops entries."""
    unexplained: Decimal | None = None
    """A change of the balance that people are asked about: entries wait for the answer."""

    @property
    def floor(self) -> Decimal | None:
        """The highest line of the caps that pause or close."""
        bound = binding(self.observations, CapAction.PAUSE)
        return None if bound is None else bound.act_line


class DrawdownGuard:
    """Watches one account against its caps."""

    def __init__(
        self,
        account: Account,
        store: GuardStore,
        clock: Clock,
        again: Callable[[float], None],
        deals_since: DealsSince,
        offset: Callable[[], int | None] = lambda: None,
        *,
        bonus: bool = False,
        correction: bool = False,
    ) -> None:
        """``again(seconds)`` asks for another reading, to confirm what this one suspects.

        ``deals_since`` asks the broker, ``offset`` gives the seconds its clock is ahead of UTC;
        ``bonus`` and ``correction`` count such deals as money paid in or out, not as results.
        """
        self._account_id = account.id
        self._login = account.login
        self._store = store
        self._clock = clock
        self._again = again
        self._deals_since = deals_since
        self._offset = offset
        self._flow_kinds = {"bonus": bonus, "correction": correction}
        self._caps: list[tuple[Cap, CapState | None]] | None = None
        self._confirmations: dict[RuleId, BreachConfirmation] = {}
        self._previous: Reading | None = None
        self._balance = BalanceWatch(account.id, store)
        self._flows_due = True
        self._resets_told: set[tuple[RuleId, str, int]] = set()
        self._saved_at = float("-inf")
        self._recovery_due = True
        """A latched account was below a line since its recovery was last told, or may have been."""

    def reload(self) -> None:
        """Read the caps anew: a person changed them."""
        self._caps = None

    async def check_and_enforce(
        self, account: Account, snapshot: Snapshot, deals: Sequence[Deal] | None = None
    ) -> Verdict:
        """Judge a snapshot; a confirmed breach is latched in the store before this returns.

        ``deals`` are those that became known since the last reading; None when none were asked
        for. Raises ``StoreError`` when what was seen cannot be kept.
        """
        fresh = tuple(deals or ())
        self._flows_due = self._flows_due or any(not deal.is_trade for deal in fresh)
        await self._balance.take(fresh)
        judged = judge(
            self._look(snapshot, fresh),
            expected_login=self._login,
            previous=self._previous,
            tolerance=self._balance.tolerance(self._previous),
        )
        if isinstance(judged, Invalid):
            if judged.reason is not InvalidReading.JUMP_WITHOUT_DEAL or self._previous is None:
                return Verdict(None, judged.words)
            now_ms = int(snapshot.taken * 1000)
            if not await self._balance.doubt(snapshot.account, self._previous, now_ms):
                return Verdict(None, judged.words)
            return await self.check_and_enforce(account, snapshot, ())
        reading = judged.reading
        self._balance.believe(reading, self._previous)
        self._previous = reading
        known = await self._known()
        before = [state for _, state in known]
        answered, settled = self._balance.answered(known)
        moved, flows = await self._move_with_flows(answered)
        observations = [await self._observe(cap, state, reading) for cap, state in moved]
        for seen in observations:
            if seen.reset:
                self._confirmations.pop(_rule(seen.cap), None)
        breach = self._confirmed(observations, reading, account)
        if breach and await self._closes_already(account):
            breach = ()
        breach_id = await self._keep(before, observations, breach, snapshot, flows, settled)
        self._flows_due = False
        await self._warn_of_resets(observations, reading, snapshot)
        state = _summary(account, observations, reading, bool(breach))
        if account.trading_state is TradingState.HALTED and not breach:
            await self._tell_recovery(observations, reading)
        closes = any(seen.cap.action is CapAction.CLOSE for seen in breach)
        question = self._balance.question
        return Verdict(
            state,
            "",
            tuple(observations),
            breach_id,
            closes,
            None if question is None else question.amount,
        )

    def assert_can_trade(self, verdict: Verdict) -> None:
        """Raise ``DrawdownCapExceededError`` where a cap that acts is exceeded."""
        for seen in verdict.observations:
            if seen.acts and seen.cap.action is not CapAction.WARN:
                limit = seen.cap.size if seen.cap.kind is not CapKind.FLOOR else Decimal(0)
                raise DrawdownCapExceededError(seen.drawdown_percent, limit, 0)

    def _look(self, snapshot: Snapshot, deals: Sequence[Deal]) -> Look:
        return Look(
            account=snapshot.account,
            positions_open=len(snapshot.positions),
            at=snapshot.at,
            monotonic_ms=int(snapshot.taken * 1000),
            connected=snapshot.terminal.connected,
            quote_age=feed_age(snapshot),
            explained=None if self._previous is None else self._balance.explained,
            stopped_out=was_stopped_out(tuple(deals)),
        )

    async def _known(self) -> list[tuple[Cap, CapState | None]]:
        if self._caps is None:
            self._caps = await self._store.caps(self._account_id)
            live = {cap.id for cap, _ in self._caps}
            self._confirmations = {
                rule: seen for rule, seen in self._confirmations.items() if rule in live
            }
        return self._caps

    async def _move_with_flows(
        self, known: list[tuple[Cap, CapState | None]]
    ) -> tuple[list[tuple[Cap, CapState | None]], tuple[Deal, ...]]:
        """Return the caps moved by the flows they have not taken yet, and those flows' deals."""
        if not self._flows_due:
            return known, ()
        waiting = tuple(await self._store.unapplied_flows(self._account_id))
        flows = flows_of(waiting, **self._flow_kinds)
        moved: list[tuple[Cap, CapState | None]] = [
            (cap, None) if state is None else apply_flows(cap, state, flows, state.own)
            for cap, state in known
        ]
        return moved, waiting

    async def _observe(self, cap: Cap, state: CapState | None, reading: Reading) -> Observation:
        offset = clock_offset(reading.at, self._offset())
        hold = self._balance.holds
        try:
            inputs = await day_inputs(
                cap, state, reading, self._deals_since, self._sample_before, offset
            )
        except TerminalError:
            if state is None:
                raise
            # Deals that cannot be read put off the new day, never the judgement of this reading.
            seen = observe(cap, replace(state, day_ends=None), reading, hold_mark=hold)
            return replace(seen, state=replace(seen.state, day_ends=state.day_ends))
        begun = state
        if begun is None:
            begun = start(cap, reading, inputs, server_offset=offset)
        return observe(
            cap,
            begun,
            reading,
            inputs,
            hold_mark=hold,
            server_offset=offset,
        )

    async def _sample_before(self, instant: datetime) -> Sample | None:
        return await self._store.sample_before(self._account_id, instant)

    def _confirmed(
        self, observations: Iterable[Observation], reading: Reading, account: Account
    ) -> tuple[Observation, ...]:
        """Return the observations whose breach two readings, or one beyond doubt, agree on."""
        confirmed = []
        for seen in observations:
            rule = _rule(seen.cap)
            before = self._confirmations.get(rule, BreachConfirmation())
            after = before.after(seen, reading.monotonic_ms)
            self._confirmations[rule] = after
            if after.suspicion is Suspicion.SUSPECTED:
                self._again(CONFIRM_MS / 1000 + 0.002)
            if after.suspicion is Suspicion.CONFIRMED and before != after:
                confirmed.append(seen)
        acting = [seen for seen in confirmed if seen.cap.action is not CapAction.WARN]
        if account.trading_state is TradingState.HALTED:
            # Already latched: only a cap that closes adds to one that merely paused.
            return tuple(seen for seen in acting if seen.cap.action is CapAction.CLOSE)
        return tuple(acting)

    async def _closes_already(self, account: Account) -> bool:
        """Tell whether the latch an account is under closes, or has closed, everything."""
        if account.trading_state is not TradingState.HALTED:
            return False
        return account.flatten_asked_at is not None or await self._store.was_flattened(account.id)

    async def _keep(
        self,
        before: Sequence[CapState | None],
        observations: Sequence[Observation],
        breached: Sequence[Observation],
        snapshot: Snapshot,
        flows: Sequence[Deal],
        settled: int | None,
    ) -> int | None:
        now = self._clock.monotonic()
        changed = any(
            old is None or _durable(old) != _durable(seen.state)
            for old, seen in zip(before, observations, strict=True)
        )
        warnings = [self._warning(seen, snapshot) for seen in observations if seen.warn]
        breach_id = None
        due = bool(changed or warnings or breached or flows or settled is not None)
        if due or now - self._saved_at >= SAVE_EVERY:
            worst = max(breached, key=lambda seen: seen.cap.action.weight, default=None)
            breach_id = await self._store.observed(
                self._account_id,
                {_rule(seen.cap): (seen.cap, seen.state) for seen in observations},
                warnings,
                None if worst is None else _breach(worst),
                snapshot.positions,
                close=worst is not None and worst.cap.action is CapAction.CLOSE,
                flows=[deal.ticket for deal in flows],
                settled=settled,
            )
            await self._store.sample_equity(self._account_id, snapshot.account)
            self._saved_at = now
        self._caps = [(seen.cap, seen.state) for seen in observations]
        return breach_id

    def _warning(self, seen: Observation, snapshot: Snapshot) -> DrawdownWarning:
        account = snapshot.account
        return DrawdownWarning(
            account=str(account.login),
            currency=account.currency,
            cap=describe(seen.cap),
            level_percent=int((seen.warn or Decimal(0)) * 100),
            drawdown_percent=seen.drawdown_percent,
            equity=seen.own,
            floor=seen.floor,
            room=seen.room,
            then=seen.cap.action,
        )

    async def _warn_of_resets(
        self, observations: Iterable[Observation], reading: Reading, snapshot: Snapshot
    ) -> None:
        """Tell 60, 15 and 5 minutes ahead that a reset would be a breach as things stand."""
        for seen in observations:
            coming = next_reset(seen.cap, seen.state, reading)
            if coming is None or coming.minutes is None:
                continue
            key = (_rule(seen.cap), seen.state.day_id, coming.minutes)
            if key in self._resets_told:
                continue
            self._resets_told.add(key)
            money = snapshot.account
            await self._store.tell(
                self._account_id,
                ResetWarning(
                    account=str(money.login),
                    currency=money.currency,
                    cap=describe(seen.cap),
                    minutes=coming.minutes,
                    at=coming.at,
                    equity=seen.own,
                    floor=coming.floor,
                ),
                Priority.CRITICAL,
                topic=f"reset:{key[0]}:{key[1]}:{key[2]}",
            )

    async def _tell_recovery(self, observations: Sequence[Observation], reading: Reading) -> None:
        bound = binding(observations, CapAction.PAUSE)
        if bound is None or any(seen.acts for seen in observations):
            self._recovery_due = True
        elif self._recovery_due:
            await self._store.recovered(self._account_id, reading.own_equity, bound.act_line)
            self._confirmations.clear()
            self._recovery_due = False


def _rule(cap: Cap) -> RuleId:
    if cap.id is None:
        raise ValueError(f"the cap has no id yet: {describe(cap)}")
    return cap.id


def _durable(state: CapState) -> tuple[object, ...]:
    """Return what of a state must not be lost: all but the moment's figures."""
    return (
        state.initial,
        state.mark,
        state.base,
        state.floor,
        state.day_id,
        state.locked,
        state.warned,
    )


def _breach(seen: Observation) -> Breach:
    is_percent = seen.cap.kind is not CapKind.FLOOR and seen.cap.unit.value == "percent"
    return Breach(
        equity=seen.own,
        asked_by=GUARD,
        scope=seen.cap.scope.value,
        cap_id=_rule(seen.cap),
        cap_text=describe(seen.cap),
        cap_percent=seen.cap.size if is_percent else None,
        floor=seen.floor,
        drawdown_percent=seen.drawdown_percent,
    )


def _summary(
    account: Account, observations: Sequence[Observation], reading: Reading, triggered: bool
) -> DrawdownState:
    entry = account.entry_equity or reading.own_equity
    lost = max(Decimal(0), entry - reading.own_equity)
    return DrawdownState(
        entry_equity=entry,
        current_equity=reading.own_equity,
        drawdown_percent=lost / entry * 100 if entry else Decimal(0),
        drawdown_amount=lost,
        positions_open=reading.positions_open,
        last_checked=reading.at,
        positions_closed=0,
        cap_triggered=triggered or any(seen.acts for seen in observations),
    )
