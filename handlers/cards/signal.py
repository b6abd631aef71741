"""The signal card: the question, and what became of it."""

from datetime import datetime
from decimal import Decimal
from typing import assert_never

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from handlers.callbacks import Decide, EditCard
from handlers.cards import fate, wish
from handlers.cards.quote import quoted
from handlers.cards.text import (
    NAME,
    WORDS,
    clock,
    figure,
    foreign,
    lots,
    money,
    percent,
    price,
    side,
    span,
    table,
)
from handlers.texts import retell, t
from handlers.words import denial_words, detail_words, distance, order_type
from trading.cards import limit_price
from trading.model import ApprovalStatus, Decision, OrderType, Proposal, SignalDraft
from trading.notices import ApprovalCard
from trading.positions.model import WishLine
from trading.signals import AUTOMATIC

_TARGETS_SHOWN = 8
_CAPS_SHOWN = 4
_NO_TRADE = (ApprovalStatus.REJECTED, ApprovalStatus.EXPIRED, ApprovalStatus.CANCELED)


def text(card: ApprovalCard, now: datetime) -> str:
    """Return the card with every number a decision needs and its present state."""
    draft = card.draft
    head = f"<b>{side(draft.side)} {foreign(draft.symbol, 24)}</b> · {order_type(draft.order_type)}"
    if card.proposal is not None and card.proposal.simulated:
        head += f" · {t('simulated prices')}"
    about = f"{foreign(card.source, NAME)} → {foreign(card.account, NAME)}"
    lines = [head, table(_rows(card, now)), t("Source: {about}", about=about)]
    if card.edited_by:
        lines.append(t("✏️ Edited by {by}", by=foreign(card.edited_by)))
    if card.half:
        lines.append(t("½ Half the volume was approved."))
    if draft.comment:
        lines.append(f"<i>{foreign(draft.comment, 160)}</i>")
    if card.text:
        lines.append(quoted(card.text, card.spans))
    return "\n".join([*lines, "", *_state(card, now), *map(_updated, card.updates)])


def _updated(line: WishLine) -> str:
    return t("📣 Update: {mark} {what}", mark=wish.mark(line), what=wish.became(line))


def keyboard(card: ApprovalCard, now: datetime) -> InlineKeyboardMarkup | None:
    """Return Approve and Reject while the question is open, else nothing to tap."""
    if card.status is not ApprovalStatus.OFFERED or now >= card.expires_at:
        return None
    rows = [
        [
            _button(f"✅ {t('Approve')}", card, Decision.APPROVE),
            _button(f"✖️ {t('Reject')}", card, Decision.REJECT),
        ]
    ]
    proposal = card.proposal
    if proposal is not None and proposal.volume is not None:
        rows.append(_other_ways(card, proposal))
    edit = EditCard(approval_id=card.approval_id).pack()
    rows.append([InlineKeyboardButton(text=f"✏️ {t('Edit')}", callback_data=edit)])
    return InlineKeyboardMarkup(inline_keyboard=[row for row in rows if row])


def _other_ways(card: ApprovalCard, proposal: Proposal) -> list[InlineKeyboardButton]:
    buttons = []
    if proposal.half is not None:
        buttons.append(_button(t("½ size ({lots})", lots=lots(proposal.half)), card, Decision.HALF))
    if card.draft.order_type is OrderType.MARKET and proposal.price:
        at = price(limit_price(card.draft, proposal), proposal.digits)
        buttons.append(_button(t("Limit at {price}", price=at), card, Decision.LIMIT))
    return buttons


def _button(label: str, card: ApprovalCard, decision: Decision) -> InlineKeyboardButton:
    data = Decide(approval_id=card.approval_id, decision=decision.value, revision=card.revision)
    return InlineKeyboardButton(text=label, callback_data=data.pack())


