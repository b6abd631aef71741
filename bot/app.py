"""The composition root: every object is built here, once, and the process lives here."""

import asyncio
import contextlib
import gc
import logging
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass

from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.types import LinkPreviewOptions

from bot.alarms import Alarms
from bot.billing import CRYPTO_PATH, open_billing
from bot.billing_jobs import BillingJobs
from bot.card_charts import CardCharts
from bot.charts.renderer import ChartRenderer
from bot.fleet import Fleet
from bot.health import HealthProbe, HouseAges
from bot.holds import Holds
from bot.instance import hold
from bot.limiter import Limiter
from bot.limits import loop_settings, risk_limits
from bot.longwork import LongWork
from bot.members import open_members
from bot.menu import Menu
from bot.metrics import Metrics
from bot.middlewares import CommandGate, MemberGate
from bot.polling import Polling
from bot.resilience import Circuit, Circuits, CircuitState
from bot.schedule import Backlog, Schedule
from bot.sender import OutboxSender
from bot.settings import Settings
from bot.terminals import terminal_config
from bot.tradingview import TradingView
from bot.upkeep import Upkeep
from bot.watchdog import Notifier, Watchdog
from bot.web import Routes, make_app, serve
from bot.webhook import Webhook
from handlers.cards import render
from handlers.routers import routers
from handlers.status import Looking
from handlers.texts import LANGUAGES
from storage.amendments import AmendmentStore
from storage.attention_store import AttentionStore
from storage.billing_store import BillingStore
from storage.card_store import CardStore
from storage.database import open_database
from storage.exports import ExportStore
from storage.long_work import LongWorkStore
from storage.member_store import MemberStore
from storage.nightly import is_unclean
from storage.positions_store import PositionStore
from storage.reports import ReportStore
from storage.reserve import DiskReserve
from storage.result_store import ResultStore
from storage.scores import ScoreStore
from storage.sources_store import SourceStore
from storage.store import SqliteStore
from storage.terminals_store import TerminalsStore
from storage.timeline import TimelineStore
from storage.why import SqliteWhyStore
from trading.accounts import AccountService
from trading.amending import AmendService
from trading.audit import AuditService
from trading.calculator import Calculator
from trading.cards import CardService
from trading.channels import ChannelService
from trading.clock import Clock, SystemClock
from trading.events import Listener
from trading.fixing import FixService
from trading.heartbeat import HeartbeatService
from trading.intake import IntakeService
from trading.limits import LimitService
from trading.loop import AccountLoop, TradingLoop
from trading.paper import PaperTrader
from trading.people import PeopleService
from trading.positions.service import PositionService
from trading.reporting import Reporter
from trading.scores import ScoreService
from trading.signals import SignalService
from trading.terminal.factory import TerminalConfig, open_terminal
from trading.wishes import AttentionService

log = logging.getLogger(__name__)

FIRST_PASS_SECONDS = 3.0
DRAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class App:
    """A built desk: call ``run`` once."""

    store: SqliteStore
    loop: TradingLoop
    sender: OutboxSender
    polling: Polling | Webhook
    schedule: Schedule
    menu: Menu
    fleet: Fleet
    watchdog: Watchdog
    works: LongWork
    billing: BillingJobs
    pictures: CardCharts
    stopping: asyncio.Event

    async def run(self) -> None:
        """Run until asked to stop: first see the accounts, then listen to people.

        A bug in the loop's supervisor, the sender or the polling ends the process for its
        supervisor to restart; a terminal or Telegram that is away does not.
        """
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self.watchdog.run())
            sending = group.create_task(self.sender.run())
            trading = group.create_task(self.loop.run())
            await self._see_accounts()
            self.schedule.start()
            polling = group.create_task(self.polling.run())
            works = group.create_task(self.works.run())
            pictures = group.create_task(self.pictures.run())
            menu = group.create_task(self.menu.show())
            fleet = group.create_task(self.fleet.run())
            gc.collect()
            gc.freeze()  # a full collection over aiogram's models would stall the loop 200 ms
            log.info("desk_running", extra={"facts": {"loop_id": self.loop.loop_id}})
            await self.stopping.wait()
            log.info("desk_stopping")
            menu.cancel()
            self.fleet.stop()
            await fleet
            await self.polling.stop()
            await polling
            works.cancel()
            pictures.cancel()
            await self.schedule.stop()
            self.loop.stop()
            await trading
            await self.fleet.close()
            await self.sender.drain(DRAIN_SECONDS)
            sending.cancel()
            watching.cancel()

    async def _see_accounts(self) -> None:
        last_alive = await self.store.last_alive()
        deadline = asyncio.get_running_loop().time() + FIRST_PASS_SECONDS
        for one in self.loop.loops.values():
            while one.last_pass is None and not one.errors:
                if asyncio.get_running_loop().time() >= deadline:
                    break
                await asyncio.sleep(0.02)
            down = None
            if last_alive is not None and one.snapshot is not None:
                down = int((one.snapshot.at - last_alive).total_seconds())
            await one.tell_started(down)


