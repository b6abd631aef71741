"""What trading needs from outside: a terminal and a store, as protocols."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from trading.decisions import DecideResult, Duplicate, Ingested
from trading.drawdown import Cap, CapState
from trading.drawdown.balance import BalanceQuestion
from trading.drawdown.protections import KeptProtection, ProtectionRule
from trading.facts import PassFacts
from trading.ids import AccountId, ApprovalId, ClientOrderId, ConfirmId, MemberId, OrderId, RuleId
from trading.model import (
    Account,
    AccountState,
    Approval,
    Breach,
    Confirmation,
    Deal,
    Decision,
    Denial,
    Finding,
    History,
    MarginMode,
    NewOrder,
    Order,
    OrderRequest,
    OrderStatus,
    Position,
    Proposal,
    Role,
    SendOutcome,
    Side,
    SignalDraft,
    Snapshot,
    SymbolSpec,
)
from trading.notices import Blind, DrawdownWarning, EntriesPaused, Notice, Priority
from trading.sources import ASKED, Offer


class Terminal(Protocol):
    """One MetaTrader terminal: one call at a time, a deadline for each.

    Every reading raises ``TerminalError``; only ``send`` never does.
    """

    @property
    def server_offset(self) -> int | None:
        """Seconds the broker's clock is ahead of UTC; None while unknown."""

    async def start(self) -> None:
        """Bring the worker up; return once it answers, whatever the terminal's readiness."""

    async def close(self) -> None:
        """Finish the call in flight or its deadline, then end the worker."""

    async def snapshot(self, symbols: Iterable[str]) -> Snapshot:
        """Read account, terminal, positions, pending orders and the quotes in one call."""

    async def specs(self, symbols: Iterable[str]) -> Mapping[str, SymbolSpec]:
        """Return the broker's properties of each symbol it offers; the others are absent."""

    async def symbol_names(self) -> tuple[str, ...]:
        """Return every symbol name the broker offers."""

    async def send(self, request: OrderRequest) -> SendOutcome:
        """Ask the broker once; a lost answer is ``Unknown``, never an exception.

        What opens a position is not sent after it waited ``HELD_UP_SECONDS`` for its turn.
        """

    async def deals(self, since: datetime, until: datetime) -> Sequence[Deal]:
        """Return the deals of a span of time."""

    async def history(self, since: datetime, until: datetime) -> History:
        """Return the finished orders and the deals of a span of time."""

    async def profit(
        self, side: Side, symbol: str, volume: Decimal, price_open: Decimal, price_close: Decimal
    ) -> Decimal:
        """Return the result in account currency by the terminal's own calculation."""

    async def margin(self, side: Side, symbol: str, volume: Decimal, price: Decimal) -> Decimal:
        """Return the margin in account currency by the terminal's own calculation."""


class SignalStore(Protocol):
    """Signals and their approvals; each method is one durable transaction."""

    async def ingest(
        self,
        draft: SignalDraft,
        source: str,
        source_ref: str,
        digest: str,
        ttl: timedelta,
        offer: Offer = ASKED,
    ) -> Ingested | Duplicate:
        """Store a signal once and put it to every account as its source's mode says."""

    async def account_behind(self, approval_id: ApprovalId) -> AccountId | None:
        """Return the account an approval is for; None for one that is not known."""

    async def decide(
        self,
        approval_id: ApprovalId,
        member_id: MemberId,
        decision: Decision,
        revision: int = 0,
    ) -> DecideResult:
        """Take a decision if the member may, it is open and in time."""

    async def expire(self) -> int:
        """End every approval whose time is up; return how many."""

    async def without_card(self, account_id: AccountId, limit: int) -> list[Approval]:
        """Return offered approvals whose card was not worked out yet."""

    async def due(self, account_id: AccountId, limit: int) -> list[Approval]:
        """Return approved signals in the order of their approval."""

    async def symbols_waiting(self, account_id: AccountId) -> list[str]:
        """Return the symbols of approvals that are offered or approved."""

    async def propose(
        self,
        approval_id: ApprovalId,
        proposal: Proposal | None,
        checks: tuple[Finding, ...] = (),
    ) -> None:
        """Keep what approving would do and show the card."""

    async def count_signals(self, account_id: AccountId, count: int) -> None:
        """Add to the lifetime number of signals worked on."""

    async def totals(self, account_id: AccountId) -> tuple[int, int]:
        """Return signals worked on and entries filled, ever."""


