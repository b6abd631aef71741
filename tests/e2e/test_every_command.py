"""Every command of the table as a conversation: by each role, right, missing and wrong."""

import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest_asyncio

from bot.sandbox import Person
from bot.sandbox.chats import ChatMessage
from handlers.commands import COMMANDS, CommandRow
from tests.support.chat_desk import ChatDesk, chat_desk
from trading.model import Role

NASTY = (
    "<b>&lt;</i> & \"'<script>",
    "\u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 1e999999 -0 NaN",
    "\U0001f600" * 900 + "\u200d\U0001f468\ufe0f",
    "9" * 4000,
    "\u0000\u0007\ufeff\u2028a\u0301 off off off all",
    "daily -5 \u0665 ½ 0x10 1_000 --help ../../etc",
)
"""What people paste: markup, right-to-left, emoji, thousands of digits, control characters."""


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[ChatDesk]:
    async with chat_desk(tmp_path) as one:
        await one.owner.sees("running")
        yield one


async def answer(person: Person, text: str) -> ChatMessage:
    """Say something and return what is said to it: silence fails."""
    sent = await person.sends(text)
    said = await person.sees(re.compile(r"\S"), after=sent)
    assert "Something went wrong" not in said.text, f"{text!r} → {said.text}"
    return said


async def invited(desk: ChatDesk, role: Role, user_id: int) -> Person:
    asked = await desk.says(f"/invite {role}", "t.me/")
    token = asked.text.partition("?start=")[2].split()[0]
    person = desk.sandbox.person(user_id, role.value)
    await person.presses_start(token)
    await person.sees(f"You are {role}")
    return person


def refused(desk: ChatDesk) -> list[str]:
    """Return what Telegram would not have taken."""
    return [
        f"{call.method}: {call.answer}"
        for call in desk.sandbox.calls
        if not call.ok and call.method.casefold() in {"sendmessage", "answercallbackquery"}
    ]


async def all_answer(person: Person, rows: Iterable[CommandRow]) -> None:
    for number, row in enumerate(rows):
        await answer(person, f"/{row.name}")
        await answer(person, row.example)
        await answer(person, f"/{row.names[-1]} {NASTY[number % len(NASTY)]}"[:4096])


async def test_an_owner_is_answered_whatever_they_say(desk: ChatDesk) -> None:
    await all_answer(desk.owner, COMMANDS)
    assert refused(desk) == []


async def test_whoever_has_less_is_told_which_role_is_needed_and_nothing_happens(
    desk: ChatDesk,
) -> None:
    for role, user_id in ((Role.VIEWER, 1002), (Role.TRADER, 1003)):
        person = await invited(desk, role, user_id)
        before = desk.rows("SELECT count(*) AS n FROM audit")
        for row in COMMANDS:
            if role.may(row.role):
                continue
            sent = await person.sends(row.example)
            await person.sees(f"needs the role {row.role}; you are {role}", after=sent)
        assert desk.rows("SELECT count(*) AS n FROM audit") == before
    assert refused(desk) == []


async def test_a_viewer_is_answered_on_everything_a_viewer_may_say(desk: ChatDesk) -> None:
    viewer = await invited(desk, Role.VIEWER, 1002)
    await all_answer(viewer, [row for row in COMMANDS if row.role is Role.VIEWER])
    (account,) = desk.rows("SELECT trading_state FROM account")
    assert account["trading_state"] == "active"
    assert refused(desk) == []


async def test_a_trader_is_answered_on_everything_a_trader_may_say(desk: ChatDesk) -> None:
    trader = await invited(desk, Role.TRADER, 1003)
    await all_answer(trader, [row for row in COMMANDS if row.role is Role.TRADER])
    (account,) = desk.rows("SELECT trading_state FROM account")
    assert account["trading_state"] == "paused"  # /pause is a trader's, /resume after it asks
    assert refused(desk) == []


