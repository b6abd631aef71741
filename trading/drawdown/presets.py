"""Caps of known firms, as their rule pages put them; numbers are arguments, in percent.

Each floor keeps the firm's comparator and acts when 90 % of the allowance is used.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time
from decimal import Decimal

from trading.drawdown.caps import AllowanceOf, Cap, CapKind, DayBase, LockAt, TrailOver, Unit
from trading.drawdown.dayclock import SERVER, DayClock
from trading.money import HUNDRED
from trading.words import told

RULES_READ = told("rules as read in November 2026, check your contract")
BUFFER = Decimal("0.90")

_PRAGUE = DayClock("Europe/Prague")
_SERVER = DayClock(SERVER)
_FIVE = Decimal(5)
_TEN = Decimal(10)


def ftmo(initial: Decimal, daily: Decimal = _FIVE, total: Decimal = _TEN) -> tuple[Cap, ...]:
    """FTMO 2-step: static total, daily balance less a share of the initial (S1, D1)."""
    return _labelled(
        Cap(CapKind.STATIC, total, initial=initial, strict=True),
        _daily(daily, initial, DayBase.BALANCE, AllowanceOf.INITIAL, _PRAGUE, strict=True),
    )


def ftmo1(initial: Decimal, total: Decimal = _TEN, daily: Decimal | None = None) -> tuple[Cap, ...]:
    """FTMO 1-step: trails end-of-day balances without a lock (T4); no daily number on record."""
    trail = Cap(
        CapKind.TRAILING,
        total,
        initial=initial,
        over=TrailOver.END_OF_DAY,
        allowance_of=AllowanceOf.INITIAL,
        day=_PRAGUE,
        strict=True,
    )
    if daily is None:
        return _labelled(trail)
    of_initial = AllowanceOf.INITIAL
    return _labelled(
        trail, _daily(daily, initial, DayBase.BALANCE, of_initial, _PRAGUE, strict=True)
    )


def the5ers(initial: Decimal, daily: Decimal = _FIVE, total: Decimal = _TEN) -> tuple[Cap, ...]:
    """The5ers High Stakes: reaching a limit ends it, so inclusive (D2 max, percent of base)."""
    return _labelled(
        Cap(CapKind.STATIC, total, initial=initial),
        _daily(daily, initial, DayBase.MAX, AllowanceOf.BASE, _SERVER, strict=False),
    )


def e8(initial: Decimal, total: Decimal = Decimal(6)) -> tuple[Cap, ...]:
    """E8 One: an amount below the closed-balance peak, locks at the initial (T2)."""
    return _labelled(
        Cap(
            CapKind.TRAILING,
            _amount(initial, total),
            Unit.MONEY,
            initial=initial,
            over=TrailOver.BALANCE,
            lock_at=LockAt.INITIAL,
            strict=True,
        )
    )


def topstep(initial: Decimal, total: Decimal = Decimal(4)) -> tuple[Cap, ...]:
    """Topstep: an amount below the end-of-day balance peak, locks at the initial (T3)."""
    return _labelled(
        Cap(
            CapKind.TRAILING,
            _amount(initial, total),
            Unit.MONEY,
            initial=initial,
            over=TrailOver.END_OF_DAY,
            lock_at=LockAt.INITIAL,
            day=DayClock("America/New_York", time(17)),
        )
    )


def alpha(
    initial: Decimal, daily: Decimal = _FIVE, total: Decimal | None = None
) -> tuple[Cap, ...]:
    """Alpha Capital: daily percent of the balance at the broker's midnight (D2)."""
    return _labelled(
        *_total(total, initial),
        _daily(daily, initial, DayBase.BALANCE, AllowanceOf.BASE, _SERVER, strict=False),
    )


def bem(
    initial: Decimal, daily: Decimal = Decimal("4.5"), total: Decimal | None = None
) -> tuple[Cap, ...]:
    """BEM: the higher base at 22:00 UTC less a share of the initial (D3)."""
    clock = DayClock("UTC", time(22))
    return _labelled(
        *_total(total, initial),
        _daily(daily, initial, DayBase.MAX, AllowanceOf.INITIAL, clock, strict=True),
    )


def itrader(
    initial: Decimal, daily: Decimal = Decimal("2.5"), total: Decimal | None = None
) -> tuple[Cap, ...]:
    """iTrader: percent of the equity at 05:00 GMT+8, which knows no summer time (D4)."""
    # POSIX signs: Etc/GMT-8 is eight hours ahead of UTC.
    clock = DayClock("Etc/GMT-8", time(5))
    return _labelled(
        *_total(total, initial),
        _daily(daily, initial, DayBase.EQUITY, AllowanceOf.BASE, clock, strict=True),
    )


def upside(initial: Decimal, total: Decimal = Decimal(4)) -> tuple[Cap, ...]:
    """Upside: percent of the equity peak at each reading (T1)."""
    return _labelled(Cap(CapKind.TRAILING, total, initial=initial, strict=True))


def _amount(initial: Decimal, percent: Decimal) -> Decimal:
    # Firms that trail an amount shift it by a payout (F1, last row), so it is kept as money.
    return initial * percent / HUNDRED


def _daily(
    size: Decimal,
    initial: Decimal,
    base: DayBase,
    of: AllowanceOf,
    clock: DayClock,
    *,
    strict: bool,
) -> Cap:
    return Cap(
        CapKind.DAILY,
        size,
        initial=initial,
        base=base,
        allowance_of=of,
        day=clock,
        strict=strict,
    )


def _total(total: Decimal | None, initial: Decimal) -> tuple[Cap, ...]:
    return () if total is None else (Cap(CapKind.STATIC, total, initial=initial),)


def _labelled(*caps: Cap) -> tuple[Cap, ...]:
    return tuple(replace(cap, label=RULES_READ, act_at=BUFFER) for cap in caps)


PRESETS: Mapping[str, Callable[..., tuple[Cap, ...]]] = {
    "ftmo": ftmo,
    "ftmo1": ftmo1,
    "the5ers": the5ers,
    "e8": e8,
    "topstep": topstep,
    "alpha": alpha,
    "bem": bem,
    "itrader": itrader,
    "upside": upside,
}

NOT_EXPRESSED: Mapping[str, tuple[str, ...]] = {
    "ftmo1": (told("a daily limit: no number is on record, give one as daily"),),
    "topstep": (
        told("the amount per size of account: 4 % (2,000 of 50,000) is taken unless given"),
        told("the firm's own close of the futures day, where it differs from 17:00 New York"),
    ),
    "alpha": (told("a total limit: no number is on record, give one as total"),),
    "bem": (told("a total limit: no number is on record, give one as total"),),
    "itrader": (told("a total limit: no number is on record, give one as total"),),
}
"""What of a firm's rules a preset leaves out; consistency, profit-day and news rules in all."""