class OrderStore(Protocol):
    """Order intents and the broker's deals; each method is one durable transaction."""

    async def deny(
        self, approval_id: ApprovalId, denial: Denial, checks: tuple[Finding, ...] = ()
    ) -> bool:
        """Refuse an approved entry; False when it was no longer approved."""

    async def entries_since(self, account_id: AccountId, since: datetime) -> list[datetime]:
        """Return when entries were sent since an instant, oldest first."""

    async def submit(self, new: NewOrder) -> Order | None:
        """Write an intent down before it is sent; None when it must not be sent any more."""

    async def apply(self, order_id: OrderId, outcome: SendOutcome, evidence: str = "") -> Order:
        """Record an outcome and everything people must hear of it."""

    async def submit_all(self, orders: Sequence[NewOrder]) -> list[Order | None]:
        """Write many intents down in one transaction, each as ``submit`` does."""

    async def apply_all(
        self, answers: Sequence[tuple[OrderId, SendOutcome]], *, report: bool = True
    ) -> list[Order]:
        """Record many outcomes in one transaction, each as ``apply`` does; return the orders.

        ``report`` of False leaves the breach's report in the chat to a later call.
        """

    async def adopt(self, account_id: AccountId) -> int:
        """Mark what was in flight at a crash as unresolved; return how many."""

    async def open_orders(self, account_id: AccountId) -> list[Order]:
        """Return the intents that are not finished."""

    async def given_up_since(self, account_id: AccountId, since: datetime) -> list[Order]:
        """Return entries given up as not executed since then: they may yet appear."""

    async def looked(self, order_id: OrderId) -> None:
        """Count a complete reading in which the order was absent."""

    async def end_pending(self, order_id: OrderId, status: OrderStatus, detail: str) -> None:
        """Record that a waiting order ended without a fill."""

    async def deals_seen_until(self, account_id: AccountId) -> datetime:
        """Return up to when the deals are known."""

    async def record_deals(
        self, account_id: AccountId, found: Iterable[Deal], *, quietly: bool = False
    ) -> list[Deal]:
        """Keep the deals not known yet, tell what they mean, and return them."""


