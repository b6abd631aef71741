"""The store: every method is one durable transaction of the functions beside it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from storage import (
    breaches,
    caps,
    deals,
    facts,
    health,
    orders,
    outbox,
    people,
    protections,
    rights,
    signals,
)
from storage.base import StoreBase
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
    MarginMode,
    Member,
    NewOrder,
    Order,
    OrderStatus,
    Position,
    Proposal,
    Role,
    SendOutcome,
    SignalDraft,
)
from trading.notices import Blind, DrawdownWarning, EntriesPaused, Notice, Priority
from trading.sources import ASKED, Offer


class SqliteStore(StoreBase):
    """Everything the desk must remember; raises ``StoreError`` when it cannot."""

    # people and accounts

    async def ensure_owners(self, telegram_ids: Iterable[int]) -> None:
        await self._write(rights.ensure_owners, tuple(telegram_ids), self._now())

    async def member(self, telegram_id: int) -> Member | None:
        return await self._glance(people.member_by_telegram, telegram_id)

    async def rename_member(self, member_id: MemberId, name: str) -> None:
        await self._write(people.rename_member, member_id, name)

    async def role_on(self, member_id: MemberId, account_id: AccountId) -> Role | None:
        return await self._glance(people.role_on, member_id, account_id)

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
        return await self._write(
            caps.open_account,
            login,
            server,
            currency,
            margin_mode,
            entry_equity,
            tuple(first_caps),
            self._now(),
            member_id,
        )

    async def account(self, account_id: AccountId) -> Account:
        return await self._glance(people.account, account_id)

    async def accounts_of(self, member_id: MemberId) -> list[Account]:
        return await self._read(people.accounts_of, member_id)

    async def roles_of(self, member_id: MemberId) -> list[tuple[Account, Role]]:
        return await self._glance(people.roles_of, member_id)

    async def pause(self, account_id: AccountId, member_id: MemberId, name: str) -> bool:
        return await self._write(breaches.pause, account_id, member_id, name, self._now())

    async def resume(self, account_id: AccountId, member_id: MemberId, name: str) -> bool:
        return await self._write(breaches.resume, account_id, member_id, name, self._now())

    async def ask(
        self,
        member_id: MemberId,
        account_id: AccountId,
        action: str,
        detail: str,
        ttl: timedelta,
    ) -> ConfirmId:
        return await self._write(
            people.ask, member_id, account_id, action, detail, self._now(), ttl
        )

    async def take_confirmation(
        self, confirm_id: ConfirmId, member_id: MemberId
    ) -> Confirmation | str:
        return await self._write(people.take_confirmation, confirm_id, member_id, self._now())

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
        await self._write(
            people.tell,
            account_id,
            notice,
            priority,
            self._now(),
            topic=topic,
            silent=silent,
            expires=expires,
        )

    # signals and approvals

    async def ingest(
        self,
        draft: SignalDraft,
        source: str,
        source_ref: str,
        digest: str,
        ttl: timedelta,
        offer: Offer = ASKED,
    ) -> Ingested | Duplicate:
        return await self._write(
            signals.ingest, draft, source, source_ref, digest, self._now(), ttl, offer
        )

    async def approval(self, approval_id: ApprovalId) -> Approval | None:
        return await self._read(signals.approval, approval_id)

    async def without_card(self, account_id: AccountId, limit: int) -> list[Approval]:
        return await self._read(signals.without_card, account_id, limit)

    async def propose(
        self,
        approval_id: ApprovalId,
        proposal: Proposal | None,
        checks: tuple[Finding, ...] = (),
    ) -> None:
        await self._write(signals.propose, approval_id, proposal, self._now(), checks)

    async def account_behind(self, approval_id: ApprovalId) -> AccountId | None:
        return await self._glance(signals.account_behind, approval_id)

    async def decide(
        self,
        approval_id: ApprovalId,
        member_id: MemberId,
        decision: Decision,
        revision: int = 0,
    ) -> DecideResult:
        return await self._write(
            signals.decide, approval_id, member_id, decision, self._now(), revision
        )

    async def due(self, account_id: AccountId, limit: int) -> list[Approval]:
        return await self._glance(signals.due, account_id, limit)

    async def symbols_waiting(self, account_id: AccountId) -> list[str]:
        return await self._read(signals.symbols_waiting, account_id)

    async def expire(self) -> int:
        return await self._write(signals.expire, self._now())

    async def recent_approvals(self, account_id: AccountId, limit: int) -> list[Approval]:
        return await self._read(signals.recent, account_id, limit)

    async def pass_facts(self, account_id: AccountId, batch: int) -> PassFacts:
        return await self._glance(facts.pass_facts, account_id, batch)

    async def known_account(self, login: int | None, server: str | None) -> Account | None:
        return await self._glance(facts.known_account, login, server)

    async def entry_by_client_id(self, client_order_id: ClientOrderId) -> Order | None:
        return await self._read(facts.entry_by_client_id, client_order_id)

    # orders and deals

    async def deny(
        self, approval_id: ApprovalId, denial: Denial, checks: tuple[Finding, ...] = ()
    ) -> bool:
        return await self._write(orders.deny, approval_id, denial, self._now(), checks)

    async def entries_since(self, account_id: AccountId, since: datetime) -> list[datetime]:
        return await self._glance(orders.entries_since, account_id, since)

    async def submit(self, new: NewOrder) -> Order | None:
        return await self._database.run(orders.submit, new, self._now())

    async def apply(self, order_id: OrderId, outcome: SendOutcome, evidence: str = "") -> Order:
        return await self._write(orders.apply, order_id, outcome, self._now(), evidence)

    async def submit_all(self, new: Sequence[NewOrder]) -> list[Order | None]:
        return await self._database.run(orders.submit_all, tuple(new), self._now())

    async def apply_all(
        self, answers: Sequence[tuple[OrderId, SendOutcome]], *, report: bool = True
    ) -> list[Order]:
        return await self._write(orders.apply_all, tuple(answers), self._now(), report=report)

    async def adopt(self, account_id: AccountId) -> int:
        return await self._write(orders.adopt, account_id, self._now())

    async def open_orders(self, account_id: AccountId) -> list[Order]:
        return await self._read(orders.open_orders, account_id)

    async def given_up_since(self, account_id: AccountId, since: datetime) -> list[Order]:
        return await self._read(orders.rejected_lately, account_id, since)

    async def looked(self, order_id: OrderId) -> None:
        await self._write(orders.looked, order_id)

    async def end_pending(self, order_id: OrderId, status: OrderStatus, detail: str) -> None:
        await self._write(orders.end_pending, order_id, status, detail, self._now())

    async def recent_orders(self, account_id: AccountId, limit: int) -> list[Order]:
        return await self._read(orders.recent, account_id, limit)

    async def deals_seen_until(self, account_id: AccountId) -> datetime:
        return await self._glance(deals.seen_until, account_id)

    async def record_deals(
        self, account_id: AccountId, found: Iterable[Deal], *, quietly: bool = False
    ) -> list[Deal]:
        return await self._write(
            deals.record, account_id, tuple(found), self._now(), quietly=quietly
        )

    # the guard

    async def caps(self, account_id: AccountId) -> list[tuple[Cap, CapState | None]]:
        return await self._glance(caps.of_account, account_id)

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
        return await self._write(
            caps.put,
            account_id,
            cap,
            state,
            by,
            self._now(),
            member=member,
            own_equity=own_equity,
        )

    async def remove_cap(
        self, account_id: AccountId, kind: str, by: str, *, member: MemberId | None = None
    ) -> bool:
        return await self._write(caps.remove, account_id, kind, by, self._now(), member=member)

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
        return await self._write(
            caps.observed,
            account_id,
            seen,
            tuple(warnings),
            breach,
            tuple(positions),
            self._now(),
            close=close,
            flows=tuple(flows),
            settled=settled,
        )

    async def unapplied_flows(self, account_id: AccountId) -> list[Deal]:
        return await self._glance(protections.unapplied_flows, account_id)

    async def open_question(self, account_id: AccountId) -> BalanceQuestion | None:
        return await self._glance(protections.open_question, account_id)

    async def ask_balance(self, account_id: AccountId, amount: Decimal) -> BalanceQuestion:
        return await self._write(protections.ask, account_id, amount, self._now())

    async def settle_question(self, question_id: int) -> None:
        await self._write(protections.settle, question_id, self._now())

    async def answer_question(self, question_id: int, answer: str, name: str) -> bool:
        return await self._write(protections.answer, question_id, answer, name, self._now())

    async def question_account(self, question_id: int) -> AccountId | None:
        return await self._glance(protections.question_account, question_id)

    async def protections(self, account_id: AccountId) -> list[KeptProtection]:
        return await self._glance(protections.of_account, account_id)

    async def put_protection(
        self, account_id: AccountId, rule: ProtectionRule, by: str, member_id: MemberId | None
    ) -> None:
        await self._write(protections.put, account_id, rule, by, member_id, self._now())

    async def remove_protection(
        self, account_id: AccountId, kind: str, by: str, member_id: MemberId | None
    ) -> bool:
        return await self._write(protections.remove, account_id, kind, by, member_id, self._now())

    async def forgive_protections(self, account_id: AccountId, by: str) -> int:
        return await self._write(protections.forgive, account_id, by, self._now())

    async def tell_protection(self, protection_id: int, notice: EntriesPaused) -> None:
        await self._write(protections.tell, protection_id, notice, self._now())

    async def deals_of_closed(self, account_id: AccountId, since: datetime) -> list[Deal]:
        return await self._glance(protections.deals_of_closed, account_id, since)

    async def latch(
        self, account_id: AccountId, breach: Breach, positions: Iterable[Position]
    ) -> int:
        return await self._write(
            breaches.latch, account_id, breach, tuple(positions), self._now(), close=True
        )

    async def current_breach(self, account_id: AccountId) -> tuple[int, str] | None:
        return await self._glance(breaches.current_id, account_id)

    async def was_flattened(self, account_id: AccountId) -> bool:
        return await self._glance(breaches.was_flattened, account_id)

    async def flatten_progress(
        self,
        breach_id: int,
        positions: Iterable[Position],
        *,
        pendings_removed: int = 0,
        pendings_open: int = 0,
    ) -> None:
        await self._write(
            breaches.progress,
            breach_id,
            tuple(positions),
            self._now(),
            pendings_removed=pendings_removed,
            pendings_open=pendings_open,
        )

    async def flat(self, account_id: AccountId, breach_id: int, equity: Decimal) -> None:
        await self._write(breaches.flat, account_id, breach_id, equity, self._now())

    async def flatten_again(self, account_id: AccountId) -> bool:
        return await self._write(breaches.flatten_again, account_id, self._now())

    async def escalate(self, breach_id: int, minutes: int) -> None:
        await self._write(breaches.escalate, breach_id, minutes, self._now())

    async def recovered(self, account_id: AccountId, equity: Decimal, floor: Decimal) -> None:
        await self._write(breaches.recovered, account_id, equity, floor, self._now())

    async def blind(self, account_id: AccountId | None, notice: Blind) -> None:
        await self._write(caps.blind, account_id, notice, self._now())

    async def sample_equity(self, account_id: AccountId, account: AccountState) -> None:
        await self._database.run(caps.sample_equity, account_id, account, self._now())

    async def sample_before(
        self, account_id: AccountId, instant: datetime
    ) -> tuple[datetime, Decimal, Decimal, Decimal] | None:
        return await self._read(caps.sample_before, account_id, instant)

    # life of the process

    async def totals(self, account_id: AccountId) -> tuple[int, int]:
        return await self._read(health.totals, account_id)

    async def count_signals(self, account_id: AccountId, count: int) -> None:
        await self._database.run(health.count_signals, account_id, count)

    async def last_alive(self) -> datetime | None:
        return await self._read(health.last_alive)

    async def prune(self, keep: timedelta) -> int:
        return await self._database.run(health.prune, self._now() - keep)

    async def ping(self) -> None:
        await self._read(health.ping)

    # messages

    async def outbox_claim(self, now: datetime, limit: int) -> list[outbox.Message]:
        return await self._database.run(outbox.claim, now, limit)

    async def outbox_mark_sent(
        self, row_id: int, revision: int, message_id: int, now: datetime
    ) -> None:
        await self._database.run(outbox.mark_sent, row_id, revision, message_id, now)

    async def outbox_mark_retry(self, row_id: int, error: str, not_before: datetime) -> None:
        await self._database.run(outbox.mark_retry, row_id, error, not_before)

    async def outbox_resend(self, row_id: int) -> None:
        await self._database.run(outbox.resend, row_id)

    async def outbox_mark_dead(self, row_id: int, error: str, *, unreachable: bool) -> bool:
        return await self._database.run(outbox.mark_dead, row_id, error, unreachable=unreachable)

    async def outbox_tell_unreachable(self, row_id: int, why: str, now: datetime) -> None:
        await self._write(health.tell_unreachable, row_id, why, now)

    async def outbox_move_chat(self, old: int, new: int) -> None:
        await self._database.run(outbox.move_chat, old, new)

    async def outbox_next_due(self) -> int | None:
        return await self._glance(outbox.next_due)

    async def outbox_recover(self) -> int:
        return await self._write(outbox.recover)

    async def outbox_backlog(self) -> int:
        return await self._read(outbox.backlog)

    async def reachable_again(self, telegram_id: int) -> bool:
        return await self._write(outbox.revive, telegram_id, self._now())
