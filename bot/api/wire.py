"""Records as the API shows them: amounts as exact text, instants in ISO 8601 and UTC.

Each field is named here, so that a new one of a record is not told before somebody decides so.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from bot.health import HealthReport
from trading.model import Deal, Member
from trading.overview import (
    AccountView,
    CapView,
    Delivery,
    DeliveryCounts,
    DeskCounts,
    Fate,
    PersonRow,
    PositionView,
    Revenue,
    SignalRow,
)
from trading.plans import Standing
from trading.results.figures import SpanResult, Tally
from trading.results.views import Trade
from trading.tokens import ApiToken

Json = dict[str, object]
T = TypeVar("T")


def amount(value: Decimal | None) -> str | None:
    """Return an exact decimal without an exponent."""
    return None if value is None else f"{value:f}"


def instant(at: datetime | None) -> str | None:
    """Return an instant in UTC with milliseconds, such as 2026-11-26T17:00:00.000Z."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def listed(rows: Iterable[T], wire: Callable[[T], Json], cursor: str | None) -> Json:
    """Return a page: its rows and where the next one begins."""
    return {"items": [wire(row) for row in rows], "next": cursor}


def account(one: AccountView) -> Json:
    return {
        "id": one.account.id,
        "login": one.account.login,
        "server": one.account.server,
        "currency": one.account.currency,
        "state": one.account.trading_state.value,
        "role": one.role.value,
        "holder": one.holder or None,
        "live": one.live,
        "problem": str(one.problem) or None,
        "equity": amount(one.own_equity),
        "balance": amount(one.balance),
        "floating": amount(one.floating),
        "room": amount(one.room),
        "open_risk": amount(one.open_risk),
        "positions": one.positions,
        "pending": one.pending,
        "read_at": instant(one.read_at),
        "caps": [cap(each) for each in one.caps],
    }


def cap(one: CapView) -> Json:
    return {
        "kind": one.kind.value,
        "name": str(one.name),
        "action": one.action.value,
        "floor": amount(one.floor),
        "room": amount(one.room),
        "used": None if one.used is None else f"{one.used:.6f}",
    }


def position(one: PositionView) -> Json:
    return {
        "account_id": one.account.id,
        "ticket": str(one.ticket),
        "symbol": one.symbol,
        "side": one.side.value,
        "volume": amount(one.volume),
        "price_open": amount(one.price_open),
        "price_current": amount(one.price_current),
        "stop_loss": amount(one.stop_loss),
        "take_profit": amount(one.take_profit),
        "result": amount(one.result),
        "source": one.source or None,
        "signal_id": one.signal_id,
        "opened_at": instant(one.opened_at),
    }


def fate(one: Fate) -> Json:
    return {
        "approval_id": one.approval_id,
        "signal_id": one.signal_id,
        "account_id": one.account_id,
        "at": instant(one.at),
        "source": one.source,
        "symbol": one.symbol,
        "side": one.side.value,
        "order_type": one.order_type.value,
        "fate": one.kind.value,
        "detail": str(one.detail) or None,
        "decided_by": one.decided_by,
        "unresolved": one.unresolved,
        "filled": amount(one.filled),
        "price": amount(one.price),
        "net": amount(one.net),
    }


def trade(one: Trade) -> Json:
    return {
        "id": one.id,
        "position_id": str(one.position_id),
        "symbol": one.symbol,
        "side": one.side.value,
        "opened_at": instant(one.opened_at),
        "closed_at": instant(one.closed_at),
        "volume": amount(one.volume),
        "price_in": amount(one.price_in),
        "price_out": amount(one.price_out),
        "net": amount(one.net),
        "r": amount(one.r),
        "source": one.source,
        "reason": one.reason,
    }


def deal(one: Deal) -> Json:
    return {
        "ticket": str(one.ticket),
        "order": str(one.order),
        "position_id": str(one.position_id),
        "type": one.deal_type.value,
        "entry": one.entry.value,
        "symbol": one.symbol,
        "volume": amount(one.volume),
        "price": amount(one.price),
        "profit": amount(one.profit),
        "swap": amount(one.swap),
        "commission": amount(one.commission),
        "fee": amount(one.fee),
        "reason": one.reason.value,
        "at": instant(one.at),
    }


