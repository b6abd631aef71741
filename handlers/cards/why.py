"""The answer to /why: every rule that was checked, its value and its limit."""

from html import escape

from handlers.cards.text import DASH, NAME, WORDS, dated, foreign, side
from handlers.texts import later, retell, t
from handlers.words import denial_words, detail_words
from trading.model import ApprovalStatus, Finding, OrderStatus
from trading.why import Explanation

_ENDED = {
    ApprovalStatus.OFFERED: later("❔ waits for an answer"),
    ApprovalStatus.APPROVED: later("⏳ approved, being sent"),
    ApprovalStatus.REJECTED: later("✖️ rejected by a person: no trade"),
    ApprovalStatus.EXPIRED: later("⌛ expired: no trade"),
    ApprovalStatus.CANCELED: later("🚫 canceled: no trade"),
    ApprovalStatus.ORDERED: later("✅ sent to the broker"),
}
_UNKNOWN = later("I know no such signal. /signals lists the latest with their numbers.")


def text(found: tuple[Explanation, ...]) -> str:
    """Return the story of a signal on every account."""
    return "\n\n".join(_story(one) for one in found) if found else t(_UNKNOWN)


def _story(one: Explanation) -> str:
    draft = one.draft
    head = t(
        "🔎 <b>Signal {signal_id}</b> · {side} {symbol} · {account}",
        signal_id=one.signal_id,
        side=side(draft.side),
        symbol=foreign(draft.symbol, 24),
        account=foreign(one.account, NAME),
    )
    lines = [head, _outcome(one)]
    if one.findings:
        when = t("when the card was made") if one.offered_only else t("when it was to be sent")
        lines.append(t("Checked {when}, {at} UTC:", when=when, at=dated(one.at, "%d %b %H:%M:%S")))
        lines.append(f"<pre>{chr(10).join(_rule(finding) for finding in one.findings)}</pre>")
    else:
        lines.append(t("No rule was checked: the terminal was not seen meanwhile."))
    return "\n".join(lines)


def _outcome(one: Explanation) -> str:
    if one.denial is not None:
        words = denial_words(one.denial.reason, one.denial.facts)
        code = escape(one.denial.reason.value)
        return t("⛔ <b>Denied</b> ({code}): {words}.", code=code, words=foreign(words, WORDS))
    if one.order_status is OrderStatus.REJECTED:
        return t("⛔ Not executed: {detail}", detail=foreign(retell(one.detail), WORDS))
    why = detail_words(one.detail, {}) if one.detail else ""
    return f"{t(_ENDED[one.status])}{f' {DASH} {foreign(why, WORDS)}' if why else ''}"


def _rule(finding: Finding) -> str:
    mark = "✗" if finding.denial is not None else "·"
    value, limit = foreign(retell(finding.value), 60), foreign(retell(finding.limit), 60)
    return t(
        "{mark} {rule}\n    {value}  (limit: {limit})",
        mark=mark,
        rule=foreign(retell(finding.rule), 30),
        value=value,
        limit=limit,
    )
