"""What members ask of open positions: shown with its numbers, confirmed once, then a row."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from trading.accounts import Answer, Asked, Done, Refused
from trading.clock import Clock
from trading.ids import AccountId, ConfirmId, MemberId
from trading.loop import TradingLoop
from trading.model import Account, Member, Role, SymbolSpec
from trading.money import HUNDRED, floor_to_step, parse_decimal, round_to_tick
from trading.positions import levels
from trading.positions.keeper import new_managed
from trading.positions.model import (
    Ask,
    Confirmed,
    Request,
    RuleChange,
    RuleEdit,
    Rules,
    WishKind,
)
from trading.positions.rules import is_looser, whole_or
from trading.positions.selection import Held, Selection, Waiting, one_of, select
from trading.words import joined, told

CONFIRM_TTL = timedelta(seconds=60)
Among = Collection[AccountId] | None
"""The accounts a command is about; None: every one its person has."""
_LINES = 8
_NOTHING = told("Nothing was changed.")


class AskStore(Protocol):
    """Questions and what became of them; each call is one transaction."""

    async def ask_for(
        self, member_id: MemberId, account_id: AccountId, request: Request, ttl: timedelta
    ) -> ConfirmId:
        """Write down a question whose button may be tapped once."""

    async def confirm(
        self, confirm_id: ConfirmId, member_id: MemberId, *, yes: bool
    ) -> Confirmed | str:
        """Use it up and write down what it stood for, or say in a word why not."""

    async def wish(self, account_id: AccountId, asks: Sequence[Ask], cause: str) -> None:
        """Write down what nobody needs to confirm."""


class PeopleStore(Protocol):
    """Who may do what."""

    async def accounts_of(self, member_id: MemberId) -> list[Account]:
        """Return the accounts a member has any right on."""

    async def role_on(self, member_id: MemberId, account_id: AccountId) -> Role | None:
        """Return a member's role on an account."""


@dataclass(frozen=True, slots=True)
class Pick:
    """The command named no position: these can be chosen from."""

    held: tuple[Held, ...]


