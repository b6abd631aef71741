"""Labelled fields of a message: what a scan of its items finds."""

from dataclasses import dataclass, field

from trading.parser.tagger import Item
from trading.parser.vocabulary import Tag


@dataclass(slots=True)
class Field:
    """A labelled field while it is being read: its numbers and what stands between them."""

    tag: Tag
    label: Item
    index: int | None = None
    values: list[Item] = field(default_factory=list)
    separators: list[str] = field(default_factory=list)
    """Before each value; empty before the first."""
    pips: list[Item] = field(default_factory=list)
    """Distances instead of prices: "30 pips"."""
    note: Item | None = None
    """The number with "pips" that closes a list: "20-50-100 pips" are distances all."""
    unlabelled: list[Item] = field(default_factory=list)
    """Bare numbers on lines of their own below an entry."""
    ambiguous: bool = False
    """A bare "stop" behind side and symbol: an order type or a stop loss."""
    open_ended: bool = False
    trouble: str | None = None

    @property
    def waits(self) -> bool:
        return not (self.values or self.open_ended or self.pips or self.trouble)


@dataclass(slots=True)
class Scan:
    """All that was found, in the order of the message."""

    events: list[Item | Field] = field(default_factory=list)
    strays: list[Item] = field(default_factory=list)
    """Numbers that could be prices and belong to no field."""
    asides: list[Item] = field(default_factory=list)
    """Numbers behind words that price nothing: "support around 2612"."""
    sole_symbols: list[Item] = field(default_factory=list)
    """Symbols that have a line of their own, as no name of a channel and no hashtag has."""
