"""A person manages what is open: every command right, wrong and without its argument."""

import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.sandbox import Person
from bot.sandbox.chats import ChatMessage
from tests.support.chat_desk import ChatDesk, chat_desk

OPEN = "No open positions"


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[ChatDesk]:
    async with chat_desk(tmp_path, TELEGRAM_OWNER_IDS="1001") as one:
        await one.owner.sees(re.compile("."))  # a machine under load starts it slowly
        yield one


async def filled(desk: ChatDesk, **changes: object) -> str:
    """Let the owner approve a signal; return the ticket of what it opened."""
    card = await desk.card(**changes)
    await desk.owner.taps(card, "Approve")
    await desk.owner.sees_in(card, "Filled")
    found = desk.rows("SELECT position_id FROM managed ORDER BY id DESC LIMIT 1")
    while not found:
        await desk.says("/count", "Together")
        found = desk.rows("SELECT position_id FROM managed ORDER BY id DESC LIMIT 1")
    return str(found[0]["position_id"])


async def confirmed(desk: ChatDesk, text: str, question: str, result: str) -> ChatMessage:
    """Say it, confirm what is asked, and return the report of what came of it."""
    asked = await desk.says(text, question)
    await desk.owner.taps(asked, "Confirm")
    await desk.owner.sees_in(asked, "Taken")
    await desk.owner.sees_no_buttons(asked)
    return await desk.owner.sees(result, after=asked)


def _let_in(database: sqlite3.Connection, telegram_id: int, role: str) -> None:
    (member,) = database.execute(
        "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (?, 'x', ?, 0)"
        " RETURNING id",
        (telegram_id, role),
    ).fetchone()
    database.execute("INSERT INTO account_member VALUES (1, ?, ?)", (member, role))


async def another(desk: ChatDesk, telegram_id: int, role: str) -> Person:
    """Let in a person of that role."""
    assert desk.app is not None
    await desk.app.store._database.run(_let_in, telegram_id, role)  # noqa: SLF001 - no invitation
    return desk.sandbox.person(telegram_id, role.capitalize())


async def test_positions_are_shown_as_a_list_a_table_and_one_by_one(desk: ChatDesk) -> None:
    await desk.says("/status", OPEN)
    await desk.says("/status 12", "no open position 12")
    ticket = await filled(desk, volume="0.10")
    listed = await desk.says("/status", "BUY EURUSD 0.10")
    for wanted in ("R", "SL 1.095", "TP 1.12", "pips", "desk · signal 1", f"#{ticket}", "as of"):
        assert wanted in listed.text, wanted
    table = await desk.says("/status table", "B EURUSD")
    assert len(table.text.splitlines()) < len(listed.text.splitlines())
    one = await desk.says(f"/status {ticket}", "Break-even  after target 1")
    for wanted in ("Target 1", "0.05 lots", "Target 2", f"/fx {ticket}"):
        assert wanted in one.text, wanted
    await desk.owner.taps(one, "Refresh")
    await desk.says("/status nonsense", "Example: /status table")
    counted = await desk.says("/count", "1 of 5")
    assert "Risk to stops" in counted.text
    await desk.says("/balance", "Margin level")
    await desk.says("/balance full", "1:100")
    await desk.says("/balance maybe", "Example: /balance full")


async def test_close_by_pick_percent_group_and_symbol(desk: ChatDesk) -> None:
    await desk.says("/fx", "No open positions")
    ticket = await filled(desk, volume="0.10")
    asked = await desk.says("/fx", "Close which position?")
    await desk.owner.taps(asked, "Cancel")
    await desk.owner.sees_in(asked, "Canceled")
    report = await confirmed(desk, f"/fx {ticket} 50%", "0.05 of 0.1 lots", "1 of 1 done")
    assert "closed 0.05 lots" in report.text
    await desk.says("/positions", "BUY EURUSD 0.05")
    for wrong, why in (
        ("/fx nonsense", "is no open ticket"),
        (f"/fx {ticket} 150%", "is not a percent"),
        ("/fx 50%", "of what?"),
        ("/fx sell", "no open positions for"),
        ("/close 99", "no open position 99"),
        (f"/forcesell {ticket} 1%", "below the least volume"),
    ):
        answer = await desk.says(wrong, why)
        assert "Confirm" not in str(answer.buttons)
    await desk.says("/partial", "Example: /partial 1234 50")
    await desk.says(f"/partial {ticket} 100", "above 0 and below 100")
    await confirmed(desk, f"/partial {ticket} 40", "0.02 of 0.05 lots", "1 of 1 done")
    asked = await desk.says("/fx", "Close which position?")
    await desk.owner.taps(asked, "0.03")
    await desk.owner.sees_in(asked, "Close 1 position")
    await desk.owner.taps(asked, "Confirm")
    await desk.owner.sees("1 of 1 done", after=asked)
    await desk.owner.sees("Closed BUY EURUSD by Olga", after=asked)
    await desk.says("/positions", OPEN)
    story = await desk.says(f"/trade {ticket}", "Signal 1: BUY EURUSD")
    for wanted in ("approved by Olga", "entry filled", "close by Olga: done", "deal out", "lots"):
        assert wanted in story.text, wanted


