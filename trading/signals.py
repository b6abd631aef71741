"""Signals in: checked, stored once, put to every account."""

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from trading.decisions import Decided, DecideResult, Duplicate, Ingested
from trading.events import EventType
from trading.ids import AccountId, ApprovalId, MemberId
from trading.model import Decision, OrderType, SignalDraft
from trading.ports import SignalStore
from trading.reporting import Reporter
from trading.sources import ASKED, Offer
from trading.words import told

MOST_TARGETS = 10
LONGEST_WAIT = 90 * 24 * 3600
LONGEST_TTL = 7 * 24 * 3600
AUTOMATIC = "auto"
"""The detail of an approval that its source's mode gave."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a signal, in words."""

    field: str
    words: str


def faults(draft: SignalDraft) -> tuple[Fault, ...]:
    """Return everything wrong with a draft by itself: signs, sides, bounds."""
    found = [
        Fault(field, told("{field} must be above zero, not {value}", field=field, value=value))
        for field, value in _positives(draft)
        if not value.is_finite() or value <= 0
    ]
    if draft.risk_percent is not None and draft.risk_percent > 100:
        found.append(
            Fault(
                "risk_percent", told("a risk of {risk} % is above 100 %", risk=draft.risk_percent)
            )
        )
    if draft.order_type is not OrderType.MARKET and draft.entry is None:
        found.append(
            Fault("entry", told("a {kind} order needs an entry price", kind=draft.order_type))
        )
    if draft.expires_in is not None and not 1 <= draft.expires_in <= LONGEST_TTL:
        found.append(
            Fault("expires_in", told("expires_in must be 1 to {most} seconds", most=LONGEST_TTL))
        )
    if draft.good_for is not None and not 1 <= draft.good_for <= LONGEST_WAIT:
        found.append(
            Fault("good_for", told("good_for must be 1 to {most} seconds", most=LONGEST_WAIT))
        )
    if len(draft.take_profits) > MOST_TARGETS:
        found.append(Fault("take_profits", told("more than {most} targets", most=MOST_TARGETS)))
    return tuple(found) or (*_wrong_limit(draft), *_wrong_sides(draft))


def _wrong_limit(draft: SignalDraft) -> tuple[Fault, ...]:
    """A stop-limit buys no higher, and sells no lower, than where it is triggered."""
    limit, entry = draft.stop_limit, draft.entry
    if draft.order_type is not OrderType.STOP_LIMIT:
        if limit is None:
            return ()
        return (
            Fault("stop_limit", told("a {kind} order has no stop_limit", kind=draft.order_type)),
        )
    if limit is None or entry is None:
        return (Fault("stop_limit", told("a stop_limit order needs its limit price: stop_limit")),)
    if any((limit - price) * draft.side.sign > 0 for price in entry):
        words = told(
            "stop_limit {limit} is beyond the entry {entry} that triggers it",
            limit=limit,
            entry=entry[0],
        )
        return (Fault("stop_limit", words),)
    return ()


def _positives(draft: SignalDraft) -> list[tuple[str, Decimal]]:
    named: list[tuple[str, Decimal | None]] = [
        ("stop_loss", draft.stop_loss),
        ("stop_limit", draft.stop_limit),
        ("volume", draft.volume),
        ("risk_percent", draft.risk_percent),
        *(("entry", price) for price in draft.entry or ()),
        *(("take_profits", price) for price in draft.take_profits),
    ]
    return [(field, value) for field, value in named if value is not None]


def _wrong_sides(draft: SignalDraft) -> tuple[Fault, ...]:
    side, sign = draft.side.value.upper(), draft.side.sign
    low, high = draft.entry or (None, None)
    found = []
    stop = draft.stop_loss
    worse, better = (low, high) if sign > 0 else (high, low)
    above, below = (told("above"), told("below"))
    if sign < 0:
        above, below = below, above
    if stop is not None and worse is not None and (worse - stop) * sign <= 0:
        words = told(
            "stop {stop} is not {where} the entry {entry} of a {side}",
            stop=stop,
            where=below,
            entry=worse,
            side=side,
        )
        found.append(Fault("stop_loss", words))
    for target in draft.take_profits:
        if better is not None and (target - better) * sign <= 0:
            words = told(
                "target {target} is not {where} the entry {entry} of a {side}",
                target=target,
                where=above,
                entry=better,
                side=side,
            )
            found.append(Fault("take_profits", words))
        elif stop is not None and (target - stop) * sign <= 0:
            words = told(
                "stop {stop} and target {target} are on the same side of a {side}",
                stop=stop,
                target=target,
                side=side,
            )
            found.append(Fault("stop_loss", words))
    return tuple(found)


