"""Caps and states as plain values for storage, and back."""

from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal

from trading.drawdown.caps import (
    AllowanceOf,
    Cap,
    CapAction,
    CapKind,
    DayBase,
    LockAt,
    Scope,
    TrailOver,
    Unit,
)
from trading.drawdown.dayclock import DayClock
from trading.drawdown.state import CapState
from trading.ids import RuleId

Plain = str | int | bool | list[str] | None


def cap_to_plain(cap: Cap) -> dict[str, Plain]:
    """Return a cap as JSON values; its id stays out, for the row has one."""
    return {
        "kind": cap.kind.value,
        "size": str(cap.size),
        "unit": cap.unit.value,
        "initial": _text(cap.initial),
        "base": cap.base.value,
        "allowance_of": cap.allowance_of.value,
        "over": cap.over.value,
        "lock_at": _text(cap.lock_at),
        "strict": cap.strict,
        "include_credit": cap.include_credit,
        "zone": cap.day.zone,
        "reset_at": f"{cap.day.at:%H:%M}",
        "action": cap.action.value,
        "scope": cap.scope.value,
        "act_at": str(cap.act_at),
        "warn_at": [str(level) for level in cap.warn_at],
        "label": cap.label,
    }


def cap_from_plain(plain: Mapping[str, Plain], cap_id: RuleId | None = None) -> Cap:
    """Return the cap that ``cap_to_plain`` gave; a key it lacks is an error."""
    levels = plain["warn_at"]
    if not isinstance(levels, list):
        raise TypeError(f"warn_at is not a list: {levels!r}")
    lock = plain["lock_at"]
    return Cap(
        kind=CapKind(str(plain["kind"])),
        size=Decimal(str(plain["size"])),
        unit=Unit(str(plain["unit"])),
        id=cap_id,
        initial=_decimal(plain["initial"]),
        base=DayBase(str(plain["base"])),
        allowance_of=AllowanceOf(str(plain["allowance_of"])),
        over=TrailOver(str(plain["over"])),
        lock_at=LockAt.INITIAL if lock == LockAt.INITIAL.value else _decimal(lock),
        strict=bool(plain["strict"]),
        include_credit=bool(plain["include_credit"]),
        day=DayClock(str(plain["zone"]), time.fromisoformat(str(plain["reset_at"]))),
        action=CapAction(str(plain["action"])),
        scope=Scope(str(plain["scope"])),
        act_at=Decimal(str(plain["act_at"])),
        warn_at=tuple(Decimal(level) for level in levels),
        label=str(plain["label"]),
    )


def state_to_plain(state: CapState) -> dict[str, Plain]:
    """Return a state as JSON values."""
    return {
        "initial": str(state.initial),
        "mark": str(state.mark),
        "base": str(state.base),
        "floor": str(state.floor),
        "own": str(state.own),
        "updated_at": state.updated_at.isoformat(),
        "day_id": state.day_id,
        "day_ends": None if state.day_ends is None else state.day_ends.isoformat(),
        "locked": state.locked,
        "estimated": state.estimated,
        "pending_mark": _text(state.pending_mark),
        "pending_since_ms": state.pending_since_ms,
        "warned": _text(state.warned),
    }


def state_from_plain(plain: Mapping[str, Plain]) -> CapState:
    """Return the state that ``state_to_plain`` gave; a key it lacks is an error."""
    since, ends = plain["pending_since_ms"], plain["day_ends"]
    return CapState(
        initial=Decimal(str(plain["initial"])),
        mark=Decimal(str(plain["mark"])),
        base=Decimal(str(plain["base"])),
        floor=Decimal(str(plain["floor"])),
        own=Decimal(str(plain["own"])),
        updated_at=datetime.fromisoformat(str(plain["updated_at"])),
        day_id=str(plain["day_id"]),
        day_ends=None if ends is None else datetime.fromisoformat(str(ends)),
        locked=bool(plain["locked"]),
        estimated=bool(plain["estimated"]),
        pending_mark=_decimal(plain["pending_mark"]),
        pending_since_ms=since if isinstance(since, int) else None,
        warned=_decimal(plain["warned"]),
    )


def _text(value: Decimal | LockAt | None) -> str | None:
    return None if value is None else str(value)


def _decimal(value: Plain) -> Decimal | None:
    return None if value is None else Decimal(str(value))