class PositionService:
    """Acts on positions for a member; nothing is done before a button confirmed it."""

    def __init__(
        self, store: AskStore, people: PeopleStore, loop: TradingLoop, clock: Clock
    ) -> None:
        self._store = store
        self._people = people
        self._loop = loop
        self._clock = clock

    # --- looking -----------------------------------------------------------------------------

    async def held(self, member: Member, among: Among = None) -> list[Held]:
        """Return the open positions of every account the member may see, or of those among them."""
        return [
            Held(account, loop, position)
            for account in await self._people.accounts_of(member.id)
            if among is None or account.id in among
            if (loop := self._loop.of(account.id)) is not None and loop.snapshot is not None
            for position in loop.snapshot.positions
        ]

    async def waiting(self, member: Member, among: Among = None) -> list[Waiting]:
        """Return the pending orders of every account the member may see, or of those among them."""
        return [
            Waiting(account, loop, order)
            for account in await self._people.accounts_of(member.id)
            if among is None or account.id in among
            if (loop := self._loop.of(account.id)) is not None and loop.snapshot is not None
            for order in loop.snapshot.orders
        ]

    # --- closing -----------------------------------------------------------------------------

    async def close(
        self, member: Member, words: Sequence[str], among: Among = None
    ) -> list[Answer] | Pick:
        """Ask whether the positions that are meant are to be closed, whole or in part."""
        held = await self.held(member, among)
        if not words:
            return (
                Pick(tuple(held))
                if held
                else [Refused(told("No open positions. {nothing}", nothing=_NOTHING))]
            )
        chosen = select(words, held)
        if isinstance(chosen, str):
            return [_wrong("fx", words, chosen)]
        return await self._ask_close(member, chosen)

    async def partial(
        self, member: Member, words: Sequence[str], among: Among = None
    ) -> list[Answer]:
        """Ask whether a part of one position is to be closed."""
        chosen = one_of(words, await self.held(member, among))
        if isinstance(chosen, str):
            return [_wrong("partial", words, chosen)]
        held, rest = chosen
        percent = parse_decimal(rest[0]) if len(rest) == 1 else None
        if percent is None or not 0 < percent < HUNDRED:
            return [_wrong("partial", words, told("say how much: a percent above 0 and below 100"))]
        return await self._ask_close(member, Selection((held,), percent))

    async def _ask_close(self, member: Member, chosen: Selection) -> list[Answer]:
        answers: list[Answer] = []
        for account, some in _by_account(chosen.held):
            asks: list[Ask] = []
            for one in some:
                ask = _close_ask(one, chosen.percent)
                if isinstance(ask, str):
                    answers.append(Refused(told("{why} {nothing}", why=ask, nothing=_NOTHING)))
                else:
                    asks.append(ask)
            if asks:
                words = _close_words(some, asks, account.currency)
                answers.append(await self._ask(member, account, Request(tuple(asks)), words))
        return answers

    async def cancel(
        self, member: Member, words: Sequence[str], among: Among = None
    ) -> list[Answer]:
        """Ask whether waiting orders are to be taken back."""
        waiting = await self.waiting(member, among)
        if not waiting:
            return [Refused(told("No orders wait at the broker. {nothing}", nothing=_NOTHING))]
        if not words:
            return [_wrong("cancel", words, told("say which order: its ticket is in /orders"))]
        wanted = [word.lower().removeprefix("#") for word in words]
        chosen = [one for one in waiting if wanted == ["all"] or str(one.order.ticket) in wanted]
        known = {str(one.order.ticket) for one in chosen}
        for word in wanted:
            if word != "all" and word not in known:
                return [_wrong("cancel", words, told("no order {word} waits", word=word))]
        answers: list[Answer] = []
        for account in {one.account.id: one.account for one in chosen}.values():
            its = [one.order for one in chosen if one.account.id == account.id]
            asks = tuple(
                Ask(WishKind.CANCEL, order.ticket, order.symbol, order.side) for order in its
            )
            lines = [
                told(
                    "#{ticket} {side} {kind} {symbol} {volume} at {price}",
                    ticket=order.ticket,
                    side=order.side.value.upper(),
                    kind=order.order_type,
                    symbol=order.symbol,
                    volume=order.volume,
                    price=order.price,
                )
                for order in its[:_LINES]
            ]
            title = told(
                "Take back {count}?",
                count=_count(
                    len(its),
                    told("1 pending order"),
                    told("{count} pending orders", count=len(its)),
                ),
            )
            answers.append(await self._ask(member, account, Request(asks), joined([title, *lines])))
        return answers

    # --- levels and rules --------------------------------------------------------------------

    async def break_even(
        self, member: Member, words: Sequence[str], among: Among = None
    ) -> list[Answer]:
        """Ask whether stops are to be moved to the entry."""
        held = await self.held(member, among)
        chosen = Selection(tuple(held)) if not words and len(held) == 1 else None
        if chosen is None:
            if not words:
                return [_wrong("be", words, told("say which position, or all"))]
            found = select(words, held)
            if isinstance(found, str):
                return [_wrong("be", words, found)]
            chosen = found
        answers: list[Answer] = []
        for account, some in _by_account(chosen.held):
            asks, refused = levels.to_break_even(some)
            answers += [
                Refused(told("{why} {nothing}", why=why, nothing=_NOTHING))
                for why in refused[:_LINES]
            ]
            if asks:
                lines = [
                    told(
                        "#{target} {value} {symbol} stop to {stop_loss}",
                        target=ask.target,
                        value=ask.side.value.upper(),
                        symbol=ask.symbol,
                        stop_loss=ask.stop_loss,
                    )
                    for ask in asks[:_LINES]
                ]
                words_ = joined(
                    [
                        told(
                            "Move {count} to the entry?",
                            count=_count(
                                len(asks), told("1 stop"), told("{count} stops", count=len(asks))
                            ),
                        ),
                        *lines,
                    ]
                )
                answers.append(await self._ask(member, account, Request(tuple(asks)), words_))
        return answers

    async def stop(self, member: Member, words: Sequence[str], among: Among = None) -> list[Answer]:
        """Ask whether one stop is to be moved; away from the price only for an owner."""
        chosen = one_of(words, await self.held(member, among))
        if isinstance(chosen, str):
            return [_wrong("sl", words, chosen)]
        held, rest = chosen
        price = parse_decimal(rest[0]) if len(rest) == 1 else None
        if price is None or price <= 0:
            return [_wrong("sl", words, told("say the new stop as a price"))]
        spec = held.loop.symbols.spec(held.position.symbol)
        if spec is None:
            return [_unread(held)]
        price = round_to_tick(price, spec.tick_size).quantize(spec.point)
        why = levels.stop_problem(price, held.position, spec)
        if why:
            return [_wrong("sl", words, why)]
        looser = is_looser(price, held.position.stop_loss, held.position.side)
        if looser and not await self._may(member, held.account, Role.OWNER):
            present = held.position.stop_loss
            return [
                Refused(
                    told(
                        "A stop at {price} risks more than {present}: only an owner may loosen it. "
                        "{nothing}",
                        price=price,
                        present=present,
                        nothing=_NOTHING,
                    )
                )
            ]
        ask = _protect(held, stop_loss=price, may_loosen=looser)
        text = levels.stop_words(held.position, price, spec, loosens=looser)
        return [await self._ask(member, held.account, Request((ask,)), text)]

    async def target(
        self, member: Member, words: Sequence[str], among: Among = None
    ) -> list[Answer]:
        """Ask whether a target is to be moved: a rung's of the ladder, or the broker's."""
        chosen = one_of(words, await self.held(member, among))
        if isinstance(chosen, str):
            return [_wrong("tp", words, chosen)]
        held, rest = chosen
        numbers = [parse_decimal(word) for word in rest]
        if not 1 <= len(numbers) <= 2 or any(one is None for one in numbers):
            return [
                _wrong(
                    "tp", words, told("say the target's number, if there are several, and price")
                )
            ]
        spec = held.loop.symbols.spec(held.position.symbol)
        if spec is None:
            return [_unread(held)]
        price = round_to_tick(numbers[-1] or Decimal(0), spec.tick_size).quantize(spec.point)
        why = levels.target_problem(price, held.position, spec)
        if why:
            return [_wrong("tp", words, why)]
        return await self._ask_target(member, held, numbers[0] if len(rest) == 2 else None, price)

    async def _ask_target(
        self, member: Member, held: Held, number: Decimal | None, price: Decimal
    ) -> list[Answer]:
        managed = held.loop.keeper.managed.get(held.position.identifier)
        rungs = () if managed is None else managed.rules.rungs
        wanted = len(rungs) + 1 if number is None else int(number)
        what = f"#{held.position.ticket} {held.position.symbol}"
        if not 1 <= wanted <= len(rungs) + 1:
            has = (
                told("{what} has one target. {nothing}", what=what, nothing=_NOTHING)
                if not rungs
                else told(
                    "{what} has targets 1 to {count}. {nothing}",
                    what=what,
                    count=len(rungs) + 1,
                    nothing=_NOTHING,
                )
            )
            return [Refused(has)]
        if managed is not None and wanted in managed.done:
            return [
                Refused(
                    told(
                        "Target {wanted} of {what} was reached already. {nothing}",
                        wanted=wanted,
                        what=what,
                        nothing=_NOTHING,
                    )
                )
            ]
        text = told(
            "Move target {wanted} of {what} to {price}?", wanted=wanted, what=what, price=price
        )
        if wanted == len(rungs) + 1:
            ask = _protect(held, take_profit=price)
            return [await self._ask(member, held.account, Request((ask,)), text)]
        edit = RuleEdit("rung", number=wanted, price=price)
        return [await self._ask_rule(member, held, edit, text)]

    async def trail(
        self, member: Member, words: Sequence[str], among: Among = None
    ) -> list[Answer]:
        """Ask whether a stop shall follow the price, or no longer."""
        chosen = one_of(words, await self.held(member, among))
        if isinstance(chosen, str):
            return [_wrong("trail", words, chosen)]
        held, rest = chosen
        spec = held.loop.symbols.spec(held.position.symbol)
        if spec is None:
            return [_unread(held)]
        what = f"#{held.position.ticket} {held.position.symbol}"
        if len(rest) == 1 and rest[0].lower() == "off":
            question = told("Stop trailing {what}? The stop stays where it is.", what=what)
            return [await self._ask_rule(member, held, RuleEdit("trail"), question)]
        distance = levels.distance_of(rest[0], spec) if len(rest) == 1 else told("say how far")
        if isinstance(distance, str):
            return [_wrong("trail", words, distance)]
        why = levels.trail_problem(distance, held.position, spec)
        if why:
            return [_wrong("trail", words, why)]
        text = levels.trail_words(held.position, distance, spec)
        return [await self._ask_rule(member, held, RuleEdit("trail", distance=distance), text)]

    async def time_limit(
        self, member: Member, words: Sequence[str], among: Among = None
    ) -> list[Answer]:
        """Ask whether a position is to be closed after some time, or no longer."""
        chosen = one_of(words, await self.held(member, among))
        if isinstance(chosen, str):
            return [_wrong("timelimit", words, chosen)]
        held, rest = chosen
        what = f"#{held.position.ticket} {held.position.symbol}"
        if len(rest) == 1 and rest[0].lower() == "off":
            edit, text = RuleEdit("time"), told("Keep {what} open without a time limit?", what=what)
        else:
            after = levels.span_of(rest[0]) if len(rest) == 1 else None
            if after is None:
                return [_wrong("timelimit", words, told("say after how long, like 90m, 4h or 2d"))]
            at = self._clock.now() + after
            edit = RuleEdit("time", at=at)
            text = told(
                "Close {what} at {at} UTC, whatever its result?", what=what, at=f"{at:%d %b %H:%M}"
            )
        return [await self._ask_rule(member, held, edit, text)]

    # --- confirming --------------------------------------------------------------------------

    async def confirm(self, member: Member, confirm_id: ConfirmId, *, yes: bool) -> Answer:
        """Use a confirmation up: what it stood for is then on disk and the loop is woken."""
        result = await self._store.confirm(confirm_id, member.id, yes=yes)
        if isinstance(result, str):
            return Refused(_STALE[result])
        self._loop.wake(result.account_id)
        if not result.asks:
            return Done(told("Taken: the rule holds from the next look on."))
        return Done(told("Taken. The result follows."))

    async def automatic(self, account_id: AccountId, asks: Sequence[Ask], cause: str) -> None:
        """Wish something nobody needs to confirm; a stop is never loosened so."""
        await self._store.wish(account_id, asks, cause)
        self._loop.wake(account_id)

    async def _ask_rule(self, member: Member, held: Held, edit: RuleEdit, words: str) -> Answer:
        kept = new_managed(held.account.id, held.position, Rules(), "", None)
        return await self._ask(
            member, held.account, Request(changes=(RuleChange(kept, edit),)), words
        )

    async def _ask(self, member: Member, account: Account, request: Request, words: str) -> Answer:
        if not await self._may(member, account, Role.TRADER):
            return Refused(
                told("You may look at this account, not trade on it. {nothing}", nothing=_NOTHING)
            )
        confirm_id = await self._store.ask_for(member.id, account.id, request, CONFIRM_TTL)
        if len(await self._people.accounts_of(member.id)) > 1:
            words = told("{account}: {question}", account=str(account.login), question=words)
        return Asked(confirm_id, words)

    async def _may(self, member: Member, account: Account, needed: Role) -> bool:
        role = await self._people.role_on(member.id, account.id)
        return role is not None and role.may(needed)


