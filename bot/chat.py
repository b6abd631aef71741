"""Wires the chat: what handlers get by name, who gets through to them, and in which order."""

from aiogram import Bot, Dispatcher

from bot.arrivals import Arrivals
from bot.billing import Billing
from bot.charts.renderer import ChartRenderer
from bot.limits import risk_limits
from bot.longwork import LongWork
from bot.menu import Menu
from bot.middlewares import CommandGate, MemberGate
from bot.settings import Settings
from bot.stores import Stores
from handlers.routers import routers
from handlers.status import Looking
from handlers.texts import LANGUAGES
from trading.accounts import AccountService
from trading.audit import AuditService
from trading.calculator import Calculator
from trading.cards import CardService
from trading.clock import Clock
from trading.enrolment import EnrolmentService
from trading.heartbeat import HeartbeatService
from trading.limits import LimitService
from trading.loop import TradingLoop
from trading.mailing import MailService
from trading.people import PeopleService
from trading.positions.service import PositionService
from trading.tokens import TokenService
from trading.wishes import AttentionService


def open_chat(
    settings: Settings,
    bot: Bot,
    stores: Stores,
    loop: TradingLoop,
    arrivals: Arrivals,
    billing: Billing,
    mail: MailService,
    tokens: TokenService,
    enrolment: EnrolmentService,
    heartbeat: HeartbeatService,
    charts: ChartRenderer,
    works: LongWork,
    clock: Clock,
) -> tuple[Dispatcher, Menu]:
    """Return the dispatcher with every route and service, and the menu that follows the rights."""
    desk = stores.desk
    menu = Menu(bot, stores.members)
    accounts = AccountService(desk, loop, clock)
    people = PeopleService(stores.members, clock, menu.follow)
    accounts.confirms(people.confirmed())
    dispatcher = Dispatcher(
        disable_fsm=True,
        store=desk,
        loop=loop,
        clock=clock,
        signals=arrivals.signals,
        intake=arrivals.intake,
        fixes=arrivals.fixes,
        channels=arrivals.channels,
        scores=arrivals.scores,
        amends=arrivals.amends,
        accounts=accounts,
        people=people,
        attention=AttentionService(stores.attention, clock, tuple(LANGUAGES)),
        audit=AuditService(stores.members),
        heartbeat=heartbeat,
        menu=menu,
        enrolment=enrolment,
        mail=mail,
        tokens=tokens,
        limits=LimitService(desk, loop, accounts),
        why=stores.why,
        calculator=Calculator(loop, risk_limits(settings)),
        cards=CardService(stores.cards, loop),
        positions=PositionService(stores.positions, desk, loop, clock),
        timelines=stores.timelines,
        looking=Looking(desk, loop, clock, stores.positions),
        charts=charts,
        results=stores.results,
        reports=stores.reports,
        exports=stores.exports,
        works=works,
        plans=billing.plans,
        billing=billing.service,
        bills=billing.store,
        crypto_link=None if billing.crypto is None else billing.crypto.link,
        support_contact=settings.plans.contact,
    )
    dispatcher.update.outer_middleware(MemberGate(desk, people, stores.attention))
    dispatcher.message.middleware(CommandGate())
    dispatcher.include_routers(*routers())
    return dispatcher, menu