def tally(one: Tally) -> Json:
    return {
        "trades": one.trades,
        "wins": one.wins,
        "losses": one.losses,
        "net": amount(one.net),
        "profit_factor": _ratio(one.profit_factor),
        "expectancy": _ratio(one.expectancy),
        "average_r": _ratio(one.average_r),
    }


def span(one: SpanResult) -> Json:
    return {
        "first": one.first.isoformat(),
        "result": amount(one.booked.result),
        "percent": _ratio(one.percent),
        "flows": amount(one.booked.flows),
        "closed": tally(one.tally),
    }


def signal(one: SignalRow) -> Json:
    return {
        "id": one.id,
        "at": instant(one.at),
        "source": one.source,
        "symbol": one.symbol,
        "side": one.side.value,
        "order_type": one.order_type.value,
        "mode": one.mode,
        "fates": {kind.value: count for kind, count in one.fates.items()},
    }


def delivery(one: Delivery) -> Json:
    return {
        "id": one.id,
        "to": one.to,
        "kind": one.kind,
        "priority": one.priority,
        "status": one.status,
        "attempts": one.attempts,
        "error": one.error or None,
        "created_at": instant(one.created_at),
        "sent_at": instant(one.sent_at),
    }


def delivery_counts(one: DeliveryCounts) -> Json:
    return {
        "waiting": one.waiting,
        "sending": one.sending,
        "dead": one.dead,
        "oldest": instant(one.oldest),
    }


def counts(one: DeskCounts, positions: int) -> Json:
    return {
        "people": one.people,
        "accounts": {str(state): count for state, count in one.accounts.items()},
        "waiting": one.waiting,
        "positions": positions,
    }


def person(one: PersonRow) -> Json:
    return {
        "id": one.member.id,
        "telegram_id": one.member.telegram_id,
        "name": one.member.name,
        "role": one.member.role.value,
        "everywhere": None if one.everywhere is None else one.everywhere.value,
        "reachable": one.member.reachable,
        "own_accounts": one.own,
        "granted_accounts": one.granted,
        "plan": plan(one.standing),
        "paid": {currency: amount(value) for currency, value in one.paid.items()},
    }


def plan(one: Standing) -> Json:
    return {
        "key": one.plan.key,
        "name": one.plan.name,
        "until": instant(one.until),
        "in_grace": one.in_grace,
    }


def me(member: Member, token: ApiToken, standing: Standing, *, owns_desk: bool) -> Json:
    return {
        "id": member.id,
        "name": member.name,
        "role": member.role.value,
        "owns_desk": owns_desk,
        "plan": plan(standing),
        "token": {
            "prefix": token.prefix,
            "scopes": sorted(token.scopes),
            "expires_at": instant(token.expires_at),
        },
    }


def revenue(one: Revenue) -> Json:
    return {
        "months": [
            {
                "month": each.month,
                "provider": each.provider,
                "currency": each.currency,
                "payments": each.payments,
                "amount": amount(each.amount),
                "refunded": amount(each.refunded),
            }
            for each in one.months
        ],
        "unmatched": [
            {
                "provider": each.provider,
                "reference": each.reference,
                "amount": amount(each.amount),
                "currency": each.currency,
                "why": str(each.why),
                "at": instant(each.at),
            }
            for each in one.strays
        ],
        "open_invoices": one.open_invoices,
        "holders": dict(one.holders),
    }


def health(one: HealthReport) -> Json:
    return {
        "ok": one.ok,
        "waiting": one.waiting,
        "parts": [
            {
                "name": str(part.name),
                "ok": part.ok,
                "essential": part.essential,
                "age_seconds": part.age_seconds,
                "words": str(part.words),
            }
            for part in one.parts
        ],
    }


def _ratio(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.4f}"