async def test_stops_and_targets_move_only_as_asked(desk: ChatDesk) -> None:
    ticket = await filled(desk, volume="0.10")
    for wrong, why in (
        ("/sl", "say the new stop as a price"),
        (f"/sl {ticket} soon", "Example: /sl 1234 1.0950"),
        (f"/sl {ticket} 1.2", "is not below the price"),
        (f"/sl {ticket} 1.0950", "already"),
        ("/tp", "Example: /tp"),
        (f"/tp {ticket} 1.05", "is not above the price"),
        (f"/tp {ticket} 7 1.15", "has targets 1 to 2"),
        (f"/be {ticket}", "not far enough beyond the entry"),
        (f"/trail {ticket} far", "is not a distance"),
        (f"/timelimit {ticket} soon", "like 90m, 4h or 2d"),
        ("/cancel", "No orders wait"),
    ):
        await desk.says(wrong, why)
    report = await confirmed(desk, f"/sl {ticket} 1.0960", "from 1.09500 to 1.09600", "1 of 1 done")
    assert "stop 1.096 set" in report.text
    await confirmed(desk, f"/sl {ticket} 1.0955", "This risks MORE", "1 of 1 done")
    await confirmed(desk, f"/tp {ticket} 2 1.1300", "Move target 2", "1 of 1 done")
    asked = await desk.says(f"/tp {ticket} 1 1.1150", "Move target 1")
    await desk.owner.taps(asked, "Confirm")
    asked = await desk.says(f"/timelimit {ticket} 4h", "whatever its result")
    await desk.owner.taps(asked, "Confirm")
    asked = await desk.says(f"/trail {ticket} 20", "20.0 pips")
    await desk.owner.taps(asked, "Confirm")
    await desk.owner.sees("Trailing", after=asked)
    one = await desk.says(f"/status {ticket}", "Closes at")
    for wanted in ("1.115", "1.13", "20.0 pips"):
        assert wanted in one.text, wanted
    await desk.owner.taps(one, "Refresh")
    await desk.owner.sees_in(one, re.compile(r"Stop +1\.098"))


async def test_confirms_are_personal_timely_and_single(desk: ChatDesk) -> None:
    ticket = await filled(desk, volume="0.10")
    trader = await another(desk, 1002, "trader")
    viewer = await another(desk, 1003, "viewer")
    asked = await desk.says(f"/fx {ticket}", "Close 1 position")
    data = asked.button_data("Confirm")
    toast = await trader.taps_data(asked, data)
    assert toast is not None
    assert "Only the one who asked" in toast.text
    assert "Confirm" in str(asked.buttons)
    await trader.sends(f"/sl {ticket} 1.0900")
    await trader.sees("only an owner may loosen it")
    await viewer.sends(f"/fx {ticket}")
    await viewer.sees("needs the role trader")
    await viewer.sends("/status")
    await viewer.sees("BUY EURUSD")
    assert desk.app is not None
    await desk.app.store._database.run(  # noqa: SLF001 - a minute passes
        lambda db: db.execute("UPDATE confirmation SET expires_ms = 1")
    )
    late = await desk.owner.taps(asked, "Confirm")
    assert late is not None
    assert "expired" in late.text
    await desk.says("/positions", "1 open")
    asked = await desk.says(f"/fx {ticket}", "Close 1 position")
    data = asked.button_data("Confirm")
    await desk.owner.taps(asked, "Confirm")
    await desk.owner.sees("1 of 1 done", after=asked)
    again = await desk.owner.taps_data(asked, data)
    assert again is not None
    assert "Already answered" in again.text
    assert len(desk.rows("SELECT id FROM wish")) == 1


async def test_a_pending_order_is_listed_and_taken_back(desk: ChatDesk) -> None:
    card = await desk.card(type="limit", entry="1.0990", volume="0.10")
    await desk.owner.taps(card, "Approve")
    await desk.owner.sees_in(card, "Accepted")
    listed = await desk.says("/orders", "BUY LIMIT EURUSD")
    ticket = listed.text.split("#")[1].split()[0]
    await desk.says("/cancel 99", "no order 99 waits")
    await desk.says("/order", "Example: /order 1234")
    story = await desk.says(f"/order {ticket}", "entry accepted")
    assert "checks saw" in story.text
    report = await confirmed(desk, f"/coo {ticket}", "Take back 1 pending order", "1 of 1 done")
    assert "taken back" in report.text
    await desk.says("/oo", "No orders wait")
    await desk.says("/signal 1", "Signal 1: BUY EURUSD")
    await desk.says("/signal 77", "is not known")


async def test_what_the_broker_refuses_is_told_and_nothing_changes(desk: ChatDesk) -> None:
    ticket = await filled(desk, volume="0.10")
    desk.fault({"call": "order_send", "kind": "retcode", "retcode": 10018, "times": 1})
    report = await confirmed(desk, f"/fx {ticket}", "Close 1 position", "0 of 1 done")
    await desk.owner.sees_in(report, "the broker refused")
    await desk.says("/positions", "1 open")
