"""A person asks what was earned: right, wrong and missing arguments, and each role."""

import re
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio

from bot.sandbox.chats import ChatMessage
from tests.support.chat_desk import ChatDesk, chat_desk
from tests.support.fresh import direct
from tests.support.results import close_some, member
from trading.model import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

VIEWER = 2002


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ChatDesk]:
    """A desk with four trades closed: the owner's approved one and three made by hand."""
    async with chat_desk(tmp_path_factory.mktemp("results")) as one:
        card = await one.card()
        await one.owner.taps(card, "Approve")
        await one.owner.sees_in(card, "Filled")
        await close_some(one, 3)
        yield one


async def test_profit_is_what_the_deals_say(desk: ChatDesk) -> None:
    deals = desk.rows("SELECT * FROM deal WHERE deal_type IN ('buy', 'sell')")
    result = sum(
        Decimal(str(row[part])) for row in deals for part in ("profit", "swap", "commission", "fee")
    )
    answer = await desk.says("/profit", "Realised")
    assert f"{result:+,.2f} USD" in answer.text
    for wanted in ("4 (", "Win rate", "Profit factor", "Expectancy", "Average R", "server time"):
        assert wanted in answer.text, wanted
    week = await desk.says("/profit 7", "last 7 days")
    assert f"{result:+,.2f} USD" in week.text
    long = await desk.says("/profit_long", "long only")
    assert "1 (" in long.text
    short = await desk.says("/profit_short 1", "short only")
    assert "3 (" in short.text


@pytest.mark.parametrize(
    ("said", "title"), [("daily", "Daily"), ("weekly", "Weekly"), ("monthly", "Monthly")]
)
async def test_spans_are_tables(desk: ChatDesk, said: str, title: str) -> None:
    usual = await desk.says(f"/{said}", title)
    assert re.search(r"\n\w+ \w+ +[+-][\d.]+ +-?[\d.]+ +4\n", usual.text), usual.text
    one = await desk.says(f"/{said} 1", title)
    assert one.text.count("\n") < usual.text.count("\n")
    assert "sum" in one.text


@pytest.mark.parametrize(
    ("said", "example"),
    [
        ("/profit all", "/profit 30"),
        ("/profit 0", "/profit 30"),
        ("/profit_short -3", "/profit 30"),
        ("/daily 5 days", "/daily 7"),
        ("/weekly 9999999999999999999999", "/weekly 8"),
        ("/monthly <b>6</b>", "/monthly 6"),
        ("/trades ten", "/trades 5"),
        ("/performance weather", "/performance source"),
        ("/stats ½", "/stats 30"),
    ],
)
async def test_wrong_arguments_get_one_line_with_an_example(
    desk: ChatDesk, said: str, example: str
) -> None:
    answer = await desk.says(said, "✋")
    assert example in answer.text
    assert said.split(maxsplit=1)[1] in answer.text
    assert "\n" not in answer.text


async def test_trades_are_paged_by_buttons(desk: ChatDesk) -> None:
    page = await desk.says("/trades 1", "4 closed")
    newest = page.text
    assert newest.count("EURUSD") == 1
    await desk.owner.taps(page, "Older")
    await desk.owner.sees_in(page, re.compile("EURUSD.*EURUSD.*EURUSD", re.DOTALL))
    assert "Older" not in str(page.buttons)
    await desk.owner.taps(page, "Newer")
    await desk.owner.sees_in(page, re.compile(re.escape(newest)))
    whole = await desk.says("/trades", "4 closed")
    assert whole.text.count("EURUSD") == 4
    assert not whole.buttons
    for alias in ("/th", "/history"):
        assert (await desk.says(alias, "4 closed")).text == whole.text


async def test_performance_by_every_dimension(desk: ChatDesk) -> None:
    answer = await desk.says("/performance", "by symbol")
    assert "EURUSD" in answer.text
    for label, wanted in (("source", "desk"), ("hour", ":00"), ("exit", "by hand")):
        await desk.owner.taps(answer, label)
        await desk.owner.sees_in(answer, wanted)
    assert "manual" in (await desk.says("/performance channel", "by source")).text


async def test_stats_name_what_is_missing(desk: ChatDesk) -> None:
    answer = await desk.says("/stats", "Sharpe")
    for wanted in ("last 90 days", "Sortino", "Max drawdown", "Average win", "by hand"):
        assert wanted in answer.text, wanted
    assert "two trading days" in answer.text


async def test_a_viewer_may_look_and_a_stranger_may_not(desk: ChatDesk) -> None:
    vera = member(desk, VIEWER, "Vera", Role.VIEWER)
    for said in ("/profit", "/daily", "/trades", "/performance", "/stats"):
        sent = await vera.sends(said)
        await vera.sees("·", after=sent)
    mallory = desk.sandbox.person(666, "Mallory")
    page = await desk.says("/trades 1", "4 closed")
    before = page.text
    toast = await mallory.taps_data(page, page.button_data("Older"))
    assert toast is not None
    assert "not a member" in toast.text
    await mallory.sends("/profit")
    await desk.says("/id", "1001")
    assert not [one for one in mallory.messages if one.from_bot]
    assert page.text == before


async def test_a_member_of_another_account_cannot_page_through_this_one(desk: ChatDesk) -> None:
    with direct(desk.settings.database_path) as database:
        database.execute(
            "INSERT INTO member (telegram_id, name, role, created_ms)"
            " VALUES (3003, 'Nobody', 'owner', 0)"
        )
    nobody = desk.sandbox.person(3003, "Nobody")
    page: ChatMessage = await desk.says("/trades 1", "4 closed")
    toast = await nobody.taps_data(page, page.button_data("Older"))
    assert toast is not None
    assert "no right" in toast.text
    sent = await nobody.sends("/profit")
    await nobody.sees("No account is known", after=sent)
