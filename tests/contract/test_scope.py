"""Whose signal it is decides which accounts are asked: two desks, three roles, one source."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from storage.subscriptions import SubscriptionStore
from tests.support.intake_desk import IntakeDesk, intake_desk
from trading.accounts import Done, Refused
from trading.drawdown import Cap, CapKind
from trading.ids import AccountId
from trading.incoming import Incoming, Outcome, OutcomeKind
from trading.model import MarginMode, Member, Role
from trading.people import Change
from trading.plans import PLANS, Provider
from trading.sources import Source, SourceMode
from trading.subscriptions import Level, SubscriptionService

GOLD = "GOLD BUY 3213\nSL 3205\nTP1 3220\nTP2 3230"
DESK, MIRAS, NOAHS = 1001, 2001, 3001


@dataclass
class Two:
    """The desk's account, and one each of two members whom nobody else sees."""

    desk: IntakeDesk
    olga: Member
    trader: Member
    mira: Member
    noah: Member
    subscriptions: SubscriptionService

    async def forwards(self, who: Member, text: str, ref: str = "m1") -> Outcome:
        return await self.desk.intake.take(
            Incoming(
                "tg:Gold VIP",
                "Gold VIP",
                f"{ref}:by{who.telegram_id}",
                text,
                self.desk.clock.now(),
                by=who.id,
            )
        )

    async def types(self, who: Member, text: str, ref: str = "1:1") -> Outcome:
        key = f"member:{who.telegram_id}"
        now = self.desk.clock.now()
        return await self.desk.intake.take(
            Incoming(key, f"chat: {who.name}", ref, text, now, by=who.id)
        )

    async def asked(self) -> list[tuple[int, int]]:
        """Return which signal asks which login."""
        rows = await self.desk.rows(
            "SELECT a.signal_id, c.login FROM approval a JOIN account c ON c.id = a.account_id"
            " ORDER BY a.id"
        )
        return [tuple(row) for row in rows]

    async def source(self, mode: str = "ask") -> Source:
        return await self.desk.set("Gold VIP", mode)

    async def account(self, login: int) -> AccountId:
        (row,) = await self.desk.rows("SELECT id FROM account WHERE login = ?", login)
        return AccountId(row["id"])


@pytest_asyncio.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with intake_desk(tmp_path) as desk:
        for telegram_id, role in ((8, Role.TRADER), (9, Role.VIEWER), (10, Role.VIEWER)):
            await desk.members.change_rights(desk.owner.id, Change(telegram_id, role, None))
        mira, noah = await desk.member(9), await desk.member(10)
        for who, login in ((mira, MIRAS), (noah, NOAHS)):
            await desk.members.change_rights(desk.owner.id, Change(who.telegram_id, None, None))
            caps = [Cap(CapKind.STATIC, Decimal(20), initial=Decimal(500))]
            hedging = MarginMode.HEDGING
            await desk.store.open_account(login, "Demo", "USD", hedging, Decimal(500), caps, who.id)
        yield Two(
            desk,
            await desk.member(7),
            await desk.member(8),
            await desk.member(9),
            await desk.member(10),
            SubscriptionService(
                SubscriptionStore(desk.database, desk.clock), Decimal(1), limited=False
            ),
        )


@pytest.mark.parametrize(
    ("who", "logins"),
    [("olga", {DESK}), ("trader", {DESK}), ("mira", {MIRAS}), ("noah", {NOAHS})],
)
@pytest.mark.parametrize("how", ["types", "forwards"])
async def test_what_a_person_brings_asks_only_where_they_may_trade(
    two: Two, who: str, logins: set[int], how: str
) -> None:
    say = two.types if how == "types" else two.forwards
    outcome = await say(getattr(two, who), GOLD)

    assert outcome.kind is OutcomeKind.SIGNAL
    assert {login for _, login in await two.asked()} == logins
    cards = await two.desk.rows("SELECT DISTINCT chat_id FROM outbox WHERE topic LIKE 'approval:%'")
    assert cards == []  # an offered card is shown by its own account's pass alone