def _rows(card: ApprovalCard, now: datetime) -> list[tuple[str, str]]:
    draft, proposal = card.draft, card.proposal
    digits = None if proposal is None else proposal.digits
    stop = t("none") if draft.stop_loss is None else price(draft.stop_loss, digits)
    rows = [*_entry(draft, proposal), *_live(card)]
    if draft.stop_limit is not None:
        rows.append((t("Stop limit"), price(draft.stop_limit, digits)))
    rows += [(t("Stop"), stop + _distance(proposal, draft.stop_loss)), *_targets(draft, proposal)]
    return rows + (_unsized(card, now) if proposal is None else _size(card, proposal))


def _entry(draft: SignalDraft, proposal: Proposal | None) -> list[tuple[str, str]]:
    digits = None if proposal is None else proposal.digits
    zone = ""
    if draft.entry is not None:
        low, high = (price(level, digits) for level in draft.entry)
        zone = low if low == high else f"{low} - {high}"
    if proposal is None or not proposal.price:
        return [(t("Entry"), zone or t("market"))]
    entry = price(proposal.price, digits)
    asked = [(t("Signal"), zone)] if zone and zone != entry else []
    if draft.order_type is OrderType.MARKET:
        entry += t(" now")
    return [(t("Entry"), entry), *asked]


def _live(card: ApprovalCard) -> list[tuple[str, str]]:
    """The price beside the card's, while it waits: worse is a price that costs us more."""
    live, proposal = card.live, card.proposal
    if live is None or proposal is None or abs(live.drift.adjusted()) > 9:
        return []
    away = distance(abs(live.drift), proposal.digits, proposal.symbol)
    drift = t("unchanged")
    if live.drift:
        drift = t("{size} worse", size=away) if live.drift > 0 else t("{size} better", size=away)
    if live.drift_r is not None and live.drift:
        drift += f", {figure(live.drift_r, signed=True)}R"
    return [(t("Price now"), f"{price(live.price, proposal.digits)}  {drift}")]


def _distance(proposal: Proposal | None, level: Decimal | None) -> str:
    if proposal is None or level is None or not proposal.price or proposal.digits > 10:
        return ""
    points = abs(level - proposal.price).scaleb(proposal.digits)
    return (
        ""
        if points.adjusted() > 9
        else f"  {distance(round(points, 1), proposal.digits, proposal.symbol)}"
    )


def _targets(draft: SignalDraft, proposal: Proposal | None) -> list[tuple[str, str]]:
    levels = draft.take_profits
    if not levels:
        return [(t("Target"), t("none"))]
    digits = None if proposal is None else proposal.digits
    rows = [
        (
            t("Target") if len(levels) == 1 else t("Target {number}", number=number),
            price(level, digits) + _distance(proposal, level) + _part(proposal, number),
        )
        for number, level in enumerate(levels[:_TARGETS_SHOWN], 1)
    ]
    if len(levels) > _TARGETS_SHOWN:
        rows.append(("", t("and {count} more", count=len(levels) - _TARGETS_SHOWN)))
    return rows


def _part(proposal: Proposal | None, number: int) -> str:
    """The lots a ladder closes at that target."""
    if proposal is None or number > len(proposal.ladder):
        return ""
    return " " + t("{volume} lots", volume=lots(proposal.ladder[number - 1]))


def _unsized(card: ApprovalCard, now: datetime) -> list[tuple[str, str]]:
    """The size before it was worked out; a card that has ended promises none."""
    asked, rows = card.draft.volume, []
    is_late = card.status is ApprovalStatus.OFFERED and now >= card.expires_at
    is_over = is_late or card.status in _NO_TRADE
    if asked is not None:
        rows.append((t("Volume"), t("{volume} lots asked for", volume=lots(asked))))
    elif not is_over:
        rows.append((t("Volume"), t("being worked out")))
    return rows if is_over else [*rows, (t("Risk"), t("not known yet"))]


