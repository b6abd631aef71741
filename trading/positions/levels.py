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
from trading.words import joined, told

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
        return told("“{word}” is not a distance above zero", word=word)
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
    asks: list[Ask] = []
    refused: list[str] = []
    for one in held:
        position = one.position
        spec = one.loop.symbols.spec(position.symbol)
        what = f"#{position.ticket} {position.symbol}"
        if spec is None:
            refused.append(told("{what} was not read yet: try again in a moment.", what=what))
            continue
        stop = on_far_tick(position.price_open, position.side, spec)
        present = position.stop_loss
        if present is not None and (stop - present) * position.side.sign <= 0:
            at = shown(present, spec)
            refused.append(
                told("{what}: the stop {at} is at the entry or better already.", what=what, at=at)
            )
        elif not allows_stop(stop, position, spec):
            refused.append(
                told(
                    "{what}: the price {price_current} is not far enough beyond the entry "
                    "{price_open} yet.",
                    what=what,
                    price_current=shown(position.price_current, spec),
                    price_open=shown(position.price_open, spec),
                )
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
        return told("the stop is at {price} already", price=shown(price, spec))
    side = position.side.value.upper()
    if (position.price_current - price) * position.side.sign <= 0:
        where = told("below") if position.side.sign > 0 else told("above")
        now = shown(position.price_current, spec)
        return told(
            "{price} is not {where} the price {now} of a {side}",
            price=shown(price, spec),
            where=where,
            now=now,
            side=side,
        )
    if not allows_stop(price, position, spec):
        return told(
            "{price} is nearer than the {stops_level} points the broker wants",
            price=shown(price, spec),
            stops_level=spec.stops_level,
        )
    return ""


def target_problem(price: Decimal, position: Position, spec: SymbolSpec) -> str:
    """Return why a target cannot be set there; empty where it can."""
    if price == position.take_profit:
        return told("the target is at {price} already", price=shown(price, spec))
    distance = (price - position.price_current) * position.side.sign
    if price <= 0 or distance <= 0:
        where = told("above") if position.side.sign > 0 else told("below")
        side = position.side.value.upper()
        now = shown(position.price_current, spec)
        return told(
            "{price} is not {where} the price {now} of a {side}",
            price=shown(price, spec),
            where=where,
            now=now,
            side=side,
        )
    if distance < spec.stops_level * spec.point:
        return told(
            "{price} is nearer than the {stops_level} points the broker wants",
            price=shown(price, spec),
            stops_level=spec.stops_level,
        )
    return ""


def trail_problem(distance: Decimal, position: Position, spec: SymbolSpec) -> str:
    """Return why a stop cannot trail at that distance; empty where it can."""
    least = max(spec.stops_level * spec.point, spec.tick_size)
    if distance < least:
        return told("the broker wants at least {least}", least=shown_distance(least, spec))
    if distance >= position.price_current:
        return told(
            "{distance} is more than the price itself", distance=shown_distance(distance, spec)
        )
    return ""


def stop_words(position: Position, price: Decimal, spec: SymbolSpec, *, loosens: bool) -> str:
    """Return the question for a new stop."""
    what = f"#{position.ticket} {position.side.value.upper()} {position.symbol}"
    present = told("none") if position.stop_loss is None else shown(position.stop_loss, spec)
    away = shown_distance(abs(position.price_current - price), spec)
    lines = [
        told(
            "Move the stop of {what} from {present} to {price} ({away} away)?",
            what=what,
            present=present,
            price=shown(price, spec),
            away=away,
        )
    ]
    if loosens:
        lines.insert(0, told("This risks MORE than now."))
    return joined(lines)


def trail_words(position: Position, distance: Decimal, spec: SymbolSpec) -> str:
    """Return the question for a trailing stop, with what it would do at once."""
    what = f"#{position.ticket} {position.side.value.upper()} {position.symbol}"
    stop = on_far_tick(position.price_current - distance * position.side.sign, position.side, spec)
    moves = position.stop_loss is None or is_looser(position.stop_loss, stop, position.side)
    to = shown(stop, spec)
    now = told("The stop waits to reach {stop} now", stop=to)
    if moves:
        now = told("The stop goes to {stop} now", stop=to)
    return told(
        "Let the stop of {what} follow the price at {distance}?\n{now} and never moves back.",
        what=what,
        distance=shown_distance(distance, spec),
        now=now,
    )
