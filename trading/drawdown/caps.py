"""What a drawdown cap is, whether it makes sense, and how it reads in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trading.drawdown.dayclock import SERVER, DayClock, is_zone
from trading.ids import RuleId
from trading.money import HUNDRED
from trading.words import joined, told

MIN_DRAWDOWN_THRESHOLD = Decimal("1.0")
MAX_DRAWDOWN_THRESHOLD = Decimal("99.0")
DEFAULT_DRAWDOWN_THRESHOLD = Decimal(20)
MAX_MONEY = Decimal(10) ** 12
ONE = Decimal(1)
SERVER_MIDNIGHT = DayClock()


class CapKind(StrEnum):
    STATIC = "static"
    """A fixed distance below the entry equity or a given initial balance."""
    TRAILING = "trailing"
    """A distance below a high-water mark."""
    DAILY = "daily"
    """A distance below the base taken at each reset."""
    FLOOR = "floor"
    """An amount of money."""


class Unit(StrEnum):
    PERCENT = "percent"
    MONEY = "money"


class DayBase(StrEnum):
    BALANCE = "balance"
    EQUITY = "equity"
    MAX = "max"


class AllowanceOf(StrEnum):
    """What a percent size is a percent of: the base (or mark), or the initial balance."""

    BASE = "base"
    INITIAL = "initial"


class TrailOver(StrEnum):
    EQUITY = "equity"
    BALANCE = "balance"
    END_OF_DAY = "end_of_day"


class LockAt(StrEnum):
    INITIAL = "initial"


class CapAction(StrEnum):
    WARN = "warn"
    PAUSE = "pause"
    CLOSE = "close"

    @property
    def weight(self) -> int:
        """Return how much it does: a larger number does more."""
        return _WEIGHT[self]


class Scope(StrEnum):
    """Whose positions are closed: this program's own, or all of the account's."""

    OWN = "own"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Cap:
    """One limit on the loss of an account."""

    kind: CapKind
    size: Decimal
    """Percent or money of allowance; for a FLOOR the floor itself."""
    unit: Unit = Unit.PERCENT
    id: RuleId | None = None
    initial: Decimal | None = None
    """The initial balance I; None takes own equity at the first reading."""
    base: DayBase = DayBase.MAX
    allowance_of: AllowanceOf = AllowanceOf.BASE
    over: TrailOver = TrailOver.EQUITY
    lock_at: LockAt | Decimal | None = None
    """Where a trailing floor stops rising."""
    strict: bool = False
    """Breached only below the floor, as firms write it; else on it too, which is safer."""
    include_credit: bool = False
    day: DayClock = SERVER_MIDNIGHT
    action: CapAction = CapAction.CLOSE
    scope: Scope = Scope.ALL
    act_at: Decimal = ONE
    """Fraction of the allowance used at which it acts."""
    warn_at: tuple[Decimal, ...] = (Decimal("0.60"), Decimal("0.80"))
    label: str = ""

    @property
    def has_day(self) -> bool:
        """Tell whether the day clock means anything to it."""
        return self.kind is CapKind.DAILY or (
            self.kind is CapKind.TRAILING and self.over is TrailOver.END_OF_DAY
        )


def validate(cap: Cap) -> str | None:
    """Return in words what is wrong with a cap, or None where nothing is."""
    return next(_faults(cap), None)


def describe(cap: Cap) -> str:
    """Return the cap in one short line of words."""
    words = [_WHAT[cap.kind](cap)]
    if cap.has_day:
        words.append(
            told("days from {at} {zone}", at=f"{cap.day.at:%H:%M}", zone=_zone_words(cap.day.zone))
        )
    if cap.lock_at is not None:
        level = (
            told("the initial balance") if cap.lock_at is LockAt.INITIAL else _amount(cap.lock_at)
        )
        words.append(told("locks at {level}", level=level))
    words.append(_action_words(cap))
    if cap.include_credit:
        words.append(told("credit counted"))
    return joined(words, ", ")


def plain(value: Decimal) -> str:
    """Return a number for people: no exponent and no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _amount(value: Decimal) -> str:
    """Return money for people, to the cent: a base that a deposit scaled has no end of digits."""
    return plain(round(value, 2))


def short_name(cap: Cap) -> str:
    """Return what people call the cap: its kind and size."""
    size = f"{plain(cap.size)} %" if cap.unit is Unit.PERCENT else plain(cap.size)
    match cap.kind:
        case CapKind.STATIC:
            return told("total {size}", size=size)
        case CapKind.TRAILING:
            return told("trailing {size}", size=size)
        case CapKind.DAILY:
            return told("daily {size}", size=size)
        case CapKind.FLOOR:
            return told("floor {size}", size=size)


