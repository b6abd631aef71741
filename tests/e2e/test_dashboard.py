"""The dashboard in a real browser: coming in both ways, a purchase, a panic, and how it reads."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import aiohttp
import pytest

from bot.billing import CRYPTO_PATH
from bot.sandbox import TOKEN as BOT_TOKEN
from tests.support.browser import CHROMIUM, Browser, Tab, browser
from tests.support.chat_desk import OWNER, ChatDesk, chat_desk, free_port
from tests.support.crypto_pay import TOKEN, CryptoPayServer, crypto_pay, tell
from tests.support.depth import THOROUGH
from tests.support.init_data import signed
from trading.clock import SystemClock

needs_browser = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}"
)
MIRA: Final = 2001
_THEME: Final = quote(json.dumps({"bg_color": "#17212b"}))
_FLAWS: Final = (Path(__file__).parents[1] / "support" / "page_flaws.js").read_text("utf-8")
_PAGES: Final = (
    *("/", "/more", "/accounts/1", "/accounts/1/caps", "/positions", "/waiting", "/plan"),
    *("/health", "/sessions", "/people", "/signals", "/signals/1", "/deliveries", "/revenue"),
    *("/audit", "/nope"),
)


@asynccontextmanager
async def dashboard(folder: Path) -> AsyncIterator[tuple[ChatDesk, CryptoPayServer, Browser]]:
    port = free_port()
    async with (
        crypto_pay() as server,
        browser(folder / "profile") as chromium,
        chat_desk(
            folder,
            HTTP_PORT=str(port),
            DASHBOARD_URL=f"http://127.0.0.1:{port}",
            PLANS_ENABLED="true",
            CRYPTO_TOKEN=TOKEN,
            CRYPTO_API_URL=server.url,
        ) as desk,
    ):
        yield desk, server, chromium


def _url(desk: ChatDesk) -> str:
    return f"{desk.settings.dashboard.url}/app"


async def _by_link(desk: ChatDesk, tab: Tab, who: int, name: str) -> None:
    """Come in as a person does: ask the bot, open its link, press the one button."""
    person = desk.sandbox.person(who, name)
    sent = await person.sends("/dashboard")
    told = await person.sees("Your dashboard", after=sent)
    link = re.search(r"http://\S+", told.text)
    assert link is not None
    await tab.go(link[0])
    await tab.press(f"Sign in as {name}")


@needs_browser
async def test_the_dashboard_in_a_browser(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as (desk, server, chromium):
        card = await desk.card()
        await desk.owner.taps(card, "Approve")
        await desk.owner.sees_in(card, "Filled")
        await desk.card(side="sell", stop_loss="1.1050", take_profits=["1.0900"])
        await _a_mini_app_needs_no_script_of_telegrams(desk, await chromium.tab())
        owner = await chromium.tab()
        await _by_link(desk, owner, OWNER, "Olga")
        assert "The whole desk" in await owner.text()
        await _everything_can_be_read(desk, owner)
        await _a_keyboard_gets_everywhere(desk, owner)
        await _a_plan_is_bought(desk, server, await chromium.tab())
        await _panic_ends_flat(desk, owner)
        missing = "Failed to load resource: the server responded with a status of 404 (Not Found)"
        assert set(owner.complaints()) == {missing}  # of the page that is not there


async def test_with_tls_the_chat_offers_the_app_and_a_link(tmp_path: Path) -> None:
    async with chat_desk(tmp_path, DASHBOARD_URL="https://desk.example.com") as desk:
        told = await desk.says("/app", "Your dashboard")
        assert told.buttons == [["Open here"], ["Open in a browser"]]
        assert "key=" not in told.text


async def test_without_an_address_there_are_no_pages(tmp_path: Path) -> None:
    async with chat_desk(tmp_path) as desk, aiohttp.ClientSession() as session:
        await desk.says("/dashboard", "switched off")
        answer = await session.get(f"http://127.0.0.1:{desk.settings.http.port}/app/")
        assert answer.status == 404


async def _a_mini_app_needs_no_script_of_telegrams(desk: ChatDesk, tab: Tab) -> None:
    proof = quote(signed(BOT_TOKEN, OWNER, int(SystemClock().now().timestamp())))
    address = f"{_url(desk)}/mini#tgWebAppData={proof}&tgWebAppThemeParams={_THEME}"
    await tab.go(address)
    await tab.until("location.pathname === '/app/' && document.readyState === 'complete'")
    assert await tab.run("document.documentElement.dataset.theme") == "dark"
    complaints = [one for one in tab.complaints() if "ERR_NAME_NOT_RESOLVED" not in one]
    assert complaints == []
    await tab.go("about:blank")
    await tab.go(f"{_url(desk)}/mini")
    await tab.until("document.getElementById('said').textContent.includes('from the chat')")


async def _everything_can_be_read(desk: ChatDesk, tab: Tab) -> None:
    """On a phone, light and dark: nothing is cut off, pale, unlabelled or without a heading."""
    themes = ("light", "dark")
    for number, theme in enumerate(themes):
        await tab.look(theme)
        for page in _PAGES if THOROUGH else _PAGES[number :: len(themes)]:
            await tab.go(f"{_url(desk)}{page}")
            assert await tab.run(_FLAWS) == [], f"{theme} {page}"


async def _a_keyboard_gets_everywhere(desk: ChatDesk, tab: Tab) -> None:
    await tab.go(f"{_url(desk)}/accounts/1")
    await tab.key("Tab")
    assert await tab.run("document.activeElement.textContent") == "Skip to the content"
    reached = set()
    while True:
        await tab.key("Tab")
        if await tab.run("document.activeElement === document.body"):
            break  # once round
        reached.add(await tab.run("document.activeElement.textContent.trim()"))
        assert await tab.run("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert {"Positions", "Pause entries", "Close everything…", "Change"} <= reached


async def _a_plan_is_bought(desk: ChatDesk, server: CryptoPayServer, tab: Tab) -> None:
    answer = await desk.says(f"/grant {MIRA} viewer", "Confirm")
    await desk.owner.taps(answer, "Confirm")
    await _by_link(desk, tab, MIRA, "Mira")
    await tab.go(f"{_url(desk)}/plan")
    assert "Free" in await tab.text()
    await tab.press("9.9 USDT")
    assert await tab.run("document.querySelector('a.primary').href") == (
        "https://t.me/CryptoBot?start=IV528890"
    )
    server.paid(528890)
    address = f"http://127.0.0.1:{desk.settings.http.port}{CRYPTO_PATH}"
    assert await tell(address, server.update(528890)) == 200
    await tab.go(f"{_url(desk)}/plan")
    assert "Trader until" in " ".join((await tab.text()).split())


async def _panic_ends_flat(desk: ChatDesk, tab: Tab) -> None:
    await tab.go(f"{_url(desk)}/accounts/1")
    await tab.press("Close everything")
    assert "close 1 position and" in await tab.text()
    await tab.press("Confirm")
    assert "Halted" in await tab.text()
    await desk.owner.sees("PANIC by Olga")
    await tab.go(f"{_url(desk)}/accounts/1")
    await tab.until("document.body.innerText.includes('Nothing is open') || location.reload()")
    assert "halted" in await tab.text()
    (breach,) = desk.rows("SELECT asked_by, flat_ms FROM breach")
    assert breach["asked_by"] == "Olga"
    assert breach["flat_ms"] is not None
