"""Pauses on closed results at work: judged from the deals, told once, lifted by time or owner."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from trading.clock import Clock
from trading.drawdown.protections import (
    KeptProtection,
    LossLookback,
    LossStreak,
    Protection,
    ProtectionRule,
    closed_results,
    judge_lookback,
    judge_streak,
)
from trading.model import Account, Denial, DenialReason
from trading.money import HUNDRED
from trading.notices import EntriesPaused
from trading.ports import GuardStore
from trading.risk.findings import deny
from trading.words import told

LONGEST = timedelta(days=31)
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}
EXAMPLES = told("streak 3 pause 2h, or lookback 500 in 24h")


class ProtectionKeeper:
    """Judges an account's rules whenever an entry is planned or a position closed."""

    def __init__(self, account: Account, store: GuardStore, clock: Clock) -> None:
        self._account = account
        self._store = store
        self._clock = clock

    async def judge(self) -> tuple[Denial, ...]:
        """Return a denial for each rule that has tripped, and tell of each once."""
        denials = []
        for kept in await self._store.protections(self._account.id):
            state = await self._state(kept)
            if not state.tripped:
                continue
            denials.append(_denial(kept.rule, state))
            if kept.told_at is None or state.until is None or kept.told_at < _since(kept, state):
                await self._store.tell_protection(kept.id, self._notice(kept, state))
        return tuple(denials)

    async def _state(self, kept: KeptProtection) -> Protection:
        now = self._clock.now()
        deals = await self._store.deals_of_closed(self._account.id, now - LONGEST)
        results = closed_results(deals)
        if isinstance(kept.rule, LossStreak):
            return judge_streak(kept.rule, results, now, kept.forgiven_at)
        fresh = [
            one for one in results if kept.forgiven_at is None or one.closed_at > kept.forgiven_at
        ]
        return judge_lookback(kept.rule, fresh, now)

    def _notice(self, kept: KeptProtection, state: Protection) -> EntriesPaused:
        return EntriesPaused(
            account=str(self._account.login),
            currency=self._account.currency,
            rule=rule_words(kept.rule),
            value=f"{state.value:f}",
            until=state.until,
        )


def _since(kept: KeptProtection, state: Protection) -> datetime:
    """Return from when on a trip counts as the one already told."""
    assert state.until is not None
    span = kept.rule.pause if isinstance(kept.rule, LossStreak) else kept.rule.window
    return state.until - span


def _denial(rule: ProtectionRule, state: Protection) -> Denial:
    until = (
        told("a result leaves the window")
        if state.until is None
        else f"{state.until:%d %b %H:%M} UTC"
    )
    if isinstance(rule, LossStreak):
        return deny(DenialReason.LOSS_STREAK, value=state.value, limit=state.limit, until=until)
    return deny(
        DenialReason.LOSS_LOOKBACK,
        value=-state.value,
        limit=state.limit,
        window=span_words(rule.window),
        until=until,
    )


def kind_of(rule: ProtectionRule) -> str:
    """Return the name a rule is kept and removed by."""
    return "streak" if isinstance(rule, LossStreak) else "lookback"


def rule_words(rule: ProtectionRule) -> str:
    """Return a rule in one short line."""
    if isinstance(rule, LossStreak):
        return told(
            "{losses} losses in a row pause entries for {pause}",
            losses=rule.losses,
            pause=span_words(rule.pause),
        )
    return told(
        "a loss of {limit} within {window} pauses entries",
        limit=f"{rule.limit:f}",
        window=span_words(rule.window),
    )


def is_looser(new: ProtectionRule, old: ProtectionRule) -> bool:
    """Tell whether a rule gives more room than the one it replaces."""
    if isinstance(new, LossStreak) and isinstance(old, LossStreak):
        return new.losses > old.losses or new.pause < old.pause
    if isinstance(new, LossLookback) and isinstance(old, LossLookback):
        return new.limit > old.limit or new.window < old.window
    return True


def span_words(span: timedelta) -> str:
    """Return a span as it is typed."""
    minutes = int(span.total_seconds() // 60)
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes and not minutes % size:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def parse_protection(words: Sequence[str]) -> ProtectionRule | str:
    """Return the rule of ``streak 3 pause 2h`` or ``lookback 500 in 24h``, or what is wrong."""
    kind, *rest = [word.lower() for word in words]
    joint = {"streak": "pause", "lookback": "in"}[kind]
    if len(rest) == 3 and rest[1] == joint:
        del rest[1]
    if len(rest) != 2:
        return told("I did not understand that. Example: {examples}", examples=EXAMPLES)
    span, number = _span(rest[1]), _number(rest[0])
    if span is None or not timedelta(minutes=1) <= span <= LONGEST:
        return told(
            "a span lies between 1m and 31d, such as 90m, 2h or 7d. Example: {examples}",
            examples=EXAMPLES,
        )
    if number is None or number <= 0:
        return told("I expected a number above zero. Example: {examples}", examples=EXAMPLES)
    if kind == "lookback":
        return LossLookback(number, span)
    if number % 1 or number > HUNDRED:
        return told("a streak is a whole number of losses, at most 100")
    return LossStreak(int(number), span)


def _number(word: str) -> Decimal | None:
    try:
        value = Decimal(word.replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _span(word: str) -> timedelta | None:
    number = _number(word.rstrip("minhd"))
    unit = _UNITS.get(word.lstrip("0123456789.,"))
    if number is None or unit is None or not 0 < number < 100_000:
        return None
    return timedelta(**{unit: float(number)})
