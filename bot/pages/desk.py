"""What the pages are made of: the same services the chat uses, and nothing of their own."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from bot.health import HealthReport
from bot.pages.album import Pictures
from trading.accounts import AccountService
from trading.audit import AuditService
from trading.billing import BillingService, BillingStore, Invoice, PlanService
from trading.clock import Clock
from trading.ids import AccountId, MemberId
from trading.limits import LimitService
from trading.loop import TradingLoop
from trading.model import Member, Role
from trading.overview import OverviewService
from trading.results.views import ResultStore
from trading.signals import SignalService
from trading.signin import SignInService
from trading.timeline import Story


class DeskStore(Protocol):
    """Who is who, and who may do what."""

    async def member(self, telegram_id: int) -> Member | None:
        """Return the member with that Telegram id."""

    async def role_on(self, member_id: MemberId, account_id: AccountId) -> Role | None:
        """Return a member's role on an account, or None where they have none."""


class Timelines(Protocol):
    """Where stories are read."""

    async def of_signal(self, member_id: MemberId, signal_id: int, limit: int) -> list[Story]:
        """Return a signal's story on so many accounts the member may see."""


class Probe(Protocol):
    """Looks at every part of the desk."""

    async def report(self) -> HealthReport:
        """Return how every part is now."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a page may read, and the services that act for it."""

    url: str
    """The public origin, such as ``https://desk.example.com``."""
    bot_token: str
    clock: Clock
    loop: TradingLoop
    store: DeskStore
    signin: SignInService
    overview: OverviewService
    accounts: AccountService
    limits: LimitService
    signals: SignalService
    results: ResultStore
    timelines: Timelines
    plans: PlanService
    billing: BillingService
    bills: BillingStore
    audit: AuditService
    probe: Probe
    pictures: Pictures
    crypto_link: Callable[[Invoice, str], Awaitable[str]] | None
    """Asks for a crypto invoice and returns where it is paid, empty where nobody answers."""
    send_invoice: Callable[[Member, Invoice], Awaitable[bool]]
    """Puts an invoice in stars into the member's chat; False where Telegram does not take it."""

    @property
    def secure(self) -> bool:
        """Tell whether browsers reach the pages over TLS."""
        return urlsplit(self.url).scheme == "https"
