"""Which account is meant: named, tapped, or the only one there is; never guessed."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from handlers.callbacks import PickAccount, PickPosition
from handlers.commands import COMMANDS, Topic
from handlers.forms import FORMS, forms_of
from tests.support.rights_desk import SECOND_LOGIN, RightsDesk, rights_desk
from trading.model import Role
from trading.people import Change

BOTH = 95


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RightsDesk]:
    async with rights_desk(tmp_path) as one:
        for place in one.places:
            by = place.people[Role.OWNER].id
            change = Change(BOTH, Role.TRADER, place.account_id)
            await one.stores.members.change_rights(by, change)
        yield one


async def states(desk: RightsDesk) -> list[str]:
    rows = await desk.desk.rows("SELECT trading_state FROM account ORDER BY id")
    return [row["trading_state"] for row in rows]


async def test_what_acts_asks_which_account_and_does_nothing_until_one_is_tapped(
    desk: RightsDesk,
) -> None:
    first, second = desk.places
    asked = await desk.says(BOTH, "/pause")
    assert "Which account?" in asked
    assert asked.endswith("<code>/pause</code>")
    assert await states(desk) == ["active", "active"]

    tap = PickAccount(name=f"#{second.account_id}")
    said = await desk.taps(BOTH, tap, "Which account? Or write it: /pause @5012345\n/pause")
    assert f"<b>{SECOND_LOGIN}</b>\n✅ No new entries" in said
    assert await states(desk) == ["active", "paused"]
    said = await desk.says(BOTH, f"/pause @{first.login}")
    assert f"<b>{first.login}</b>" in said
    assert await states(desk) == ["paused", "paused"]


async def test_all_is_said_aloud_and_only_where_that_makes_sense(desk: RightsDesk) -> None:
    said = await desk.says(BOTH, "/panic @all")
    assert said.count("Halt trading, close 1 position and take 1 pending order back") == 2
    assert "@all is none of your accounts" in await desk.says(BOTH, "/cap daily 5 @all")
    await desk.taps(BOTH, PickAccount(name="all"), "Which account?\n/pause")
    assert await states(desk) == ["paused", "paused"]


async def test_a_cap_is_shown_for_each_and_set_for_the_one_that_is_named(desk: RightsDesk) -> None:
    shown = await desk.says(BOTH, "/cap")
    assert shown.count("Tap to change a cap") == 2
    assert "Which account?" in await desk.says(BOTH, "/cap daily 5")
    assert await desk.desk.rows("SELECT * FROM cap WHERE kind = 'daily'") == []
    said = await desk.says(BOTH, "/cap daily 5 @345")
    assert said.startswith(f"<b>{SECOND_LOGIN}</b>\n✅ daily 5 %")
    (row,) = await desk.desk.rows("SELECT account_id FROM cap WHERE kind = 'daily'")
    assert row["account_id"] == desk.places[1].account_id


async def test_results_and_looks_are_of_all_or_of_the_one_named(desk: RightsDesk) -> None:
    for said in ("/status", "/positions", "/profit", "/daily", "/performance", "/signals"):
        every = await desk.says(BOTH, said)
        assert all(str(place.login) in every for place in desk.places), said
        one = await desk.says(BOTH, f"{said} @{SECOND_LOGIN}")
        assert str(SECOND_LOGIN) in one, said
        assert str(desk.places[0].login) not in one, said


async def test_a_role_on_one_account_is_no_role_on_another(desk: RightsDesk) -> None:
    first = desk.places[0]
    by = first.people[Role.OWNER].id
    await desk.stores.members.change_rights(by, Change(BOTH, Role.VIEWER, first.account_id))
    refused = await desk.says(BOTH, f"/pause @{first.login}")
    assert f"needs the role trader on {first.login}; you are viewer there" in refused
    # The only one they may act on is no guess, and the answer names it.
    said = await desk.says(BOTH, "/pause")
    assert f"<b>{SECOND_LOGIN}</b>" in said
    assert await states(desk) == ["active", "paused"]


async def test_positions_are_told_apart_by_account(desk: RightsDesk) -> None:
    first, second = desk.places
    picked = await desk.says(BOTH, "/fx")
    assert "Close which position?" in picked
    asked = await desk.says(BOTH, "/fx all")
    assert f"❓ {first.login}: Close 1 position" in asked
    assert f"❓ {SECOND_LOGIN}: Close 1 position" in asked
    only = await desk.says(BOTH, f"/fx all @{first.login}")
    assert f"{SECOND_LOGIN}" not in only
    tapped = await desk.taps(
        BOTH, PickPosition(what=str(second.ticket), account_id=second.account_id)
    )
    assert f"{SECOND_LOGIN}: Close" in tapped
    wrong = await desk.taps(
        BOTH, PickPosition(what=str(second.ticket), account_id=first.account_id)
    )
    assert "no open position" in wrong


async def test_a_word_for_a_card_of_several_accounts_asks_which(desk: RightsDesk) -> None:
    signal = desk.places[0].signal
    await desk.desk.database.run(
        lambda db: db.execute(
            "INSERT INTO approval (signal_id, account_id, status, proposal_json, expires_ms)"
            " SELECT signal_id, ?, status, proposal_json, expires_ms FROM approval"
            " WHERE signal_id = ?",
            (desk.places[1].account_id, signal),
        )
    )
    assert "Which account?" in await desk.says(BOTH, f"/reject {signal} too late")
    sql = "SELECT status FROM approval WHERE signal_id = ? ORDER BY account_id"
    assert [row["status"] for row in await desk.desk.rows(sql, signal)] == ["offered", "offered"]
    await desk.says(BOTH, f"/reject {signal} @{SECOND_LOGIN} too late")
    assert [row["status"] for row in await desk.desk.rows(sql, signal)] == ["offered", "rejected"]


async def test_a_signal_may_be_put_to_one_account(desk: RightsDesk) -> None:
    await desk.says(BOTH, f"/trade @{SECOND_LOGIN} BUY EURUSD SL 1.05 TP 1.2")
    await desk.says(BOTH, "/trade BUY EURUSD SL 1.06 TP 1.3")
    rows = await desk.desk.rows(
        "SELECT s.id, c.login FROM approval a JOIN signal s ON s.id = a.signal_id"
        " JOIN account c ON c.id = a.account_id WHERE s.source LIKE 'chat:%' ORDER BY a.id"
    )
    logins = [row["login"] for row in rows]
    assert logins == [SECOND_LOGIN, desk.places[0].login, SECOND_LOGIN]


_MISREAD = re.compile(
    r"did not understand|I expected|is no |are no |is not a|is not one|is neither|none of|Write "
    r"|say |needs a|mode is|Not understood|missing|no setting"
)
_NOTHING_THERE = re.compile(r"there are no open positions|is no member here")


async def test_every_form_that_help_shows_is_understood(desk: RightsDesk) -> None:
    place = desk.places[0]
    owner = place.people[Role.OWNER].telegram_id
    for row in COMMANDS:
        for form in forms_of(row) if row.name in FORMS else ():
            said = form.replace("@5012345", f"@{place.login}").replace(
                " 5012345", f" {place.login}"
            )
            said = re.sub(r"\b1234\b", str(place.ticket), said).replace("1.0950", "1.0550")
            if row.topic is Topic.SIGNALS:
                said = re.sub(r" 2\b", " 1", said).replace(" 12", f" {place.signal}")
            answer = await desk.says(owner, said)
            assert answer, said
            wrong = answer.startswith("✋") and not _NOTHING_THERE.search(answer)
            assert not (wrong and _MISREAD.search(answer)), f"{said} → {answer}"