_STALE = {
    "unknown": told("This button is not known any more. {nothing}", nothing=_NOTHING),
    "foreign": told("Only the one who asked can confirm. {nothing}", nothing=_NOTHING),
    "used": told("Already answered. {nothing}", nothing=_NOTHING),
    "expired": told("Too late: the question expired. {nothing}", nothing=_NOTHING),
    "rights": told("You may not do that on this account any more. {nothing}", nothing=_NOTHING),
    "canceled": told("Canceled. {nothing}", nothing=_NOTHING),
}
EXAMPLES = {
    "fx": "/fx 1234 50% · /fx winners · /fx EURUSD",
    "partial": "/partial 1234 50",
    "cancel": "/cancel 1234 · /cancel all",
    "be": "/be 1234 · /be all",
    "sl": "/sl 1234 1.0950",
    "tp": "/tp 1234 1.1200 · /tp 1234 2 1.1200",
    "trail": "/trail 1234 15 · /trail 1234 off",
    "timelimit": "/timelimit 1234 4h · /timelimit 1234 off",
}


def _wrong(command: str, words: Sequence[str], why: str) -> Refused:
    said = " ".join([f"/{command}", *words])[:60]
    return Refused(
        told("{said}: {why}. Example: {examples}", said=said, why=why, examples=EXAMPLES[command])
    )


