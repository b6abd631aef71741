"""Two accounts, three roles on each and a stranger, all before the real dispatcher, in process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.enums import ParseMode
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Chat, Message, Update, User

from bot.api_desk import open_tokens
from bot.arrivals import open_arrivals
from bot.billing import open_billing
from bot.charts.renderer import ChartRenderer
from bot.chat import open_chat
from bot.health import HealthProbe, HouseAges
from bot.holds import Holds
from bot.longwork import LongWork
from bot.loops import LoopMaker
from bot.mailing import open_mailing
from bot.members import open_members
from bot.resilience import Circuits
from bot.sandbox import TOKEN
from bot.schedule import Backlog
from bot.settings import load_settings
from bot.stores import Said, Stores, open_stores
from bot.vault import new_key
from tests.support.instant import Instant
from tests.support.loop_desk import OWNER, LoopDesk
from trading.heartbeat import HeartbeatService
from trading.ids import AccountId, ApprovalId, SignalId
from trading.loop import TradingLoop
from trading.model import Member, OrderType, Role, Side, SignalDraft
from trading.people import Change
from trading.reporting import Reporter
from trading.signals import digest
from trading.sources import SourceMode

MARK = "77,7"
"""How every amount of the second account begins: who may not see it must not read it."""
SECOND_LOGIN = 7012345
_CAP = "20"


@dataclass(frozen=True)
class Place:
    """One account, and who is what on it."""

    account_id: AccountId
    login: int
    people: dict[Role, Member]
    ticket: int
    """Of its open position."""
    order: int
    """Of its waiting order."""
    signal: SignalId
    """A signal that was put to it alone."""


@dataclass
class RightsDesk:
    """The desk's account and a member's own, and a way to say and tap anything as anybody."""

    desk: LoopDesk
    stores: Stores
    dispatcher: Dispatcher
    bot: Bot
    session: Instant
    places: list[Place] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1000))

    async def says(self, telegram_id: int, text: str) -> str:
        """Say something in private and return every answer as one text."""
        await self._feed(message=self._message(telegram_id, text))
        return self._said()

    async def taps(self, telegram_id: int, data: CallbackData, shown: str = "a card") -> str:
        """Tap a button of a message of the bot, and return every answer as one text."""
        query = CallbackQuery(
            id=str(next(self._numbers)),
            from_user=self._user(telegram_id),
            chat_instance="1",
            message=self._message(telegram_id, shown),
            data=data.pack(),
        )
        await self._feed(callback_query=query)
        return self._said()

    def number(self) -> int:
        """Return a number that nothing here has yet."""
        return next(self._numbers)

    async def written(self) -> int:
        """Return how many rows were ever written: unchanged means that nothing was."""
        return await self.desk.database.run(lambda db: db.total_changes)

    async def offer(self, account_id: AccountId, ref: str) -> tuple[SignalId, ApprovalId]:
        """Put a signal to one account alone, and let its card be worked out."""
        number = Decimal(next(self._numbers)) / 10000
        draft = SignalDraft(
            symbol="EURUSD",
            side=Side.BUY,
            order_type=OrderType.MARKET,
            entry=None,
            stop_loss=Decimal(1) - number / 100,
            take_profits=(Decimal("1.2"),),
            volume=Decimal("0.01"),
        )
        ttl = timedelta(minutes=30)
        found = await self.stores.desk.ingest(draft, "test", ref, digest(draft), ttl)
        (row,) = await self.desk.rows(
            "SELECT id FROM approval WHERE signal_id = ? AND account_id = ?",
            found.signal_id,
            account_id,
        )
        await self.desk.database.run(
            lambda db: db.execute(
                "DELETE FROM approval WHERE signal_id = ? AND account_id <> ?",
                (found.signal_id, account_id),
            )
        )
        return found.signal_id, ApprovalId(row["id"])

    def _said(self) -> str:
        said, self.session.said = self.session.said, []
        return "\n".join(said)

    async def _feed(self, **event: object) -> None:
        update = Update(update_id=next(self._numbers), **event)  # type: ignore[arg-type]  # one of its events
        await self.dispatcher.feed_update(self.bot, update)

    def _message(self, telegram_id: int, text: str) -> Message:
        return Message(
            message_id=next(self._numbers),
            date=self.desk.clock.now(),
            chat=Chat(id=telegram_id, type="private"),
            from_user=self._user(telegram_id),
            text=text,
        )

    @staticmethod
    def _user(telegram_id: int) -> User:
        return User(id=telegram_id, is_bot=False, first_name=str(telegram_id))


@asynccontextmanager
async def rights_desk(folder: Path) -> AsyncIterator[RightsDesk]:
    """Build the desk: nothing of it runs by itself."""
    rows = [(half / 2, "EURUSD", f"1.1000{half % 2}", f"1.1001{half % 2}") for half in range(2400)]
    desk = await LoopDesk(folder, rows).open()
    try:
        yield await _built(desk, folder)
    finally:
        await desk.drop()


async def _built(desk: LoopDesk, folder: Path) -> RightsDesk:
    session = Instant()
    default = DefaultBotProperties(parse_mode=ParseMode.HTML)
    bot = Bot(TOKEN, session=session, default=default)
    settings = load_settings(
        {
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_OWNER_IDS": str(OWNER),
            "DATABASE_PATH": str(folder / "desk.db"),
            "PLANS_ENABLED": "true",
            "ACCOUNTS_KEY": new_key(),
        },
        None,
        need_telegram=True,
    )
    clock, stores = desk.clock, open_stores(desk.database, desk.clock, Said())
    await stores.sources.meet("tg:-1001", "Gold VIP", SourceMode.ASK)
    await desk.passes(1)
    assert desk.loop.account is not None
    first = desk.loop.account
    owner = await stores.desk.member(OWNER)
    assert owner is not None
    await stores.members.change_rights(owner.id, Change(81, Role.VIEWER, first.id))
    noah = await stores.desk.member(81)
    assert noah is not None
    second = desk.another(SECOND_LOGIN, noah.id, TERMINAL_BALANCE="77777")
    await second.guarded_pass()
    assert second.account is not None
    await stores.members.change_rights(owner.id, Change(81, None, first.id))
    for telegram_id, role in ((71, Role.VIEWER), (72, Role.TRADER)):
        await stores.members.change_rights(owner.id, Change(telegram_id, role, first.id))
    for telegram_id, role in ((82, Role.TRADER), (83, Role.VIEWER), (90, Role.VIEWER)):
        await stores.members.change_rights(noah.id, Change(telegram_id, role, second.account.id))
    await stores.members.change_rights(owner.id, Change(90, Role.VIEWER, first.id))
    loop = TradingLoop({0: desk.loop, 1: second}, "test")
    reporter = Reporter(clock, "test")
    billing = open_billing(settings, stores.billing, bot, clock)
    make_loop = LoopMaker(settings, stores, reporter, Holds(), clock)
    enrolment, _ = open_members(settings, stores.terminals, loop, make_loop, billing.plans, clock)
    arrivals = open_arrivals(settings, stores, loop, reporter, clock)
    heartbeat = HeartbeatService(loop, stores.desk, clock, reporter, Backlog(stores.desk))
    dispatcher, _ = open_chat(
        settings,
        bot,
        stores,
        loop,
        arrivals,
        billing,
        (await open_mailing(settings, desk.database, clock, Said())).service,
        open_tokens(settings, desk.database, clock),
        enrolment,
        heartbeat,
        ChartRenderer(),
        LongWork(bot, stores.long_work, clock),
        clock,
    )
    ages = HouseAges(lambda: 0.0, lambda: None, lambda: 1, Holds(), _never)
    dispatcher["pages_url"] = dispatcher["signin"] = None
    dispatcher["wellbeing"] = HealthProbe(
        loop, stores.desk, clock, 60, lambda: 0.0, Circuits(clock), ages
    )
    found = RightsDesk(desk, stores, dispatcher, bot, session)
    people = ((OWNER, 72, 71), (81, 82, 83))
    for one, ids in zip((desk.loop, second), people, strict=True):
        assert one.account is not None
        found.places.append(await _place(found, one.account.id, one.account.login, ids))
    for _ in range(2):
        await desk.loop.guarded_pass()
        await second.guarded_pass()
        clock.advance(1.0)
    return found


async def _never() -> None:
    return None


async def _place(
    found: RightsDesk, account_id: AccountId, login: int, ids: tuple[int, int, int]
) -> Place:
    broker = found.desk.brokers.get(login, found.desk.broker)
    request = {"symbol": "EURUSD", "volume": 0.04, "type_filling": 0}
    for _ in range(7 * len(found.places)):  # so that the brokers' tickets differ
        made = broker.order_send({"action": 5, "type": 2, "price": 1.04, **request})
        broker.order_send({"action": 8, "order": made.order})
    opened = broker.order_send({"action": 1, "type": 0, **request, "sl": 1.05})
    waits = broker.order_send({"action": 5, "type": 2, "price": 1.05, **request})
    assert opened.order
    assert waits.order
    signal, _ = await found.offer(account_id, f"only:{login}")
    people = {}
    for role, telegram_id in zip((Role.OWNER, Role.TRADER, Role.VIEWER), ids, strict=True):
        member = await found.stores.desk.member(telegram_id)
        assert member is not None
        people[role] = replace(member, name=str(telegram_id))
    return Place(account_id, login, people, opened.order, waits.order, signal)
