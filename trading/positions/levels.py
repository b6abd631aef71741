"""New levels for a position: what a person typed, whether it can hold, and what it means."""

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from trading.model import Position, SymbolSpec
from trading.money import parse_decimal
from trading.positions.model import Ask, WishKind
from trading.positions.rules import allows_stop, is_looser, on_far_tick
from trading.positions.selection import Held

_SPAN = re.compile(r"(\d{1,5})\s*([mhd])", re.IGNORECASE)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
LONGEST = timedelta(days=366)


def span_of(word: str) -> timedelta | None:
    """Return a length of time like 90m, 4h or 2d; None for anything else or over a year."""
    match = _SPAN.fullmatch(word)
    if match is None:
        return None
    span = int(match[1]) * _UNITS[match[2].lower()]
    return span if timedelta(0) < span <= LONGEST else None


def distance_of(word: str, spec: SymbolSpec) -> Decimal | str:
    """Return a price distance: pips of a currency pair, else the price itself; ``p`` is pips."""
    text = word.lower()
    in_pips = text.endswith("p") or is_pair(spec)
    value = parse_decimal(text.removesuffix("pips").removesuffix("p"))
    if value is None or value <= 0 or value.adjusted() > 6:
        return f"“{word}” is not a distance above zero"
    return value * spec.pip if in_pips else value


def is_pair(spec: SymbolSpec) -> bool:
    """Tell whether people count the symbol in pips: a pair of currencies, 3 or 5 digits."""
    return spec.digits in (3, 5) and {spec.currency_base, spec.currency_profit}.isdisjoint(
        {"XAU", "XAG", "XPT", "XPD"}
    )


def shown_distance(distance: Decimal, spec: SymbolSpec) -> str:
    """Return a distance as people of that symbol say it."""
    if is_pair(spec):
        return f"{distance / spec.pip:.1f} pips"
    return f"{distance:.{spec.digits}f}"


def shown(price: Decimal, spec: SymbolSpec) -> str:
    """Return a price with the symbol's digits."""
    return f"{price:.{spec.digits}f}"


def to_break_even(held: Sequence[Held]) -> tuple[list[Ask], list[str]]:
    """Return the stops that can go to their entry, and why the others cannot."""
    asks, refused = [], []
    for one in held:
        position = one.position
        spec = one.loop.symbols.spec(position.symbol)
        what = f"#{position.ticket} {position.symbol}"
        if spec is None:
            refused.append(f"{what} was not read yet: try again in a moment.")
            continue
        stop = on_far_tick(position.price_open, position.side, spec)
        present = position.stop_loss
        if present is not None and (stop - present) * position.side.sign <= 0:
            at = shown(present, spec)
            refused.append(f"{what}: the stop {at} is at the entry or better already.")
        elif not allows_stop(stop, position, spec):
            refused.append(
                f"{what}: the price {shown(position.price_current, spec)} is not far enough "
                f"beyond the entry {shown(position.price_open, spec)} yet."
            )
        else:
            asks.append(
                Ask(
                    WishKind.PROTECT,
                    position.ticket,
                    position.symbol,
                    position.side,
                    stop_loss=stop,
                )
            )
    return asks, refused


def stop_problem(price: Decimal, position: Position, spec: SymbolSpec) -> str:
    """Return why a stop cannot be set there; empty where it can."""
    if price == position.stop_loss:
        return f"the stop is at {shown(price, spec)} already"
    side = position.side.value.upper()
    if (position.price_current - price) * position.side.sign <= 0:
        where = "below" if position.side.sign > 0 else "above"
        now = shown(position.price_current, spec)
        return f"{shown(price, spec)} is not {where} the price {now} of a {side}"
    if not allows_stop(price, position, spec):
        return f"{shown(price, spec)} is nearer than the {spec.stops_level} points the broker wants"
    return ""


def target_problem(price: Decimal, position: Position, spec: SymbolSpec) -> str:
    """Return why a target cannot be set there; empty where it can."""
    if price == position.take_profit:
        return f"the target is at {shown(price, spec)} already"
    distance = (price - position.price_current) * position.side.sign
    if price <= 0 or distance <= 0:
        where = "above" if position.side.sign > 0 else "below"
        side = position.side.value.upper()
        now = shown(position.price_current, spec)
        return f"{shown(price, spec)} is not {where} the price {now} of a {side}"
    if distance < spec.stops_level * spec.point:
        return f"{shown(price, spec)} is nearer than the {spec.stops_level} points the broker wants"
    return ""


def trail_problem(distance: Decimal, position: Position, spec: SymbolSpec) -> str:
    """Return why a stop cannot trail at that distance; empty where it can."""
    least = max(spec.stops_level * spec.point, spec.tick_size)
    if distance < least:
        return f"the broker wants at least {shown_distance(least, spec)}"
    if distance >= position.price_current:
        return f"{shown_distance(distance, spec)} is more than the price itself"
    return ""


def stop_words(position: Position, price: Decimal, spec: SymbolSpec, *, loosens: bool) -> str:
    """Return the question for a new stop."""
    what = f"#{position.ticket} {position.side.value.upper()} {position.symbol}"
    present = "none" if position.stop_loss is None else shown(position.stop_loss, spec)
    away = shown_distance(abs(position.price_current - price), spec)
    lines = [f"Move the stop of {what} from {present} to {shown(price, spec)} ({away} away)?"]
    if loosens:
        lines.insert(0, "This risks MORE than now.")
    return "\n".join(lines)


def trail_words(position: Position, distance: Decimal, spec: SymbolSpec) -> str:
    """Return the question for a trailing stop, with what it would do at once."""
    what = f"#{position.ticket} {position.side.value.upper()} {position.symbol}"
    stop = on_far_tick(position.price_current - distance * position.side.sign, position.side, spec)
    moves = position.stop_loss is None or is_looser(position.stop_loss, stop, position.side)
    now = f"The stop {'goes to' if moves else 'waits to reach'} {shown(stop, spec)} now"
    return (
        f"Let the stop of {what} follow the price at {shown_distance(distance, spec)}?\n"
        f"{now} and never moves back."
    )
