"""What members do to an account: caps, pause, panic, resume; rights are checked here."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from trading.clock import Clock
from trading.drawdown import (
    MIN_DRAWDOWN_THRESHOLD,
    Cap,
    CapKind,
    CapState,
    Reading,
    describe,
    edit,
    is_looser,
    observe,
    parse_cap,
    start,
    validate,
)
from trading.drawdown.edits import same_ground
from trading.drawdown.plain import cap_from_plain, cap_to_plain
from trading.ids import AccountId, ConfirmId
from trading.loop import AccountLoop, TradingLoop
from trading.model import (
    Account,
    Breach,
    Confirmation,
    Member,
    Role,
    Snapshot,
    TradingState,
)
from trading.money import HUNDRED
from trading.ports import GuardStore
from trading.words import joined, told

CONFIRM_TTL = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Done:
    """It holds now."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done, and why."""

    words: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A button must confirm it first."""

    confirm_id: ConfirmId
    words: str


Answer = Done | Refused | Asked
Act = Callable[[Member, Confirmation], Awaitable[Answer]]

_DENIED = Refused(told("You may not do that on this account. Nothing was changed."))


class AccountService:
    """Acts for a member on an account; tightening holds at once, loosening is confirmed."""

    def __init__(self, store: GuardStore, loop: TradingLoop, clock: Clock) -> None:
        self._store = store
        self._loop = loop
        self._clock = clock
        self._acts: dict[str, Act] = {
            "panic": self._panic,
            "resume": self._resume,
            "cap": self._confirmed_cap,
            "cap_off": self._cap_off,
        }

    def confirms(self, acts: Mapping[str, Act]) -> None:
        """Let a confirm button lead to another service's acts, by the action that was asked."""
        self._acts.update(acts)

    async def pause(self, member: Member, account_id: AccountId) -> Answer:
        """Stop entries; open positions keep their stops."""
        if not await self._may(member, account_id, Role.TRADER):
            return _DENIED
        if await self._store.pause(account_id, member.id, member.name):
            return Done(told("No new entries. Open positions keep their stops. /resume lifts it."))
        account = await self._store.account(account_id)
        return Refused(
            told("The account is already {state}.", state=_STATES[account.trading_state])
        )

    async def ask_panic(self, member: Member, account_id: AccountId) -> Answer:
        """Ask whether everything is to be closed."""
        if not await self._may(member, account_id, Role.TRADER):
            return _DENIED
        snapshot = self._snapshot(account_id)
        count = 0 if snapshot is None else len(snapshot.positions)
        waiting = 0 if snapshot is None else len(snapshot.orders)
        positions = told("1 position") if count == 1 else told("{count} positions", count=count)
        orders = (
            told("1 pending order")
            if waiting == 1
            else told("{count} pending orders", count=waiting)
        )
        words = told(
            "Halt trading, close {positions} and take {orders} back, also those not opened by this"
            " desk?",
            positions=positions,
            orders=orders,
        )
        return await self._ask(member, account_id, "panic", "", words)

    async def ask_resume(self, member: Member, account_id: AccountId) -> Answer:
        """Ask whether trading goes on, showing floor, room and what changes."""
        account = await self._store.account(account_id)
        latched = account.trading_state is TradingState.HALTED
        if not await self._may(member, account_id, Role.OWNER if latched else Role.TRADER):
            return (
                _DENIED
                if not latched
                else Refused(
                    told("The account is halted: only an owner can resume. Nothing was changed.")
                )
            )
        if account.trading_state is TradingState.ACTIVE:
            return Refused(told("Trading is active already."))
        if account.flatten_asked_at is not None:
            return Refused(
                told("Positions are still being closed: resume once the account is flat.")
            )
        loop = self._loop.of(account_id)
        if loop is None or loop.snapshot is None or loop.blind:
            why = told("not read yet") if loop is None else loop.verdict.problem
            return Refused(told("The account cannot be seen ({why}): resume once it can.", why=why))
        changes = await self._rebased(account, loop.snapshot) if latched else []
        return await self._ask(member, account_id, "resume", "", _resume_words(loop, changes))

    async def set_cap(self, member: Member, account_id: AccountId, words: Sequence[str]) -> Answer:
        """Set a cap from what was typed: at once where it tightens, else after a confirmation."""
        cap = parse_cap(words)
        if isinstance(cap, str):
            return Refused(cap)
        return await self.put_cap(member, account_id, cap)

    async def put_cap(self, member: Member, account_id: AccountId, cap: Cap) -> Answer:
        """Set a cap: at once where it tightens, else after an owner's confirmation."""
        if not await self._may(member, account_id, Role.TRADER):
            return _DENIED
        loop = self._loop.of(account_id)
        if loop is None or loop.snapshot is None or loop.blind:
            return Refused(told("The account cannot be seen now: set the cap once it can."))
        account = await self._store.account(account_id)
        cap = _with_entry_equity(cap, account)
        reading = reading_of(loop.snapshot)
        old = await self._present(account_id, cap.kind)
        state = _state_after(old, cap, reading)
        if old is not None and old[1] is not None and is_looser(cap, old[0], old[1], reading):
            return await self._ask_loosening(member, account, cap, state, reading)
        await self._put(account_id, cap, state, member, reading)
        return Done(_cap_words(cap, state, reading, account))

    async def preview(self, account_id: AccountId, cap: Cap) -> tuple[Cap, str]:
        """Return a cap as it would be set here, and in words what it would mean now."""
        present = await self._present(account_id, cap.kind)
        account = await self._store.account(account_id)
        cap = _with_entry_equity(cap, account)
        wrong = validate(cap)
        loop = self._loop.of(account_id)
        if wrong is not None:
            return cap, told(
                "{cap}\n⚠️ It cannot be set so: {wrong}.", cap=describe(cap), wrong=wrong
            )
        if loop is None or loop.snapshot is None or loop.blind:
            return cap, told("{cap}\nThe account cannot be seen now.", cap=describe(cap))
        reading = reading_of(loop.snapshot)
        return cap, _cap_words(cap, _state_after(present, cap, reading), reading, account)

    async def _ask_loosening(
        self, member: Member, account: Account, cap: Cap, state: CapState, reading: Reading
    ) -> Answer:
        if not await self._may(member, account.id, Role.OWNER):
            return Refused(told("That gives more room: only an owner may. Nothing was changed."))
        if account.trading_state is TradingState.HALTED:
            return Refused(
                told("The account is halted: a cap cannot be loosened now, only tightened.")
            )
        words = told("This gives more room.\n{cap}", cap=_cap_words(cap, state, reading, account))
        return await self._ask(member, account.id, "cap", json.dumps(cap_to_plain(cap)), words)

    async def ask_cap_off(self, member: Member, account_id: AccountId, kind: str) -> Answer:
        """Ask whether a cap is to be taken away."""
        if not await self._may(member, account_id, Role.OWNER):
            return Refused(told("That gives more room: only an owner may. Nothing was changed."))
        account = await self._store.account(account_id)
        if account.trading_state is TradingState.HALTED:
            return Refused(told("The account is halted: a cap cannot be taken away now."))
        caps = await self._store.caps(account_id)
        if all(cap.kind.value != kind for cap, _ in caps):
            return Refused(told("There is no {kind} cap.", kind=kind))
        if len(caps) == 1:
            return Refused(
                told("It is the only cap: a desk without any is not allowed. Set another.")
            )
        return await self._ask(
            member, account_id, "cap_off", kind, told("Take the {kind} cap away?", kind=kind)
        )

    async def confirm(self, member: Member, confirm_id: ConfirmId, *, yes: bool) -> Answer:
        """Use a confirmation up and do what it was for, if the member still may."""
        taken = await self._store.take_confirmation(confirm_id, member.id)
        if isinstance(taken, str):
            return Refused(_STALE[taken])
        if not yes:
            return Refused(told("Canceled. Nothing was changed."))
        return await self._acts[taken.action](member, taken)

    async def _panic(self, member: Member, taken: Confirmation) -> Answer:
        if not await self._may(member, taken.account_id, Role.TRADER):
            return _DENIED
        loop = self._loop.of(taken.account_id)
        snapshot = None if loop is None else loop.snapshot
        equity = Decimal(0) if snapshot is None else snapshot.account.own_equity
        await self._store.latch(
            taken.account_id,
            Breach(equity=equity, asked_by=member.name, scope="all", member_id=member.id),
            () if snapshot is None else snapshot.positions,
        )
        self._loop.wake(taken.account_id)
        return Done(told("Halted. Closing everything; the report follows."))

    async def _resume(self, member: Member, taken: Confirmation) -> Answer:
        asked = await self.ask_resume(member, taken.account_id)
        if isinstance(asked, Refused):
            return asked  # what was true a minute ago no longer is
        loop = self._loop.of(taken.account_id)
        account = await self._store.account(taken.account_id)
        if loop is not None and loop.snapshot is not None:
            for cap, state in await self._rebased(account, loop.snapshot):
                reading = reading_of(loop.snapshot)
                await self._put(taken.account_id, cap, state, member, reading, anew=True)
        if not await self._store.resume(taken.account_id, member.id, member.name):
            return Refused(
                told("Trading could not be resumed: it is active, or positions are open.")
            )
        self._reload(taken.account_id)
        return Done(told("Trading is active again."))

    async def _confirmed_cap(self, member: Member, taken: Confirmation) -> Answer:
        account = await self._store.account(taken.account_id)
        loop = self._loop.of(taken.account_id)
        if loop is None or loop.snapshot is None or loop.blind:
            return Refused(told("The account cannot be seen now. Nothing was changed."))
        if not await self._may(member, taken.account_id, Role.OWNER):
            return _DENIED
        if account.trading_state is TradingState.HALTED:
            return Refused(told("The account was halted meanwhile. Nothing was changed."))
        cap, reading = cap_from_plain(json.loads(taken.detail)), reading_of(loop.snapshot)
        state = _state_after(await self._present(taken.account_id, cap.kind), cap, reading)
        await self._put(taken.account_id, cap, state, member, reading)
        return Done(_cap_words(cap, state, reading, account))

    async def _cap_off(self, member: Member, taken: Confirmation) -> Answer:
        if not await self._may(member, taken.account_id, Role.OWNER):
            return _DENIED
        await self._store.remove_cap(taken.account_id, taken.detail, member.name, member=member.id)
        self._reload(taken.account_id)
        return Done(told("The {detail} cap is off.", detail=taken.detail))

    async def _put(
        self,
        account_id: AccountId,
        cap: Cap,
        state: CapState,
        member: Member,
        reading: Reading,
        *,
        anew: bool = False,
    ) -> None:
        old = await self._present(account_id, cap.kind)
        kept = old is not None and old[1] is not None and same_ground(old[0], cap)
        # A day's base comes from the broker's deals, which the next reading asks for; one that
        # an owner starts anew comes from the equity of now.
        begun = state if kept or anew or not cap.has_day else None
        await self._store.put_cap(
            account_id, cap, begun, member.name, member=member.id, own_equity=reading.own_equity
        )
        self._reload(account_id)

    def _reload(self, account_id: AccountId) -> None:
        loop = self._loop.of(account_id)
        if loop is not None:
            loop.caps_changed()

    async def _present(
        self, account_id: AccountId, kind: CapKind
    ) -> tuple[Cap, CapState | None] | None:
        caps = await self._store.caps(account_id)
        return next((one for one in caps if one[0].kind is kind), None)

    async def _rebased(self, account: Account, snapshot: Snapshot) -> list[tuple[Cap, CapState]]:
        """Return the caps that equity is below, started anew from it: an owner's act."""
        reading = reading_of(snapshot)
        fresh = []
        for cap, state in await self._store.caps(account.id):
            if state is None or not observe(cap, state, reading, confirm_ms=0).acts:
                continue
            fresh.append(_anew(cap, state, reading))
        return fresh

    def _snapshot(self, account_id: AccountId) -> Snapshot | None:
        loop = self._loop.of(account_id)
        return None if loop is None else loop.snapshot

    async def _may(self, member: Member, account_id: AccountId, needed: Role) -> bool:
        role = await self._store.role_on(member.id, account_id)
        return role is not None and role.may(needed)

    async def _ask(
        self, member: Member, account_id: AccountId, action: str, detail: str, words: str
    ) -> Asked:
        confirm_id = await self._store.ask(member.id, account_id, action, detail, CONFIRM_TTL)
        return Asked(confirm_id, words)


