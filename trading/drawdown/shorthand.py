"""A cap in the few characters that a button can carry; what does not fit is kept as it is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from decimal import Decimal

from trading.drawdown.caps import (
    AllowanceOf,
    Cap,
    CapAction,
    CapKind,
    DayBase,
    LockAt,
    TrailOver,
    Unit,
    plain,
)
from trading.drawdown.dayclock import DayClock
from trading.money import HUNDRED

CLOCKS = (
    DayClock(),
    DayClock("UTC"),
    DayClock("Europe/Prague"),
    DayClock("America/New_York", time(17)),
    DayClock("UTC", time(22)),
)
KEPT = "x"
_KINDS = dict(
    zip("stdf", (CapKind.STATIC, CapKind.TRAILING, CapKind.DAILY, CapKind.FLOOR), strict=True)
)
_UNITS = {"p": Unit.PERCENT, "m": Unit.MONEY}
_BASES = {"b": DayBase.BALANCE, "e": DayBase.EQUITY, "m": DayBase.MAX}
_OF = {"b": AllowanceOf.BASE, "i": AllowanceOf.INITIAL}
_OVER = {"e": TrailOver.EQUITY, "b": TrailOver.BALANCE, "d": TrailOver.END_OF_DAY}
_ACTIONS = {"w": CapAction.WARN, "p": CapAction.PAUSE, "c": CapAction.CLOSE}


def encode(cap: Cap) -> str:
    """Return the cap's shorthand: its initial, label and odd clocks are not in it."""
    lock = "n" if cap.lock_at is None else "i" if cap.lock_at is LockAt.INITIAL else KEPT
    clock = str(CLOCKS.index(cap.day)) if cap.day in CLOCKS else KEPT
    parts = (
        _letter(_KINDS, cap.kind),
        plain(cap.size),
        _letter(_UNITS, cap.unit),
        _letter(_BASES, cap.base),
        _letter(_OF, cap.allowance_of),
        _letter(_OVER, cap.over),
        lock,
        str(int(cap.strict)),
        _letter(_ACTIONS, cap.action),
        plain(cap.act_at * HUNDRED),
        clock,
    )
    return ",".join(parts)


def decode(code: str, present: Cap | None = None) -> Cap:
    """Return the cap of a shorthand; what it lacks is taken from the present one of its kind.

    Raises ``ValueError`` for anything that ``encode`` did not write.
    """
    try:
        kind, size, unit, base, of, over, lock, strict, action, act_at, clock = code.split(",")
        cap = Cap(
            _KINDS[kind],
            Decimal(size),
            _UNITS[unit],
            base=_BASES[base],
            allowance_of=_OF[of],
            over=_OVER[over],
            lock_at=LockAt.INITIAL if lock == "i" else None,
            strict=strict == "1",
            action=_ACTIONS[action],
            act_at=Decimal(act_at) / HUNDRED,
            day=CLOCKS[0] if clock == KEPT else CLOCKS[int(clock)],
        )
    except (ValueError, KeyError, IndexError, ArithmeticError) as error:
        raise ValueError(f"{code[:40]!r} is no cap") from error
    if present is None or present.kind is not cap.kind:
        return cap
    return replace(
        cap,
        initial=present.initial,
        include_credit=present.include_credit,
        scope=present.scope,
        lock_at=present.lock_at if lock == KEPT else cap.lock_at,
        day=present.day if clock == KEPT else cap.day,
    )


def _letter(table: Mapping[str, object], value: object) -> str:
    return next(letter for letter, one in table.items() if one is value)
