"""Paper trades of shadow sources: the same quotes, the same stops, no order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from trading.clock import Clock
from trading.ids import SignalId
from trading.model import OrderType, Quote, SignalDraft

FRESH = 30.0
"""Seconds since a quote last changed; an older one moves no paper trade."""
LONGEST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper trade: waiting for its entry, open, closed, or missed."""

    signal_id: SignalId
    draft: SignalDraft
    status: str
    created_at: datetime
    expires_at: datetime
    opened_price: Decimal | None = None
    opened_at: datetime | None = None
    closed_price: Decimal | None = None
    closed_at: datetime | None = None
    reason: str = ""
    hits: int = 0
    """Targets reached; an equal part is closed at each."""
    r: Decimal | None = None
    """Result in units of the risk taken, so far."""


def advance(paper: Paper, bid: Decimal, ask: Decimal, now: datetime) -> Paper:
    """Return a paper trade after one quote: entries pay the spread, stops fill at the quote."""
    if paper.status == "waiting":
        paper = _enter(paper, bid, ask, now)
    return _manage(paper, bid, ask, now) if paper.status == "open" else paper


def _enter(paper: Paper, bid: Decimal, ask: Decimal, now: datetime) -> Paper:
    draft = paper.draft
    sign = draft.side.sign
    price = ask if sign > 0 else bid
    if now >= paper.expires_at:
        return replace(paper, status="missed", closed_at=now, reason="not reached in time")
    stop = draft.stop_loss
    if stop is not None and (price - stop) * sign <= 0:
        return replace(paper, status="missed", closed_at=now, reason="its stop came first")
    if not _reached(draft, price):
        return paper
    return replace(paper, status="open", opened_price=price, opened_at=now, r=Decimal(0))


def _reached(draft: SignalDraft, price: Decimal) -> bool:
    """Tell whether an entry would be made at this price: the zone or better, a stop or beyond."""
    if draft.entry is None:
        return True
    low, high = draft.entry
    sign = draft.side.sign
    if draft.order_type is OrderType.STOP:
        return (price - (low if sign > 0 else high)) * sign >= 0
    return (price - (high if sign > 0 else low)) * sign <= 0


def _manage(paper: Paper, bid: Decimal, ask: Decimal, now: datetime) -> Paper:
    draft = paper.draft
    sign = draft.side.sign
    price = bid if sign > 0 else ask
    if draft.stop_loss is not None and (price - draft.stop_loss) * sign <= 0:
        return _closed(paper, price, now, "stop")
    while paper.hits < len(draft.take_profits):
        target = draft.take_profits[paper.hits]
        if (price - target) * sign < 0:
            break
        paper = _part(paper, target)
    if draft.take_profits and paper.hits == len(draft.take_profits):
        last = draft.take_profits[-1]
        return replace(paper, status="closed", closed_price=last, closed_at=now, reason="targets")
    if paper.opened_at is not None and now - paper.opened_at > LONGEST:
        return _closed(paper, price, now, "time")
    return paper


def _share(paper: Paper) -> Decimal:
    return Decimal(1) / max(1, len(paper.draft.take_profits))


def _r_at(paper: Paper, price: Decimal) -> Decimal:
    opened, stop = paper.opened_price, paper.draft.stop_loss
    if opened is None or stop is None or opened == stop:
        return Decimal(0)
    return (price - opened) * paper.draft.side.sign / abs(opened - stop)


def _part(paper: Paper, price: Decimal) -> Paper:
    gained = _share(paper) * _r_at(paper, price)
    return replace(paper, hits=paper.hits + 1, r=(paper.r or Decimal(0)) + gained)


def _closed(paper: Paper, price: Decimal, now: datetime, reason: str) -> Paper:
    left = Decimal(1) - _share(paper) * paper.hits
    r = (paper.r or Decimal(0)) + left * _r_at(paper, price)
    return replace(
        paper, status="closed", closed_price=price, closed_at=now, reason=reason, r=round(r, 4)
    )


class PaperStore(Protocol):
    """Paper trades; each call is one transaction."""

    async def working(self) -> list[Paper]:
        """Return the paper trades that wait or are open."""

    async def keep(self, papers: Sequence[Paper]) -> None:
        """Keep the ones that changed."""


class PaperTrader:
    """Moves every paper trade by the quotes the desk sees anyway."""

    def __init__(
        self, store: PaperStore, quote_of: Callable[[str], Quote | None], clock: Clock
    ) -> None:
        self._store = store
        self._quote_of = quote_of
        self._clock = clock

    async def step(self) -> int:
        """Look once at every paper trade; return how many changed."""
        now = self._clock.now()
        changed = []
        for paper in await self._store.working():
            quote = self._quote_of(paper.draft.symbol)
            if quote is None or quote.age is None or quote.age > FRESH:
                continue
            moved = advance(paper, quote.bid, quote.ask, now)
            if moved != paper:
                changed.append(moved)
        if changed:
            await self._store.keep(changed)
        return len(changed)
