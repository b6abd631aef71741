"""Updates to signals: tied to their trade, then asked about or carried out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from trading.amend_plan import Candidate, Plan, Tied, narrowed, plan
from trading.ids import AccountId, MemberId, SignalId
from trading.loop import TradingLoop
from trading.model import Member
from trading.parser import SignalUpdate, UpdateKind
from trading.positions.model import Ask
from trading.sources import PERSON, Source
from trading.words import joined, told

ASKED_FOR = timedelta(minutes=15)
_SAYS_ONLY = frozenset({UpdateKind.TP_HIT})


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be done on one account for one signal."""

    account_id: AccountId
    signal_id: SignalId
    asks: tuple[Ask, ...]
    withdraw: bool
    loosens: bool


@dataclass(frozen=True, slots=True)
class Option:
    """One trade an update may be about, as a button says it."""

    signal_id: SignalId
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class NewAmendment:
    """An update about to be asked about, or carried out at once (``acts``)."""

    ref: str
    text: str
    update: SignalUpdate
    options: tuple[Option, ...]
    accounts: tuple[AccountId, ...]
    acts: tuple[Act, ...]
    ttl: timedelta


@dataclass(frozen=True, slots=True)
class Amendment:
    """An update that still waits for a person."""

    id: int
    source: Source
    update: SignalUpdate
    signals: tuple[SignalId, ...]
    accounts: tuple[AccountId, ...]


class AmendStore(Protocol):
    """Updates; each call is one transaction."""

    async def candidates(
        self, source: str | None, reply_ref: str | None, by: MemberId | None
    ) -> list[Candidate]:
        """Return what of a source (None: of any) is open: cards, orders, positions.

        ``by``: only on accounts where that person may trade.
        """

    async def propose_update(self, source: Source, new: NewAmendment) -> bool:
        """Write an update down with its acts or its card; False where it is known already."""

    async def claim(
        self, source: Source, ref: str, reply_ref: str | None, symbol: str | None, target: int
    ) -> bool:
        """Note that a source calls a target hit."""

    async def amendment(self, amendment_id: int) -> Amendment | None:
        """Return an update that still waits."""

    async def carry_out(
        self, amendment_id: int, member_id: MemberId, acts: Sequence[Act]
    ) -> str | None:
        """Turn a waiting update into wishes, once; the words of a refusal, or None."""

    async def drop_update(self, amendment_id: int, member_id: MemberId) -> str | None:
        """End a waiting update undone."""

    async def expire_updates(self) -> int:
        """End what nobody answered in time."""