async def test_a_source_of_the_desk_asks_every_account(two: Two) -> None:
    await two.source()
    await two.desk.says(GOLD, "m1")

    assert [login for _, login in await two.asked()] == [DESK, MIRAS, NOAHS]


async def test_a_forward_neither_opens_a_channel_nor_stands_in_for_its_post(two: Two) -> None:
    await two.forwards(two.mira, GOLD)
    assert (await two.desk.says(GOLD, "m1", first_mode=SourceMode.OFF)).kind is OutcomeKind.OFF
    assert len(await two.desk.told("source_met")) == 1
    assert [login for _, login in await two.asked()] == [MIRAS]

    await two.source()
    assert (await two.desk.says(GOLD, "m2")).kind is OutcomeKind.SIGNAL
    assert [login for _, login in await two.asked()] == [MIRAS, DESK, NOAHS]
    again = await two.desk.says(GOLD, "m3")
    assert again.kind is OutcomeKind.KNOWN


async def test_the_same_post_forwarded_twice_asks_an_account_once(two: Two) -> None:
    await two.forwards(two.olga, GOLD)
    two.desk.clock.advance(3600)
    again = await two.forwards(two.trader, GOLD)

    assert again.kind is OutcomeKind.KNOWN
    assert [login for _, login in await two.asked()] == [DESK]


async def test_what_is_held_of_a_person_is_shown_and_mended_by_theirs_alone(two: Two) -> None:
    await two.types(two.mira, "XAUUSD BUY 3213\nSL 3219\nTP 3230")
    (held,) = await two.desk.rows("SELECT * FROM held")
    chats = await two.desk.rows("SELECT chat_id FROM outbox WHERE topic LIKE 'held:%'")
    assert [row["chat_id"] for row in chats] == [two.mira.telegram_id]
    for who in (two.olga, two.trader, two.noah):
        assert "may look" in str(await two.desk.fixes.ask(who, held["id"], "stop"))
        assert "may look" in await two.desk.fixes.drop(who, held["id"])
        assert "may look" in await two.desk.fixes.stop_at(who, held["id"], Decimal(3209))
    assert "Taken" in await two.desk.fixes.stop_at(two.mira, held["id"], Decimal(3209))
    assert [login for _, login in await two.asked()] == [MIRAS]


async def test_what_is_held_of_a_source_is_mended_by_the_desk_for_every_account(two: Two) -> None:
    await two.source()
    await two.desk.says("XAUUSD BUY 3213\nSL 3219\nTP 3230", "m1")
    (held,) = await two.desk.rows("SELECT * FROM held")
    chats = await two.desk.rows("SELECT chat_id FROM outbox WHERE topic LIKE 'held:%'")
    assert [row["chat_id"] for row in chats] == [two.olga.telegram_id, two.trader.telegram_id]
    assert "may look" in await two.desk.fixes.stop_at(two.mira, held["id"], Decimal(3209))
    assert "Taken" in await two.desk.fixes.stop_at(two.trader, held["id"], Decimal(3209))
    assert len(await two.asked()) == 3


async def test_an_owner_of_their_own_account_is_no_owner_of_the_desk(two: Two) -> None:
    source = await two.source()
    assert two.mira.role is Role.OWNER
    refused = await two.desk.channels.change(two.mira, str(source.id), ["off"])
    assert isinstance(refused, str)
    why = await two.desk.sources.change_source(source.id, source.settings, two.mira.id, "off")
    assert why is None
    await two.types(two.olga, GOLD)
    seen = [one.name for one in await two.desk.channels.every(two.mira)]
    assert seen == ["Gold VIP"]


async def test_an_account_chooses_its_sources(two: Two) -> None:
    source, miras = await two.source(), await two.account(MIRAS)
    for who in (two.olga, two.trader, two.noah):
        answer = await two.subscriptions.follow(who, miras, source.id, Level.OFF)
        assert isinstance(answer, Refused)
    assert isinstance(await two.subscriptions.follow(two.mira, miras, source.id, Level.OFF), Done)
    await two.desk.says(GOLD, "m1")
    assert [login for _, login in await two.asked()] == [DESK, NOAHS]
    # A person's own act passes by what the account follows.
    await two.forwards(two.mira, GOLD)
    assert [login for _, login in await two.asked()] == [DESK, NOAHS, MIRAS]
    assert [
        row["detail"]
        for row in await two.desk.rows("SELECT detail FROM audit WHERE action = 'source_followed'")
    ] == [f"source {source.id}: off"]


