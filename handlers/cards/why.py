"""The answer to /why: every rule that was checked, its value and its limit."""

from html import escape

from handlers.cards.text import DASH, NAME, WORDS, foreign, side
from handlers.words import denial_words, detail_words
from trading.model import ApprovalStatus, Finding, OrderStatus
from trading.why import Explanation

_ENDED = {
    ApprovalStatus.OFFERED: "❔ waits for an answer",
    ApprovalStatus.APPROVED: "⏳ approved, being sent",
    ApprovalStatus.REJECTED: "✖️ rejected by a person: no trade",
    ApprovalStatus.EXPIRED: "⌛ expired: no trade",
    ApprovalStatus.CANCELED: "🚫 canceled: no trade",
    ApprovalStatus.ORDERED: "✅ sent to the broker",
}
_UNKNOWN = "I know no such signal. /signals lists the latest with their numbers."


def text(found: tuple[Explanation, ...]) -> str:
    """Return the story of a signal on every account."""
    return "\n\n".join(_story(one) for one in found) if found else _UNKNOWN


def _story(one: Explanation) -> str:
    draft = one.draft
    head = (
        f"🔎 <b>Signal {one.signal_id}</b> · {side(draft.side)} {foreign(draft.symbol, 24)}"
        f" · {foreign(one.account, NAME)}"
    )
    lines = [head, _outcome(one)]
    if one.findings:
        when = "when the card was made" if one.offered_only else "when it was to be sent"
        lines.append(f"Checked {when}, {one.at:%d %b %H:%M:%S} UTC:")
        lines.append(f"<pre>{chr(10).join(_rule(finding) for finding in one.findings)}</pre>")
    else:
        lines.append("No rule was checked: the terminal was not seen meanwhile.")
    return "\n".join(lines)


def _outcome(one: Explanation) -> str:
    if one.denial is not None:
        words = denial_words(one.denial.reason, one.denial.facts)
        code = escape(one.denial.reason.value)
        return f"⛔ <b>Denied</b> ({code}): {foreign(words, WORDS)}."
    if one.order_status is OrderStatus.REJECTED:
        return f"⛔ Rejected by the broker: {foreign(one.detail, WORDS)}"
    why = detail_words(one.detail, {}) if one.detail else ""
    return f"{_ENDED[one.status]}{f' {DASH} {foreign(why, WORDS)}' if why else ''}"


def _rule(finding: Finding) -> str:
    mark = "✗" if finding.denial is not None else "·"
    value, limit = foreign(finding.value, 60), foreign(finding.limit, 60)
    return f"{mark} {foreign(finding.rule, 30)}\n    {value}  (limit: {limit})"
