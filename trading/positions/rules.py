"""Automatic management as pure rules: one look at a position gives at most one act.

Nothing is remembered but what is on disk: the broker's stop is the trail's memory, and a rung
counts once the broker confirmed its close, so a restart changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import assert_never

from trading.model import Position, Side, SymbolSpec
from trading.money import HUNDRED, floor_to_step
from trading.positions.model import Defaults, Managed, RuleEdit, Rules, Rung

TRAIL_STEP = Decimal("0.05")
"""A trailing stop moves by at least this part of its distance: fewer changes at the broker."""


@dataclass(frozen=True, slots=True)
class CloseAct:
    """Close so many lots of the position."""

    volume: Decimal
    cause: str


@dataclass(frozen=True, slots=True)
class StopAct:
    """Move the stop there."""

    stop_loss: Decimal
    cause: str


Act = CloseAct | StopAct


def nearest_first(side: Side, targets: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Return targets in the order a price that goes well reaches them."""
    return tuple(sorted(targets, key=lambda price: price * side.sign))


def ladder(
    volume: Decimal,
    side: Side,
    targets: Sequence[Decimal],
    percents: Sequence[Decimal],
    spec: SymbolSpec,
) -> tuple[Rung, ...]:
    """Return the partial closes before the last target; empty where the volume cannot be split.

    The last target is left to the broker with what remains, which is never below the minimum.
    Targets beyond the percents share evenly what those leave.
    """
    ordered = nearest_first(side, targets)
    if len(ordered) < 2 or not percents:
        return ()
    shares = list(percents[: len(ordered) - 1])
    missing = len(ordered) - len(shares)
    rest = max(Decimal(0), HUNDRED - sum(shares, Decimal(0))) / missing
    shares += [rest] * (missing - 1)
    rungs, left = [], volume
    for price, share in zip(ordered, shares, strict=False):
        lots = max(floor_to_step(volume * share / HUNDRED, spec.volume_step), spec.volume_min)
        if left - lots >= spec.volume_min:
            rungs.append(Rung(price, lots))
            left -= lots
    return tuple(rungs)


def broker_target(side: Side, targets: Sequence[Decimal], rungs: Sequence[Rung]) -> Decimal | None:
    """Return the target the broker keeps: the last behind a ladder, else the nearest."""
    ordered = nearest_first(side, targets)
    if not ordered:
        return None
    return ordered[-1] if rungs else ordered[0]


def first_rules(
    position: Position, targets: Sequence[Decimal], defaults: Defaults, spec: SymbolSpec
) -> Rules:
    """Return the rules a position of ours starts with; its broker's target ends the ladder."""
    end = position.take_profit
    rungs: tuple[Rung, ...] = ()
    if end is not None and end in targets:
        before = [price for price in targets if (end - price) * position.side.sign > 0]
        rungs = ladder(position.volume, position.side, [*before, end], defaults.ladder, spec)
    hours = defaults.time_limit_hours
    return Rules(
        rungs=rungs,
        break_even_after=defaults.break_even_after or None if rungs else None,
        break_even_distance=defaults.break_even_points * spec.point,
        trail=None if defaults.trail_points is None else defaults.trail_points * spec.point,
        closes_at=None if hours is None else position.opened_at + timedelta(hours=float(hours)),
    )


def edited(rules: Rules, edit: RuleEdit) -> Rules:
    """Return the rules with one of them changed."""
    match edit.rule:
        case "trail":
            return replace(rules, trail=edit.distance)
        case "time":
            return replace(rules, closes_at=edit.at)
        case "rung":
            assert edit.price is not None
            rungs = list(rules.rungs)
            rungs[edit.number - 1] = replace(rungs[edit.number - 1], price=edit.price)
            return replace(rules, rungs=tuple(rungs))
        case _:
            assert_never(edit.rule)


