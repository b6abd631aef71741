"""Wires the pages: nothing of them is imported before ``DASHBOARD_URL`` is set."""

import logging

from aiogram import Bot, Dispatcher
from aiogram.exceptions import TelegramAPIError
from aiohttp import web

from bot.charts.renderer import ChartRenderer
from bot.health import HealthProbe
from bot.settings import Settings
from bot.stores import Stores
from handlers.plans import stars_bill
from handlers.readers import reading
from storage.database import Database
from trading.billing import Invoice
from trading.clock import Clock
from trading.loop import TradingLoop
from trading.model import Member

log = logging.getLogger(__name__)

PAGES_PATH = "/app"


def add_pages(
    site: web.Application,
    settings: Settings,
    database: Database,
    bot: Bot,
    stores: Stores,
    loop: TradingLoop,
    dispatcher: Dispatcher,
    probe: HealthProbe,
    charts: ChartRenderer,
    clock: Clock,
) -> None:
    """Serve the pages over the services the chat has, and let ``/dashboard`` lead to them."""
    url = settings.dashboard.url
    dispatcher["pages_url"], dispatcher["signin"] = url, None
    if url is None:
        return
    from bot.pages.album import Pictures  # noqa: PLC0415 - only who has pages loads them
    from bot.pages.assembly import make_pages  # noqa: PLC0415
    from bot.pages.desk import Desk  # noqa: PLC0415
    from storage.overview_store import OverviewStore  # noqa: PLC0415
    from storage.signin_store import SignInStore  # noqa: PLC0415
    from trading.overview import OverviewService  # noqa: PLC0415
    from trading.signin import SignInService  # noqa: PLC0415

    async def send_invoice(member: Member, invoice: Invoice) -> bool:
        try:
            with reading(member.reader):
                await bot.send_invoice(member.telegram_id, **stars_bill(invoice))
        except TelegramAPIError as error:
            log.warning("invoice_not_sent", extra={"facts": {"why": str(error)}})
            return False
        return True

    signin = dispatcher["signin"] = SignInService(SignInStore(database, clock), clock)
    desk = Desk(
        url=url,
        bot_token=settings.telegram.token.get_secret_value(),
        clock=clock,
        loop=loop,
        store=stores.desk,
        signin=signin,
        overview=OverviewService(OverviewStore(database, clock), loop, clock),
        accounts=dispatcher["accounts"],
        limits=dispatcher["limits"],
        signals=dispatcher["signals"],
        results=stores.results,
        timelines=stores.timelines,
        plans=dispatcher["plans"],
        billing=dispatcher["billing"],
        bills=stores.billing,
        audit=dispatcher["audit"],
        probe=probe,
        pictures=Pictures(charts),
        crypto_link=dispatcher["crypto_link"],
        send_invoice=send_invoice,
    )
    site.add_subapp(PAGES_PATH, make_pages(desk))