def _size(card: ApprovalCard, proposal: Proposal) -> list[tuple[str, str]]:
    volume = t("unknown")
    if proposal.volume is not None:
        volume = t("{volume} lots", volume=lots(proposal.volume))
    rows = [(t("Volume"), volume), (t("Risk"), _risk(card, proposal))]
    if proposal.reward_risk:
        ratios = (figure(ratio) for ratio in proposal.reward_risk[:_TARGETS_SHOWN])
        rows.append((t("Reward:risk"), " · ".join(ratios)))
    if proposal.spread_points is not None:
        spread = Decimal(proposal.spread_points)
        rows.append((t("Spread"), distance(spread, proposal.digits, proposal.symbol)))
    if proposal.worst_equity is not None and proposal.floor is not None:
        rows.append((t("Worst case"), money(proposal.worst_equity, card.currency)))
        rows.append((t("Floor"), money(proposal.floor, card.currency)))
    rooms = proposal.rooms if card.live is None else card.live.rooms
    rows += [
        (
            t("Room {cap}", cap=foreign(retell(one.name).split()[0], 10)),
            money(one.room, card.currency),
        )
        for one in rooms[:_CAPS_SHOWN]
    ]
    if card.record is not None:
        won = t("{won} of {closed} won", won=card.record.won, closed=card.record.closed)
        result = money(card.record.result, card.currency, signed=True)
        rows.append((t("Source's last"), f"{won}, {result}"))
    return rows


def _risk(card: ApprovalCard, proposal: Proposal) -> str:
    if proposal.risk_money is None:
        return t("unknown: no stop") if card.draft.stop_loss is None else t("unknown")
    risk = money(proposal.risk_money, card.currency)
    if proposal.risk_percent is None:
        return risk
    return f"{risk} ({percent(proposal.risk_percent)})"


def _state(card: ApprovalCard, now: datetime) -> list[str]:
    if card.order is not None:
        return fate.lines(card.order, card.decided_by, _digits(card))
    nobody = t("its source's auto mode") if card.detail == AUTOMATIC else t("someone")
    by = foreign(card.decided_by or nobody)
    at = ""
    if card.decided_at is not None:
        at = t(" at {time}", time=clock(card.decided_at, now))
    match card.status:
        case ApprovalStatus.OFFERED:
            return _offered(card, now)
        case ApprovalStatus.APPROVED | ApprovalStatus.ORDERED:
            return [t("⏳ <b>Approved</b> by {by}{at}, sending…", by=by, at=at)]
        case ApprovalStatus.REJECTED:
            said = t("✖️ <b>Rejected</b> by {by}{at} \u2013 no trade.", by=by, at=at)
            if card.detail:
                said += " " + t("Reason: {why}.", why=foreign(retell(card.detail), WORDS))
            return [said]
        case ApprovalStatus.EXPIRED:
            when = clock(card.expires_at, now)
            return [t("⌛ <b>Expired</b> \u2013 no trade. Time ran out at {when}.", when=when)]
        case ApprovalStatus.CANCELED:
            why = f": {foreign(detail_words(card.detail, {}), WORDS)}" if card.detail else ""
            return [t("🚫 <b>Canceled</b> \u2013 no trade{why}.", why=why)]
        case _:
            assert_never(card.status)


def _two_people(card: ApprovalCard) -> list[str]:
    if not card.needs_second:
        return []
    if not card.voters:
        return [t("👥 This risk needs two people's approval.")]
    return [
        t(
            "👥 <b>1 of 2</b>: approved by {by}. A second person must too.",
            by=foreign(card.voters[0]),
        )
    ]


def _digits(card: ApprovalCard) -> int | None:
    return None if card.proposal is None else card.proposal.digits


def _offered(card: ApprovalCard, now: datetime) -> list[str]:
    if now >= card.expires_at:
        return [t("⌛ Time ran out at {when} \u2013 no trade.", when=clock(card.expires_at, now))]
    lines = _two_people(card)
    if card.proposal is None:
        why = foreign(retell(card.detail), WORDS)
        if not card.detail:
            why = t("waiting for a reading from the terminal")
        lines.append(t("Size unknown: {why}.", why=why))
    elif card.proposal.problem is not None:
        problem = card.proposal.problem
        words = denial_words(problem.reason, problem.facts)
        lines.append(t("⚠️ Would be denied now: {why}.", why=foreign(words, WORDS)))
    left = span((card.expires_at - now).total_seconds())
    when = clock(card.expires_at, now)
    lines.append(t("⏳ Answer by {when} ({left} left), else no trade.", when=when, left=left))
    return lines
