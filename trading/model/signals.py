"""Proposals to trade, the question each puts to an account, and our refusals."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.ids import AccountId, ApprovalId, SignalId
from trading.model.terms import OrderType, Side


@dataclass(frozen=True, slots=True)
class SignalDraft:
    """A proposal to trade, as read from a message, a request or a command."""

    symbol: str
    side: Side
    order_type: OrderType
    entry: tuple[Decimal, Decimal] | None
    """Lowest and highest price of the entry zone (equal for one price); None is the market."""
    stop_loss: Decimal | None
    take_profits: tuple[Decimal, ...] = ()
    volume: Decimal | None = None
    """Lots asked for by name; None sizes by risk."""
    risk_percent: Decimal | None = None
    stop_limit: Decimal | None = None
    expires_in: int | None = None
    """Seconds an approver has; None takes the desk's default."""
    comment: str = ""
    good_for: int | None = None
    """Seconds a waiting order stays at the broker; None until somebody removes it."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A stored proposal; ``source`` and ``source_ref`` together are its idempotency key."""

    id: SignalId
    source: str
    source_ref: str
    draft: SignalDraft
    created_at: datetime
    expires_at: datetime


class ApprovalStatus(StrEnum):
    OFFERED = "offered"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELED = "canceled"
    ORDERED = "ordered"


class Decision(StrEnum):
    APPROVE = "approve"
    HALF = "half"
    """Approve half the volume on the card."""
    LIMIT = "limit"
    """Approve, but wait for the entry price instead of paying the market's."""
    REJECT = "reject"


class DenialReason(StrEnum):
    """Why we refuse an entry before it is sent: a closed list."""

    SIGNAL_EXPIRED = "signal_expired"
    ACCOUNT_NOT_ACTIVE = "account_not_active"
    TERMINAL_NOT_READY = "terminal_not_ready"
    SNAPSHOT_STALE = "snapshot_stale"
    EQUITY_UNREADABLE = "equity_unreadable"
    ORDER_UNRESOLVED = "order_unresolved"
    SYMBOL_UNKNOWN = "symbol_unknown"
    SYMBOL_NOT_TRADABLE = "symbol_not_tradable"
    QUOTE_STALE = "quote_stale"
    SPREAD_TOO_WIDE = "spread_too_wide"
    PRICE_RAN = "price_ran"
    PRICE_WRONG_SIDE = "price_wrong_side"
    STOP_MISSING = "stop_missing"
    STOP_WRONG_SIDE = "stop_wrong_side"
    STOP_TOO_CLOSE = "stop_too_close"
    TARGET_WRONG_SIDE = "target_wrong_side"
    VOLUME_TOO_SMALL = "volume_too_small"
    VOLUME_TOO_LARGE = "volume_too_large"
    VOLUME_OFF_STEP = "volume_off_step"
    MARGIN_TOO_SMALL = "margin_too_small"
    TOO_MANY_POSITIONS = "too_many_positions"
    DUPLICATE_POSITION = "duplicate_position"
    OPPOSITE_POSITION = "opposite_position"
    FOREIGN_POSITION = "foreign_position"
    CAP_REACHED = "cap_reached"
    WORST_CASE_BELOW_FLOOR = "worst_case_below_floor"
    ORDER_RATE = "order_rate"
    SESSION_CLOSED = "session_closed"
    SESSION_WINDOW = "session_window"
    WEEKEND_WINDOW = "weekend_window"
    SPREAD_UNKNOWN = "spread_unknown"
    PRICE_UNKNOWN = "price_unknown"
    RISK_UNKNOWN = "risk_unknown"
    EXPOSURE_UNKNOWN = "exposure_unknown"
    MARGIN_UNKNOWN = "margin_unknown"
    TOO_MANY_IN_SYMBOL = "too_many_in_symbol"
    TOO_MANY_IN_CURRENCY = "too_many_in_currency"
    LOSS_STREAK = "loss_streak"
    LOSS_LOOKBACK = "loss_lookback"
    BALANCE_UNEXPLAINED = "balance_unexplained"


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal of ours: the code, and the numbers it was decided on."""

    reason: DenialReason
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that was checked before an entry, as ``/why`` shows it."""

    rule: str
    value: str
    limit: str
    denial: Denial | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What approving a signal would do on one account, as worked out for its card."""

    symbol: str
    """The broker's name of it."""
    digits: int
    price: Decimal
    """What the entry would pay now, or the pending order's price."""
    spread_points: int | None
    volume: Decimal | None
    """Lots; None where ``problem`` says why there are none."""
    risk_money: Decimal | None
    """Account currency lost at the stop; None without a stop."""
    risk_percent: Decimal | None
    """The same in percent of own equity."""
    reward_risk: tuple[Decimal, ...]
    """For each target, its distance over the stop's."""
    worst_equity: Decimal | None
    """Own equity if every stop were hit, this one included."""
    floor: Decimal | None
    """The highest floor of the account's caps."""
    problem: "Denial | None"
    """Why it would be denied if it were approved now."""
    simulated: bool
    ladder: tuple[Decimal, ...] = ()
    """Lots closed at each target before the last; empty where all is closed at one."""
    half: Decimal | None = None
    """Half the volume on the broker's step; None where that is below the minimum."""
    rooms: tuple["CapRoom", ...] = ()
    """What is left to each cap, before this trade."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How approvers changed what a signal proposes, for one account."""

    revision: int = 0
    """Counts the edits: a tap on an older card does not count."""
    size: Decimal = Decimal(1)
    """The part of the volume that was approved."""
    limit: Decimal | None = None
    """The entry to wait for, instead of the market's price."""
    stop_loss: Decimal | None = None
    take_profits: tuple[Decimal, ...] | None = None
    volume: Decimal | None = None
    risk_percent: Decimal | None = None
    edited_by: str = ""

    def applied(self, draft: SignalDraft) -> SignalDraft:
        """Return the draft as it is to be ordered."""
        changed = replace(
            draft,
            stop_loss=draft.stop_loss if self.stop_loss is None else self.stop_loss,
            take_profits=draft.take_profits if self.take_profits is None else self.take_profits,
            volume=self.volume if self.volume is not None or self.risk_percent else draft.volume,
            risk_percent=self.risk_percent or draft.risk_percent,
        )
        if self.limit is None:
            return changed
        return replace(changed, order_type=OrderType.LIMIT, entry=(self.limit, self.limit))


NO_CHANGE = Terms()


@dataclass(frozen=True, slots=True)
class CapRoom:
    """What is left to one cap."""

    name: str
    room: Decimal


@dataclass(frozen=True, slots=True)
class Live:
    """The market beside a card that waits."""

    price: Decimal
    """What the entry would pay now."""
    drift: Decimal
    """Points from the card's entry to it; positive is worse for us."""
    drift_r: Decimal | None
    """The same over the way to the stop; None without one."""
    rooms: tuple[CapRoom, ...]


@dataclass(frozen=True, slots=True)
class Approval:
    """The question put to one account about one signal, and its answer."""

    id: ApprovalId
    signal: Signal
    account_id: AccountId
    status: ApprovalStatus
    expires_at: datetime
    proposal: Proposal | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    terms: Terms = NO_CHANGE
    """Already applied to the signal's draft."""
