"""How every notice looks in the chat: the only place with user-facing words for them."""

from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Final, assert_never

from handlers.cards import (
    billing,
    guard,
    letters,
    orders,
    people,
    positions,
    results,
    signal,
    sources,
    status,
    updates,
)
from handlers.cards.text import Card, as_plain, clock, fit
from handlers.texts import t
from trading.notices import (
    ApprovalCard,
    BalanceAsked,
    Blind,
    CapsChanged,
    Digest,
    DrawdownRecovered,
    DrawdownWarning,
    EntriesPaused,
    FlattenReport,
    FlattenStuck,
    ForeignTrade,
    Heartbeat,
    LevelsMissing,
    LoopStalled,
    MailTrouble,
    Notice,
    OrderFailed,
    OrderResolved,
    OrderUnconfirmed,
    PaidWithoutRights,
    PaymentBooked,
    PaymentUnmatched,
    PlanReminder,
    PositionClosed,
    ReportDue,
    ResetWarning,
    RightsChanged,
    RuleActed,
    Started,
    TerminalNews,
    TerminalNotReady,
    TradingStateChanged,
    Trouble,
    Unreachable,
    WishReport,
)
from trading.source_notices import (
    HeldCard,
    SourceDemoted,
    SourceFlood,
    SourceMet,
    StaleDropped,
    UpdateCard,
)

__all__ = ["Card", "Render", "render"]

Render = Callable[[Notice, datetime], Card]
_HEADLINE: Final = 110


def render(notice: Notice, now: datetime) -> Card:
    """Return the message for a notice as it should look at this instant."""
    if isinstance(notice, ApprovalCard):
        return Card(fit(signal.text(notice, now)), signal.keyboard(notice, now))
    if isinstance(notice, BalanceAsked):
        return Card(fit(guard.balance_asked(notice)), guard.balance_keyboard(notice))
    if isinstance(notice, HeldCard):
        return Card(fit(sources.held(notice, now)), sources.held_keyboard(notice, now))
    if isinstance(notice, UpdateCard):
        return Card(fit(updates.text(notice, now)), updates.keyboard(notice, now))
    return Card(fit(_text(notice, now)))


def _text(notice: Notice, now: datetime) -> str:  # noqa: C901 - a flat table of every notice
    match notice:
        case ApprovalCard():
            return signal.text(notice, now)
        case SourceMet():
            return sources.met(notice)
        case SourceFlood():
            return sources.flood(notice)
        case StaleDropped():
            return sources.stale(notice, now)
        case HeldCard():
            return sources.held(notice, now)
        case SourceDemoted():
            return sources.demoted(notice)
        case UpdateCard():
            return updates.text(notice, now)
        case OrderResolved():
            return orders.resolved(notice)
        case OrderUnconfirmed():
            return orders.unconfirmed(notice)
        case OrderFailed():
            return orders.failed(notice)
        case WishReport():
            return positions.report(notice)
        case RuleActed():
            return positions.rule(notice)
        case LevelsMissing():
            return orders.levels_missing(notice)
        case TerminalNotReady():
            return orders.not_ready(notice)
        case PositionClosed():
            return orders.closed(notice)
        case ForeignTrade():
            return orders.foreign_trade(notice)
        case DrawdownWarning():
            return guard.warning(notice)
        case ResetWarning():
            return guard.reset_warning(notice)
        case BalanceAsked():
            return guard.balance_asked(notice)
        case EntriesPaused():
            return guard.entries_paused(notice)
        case FlattenReport():
            return guard.flatten(notice)
        case FlattenStuck():
            return guard.stuck(notice)
        case DrawdownRecovered():
            return guard.recovered(notice)
        case TradingStateChanged():
            return guard.state_changed(notice)
        case CapsChanged():
            return guard.caps_changed(notice)
        case Blind():
            return status.blind(notice, now)
        case LoopStalled():
            return status.stalled(notice)
        case Heartbeat():
            return status.heartbeat(notice)
        case Started():
            return status.started(notice)
        case PaymentBooked():
            return billing.booked(notice)
        case PaidWithoutRights():
            return billing.without_rights(notice)
        case PaymentUnmatched():
            return billing.unmatched(notice)
        case PlanReminder():
            return billing.reminder(notice, now)
        case TerminalNews():
            return status.terminal_news(notice)
        case Trouble():
            return status.trouble(notice, now)
        case MailTrouble():
            return letters.trouble(notice)
        case Unreachable():
            return status.unreachable(notice)
        case RightsChanged():
            return people.rights_changed(notice)
        case Digest():
            return _digest(notice, now)
        case ReportDue():
            return results.report(notice.report)
        case _:
            assert_never(notice)


def _digest(notice: Digest, now: datetime) -> str:
    """Return the first line of everything that was held, oldest first."""
    count = len(notice.items) + notice.more
    head = t(
        "🌙 <b>{count} messages</b> since {since}", count=count, since=clock(notice.since, now)
    )
    lines = [f"• {_headline(one, now)}" for one in notice.items]
    if notice.more:
        lines.insert(0, t("{count} older ones are left out", count=notice.more))
    return "\n".join([head, *lines])


def _headline(notice: Notice, now: datetime) -> str:
    lines = [as_plain(line) for line in _text(notice, now).split("\n")]
    shown = " · ".join(" ".join(line.split()) for line in lines[:2] if line)
    return escape(shown[:_HEADLINE], quote=False)
