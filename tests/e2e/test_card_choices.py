"""A person decides otherwise than yes or no: half, later, edited, and why not."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.chat_desk import ChatDesk, chat_desk


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[ChatDesk]:
    async with chat_desk(tmp_path) as one:
        await one.owner.sees(re.compile("."))  # a machine under load starts it slowly
        yield one


async def test_half_the_size_is_ordered_and_said(desk: ChatDesk) -> None:
    card = await desk.card(volume="0.10")
    assert "Room" in card.text
    await desk.owner.taps(card, "½ size")
    await desk.owner.sees_in(card, "Filled")
    assert "0.05 lots" in card.text
    assert "Half the volume" in card.text
    await desk.says("/positions", "BUY EURUSD 0.05")
    assert "half" in str(desk.rows("SELECT detail FROM audit WHERE action = 'signal_approved'"))


async def test_a_limit_at_the_entry_waits_at_the_broker(desk: ChatDesk) -> None:
    card = await desk.card(entry="1.0990", volume="0.10")
    await desk.owner.taps(card, "Limit at 1.09900")
    await desk.owner.sees_in(card, "Accepted")
    await desk.says("/orders", "BUY LIMIT EURUSD 0.10 at 1.099")


async def test_an_edit_shows_new_numbers_and_an_older_card_counts_no_more(desk: ChatDesk) -> None:
    card = await desk.card(volume="0.10")
    old = card.button_data("Approve")
    await desk.owner.taps(card, "Edit")
    asked = await desk.owner.sees("Edit card 1", after=card)
    sent = await desk.owner.sends("sl 1.2", reply_to=asked)
    await desk.owner.sees("Example: sl 1.0950", after=sent)
    sent = await desk.owner.sends("sl 1.0970 vol 0.04 tp 1.1060", reply_to=asked)
    await desk.owner.sees("shows the new numbers", after=sent)
    await desk.owner.sees_in(card, "Edited by Olga")
    await desk.owner.sees_in(card, re.compile(r"1\.09700.*0\.04 lots", re.DOTALL))
    toast = await desk.owner.taps_data(card, old)
    assert toast is not None
    assert "The card was changed" in toast.text
    assert desk.rows("SELECT id FROM orders") == []
    await desk.owner.taps(card, "Approve")
    await desk.owner.sees_in(card, "Filled")
    assert "0.04 lots" in card.text
    await desk.says("/positions", "TP 1.106")


async def test_one_tap_rejects_and_a_second_says_why(desk: ChatDesk) -> None:
    card = await desk.card()
    await desk.owner.taps(card, "Reject")
    await desk.owner.sees_in(card, "Rejected")
    await desk.owner.sees_no_buttons(card)
    asked = await desk.owner.sees("Why, if you want to say?", after=card)
    await desk.owner.taps(asked, "Too late")
    await desk.owner.sees_in(card, "Reason: too late")
    await desk.owner.sees_in(asked, "No trade: too late")
    assert desk.rows("SELECT id FROM orders") == []
    await desk.says("/signal 1", "rejected by Olga")


async def test_decisions_in_words_pass_the_same_checks(desk: ChatDesk) -> None:
    await desk.says("/pending", "No card waits")
    first = await desk.card(volume="0.10")
    second = await desk.card(volume="0.10")
    await desk.says("/pending", "/approve 2 · /reject 2")
    await desk.says("/approve", "Example: /approve 12")
    await desk.says("/approve 1 everything", "Example: /approve 12")
    await desk.says("/approve 77", "Signal 77 is not known")
    await desk.says("/approve 1 half", "Approved: sending the order")
    await desk.owner.sees_in(first, "Filled 0.05 lots")
    await desk.says("/approve 1", "Already approved by Olga")
    await desk.says("/reject soon", "Example: /reject 12")
    await desk.says("/reject 2 not <today>", "Rejected: no trade")
    await desk.owner.sees_in(second, "Reason: not <today>")


async def test_a_picture_follows_its_card_and_holds_nothing_up(tmp_path: Path) -> None:
    async with chat_desk(tmp_path, SIGNAL_CHARTS="true") as desk:
        await desk.owner.sees(re.compile("."))
        card = await desk.card()
        picture = await desk.owner.sees("Chart of signal 1", after=card)
        assert picture.reply_to is not None
        assert picture.reply_to.message_id == card.message_id
        assert picture.silent
        await desk.owner.taps(card, "Approve")
        await desk.owner.sees_in(card, "Filled")


async def test_a_waiting_card_follows_the_price(tmp_path: Path) -> None:
    rows = [
        (half / 2, "EURUSD", f"1.10{half % 90:02d}0", f"1.10{half % 90:02d}8")
        for half in range(1200)
    ]
    async with chat_desk(tmp_path, rows) as desk:
        await desk.owner.sees(re.compile("."))
        card = await desk.card()
        await desk.owner.sees_in(card, re.compile("Price now .*R"))