class AmendService:
    """Ties updates to trades; what only tightens may go without asking, if its source may."""

    def __init__(
        self, store: AmendStore, loop: TradingLoop, wake: Callable[[AccountId], None]
    ) -> None:
        self._store = store
        self._loop = loop
        self._wake = wake

    async def take(
        self,
        source: Source,
        ref: str,
        reply_ref: str | None,
        update: SignalUpdate,
        text: str,
        by: MemberId | None = None,
    ) -> str:
        """Tie an update to its trade and act or ask; return what was done in words.

        A person's is about the accounts where they may trade, and always asked. Each member's
        own account gets a card of its own, which nobody else answers for it.
        """
        if UpdateKind.TP_HIT in update.kinds:
            await self._store.claim(source, ref, reply_ref, update.symbol, update.tp_index or 1)
        if _SAYS_ONLY.issuperset(update.kinds):
            return told("noted: a target was reached, nothing is asked for")
        found = await self._tied(source, reply_ref, by)
        fitting = narrowed(found, update, reply=reply_ref is not None)
        plans = [self._plan(source, update, one) for one in fitting]
        acting = [one for one in plans if one.acts]
        if not acting:
            why = joined(dict.fromkeys(one.words for one in plans), "; ")
            return (
                told("an update: {why}", why=why)
                if why
                else told("an update, and nothing open here fits it")
            )
        words = []
        for place, some in _by_owner(acting):
            new = _amendment(f"{ref}{place}", text, update, some)
            if not place and by is None and source.settings.tighten:
                new = replace(new, acts=_sure_acts(some))
            if not await self._store.propose_update(source, new):
                words.append(told("this update is known already"))
            elif new.acts:
                self._wake_all(new.acts)
                words.append(told("an update, being carried out"))
            else:
                words.append(told("an update: the card asks what to do"))
        return joined(dict.fromkeys(words), "; ")

    async def act(self, member: Member, amendment_id: int, signal_id: int) -> str:
        """Carry an update out on one signal (0: on all it may be about), as things stand now."""
        waiting = await self._store.amendment(amendment_id)
        if waiting is None:
            return told("This one is settled already.")
        wanted = set(waiting.signals) if signal_id == 0 else {SignalId(signal_id)}
        found = await self._tied(waiting.source, None, None)
        chosen = [
            one
            for one in found
            if one.candidate.signal_id in wanted.intersection(waiting.signals)
            and one.candidate.account_id in waiting.accounts
        ]
        plans = [self._plan(waiting.source, waiting.update, one) for one in chosen]
        acts = _acts([one for one in plans if one.acts])
        if not acts:
            return told("Nothing is left to do: it is closed or changed already.")
        refusal = await self._store.carry_out(amendment_id, member.id, acts)
        if refusal is None:
            self._wake_all(acts)
        return refusal or told("Taken. The result follows.")

    async def drop(self, member: Member, amendment_id: int) -> str:
        """End an update undone."""
        return await self._store.drop_update(amendment_id, member.id) or told("Ignored.")

    async def expire(self) -> int:
        """End what nobody answered in time."""
        return await self._store.expire_updates()

    def _wake_all(self, acts: Sequence[Act]) -> None:
        for account_id in {one.account_id for one in acts}:
            self._wake(account_id)

    async def _tied(self, source: Source, reply_ref: str | None, by: MemberId | None) -> list[Tied]:
        # A person speaks of any trade of their accounts; a channel only of its own.
        name = None if source.key.startswith(PERSON) else source.name
        found = await self._store.candidates(name, reply_ref, by)
        return [tied for tied in map(self._at_broker, found) if tied is not None]

    def _at_broker(self, one: Candidate) -> Tied | None:
        """Return a candidate with its position or order as last seen; None where it is over."""
        if one.open_card:
            return Tied(one)
        loop = self._loop.of(one.account_id)
        if loop is None or loop.snapshot is None:
            return None
        for position in loop.snapshot.positions:
            if position.identifier == one.position_id:
                return Tied(one, position=position, spec=loop.symbols.spec(position.symbol))
        for pending in loop.snapshot.orders:
            if pending.ticket == one.order_ticket:
                return Tied(one, pending=pending)
        return None

    def _plan(self, source: Source, update: SignalUpdate, tied: Tied) -> Plan:
        offset = source.settings.offset.get(update.symbol or tied.candidate.symbol, Decimal(0))
        return plan(update, tied, offset)


def _by_owner(plans: Sequence[Plan]) -> list[tuple[str, list[Plan]]]:
    """Return the desk's plans together, and those of each member's account by themselves."""
    groups: dict[str, list[Plan]] = {}
    for one in plans:
        its = one.tied.candidate
        groups.setdefault("" if its.member_id is None else f"@{its.account_id}", []).append(one)
    return list(groups.items())


def _amendment(ref: str, text: str, update: SignalUpdate, plans: Sequence[Plan]) -> NewAmendment:
    signals = dict.fromkeys(one.tied.candidate.signal_id for one in plans)
    return NewAmendment(
        ref=ref,
        text=text,
        update=update,
        options=tuple(_option(signal, plans) for signal in signals),
        accounts=tuple(dict.fromkeys(one.tied.candidate.account_id for one in plans)),
        acts=(),
        ttl=ASKED_FOR,
    )


def _sure_acts(plans: Sequence[Plan]) -> tuple[Act, ...]:
    """Return what may be done without asking: of one signal, and nothing looser or in doubt."""
    signals = {one.tied.candidate.signal_id for one in plans}
    if len(signals) > 1 or any(one.loosens or one.unsure for one in plans):
        return ()
    return tuple(_acts(plans))


def _acts(plans: Sequence[Plan]) -> list[Act]:
    return [
        Act(
            one.tied.candidate.account_id,
            one.tied.candidate.signal_id,
            one.asks,
            one.withdraw,
            one.loosens,
        )
        for one in plans
    ]


def _option(signal: SignalId, plans: Sequence[Plan]) -> Option:
    mine = [one for one in plans if one.tied.candidate.signal_id == signal]
    first = mine[0].tied.candidate
    words = joined(dict.fromkeys(one.words for one in mine), "; ")
    return Option(signal, f"{first.side.value.upper()} {first.symbol} ({signal})", words)