def _unread(held: Held) -> Refused:
    return Refused(
        told(
            "{symbol} was not read yet: try again in a moment. {nothing}",
            symbol=held.position.symbol,
            nothing=_NOTHING,
        )
    )


def _by_account(held: Sequence[Held]) -> list[tuple[Account, list[Held]]]:
    accounts = {one.account.id: one.account for one in held}
    return [
        (account, [one for one in held if one.account.id == key])
        for key, account in accounts.items()
    ]


def _close_ask(held: Held, percent: Decimal | None) -> Ask | str:
    position = held.position
    spec = held.loop.symbols.spec(position.symbol)
    volume = None
    if percent is not None:
        if spec is None:
            return told("{symbol} was not read yet: try again in a moment.", symbol=position.symbol)
        part = _part(position.volume, percent, spec)
        if part is None:
            return told(
                "{percent} % of #{ticket} ({volume} lots) is below the least volume of "
                "{volume_min}.",
                percent=percent,
                ticket=position.ticket,
                volume=position.volume,
                volume_min=spec.volume_min,
            )
        volume = part
    return Ask(WishKind.CLOSE, position.ticket, position.symbol, position.side, volume=volume)


def _part(held: Decimal, percent: Decimal, spec: SymbolSpec) -> Decimal | None:
    lots = floor_to_step(held * percent / HUNDRED, spec.volume_step)
    return None if lots < spec.volume_min else whole_or(lots, held, spec)


