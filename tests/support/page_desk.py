"""The pages over a running account: real routes, real HTTP, real database, a clock held by hand.

Account 1 is the desk's own and trades on a simulated broker; account 2 is Mira's own, of whom
the desk's owner sees nothing. The people are named in ``PEOPLE``.
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.charts.renderer import ChartRenderer
from bot.health import HealthProbe
from bot.pages.album import Pictures
from bot.pages.assembly import make_pages
from bot.pages.desk import Desk
from storage.billing_store import BillingStore
from storage.member_store import MemberStore
from storage.overview_store import OverviewStore
from storage.result_store import ResultStore
from storage.signin_store import SignInStore
from storage.timeline import TimelineStore
from tests.support.init_data import signed
from tests.support.loop_desk import OWNER, LoopDesk
from tests.support.simulated_desk import Row
from trading.accounts import AccountService
from trading.audit import AuditService
from trading.billing import BillingService, Invoice, PlanService
from trading.drawdown import Cap, CapKind
from trading.ids import AccountId
from trading.limits import LimitService
from trading.loop import TradingLoop
from trading.model import MarginMode, Member
from trading.overview import OverviewService
from trading.reporting import Reporter
from trading.signals import SignalService
from trading.signin import SignInService

TOKEN: Final = "123456:AA-page-test"  # noqa: S105 - of these tests alone
OWN, FOREIGN = AccountId(1), AccountId(2)
ROWS: Final[list[Row]] = [(float(second), "EURUSD", "1.1000", "1.1001") for second in range(600)]
_PEOPLE: Final = {
    "trader": (11, "trader", "trader"),
    "viewer": (12, "viewer", "viewer"),
    "mira": (13, None, "owner"),
    "guest": (14, None, "viewer"),
}
"""Their Telegram id, their right on account 1, and their highest role; Mira owns account 2."""
PEOPLE: Final = ("owner", *_PEOPLE)
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@dataclass
class PageDesk:
    """The server, and everyone's browser."""

    desk: LoopDesk
    pages: Desk
    server: TestServer
    browsers: dict[str, TestClient[web.Request, web.Application]] = field(default_factory=dict)
    billed: list[int] = field(default_factory=list)
    """The Telegram ids whose chats got an invoice in stars."""

    async def member(self, name: str) -> Member:
        telegram_id = OWNER if name == "owner" else _PEOPLE[name][0]
        found = await self.desk.store.member(telegram_id)
        assert found is not None
        return found

    def browser(self, name: str) -> TestClient[web.Request, web.Application]:
        """Return a person's browser: it keeps its own cookies."""
        if name not in self.browsers:
            self.browsers[name] = TestClient(self.server)
        return self.browsers[name]

    async def sign_in(self, name: str) -> TestClient[web.Request, web.Application]:
        """Let a person in by a one-time link, as a browser does it."""
        key = await self.pages.signin.link(await self.member(name))
        client = self.browser(name)
        answer = await client.post("/app/enter", data={"key": key})
        assert answer.status == 200, await answer.text()
        return client

    async def see(self, name: str, path: str) -> str:
        """Return a page as a person gets it."""
        answer = await self.browser(name).get(path)
        assert answer.status == 200, (path, answer.status)
        return await answer.text()

    async def csrf(self, name: str) -> str:
        """Return what the forms of a person's session carry."""
        found = _CSRF.search(await self.see(name, "/app/more"))
        assert found is not None
        return found[1]

    async def send(self, name: str, path: str, **fields: object) -> ClientResponse:
        """Send a form of ours as a person's browser would."""
        data = {"csrf": await self.csrf(name), **{key: str(one) for key, one in fields.items()}}
        return await self.browser(name).post(path, data=data, headers=self.from_us())

    def from_us(self) -> Mapping[str, str]:
        return {"Origin": self.pages.url, "Sec-Fetch-Site": "same-origin"}

    def proof(self, telegram_id: int, age: int = 0, token: str = TOKEN, **more: str) -> str:
        """Return init data of so many seconds ago."""
        at = int(self.desk.clock.now().timestamp()) - age
        return signed(token, telegram_id, at, **more)


async def _people(desk: LoopDesk) -> None:
    for name, (telegram_id, right, highest) in _PEOPLE.items():
        await desk.rows(
            "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (?, ?, ?, 0)",
            telegram_id,
            name.capitalize(),
            highest,
        )
        if right is not None:
            await desk.rows(
                "INSERT INTO account_member (account_id, member_id, role)"
                " SELECT 1, id, ? FROM member WHERE telegram_id = ?",
                right,
                telegram_id,
            )
    mira = await desk.store.member(_PEOPLE["mira"][0])
    assert mira is not None
    cap = Cap(CapKind.STATIC, Decimal(10), initial=Decimal(777))
    await desk.store.open_account(
        424242, "Mira-Broker", "EUR", MarginMode.HEDGING, Decimal(777), (cap,), mira.id
    )


@asynccontextmanager
async def page_desk(
    folder: Path, *, scheme: str = "http", plans: bool = True, crypto: str = "https://pay.test/1"
) -> AsyncIterator[PageDesk]:
    """Run the pages until the context ends."""
    desk = await LoopDesk(folder, ROWS).open()
    await desk.passes(3)
    await _people(desk)
    loop = TradingLoop({0: desk.loop}, "test")
    clock, database = desk.clock, desk.database
    bills, charts = BillingStore(database, clock), ChartRenderer(deadline=60)
    plan_service = PlanService(bills, clock, enabled=plans)
    accounts = AccountService(desk.store, loop, clock)
    billed: list[int] = []

    async def link(invoice: Invoice, _about: str) -> str:
        return f"{crypto}?for={invoice.id}" if crypto else ""

    async def send(member: Member, _invoice: Invoice) -> bool:
        billed.append(member.telegram_id)
        return True

    made = Desk(
        url=f"{scheme}://127.0.0.1:1",
        bot_token=TOKEN,
        clock=clock,
        loop=loop,
        store=desk.store,
        signin=SignInService(SignInStore(database, clock), clock),
        overview=OverviewService(OverviewStore(database, clock), loop, clock),
        accounts=accounts,
        limits=LimitService(desk.store, loop, accounts),
        signals=SignalService(desk.store, loop.wake, Reporter(clock, "test"), 600),
        results=ResultStore(database, clock),
        timelines=TimelineStore(database, clock),
        plans=plan_service,
        billing=BillingService(bills, plan_service, clock),
        bills=bills,
        audit=AuditService(MemberStore(database, clock)),
        probe=HealthProbe(loop, desk.store, clock, 60, lambda: 1.0),
        pictures=Pictures(charts),
        crypto_link=link,
        send_invoice=send,
    )
    site = web.Application()
    site.add_subapp("/app", make_pages(made))
    server = TestServer(site)
    await server.start_server()
    found = PageDesk(desk, made, server, billed=billed)
    try:
        yield found
    finally:
        for client in found.browsers.values():
            await client.close()
        await server.close()
        await charts.close()
        await desk.drop()
