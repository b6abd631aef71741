"""Replacing a cap by another: what is kept, and whether it gives more room."""

from dataclasses import replace
from datetime import timedelta

from trading.drawdown.caps import Cap, CapKind, Scope
from trading.drawdown.rules import act_line, lock_level, settle, start
from trading.drawdown.state import NO_INPUTS, CapState, DayInputs, Reading


def edit(
    old: Cap,
    new: Cap,
    state: CapState,
    reading: Reading,
    inputs: DayInputs = NO_INPUTS,
    *,
    server_offset: timedelta | None = None,
) -> CapState:
    """Return the state of a cap that replaces another: its base and mark stay where they can."""
    if not same_ground(old, new):
        return start(new, reading, inputs, server_offset=server_offset)
    # What was warned of or locked belongs to the old numbers.
    return settle(new, replace(state, warned=None, locked=False))


def is_looser(
    new: Cap,
    old: Cap,
    state: CapState,
    reading: Reading,
    inputs: DayInputs = NO_INPUTS,
    *,
    server_offset: timedelta | None = None,
) -> bool:
    """Tell whether replacing a cap gives more room now, or could later."""
    after = edit(old, new, state, reading, inputs, server_offset=server_offset)
    if act_line(new, after) < act_line(old, state):
        return True
    return (
        new.action.weight < old.action.weight
        or (new.strict and not old.strict)
        or (new.include_credit and not old.include_credit)
        or (new.scope is Scope.OWN and old.scope is Scope.ALL)
        or _may_loosen_later(new, old, after, state)
    )


def same_ground(old: Cap, new: Cap) -> bool:
    """Tell whether what was measured for one cap holds for the other."""
    return (
        old.kind is new.kind
        and old.initial == new.initial
        and old.include_credit == new.include_credit
        and (old.kind is not CapKind.TRAILING or old.over is new.over)
        and (old.kind is not CapKind.DAILY or old.base is new.base)
        and (not old.has_day or old.day == new.day)
    )


def _may_loosen_later(new: Cap, old: Cap, after: CapState, before: CapState) -> bool:
    """Tell whether an equal or higher floor now may still become a lower one."""
    if new.kind is not old.kind:
        # A fixed floor that begins to trail can only rise; every other change may fall behind.
        return (old.kind, new.kind) != (CapKind.STATIC, CapKind.TRAILING)
    if old.has_day and new.day != old.day:
        return True
    if new.kind is CapKind.TRAILING:
        level, was = lock_level(new, after), lock_level(old, before)
        return new.over is not old.over or (level is not None and (was is None or level < was))
    return new.kind is CapKind.DAILY and new.base is not old.base and old.base.value == "max"
