"""Cards that wait: what an approver may change, what the market did, and why one was rejected."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from trading.clock import Clock
from trading.drawdown.caps import short_name
from trading.drawdown.state import Observation
from trading.ids import AccountId, ApprovalId, MemberId
from trading.model import (
    Approval,
    CapRoom,
    Live,
    Member,
    OrderType,
    Proposal,
    Quote,
    Side,
    SignalDraft,
    Snapshot,
    Terms,
)
from trading.money import parse_decimal
from trading.signals import faults
from trading.symbols import SymbolBook
from trading.words import told

LIVE_SECONDS = 15.0
"""How often a waiting card follows the price: Telegram allows a group 20 edits a minute."""
CARDS_AT_ONCE = 4
"""With more cards waiting each follows the price more rarely."""
LONGEST_REASON = 80
REASONS = tuple(
    told(one) for one in ("too late", "bad price", "too much risk", "news ahead", "don't trust it")
)


class LiveStore(Protocol):
    """What following the price needs; each call is one transaction."""

    async def offered(self, account_id: AccountId) -> list[Approval]:
        """Return the cards that are shown and wait for an answer."""

    async def live(self, approval_id: ApprovalId, live: Live) -> None:
        """Show the market beside a card that still waits."""


class LiveCards:
    """Lets cards that wait follow the price, within what Telegram allows."""

    def __init__(self, store: LiveStore, symbols: SymbolBook, clock: Clock) -> None:
        self._store = store
        self._symbols = symbols
        self._clock = clock
        self._due = 0.0
        self._shown: dict[ApprovalId, Live] = {}

    async def follow(
        self, account_id: AccountId, snapshot: Snapshot, rooms: tuple[CapRoom, ...]
    ) -> None:
        """Show what changed since the last look; nothing before the next one is due."""
        now = self._clock.monotonic()
        if now < self._due:
            return
        waiting = await self._store.offered(account_id)
        self._due = now + LIVE_SECONDS * max(1.0, len(waiting) / CARDS_AT_ONCE)
        shown, self._shown = self._shown, {}
        for approval in waiting:
            live = self._of(approval, snapshot, rooms)
            if live is None:
                continue
            self._shown[approval.id] = live
            if shown.get(approval.id) != live:
                await self._store.live(approval.id, live)

    def _of(
        self, approval: Approval, snapshot: Snapshot, rooms: tuple[CapRoom, ...]
    ) -> Live | None:
        proposal = approval.proposal
        if proposal is None:
            return None
        quote, spec = snapshot.quotes.get(proposal.symbol), self._symbols.spec(proposal.symbol)
        if quote is None or spec is None:
            return None
        return live_of(approval.signal.draft, proposal.price, quote, spec.point, rooms)


def live_of(
    draft: SignalDraft,
    entry: Decimal,
    quote: Quote,
    point: Decimal,
    rooms: tuple[CapRoom, ...],
) -> Live:
    """Return how far the price has run from the card's entry, in points and in R."""
    price = quote.entry_price(draft.side)
    drift = (price - entry) * draft.side.sign
    risk = None if draft.stop_loss is None else (entry - draft.stop_loss) * draft.side.sign
    drift_r = None if risk is None or risk <= 0 else (drift / risk).quantize(Decimal("0.01"))
    return Live(price, (drift / point).quantize(Decimal(1)), drift_r, rooms)


def rooms_of(observations: Sequence[Observation]) -> tuple[CapRoom, ...]:
    """Return what is left to each cap, the nearest first, in whole money."""
    found = [CapRoom(short_name(one.cap), one.room.quantize(Decimal(1))) for one in observations]
    return tuple(sorted(found, key=lambda one: one.room))


@dataclass(frozen=True, slots=True)
class Edited:
    """The card was changed and is worked out anew."""

    account_id: AccountId


@dataclass(frozen=True, slots=True)
class NotEdited:
    """Nothing was changed, and why."""

    words: str


class EditStore(Protocol):
    """What changing a card needs; each call is one transaction."""

    async def approval(self, approval_id: ApprovalId) -> Approval | None:
        """Return an approval with its terms applied."""

    async def offered(self, account_id: AccountId) -> list[Approval]:
        """Return the cards of an account that wait for an answer."""

    async def of_signal(self, member_id: MemberId, signal_id: int) -> list[Approval]:
        """Return the questions a signal puts to a member's accounts."""

    async def edit(
        self, approval_id: ApprovalId, member_id: MemberId, terms: Terms
    ) -> AccountId | str:
        """Put new terms in force where the card waits and is as it was; else say why not."""

    async def give_reason(self, approval_id: ApprovalId, member_id: MemberId, reason: str) -> bool:
        """Keep why someone rejected; False where it is not theirs to say."""


