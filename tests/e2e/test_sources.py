"""Channels, forwards and held cards, as people meet them in the chat."""

from pathlib import Path

from tests.support.chat_desk import chat_desk

SIGNAL = "EURUSD BUY 1.1000\nSL 1.0950\nTP 1.1100"


async def test_a_channel_is_met_tried_on_paper_and_then_asked_about(tmp_path: Path) -> None:
    async with chat_desk(tmp_path) as desk:
        channel = desk.sandbox.channel(-1001, "FX <Room>")
        await desk.owner.posts_in_channel(channel, SIGNAL)
        met = await desk.owner.sees("FX <Room>")
        assert "off" in met.text
        listed = await desk.says("/channels", "Sources")
        number = listed.text.partition(" · FX")[0].split()[-1]

        shown = await desk.says(f"/channel {number}", "Mode")
        await desk.owner.taps(shown, "ask")
        await desk.owner.posts_in_channel(channel, SIGNAL)
        card = await desk.owner.sees("BUY EURUSD", after=shown)
        assert "FX <Room>" in card.text
        assert "SL 1.0950" in card.text
        await desk.owner.taps(card, "Approve")
        await desk.owner.sees_in(card, "Filled")


async def test_a_held_forward_is_mended_by_button_and_reply(tmp_path: Path) -> None:
    async with chat_desk(tmp_path) as desk:
        await desk.owner.forwards("EURUSD BUY 1.1000\nSL 1.1200\nTP 1.1300", "Pips & Co")
        held = await desk.owner.sees("Not taken")
        assert "stop 1.1200 is above the entry 1.1000 of a BUY" in held.text
        assert "Pips & Co" in held.text

        await desk.owner.taps(held, "stop")
        await desk.owner.sees_in(held, "Reply with the stop loss")
        await desk.owner.sends("1.0950", reply_to=held)
        await desk.owner.sees_in(held, "Take it below")
        await desk.owner.taps(held, "Take it")
        await desk.owner.sees_in(held, "Taken by Olga")
        await desk.owner.sees("BUY EURUSD", after=held)
        assert len(desk.rows("SELECT * FROM parse_case")) == 1

        shown = await desk.says(f"/parse {SIGNAL}", "Read only")
        assert '"1.0950" at 21' in shown.text


async def test_updates_are_tied_to_their_trade_and_carried_out(tmp_path: Path) -> None:
    async with chat_desk(tmp_path) as desk:
        channel = desk.sandbox.channel(-1001, "FX Room")
        await desk.owner.posts_in_channel(channel, "good morning")
        await desk.owner.sees("FX Room")
        await desk.says("/channel 1 ask", "Mode")
        signal = await desk.owner.posts_in_channel(channel, SIGNAL)
        card = await desk.owner.sees("BUY EURUSD")
        await desk.owner.taps(card, "Approve")
        await desk.owner.sees_in(card, "Filled")

        await desk.owner.posts_in_channel(channel, "Move SL to 1.0970", reply_to=signal)
        asked = await desk.owner.sees("stop from 1.095", after=card)
        await desk.owner.taps(asked, "Do it")
        await desk.owner.sees_in(asked, "Asked of the broker by Olga")
        await desk.owner.sees_in(asked, "stop 1.097 set")
        await desk.owner.sees_in(card, "Update: ✅ stop 1.097 set")
        await desk.says("/positions", "SL 1.097")

        await desk.says("/channel 1 tighten on", "tighten alone")
        await desk.owner.posts_in_channel(channel, "Move SL to 1.0900")
        looser = await desk.owner.sees("(looser)", after=asked)
        assert "Nothing is changed without a tap" in looser.text
        await desk.owner.taps(looser, "Ignore")
        await desk.owner.sees_in(looser, "Ignored by Olga")

        await desk.owner.posts_in_channel(channel, "Close EURUSD", reply_to=signal)
        alone = await desk.owner.sees("by its source's setting", after=looser)
        assert "close all" in alone.text
        await desk.owner.sees("Closed BUY EURUSD", after=alone)
        await desk.owner.sees_in(alone, "closed 0")
        await desk.owner.sees_in(card, "Update: ✅ closed 0")
        assert len(desk.rows("SELECT * FROM wish WHERE status = 'done'")) == 2