async def test_a_person_with_a_name_like_a_riddle_breaks_no_message(desk: ChatDesk) -> None:
    riddle = "<b>\u202e\u05e9\u05dc\u05d5\u05dd & \U0001f600</b>"
    asked = await desk.says("/invite trader", "t.me/")
    person = desk.sandbox.person(1002, riddle)
    await person.presses_start(asked.text.partition("?start=")[2].split()[0])
    await person.sees("You are trader")
    card = await desk.card(comment=riddle * 3)
    copy = await person.sees("BUY EURUSD")
    await person.taps(copy, "Reject")
    await desk.owner.sees_in(card, "Rejected")
    for said in ("/users", "/audit", "/signals"):
        await answer(desk.owner, said)
    assert refused(desk) == []


async def test_everyone_sets_for_themselves_what_they_hear_and_how_it_reads(
    desk: ChatDesk,
) -> None:
    owner = desk.owner
    for said, expected in (
        ("/notify heartbeat off", "heartbeat: off"),
        ("/notify nonsense off", "“nonsense” is no event"),
        ("/notify heartbeat loud", "“loud” is none of on, silent, off"),
        ("/mute 2h", "silent for 2h"),
        ("/mute forever", "no length of time"),
        ("/mute positions 1d", "positions is silent for 1d"),
        ("/unmute", "sound again"),
        ("/quiet 22:00-07:00", "Quiet 22:00-07:00 UTC: no sound"),
        ("/quiet tonight", "are no hours"),
        ("/settings zone Berlin", "Europe/Berlin"),
        ("/settings zone Atlantis", "is no zone"),
        ("/settings colour red", "none of language, zone, numbers"),
        ("/quiet 22-7 digest", "Europe/Berlin: one digest"),
        ("/quiet off", "No quiet hours"),
        ("/ack", "No alarm rings"),
        ("/ack everything", "is no alarm's number"),
        ("/ack 99", "not yours"),
    ):
        await desk.says(said, expected)
    status = await desk.says("/status", "Equity")
    assert re.search(r"as of \d\d:\d\d:\d\d CES?T", status.text)
    assert "10,000.00" in status.text
    settings = await desk.says("/settings", "Your settings")
    await owner.taps(settings, "1.234,50")
    await desk.says("/status", "10.000,00")
    events = await desk.says("/notify", "What you hear")
    await owner.taps(events, "🚫 people")
    await owner.sees_in(events, "What you hear")
    await owner.taps(settings, "Keyboard")
    hidden = await owner.sees("The keyboard is hidden")
    assert hidden.content.markup is not None
    assert desk.rows("SELECT keyboard FROM member") == [{"keyboard": 0}]


async def test_the_keyboard_holds_nothing_dangerous(desk: ChatDesk) -> None:
    await desk.owner.presses_start()
    hello = await desk.owner.sees("Welcome")
    assert hello.content.markup is not None
    words = re.findall(r"/(\w+)", str(hello.content.markup))
    assert words
    for word in words:
        row = next(one for one in COMMANDS if one.name == word)
        assert row.role is Role.VIEWER


async def test_a_person_is_spoken_to_as_their_telegram_speaks_until_they_choose(
    desk: ChatDesk,
) -> None:
    asked = await desk.says("/invite trader", "t.me/")
    lucia = desk.sandbox.person(1002, "Lucía", language_code="es-MX")
    await lucia.presses_start(asked.text.partition("?start=")[2].split()[0])
    await lucia.sees("Te damos la bienvenida, Lucía")
    card = await desk.card()
    copy = await lucia.sees("Responde antes de las")
    assert "Aprobar" in str(copy.buttons)
    assert "Approve" in str(card.buttons)
    toast = await lucia.taps(copy, "Aprobar")
    assert toast is not None
    assert "Aprobado" in toast.text
    await lucia.sees_in(copy, "Ejecutado")
    await desk.owner.sees_in(card, "Filled")
    settings = await lucia.sends("/settings")
    await lucia.taps(await lucia.sees("Tus ajustes", after=settings), "English")
    sent = await lucia.sends("/help")
    await lucia.sees("What you can say", after=sent)
