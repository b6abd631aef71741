"""What an account takes of each source, and what it risks when a signal names no size."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from trading.accounts import Answer, Done, Refused
from trading.ids import AccountId, MemberId
from trading.model import Account, Member
from trading.money import parse_decimal
from trading.sources import Source, SourceId
from trading.words import told

LEAST_RISK, MOST_RISK = Decimal("0.01"), Decimal(10)


class Level(StrEnum):
    """What an account does with a source's signals."""

    OFF = "off"
    """It is not asked about them."""
    ASK = "ask"
    """Each waits for an answer, also where the source may act alone."""
    AUTO = "auto"
    """As far as the source may act alone, nobody is asked."""


@dataclass(frozen=True, slots=True)
class Following:
    """What one account does with one source."""

    account_id: AccountId
    account: str
    level: Level | None
    """None: nobody chose; the desk's accounts do as the source may, members' are asked."""
    desks: bool
    beyond_plan: bool
    """Its plan has fewer sources than it follows, and this one is not among the first."""
    may_auto: bool

    @property
    def effective(self) -> Level:
        """Return what holds where nobody chose, too."""
        if self.beyond_plan:
            return Level.OFF
        return self.level or (Level.AUTO if self.desks else Level.ASK)


class SubscriptionStore(Protocol):
    """Choices of accounts; each call is one transaction that judges who asks."""

    async def following(
        self, member_id: MemberId, source_id: SourceId, *, limited: bool
    ) -> list[Following]:
        """Return what each account a member may trade on does with a source."""

    async def follow(
        self,
        member_id: MemberId,
        account_id: AccountId,
        source_id: SourceId,
        level: Level,
        *,
        limited: bool,
    ) -> str | None:
        """Set what an account does with a source; the words of a refusal, or None."""

    async def set_risk(
        self,
        member_id: MemberId,
        account_id: AccountId,
        percent: Decimal | None,
        usual: Decimal,
    ) -> str | None:
        """Set an account's own risk; the words of a refusal, or None."""


class SubscriptionService:
    """Lets the people of an account choose its sources and its risk."""

    def __init__(self, store: SubscriptionStore, usual: Decimal, *, limited: bool) -> None:
        """``usual`` is the desk's risk in percent; ``limited`` whether plans hold."""
        self._store = store
        self.usual = usual
        self._limited = limited

    async def of(self, member: Member, source: Source) -> list[Following]:
        """Return what each account the member may trade on does with a source."""
        return await self._store.following(member.id, source.id, limited=self._limited)

    async def follow(
        self, member: Member, account_id: AccountId, source_id: SourceId, level: Level
    ) -> Answer:
        """Set what an account does with a source."""
        why = await self._store.follow(
            member.id, account_id, source_id, level, limited=self._limited
        )
        return Done(_LEVELS[level]) if why is None else Refused(why)

    async def risk(self, member: Member, account: Account, words: Sequence[str]) -> Answer:
        """Show or set what an account risks when a signal names no size."""
        if not words:
            return Done(self._shown(account.risk_percent))
        percent = None
        if words[0].casefold() != "off":
            percent = parse_decimal(words[0].removesuffix("%"))
            if percent is None or not LEAST_RISK <= percent <= MOST_RISK or len(words) > 1:
                return Refused(
                    told(
                        "“{word}” is no risk from {least} to {most} %. Example: {example}",
                        word=" ".join(words)[:20],
                        least=LEAST_RISK,
                        most=MOST_RISK,
                        example="/riskpct 0.5, /riskpct off",
                    )
                )
        why = await self._store.set_risk(member.id, account.id, percent, self.usual)
        return Done(self._shown(percent)) if why is None else Refused(why)

    def _shown(self, percent: Decimal | None) -> str:
        if percent is None:
            return told(
                "Risk of a signal that names no size: the desk's {usual} %.", usual=self.usual
            )
        return told(
            "Risk of a signal that names no size: {percent} % (the desk's: {usual} %).",
            percent=percent,
            usual=self.usual,
        )


_LEVELS = {
    Level.OFF: told("This account is not asked about its signals any more."),
    Level.ASK: told("Each of its signals asks this account."),
    Level.AUTO: told("As far as the source may act alone, this account is not asked."),
}