class Waker(Protocol):
    """Hurries an account's loop."""

    def wake(self, account_id: AccountId) -> None:
        """Ask for a pass."""


class CardService:
    """Changes cards for the people who decide on them."""

    def __init__(self, store: EditStore, loop: Waker) -> None:
        self._store = store
        self._loop = loop

    async def edit(self, member: Member, approval_id: ApprovalId, text: str) -> Edited | NotEdited:
        """Change stop, targets or volume as typed; the card then shows the new numbers."""
        approval = await self._store.approval(approval_id)
        if approval is None:
            return NotEdited(told("this card is not known"))
        terms = read_terms(text, approval)
        if isinstance(terms, str):
            return NotEdited(terms)
        terms = replace(terms, edited_by=member.name)
        result = await self._store.edit(approval_id, member.id, terms)
        if isinstance(result, str):
            return NotEdited(result)
        self._loop.wake(result)
        return Edited(result)

    async def offered(self, account_id: AccountId) -> list[Approval]:
        """Return the cards of an account that wait for an answer."""
        return await self._store.offered(account_id)

    async def of_signal(self, member: Member, signal_id: int) -> list[Approval]:
        """Return the questions a signal puts to a member's accounts."""
        return await self._store.of_signal(member.id, signal_id)

    async def give_reason(self, member: Member, approval_id: ApprovalId, reason: str) -> bool:
        """Keep why a member rejected a card."""
        return await self._store.give_reason(approval_id, member.id, reason[:LONGEST_REASON])


_NAMES = {
    "sl": "stop", "stop": "stop", "tp": "target", "target": "target", "targets": "target",
    "vol": "volume", "volume": "volume", "lots": "volume", "lot": "volume", "risk": "risk",
}  # fmt: skip


def read_terms(text: str, approval: Approval) -> Terms | str:
    """Return the terms with the changes that were typed, or what is wrong with them."""
    found: dict[str, list[Decimal]] = {}
    name = ""
    for word in text.lower().replace(":", " ").replace("=", " ").split():
        if word in _NAMES:
            name = _NAMES[word]
            found.setdefault(name, [])
            continue
        value = parse_decimal(word.strip(","))
        if value is None or not name or value <= 0:
            return told("“{word}” was not understood", word=word[:20])
        found[name].append(value)
    for name, values in found.items():
        if not values or (name != "target" and len(values) != 1):
            needed = told("prices") if name == "target" else told("one number")
            return told("{name} needs {needed} behind it", name=name, needed=needed)
    if not found:
        return told("nothing to change was named")
    terms = _changed(approval.terms, found)
    wrong = faults(terms.applied(approval.signal.draft))
    return wrong[0].words if wrong else terms


def _changed(terms: Terms, found: dict[str, list[Decimal]]) -> Terms:
    def last(name: str) -> Decimal | None:
        return found[name][-1] if name in found else None

    volume, risk = last("volume"), last("risk")
    by_risk = risk is not None and volume is None
    return replace(
        terms,
        revision=terms.revision + 1,
        stop_loss=last("stop") or terms.stop_loss,
        take_profits=tuple(found["target"]) if "target" in found else terms.take_profits,
        volume=None if by_risk else volume or terms.volume,
        risk_percent=risk or (None if volume is not None else terms.risk_percent),
    )


def limit_price(draft: SignalDraft, proposal: Proposal) -> Decimal:
    """Return the entry to wait for: the signal's own, at its far end from the stop, or the card's.

    A zone is entered at the end the market reaches first.
    """
    if draft.entry is None:
        return proposal.price
    low, high = draft.entry
    return high if draft.side is Side.BUY else low


def at_once(draft: SignalDraft, terms: Terms, quote: Quote | None) -> SignalDraft:
    """Return a market order where the price to wait for is there already, or better."""
    if terms.limit is None or quote is None:
        return draft
    if (quote.entry_price(draft.side) - terms.limit) * draft.side.sign > 0:
        return draft
    return replace(draft, order_type=OrderType.MARKET)