@contextlib.asynccontextmanager
async def open_app(
    settings: Settings,
    clock: Clock | None = None,
    listeners: Iterable[Listener] = (),
    terminal: TerminalConfig | None = None,
    notifier: Notifier | None = None,
) -> AsyncIterator[App]:
    """Build the desk; leaving the context closes everything in reverse order."""
    clock = clock or SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(hold(settings.database_path))
        unclean = is_unclean(settings.database_path)
        reserve, holds, circuits = (
            DiskReserve(settings.database_path, settings.data.reserve_mib),
            Holds(),
            Circuits(clock),
        )
        database = await stack.enter_async_context(
            open_database(settings.database_path, lambda: upkeep.make_room())  # noqa: PLW0108 - made below
        )
        bot = await stack.enter_async_context(_bot(settings))
        store = SqliteStore(database, clock, lambda: sender.kick())  # noqa: PLW0108 - made below
        limiter = Limiter(clock)
        sender = OutboxSender(
            bot,
            store,
            render,
            limiter,
            clock,
            telegram_answers=lambda: circuits.of("telegram").state is CircuitState.CLOSED,
        )
        cards = CardStore(database, clock, lambda: sender.kick())  # noqa: PLW0108 - made above
        positions = PositionStore(database, clock, lambda: sender.kick())  # noqa: PLW0108 - made above
        alarms = Alarms(circuits, store, bot, settings.telegram.owner_ids, clock)
        upkeep = Upkeep(
            settings, database, reserve, circuits, alarms, holds, clock, unclean=unclean
        )
        upkeep.hold_until_checked()
        watchdog = Watchdog(settings.heartbeat.watchdog_seconds, notifier)
        await store.ensure_owners(settings.telegram.owner_ids)
        await store.outbox_recover()
        results = ResultStore(database, clock)
        await results.open(settings.results.day_clock)
        reports = ReportStore(database, clock, lambda: sender.kick())  # noqa: PLW0108 - made above
        works = LongWork(bot, LongWorkStore(database, clock), clock)
        charts = ChartRenderer()
        stack.push_async_callback(charts.close)
        loop_id = secrets.token_hex(4)
        metrics = Metrics(clock, circuits)
        pictured: Listener = lambda event: pictures.listen(event)  # noqa: E731, PLW0108 - made below
        reporter = Reporter(clock, loop_id, [metrics.listener, pictured, *listeners])
        config = terminal or terminal_config(settings, settings.database_path)
        client = open_terminal(config, clock)
        stack.push_async_callback(client.close)
        account_loop = AccountLoop(
            client,
            store,
            risk_limits(settings),
            loop_settings(settings),
            clock,
            reporter,
            positions,
            cards,
            holds,
        )
        loop = TradingLoop({0: account_loop}, loop_id)
        billing = open_billing(
            settings,
            BillingStore(database, clock, lambda: sender.kick()),  # noqa: PLW0108 - made above
            bot,
            clock,
        )
        pictures = CardCharts(bot, cards, loop, charts, limiter, wanted=settings.signals.charts)
        enrolment, fleet = open_members(
            settings,
            TerminalsStore(database, clock, lambda: sender.kick()),  # noqa: PLW0108 - made above
            store,
            loop,
            risk_limits(settings),
            loop_settings(settings),
            clock,
            reporter,
            positions,
            cards,
            holds,
            billing.plans,
        )
        signals = SignalService(store, loop.wake, reporter, settings.signals.ttl_seconds)
        source_store = SourceStore(database, clock, lambda: sender.kick())  # noqa: PLW0108 - as above
        score_store = ScoreStore(database, clock, sender.kick)
        amends = AmendService(AmendmentStore(database, clock, sender.kick), loop, loop.wake)
        intake = IntakeService(
            source_store, signals, amends, loop.quote, clock, settings.signals.ttl_seconds
        )
        fixes = FixService(source_store, intake)
        scores = ScoreService(score_store, intake.changed)
        signals.also(PaperTrader(score_store, loop.quote, clock).step)
        for chore in (fixes.expire, amends.expire, scores.watch):
            signals.also(chore, every=15)
        backlog = Backlog(store)
        heartbeat = HeartbeatService(
            loop,
            store,
            clock,
            reporter,
            backlog,
            max(1, int(settings.heartbeat.interval_seconds)),
            int(settings.heartbeat.stall_seconds),
        )
        known = MemberStore(database, clock, lambda: sender.kick())  # noqa: PLW0108 - made below
        wishes = AttentionStore(database, clock, lambda: sender.kick())  # noqa: PLW0108 - same
        menu = Menu(bot, known)
        accounts = AccountService(store, loop, clock)
        people = PeopleService(known, clock, menu.follow)
        accounts.confirms(people.confirmed())
        dispatcher = Dispatcher(
            disable_fsm=True,
            store=store,
            loop=loop,
            clock=clock,
            signals=signals,
            intake=intake,
            fixes=fixes,
            channels=ChannelService(source_store, intake.changed),
            scores=scores,
            amends=amends,
            accounts=accounts,
            people=people,
            attention=AttentionService(wishes, clock, tuple(LANGUAGES)),
            audit=AuditService(known),
            heartbeat=heartbeat,
            menu=menu,
            enrolment=enrolment,
            limits=LimitService(store, loop, accounts),
            why=SqliteWhyStore(database, clock),
            calculator=Calculator(loop, risk_limits(settings)),
            cards=CardService(cards, loop),
            positions=PositionService(positions, store, loop, clock),
            timelines=TimelineStore(database, clock),
            looking=Looking(store, loop, clock, positions),
            charts=charts,
            results=results,
            reports=reports,
            exports=ExportStore(database, clock),
            works=works,
            plans=billing.plans,
            billing=billing.service,
            bills=billing.store,
            crypto_link=None if billing.crypto is None else billing.crypto.link,
            support_contact=settings.plans.contact,
        )
        dispatcher.update.outer_middleware(MemberGate(store, people, wishes))
        dispatcher.message.middleware(CommandGate())
        dispatcher.include_routers(*routers())
        polling = _updates(settings, bot, dispatcher, clock, circuits.of("telegram"))
        probe = HealthProbe(
            loop,
            store,
            clock,
            settings.heartbeat.stall_seconds,
            polling.age,
            circuits,
            HouseAges(
                lambda: watchdog.lag,
                lambda: upkeep.backup_at,
                reserve.free,
                holds,
                upkeep.oldest_waiting,
            ),
        )
        dispatcher["wellbeing"] = probe
        schedule = Schedule(loop, signals, heartbeat, backlog, reports, settings, upkeep, probe)
        if billing.plans.enabled:
            schedule.add_billing(billing.jobs.step)
        secret = settings.signals.secret
        routes = Routes(
            intake,
            probe,
            metrics,
            loop,
            None if secret is None else secret.get_secret_value(),
            clock,
            _alerts(settings, intake, clock),
        )
        site = make_app(routes, polling)
        if billing.crypto is not None:
            site.router.add_post(CRYPTO_PATH, billing.crypto.webhook)
        await stack.enter_async_context(serve(site, settings.http.host, settings.http.port))
        stopping = asyncio.Event()
        yield App(
            store,
            loop,
            sender,
            polling,
            schedule,
            menu,
            fleet,
            watchdog,
            works,
            billing.jobs,
            pictures,
            stopping,
        )