_STATES = {
    TradingState.ACTIVE: told("active"),
    TradingState.PAUSED: told("paused"),
    TradingState.HALTED: told("halted"),
}
_STALE = {
    "unknown": told("This button is not known any more. Nothing was changed."),
    "foreign": told("Only the one who asked can confirm. Nothing was changed."),
    "used": told("Already answered. Nothing was changed by this tap."),
    "expired": told("Too late: the question expired. Nothing was changed."),
}


def reading_of(snapshot: Snapshot) -> Reading:
    """Return a snapshot's money as a reading."""
    money = snapshot.account
    return Reading(
        at=snapshot.at,
        monotonic_ms=int(snapshot.taken * 1000),
        balance=money.balance,
        equity=money.equity,
        credit=money.credit,
        positions_open=len(snapshot.positions),
    )


def _with_entry_equity(cap: Cap, account: Account) -> Cap:
    """A percent of entry equity counts from the account's, never from this moment's."""
    if cap.kind is CapKind.STATIC and cap.initial is None:
        return replace(cap, initial=account.entry_equity)
    return cap


def _state_after(old: tuple[Cap, CapState | None] | None, cap: Cap, reading: Reading) -> CapState:
    if old is None or old[1] is None:
        return start(cap, reading)
    return edit(old[0], cap, old[1], reading)