def digest(draft: SignalDraft) -> str:
    """Return a fingerprint of a signal's content: the same numbers give the same one."""
    plain = replace(
        draft,
        entry=None if draft.entry is None else (_plain(draft.entry[0]), _plain(draft.entry[1])),
        stop_loss=None if draft.stop_loss is None else _plain(draft.stop_loss),
        take_profits=tuple(_plain(price) for price in draft.take_profits),
        volume=None if draft.volume is None else _plain(draft.volume),
        risk_percent=None if draft.risk_percent is None else _plain(draft.risk_percent),
    )
    return hashlib.sha256(repr(plain).encode()).hexdigest()


def fingerprint(draft: SignalDraft) -> str:
    """Return what a signal asks for, whoever sent it and whatever size it names."""
    prices = [*(draft.entry or ()), draft.stop_loss, *draft.take_profits]
    numbers = ",".join("" if price is None else str(_plain(price)) for price in prices)
    return f"{draft.symbol} {draft.side} {draft.order_type} {len(draft.entry or ())} {numbers}"


def _plain(value: Decimal) -> Decimal:
    return Decimal(0) if not value else value.normalize()


def _nothing_expected(_account_id: AccountId) -> AbstractContextManager[None]:
    return nullcontext()


class SignalService:
    """Takes signals in from every source and decisions from every member."""

    def __init__(
        self,
        store: SignalStore,
        wake: Callable[[AccountId], None],
        reporter: Reporter,
        ttl_seconds: int,
        expect: Callable[[AccountId], AbstractContextManager[None]] = _nothing_expected,
    ) -> None:
        """``expect`` is held while a decision for that account is being stored."""
        self._store = store
        self._wake = wake
        self._expect = expect
        self._reporter = reporter
        self._ttl = ttl_seconds
        self._chores: list[tuple[Callable[[], Awaitable[int]], int]] = []
        self._calls = 0

    async def ingest(
        self, draft: SignalDraft, source: str, source_ref: str, offer: Offer = ASKED
    ) -> Ingested | Duplicate | tuple[Fault, ...]:
        """Store a signal and offer it; its faults instead, where it has any."""
        found = faults(draft)
        if found:
            return found
        ttl = timedelta(seconds=draft.expires_in or self._ttl)
        result = await self._store.ingest(
            draft, source, source_ref, offer.digest or digest(draft), ttl, offer
        )
        if isinstance(result, Ingested):
            self._reporter.event(
                EventType.SIGNAL_INGESTED, signal_id=result.signal_id, source=source
            )
            for account_id in result.accounts:
                self._wake(account_id)
        return result

    async def decide(
        self,
        approval_id: ApprovalId,
        member_id: MemberId,
        decision: Decision,
        revision: int = 0,
    ) -> DecideResult:
        """Record a tap; an approval wakes its account's loop."""
        account_id = await self._store.account_behind(approval_id)
        # The account is looked at meanwhile: what the order needs is then at hand.
        with nullcontext() if account_id is None else self._expect(account_id):
            result = await self._store.decide(approval_id, member_id, decision, revision)
        if isinstance(result, Decided):
            self._wake(result.account_id)
            self._reporter.event(
                EventType.APPROVAL_DECIDED,
                signal_id=result.signal_id,
                approval_id=approval_id,
                status=result.status.value,
            )
        return result

    def also(self, chore: Callable[[], Awaitable[int]], every: int = 1) -> None:
        """Do this too at every so many calls of ``expire``, which comes once a second."""
        self._chores.append((chore, every))

    async def expire(self) -> int:
        """End what nobody answered in time, then see to what else is due."""
        self._calls += 1
        ended = await self._store.expire()
        for chore, every in self._chores:
            if self._calls % every == 0:
                await chore()
        return ended
