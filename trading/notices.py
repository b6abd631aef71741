"""Everything worth telling a person, as data; how it looks is decided where it is sent."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Literal

from trading.drawdown.caps import CapAction
from trading.ids import AccountId, ApprovalId, SignalId, Ticket
from trading.model import (
    ApprovalStatus,
    DealReason,
    Live,
    OrderStatus,
    Proposal,
    Purpose,
    Role,
    Side,
    SignalDraft,
    TradingState,
)
from trading.positions.model import WishLine
from trading.results.report import Report
from trading.source_notices import (
    HeldCard,
    SourceDemoted,
    SourceFlood,
    SourceMet,
    StaleDropped,
    UpdateCard,
)


class Priority(IntEnum):
    """Lower goes first; CRITICAL is never muted and never expires."""

    CRITICAL = 0
    DECISION = 1
    INFO = 2
    ROUTINE = 3


@dataclass(frozen=True, slots=True)
class OrderView:
    """What became of an approval's order."""

    status: OrderStatus
    volume: Decimal | None
    filled_volume: Decimal
    average_price: Decimal | None
    expected_price: Decimal | None
    slippage: Decimal | None
    """Points against us (positive is worse), None while unknown."""
    ticket: Ticket | None
    retcode: int | None
    detail: str
    """The broker's refusal in words, or the code of our own denial."""
    facts: dict[str, str]
    """The numbers a denial was decided on."""
    unresolved: bool
    """The broker's answer is unknown: being asked for."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """How the last closed positions of a source went."""

    closed: int
    won: int
    result: Decimal


@dataclass(frozen=True, slots=True)
class ApprovalCard:
    """The question put to one account about one signal, in its present state."""

    approval_id: ApprovalId
    signal_id: SignalId
    account_id: AccountId
    account: str
    currency: str
    status: ApprovalStatus
    draft: SignalDraft
    source: str
    created_at: datetime
    expires_at: datetime
    proposal: Proposal | None
    decided_by: str | None
    decided_at: datetime | None
    detail: str
    order: OrderView | None
    needs_second: bool = False
    """Whether this risk takes two people's approval."""
    voters: tuple[str, ...] = ()
    """Who has approved it so far, where two must."""
    text: str = ""
    """The message it was read from; empty where it came field by field."""
    spans: tuple[tuple[int, int], ...] = ()
    """Where in the text the fields stand."""
    revision: int = 0
    """Counts the edits; a button belongs to one."""
    edited_by: str = ""
    half: bool = False
    """Half the volume was approved."""
    live: Live | None = None
    record: SourceRecord | None = None
    updates: tuple[WishLine, ...] = ()
    """What updates of its source asked of the broker for its trade, and what became of it."""
    kind: Literal["approval_card"] = "approval_card"


@dataclass(frozen=True, slots=True)
class OrderResolved:
    """An order whose fate was unknown was found, or found not to be, at the broker."""

    approval_id: ApprovalId | None
    purpose: Purpose
    account: str
    symbol: str
    order: OrderView
    evidence: str
    kind: Literal["order_resolved"] = "order_resolved"


@dataclass(frozen=True, slots=True)
class OrderUnconfirmed:
    """An order was sent and no answer settles whether it was executed."""

    approval_id: ApprovalId | None
    purpose: Purpose
    account: str
    symbol: str
    why: str
    kind: Literal["order_unconfirmed"] = "order_unconfirmed"


@dataclass(frozen=True, slots=True)
class OrderFailed:
    """A close, a cancel or a protective change was refused by the broker."""

    purpose: Purpose
    account: str
    symbol: str
    target: int | None
    words: str
    kind: Literal["order_failed"] = "order_failed"


@dataclass(frozen=True, slots=True)
class WishReport:
    """What became of everything one person confirmed at once."""

    confirm_id: int
    account: str
    currency: str
    by: str
    lines: tuple[WishLine, ...]
    kind: Literal["wish_report"] = "wish_report"


@dataclass(frozen=True, slots=True)
class RuleActed:
    """A rule closed a part of a position or moved its stop."""

    account: str
    symbol: str
    side: Side
    ticket: Ticket
    rule: str
    """``target``, ``break_even``, ``trail`` or ``time_limit``."""
    number: int
    volume: Decimal | None
    price: Decimal | None
    stop_loss: Decimal | None
    kind: Literal["rule_acted"] = "rule_acted"


@dataclass(frozen=True, slots=True)
class LevelsMissing:
    """A position of ours showed no stop, or no target, though its order had one."""

    symbol: str
    position_id: Ticket
    stop_loss: Decimal | None
    """The stop that was missing; None where only the target was."""
    take_profit: Decimal | None
    why: str
    """What refused the levels; empty where they are set now."""
    closing: bool
    kind: Literal["levels_missing"] = "levels_missing"


@dataclass(frozen=True, slots=True)
class TerminalNotReady:
    """What keeps a terminal from trading, in words; nothing once it may trade again."""

    account: str
    problems: tuple[str, ...]
    kind: Literal["terminal_not_ready"] = "terminal_not_ready"


