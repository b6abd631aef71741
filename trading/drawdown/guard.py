"""The drawdown guard: one reading in, a verdict out, a breach latched before anything closes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from trading.clock import Clock
from trading.drawdown.caps import Cap, CapAction, CapKind, describe
from trading.drawdown.confirm import BreachConfirmation, Suspicion
from trading.drawdown.dayclock import day_of
from trading.drawdown.flows import apply_flows, balance_effect, flows_of
from trading.drawdown.readings import (
    Look,
    Valid,
    judge,
    was_stopped_out,
)
from trading.drawdown.rules import CONFIRM_MS, binding, observe, start
from trading.drawdown.state import NO_INPUTS, CapState, DayInputs, Observation, Reading
from trading.errors import DrawdownCapExceededError
from trading.ids import RuleId
from trading.model import Account, Breach, Deal, Snapshot, TradingState
from trading.notices import DrawdownWarning
from trading.ports import GuardStore

SAVE_EVERY = 60.0
MAX_FEED_AGE = Decimal(120)
"""Seconds without any quote changing, in market hours, after which equity is not believed."""
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

    @property
    def floor(self) -> Decimal | None:
        """The highest line of the caps that pause or close."""
        bound = binding(self.observations, CapAction.PAUSE)
        return None if bound is None else bound.act_line


class DrawdownGuard:
    """Watches one account against its caps."""

    def __init__(
        self, account: Account, store: GuardStore, clock: Clock, again: Callable[[float], None]
    ) -> None:
        """``again(seconds)`` asks for another reading, to confirm what this one suspects."""
        self._account_id = account.id
        self._login = account.login
        self._store = store
        self._clock = clock
        self._again = again
        self._caps: list[tuple[Cap, CapState | None]] | None = None
        self._confirmations: dict[RuleId, BreachConfirmation] = {}
        self._previous: Reading | None = None
        self._unexplained = Decimal(0)
        self._saved_at = float("-inf")

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
        judged = judge(
            self._look(snapshot, deals), expected_login=self._login, previous=self._previous
        )
        if not isinstance(judged, Valid):
            return Verdict(None, judged.words)
        reading = judged.reading
        known = await self._known()
        before = [state for _, state in known]
        moved = self._move_with_flows(known, deals or ())
        observations = [await self._observe(cap, state, reading) for cap, state in moved]
        self._previous = reading
        breach = self._confirmed(observations, reading, account)
        if breach and await self._closes_already(account):
            breach = ()
        breach_id = await self._keep(before, observations, breach, snapshot)
        state = _summary(account, observations, reading, bool(breach))
        if account.trading_state is TradingState.HALTED and not breach:
            await self._tell_recovery(observations, reading)
        closes = any(seen.cap.action is CapAction.CLOSE for seen in breach)
        return Verdict(state, "", tuple(observations), breach_id, closes)

    def assert_can_trade(self, verdict: Verdict) -> None:
        """Raise ``DrawdownCapExceededError`` where a cap that acts is exceeded."""
        for seen in verdict.observations:
            if seen.acts and seen.cap.action is not CapAction.WARN:
                limit = seen.cap.size if seen.cap.kind is not CapKind.FLOOR else Decimal(0)
                raise DrawdownCapExceededError(seen.drawdown_percent, limit, 0)

    def _look(self, snapshot: Snapshot, deals: Sequence[Deal] | None) -> Look:
        explained = None if deals is None else balance_effect(deals) + self._unexplained
        return Look(
            account=snapshot.account,
            positions_open=len(snapshot.positions),
            at=snapshot.at,
            monotonic_ms=int(snapshot.taken * 1000),
            connected=snapshot.terminal.connected,
            quote_age=_feed_age(snapshot),
            explained=None if self._previous is None else explained,
            stopped_out=was_stopped_out(tuple(deals or ())),
        )

    async def _known(self) -> list[tuple[Cap, CapState | None]]:
        if self._caps is None:
            self._caps = await self._store.caps(self._account_id)
            live = {cap.id for cap, _ in self._caps}
            self._confirmations = {
                rule: seen for rule, seen in self._confirmations.items() if rule in live
            }
        return self._caps

    def _move_with_flows(
        self, known: Iterable[tuple[Cap, CapState | None]], deals: Sequence[Deal]
    ) -> list[tuple[Cap, CapState | None]]:
        flows = flows_of(deals)
        if not flows:
            return list(known)
        return [
            (cap, None) if state is None else apply_flows(cap, state, flows, state.own)
            for cap, state in known
        ]

    async def _observe(self, cap: Cap, state: CapState | None, reading: Reading) -> Observation:
        inputs = await self._day_inputs(cap, state, reading)
        begun = state if state is not None else start(cap, reading, inputs)
        return observe(cap, begun, reading, inputs)

    async def _day_inputs(self, cap: Cap, state: CapState | None, reading: Reading) -> DayInputs:
        """Return what is stored of the money before the day's start, when that is needed."""
        entering = state is None or (state.day_ends is not None and reading.at >= state.day_ends)
        if not (cap.has_day and entering):
            return NO_INPUTS
        day = day_of(cap.day, reading.at)
        sample = await self._store.sample_before(self._account_id, day.start)
        if sample is None:
            return NO_INPUTS
        at, balance, equity, credit = sample
        return DayInputs(balance=balance, equity=equity, credit=credit, sampled_at=at)

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
    ) -> int | None:
        now = self._clock.monotonic()
        changed = any(
            old is None or _durable(old) != _durable(seen.state)
            for old, seen in zip(before, observations, strict=True)
        )
        warnings = [self._warning(seen, snapshot) for seen in observations if seen.warn]
        breach_id = None
        if changed or warnings or breached or now - self._saved_at >= SAVE_EVERY:
            worst = max(breached, key=lambda seen: seen.cap.action.weight, default=None)
            breach_id = await self._store.observed(
                self._account_id,
                {_rule(seen.cap): (seen.cap, seen.state) for seen in observations},
                warnings,
                None if worst is None else _breach(worst),
                snapshot.positions,
                close=worst is not None and worst.cap.action is CapAction.CLOSE,
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
        )

    async def _tell_recovery(self, observations: Sequence[Observation], reading: Reading) -> None:
        bound = binding(observations, CapAction.PAUSE)
        if bound is None or any(seen.acts for seen in observations):
            return
        if any(c.suspicion is Suspicion.CONFIRMED for c in self._confirmations.values()):
            await self._store.recovered(self._account_id, reading.own_equity, bound.act_line)
            self._confirmations.clear()


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


def _feed_age(snapshot: Snapshot) -> Decimal | None:
    """Return how long ago any quote changed; None outside market hours, when none can."""
    if _market_may_be_closed(snapshot.at):
        return None
    held = {position.symbol for position in snapshot.positions}
    ages = [
        quote.age
        for name, quote in snapshot.quotes.items()
        if name in held and quote.age is not None
    ]
    if not ages:
        return None
    age = Decimal(str(min(ages)))
    # The rules' limit is for liquid hours; a quiet night has real gaps of minutes.
    return age if age > MAX_FEED_AGE else Decimal(0)


def _market_may_be_closed(at: datetime) -> bool:
    """Tell whether it is the weekend of the currency market, with an hour to spare (UTC)."""
    local = at.astimezone(UTC)
    weekday, hour = local.weekday(), local.hour
    return weekday == 5 or (weekday == 4 and hour >= 20) or (weekday == 6 and hour < 23)
