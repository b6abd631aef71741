"""Whether deals explain the balance: what has no deal is waited for, then asked about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from trading.drawdown.caps import Cap
from trading.drawdown.flows import (
    HOLD_MS,
    Flow,
    FlowKind,
    Unexplained,
    apply_flow,
    balance_effect,
    decide_unexplained,
)
from trading.drawdown.readings import JUMP_TOLERANCE
from trading.drawdown.state import CapState, Reading
from trading.ids import AccountId, Ticket
from trading.model import AccountState, Deal

ZERO = Decimal(0)
SMALL = Decimal("0.005")
"""Fraction of own equity up to which a gap is no reason to disbelieve a reading."""


@dataclass(frozen=True, slots=True)
class BalanceQuestion:
    """A change of the balance that people are asked about."""

    id: int
    amount: Decimal
    answer: str | None
    """``flow``, ``result``, or None while nobody has answered."""


class BalanceStore(Protocol):
    """Questions about a balance, one open at a time for an account."""

    async def open_question(self, account_id: AccountId) -> BalanceQuestion | None:
        """Return the question that is not settled."""

    async def ask_balance(self, account_id: AccountId, amount: Decimal) -> BalanceQuestion:
        """Write a question down and put it to the owners."""

    async def settle_question(self, question_id: int) -> None:
        """End a question that a late deal has answered."""


class BalanceWatch:
    """Adds up what deals did since the last reading that was believed."""

    def __init__(self, account_id: AccountId, store: BalanceStore) -> None:
        self._account_id = account_id
        self._store = store
        self._effect = ZERO
        self._allowed = ZERO
        """What was asked about counts as explained: its question stands for it."""
        self._missing_since: int | None = None
        self._carried = ZERO
        """What small gaps have added up to, until their deals come."""
        self._carried_since: int | None = None
        self._loaded = False
        self.question: BalanceQuestion | None = None

    async def take(self, deals: Sequence[Deal]) -> None:
        """Add the deals that became known, and see whether they answer the question."""
        if not self._loaded:
            self.question = await self._store.open_question(self._account_id)
            self._loaded = True
        elif self.question is not None:
            self.question = await self._store.open_question(self._account_id)
        self._effect += balance_effect(deals)
        if self.question is not None and _is_among(self.question.amount, deals):
            await self._store.settle_question(self.question.id)
            self._effect -= self.question.amount
            self.question = None

    @property
    def explained(self) -> Decimal:
        """What the balance should have moved by since the last reading that was believed."""
        return self._effect + self._allowed

    @property
    def holds(self) -> bool:
        """Whether a mark must not follow equity up: some of the balance is not explained yet."""
        return self.question is not None or abs(self._carried) > JUMP_TOLERANCE

    def tolerance(self, previous: Reading | None) -> Decimal:
        """Return how much may be missing from a reading that is still believed.

        A fill's commission is in the balance before its deal is in the history: that must not
        blind the guard, and neither does it move a mark.
        """
        return max(JUMP_TOLERANCE, ZERO if previous is None else previous.own_equity * SMALL)

    def believe(self, reading: Reading, previous: Reading | None) -> None:
        """Start anew from a reading that was taken as valid, a small gap carried along."""
        if previous is not None:
            self._carried += reading.balance - previous.balance - self.explained
        self._effect = self._allowed = ZERO
        self._missing_since = None
        if abs(self._carried) <= JUMP_TOLERANCE:
            self._carried, self._carried_since = ZERO, None
        elif self._carried_since is None:
            self._carried_since = reading.monotonic_ms
        elif reading.monotonic_ms - self._carried_since > HOLD_MS:
            self._carried, self._carried_since = ZERO, None  # too small to ask anybody about

    async def doubt(self, money: AccountState, previous: Reading, now_ms: int) -> bool:
        """Take in a jump; True once it is put to people, and readings go on with the mark held."""
        if self._missing_since is None:
            self._missing_since = now_ms
        missing = money.balance - previous.balance - self.explained
        waited = now_ms - self._missing_since
        if self.question is not None:
            return False  # one question at a time: entries stay blocked, the state is kept
        if decide_unexplained(missing, waited) is not Unexplained.ASK:
            return False
        self.question = await self._store.ask_balance(self._account_id, missing)
        self._allowed += missing
        return True

    def answered(
        self, known: Iterable[tuple[Cap, CapState | None]]
    ) -> tuple[list[tuple[Cap, CapState | None]], int | None]:
        """Return the caps moved by an answer, and the question it settles, if there is one."""
        question = self.question
        if question is None or question.answer is None:
            return list(known), None
        self.question = None
        if question.answer != "flow":
            return list(known), question.id
        return [_moved(cap, state, question.amount) for cap, state in known], question.id


def _moved(cap: Cap, state: CapState | None, amount: Decimal) -> tuple[Cap, CapState | None]:
    if state is None:
        return cap, None
    before = state.own - amount  # readings went on, so what is stored has it already
    flow = Flow(FlowKind.CASH, amount, state.updated_at, Ticket(0))
    return apply_flow(cap, replace(state, own=before), flow, before)


def _is_among(amount: Decimal, deals: Iterable[Deal]) -> bool:
    return any(abs(deal.result - amount) <= JUMP_TOLERANCE for deal in deals)