@dataclass(frozen=True, slots=True)
class PositionClosed:
    """A position ended: by its stop, its target, a person or the broker."""

    account: str
    currency: str
    position_id: Ticket
    symbol: str
    side: Side
    volume: Decimal
    price: Decimal
    result: Decimal
    """Realised: profit + commission + swap + fee over all its deals."""
    reason: DealReason
    ours: bool
    remaining: Decimal
    cause: str = ""
    """What asked for it where this desk did: ``person``, ``target:1``, ``time_limit``."""
    by: str = ""
    """The person who asked."""
    kind: Literal["position_closed"] = "position_closed"


@dataclass(frozen=True, slots=True)
class ForeignTrade:
    """Something traded on the account that this desk did not order."""

    account: str
    symbol: str
    side: Side
    volume: Decimal
    price: Decimal
    position_id: Ticket
    kind: Literal["foreign_trade"] = "foreign_trade"


@dataclass(frozen=True, slots=True)
class DrawdownWarning:
    """A good part of the room to a cap is used up."""

    account: str
    currency: str
    cap: str
    level_percent: int
    drawdown_percent: Decimal
    equity: Decimal
    floor: Decimal
    room: Decimal
    then: CapAction = CapAction.CLOSE
    """What the cap does at its floor."""
    kind: Literal["drawdown_warning"] = "drawdown_warning"


@dataclass(frozen=True, slots=True)
class ResetWarning:
    """The next day of a daily cap would begin below its floor, as things stand."""

    account: str
    currency: str
    cap: str
    minutes: int
    at: datetime
    equity: Decimal
    floor: Decimal
    kind: Literal["reset_warning"] = "reset_warning"


@dataclass(frozen=True, slots=True)
class BalanceAsked:
    """The balance moved and no deal says why: was it paid, or won and lost?"""

    question_id: int
    account: str
    currency: str
    amount: Decimal
    answer: str | None
    """``flow`` or ``result`` once answered; ``deal`` where a late deal explained it."""
    by: str | None
    kind: Literal["balance_asked"] = "balance_asked"


@dataclass(frozen=True, slots=True)
class EntriesPaused:
    """A loss streak or a rolling loss has stopped entries for a while."""

    account: str
    currency: str
    rule: str
    value: str
    until: datetime | None
    kind: Literal["entries_paused"] = "entries_paused"


class LatchCause(StrEnum):
    CAP = "cap"
    PANIC = "panic"


@dataclass(frozen=True, slots=True)
class ClosedTicket:
    """One position of a flatten and what closing it brought so far."""

    ticket: Ticket
    symbol: str
    side: Side
    volume: Decimal
    result: Decimal | None
    problem: str
    """Why it is not closed yet; empty once it is."""


@dataclass(frozen=True, slots=True)
class FlattenReport:
    """A latched account and how far closing everything has come."""

    breach_id: int
    account: str
    currency: str
    cause: LatchCause
    asked_by: str
    cap: str
    drawdown_percent: Decimal | None
    cap_percent: Decimal | None
    equity: Decimal
    floor: Decimal | None
    at: datetime
    tickets: tuple[ClosedTicket, ...]
    pendings_removed: int
    flat_at: datetime | None
    equity_after: Decimal | None
    closes: bool = True
    """False where the cap only stops entries: positions keep their stops."""
    kind: Literal["flatten_report"] = "flatten_report"


@dataclass(frozen=True, slots=True)
class FlattenStuck:
    """Positions are still open minutes after they were to be closed."""

    breach_id: int
    account: str
    minutes: int
    tickets: tuple[ClosedTicket, ...]
    pendings: int = 0
    """Waiting orders that could not be removed."""
    kind: Literal["flatten_stuck"] = "flatten_stuck"


@dataclass(frozen=True, slots=True)
class DrawdownRecovered:
    """Equity is above every floor again; trading stays halted until an owner resumes."""

    account: str
    currency: str
    equity: Decimal
    floor: Decimal
    room: Decimal
    kind: Literal["drawdown_recovered"] = "drawdown_recovered"


@dataclass(frozen=True, slots=True)
class TradingStateChanged:
    """A person paused, resumed or halted an account."""

    account: str
    state: TradingState
    by: str
    canceled: int
    """Cards that were open and no longer are."""
    kind: Literal["trading_state_changed"] = "trading_state_changed"


@dataclass(frozen=True, slots=True)
class CapsChanged:
    """A drawdown cap was set or removed."""

    account: str
    currency: str
    by: str
    text: str
    floor: Decimal | None
    room: Decimal | None
    kind: Literal["caps_changed"] = "caps_changed"


@dataclass(frozen=True, slots=True)
class Blind:
    """The desk cannot see the account: entries are blocked, the guard cannot measure."""

    account: str
    why: str
    since: datetime
    healed_at: datetime | None
    kind: Literal["blind"] = "blind"


