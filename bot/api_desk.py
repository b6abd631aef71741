"""Wires the API: off, and nothing of it loaded, until a setting switches it on."""

from aiohttp import web

from bot.health import HealthProbe
from bot.settings import Settings
from bot.stores import Stores
from storage.database import Database
from storage.token_store import TokenStore
from trading.billing import PlanService
from trading.clock import Clock
from trading.loop import TradingLoop
from trading.tokens import TokenService


def open_tokens(settings: Settings, database: Database, clock: Clock) -> TokenService:
    """Return the service behind ``/token``; switched off, it makes none."""
    return TokenService(TokenStore(database, clock), clock, enabled=settings.api.enabled)


def add_api(
    site: web.Application,
    settings: Settings,
    database: Database,
    tokens: TokenService,
    stores: Stores,
    loop: TradingLoop,
    plans: PlanService,
    health: HealthProbe,
    clock: Clock,
) -> None:
    """Serve the API where the settings want it."""
    if not settings.api.enabled:
        return
    from bot.api.gate import Gate  # noqa: PLC0415 - only who serves it loads it
    from bot.api.routes import Api  # noqa: PLC0415
    from storage.overview_store import OverviewStore  # noqa: PLC0415
    from trading.overview import OverviewService  # noqa: PLC0415

    overview = OverviewService(OverviewStore(database, clock), loop, clock)
    api = Api(overview, stores.results, plans, health)
    api.add_to(site, Gate(tokens, clock, settings.api.requests_per_minute))