async def test_auto_is_each_members_own_choice_inside_the_sources_limits(two: Two) -> None:
    source = await two.desk.set("Gold VIP", "autorisk 0.5", "perday 9", "allow XAUUSD", "auto")
    miras = await two.account(MIRAS)
    assert isinstance(await two.subscriptions.follow(two.mira, miras, source.id, Level.AUTO), Done)
    await two.desk.says(GOLD, "m1")
    states = await two.desk.rows("SELECT status FROM approval ORDER BY id")
    assert [row["status"] for row in states] == ["approved", "approved", "offered"]
    # What the account risks by itself may be more than the source may risk alone.
    await two.subscriptions.risk(two.mira, (await two.desk.store.account(miras)), ["2"])
    await two.desk.says(GOLD.replace("3213", "3212"), "m2")
    states = await two.desk.rows("SELECT status, terms_json FROM approval WHERE signal_id = 2")
    assert [row["status"] for row in states] == ["approved", "offered", "offered"]
    assert '"risk_percent":"2"' in states[1]["terms_json"]


async def test_an_account_has_its_own_risk_and_only_its_owner_raises_it(two: Two) -> None:
    desk, store = await two.account(DESK), two.desk.store

    async def risk(who: Member, *words: str) -> str:
        answer = await two.subscriptions.risk(who, await store.account(desk), words)
        return answer.words if not isinstance(answer, Refused) else f"no: {answer.words}"

    assert "the desk's 1 %" in await risk(two.trader)
    assert "0.5 %" in await risk(two.trader, "0.5%")
    assert "no: That risks more" in await risk(two.trader, "0.6")
    assert "no: That risks more" in await risk(two.trader, "off")
    assert "no: You may not" in await risk(two.mira, "0.1")
    assert "no: “99”" in await risk(two.olga, "99")
    await two.types(two.olga, GOLD)
    (row,) = await two.desk.rows("SELECT terms_json FROM approval")
    assert '"risk_percent":"0.5"' in row["terms_json"]
    await two.types(two.olga, GOLD.replace("3213", "3211") + "\nrisk 0.3%", "1:2")
    assert "the desk's 1 %" in await risk(two.olga, "off")


async def test_a_plan_limits_what_a_members_account_follows_and_nothing_of_the_desk(
    two: Two,
) -> None:
    two.desk.limit_plans()
    limited = SubscriptionService(
        SubscriptionStore(two.desk.database, two.desk.clock), Decimal(1), limited=True
    )
    first = await two.source()
    second = await two.desk.set("Silver", "ask")
    miras = await two.account(MIRAS)
    await two.desk.says(GOLD.replace("3213", "3212"), "m1", room="Silver")
    # The free plan has one source: the oldest, until another is chosen.
    assert [login for _, login in await two.asked()] == [DESK]
    assert isinstance(await limited.follow(two.mira, miras, second.id, Level.ASK), Done)
    assert isinstance(await limited.follow(two.mira, miras, first.id, Level.ASK), Refused)
    assert isinstance(await limited.follow(two.mira, miras, second.id, Level.AUTO), Refused)
    await two.desk.says(GOLD, "m2", room="Silver")
    assert [login for _, login in await two.asked()] == [DESK, DESK, MIRAS]
    assert [one.beyond_plan for one in await limited.of(two.mira, first)] == [True]

    await two.desk.give_plan(two.mira, PLANS["trader"], Provider.GRANT)
    await two.desk.says(GOLD.replace("3213", "3211"), "m3")
    assert [login for _, login in await two.asked()][-3:] == [DESK, MIRAS, NOAHS]
    # One's own signal needs no source of a plan.
    await two.types(two.noah, GOLD.replace("3213", "3210"))
    assert (await two.asked())[-1][1] == NOAHS
