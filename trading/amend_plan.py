"""What an update asks for, as acts on the positions and orders it is tied to: pure rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.ids import AccountId, ApprovalId, MemberId, SignalId, Ticket
from trading.model import PendingOrder, Position, Side, SymbolSpec
from trading.money import floor_to_step
from trading.parser import SignalUpdate, UpdateKind
from trading.positions.model import Ask, WishKind
from trading.positions.rules import is_looser
from trading.words import listed, told

HALF = Decimal("0.5")
_CLOSING = frozenset({UpdateKind.CLOSE_ALL, UpdateKind.CLOSE_SIDE, UpdateKind.CLOSE_WORST_ENTRY})
_ENDING = frozenset({UpdateKind.CLOSE_ALL, UpdateKind.CLOSE_SIDE, UpdateKind.CANCEL})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing of a source that an update may be about."""

    signal_id: SignalId
    approval_id: ApprovalId
    account_id: AccountId
    symbol: str
    """As the signal names it."""
    side: Side
    open_card: bool
    """Its card still waits for an answer."""
    order_ticket: Ticket | None
    """Of its pending order."""
    position_id: Ticket | None
    replied: bool
    """The update answers the message it came from."""
    member_id: MemberId | None = None
    """Whose own account it is on; None for the desk's."""


