"""Whether the prices of a draft fit each other; the answer is in a trader's words."""

from decimal import Decimal
from itertools import pairwise

from trading.model import Side, SignalDraft
from trading.parser.symbols import is_coin
from trading.words import told

_WIDEST = Decimal("0.3")
"""A stop or target further than this share from the entry is a typing mistake."""
_WIDEST_STOP = Decimal("0.1")
"""So is a stop of anything but a coin further than this."""
_WIDEST_STEP = 20
"""So is a target this many times further than the one before it: 4712, then 4172."""


def why_not(draft: SignalDraft) -> str | None:
    """Return what is wrong with the prices of a draft; None where they fit."""
    checks = (_zone_is_narrow, _stop_is_behind, _stop_is_near, _targets_are_ahead, _prices_are_near)
    for check in checks:
        why = check(draft)
        if why is not None:
            return why
    return None


def _zone_is_narrow(draft: SignalDraft) -> str | None:
    if draft.entry is None:
        return None
    low, high = draft.entry
    if high - low > low * Decimal("0.1"):
        return told("the entry zone {low} to {high} is too wide", low=low, high=high)
    return None


def _stop_is_behind(draft: SignalDraft) -> str | None:
    stop = draft.stop_loss
    if stop is None:
        return None
    side = draft.side.value.upper()
    where = told("above") if draft.side is Side.BUY else told("below")
    worst = _edge(draft, -draft.side.sign)
    if worst is not None and (worst - stop) * draft.side.sign <= 0:
        return told(
            "stop {stop} is {where} the entry {worst} of a {side}",
            stop=stop,
            where=where if stop != worst else told("at"),
            worst=worst,
            side=side,
        )
    first = draft.take_profits[0] if draft.take_profits else None
    if first is not None and (first - stop) * draft.side.sign <= 0:
        return told(
            "stop {stop} is {where} the target {first} of a {side}",
            stop=stop,
            where=where,
            first=first,
            side=side,
        )
    return None


def _stop_is_near(draft: SignalDraft) -> str | None:
    """Refuse a stop with a wrong first digit: 3170 for 4170; coins may have wide ones."""
    worst = _edge(draft, -draft.side.sign)
    if worst is None or draft.stop_loss is None or is_coin(draft.symbol):
        return None
    if abs(draft.stop_loss - worst) <= worst * _WIDEST_STOP:
        return None
    return told(
        "{name} {price} is too far from {base}",
        name=told("stop"),
        price=draft.stop_loss,
        base=worst,
    )


def _targets_are_ahead(draft: SignalDraft) -> str | None:
    side, sign = draft.side.value.upper(), draft.side.sign
    where = told("below") if draft.side is Side.BUY else told("above")
    best = _edge(draft, sign)
    for target in draft.take_profits:
        if best is not None and (target - best) * sign <= 0:
            return told(
                "target {target} is {where} the entry {best} of a {side}",
                target=target,
                where=where,
                best=best,
                side=side,
            )
    for nearer, further in pairwise(draft.take_profits):
        if (further - nearer) * sign <= 0:
            return told(
                "target {further} comes after {nearer} in a {side}",
                further=further,
                nearer=nearer,
                side=side,
            )
    return None


def _prices_are_near(draft: SignalDraft) -> str | None:
    named = [(told("stop"), draft.stop_loss), *((told("target"), tp) for tp in draft.take_profits)]
    prices = [(name, price) for name, price in named if price is not None]
    base = draft.entry[0] if draft.entry else (prices[0][1] if prices else None)
    if base is None:
        return None
    for name, price in prices:
        if abs(price - base) > base * _WIDEST:
            return told("{name} {price} is too far from {base}", name=name, price=price, base=base)
    if draft.entry is None:
        return None
    for nearer, further in pairwise(draft.take_profits):
        if abs(further - base) > abs(nearer - base) * _WIDEST_STEP:
            name = told("target")
            return told(
                "{name} {price} is too far from {base}", name=name, price=further, base=nearer
            )
    return None


def _edge(draft: SignalDraft, sign: int) -> Decimal | None:
    if draft.entry is None:
        return None
    low, high = draft.entry
    return high if sign > 0 else low
