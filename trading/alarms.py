"""What rings until a person has seen it, whom it rings, and what folds into one message."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from trading.notices import (
    Blind,
    FlattenReport,
    FlattenStuck,
    LoopStalled,
    Notice,
    OrderFailed,
    OrderResolved,
    OrderUnconfirmed,
    Priority,
    Unreachable,
)

RINGS: Final = tuple(timedelta(minutes=one) for one in (2, 2, 3, 5, 10))
LAST_RING: Final = timedelta(minutes=15)
"""How long until the next ring: soon at first, then every quarter of an hour without end."""
ESCALATE: Final = timedelta(minutes=5)
"""After so long without an answer the next owner is rung as well."""
FOLD: Final = timedelta(minutes=10)
"""The same alarm within so long of its last repeat is the same message."""
FOLD_WHOLE: Final = timedelta(hours=1)
"""A message that has gathered repeats for so long is followed by a new one."""
SOUND_AGAIN: Final = timedelta(seconds=5)
"""A critical alarm that comes back is a new message, unless the last one is younger than this."""


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An alarm as its message tells it."""

    id: int
    opened_at: datetime
    rings: int
    asked: tuple[str, ...]
    """Who was rung before the reader and did not answer."""
    acked_by: str | None
    acked_at: datetime | None
    over: bool
    """Whether its cause has ended: then nobody needs to answer any more."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Where a notice belongs among repeats of itself."""

    key: str
    rings: bool
    """Whether it opens an alarm that must be acknowledged."""
    ends: bool
    """Whether it tells that the alarm of this key is over."""
    anew: bool = False
    """Whether each time is a new event that must be seen, however lately the last one was."""


def fold_of(notice: Notice, priority: Priority) -> Fold | None:
    """Return the fold of a notice, None for one that stands for itself."""
    state = _state(notice)
    if state is not None or isinstance(notice, FlattenReport):
        return state
    critical = priority is Priority.CRITICAL
    if critical or isinstance(notice, OrderFailed | Unreachable):
        return Fold(_fingerprint(notice), rings=critical, ends=False)
    return None


def _state(notice: Notice) -> Fold | None:
    """Return the fold of what tells a state that begins and ends, or that is worth one alarm."""
    match notice:
        case Blind():
            return _pair(f"blind:{notice.account}", over=notice.healed_at is not None, anew=True)
        case LoopStalled():
            return _pair(f"stalled:{notice.account}", over=notice.healed, anew=True)
        case OrderUnconfirmed():
            return _pair(f"unconfirmed:{_order(notice)}", over=False)
        case OrderResolved():
            return _pair(f"unconfirmed:{_order(notice)}", over=True)
        case FlattenReport():
            # Flat or not, a person has to see that it happened: only /ack ends its ringing.
            key = f"breach:{notice.account}:{notice.breach_id}"
            return None if notice.flat_at is not None else _pair(key, over=False)
        case FlattenStuck():
            return _pair(f"stuck:{notice.account}:{notice.breach_id}", over=False)
        case _:
            return None


def _pair(key: str, *, over: bool, anew: bool = False) -> Fold:
    return Fold(key, rings=not over, ends=over, anew=anew)


def _order(notice: OrderUnconfirmed | OrderResolved) -> str:
    return f"{notice.account}:{notice.symbol}:{notice.purpose}:{notice.approval_id}"


def _fingerprint(notice: Notice) -> str:
    return f"{notice.kind}:{hashlib.sha256(repr(notice).encode()).hexdigest()[:16]}"


def next_ring(rings: int) -> timedelta:
    """Return how long after the ring of that number (0: the message itself) the next one is."""
    return RINGS[rings] if rings < len(RINGS) else LAST_RING


def how_many(opened: datetime, now: datetime, people: int) -> int:
    """Return how many of the people in line are rung by now: one more each interval."""
    return min(people, 1 + (now - opened) // ESCALATE)