@dataclass(frozen=True, slots=True)
class Tied:
    """A candidate with what it is at the broker now."""

    candidate: Candidate
    position: Position | None = None
    pending: PendingOrder | None = None
    spec: SymbolSpec | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done about one thing, and what a person should know of it."""

    tied: Tied
    asks: tuple[Ask, ...] = ()
    withdraw: bool = False
    """Close its open card."""
    loosens: bool = False
    unsure: bool = False
    """The message leaves a choice to make, so a person makes it."""
    words: str = ""

    @property
    def acts(self) -> bool:
        return bool(self.asks) or self.withdraw


def narrowed(found: Sequence[Tied], update: SignalUpdate, *, reply: bool) -> list[Tied]:
    """Return what an update can be about: what it answers, else its symbol's and side's."""
    chosen = [one for one in found if one.candidate.replied] if reply else list(found)
    if reply and not chosen and update.symbol is not None:
        chosen = list(found)
    if update.symbol is not None:
        chosen = [one for one in chosen if one.candidate.symbol == update.symbol]
    if update.side is not None:
        chosen = [one for one in chosen if one.candidate.side is update.side]
    if UpdateKind.CLOSE_WORST_ENTRY in update.kinds:
        return _worst(chosen)
    return chosen


def _worst(found: Sequence[Tied]) -> list[Tied]:
    """Return the position that was entered worst; one alone is not the worst of several."""
    held = [one for one in found if one.position is not None]
    if len(held) < 2:
        return []

    def loss(one: Tied) -> Decimal:
        assert one.position is not None
        return one.position.price_open * one.position.side.sign

    return [max(held, key=loss)]


def plan(update: SignalUpdate, tied: Tied, offset: Decimal) -> Plan:
    """Return what an update means for one thing; ``offset`` moves its prices to our feed."""
    if tied.position is not None:
        return _on_position(update, tied, tied.position, offset)
    if tied.pending is not None:
        return _on_pending(update, tied, tied.pending)
    if tied.candidate.open_card and _ENDING.intersection(update.kinds):
        return Plan(tied, withdraw=True, words=told("close its open card, no trade"))
    return Plan(tied, words=told("its card is still open: nothing to change yet"))


def _on_pending(update: SignalUpdate, tied: Tied, pending: PendingOrder) -> Plan:
    if not _ENDING.intersection(update.kinds):
        return Plan(tied, words=told("its order still waits: nothing to change yet"))
    ask = Ask(WishKind.CANCEL, pending.ticket, pending.symbol, pending.side)
    return Plan(
        tied, (ask,), words=told("take back the {kind} order", kind=pending.order_type.value)
    )


def _on_position(update: SignalUpdate, tied: Tied, position: Position, offset: Decimal) -> Plan:
    if _CLOSING.intersection(update.kinds):
        ask = Ask(WishKind.CLOSE, position.ticket, position.symbol, position.side)
        return Plan(tied, (ask,), words=told("close all {volume} lots", volume=position.volume))
    parts = [_part(update, position, tied.spec), _levels(update, position, offset)]
    asks = tuple(ask for ask, _, _ in parts if ask is not None)
    words = listed(said for _, said, _ in parts if said)
    if not words and UpdateKind.CANCEL in update.kinds:
        words = told("its order was filled already: a cancel does not close it")
    return Plan(
        tied,
        asks,
        loosens=any(loosens for _, _, loosens in parts),
        unsure=UpdateKind.PARTIAL_CLOSE in update.kinds and update.fraction is None,
        words=words or told("nothing to do"),
    )


_Part = tuple[Ask | None, str, bool]


def _part(update: SignalUpdate, position: Position, spec: SymbolSpec | None) -> _Part:
    if UpdateKind.PARTIAL_CLOSE not in update.kinds:
        return None, "", False
    share = update.fraction or HALF
    if spec is None:
        return None, told("its lot step is not known: no part can be closed now"), False
    volume = floor_to_step(position.volume * share, spec.volume_step)
    if volume < spec.volume_min or position.volume - volume < spec.volume_min:
        return None, told("{volume} lots cannot be split", volume=position.volume), False
    ask = Ask(WishKind.CLOSE, position.ticket, position.symbol, position.side, volume=volume)
    return (
        ask,
        told("close {volume} of {held} lots", volume=volume, held=position.volume),
        False,
    )


def _levels(update: SignalUpdate, position: Position, offset: Decimal) -> _Part:
    """Return one change of stop and target together, for the broker takes both at once."""
    stop, said = _stop(update, position, offset)
    target = _target(update, position, offset)
    words = [said] if said else []
    if target is not None:
        words.append(told("target to {target}", target=target))
    if stop is None and target is None:
        return None, listed(words), False
    looser = stop is not None and is_looser(stop, position.stop_loss, position.side)
    further = target is not None and _is_further(target, position)
    ask = Ask(
        WishKind.PROTECT,
        position.ticket,
        position.symbol,
        position.side,
        stop_loss=stop,
        take_profit=target,
        may_loosen=looser,
    )
    shown = listed(words)
    if looser or further:
        shown = told("{words} (looser)", words=shown)
    return ask, shown, looser or further


def _stop(update: SignalUpdate, position: Position, offset: Decimal) -> tuple[Decimal | None, str]:
    sign = position.side.sign
    if UpdateKind.SL_TO_BE in update.kinds:
        stop = position.price_open
        name = told("stop to the entry {stop}", stop=stop)
    elif UpdateKind.SET_SL in update.kinds and update.price is not None:
        stop = update.price + offset
        name = told(
            "stop from {stop_loss} to {stop}",
            stop_loss=position.stop_loss or told("none"),
            stop=stop,
        )
    else:
        return None, ""
    if (position.price_current - stop) * sign <= 0:
        return None, told(
            "no {name}: the price {price_current} is beyond it",
            name=name,
            price_current=position.price_current,
        )
    if stop == position.stop_loss:
        return None, told("the stop is at {stop} already", stop=stop)
    return stop, name


def _target(update: SignalUpdate, position: Position, offset: Decimal) -> Decimal | None:
    """Return the broker's new target: the last that is named, where it is ahead of the price."""
    if UpdateKind.SET_TP not in update.kinds:
        return None
    prices = [price for _, price in sorted(update.take_profits.items())]
    if not prices and update.price is not None and UpdateKind.SET_SL not in update.kinds:
        prices = [update.price]
    ahead = [
        price + offset
        for price in prices
        if (price + offset - position.price_current) * position.side.sign > 0
    ]
    return ahead[-1] if ahead and ahead[-1] != position.take_profit else None


def _is_further(target: Decimal, position: Position) -> bool:
    present = position.take_profit
    return present is not None and (target - present) * position.side.sign > 0