class GuardStore(Protocol):
    """Caps, latches and equity samples; each method is one durable transaction."""

    async def account(self, account_id: AccountId) -> Account:
        """Return an account as it stands."""

    async def known_account(self, login: int | None, server: str | None) -> Account | None:
        """Return the account of that login, or the only one there is where none is named."""

    async def open_account(
        self,
        login: int,
        server: str,
        currency: str,
        margin_mode: MarginMode,
        entry_equity: Decimal,
        first_caps: Sequence[Cap],
        member_id: MemberId | None = None,
    ) -> Account:
        """Return a login's account; met for the first time, it is given these caps at once.

        It belongs to the member named, else to the desk's owners.
        """

    async def caps(self, account_id: AccountId) -> list[tuple[Cap, CapState | None]]:
        """Return the active caps, each with its memory."""

    async def put_cap(
        self,
        account_id: AccountId,
        cap: Cap,
        state: CapState | None,
        by: str,
        *,
        member: MemberId | None = None,
        own_equity: Decimal | None = None,
    ) -> RuleId:
        """Make a cap the account's one of its kind."""

    async def remove_cap(
        self, account_id: AccountId, kind: str, by: str, *, member: MemberId | None = None
    ) -> bool:
        """End the cap of a kind; False when there was none."""

    async def observed(
        self,
        account_id: AccountId,
        seen: Mapping[RuleId, tuple[Cap, CapState]],
        warnings: Iterable[DrawdownWarning] = (),
        breach: Breach | None = None,
        positions: Iterable[Position] = (),
        *,
        close: bool = False,
        flows: Sequence[int] = (),
        settled: int | None = None,
    ) -> int | None:
        """Keep what a reading changed and latch a breach; return the breach's id.

        ``flows`` are the deals the caps have taken with it, ``settled`` the answered question.
        """

    async def unapplied_flows(self, account_id: AccountId) -> list[Deal]:
        """Return the deals that are no trades and that the caps have not taken yet."""

    async def open_question(self, account_id: AccountId) -> BalanceQuestion | None:
        """Return the question about the balance that is not settled."""

    async def ask_balance(self, account_id: AccountId, amount: Decimal) -> BalanceQuestion:
        """Write a question about the balance down and put it to the owners."""

    async def settle_question(self, question_id: int) -> None:
        """End a question that a late deal has answered."""

    async def answer_question(self, question_id: int, answer: str, name: str) -> bool:
        """Keep an owner's answer; False when it had one, or is not known."""

    async def question_account(self, question_id: int) -> AccountId | None:
        """Return the account a question is about."""

    async def protections(self, account_id: AccountId) -> list[KeptProtection]:
        """Return the account's pauses on closed results."""

    async def put_protection(
        self, account_id: AccountId, rule: ProtectionRule, by: str, member_id: MemberId | None
    ) -> None:
        """Make a rule the account's one of its kind."""

    async def remove_protection(
        self, account_id: AccountId, kind: str, by: str, member_id: MemberId | None
    ) -> bool:
        """End the rule of a kind; False when there was none."""

    async def forgive_protections(self, account_id: AccountId, by: str) -> int:
        """Let results so far count no more; return how many rules forgot something."""

    async def tell_protection(self, protection_id: int, notice: EntriesPaused) -> None:
        """Tell once that a rule has tripped."""

    async def deals_of_closed(self, account_id: AccountId, since: datetime) -> list[Deal]:
        """Return every deal of the positions that were closed, in part or whole, since then."""

    async def latch(
        self, account_id: AccountId, breach: Breach, positions: Iterable[Position]
    ) -> int:
        """Halt an account and wish it flat, as a person asked."""

    async def current_breach(self, account_id: AccountId) -> tuple[int, str] | None:
        """Return id and scope of the breach an account is latched by."""

    async def was_flattened(self, account_id: AccountId) -> bool:
        """Tell whether the latch an account is under has closed everything once."""

    async def flatten_progress(
        self,
        breach_id: int,
        positions: Iterable[Position],
        *,
        pendings_removed: int = 0,
        pendings_open: int = 0,
    ) -> None:
        """Note what is still open."""

    async def flat(self, account_id: AccountId, breach_id: int, equity: Decimal) -> None:
        """Record that a complete snapshot showed nothing left."""

    async def flatten_again(self, account_id: AccountId) -> bool:
        """Wish a latched account flat once more: something of ours came late; False if not."""

    async def escalate(self, breach_id: int, minutes: int) -> None:
        """Tell the owners that positions are still open."""

    async def recovered(self, account_id: AccountId, equity: Decimal, floor: Decimal) -> None:
        """Say once that equity is above every floor again."""

    async def blind(self, account_id: AccountId | None, notice: Blind) -> None:
        """Tell that an account cannot be seen, or can again."""

    async def sample_equity(self, account_id: AccountId, account: AccountState) -> None:
        """Keep one reading of the account's money."""

    async def sample_before(
        self, account_id: AccountId, instant: datetime
    ) -> tuple[datetime, Decimal, Decimal, Decimal] | None:
        """Return instant, balance, equity and credit of the last sample before an instant."""

    async def pause(self, account_id: AccountId, member_id: MemberId, name: str) -> bool:
        """Stop entries; False when the account was not active."""

    async def resume(self, account_id: AccountId, member_id: MemberId, name: str) -> bool:
        """Lift a pause or a latch; False while positions are still to be closed."""

    async def role_on(self, member_id: MemberId, account_id: AccountId) -> Role | None:
        """Return a member's role on an account."""

    async def ask(
        self, member_id: MemberId, account_id: AccountId, action: str, detail: str, ttl: timedelta
    ) -> ConfirmId:
        """Write down a question whose button may be tapped once."""

    async def take_confirmation(
        self, confirm_id: ConfirmId, member_id: MemberId
    ) -> Confirmation | str:
        """Use a confirmation up, or say in a word why not."""

    async def tell(
        self,
        account_id: AccountId | None,
        notice: Notice,
        priority: Priority,
        *,
        topic: str | None = None,
        silent: bool = False,
        expires: datetime | None = None,
    ) -> None:
        """Post a notice to the members of an account (None: to every owner)."""


class Store(SignalStore, OrderStore, GuardStore, Protocol):
    """Everything the desk must remember; raises ``StoreError`` when it cannot."""

    async def pass_facts(self, account_id: AccountId, batch: int) -> PassFacts:
        """Return what one pass needs to know, read in one transaction."""

    async def entry_by_client_id(self, client_order_id: ClientOrderId) -> Order | None:
        """Return the entry that carries that id at the broker."""
