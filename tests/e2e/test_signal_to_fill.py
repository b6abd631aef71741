"""A person talks to the desk: a signal becomes a card, a tap becomes an order."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.chat_desk import ChatDesk, chat_desk, running
from trading.clock import SystemClock


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[ChatDesk]:
    async with chat_desk(tmp_path) as one:
        yield one


async def test_a_card_shows_what_is_at_stake_and_a_tap_fills_it(desk: ChatDesk) -> None:
    card = await desk.card()
    for wanted in ("market", "1.095", "1.110", "lots", "USD", "%", "Reward", "desk", "left"):
        assert wanted in card.text, wanted
    toast = await desk.owner.taps(card, "Approve")
    assert toast is not None
    assert "Approved" in toast.text
    await desk.owner.sees_in(card, "Filled")
    await desk.owner.sees_no_buttons(card)
    for wanted in ("Olga", "1.100", "lots", "ticket", "Slippage"):
        assert wanted in card.text, wanted
    positions = await desk.says("/positions", "1 open")
    assert "EURUSD" in positions.text


async def test_a_trade_of_the_first_moment_is_not_dated_ahead(desk: ChatDesk) -> None:
    """Its deals were dated by the broker's clock as if that were UTC: tomorrow, in the evening."""
    card = await desk.card()
    await desk.owner.taps(card, "Approve")
    await desk.owner.sees_in(card, "Filled")
    dated = desk.rows("SELECT max(at_ms) AS ms FROM deal")[0]["ms"]
    assert isinstance(dated, int)
    assert dated <= SystemClock().now().timestamp() * 1000


async def test_a_second_tap_and_a_dead_card_change_nothing(desk: ChatDesk) -> None:
    card = await desk.card()
    data = card.button_data("Approve")
    await desk.owner.taps(card, "Approve")
    await desk.owner.sees_in(card, "Filled")
    again = await desk.owner.taps_data(card, data)
    assert again is not None
    assert "Already approved by Olga" in again.text
    assert len(desk.rows("SELECT id FROM orders")) == 1


async def test_a_button_that_no_handler_knows_is_answered(desk: ChatDesk) -> None:
    card = await desk.card()
    toast = await desk.owner.taps_data(card, "old:button:7", 5)
    assert toast is not None
    assert "not known any more" in toast.text
    assert card.button_data("Approve")


async def test_a_card_that_was_sent_twice_loses_its_buttons_at_a_late_tap(desk: ChatDesk) -> None:
    await desk.owner.sees("Desk is running")  # or the next message would not be the card
    desk.sandbox.faults.drop_after("sendMessage")
    copy = await desk.card()
    card = await desk.owner.sees("BUY EURUSD", after=copy)
    await desk.owner.taps(card, "Approve")
    await desk.owner.sees_in(card, "Filled")
    toast = await desk.owner.taps(copy, "Approve")
    assert toast is not None
    assert "Already approved by Olga" in toast.text
    await desk.owner.sees_no_buttons(copy)
    assert len(desk.rows("SELECT id FROM orders")) == 1


async def test_a_reject_and_an_expiry_are_no_trades(desk: ChatDesk) -> None:
    card = await desk.card()
    await desk.owner.taps(card, "Reject")
    await desk.owner.sees_in(card, "Rejected")
    assert "by Olga" in card.text
    late = await desk.card(expires_in=1)
    await desk.owner.sees_in(late, "Expired")
    await desk.owner.sees_no_buttons(late)
    assert desk.rows("SELECT id FROM orders") == []


async def test_a_stranger_gets_an_id_on_start_and_nothing_else(desk: ChatDesk) -> None:
    stranger = desk.sandbox.person(666, "Mallory")
    await stranger.presses_start()
    answer = await stranger.sees("666")
    await stranger.sends("/status")
    await stranger.sends("BUY EURUSD SL 1.09 TP 1.12")
    card = await desk.card()
    await desk.says("/id", "1001")
    assert stranger.last is answer
    forged = desk.sandbox.person(666, "Mallory")
    toast = await forged.taps_data(answer, card.button_data("Approve"))
    assert toast is not None
    assert "not a member" in toast.text
    assert "Approve" in str(card.buttons)


async def test_two_approvers_at_once_make_one_order(tmp_path: Path) -> None:
    async with chat_desk(tmp_path, TELEGRAM_OWNER_IDS="1001,1002") as desk:
        second = desk.sandbox.person(1002, "Pavel")
        card = await desk.card()
        copy = await second.sees("BUY EURUSD")
        await asyncio.gather(desk.owner.taps(card, "Approve"), second.taps(copy, "Approve"))
        await desk.owner.sees_in(card, "Filled")
        await second.sees_in(copy, "Filled")
        assert len(desk.rows("SELECT id FROM orders")) == 1


