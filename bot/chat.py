"""Wires the chat: what handlers get by name, who gets through to them, and in which order."""

from aiogram import Bot, Dispatcher
from aiogram.types import CallbackQuery, Message, Update

from bot.arrivals import Arrivals
from bot.billing import Billing
from bot.charts.renderer import ChartRenderer
from bot.gates import AccountGate, ButtonGate, CommandGate
from bot.limits import risk_limits
from bot.longwork import LongWork
from bot.menu import Menu
from bot.middlewares import MemberGate
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
from trading.results.depth import History
from trading.subscriptions import SubscriptionService
from trading.tokens import TokenService
from trading.wishes import AttentionService


class Again:
    """Says a command once more as the person who tapped: every gate judges it anew."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def __call__(self, query: CallbackQuery, text: str) -> None:
        """Feed the command as a message of that person in that chat."""
        message = query.message
        if not isinstance(message, Message) or query.bot is None:
            return
        said = Message(
            message_id=message.message_id,
            date=message.date,
            chat=message.chat,
            message_thread_id=message.message_thread_id,
            from_user=query.from_user,
            text=text,
        )
        await self._dispatcher.feed_update(query.bot, Update(update_id=0, message=said))


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
        history=History(stores.results, stores.reports, billing.plans, clock),
        reports=stores.reports,
        exports=stores.exports,
        works=works,
        plans=billing.plans,
        billing=billing.service,
        bills=billing.store,
        crypto_link=None if billing.crypto is None else billing.crypto.link,
        support_contact=settings.plans.contact,
        pages_url=None,  # until the pages are added
        signin=None,
        subscriptions=SubscriptionService(
            stores.subscriptions, settings.risk.percent, limited=settings.plans.enabled
        ),
    )
    dispatcher.update.outer_middleware(MemberGate(desk, people, stores.attention))
    dispatcher.message.middleware(CommandGate())
    dispatcher.message.middleware(AccountGate(desk))
    dispatcher.callback_query.middleware(ButtonGate(desk))
    dispatcher["again"] = Again(dispatcher)
    dispatcher.include_routers(*routers())
    return dispatcher, menu
