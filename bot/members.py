"""Wires what members bring: the vault, the enrolment and the fleet of their terminals."""

from bot.fleet import Fleet
from bot.keys import open_vault
from bot.loops import LoopMaker
from bot.settings import Settings
from bot.terminals import member_terminal_config
from storage.terminals_store import TerminalsStore
from trading.billing import PlanService
from trading.clock import Clock
from trading.enrolment import EnrolmentService, MemberTerminal, Offer
from trading.loop import AccountLoop, TradingLoop
from trading.model import Member
from trading.ports import Terminal
from trading.terminal.factory import open_terminal


def open_members(
    settings: Settings,
    terminals: TerminalsStore,
    loop: TradingLoop,
    make_loop: LoopMaker,
    plans: PlanService,
    clock: Clock,
) -> tuple[EnrolmentService, Fleet]:
    """Return the enrolment and the fleet that follows it; without a key both stay idle."""
    accounts = settings.accounts

    def build(row: MemberTerminal, password: str) -> tuple[AccountLoop, Terminal]:
        client = open_terminal(member_terminal_config(settings, row, password), clock)
        return make_loop(client, row), client

    async def allowance(member: Member) -> int:
        return (await plans.standing(member)).plan.accounts

    offer = Offer(accounts.kind, accounts.endpoints, accounts.per_member)
    enrolment = EnrolmentService(
        terminals,
        open_vault(settings),
        offer,
        clock,
        lambda: fleet.follow(),  # noqa: PLW0108 - made below
        allowance if plans.enabled else None,
    )
    fleet = Fleet(terminals, enrolment, loop, build, clock)
    return enrolment, fleet
