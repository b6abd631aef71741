"""Every kind of cap, a firm's preset and the pauses on results, set by tapping and typing."""

from pathlib import Path

import pytest

from bot.sandbox.chats import ChatMessage
from tests.support.chat_desk import ChatDesk, chat_desk
from trading.drawdown import Cap, parse_cap
from trading.drawdown.shorthand import decode, encode


async def test_every_cap_is_reachable_by_buttons_and_words(tmp_path: Path) -> None:
    async with chat_desk(tmp_path) as desk:
        await desk.says("/status", "active")
        shown = await desk.says("/cap", "Tap to change")
        assert "Base" in shown.text
        await desk.owner.taps(shown, "🆕 daily")
        editor = await desk.owner.sees("Daily cap")
        assert "daily 4 %" in editor.text
        await desk.owner.taps(editor, "+0.5")
        await desk.owner.sees_in(editor, "daily 4.5 %")
        await desk.owner.taps(editor, "from the higher")
        await desk.owner.sees_in(editor, "below the day's first balance,")
        await desk.owner.taps(editor, "day begins 00:00 server")
        await desk.owner.sees_in(editor, "00:00 UTC")
        await desk.owner.taps(editor, "acts at 100 %")
        await desk.owner.sees_in(editor, "90 % of the allowance")
        await desk.owner.taps(editor, "✅ Set")
        await desk.owner.sees("✅ daily 4.5 %")
        drawdown = await eventually_says(desk, "/drawdown", "Daily 4.5 %")
        for wanted in ("Base", "Floor", "Room", "Resets in", "Used"):
            assert wanted in drawdown.text, wanted
        await desk.says("/cap trailing 10 balance lock", "trailing 10 %")
        await desk.says("/cap floor 9000", "floor at 9000")
        await desk.says("/cap streak 3 pause 2h", "3 losses in a row")
        await desk.says("/cap lookback 500 in 24h", "a loss of 500 within 1d")
        looser = await desk.says("/cap streak 5 pause 2h", "more room")
        await desk.owner.taps(looser, "Confirm")
        await desk.owner.sees_in(looser, "5 losses in a row")
        await desk.says("/cap off lookback", "Take the lookback pause away?")
        await desk.says("/cap 120", "between 1 and 99")


async def test_a_preset_is_shown_confirmed_and_editable(tmp_path: Path) -> None:
    async with chat_desk(tmp_path) as desk:
        await desk.says("/status", "active")
        listed = await desk.says("/preset", "check your contract")
        await desk.owner.taps(listed, "the5ers")
        await desk.owner.sees("Set the caps of the5ers?")
        asked = await desk.says("/preset ftmo 10000 daily 4 total 8", "Set the caps of ftmo?")
        for wanted in (
            "ules as read in November 2026",
            "total 8 %",
            "daily 4 %",
            "Europe/Prague",
            "room",
        ):
            assert wanted.lower() in asked.text.lower(), wanted
        await desk.owner.taps(asked, "Confirm")
        await desk.owner.sees_in(asked, "These caps hold now")
        await eventually_says(desk, "/drawdown", "9,200.00")
        await desk.says("/preset nosuch", "I know no nosuch")
        await desk.says("/preset e8 daily 4", "has no daily")


async def test_a_latched_account_takes_no_preset_and_resumes_by_reset_guard(
    tmp_path: Path,
) -> None:
    async with chat_desk(tmp_path) as desk:
        await halt(desk)
        await desk.says("/preset ftmo", "only be tightened")
        asked = await desk.says("/reset_guard", "Resume trading?")
        await desk.owner.taps(asked, "Confirm")
        await desk.owner.sees_in(asked, "active again")
        assert len(desk.rows("SELECT * FROM breach")) == 1  # the history stays


async def test_a_floor_set_above_equity_leaves_room_after_the_resume(tmp_path: Path) -> None:
    """It started anew at equity itself, so that the account was halted again at once."""
    async with chat_desk(tmp_path) as desk:
        await desk.says("/status", "active")
        await desk.says("/cap floor 20000", "it acts now")
        await desk.owner.sees_in(await desk.owner.sees("CAP REACHED", 15), "Flat at", 15)
        asked = await desk.says("/resume", "new floor 9,900.00, room 100.00")
        await desk.owner.taps(asked, "Confirm")
        await desk.owner.sees_in(asked, "active again", 15)
        await eventually_says(desk, "/drawdown", "9,900.00")
        assert len(desk.rows("SELECT * FROM breach")) == 1


async def eventually_says(desk: ChatDesk, words: str, wanted: str) -> ChatMessage:
    """Ask again until the loop's next pass has taken what was set."""
    answer = await desk.says(words, "Drawdown")
    for _ in range(20):
        if wanted in answer.text:
            break
        answer = await desk.says(words, "Drawdown")
    assert wanted in answer.text
    return answer


async def halt(desk: ChatDesk) -> None:
    asked = await desk.says("/panic", "Halt trading")
    await desk.owner.taps(asked, "Confirm")
    await desk.owner.sees("Flat")


@pytest.mark.parametrize(
    "words",
    [
        "15",
        "trailing 10 balance lock",
        "trailing 2000 money eod lock at 17:00 America/New_York",
        "daily 4.5 max of initial at 22:00 UTC act 90 strict pause",
        "daily 5 balance at 00:00 Europe/Prague warn",
        "floor 9000",
    ],
)
def test_a_button_carries_a_cap_without_losing_anything(words: str) -> None:
    cap = parse_cap(words.split())
    assert isinstance(cap, Cap)
    code = encode(cap)
    assert len(f"ce:999999999:show:{code}") <= 64
    assert decode(code) == cap


def test_what_no_button_can_carry_is_kept_from_the_present_cap() -> None:
    cap = parse_cap(["daily", "4", "of", "initial", "50000", "at", "05:30", "Asia/Tokyo"])
    assert isinstance(cap, Cap)
    assert decode(encode(cap), cap) == cap
    with pytest.raises(ValueError, match="is no cap"):
        decode("d,4,p")