def size_words(cap: Cap) -> str:
    """Return the size with its unit."""
    return (
        f"{plain(cap.size)} %"
        if cap.unit is Unit.PERCENT
        else told("{size} money", size=_amount(cap.size))
    )


def _faults(cap: Cap) -> Iterator[str]:
    yield from _size_faults(cap)
    if cap.initial is not None and not _is_money(cap.initial):
        yield told("the initial balance must be a positive amount")
    if isinstance(cap.lock_at, Decimal) and not _is_money(cap.lock_at):
        yield told("the lock must be at a positive amount")
    if cap.lock_at is not None and cap.kind is not CapKind.TRAILING:
        yield told("only a trailing cap can lock")
    if not 0 < cap.act_at <= 1:
        yield told("it can act at more than 0 % and at most 100 % of the allowance")
    if any(not 0 < level < 1 for level in cap.warn_at) or list(cap.warn_at) != sorted(cap.warn_at):
        yield told("warnings must rise between 0 % and 100 % of the allowance")
    if not is_zone(cap.day.zone):
        yield told(
            "there is no time zone {zone}: write one such as Europe/Prague or UTC",
            zone=f"{cap.day.zone!r}",
        )


def _size_faults(cap: Cap) -> Iterator[str]:
    if cap.unit is Unit.PERCENT:
        if cap.kind is CapKind.FLOOR:
            yield told("a floor is an amount of money, such as floor 9000")
        if (
            not cap.size.is_finite()
            or not MIN_DRAWDOWN_THRESHOLD <= cap.size <= MAX_DRAWDOWN_THRESHOLD
        ):
            yield (
                told(
                    "a percent cap lies between {least} and {most} %",
                    least=plain(MIN_DRAWDOWN_THRESHOLD),
                    most=plain(MAX_DRAWDOWN_THRESHOLD),
                )
            )
    elif not _is_money(cap.size):
        yield told("the amount must be a positive amount of money")
    elif cap.kind is not CapKind.FLOOR and cap.initial is not None and cap.size >= cap.initial:
        yield told("the amount must be smaller than the initial balance")


def _is_money(value: Decimal) -> bool:
    return value.is_finite() and Decimal("0.01") <= value <= MAX_MONEY


def _of_initial(cap: Cap) -> str:
    by_initial = cap.unit is Unit.PERCENT and cap.allowance_of is AllowanceOf.INITIAL
    return told(" (of the initial balance)") if by_initial else ""


def _static_words(cap: Cap) -> str:
    start = (
        told("entry equity")
        if cap.initial is None
        else told("an initial {initial}", initial=_amount(cap.initial))
    )
    return told("total {size} below {start}", size=size_words(cap), start=start)


def _trailing_words(cap: Cap) -> str:
    return told(
        "trailing {size}{of_initial} below the {over}",
        size=size_words(cap),
        of_initial=_of_initial(cap),
        over=_OVER[cap.over],
    )


def _daily_words(cap: Cap) -> str:
    return told(
        "daily {size}{of_initial} below {base}",
        size=size_words(cap),
        of_initial=_of_initial(cap),
        base=_BASE[cap.base],
    )


def _floor_words(cap: Cap) -> str:
    return told("floor at {size}", size=_amount(cap.size))


def _zone_words(zone: str) -> str:
    return told("server time") if zone == SERVER else zone


def _action_words(cap: Cap) -> str:
    words = _ACTION[cap.action]
    if cap.action is CapAction.CLOSE and cap.scope is Scope.OWN:
        words = told("closes the bot's own positions")
    if cap.act_at != ONE:
        return told(
            "{words} at {act_at} % of the allowance",
            words=words,
            act_at=plain(cap.act_at * HUNDRED),
        )
    return told("{words} below the floor only", words=words) if cap.strict else words


_WEIGHT = {action: weight for weight, action in enumerate(CapAction)}
_WHAT = {
    CapKind.STATIC: _static_words,
    CapKind.TRAILING: _trailing_words,
    CapKind.DAILY: _daily_words,
    CapKind.FLOOR: _floor_words,
}
_OVER = {
    TrailOver.EQUITY: told("equity peak"),
    TrailOver.BALANCE: told("closed-balance peak"),
    TrailOver.END_OF_DAY: told("end-of-day balance peak"),
}
_BASE = {
    DayBase.BALANCE: told("the day's first balance"),
    DayBase.EQUITY: told("the day's first equity"),
    DayBase.MAX: told("the higher of the day's first balance and equity"),
}
_ACTION = {
    CapAction.WARN: told("warns"),
    CapAction.PAUSE: told("pauses entries"),
    CapAction.CLOSE: told("closes all"),
}
