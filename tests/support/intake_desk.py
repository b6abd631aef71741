"""Intake over a real SQLite file, with a clock that only the test moves; no broker, no chat."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from storage.billing_store import BillingStore
from storage.database import Database
from storage.member_store import MemberStore
from storage.sources_store import SourceStore
from storage.store import SqliteStore
from tests.support.fresh import fresh_database
from tests.support.loop_desk import ManualClock
from trading.channels import ChannelService
from trading.drawdown import Cap, CapKind
from trading.fixing import FixService
from trading.ids import MemberId
from trading.incoming import Incoming, Outcome
from trading.intake import IntakeService
from trading.model import MarginMode, Member, Quote
from trading.parser import SignalUpdate
from trading.plans import Plan, Provider
from trading.reporting import Reporter
from trading.signals import SignalService
from trading.sources import Source, SourceMode

OWNER = 7
TTL = 300


class Told:
    """Takes updates down instead of carrying them out."""

    def __init__(self) -> None:
        self.updates: list[SignalUpdate] = []

    async def take(
        self,
        source: Source,
        ref: str,
        reply_ref: str | None,
        update: SignalUpdate,
        text: str,
        by: MemberId | None = None,
    ) -> str:
        del by
        assert source.id
        assert ref
        assert reply_ref is None or reply_ref != ref
        assert text
        self.updates.append(update)
        return "taken down"


class IntakeDesk:
    """One owner, one account, and messages that come in."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.clock = clock
        self.database = database
        self.quotes: dict[str, Quote] = {}
        self.store = SqliteStore(database, clock)
        self.sources = SourceStore(database, clock)
        self.members = MemberStore(database, clock)
        self._told = Told()
        self.woken: list[int] = []
        self.signals = SignalService(self.store, self.woken.append, Reporter(clock, "test"), TTL)
        self._build(limited=False)
        self.owner: Member
        self.path: Path

    def _build(self, *, limited: bool) -> None:
        self.intake = IntakeService(
            self.sources,
            self.signals,
            self._told,
            self.quotes.get,
            self.clock,
            TTL,
            limited=limited,
        )
        self.fixes = FixService(self.sources, self.intake)
        self.channels = ChannelService(self.sources, self.intake.changed)

    def limit_plans(self) -> None:
        """Let members' plans hold from now on."""
        self._build(limited=True)

    async def member(self, telegram_id: int) -> Member:
        """Return a person of the desk."""
        found = await self.store.member(telegram_id)
        assert found is not None
        return found

    async def give_plan(self, member: Member, plan: Plan, provider: Provider) -> None:
        """Give a member thirty days of a plan."""
        books = BillingStore(self.database, self.clock)
        await books.give(member.id, provider, f"test:{member.id}", plan, 30, None)

    async def open(self) -> None:
        await self.store.ensure_owners([OWNER])
        self.owner = await self.member(OWNER)
        caps = [Cap(CapKind.STATIC, Decimal(20), initial=Decimal(10000))]
        await self.store.open_account(1001, "Demo", "USD", MarginMode.HEDGING, Decimal(10000), caps)

    async def says(
        self,
        text: str,
        ref: str,
        *,
        room: str = "Gold VIP",
        age: float = 0,
        reply: str | None = None,
        first_mode: SourceMode = SourceMode.ASK,
    ) -> Outcome:
        """Let a channel say something, so many seconds ago."""
        sent = self.clock.now() - timedelta(seconds=age)
        message = Incoming(f"tg:{room}", room, ref, text, sent, reply, first_mode)
        return await self.intake.take(message)

    async def set(self, room: str, *changes: str) -> Source:
        """Change a source as its owner does, one line each."""
        source = await self.intake.source(f"tg:{room}", room)
        for words in changes:
            result = await self.channels.change(self.owner, str(source.id), words.split())
            assert isinstance(result, Source), result
            source = result
        return source

    async def rows(self, sql: str, *args: object) -> list[Any]:
        """Return what the database says."""
        return await self.database.run(lambda db: db.execute(sql, args).fetchall())

    async def told(self, kind: str) -> list[str]:
        """Return the messages of a kind that wait or were sent."""
        rows = await self.rows("SELECT body_json FROM outbox ORDER BY id")
        return [row["body_json"] for row in rows if f'"kind":"{kind}"' in row["body_json"]]


@contextlib.asynccontextmanager
async def intake_desk(folder: Path) -> AsyncIterator[IntakeDesk]:
    """Open a desk until the context ends."""
    async with fresh_database(folder / "desk.db") as database:
        desk = IntakeDesk(database, ManualClock())
        desk.path = folder / "desk.db"
        await desk.open()
        yield desk
