"""Planned reports: the hour of a person's zone, once a slot, whatever restarts in between."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
import pytest_asyncio

from storage import reports
from storage.reports import ReportStore
from tests.support.loop_desk import START, LoopDesk
from tests.support.simulated_desk import euros
from trading.clock import to_ms
from trading.ids import AccountId, MemberId
from trading.results.periods import Grain
from trading.results.report import LOOKS_BACK, Plan, Unread, read_plan

ACCOUNT, MEMBER = AccountId(1), MemberId(1)
EVENING = Plan(Grain.DAY, time(22), "Europe/Prague")
"""22:00 in Prague is 21:00 UTC in November: nine hours after the desk's start."""


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[LoopDesk]:
    one = LoopDesk(tmp_path, euros((0, "1.10000", "1.10010"), (5, "1.10000", "1.10010")))
    await one.open()
    await one.passes(2)
    yield one
    await one.drop()


def store(desk: LoopDesk) -> ReportStore:
    return ReportStore(desk.database, desk.clock)


async def told(desk: LoopDesk) -> list[str]:
    rows = await desk.rows("SELECT topic FROM outbox WHERE topic LIKE 'report:%' ORDER BY id")
    return [row["topic"] for row in rows]


async def test_a_slot_is_told_once_over_restarts_and_late(desk: LoopDesk) -> None:
    slot = await store(desk).plan(ACCOUNT, MEMBER, EVENING)
    assert slot == datetime(2026, 11, 24, 21, tzinfo=UTC)
    assert await store(desk).send_due() == 0
    desk.clock.advance(9 * 3600)
    assert await store(desk).send_due() == 1
    await desk.drop()
    await desk.open()
    assert await store(desk).send_due() == 0
    assert await told(desk) == [f"report:1:{to_ms(slot)}"]
    desk.clock.advance(5 * 86_400)  # away for five evenings
    assert await store(desk).send_due() == 1
    assert len(await told(desk)) == 2
    assert await store(desk).send_due() == 0


async def test_a_crash_after_posting_leaves_no_second_message(desk: LoopDesk) -> None:
    await store(desk).plan(ACCOUNT, MEMBER, EVENING)
    before = (await desk.rows("SELECT next_ms FROM report_plan"))[0]["next_ms"]
    desk.clock.advance(9 * 3600)
    await store(desk).send_due()
    await desk.database.run(
        lambda db: db.execute("UPDATE report_plan SET next_ms = ?", (before,)).rowcount
    )
    await store(desk).send_due()
    assert len(await told(desk)) == 1


async def test_who_lost_the_account_gets_no_report(desk: LoopDesk) -> None:
    await store(desk).plan(ACCOUNT, MEMBER, EVENING)
    await desk.database.run(lambda db: db.execute("DELETE FROM account_member").rowcount)
    desk.clock.advance(9 * 3600)
    await store(desk).send_due()
    assert await told(desk) == []
    assert await store(desk).plans(ACCOUNT, MEMBER) == []


async def test_a_report_reads_the_day_that_lies_before_its_slot(desk: LoopDesk) -> None:
    early = await desk.database.run(
        reports.report, ACCOUNT, Grain.DAY, START.replace(hour=23) - LOOKS_BACK
    )
    assert early.first.isoformat() == "2026-11-24"
    assert early.balance is not None


@pytest.mark.parametrize(
    ("words", "slot"),
    [
        ("daily 13", "2026-11-24T13:00"),
        ("daily 12", "2026-11-25T12:00"),
        ("weekly mon 0:30", "2026-11-30T00:30"),
        ("weekly 18:00", "2026-11-27T18:00"),
        ("monthly 7", "2026-12-01T07:00"),
        ("daily 1:30 Asia/Kolkata", "2026-11-24T20:00"),
        ("daily 00:00 server", "2026-11-24T22:00"),
    ],
)
def test_plans_are_read_and_know_their_next_slot(words: str, slot: str) -> None:
    plan = read_plan(words.split(), "UTC")
    assert isinstance(plan, Plan)
    assert plan.after(START) == datetime.fromisoformat(slot).replace(tzinfo=UTC)
    assert plan.after(plan.after(START)) > plan.after(START)


@pytest.mark.parametrize("words", ["daily", "daily 24", "daily 7:60", "weekly sun", "daily 1 X/Y"])
def test_what_is_no_plan_is_not_read_as_one(words: str) -> None:
    assert isinstance(read_plan(words.split(), "UTC"), Unread)


def test_a_slot_in_the_hour_that_summer_time_skips_still_comes_once_that_day() -> None:
    plan = Plan(Grain.DAY, time(2, 30), "Europe/Prague")
    slots, at = [], datetime(2026, 3, 27, tzinfo=UTC)
    for _ in range(4):
        at = plan.after(at)
        slots.append(at)
    days = [slot.date().day for slot in slots]
    assert days == [27, 28, 29, 30]
