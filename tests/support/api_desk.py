"""The API over a desk that has traded: two members, one account, and real HTTP on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import aiohttp

from bot.api.gate import Gate
from bot.api.routes import Api
from bot.health import HealthProbe
from bot.metrics import Metrics
from bot.signal_command import PATH, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from bot.tradingview import TradingView
from bot.web import Routes, make_app, serve
from storage.billing_store import BillingStore
from storage.overview_store import OverviewStore
from storage.result_store import ResultStore
from storage.sources_store import SourceStore
from storage.token_store import TokenStore
from tests.support.intake_desk import Told
from tests.support.loop_desk import OWNER, LoopDesk
from tests.support.simulated_desk import Row
from trading.billing import PlanService
from trading.clock import to_ms
from trading.drawdown.dayclock import DayClock
from trading.ids import AccountId, MemberId
from trading.intake import IntakeService
from trading.loop import TradingLoop
from trading.model import Breach, Member
from trading.overview import OverviewService
from trading.reporting import Reporter
from trading.signals import SignalService
from trading.tokens import NewToken, TokenService

SECRET = "a-shared-key"  # noqa: S105 - of these tests alone
ALERTS = "a-tradingview-token-of-tests"
A_MINUTE = 60
ROWS: list[Row] = [(float(second), "EURUSD", "1.1000", "1.1001") for second in range(240)]


@dataclass
class ApiDesk:
    """Where the API is, who may ask it, and how a program does."""

    desk: LoopDesk
    tokens: TokenService
    api: Api
    url: str
    session: aiohttp.ClientSession
    owner: Member
    mira: Member

    async def token(self, member: Member, words: str = "all") -> str:
        """Return a new token of a member."""
        made = await self.tokens.new(member, words.split())
        assert isinstance(made, NewToken), made
        return made.secret

    async def ask(
        self, path: str, token: str | None = None, method: str = "GET", **more: str
    ) -> tuple[int, object, dict[str, str]]:
        """Return what a request is answered: status, JSON and headers."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with self.session.request(
            method, f"{self.url}{path}", headers={**headers, **more}
        ) as answer:
            return answer.status, await answer.json(content_type=None), dict(answer.headers)

    async def post(
        self, body: bytes, *, content_type: str = "application/json"
    ) -> tuple[int, object]:
        """Post a signed body of a signal, and return the answer's status and JSON."""
        stamp = str(int(self.desk.clock.now().timestamp()))
        headers = {
            "Content-Type": content_type,
            TIMESTAMP_HEADER: stamp,
            SIGNATURE_HEADER: sign(SECRET, stamp, body),
        }
        origin = self.url.removesuffix("/api/v1")
        async with self.session.post(f"{origin}{PATH}", data=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)


@asynccontextmanager
async def api_desk(folder: Path, a_minute: int = A_MINUTE) -> AsyncIterator[ApiDesk]:
    """Serve the API of a desk with an open position, a closed trade, a waiting card, a payment."""
    desk = await LoopDesk(folder, ROWS).open()
    try:
        clock, loop = desk.clock, TradingLoop({0: desk.loop}, "test")
        results = ResultStore(desk.database, clock)
        await results.open(DayClock("UTC"))
        await _trade(desk)
        owner, mira = await desk.store.member(OWNER), await _stranger(desk)
        assert owner is not None
        tokens = TokenService(TokenStore(desk.database, clock), clock, enabled=True)
        plans = PlanService(BillingStore(desk.database, clock), clock, enabled=True)
        probe = HealthProbe(loop, desk.store, clock, 60, lambda: 1.0)
        overview = OverviewService(OverviewStore(desk.database, clock), loop, clock)
        api = Api(overview, results, plans, probe)
        reporter = Reporter(clock, "test")
        signals = SignalService(desk.store, loop.wake, reporter, 300)
        sources = SourceStore(desk.database, clock)
        intake = IntakeService(sources, signals, Told(), loop.quote, clock, 300)
        alerts = TradingView(intake, ALERTS, 60, clock)
        routes = Routes(intake, probe, Metrics(clock), loop, SECRET, clock, alerts)
        site = make_app(routes)
        api.add_to(site, Gate(tokens, clock, a_minute))
        async with (
            serve(site, "127.0.0.1", 0) as port,
            aiohttp.ClientSession() as session,
        ):
            url = f"http://127.0.0.1:{port}/api/v1"
            yield ApiDesk(desk, tokens, api, url, session, owner, mira)
    finally:
        await desk.drop()


async def _trade(desk: LoopDesk) -> None:
    await desk.passes(3)
    await desk.ingest()
    await desk.passes(1)
    await desk.approve()
    await desk.passes(3)
    panic = Breach(equity=Decimal(10_000), asked_by="Olga", scope="all")
    await desk.store.latch(AccountId(1), panic, ())
    await desk.passes(6)
    assert await desk.store.resume(AccountId(1), MemberId(1), "Olga")
    await desk.passes(2)
    await desk.ingest("two")
    await desk.passes(1)
    await desk.approve(2)
    await desk.passes(3)
    await desk.ingest("three")
    await desk.passes(1)


async def _stranger(desk: LoopDesk) -> Member:
    await desk.rows(
        "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (8, 'Mira', 'viewer', 0)"
    )
    member = await desk.store.member(8)
    assert member is not None
    at = to_ms(desk.clock.now())
    await desk.rows(
        "INSERT INTO booking (member_id, provider, external_id, plan, days, amount, currency,"
        " at_ms) VALUES (?, 'stars', 'c-1', 'trader', 30, '750', 'XTR', ?)",
        member.id,
        at,
    )
    await desk.rows(
        "INSERT INTO unmatched_payment (provider, external_id, payload, amount, currency, why,"
        " at_ms) VALUES ('crypto', 'x', '', '5.10', 'USDT', 'it names no invoice', ?)",
        at,
    )
    return member