def _close_words(held: Sequence[Held], asks: Sequence[Ask], currency: str) -> str:
    volumes = {ask.target: ask.volume for ask in asks}
    its = [one.position for one in held if one.position.ticket in volumes]
    lines: list[str] = []
    total = Decimal(0)
    for one in its:
        lots = volumes[one.ticket] or one.volume
        result = (one.profit + one.swap) * lots / one.volume
        total += result
        part = told("{lots} of {whole} lots", lots=lots, whole=one.volume)
        lines.append(
            told(
                "#{ticket} {side} {symbol} {volume}  {result}",
                ticket=one.ticket,
                side=one.side.value.upper(),
                symbol=one.symbol,
                volume=told("{volume} lots", volume=lots) if lots == one.volume else part,
                result=f"{result:+,.2f}",
            )
        )
    more = [told("and {count} more", count=len(lines) - _LINES)] if len(lines) > _LINES else []
    title = told(
        "Close {count} at the market ({total} {currency} now)?",
        count=_count(len(its), told("1 position"), told("{count} positions", count=len(its))),
        total=f"{total:+,.2f}",
        currency=currency,
    )
    return joined([title, *lines[:_LINES], *more])


def _count(number: int, one: str, several: str) -> str:
    return one if number == 1 else several


def _protect(
    held: Held,
    *,
    stop_loss: Decimal | None = None,
    take_profit: Decimal | None = None,
    may_loosen: bool = False,
) -> Ask:
    position = held.position
    return Ask(
        WishKind.PROTECT,
        position.ticket,
        position.symbol,
        position.side,
        stop_loss=stop_loss,
        take_profit=take_profit,
        may_loosen=may_loosen,
    )
