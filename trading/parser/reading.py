"""What a message turned out to be: signals, an update, a held message, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from trading.model import Side, SignalDraft

Span = tuple[int, int]
"""Start and end (exclusive) of a field in the original text."""


class UpdateKind(StrEnum):
    TP_HIT = "tp_hit"
    SL_TO_BE = "sl_to_be"
    SET_SL = "set_sl"
    SET_TP = "set_tp"
    PARTIAL_CLOSE = "partial_close"
    CLOSE_ALL = "close_all"
    CLOSE_SIDE = "close_side"
    CLOSE_WORST_ENTRY = "close_worst_entry"
    CANCEL = "cancel"

    @property
    def closes(self) -> bool:
        """Tell whether acting on it would close a position, whole or in part."""
        return self in _CLOSING


_CLOSING = frozenset(
    {
        UpdateKind.PARTIAL_CLOSE,
        UpdateKind.CLOSE_ALL,
        UpdateKind.CLOSE_SIDE,
        UpdateKind.CLOSE_WORST_ENTRY,
    }
)


@dataclass(frozen=True, slots=True)
class SignalUpdate:
    """What a message asks to be done with a signal that is already out."""

    kinds: tuple[UpdateKind, ...]
    price: Decimal | None = None
    fraction: Decimal | None = None
    """Share of the position to close, 0 to 1; None where the message names none."""
    symbol: str | None = None
    side: Side | None = None
    tp_index: int | None = None
    take_profits: Mapping[int, Decimal] = field(default_factory=dict)
    """New take profits by their number, where several are set at once."""


@dataclass(frozen=True, slots=True)
class ParsedSignal:
    """One proposal to trade, and where in the message each of its parts stands."""

    draft: SignalDraft
    spans: Mapping[str, Span]
    """Keyed symbol, side, entry, sl, tp1 … tpN."""
    conditional: bool = False
    """The message says "above" or "below" the entry: it is a level to wait for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The reading of one message; at most one of signals, update and held is set."""

    signals: tuple[ParsedSignal, ...] = ()
    update: SignalUpdate | None = None
    held: str | None = None
    """Why a message that looks like a signal is not taken, in a trader's words."""
    guess: SignalDraft | None = None
    """What a held message says where only its prices do not fit, or some of its words are not
    understood; for a person to correct or to take."""
    unread: tuple[Span, ...] = ()
    """Where the words stand in the original text that are not understood."""

    @property
    def is_signal(self) -> bool:
        return bool(self.signals)

    @property
    def is_update(self) -> bool:
        return self.update is not None

    @property
    def is_held(self) -> bool:
        return self.held is not None

    @property
    def is_chatter(self) -> bool:
        """Tell whether there is nothing in the message to act on or to ask about."""
        return not (self.signals or self.update or self.held)


CHATTER = Reading()