def next_act(position: Position, managed: Managed, spec: SymbolSpec, now: datetime) -> Act | None:
    """Return what the rules want of a position at this reading, the most urgent first."""
    if position.side is not managed.side or position.volume <= 0:
        return None
    rules = managed.rules
    if rules.closes_at is not None and now >= rules.closes_at:
        return CloseAct(position.volume, "time_limit")
    return _rung(position, managed, spec) or _stop(position, managed, spec)


def _rung(position: Position, managed: Managed, spec: SymbolSpec) -> CloseAct | None:
    """A rung closes down to what shall remain after it: asked twice, it closes nothing more."""
    for number, rung in enumerate(managed.rules.rungs, 1):
        if not _is_reached(rung, position):
            continue
        surplus = position.volume - remaining(managed, number)
        if surplus > 0:
            return CloseAct(whole_or(surplus, position.volume, spec), f"target:{number}")
    return None


def remaining(managed: Managed, number: int) -> Decimal:
    """Return the lots that stay open once so many rungs were closed."""
    closed = sum((rung.volume for rung in managed.rules.rungs[:number]), Decimal(0))
    return managed.volume - closed


def _is_reached(rung: Rung, position: Position) -> bool:
    return (position.price_current - rung.price) * position.side.sign >= 0


def whole_or(volume: Decimal, held: Decimal, spec: SymbolSpec) -> Decimal:
    """Return the volume to close, or all that is held where less than the minimum would stay."""
    return held if held - volume < spec.volume_min else volume


def _stop(position: Position, managed: Managed, spec: SymbolSpec) -> StopAct | None:
    found = [*_break_even(position, managed), *_trail(position, managed)]
    sign = position.side.sign
    acts = []
    for price, cause, least in found:
        stop = on_far_tick(price, position.side, spec)
        gain = None if position.stop_loss is None else (stop - position.stop_loss) * sign
        if gain is not None and (gain <= 0 or gain < least):
            continue
        if allows_stop(stop, position, spec):
            acts.append(StopAct(stop, cause))
    return max(acts, key=lambda act: act.stop_loss * sign, default=None)


def _break_even(position: Position, managed: Managed) -> list[tuple[Decimal, str, Decimal]]:
    """A rung counts once the position itself, read anew, is smaller by it."""
    rungs, after = managed.rules.rungs, managed.rules.break_even_after
    if after is None or not 1 <= after <= len(rungs):
        return []
    known = after in managed.done or _is_reached(rungs[after - 1], position)
    if not known or position.volume > remaining(managed, after):
        return []
    distance = managed.rules.break_even_distance * position.side.sign
    return [(position.price_open + distance, "break_even", Decimal(0))]


def _trail(position: Position, managed: Managed) -> list[tuple[Decimal, str, Decimal]]:
    distance = managed.rules.trail
    if distance is None or distance <= 0:
        return []
    price = position.price_current - distance * position.side.sign
    return [(price, "trail", distance * TRAIL_STEP)]


def on_far_tick(price: Decimal, side: Side, spec: SymbolSpec) -> Decimal:
    """Return the tick at the price or next to it on the side away from the market."""
    rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
    ticks = (price / spec.tick_size).to_integral_value(rounding)
    return (ticks * spec.tick_size).quantize(spec.point)


def allows_stop(stop: Decimal, position: Position, spec: SymbolSpec) -> bool:
    """Tell whether the price is far enough on the good side of a stop for the broker."""
    distance = (position.price_current - stop) * position.side.sign
    return stop > 0 and distance > 0 and distance >= spec.stops_level * spec.point


def is_looser(stop: Decimal | None, present: Decimal | None, side: Side) -> bool:
    """Tell whether a stop would let more be lost than the present one."""
    if present is None:
        return False
    return stop is None or (stop - present) * side.sign < 0


def r_multiple(position: Position, managed: Managed | None) -> Decimal | None:
    """Return how many times the first risk the price has gone our way; None without a stop."""
    if managed is None or managed.stop_loss is None:
        return None
    risk = (managed.price_open - managed.stop_loss) * position.side.sign
    if risk <= 0:
        return None
    return (position.price_current - position.price_open) * position.side.sign / risk
