"""What a source is worth: its record from what it said, what was taken and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median
from typing import Protocol

from trading.sources import Source, SourceId, SourceMode


@dataclass(frozen=True, slots=True)
class Trade:
    """One signal's finished trade, real or on paper."""

    paper: bool
    result: Decimal | None
    """Account currency; None on paper."""
    r: Decimal | None
    """In units of the risk at entry; None where that is not known."""
    claimed_r: Decimal | None
    """What its source says it brought, by the furthest target it called hit."""
    slippage: Decimal | None
    """Points against us at the entry."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What came in from a source."""

    signals: int
    taken: int
    held: int
    refused: int
    stale: int
    edited: int
    latencies: tuple[float, ...]
    """Seconds from the message's own time to the desk."""


@dataclass(frozen=True, slots=True)
class Score:
    """A source's record; what cannot be known is None."""

    source: Source
    counts: Counts
    trades: int
    paper_trades: int
    win_rate: Decimal | None
    """Percent of the finished trades."""
    average_r: Decimal | None
    result: Decimal
    claimed_r: Decimal | None
    """Average claimed, over the trades something was claimed of."""
    real_r: Decimal | None
    """Average real, over the same trades."""
    claims: int
    slippage: Decimal | None
    latency: float | None


def score(source: Source, counts: Counts, trades: Sequence[Trade]) -> Score:
    """Return the record of a source; real and paper trades count alike."""
    known = [one.r for one in trades if one.r is not None]
    both = [one for one in trades if one.claimed_r is not None and one.r is not None]
    slips = [one.slippage for one in trades if one.slippage is not None]
    won = sum(is_win(one) for one in trades)
    return Score(
        source=source,
        counts=counts,
        trades=sum(not one.paper for one in trades),
        paper_trades=sum(one.paper for one in trades),
        win_rate=Decimal(100 * won) / len(trades) if trades else None,
        average_r=_mean(known),
        result=sum((one.result or Decimal(0) for one in trades), Decimal(0)),
        claimed_r=_mean([one.claimed_r for one in both if one.claimed_r is not None]),
        real_r=_mean([one.r for one in both if one.r is not None]),
        claims=len(both),
        slippage=_mean(slips),
        latency=median(counts.latencies) if counts.latencies else None,
    )


def is_win(trade: Trade) -> bool:
    """Tell whether a finished trade brought something."""
    value = trade.r if trade.result is None else trade.result
    return value is not None and value > 0


def streak(trades: Sequence[Trade]) -> tuple[int, Decimal | None]:
    """Return how many of the latest trades lost in a row, and what they lost together in R.

    ``trades`` come newest first; one that ended even breaks a streak.
    """
    lost = []
    for trade in trades:
        value = trade.r if trade.result is None else trade.result
        if value is None or value >= 0:
            break
        lost.append(trade)
    known = [trade.r for trade in lost if trade.r is not None]
    return len(lost), sum(known, Decimal(0)) if known else None


def _mean(values: Sequence[Decimal]) -> Decimal | None:
    return sum(values, Decimal(0)) / len(values) if values else None


class ScoreStore(Protocol):
    """What is known of the past; each call is one transaction."""

    async def sources(self) -> list[Source]:
        """Return all sources, oldest first."""

    async def source(self, source_id: SourceId) -> Source | None:
        """Return a source by its number."""

    async def record(self, source: Source) -> tuple[Counts, list[Trade]]:
        """Return what came from a source and its finished trades, newest first."""

    async def automatic_trades(self, source: Source) -> list[Trade]:
        """Return finished trades nobody was asked about since auto was set, newest first."""

    async def demote(self, source: Source, losses: int, result_r: Decimal | None) -> Source | None:
        """Put an auto source back to ask, tell its owners; None where it is not auto any more."""


class ScoreService:
    """Shows records, and takes auto away from a source that loses too often in a row."""

    def __init__(self, store: ScoreStore, changed: Callable[[Source], None]) -> None:
        self._store = store
        self._changed = changed

    async def of(self, source: Source) -> Score:
        """Return the record of one source."""
        counts, trades = await self._store.record(source)
        return score(source, counts, trades)

    async def every(self) -> list[Score]:
        """Return the record of every source that sent something, best average first."""
        scores = [await self.of(one) for one in await self._store.sources()]
        known = [one for one in scores if one.counts.signals or one.counts.held]
        return sorted(known, key=lambda one: one.average_r or Decimal(-99), reverse=True)

    async def watch(self) -> int:
        """Demote every auto source whose losing streak reached its limit; return how many."""
        demoted = 0
        for source in await self._store.sources():
            limit = source.settings.auto.losses
            if source.settings.mode is not SourceMode.AUTO or not limit:
                continue
            losses, result_r = streak(await self._store.automatic_trades(source))
            if losses < limit:
                continue
            changed = await self._store.demote(source, losses, result_r)
            if changed is not None:
                self._changed(changed)
                demoted += 1
        return demoted


def demoted_settings(source: Source) -> Source:
    """Return an auto source as it asks again, its limits kept."""
    return replace(source, settings=replace(source.settings, mode=SourceMode.ASK))