def _anew(cap: Cap, state: CapState, reading: Reading) -> tuple[Cap, CapState]:
    """Return a cap whose base is the present equity; a money floor moves below it by as much.

    A floor that was set at or above equity left no room to keep: it gets the least percent cap's,
    or trading could never be resumed.
    """
    own = reading.own_equity
    if cap.kind is CapKind.FLOOR:
        size = own - max(own * MIN_DRAWDOWN_THRESHOLD / HUNDRED, state.base - cap.size)
        anew = replace(cap, size=max(Decimal("0.01"), size))
        return anew, start(anew, reading)
    anew = replace(cap, initial=own)
    fresh = start(anew, reading)
    moved = replace(fresh, base=own, mark=own)
    return anew, edit(anew, anew, moved, reading)


def _cap_words(cap: Cap, state: CapState, reading: Reading, account: Account) -> str:
    room = reading.own_equity - state.floor
    money = told(
        "floor {floor}, room {room} {currency}",
        floor=f"{state.floor:,.2f}",
        room=f"{room:,.2f}",
        currency=account.currency,
    )
    warning = told("\nEquity is already at or below it: it acts now.") if room <= 0 else ""
    return told("{cap}: {money}.{warning}", cap=describe(cap), money=money, warning=warning)


def _resume_words(loop: AccountLoop, changes: Sequence[tuple[Cap, CapState]]) -> str:
    beat = loop.beat()
    if not changes:
        room = told("unknown") if beat.room is None else f"{beat.room:,.2f} {beat.currency}"
        floor = loop.verdict.floor
        shown = told("none") if floor is None else f"{floor:,.2f}"
        return told("Resume trading? Floor {shown}, room {room}.", shown=shown, room=room)
    lines = [told("Resume trading? Equity is below a cap, so it starts anew from here:")]
    for cap, state in changes:
        room_now = state.own - state.floor
        lines.append(
            told(
                "{cap}: new floor {floor}, room {room_now}",
                cap=describe(cap),
                floor=f"{state.floor:,.2f}",
                room_now=f"{room_now:,.2f}",
            )
        )
    return joined(lines)
