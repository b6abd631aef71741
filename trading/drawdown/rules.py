"""Floors and breaches: one reading against one cap. All comparisons are in money."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from trading.drawdown.caps import (
    ONE,
    AllowanceOf,
    Cap,
    CapAction,
    CapKind,
    LockAt,
    TrailOver,
    Unit,
)
from trading.drawdown.dayclock import day_of
from trading.drawdown.resets import day_base, day_close
from trading.drawdown.state import NO_INPUTS, ZERO, CapState, DayInputs, Observation, Reading
from trading.money import HUNDRED

CONFIRM_MS = 250
"""How much later a second reading must be to confirm a breach or a new mark."""
STRADDLE = timedelta(minutes=1)
"""Readings this close on either side of a reset are both looks at it."""
WARNING_HYSTERESIS = Decimal("0.05")
"""How far use must fall below a warning before reaching it is told again."""


def start(
    cap: Cap,
    reading: Reading,
    inputs: DayInputs = NO_INPUTS,
    *,
    server_offset: timedelta | None = None,
) -> CapState:
    """Return a cap's first state; a day begun before it is taken from the inputs."""
    own = reading.measured(cap)
    initial = own if cap.initial is None else cap.initial
    state = CapState(
        initial=initial,
        mark=initial,
        base=own if cap.kind is CapKind.FLOOR else initial,
        floor=ZERO,
        own=own,
        updated_at=reading.at,
    )
    if cap.has_day:
        state = _enter_day(cap, state, reading, inputs, server_offset, previous=None)
    if cap.kind is CapKind.TRAILING and cap.over is not TrailOver.END_OF_DAY:
        state = replace(state, mark=max(initial, _trailed(cap, reading)))
    return settle(cap, state)


def observe(
    cap: Cap,
    state: CapState,
    reading: Reading,
    inputs: DayInputs = NO_INPUTS,
    *,
    confirm_ms: int = CONFIRM_MS,
    hold_mark: bool = False,
    server_offset: timedelta | None = None,
) -> Observation:
    """Judge a valid reading; ``hold_mark`` keeps the mark while a balance change is unexplained.

    ``confirm_ms`` of zero takes every reading at its word.
    """
    own = reading.measured(cap)
    # Compared with the stored end, never with a day id of now: a clock set back cannot reset twice.
    reset = state.day_ends is not None and reading.at >= state.day_ends
    if reset:
        fresh = confirm_ms and reading.at - state.updated_at <= STRADDLE
        previous = state.own if fresh else None
        state = _enter_day(cap, state, reading, inputs, server_offset, previous)
    mark, pending, since = state.mark, state.pending_mark, state.pending_since_ms
    if cap.kind is CapKind.TRAILING and cap.over is not TrailOver.END_OF_DAY:
        candidate = state.mark if hold_mark else _trailed(cap, reading)
        mark, pending, since = _raise_mark(state, candidate, reading.monotonic_ms, confirm_ms)
    if reset or mark != state.mark:
        state = settle(cap, replace(state, mark=mark))
    return _judge(cap, state, reading, own, reset, pending, since)


def binding(
    observations: Iterable[Observation], least: CapAction = CapAction.WARN
) -> Observation | None:
    """Return the observation whose line is the highest, among caps that do at least that much."""
    heavy = (seen for seen in observations if seen.cap.action.weight >= least.weight)
    return max(heavy, key=lambda seen: (seen.act_line, seen.cap.action.weight), default=None)


def allowance(cap: Cap, state: CapState) -> Decimal:
    """Return in money how much may be lost from the base or the mark."""
    if cap.kind is CapKind.FLOOR:
        return state.base - cap.size
    if cap.unit is Unit.MONEY:
        return cap.size
    if cap.allowance_of is AllowanceOf.INITIAL:
        return state.initial * cap.size / HUNDRED
    return _top(cap, state) * cap.size / HUNDRED


def act_line(cap: Cap, state: CapState) -> Decimal:
    """Return the equity at which the cap acts: its floor plus the buffer."""
    return state.floor + _buffer(cap, allowance(cap, state))


def lock_level(cap: Cap, state: CapState) -> Decimal | None:
    """Return where a trailing floor stops rising (T2, T3, T5)."""
    return state.initial if cap.lock_at is LockAt.INITIAL else cap.lock_at