async def test_redelivered_and_doubled_taps_are_harmless(desk: ChatDesk) -> None:
    card = await desk.card()
    desk.sandbox.faults.duplicate_next_update()
    await desk.owner.taps(card, "Approve")
    await desk.owner.sees_in(card, "Filled")
    desk.sandbox.faults.redeliver(3)
    await desk.says("/positions", "1 open")
    assert len(desk.rows("SELECT id FROM orders")) == 1


async def test_a_pasted_signal_becomes_a_card_and_chatter_is_answered(desk: ChatDesk) -> None:
    sent = await desk.owner.sends("EURUSD BUY NOW\nSL 1.0950\nTP 1.1100")
    card = await desk.owner.sees("BUY EURUSD", after=sent)
    assert "Approve" in str(card.buttons)
    await desk.says("BUY EURUSD 1.1000 SL 1.2000 TP 1.2500", "Not taken")
    await desk.says("good morning", "Write it like")
    await desk.says("/nonsense", "/help")


async def test_an_unknown_answer_is_told_and_settled_without_a_second_order(
    desk: ChatDesk,
) -> None:
    card = await desk.card()
    desk.fault({"call": "order_send", "kind": "execute_then_none", "code": -10005, "times": 1})
    await desk.owner.taps(card, "Approve")
    resolved = await desk.owner.sees("EURUSD", after=card)
    assert "Not confirmed yet" in "\n".join(card.version_texts) + resolved.text
    await desk.owner.sees_in(card, "Filled")
    await desk.says("/positions", "1 open")


async def test_entries_are_denied_with_words_and_numbers(desk: ChatDesk) -> None:
    card = await desk.card(volume="0.005")
    assert "0.005" in card.text
    await desk.owner.taps(card, "Approve")
    await desk.owner.sees_in(card, "Denied")
    assert "below the minimum 0.01" in card.text
    assert desk.rows("SELECT status FROM orders") == [{"status": "denied"}]


async def test_an_approval_while_blind_is_held_and_then_filled(tmp_path: Path) -> None:
    async with chat_desk(
        tmp_path, HEARTBEAT_INTERVAL_SECONDS="1", HEARTBEAT_STALL_SECONDS="2"
    ) as desk:
        card = await desk.card()
        desk.fault({"kind": "equity_nan", "id": "blind"})
        await desk.owner.sees("CANNOT BE READ")
        await desk.owner.taps(card, "Approve")
        await desk.says("/status", "Cannot see it")
        assert desk.rows("SELECT id FROM orders") == []
        desk.fault()
        await desk.owner.sees("visible again")
        await desk.owner.sees_in(card, "Filled")


async def test_a_restart_keeps_positions_entry_equity_and_cards(tmp_path: Path) -> None:
    from bot.sandbox import Sandbox  # noqa: PLC0415 - only this test stops the process part
    from bot.settings import load_settings  # noqa: PLC0415
    from tests.support.chat_desk import OWNER, environment, steady  # noqa: PLC0415

    async with Sandbox() as sandbox:
        given = environment(tmp_path, sandbox.url, steady())
        settings = load_settings(given, None, need_telegram=True)
        desk = ChatDesk(tmp_path, sandbox, settings, sandbox.person(OWNER, "Olga"))
        async with running(desk):
            first = await desk.card()
            await desk.owner.taps(first, "Approve")
            await desk.owner.sees_in(first, "Filled")
            waiting = await desk.card(side="sell", stop_loss="1.1100", take_profits=["1.0900"])
        async with running(desk):
            await desk.owner.taps(waiting, "Reject")
            await desk.owner.sees_in(waiting, "Rejected")
            await desk.says("/positions", "1 open")
            (account,) = desk.rows("SELECT entry_equity FROM account")
            assert account["entry_equity"] in {"10000", "10000.0", "10000.00"}


async def test_the_heartbeat_is_one_message_that_changes(tmp_path: Path) -> None:
    async with chat_desk(tmp_path, HEARTBEAT_INTERVAL_SECONDS="1") as desk:
        beat = await desk.owner.sees("Alive at")
        await desk.owner.sees_in(beat, re.compile(r"signals 0"))
        async with asyncio.timeout(60):
            while len(set(beat.version_texts)) < 3:  # noqa: ASYNC110 - any third text will do
                await asyncio.sleep(0.1)
        assert sum("Alive at" in one.text for one in desk.owner.messages) == 1
