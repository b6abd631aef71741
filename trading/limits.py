"""Limits beside the caps: firms' presets, pauses on results, and what moved a balance."""

import inspect
import json
from collections.abc import Sequence
from decimal import Decimal

from trading.accounts import CONFIRM_TTL, AccountService, Answer, Asked, Done, Refused, reading_of
from trading.drawdown import Cap, describe, start
from trading.drawdown.plain import cap_from_plain, cap_to_plain
from trading.drawdown.presets import NOT_EXPRESSED, PRESETS, RULES_READ
from trading.drawdown.protections import KeptProtection
from trading.ids import AccountId
from trading.loop import TradingLoop
from trading.model import Confirmation, Member, Role, TradingState
from trading.money import parse_decimal
from trading.ports import GuardStore
from trading.protecting import is_looser, kind_of, parse_protection, rule_words
from trading.words import capital, joined, told

PROTECTIONS = ("streak", "lookback")
_OWNER_ONLY = Refused(told("That gives more room: only an owner may. Nothing was changed."))
_LATCHED = Refused(told("The account is halted: limits can only be tightened now."))


class LimitService:
    """Acts for a member; registers what its confirm buttons do with the account service."""

    def __init__(self, store: GuardStore, loop: TradingLoop, accounts: AccountService) -> None:
        self._store = store
        self._loop = loop
        accounts.confirms(
            {
                "preset": self._apply_preset,
                "protection": self._put_protection,
                "protection_off": self._remove_protection,
                "forgive": self._forgive,
            }
        )

    # presets

    async def ask_preset(
        self, member: Member, account_id: AccountId, name: str, words: Sequence[str]
    ) -> Answer:
        """Ask whether a firm's caps are to be set; the numbers given replace the firm's."""
        make = PRESETS.get(name)
        if make is None:
            return Refused(
                told(
                    "I know no {name}. Presets: {presets}.",
                    name=name[:24],
                    presets=", ".join(PRESETS),
                )
            )
        if not await self._may(member, account_id, Role.OWNER):
            return Refused(told("Only an owner may apply a preset. Nothing was changed."))
        account = await self._store.account(account_id)
        if account.trading_state is TradingState.HALTED:
            return _LATCHED
        numbers = _numbers(words, frozenset(inspect.signature(make).parameters))
        if isinstance(numbers, str):
            return Refused(numbers)
        numbers.setdefault("initial", account.entry_equity or Decimal(0))
        caps = make(**numbers)
        detail = json.dumps([cap_to_plain(cap) for cap in caps])
        shown = self._preset_words(account_id, name, caps, account.currency)
        return await self._ask(member, account_id, "preset", detail, shown)

    def _preset_words(
        self, account_id: AccountId, name: str, caps: Sequence[Cap], currency: str
    ) -> str:
        loop = self._loop.of(account_id)
        reading = None if loop is None or loop.snapshot is None else reading_of(loop.snapshot)
        lines = [
            told("Set the caps of {name}? {rules_read}.", name=name, rules_read=capital(RULES_READ))
        ]
        for cap in caps:
            line = told("· {cap}", cap=describe(cap))
            if reading is not None:
                state = start(cap, reading)
                room = reading.own_equity - state.floor
                line = told(
                    "{line}: floor {floor}, room {room} {currency}",
                    line=line,
                    floor=f"{state.floor:,.2f}",
                    room=f"{room:,.2f}",
                    currency=currency,
                )
                if room <= 0:
                    line = told("{line}\n⚠️ Equity is below it: it would act at once.", line=line)
            lines.append(line)
        lines += [told("Not in it: {one}.", one=one) for one in NOT_EXPRESSED.get(name, ())]
        lines.append(told("Other numbers: /preset {name} initial 50000 daily 4 total 8", name=name))
        return joined(lines)

    async def _apply_preset(self, member: Member, taken: Confirmation) -> Answer:
        refusal = await self._still_may(member, taken.account_id)
        if refusal is not None:
            return refusal
        caps = [cap_from_plain(one) for one in json.loads(taken.detail)]
        for cap in caps:
            await self._store.put_cap(taken.account_id, cap, None, member.name, member=member.id)
        self._reload(taken.account_id)
        words = joined(told("· {cap}", cap=describe(cap)) for cap in caps)
        return Done(
            told("These caps hold now:\n{words}\nEach can be changed with /cap.", words=words)
        )

    # pauses on closed results

    async def set_protection(
        self, member: Member, account_id: AccountId, words: Sequence[str]
    ) -> Answer:
        """Set a streak or a look-back: at once where it tightens, else an owner confirms it."""
        rule = parse_protection(words)
        if isinstance(rule, str):
            return Refused(f"{rule[:1].upper()}{rule[1:]}")
        if not await self._may(member, account_id, Role.TRADER):
            return Refused(told("You may not do that on this account. Nothing was changed."))
        kept = await self._store.protections(account_id)
        old = next((one.rule for one in kept if kind_of(one.rule) == kind_of(rule)), None)
        if old is None or not is_looser(rule, old):
            await self._store.put_protection(account_id, rule, member.name, member.id)
            return Done(capital(told("{rule}.", rule=rule_words(rule))))
        if not await self._may(member, account_id, Role.OWNER):
            return _OWNER_ONLY
        words_ = told(
            "This gives more room: {rule} (now: {old}).", rule=rule_words(rule), old=rule_words(old)
        )
        return await self._ask(member, account_id, "protection", " ".join(words), words_)

    async def pauses_of(self, account_id: AccountId) -> list[KeptProtection]:
        """Return the account's pauses on closed results."""
        return await self._store.protections(account_id)

    async def ask_protection_off(self, member: Member, account_id: AccountId, kind: str) -> Answer:
        """Ask whether a pause on results is to be taken away."""
        if not await self._may(member, account_id, Role.OWNER):
            return _OWNER_ONLY
        kept = await self._store.protections(account_id)
        if all(kind_of(one.rule) != kind for one in kept):
            return Refused(told("There is no {kind} pause.", kind=kind))
        return await self._ask(
            member,
            account_id,
            "protection_off",
            kind,
            told("Take the {kind} pause away?", kind=kind),
        )

    async def ask_forgive(self, member: Member, account_id: AccountId) -> Answer | None:
        """Ask whether the losses so far are to count no more; None where nothing has tripped."""
        loop = self._loop.of(account_id)
        pauses = () if loop is None else await loop.pauses()
        if not pauses:
            return None
        if not await self._may(member, account_id, Role.OWNER):
            return Refused(told("Entries are paused by losses: only an owner can lift it."))
        words = told("Entries are paused by losses. Let the results so far count no more?")
        return await self._ask(member, account_id, "forgive", "", words)

    async def _put_protection(self, member: Member, taken: Confirmation) -> Answer:
        refusal = await self._still_may(member, taken.account_id)
        rule = parse_protection(taken.detail.split())
        if refusal is not None or isinstance(rule, str):
            return refusal or Refused(str(rule))
        await self._store.put_protection(taken.account_id, rule, member.name, member.id)
        return Done(capital(told("{rule}.", rule=rule_words(rule))))

    async def _remove_protection(self, member: Member, taken: Confirmation) -> Answer:
        refusal = await self._still_may(member, taken.account_id)
        if refusal is not None:
            return refusal
        await self._store.remove_protection(taken.account_id, taken.detail, member.name, member.id)
        return Done(told("The {detail} pause is off.", detail=taken.detail))

    async def _forgive(self, member: Member, taken: Confirmation) -> Answer:
        if not await self._may(member, taken.account_id, Role.OWNER):
            return _OWNER_ONLY
        await self._store.forgive_protections(taken.account_id, member.name)
        self._wake(taken.account_id)
        return Done(told("The results so far count no more. Their history is kept."))

    # what moved the balance

    async def answer_balance(self, member: Member, question_id: int, answer: str) -> Answer:
        """Take an owner's word for what moved the balance; the caps follow at the next reading."""
        account_id = await self._store.question_account(question_id)
        if account_id is None or answer not in ("flow", "result"):
            return Refused(told("This question is not known any more. Nothing was changed."))
        if not await self._may(member, account_id, Role.OWNER):
            return Refused(
                told("Only an owner may say what moved the balance. Nothing was changed.")
            )
        if not await self._store.answer_question(question_id, answer, member.name):
            return Refused(told("Already answered. Nothing was changed by this tap."))
        self._wake(account_id)
        return Done(told("Taken.") if answer == "result" else told("Taken: the caps move with it."))

    async def _still_may(self, member: Member, account_id: AccountId) -> Refused | None:
        if not await self._may(member, account_id, Role.OWNER):
            return _OWNER_ONLY
        account = await self._store.account(account_id)
        return _LATCHED if account.trading_state is TradingState.HALTED else None

    async def _may(self, member: Member, account_id: AccountId, needed: Role) -> bool:
        role = await self._store.role_on(member.id, account_id)
        return role is not None and role.may(needed)

    async def _ask(
        self, member: Member, account_id: AccountId, action: str, detail: str, words: str
    ) -> Asked:
        confirm_id = await self._store.ask(member.id, account_id, action, detail, CONFIRM_TTL)
        return Asked(confirm_id, words)

    def _reload(self, account_id: AccountId) -> None:
        loop = self._loop.of(account_id)
        if loop is not None:
            loop.caps_changed()

    def _wake(self, account_id: AccountId) -> None:
        self._loop.wake(account_id)


def _numbers(words: Sequence[str], allowed: frozenset[str]) -> dict[str, Decimal] | str:
    """Return the numbers of ``initial 50000 daily 4 total 8``, or what is wrong with them."""
    numbers: dict[str, Decimal] = {}
    left = list(words)
    while left:
        name = left.pop(0).lower()
        if parse_decimal(name) is not None and not numbers:
            name, left = "initial", [name, *left]
        value = parse_decimal(left.pop(0)) if left else None
        if name not in allowed:
            known = ", ".join(sorted(allowed))
            return told(
                "This preset has no {name}: it takes {known}. Nothing was changed.",
                name=name[:20],
                known=known,
            )
        if value is None or value <= 0:
            return told(
                "I expected a number above zero after {name}. Nothing was changed.", name=name
            )
        numbers[name] = value
    return numbers