def settle(cap: Cap, state: CapState) -> CapState:
    """Return the state with the floor its base and mark call for (S1, D2, T1-T5)."""
    if cap.kind is CapKind.FLOOR:
        return replace(state, floor=cap.size)
    floor = _top(cap, state) - allowance(cap, state)
    level = lock_level(cap, state)
    if cap.kind is not CapKind.TRAILING or level is None:
        return replace(state, floor=floor)
    return replace(state, floor=min(floor, level), locked=state.locked or floor >= level)


def _judge(
    cap: Cap,
    state: CapState,
    reading: Reading,
    own: Decimal,
    reset: bool,
    pending: Decimal | None,
    since: int | None,
) -> Observation:
    allowed = allowance(cap, state)
    floor, top = state.floor, _top(cap, state)
    room = own - floor
    line = floor + _buffer(cap, allowed)
    # An account that was emptied has a base of nothing, and nothing left to guard.
    guarded = top > 0 or floor > 0
    breached = guarded and (own < floor if cap.strict else own <= floor)
    used = max(ZERO, ONE - room / allowed) if allowed > 0 else ONE if breached else ZERO
    acts = breached or (guarded and cap.act_at < ONE and own <= line)
    warned, warn = _warning(cap, state.warned, used)
    if acts and cap.action is not CapAction.WARN:
        # What is reached is told by the act itself; the warning stays due for a mere spike.
        warned, warn = state.warned, None
    return Observation(
        cap=cap,
        state=CapState(
            initial=state.initial,
            mark=state.mark,
            base=state.base,
            floor=floor,
            own=own,
            updated_at=reading.at,
            day_id=state.day_id,
            day_ends=state.day_ends,
            locked=state.locked,
            estimated=state.estimated,
            pending_mark=pending,
            pending_since_ms=since,
            warned=warned,
        ),
        own=own,
        floor=floor,
        allowance=allowed,
        act_line=line,
        room=room,
        used=used,
        breached=breached,
        acts=acts,
        warn=warn,
        drawdown_percent=max(ZERO, (top - own) / top * HUNDRED) if top > 0 else ZERO,
        reset=reset,
    )


def _top(cap: Cap, state: CapState) -> Decimal:
    return state.mark if cap.kind is CapKind.TRAILING else state.base


def _buffer(cap: Cap, allowed: Decimal) -> Decimal:
    return (ONE - cap.act_at) * allowed if allowed > 0 else ZERO


def _trailed(cap: Cap, reading: Reading) -> Decimal:
    return reading.balance if cap.over is TrailOver.BALANCE else reading.measured(cap)


def _raise_mark(
    state: CapState, candidate: Decimal, now_ms: int, confirm_ms: int
) -> tuple[Decimal, Decimal | None, int | None]:
    """Return mark and pending mark: a new mark is the lower of two readings that show one."""
    if candidate <= state.mark:
        return state.mark, None, None
    if not confirm_ms:
        return candidate, None, None
    pending, since = state.pending_mark, state.pending_since_ms
    # A monotonic clock that ran backwards is another process: what it saw is seen anew.
    if pending is None or since is None or now_ms < since:
        return state.mark, candidate, now_ms
    if now_ms - since < confirm_ms:
        return state.mark, pending, since
    if candidate > pending:
        return pending, candidate, now_ms
    return candidate, None, None


def _warning(
    cap: Cap, warned: Decimal | None, used: Decimal
) -> tuple[Decimal | None, Decimal | None]:
    """Return the level that stays told, and the one to tell now.

    A cap that only warns also says when its floor, or its buffer, is reached.
    """
    levels = (*cap.warn_at, cap.act_at) if cap.action is CapAction.WARN else cap.warn_at
    kept = max(
        (
            level
            for level in levels
            if warned is not None and level <= warned and used >= level - WARNING_HYSTERESIS
        ),
        default=None,
    )
    reached = max((level for level in levels if used >= level), default=None)
    if reached is None or (kept is not None and reached <= kept):
        return kept, None
    return reached, reached


def _enter_day(
    cap: Cap,
    state: CapState,
    reading: Reading,
    inputs: DayInputs,
    server_offset: timedelta | None,
    previous: Decimal | None,
) -> CapState:
    day = day_of(cap.day, reading.at, server_offset)
    dated = replace(state, day_id=day.id, day_ends=day.end)
    if cap.kind is CapKind.DAILY:
        base, estimated = day_base(cap, reading, inputs, day, previous)
        return replace(dated, base=base, mark=base, estimated=estimated, warned=None)
    close, estimated = day_close(cap, reading, inputs, day)
    return replace(dated, mark=max(state.mark, close), estimated=estimated)
