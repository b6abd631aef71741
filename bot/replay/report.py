"""What a replay found, as a table for people and as JSON for programs."""

import json
from collections.abc import Iterator
from decimal import Decimal

from bot.replay.engine import Outcome
from handlers.words import denial_words, detail_words
from trading.model import DenialReason, OrderStatus
from trading.notices import ApprovalCard, FlattenReport

_STAMP = "%Y-%m-%d %H:%M:%S"


def as_text(outcome: Outcome, assumptions: str) -> str:
    """Return the whole story, aligned for a terminal."""
    currency = outcome.currency
    lines = [
        f"replay {outcome.began:{_STAMP}} to {outcome.ended:{_STAMP}} UTC, {outcome.passes} passes",
        *([assumptions] if assumptions else []),
        "",
        "SIGNALS",
        *(_signal_line(card, outcome) for card in outcome.cards),
    ]
    if not outcome.cards:
        lines.append("  none came in the time of the recording")
    lines += ["", "CAPS"]
    for report in outcome.reports:
        lines += _breach_lines(report, currency)
    if not outcome.reports:
        lines.append("  no cap was reached")
    tightest = outcome.tightest
    if tightest is not None:
        room = tightest.equity - tightest.floor
        lines.append(
            f"  least room {room:,.2f} {currency} to the {tightest.cap} floor "
            f"{tightest.floor:,.2f} at {tightest.at:{_STAMP}}"
        )
    if outcome.warnings:
        lines += ["", "NOTES", *(f"  {line}" for line in outcome.warnings[:20])]
    lines += ["", "END", *_end_lines(outcome)]
    return "\n".join(lines) + "\n"


def as_json(outcome: Outcome, assumptions: str) -> str:
    """Return the same as one JSON object; amounts are strings, instants ISO 8601."""
    tightest = outcome.tightest
    told = {
        "from": outcome.began.isoformat(),
        "to": outcome.ended.isoformat(),
        "passes": outcome.passes,
        "assumptions": assumptions,
        "currency": outcome.currency,
        "balance": str(outcome.balance),
        "equity": str(outcome.equity),
        "result": str(outcome.equity - outcome.balance),
        "state": outcome.state.value,
        "open_positions": outcome.open_positions,
        "signals": [_signal(card, outcome) for card in outcome.cards],
        "breaches": [_breach(report) for report in outcome.reports],
        "least_room": None
        if tightest is None
        else {
            "at": tightest.at.isoformat(),
            "cap": tightest.cap,
            "equity": str(tightest.equity),
            "floor": str(tightest.floor),
            "room": str(tightest.equity - tightest.floor),
        },
        "notes": list(outcome.warnings),
    }
    return json.dumps(told, indent=2) + "\n"


def overshoot(report: FlattenReport) -> Decimal | None:
    """Return how far below the floor equity ended; None while not flat or without a floor."""
    if report.floor is None or report.equity_after is None:
        return None
    return max(Decimal(0), report.floor - report.equity_after)


def _fate(card: ApprovalCard) -> tuple[str, str]:
    """Return what became of a signal in a word, and why in words."""
    order = card.order
    if order is None:
        return card.status.value, detail_words(card.detail, {}) if card.detail else ""
    if order.status is OrderStatus.DENIED:
        return "denied", denial_words(DenialReason(order.detail), order.facts)
    return order.status.value, order.detail


def _signal_line(card: ApprovalCard, outcome: Outcome) -> str:
    fate, why = _fate(card)
    draft, order = card.draft, card.order
    line = (
        f"  {card.created_at:{_STAMP}}  {draft.side.value.upper():<4} {draft.symbol:<8} {fate:<9}"
    )
    if order is not None and order.average_price is not None:
        line += f" {order.filled_volume} at {order.average_price}"
    result = outcome.results.get(card.approval_id)
    if result is not None:
        line += f"  result {result:+,.2f}"
    elif order is not None and order.status is OrderStatus.FILLED:
        line += "  still open"
    return f"{line}  {why}".rstrip()


def _breach_lines(report: FlattenReport, currency: str) -> Iterator[str]:
    floor = "" if report.floor is None else f", floor {report.floor:,.2f}"
    yield f"  {report.at:{_STAMP}}  REACHED {report.cap}: equity {report.equity:,.2f}{floor}"
    for ticket in report.tickets:
        result = "no result yet" if ticket.result is None else f"{ticket.result:+,.2f}"
        problem = f"  not closed: {ticket.problem}" if ticket.problem else ""
        yield (
            f"      #{ticket.ticket} {ticket.side.value.upper():<4} {ticket.symbol:<8} "
            f"{ticket.volume}  {result}{problem}"
        )
    past = overshoot(report)
    if not report.closes:
        yield "      entries stopped, positions kept"
    elif report.flat_at is None:
        yield "      NOT FLAT when the recording ended"
    else:
        seconds = (report.flat_at - report.at).total_seconds()
        after = "" if report.equity_after is None else f", equity {report.equity_after:,.2f}"
        gone = "" if past is None else f", {past:,.2f} {currency} past the floor"
        yield f"      flat after {seconds:.1f} s{after}{gone}"


def _end_lines(outcome: Outcome) -> Iterator[str]:
    result = outcome.equity - outcome.balance
    yield (
        f"  equity {outcome.equity:,.2f} {outcome.currency} ({result:+,.2f}), "
        f"{outcome.state.value}, {outcome.open_positions} open"
    )
    if outcome.ends_badly:
        yield "  LATCHED WITH POSITIONS OPEN: the recording ended before they could be closed"


def _signal(card: ApprovalCard, outcome: Outcome) -> dict[str, object]:
    fate, why = _fate(card)
    order, result = card.order, outcome.results.get(card.approval_id)
    code = order.detail if order is not None and fate == "denied" else None
    return {
        "at": card.created_at.isoformat(),
        "source": card.source,
        "symbol": card.draft.symbol,
        "side": card.draft.side.value,
        "fate": fate,
        "reason": code,
        "why": why,
        "volume": None if order is None else str(order.filled_volume),
        "price": None if order is None or order.average_price is None else str(order.average_price),
        "result": None if result is None else str(result),
    }


def _breach(report: FlattenReport) -> dict[str, object]:
    past = overshoot(report)
    return {
        "at": report.at.isoformat(),
        "cap": report.cap,
        "equity": str(report.equity),
        "floor": None if report.floor is None else str(report.floor),
        "drawdown_percent": None
        if report.drawdown_percent is None
        else str(report.drawdown_percent),
        "closes": report.closes,
        "flat_at": None if report.flat_at is None else report.flat_at.isoformat(),
        "equity_after": None if report.equity_after is None else str(report.equity_after),
        "overshoot": None if past is None else str(past),
        "tickets": [
            {
                "ticket": ticket.ticket,
                "symbol": ticket.symbol,
                "side": ticket.side.value,
                "volume": str(ticket.volume),
                "result": None if ticket.result is None else str(ticket.result),
                "problem": ticket.problem,
            }
            for ticket in report.tickets
        ],
    }
