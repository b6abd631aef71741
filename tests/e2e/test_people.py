"""Who may do what, as conversations: invitations, roles, two people, groups, the trail."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.sandbox import Person
from bot.sandbox.chats import User
from tests.support.chat_desk import ChatDesk, chat_desk

ANONYMOUS = User(1087968824, "Group", "GroupAnonymousBot")
GROUP_ID = -1001000000009


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[ChatDesk]:
    async with chat_desk(tmp_path) as one:
        await one.owner.sees("running")
        yield one


async def link(desk: ChatDesk, role: str) -> str:
    """Return the token of a fresh invitation."""
    said = await desk.says(f"/invite {role}", "t.me/")
    found = re.search(r"\?start=([\w-]+)", said.text)
    assert found is not None, said.text
    return found[1]


async def invited(desk: ChatDesk, role: str, user_id: int, name: str) -> Person:
    person = desk.sandbox.person(user_id, name)
    await person.presses_start(await link(desk, role))
    await person.sees(f"You are {role}")
    return person


async def test_an_invitation_lets_one_person_in_once(desk: ChatDesk) -> None:
    token = await link(desk, "viewer")
    (kept,) = desk.rows("SELECT token_hash, expires_ms - created_ms AS ttl FROM invite")
    assert token not in str(kept)
    assert kept["ttl"] == 24 * 3600 * 1000
    vera, mallory = desk.sandbox.person(1002, "Vera"), desk.sandbox.person(1003, "Mallory")
    await vera.presses_start(token)
    await vera.sees("You are viewer")
    await desk.owner.sees("Vera (id 1002): viewer on every account, by Olga")
    await mallory.presses_start(token)
    await mallory.sees("used already")
    await mallory.sees("Your Telegram id is 1003")
    await mallory.presses_start("forged")
    await mallory.sees("not known")
    assert {row["telegram_id"] for row in desk.rows("SELECT telegram_id FROM member")} == {
        1001,
        1002,
    }
    names = [one["command"] for one in desk.sandbox.commands("chat:1002")]  # type: ignore[call-overload,index]
    assert "status" in names
    assert "panic" not in names


async def test_rights_are_given_asked_for_and_taken_by_owners_alone(desk: ChatDesk) -> None:
    vera = await invited(desk, "viewer", 1002, "Vera")
    sent = await vera.sends("/grant 1002 owner")
    await vera.sees("needs the role owner; you are viewer", after=sent)
    asked = await desk.says("/grant 1002 trader", "Make 1002 a trader")
    forged = await vera.taps(asked, "Confirm")
    assert forged is not None
    assert "needs the role trader" in forged.text
    await desk.owner.taps(asked, "Confirm")
    await vera.sees("trader on every account")
    again = await desk.owner.taps_data(asked, "c:1:1")
    assert again is not None
    assert "Already" in again.text
    await desk.says("/users", "Vera 1002: trader, every account")
    card = await desk.card()
    await desk.says("/revoke 1002", "no right here any more")
    copy = await vera.sees("BUY EURUSD")
    toast = await vera.taps(copy, "Approve")
    assert toast is not None
    assert "not a member" in toast.text
    assert "Approve" in str(card.buttons)
    for said, answer in (
        ("/grant", "A Telegram user id is missing"),
        ("/grant Vera trader", "“Vera” is no Telegram user id"),
        ("/grant 1002 king", "“king” is no role"),
        ("/grant 1002 trader 999", "No account 999 is yours"),
        ("/grant 1001 viewer", "changed by another owner"),
        ("/revoke 4444", "Nobody with the id 4444"),
        ("/invite king", "“king” is no role"),
    ):
        await desk.says(said, answer)


async def test_an_owner_of_the_settings_is_no_ones_to_revoke(tmp_path: Path) -> None:
    async with chat_desk(tmp_path, TELEGRAM_OWNER_IDS="1001,1002") as desk:
        await desk.owner.sees("running")
        await desk.says("/revoke 1002", "TELEGRAM_OWNER_IDS")


async def test_a_large_risk_takes_two_people(desk: ChatDesk) -> None:
    await desk.says("/two_person 0.5", "Nobody but you can approve yet")
    tom = await invited(desk, "trader", 1002, "Tom")
    card = await desk.card(risk_percent="1")
    assert "needs two people" in card.text
    copy = await tom.sees("BUY EURUSD")
    first = await desk.owner.taps(card, "Approve")
    assert first is not None
    assert "1 of 2" in first.text
    await tom.sees_in(copy, "1 of 2: approved by Olga")
    same = await desk.owner.taps(card, "Approve")
    assert same is not None
    assert "1 of 2" in same.text
    assert desk.rows("SELECT id FROM orders") == []
    await tom.taps(copy, "Approve")
    await tom.sees_in(copy, "Filled")
    small = await desk.card(risk_percent="0.2", side="sell", stop_loss="1.1100", take_profits=[])
    assert "two people" not in small.text
    late = await desk.card(risk_percent="1", expires_in=2)
    await desk.owner.taps(late, "Approve")
    await desk.owner.sees_in(late, "Expired")
    asked = await desk.says("/two_person off", "Loosen the rule?")
    await desk.owner.taps(asked, "Cancel")
    await desk.says("/two_person", "A risk above 0.5 % needs two people")
    await desk.says("/two_person many", "“many” is no percent")


async def test_in_a_group_the_person_is_judged_and_the_faceless_are_asked_for_a_face(
    desk: ChatDesk,
) -> None:
    vera = await invited(desk, "viewer", 1002, "Vera")
    group = desk.sandbox.group(GROUP_ID, "Desk", forum=True)
    there, olga = vera.in_chat(group), desk.owner.in_chat(group)
    sent = await there.sends("/pause")
    await there.sees("needs the role trader; you are viewer", after=sent)
    sent = await olga.sends("/users")
    await olga.sees("private chat", after=sent)
    desk.sandbox.speaks_as(group, ANONYMOUS, "/pause", {"sender_chat": group.to_json()})
    await olga.sees("I act for people I can tell apart")
    (account,) = desk.rows("SELECT trading_state FROM account")
    assert account["trading_state"] == "active"
    sent = await olga.sends("/pause")
    await olga.sees("No new entries", after=sent)


async def test_the_trail_shows_who_did_what_and_that_nobody_touched_it(desk: ChatDesk) -> None:
    await desk.says("/pause", "No new entries")
    trail = await desk.says("/audit", "Who did what")
    assert "Olga" in trail.text
    assert "trading paused" in trail.text
    whole = await desk.says("/audit verify", "none altered or removed")
    seal = whole.text.rsplit("/audit verify ", 1)[1][:16]
    await desk.says("/cap 15", "floor")
    await desk.says(f"/audit verify {seal}", "none altered or removed")
    await desk.says("/audit verify 0123", "is not in the trail")
    await desk.says("/audit nonsense", "is not understood")


async def test_an_alarm_is_seen_by_a_tap_and_rings_no_more(tmp_path: Path) -> None:
    async with chat_desk(
        tmp_path, HEARTBEAT_INTERVAL_SECONDS="1", HEARTBEAT_STALL_SECONDS="2"
    ) as desk:
        await desk.owner.sees("running")
        vera = await invited(desk, "viewer", 1002, "Vera")
        desk.fault({"kind": "equity_nan", "id": "blind"})
        alarm = await desk.owner.sees("CANNOT BE READ")
        copy = await vera.sees("CANNOT BE READ")
        refused = await vera.taps(copy, "Acknowledge")
        assert refused is not None
        assert "needs the role trader" in refused.text
        seen = await desk.owner.taps(alarm, "Acknowledge")
        assert seen is not None
        assert "Seen: blind" in seen.text
        await desk.owner.sees_in(alarm, "Seen by Olga")
        await vera.sees_in(copy, "Seen by Olga")
        await desk.owner.sees_no_buttons(alarm)
        await desk.says("/audit", "alarm seen: blind")
        await desk.says("/ack", "No alarm rings")
        (alarm_row,) = desk.rows("SELECT acked_by, ended_ms FROM alarm WHERE acked_ms IS NOT NULL")
        assert alarm_row["ended_ms"] is not None


async def test_money_leaves_its_rows_in_the_trail(desk: ChatDesk) -> None:
    card = await desk.card()
    await desk.owner.taps(card, "Approve")
    await desk.owner.sees_in(card, "Filled")
    trail = await desk.says("/audit", "order entry: buy")
    assert "signal approved" in trail.text