def _updates(
    settings: Settings, bot: Bot, dispatcher: Dispatcher, clock: Clock, circuit: Circuit
) -> Polling | Webhook:
    telegram = settings.telegram
    if telegram.webhook_url is None or telegram.webhook_secret is None:
        return Polling(bot, dispatcher, clock, circuit)
    secret = telegram.webhook_secret.get_secret_value()
    return Webhook(bot, dispatcher, clock, telegram.webhook_url, secret, circuit)


def _alerts(settings: Settings, intake: IntakeService, clock: Clock) -> TradingView:
    token = settings.signals.tradingview_token
    lag = settings.signals.tradingview_lag_seconds
    return TradingView(intake, None if token is None else token.get_secret_value(), lag, clock)


@contextlib.asynccontextmanager
async def _bot(settings: Settings) -> AsyncIterator[Bot]:
    api = TelegramAPIServer.from_base(settings.telegram.api_url)
    async with Bot(
        settings.telegram.token.get_secret_value(),
        session=AiohttpSession(api=api),
        default=DefaultBotProperties(
            parse_mode=ParseMode.HTML, link_preview=LinkPreviewOptions(is_disabled=True)
        ),
    ) as bot:
        yield bot


async def run(settings: Settings, notify_socket: str | None = None) -> None:
    """Run the desk until SIGTERM, SIGINT or Ctrl+C."""
    async with open_app(settings, notifier=Notifier(notify_socket)) as app:
        with stop_on_signal(app.stopping):
            await app.run()


@contextlib.contextmanager
def stop_on_signal(stopping: asyncio.Event) -> Iterator[None]:
    """Set the event on SIGTERM, SIGINT and, on Windows, Ctrl+C and Ctrl+Break."""
    loop = asyncio.get_running_loop()
    names = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        names.append(signal.SIGBREAK)
    before = {
        number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopping.set))
        for number in names
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
