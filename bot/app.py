"""The composition root: every object is built here, once, and the process lives here."""

import asyncio
import contextlib
import gc
import logging
import secrets
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from aiogram import Bot, Dispatcher

from bot.alarms import Alarms
from bot.api_desk import add_api, open_tokens
from bot.arrivals import open_arrivals
from bot.billing import CRYPTO_PATH, open_billing
from bot.billing_jobs import BillingJobs
from bot.card_charts import CardCharts
from bot.charts.renderer import ChartRenderer
from bot.chat import open_chat
from bot.dashboard import add_pages
from bot.desk_database import open_desk_database
from bot.fleet import Fleet
from bot.health import HealthProbe, HouseAges
from bot.holds import Holds
from bot.limiter import Limiter
from bot.longwork import LongWork
from bot.loops import LoopMaker
from bot.mailing import Mailing, open_mailing
from bot.members import open_members
from bot.menu import Menu
from bot.metrics import Metrics
from bot.polling import Polling
from bot.resilience import Circuit, Circuits, CircuitState
from bot.schedule import Backlog, Schedule
from bot.sender import OutboxSender
from bot.settings import Settings
from bot.standby import StandbyEnded, standing_by
from bot.stopping import stop_on_signal
from bot.stores import Said, Stores, open_stores
from bot.telegram import open_bot
from bot.terminals import terminal_config
from bot.upkeep import Upkeep
from bot.watchdog import Notifier, Watchdog
from bot.web import Routes, make_app, serve
from bot.webhook import Webhook
from handlers.cards import render
from storage.nightly import is_unclean
from storage.reserve import DiskReserve
from storage.store import SqliteStore
from trading.clock import Clock, SystemClock
from trading.events import Listener
from trading.heartbeat import HeartbeatService
from trading.loop import TradingLoop
from trading.reporting import Reporter
from trading.terminal.factory import TerminalConfig, open_terminal

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
    mail: Mailing
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
            last_alive = await self.store.last_alive()  # before a pass writes that it lives
            await self._see_accounts()
            self.schedule.start()
            polling = group.create_task(self.polling.run())
            await self._tell_started(last_alive)
            works = group.create_task(self.works.run())
            mail = group.create_task(self.mail.run())
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
            await self.mail.stop()
            mail.cancel()
            await self.sender.drain(DRAIN_SECONDS)
            sending.cancel()
            watching.cancel()

    async def _see_accounts(self) -> None:
        deadline = asyncio.get_running_loop().time() + FIRST_PASS_SECONDS
        for one in self.loop.loops.values():
            while one.last_pass is None and not one.errors:
                if asyncio.get_running_loop().time() >= deadline:
                    break
                await asyncio.sleep(0.005)

    async def _tell_started(self, last_alive: datetime | None) -> None:
        for one in self.loop.loops.values():
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
    """Build the desk; leaving the context closes everything in reverse order.

    With a ``notifier`` it waits for a server's database that another instance writes.
    """
    clock = clock or SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        unclean = settings.database_url is None and is_unclean(settings.database_path)
        reserve = DiskReserve(settings.database_path, settings.data.reserve_mib)
        holds, circuits = Holds(), Circuits(clock)
        wait = None if notifier is None else partial(standing_by, settings, notifier)
        database = await stack.enter_async_context(
            open_desk_database(settings, lambda: upkeep.make_room(), wait)  # noqa: PLW0108 - made below
        )
        client = open_terminal(terminal or terminal_config(settings, settings.database_path), clock)
        stack.push_async_callback(client.close)
        await client.boot()
        bot = await stack.enter_async_context(open_bot(settings))
        said, limiter = Said(), Limiter(clock)
        stores = open_stores(database, clock, said)
        telegram = circuits.of("telegram")
        sender = OutboxSender(
            bot,
            stores.desk,
            render,
            limiter,
            clock,
            telegram_answers=lambda: telegram.state is CircuitState.CLOSED,
        )
        mail = await open_mailing(settings, database, clock, said)
        said.hurries(sender.kick, mail.kick)
        alarms = Alarms(circuits, stores.desk, bot, settings.telegram.owner_ids, clock)
        upkeep = Upkeep(
            settings, database, reserve, circuits, alarms, holds, clock, unclean=unclean
        )
        upkeep.hold_until_checked()
        watchdog = Watchdog(settings.heartbeat.watchdog_seconds, notifier)
        await _recover(settings, stores)
        works = LongWork(bot, stores.long_work, clock)
        charts = ChartRenderer()
        stack.push_async_callback(charts.close)
        metrics = Metrics(clock, circuits)
        pictured: Listener = lambda event: pictures.listen(event)  # noqa: E731, PLW0108 - made below
        heard = [metrics.listener, pictured, *listeners]
        reporter = Reporter(clock, secrets.token_hex(4), heard)
        make_loop = LoopMaker(settings, stores, reporter, holds, clock)
        loop = TradingLoop({0: make_loop(client)}, reporter.loop_id)
        pictures = CardCharts(
            bot, stores.cards, loop, charts, limiter, wanted=settings.signals.charts
        )
        billing = open_billing(settings, stores.billing, bot, clock)
        enrolment, fleet = open_members(
            settings, stores.terminals, loop, make_loop, billing.plans, clock
        )
        arrivals = open_arrivals(settings, stores, loop, reporter, clock)
        backlog = Backlog(stores.desk)
        heartbeat = HeartbeatService(
            loop,
            stores.desk,
            clock,
            reporter,
            backlog,
            max(1, int(settings.heartbeat.interval_seconds)),
            int(settings.heartbeat.stall_seconds),
        )
        tokens = open_tokens(settings, database, clock)
        dispatcher, menu = open_chat(
            settings,
            bot,
            stores,
            loop,
            arrivals,
            billing,
            mail.service,
            tokens,
            enrolment,
            heartbeat,
            charts,
            works,
            clock,
        )
        polling = _updates(settings, bot, dispatcher, clock, telegram)
        ages = HouseAges(
            lambda: watchdog.lag,
            lambda: upkeep.backup_at,
            reserve.free,
            holds,
            upkeep.oldest_waiting,
            upkeep.on_server,
        )
        stall = settings.heartbeat.stall_seconds
        probe = HealthProbe(loop, stores.desk, clock, stall, polling.age, circuits, ages)
        dispatcher["wellbeing"] = probe
        schedule = Schedule(
            loop, arrivals.signals, heartbeat, backlog, stores.reports, settings, upkeep, probe
        )
        if billing.plans.enabled:
            schedule.add_billing(billing.jobs.step)
        secret = settings.signals.secret
        routes = Routes(
            arrivals.intake,
            probe,
            metrics,
            loop,
            None if secret is None else secret.get_secret_value(),
            clock,
            arrivals.alerts,
        )
        site = make_app(routes, polling)
        add_pages(site, settings, database, bot, stores, loop, dispatcher, probe, charts, clock)
        if billing.crypto is not None:
            site.router.add_post(CRYPTO_PATH, billing.crypto.webhook)
        mail.add_routes(site)
        add_api(site, settings, database, tokens, stores, loop, billing.plans, probe, clock)
        await stack.enter_async_context(serve(site, settings.http.host, settings.http.port))
        yield App(
            stores.desk,
            loop,
            sender,
            polling,
            schedule,
            menu,
            fleet,
            watchdog,
            works,
            billing.jobs,
            mail,
            pictures,
            asyncio.Event(),
        )


async def _recover(settings: Settings, stores: Stores) -> None:
    """Start is recovery: rights as the settings say, what was being sent waits again."""
    await stores.desk.ensure_owners(settings.telegram.owner_ids)
    await stores.desk.outbox_recover()
    await stores.results.open(settings.results.day_clock)


def _updates(
    settings: Settings, bot: Bot, dispatcher: Dispatcher, clock: Clock, circuit: Circuit
) -> Polling | Webhook:
    telegram = settings.telegram
    if telegram.webhook_url is None or telegram.webhook_secret is None:
        return Polling(bot, dispatcher, clock, circuit)
    secret = telegram.webhook_secret.get_secret_value()
    return Webhook(bot, dispatcher, clock, telegram.webhook_url, secret, circuit)


async def run(settings: Settings, notify_socket: str | None = None) -> None:
    """Run the desk until SIGTERM, SIGINT or Ctrl+C."""
    try:
        async with open_app(settings, notifier=Notifier(notify_socket)) as app:
            with stop_on_signal(app.stopping):
                await app.run()
    except* StandbyEnded:
        log.info("standby_ended")