@dataclass(frozen=True, slots=True)
class LoopStalled:
    """No pass of the trading loop has ended for too long."""

    account: str
    seconds: int
    healed: bool
    kind: Literal["loop_stalled"] = "loop_stalled"


@dataclass(frozen=True, slots=True)
class AccountBeat:
    """One account's part of a heartbeat."""

    account: str
    currency: str
    trading_state: TradingState
    equity: Decimal | None
    room: Decimal | None
    drawdown_percent: Decimal | None
    positions_open: int
    pass_age: float | None
    orders_in_flight: int
    why_blind: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The live status message, edited in place."""

    at: datetime
    accounts: tuple[AccountBeat, ...]
    loop_duration_ms: float
    signals_lifetime: int
    trades_lifetime: int
    errors: int
    outbox_waiting: int
    interval: int
    members_seen: int = 0
    """Members' own accounts that can be read; their money is theirs to see."""
    members_blind: int = 0
    kind: Literal["heartbeat"] = "heartbeat"


@dataclass(frozen=True, slots=True)
class Started:
    """The desk is running (again)."""

    account: str
    currency: str
    equity: Decimal | None
    trading_state: TradingState
    positions_open: int
    orders_asked_for: int
    down_seconds: int | None
    simulated: bool
    kind: Literal["started"] = "started"


@dataclass(frozen=True, slots=True)
class PaymentBooked:
    """Days of a plan were paid for, given, or taken back with the money."""

    plan: str
    days: int
    provider: str
    amount: Decimal
    currency: str
    reference: str
    refunded: bool
    now_has: str
    until: datetime | None
    kind: Literal["payment_booked"] = "payment_booked"


@dataclass(frozen=True, slots=True)
class PaymentUnmatched:
    """Money came that fits no open invoice: it is kept on the books for an owner to settle."""

    provider: str
    reference: str
    amount: Decimal
    currency: str
    payer: int | None
    why: str
    kind: Literal["payment_unmatched"] = "payment_unmatched"


@dataclass(frozen=True, slots=True)
class PaidWithoutRights:
    """Somebody who has no rights here any more paid: booked, and an owner sees to the rest."""

    provider: str
    reference: str
    amount: Decimal
    currency: str
    payer: int
    kind: Literal["paid_without_rights"] = "paid_without_rights"


@dataclass(frozen=True, slots=True)
class PlanReminder:
    """A member's plan runs out, or has."""

    plan: str
    until: datetime
    ended: bool
    kind: Literal["plan_reminder"] = "plan_reminder"


@dataclass(frozen=True, slots=True)
class TerminalNews:
    """A member's own account was seen by its terminal, or why it was not: for them alone."""

    account: str
    server: str
    ok: bool
    words: str
    kind: Literal["terminal_news"] = "terminal_news"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A part of the house is broken, or works again."""

    part: str
    why: str
    since: datetime
    healed_at: datetime | None
    kind: Literal["trouble"] = "trouble"

    @property
    def healed(self) -> bool:
        return self.healed_at is not None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A member cannot be written to."""

    name: str
    telegram_id: int
    why: str
    kind: Literal["unreachable"] = "unreachable"


@dataclass(frozen=True, slots=True)
class MailTrouble:
    """Mail does not get out, or an address does not take it."""

    address: str
    """The refused address; empty where it is the mail server."""
    why: str
    kind: Literal["mail_trouble"] = "mail_trouble"


@dataclass(frozen=True, slots=True)
class RightsChanged:
    """A person was let in, given another role, or shut out."""

    name: str
    telegram_id: int
    role: Role | None
    account: str
    """Empty: every account."""
    by: str
    kind: Literal["rights_changed"] = "rights_changed"


@dataclass(frozen=True, slots=True)
class Digest:
    """What was held for the end of a person's quiet hours."""

    since: datetime
    items: "tuple[Notice, ...]"
    more: int
    """Older ones that are not among the items."""
    kind: Literal["digest"] = "digest"


@dataclass(frozen=True, slots=True)
class ReportDue:
    """A planned report's hour has come."""

    report: Report
    kind: Literal["report_due"] = "report_due"


Notice = (
    ApprovalCard
    | SourceMet
    | SourceFlood
    | StaleDropped
    | HeldCard
    | SourceDemoted
    | UpdateCard
    | OrderResolved
    | OrderUnconfirmed
    | OrderFailed
    | WishReport
    | RuleActed
    | LevelsMissing
    | TerminalNotReady
    | PositionClosed
    | ForeignTrade
    | DrawdownWarning
    | ResetWarning
    | BalanceAsked
    | EntriesPaused
    | FlattenReport
    | FlattenStuck
    | DrawdownRecovered
    | TradingStateChanged
    | CapsChanged
    | Blind
    | LoopStalled
    | Heartbeat
    | Started
    | TerminalNews
    | Trouble
    | PaymentBooked
    | PaymentUnmatched
    | PaidWithoutRights
    | PlanReminder
    | Unreachable
    | MailTrouble
    | RightsChanged
    | Digest
    | ReportDue
)
