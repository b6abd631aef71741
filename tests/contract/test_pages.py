"""The pages over HTTP: whom each lets in, how people come in and go, and what an act does."""

import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Final

import pytest

from bot.pages.assembly import table
from bot.pages.frame import Frame
from bot.pages.gate import Gate
from tests.support.loop_desk import OWNER
from tests.support.page_desk import FOREIGN, OWN, PageDesk, page_desk
from trading.model import TradingState
from trading.signin import IDLE_TTL, LINK_TTL, MOST_SESSIONS, SESSION_TTL

_EVERYONE = "200 200 200 200 200 200"
_SIGNED_IN = "401 200 200 200 200 200"
_DESK_OWNER = "401 403 403 403 403 200"
_ON_ACCOUNT = "401 404 404 200 200 200"
_TRADES_IT = "401 404 404 403 200 200"
ALLOWED: Final = {
    # Whom: nobody, a guest without accounts, Mira (account 2), viewer, trader, desk's owner.
    "GET /mini": _EVERYONE,
    "POST /mini": "401 401 401 401 401 401",  # without a proof of Telegram's
    "GET /enter": "401 401 401 401 401 401",  # without a key that holds
    "POST /enter": "401 401 401 401 401 401",
    "GET /": _SIGNED_IN,
    "GET /more": _SIGNED_IN,
    "GET /positions": _SIGNED_IN,
    "GET /waiting": _SIGNED_IN,
    "GET /plan": _SIGNED_IN,
    "GET /health": _SIGNED_IN,
    "GET /sessions": _SIGNED_IN,
    "GET /accounts/{account}": _ON_ACCOUNT,
    "GET /accounts/{account}/signals": _ON_ACCOUNT,
    "GET /accounts/{account}/trades": _ON_ACCOUNT,
    "GET /accounts/{account}/caps": _ON_ACCOUNT,
    "GET /accounts/{account}/chart/{kind}.svg": "401 404 404 503 503 503",  # nothing to draw yet
    "GET /signals/{signal}": "401 404 200 200 200 200",  # put to Mira's account too
    "GET /people": _DESK_OWNER,
    "GET /signals": _DESK_OWNER,
    "GET /deliveries": _DESK_OWNER,
    "GET /revenue": _DESK_OWNER,
    "GET /audit": _DESK_OWNER,
    # Acts, by a form that names nothing: who may gets an answer, who may not changes nothing.
    "POST /accounts/{account}/pause": _TRADES_IT.replace("200 200", "200 409"),
    "POST /accounts/{account}/resume": _TRADES_IT,
    "POST /accounts/{account}/panic": _TRADES_IT,
    "POST /accounts/{account}/caps/check": _TRADES_IT.replace("200", "409"),
    "POST /accounts/{account}/caps": _TRADES_IT.replace("200", "409"),
    "POST /decide/{approval}": "401 403 404 403 404 404",  # a form without a decision
    "POST /confirm/{confirm}": "401 409 409 409 409 409",  # a question of nobody's
    "POST /plan/buy": "401 409 409 409 409 409",  # a plan there is not
    "POST /sessions/{session}/end": "401 404 404 404 404 404",
    "POST /leave": _SIGNED_IN,
}
WHO: Final = ("nobody", "guest", "mira", "viewer", "trader", "owner")
_NUMBERS: Final = {"signal": "1", "approval": "1", "confirm": "999", "session": "999"}


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[PageDesk]:
    async with page_desk(tmp_path) as one:
        yield one


async def _everyone(pages: PageDesk) -> None:
    for name in WHO[1:]:
        await pages.sign_in(name)


def _path(pattern: str, account: int) -> str:
    numbers = {**_NUMBERS, "account": str(account), "kind": "equity"}
    return "/app" + re.sub(r"{(\w+)}", lambda match: numbers[match[1]], pattern)


async def _ask(pages: PageDesk, who: str, row: str, account: int) -> int:
    method, pattern = row.split()
    path = _path(pattern, account)
    if method == "GET":
        return (await pages.browser(who).get(path)).status
    if who == "nobody":
        return (await pages.browser(who).post(path, headers=pages.from_us())).status
    return (await pages.send(who, path)).status


async def test_every_page_lets_in_whom_its_row_says_and_nobody_else(pages: PageDesk) -> None:
    await pages.desk.ingest()
    await pages.desk.passes(1)
    await _everyone(pages)
    rows = {f"{one.method} {one.path}" for one in table(Gate(pages.pages, Frame()))}
    assert rows == ALLOWED.keys()
    got = {}
    for row in ALLOWED:  # signing out is last: whoever did gets no further
        got[row] = " ".join([str(await _ask(pages, who, row, OWN)) for who in WHO])
    assert got == ALLOWED


async def test_a_foreign_account_is_not_there_for_anybody_but_its_owner(pages: PageDesk) -> None:
    await _everyone(pages)
    seen = {}
    for row in ALLOWED:
        if "{account}" in row:
            for who in WHO[1:]:
                seen[row, who] = await _ask(pages, who, row, FOREIGN)
    assert len(seen) >= 50
    wrong = {key: status for key, status in seen.items() if key[1] != "mira" and status != 404}
    assert wrong == {}
    assert {status for (_, who), status in seen.items() if who == "mira"} <= {200, 409, 503}
    await pages.desk.ingest()
    assert "424242" in await pages.see("mira", "/app/signals/1")
    for path in (
        "/app/signals/1",
        "/app/",
        "/app/people",
        "/app/positions",
        "/app/audit",
        "/app/signals",
    ):
        text = await pages.see("owner", path)
        assert "424242" not in text, path  # the login
        assert "777" not in text, path  # the money


# --- coming in --------------------------------------------------------------------------------


async def _prove(pages: PageDesk, who: str, proof: str, **more: str) -> tuple[int, str]:
    answer = await pages.browser(who).post(
        "/app/mini", data={"proof": proof, **more}, headers=pages.from_us()
    )
    return answer.status, await answer.text()


async def test_a_proof_of_telegrams_lets_its_person_in_once(pages: PageDesk) -> None:
    proof = pages.proof(OWNER)
    status, body = await _prove(pages, "phone", proof, theme="dark")
    assert (status, body) == (200, '{"next": "/app/"}')
    assert 'data-theme="dark"' in await pages.see("phone", "/app/")
    assert (await _prove(pages, "phone", proof))[0] == 200  # the same page, loaded again
    status, body = await _prove(pages, "thief", proof)
    assert status == 403
    assert "opened before" in body
    assert (await pages.browser("thief").get("/app/")).status == 401


async def test_a_proof_stays_used_after_its_session_is_over(pages: PageDesk) -> None:
    proof = pages.proof(OWNER)
    await _prove(pages, "phone", proof)
    assert (await pages.send("phone", "/app/leave")).status == 200
    assert (await _prove(pages, "phone", proof))[0] == 403


async def test_what_telegram_did_not_sign_now_for_this_bot_proves_nothing(pages: PageDesk) -> None:
    good = pages.proof(OWNER)
    forged = {
        "altered": good.replace("auth_date=1", "auth_date=2"),
        "another person": good.replace("%3A+7%2C", "%3A+8%2C"),
        "another bot's": pages.proof(OWNER, token="654321:BB"),  # noqa: S106 - of this test
        "too old": pages.proof(OWNER, age=301),
        "from the future": pages.proof(OWNER, age=-61),
        "no hash": good.rpartition("&hash=")[0],
        "a hash of letters": good.rpartition("&hash=")[0] + "&hash=%C3%A9",
        "no user": good.replace("user=", "user_=") + "&user=%7B%7D",
        "two users": good + "&user=%7B%22id%22%3A+8%7D",
        "no query at all": "proof",
        "nothing": "",
        "huge": good + "&x=" + "a" * 9000,
    }
    for name, proof in forged.items():
        assert proof != good
        status, _ = await _prove(pages, "thief", proof)
        assert status == 401, name
    assert (await pages.browser("thief").get("/app/")).status == 401
    assert not await pages.desk.rows("SELECT id FROM web_session")


async def test_a_stranger_with_a_true_proof_is_no_member(pages: PageDesk) -> None:
    status, body = await _prove(pages, "stranger", pages.proof(99))
    assert status == 403
    assert "no member" in body


async def test_in_a_frame_the_proof_gives_a_link_for_a_tab_of_its_own(pages: PageDesk) -> None:
    proof = pages.proof(OWNER)
    status, body = await _prove(pages, "framed", proof, framed="yes")
    assert status == 200
    assert (await pages.browser("framed").get("/app/")).status == 401
    assert (await _prove(pages, "framed", proof, framed="yes"))[0] == 403
    found = re.search(r"key=([\w-]+)", body)
    assert found is not None
    answer = await pages.browser("tab").post("/app/enter", data={"key": found[1]})
    assert answer.status == 200


async def test_a_link_lets_in_once_and_soon_and_looking_does_not_use_it_up(
    pages: PageDesk,
) -> None:
    key = await pages.pages.signin.link(await pages.member("trader"))
    for _ in range(2):  # as a preview of links would
        assert "Sign in as Trader" in await pages.see("preview", f"/app/enter?key={key}")
    assert (await pages.browser("one").post("/app/enter", data={"key": key})).status == 200
    assert (await pages.browser("two").post("/app/enter", data={"key": key})).status == 401
    late = await pages.pages.signin.link(await pages.member("trader"))
    pages.desk.clock.advance(LINK_TTL.total_seconds())
    assert (await pages.browser("two").post("/app/enter", data={"key": late})).status == 401


async def test_a_new_link_takes_the_place_of_the_one_before(pages: PageDesk) -> None:
    member = await pages.member("trader")
    first, second = await pages.pages.signin.link(member), await pages.pages.signin.link(member)
    assert (await pages.browser("one").post("/app/enter", data={"key": first})).status == 401
    assert (await pages.browser("one").post("/app/enter", data={"key": second})).status == 200


# --- sessions ---------------------------------------------------------------------------------


async def test_a_session_ends_when_idle_when_old_and_with_the_last_right(pages: PageDesk) -> None:
    await pages.sign_in("trader")
    for _ in range(int(SESSION_TTL / IDLE_TTL) * 2 - 1):
        pages.desk.clock.advance(IDLE_TTL.total_seconds() / 2)
        await pages.see("trader", "/app/")
    pages.desk.clock.advance(IDLE_TTL.total_seconds() / 2)
    assert (await pages.browser("trader").get("/app/")).status == 401, "old, though used"

    await pages.sign_in("trader")
    pages.desk.clock.advance(IDLE_TTL.total_seconds())
    assert (await pages.browser("trader").get("/app/")).status == 401, "idle"


async def test_revoking_a_person_ends_their_sessions_for_good(pages: PageDesk) -> None:
    from storage import rights  # noqa: PLC0415 - the store's own act
    from trading.model import Role  # noqa: PLC0415
    from trading.people import Change  # noqa: PLC0415

    await pages.sign_in("trader")
    owner, trader = await pages.member("owner"), await pages.member("trader")
    for role in (None, Role.TRADER):
        change = Change(trader.telegram_id, role, None)
        done = await pages.desk.database.run(
            rights.change_rights, owner.id, change, pages.desk.clock.now()
        )
        assert not isinstance(done, str)
        assert (await pages.browser("trader").get("/app/")).status == 401
    await pages.sign_in("trader")


async def test_a_person_ends_their_own_sessions_and_the_owner_of_the_desk_any(
    pages: PageDesk,
) -> None:
    await _everyone(pages)
    numbers = {
        row["telegram_id"]: row["id"]
        for row in await pages.desk.rows(
            "SELECT w.id, m.telegram_id FROM web_session w JOIN member m ON m.id = w.member_id"
        )
    }
    trader, viewer = numbers[11], numbers[12]
    assert (await pages.send("viewer", f"/app/sessions/{trader}/end")).status == 404
    await pages.see("trader", "/app/")
    assert "Trader" not in await pages.see("viewer", "/app/sessions")
    assert "Trader" in await pages.see("owner", "/app/sessions")
    assert (await pages.send("owner", f"/app/sessions/{trader}/end")).status == 200
    assert (await pages.browser("trader").get("/app/")).status == 401
    assert (await pages.send("viewer", f"/app/sessions/{viewer}/end")).status == 200
    assert (await pages.browser("viewer").get("/app/")).status == 401
    (count,) = await pages.desk.rows(
        "SELECT count(*) AS n FROM audit WHERE action = 'pages_signed_out'"
    )
    assert count["n"] == 2


async def test_a_person_has_few_sessions_at_a_time(pages: PageDesk) -> None:
    member = await pages.member("trader")
    for _ in range(MOST_SESSIONS + 3):
        key = await pages.pages.signin.link(member)
        await pages.browser("many").post("/app/enter", data={"key": key})
        pages.desk.clock.advance(1)
    assert len(await pages.pages.signin.sessions(member)) == MOST_SESSIONS


async def test_only_hashes_of_tokens_are_kept(pages: PageDesk) -> None:
    key = await pages.pages.signin.link(await pages.member("trader"))
    await pages.browser("trader").post("/app/enter", data={"key": key})
    cookies = pages.browser("trader").session.cookie_jar
    token = next(one.value for one in cookies if one.key == "desk")
    kept = str([list(row) for row in await pages.desk.rows("SELECT * FROM web_session")])
    kept += str([list(row) for row in await pages.desk.rows("SELECT * FROM web_link")])
    assert token not in kept
    assert key not in kept


# --- what protects the pages ------------------------------------------------------------------


async def test_a_form_of_another_site_changes_nothing(pages: PageDesk) -> None:
    client = await pages.sign_in("owner")
    csrf = await pages.csrf("owner")
    path = f"/app/accounts/{OWN}/pause"
    forged = [
        ({"csrf": csrf}, {"Origin": "https://evil.example"}),
        ({"csrf": csrf}, {"Origin": "null"}),
        ({"csrf": csrf}, {"Sec-Fetch-Site": "cross-site"}),
        ({"csrf": csrf}, {"Sec-Fetch-Site": "same-site"}),
        ({"csrf": "0" * 64}, dict(pages.from_us())),
        ({"csrf": "é"}, dict(pages.from_us())),
        ({}, dict(pages.from_us())),
    ]
    for data, headers in forged:
        answer = await client.post(path, data=data, headers=headers)
        assert answer.status == 403, (data, headers)
    account = await pages.desk.store.account(OWN)
    assert account.trading_state is TradingState.ACTIVE
    assert (await pages.send("owner", path)).status == 200
    account = await pages.desk.store.account(OWN)
    assert account.trading_state is TradingState.PAUSED


async def test_another_sessions_token_opens_no_form(pages: PageDesk) -> None:
    await _everyone(pages)
    answer = await pages.browser("owner").post(
        f"/app/accounts/{OWN}/pause",
        data={"csrf": await pages.csrf("viewer")},
        headers=pages.from_us(),
    )
    assert answer.status == 403


async def test_every_page_is_shut_to_scripts_styles_and_frames(pages: PageDesk) -> None:
    await pages.sign_in("owner")
    for row in ALLOWED:
        method, pattern = row.split()
        if method != "GET" or ".svg" in pattern:
            continue
        answer = await pages.browser("owner").get(_path(pattern, OWN))
        text, policy = await answer.text(), answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, row
        assert policy.startswith("default-src 'none'"), row
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "aiohttp" not in answer.headers["Server"]
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text), row
        framed = "https://web.telegram.org" if pattern == "/mini" else "'none'"
        assert policy.endswith(f"frame-ancestors {framed}"), row
        outside = re.findall(r'(?:src|href)="(https?:[^"]+)"', text)
        assert outside == (
            ["https://telegram.org/js/telegram-web-app.js"] if pattern == "/mini" else []
        )
        assert ("<script" in text) == (pattern == "/mini"), row
    answer = await pages.browser("owner").get("/app/no/such/page")
    assert answer.status == HTTPStatus.NOT_FOUND
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("scheme", "name"), [("http", "desk"), ("https", "__Host-desk")])
async def test_the_cookie_is_for_this_host_alone(tmp_path: Path, scheme: str, name: str) -> None:
    async with page_desk(tmp_path, scheme=scheme) as pages:
        key = await pages.pages.signin.link(await pages.member("trader"))
        answer = await pages.browser("one").post(
            "/app/enter", data={"key": key}, allow_redirects=False
        )
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"{name}=")
        assert {"HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert ("Secure" in cookie) == (scheme == "https")
        assert ("Strict-Transport-Security" in answer.headers) == (scheme == "https")


async def test_what_people_wrote_is_text_on_every_page(pages: PageDesk) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x>"
    await pages.desk.rows("UPDATE member SET name = ?", evil)
    await pages.desk.ingest(ref=evil)
    await pages.desk.rows("UPDATE signal SET source = ?", evil)
    await pages.desk.passes(1)
    await pages.sign_in("owner")
    for row in ALLOWED:
        method, pattern = row.split()
        if method == "GET":
            answer = await pages.browser("owner").get(_path(pattern, OWN))
            text = await answer.text()
            assert "<script>" not in text, row
            assert "<img src=x" not in text, row


# --- acting -----------------------------------------------------------------------------------


async def _confirm(pages: PageDesk, who: str, text: str, answer: str = "yes") -> str:
    found = re.search(r'action="(/app/confirm/\d+)"', text)
    assert found is not None, text
    sent = await pages.send(who, found[1], answer=answer, back="https://evil.example/")
    body = await sent.text()
    assert "evil" not in body
    return body


async def test_panic_from_the_page_asks_and_ends_flat(pages: PageDesk) -> None:
    await pages.desk.ingest()
    await pages.desk.passes(1)
    await pages.desk.approve()
    await pages.desk.passes(2)
    assert len(pages.desk.positions()) == 1
    await pages.sign_in("trader")
    asked = await (await pages.send("trader", f"/app/accounts/{OWN}/panic")).text()
    assert "close 1 position and" in asked
    assert "Nothing was changed" in await _confirm(pages, "trader", asked, "no")
    await pages.desk.passes(1)
    assert len(pages.desk.positions()) == 1
    asked = await (await pages.send("trader", f"/app/accounts/{OWN}/panic")).text()
    assert "Halted" in await _confirm(pages, "trader", asked)
    await pages.desk.passes(4)
    assert pages.desk.positions() == ()
    assert "halted" in await pages.see("trader", f"/app/accounts/{OWN}")
    (row,) = await pages.desk.rows("SELECT asked_by FROM breach")
    assert row["asked_by"] == "Trader"
    refused = await pages.send("trader", f"/app/accounts/{OWN}/resume")
    assert "only an owner" in await refused.text()


async def test_a_question_is_answered_by_whoever_asked_and_once(pages: PageDesk) -> None:
    await _everyone(pages)
    asked = await (await pages.send("trader", f"/app/accounts/{OWN}/panic")).text()
    assert "Only the one who asked" in await _confirm(pages, "owner", asked)
    await _confirm(pages, "trader", asked, "no")
    assert "Already answered" in await _confirm(pages, "trader", asked)


async def test_a_cap_is_shown_then_set_and_looser_is_asked_once_more(pages: PageDesk) -> None:
    await _everyone(pages)
    path = f"/app/accounts/{OWN}/caps"
    form = {"kind": "static", "size": "10", "unit": "percent", "action": ""}
    shown = await (await pages.send("trader", f"{path}/check", **form)).text()
    assert "floor 9,000.00" in shown
    assert (await pages.desk.store.caps(OWN))[0][0].size == 20
    assert "floor 9,000.00" in await (await pages.send("trader", path, **form)).text()
    assert (await pages.desk.store.caps(OWN))[0][0].size == 10
    await pages.desk.passes(1)
    looser = {**form, "size": "15"}
    assert "only an owner may" in await (await pages.send("trader", path, **looser)).text()
    asked = await (await pages.send("owner", path, **looser)).text()
    assert "more room" in asked
    assert (await pages.desk.store.caps(OWN))[0][0].size == 10
    await _confirm(pages, "owner", asked)
    assert (await pages.desk.store.caps(OWN))[0][0].size == 15
    wrong = await pages.send("owner", path, **{**form, "size": "1,000"})
    assert wrong.status == 409
    assert "without a mark" in await wrong.text()


async def test_pausing_and_resuming_are_the_chats_own_acts(pages: PageDesk) -> None:
    await pages.sign_in("trader")
    path = f"/app/accounts/{OWN}"
    assert "No new entries" in await (await pages.send("trader", f"{path}/pause")).text()
    asked = await (await pages.send("trader", f"{path}/resume")).text()
    assert "Trading is active again" in await _confirm(pages, "trader", asked)
    actions = [row["action"] for row in await pages.desk.rows("SELECT action FROM audit")]
    assert "trading_paused" in actions
    assert "trading_active" in actions


async def test_a_card_is_answered_on_the_page_once(pages: PageDesk) -> None:
    await pages.desk.ingest()
    await pages.desk.passes(1)
    await _everyone(pages)
    assert "424242" not in await pages.see("trader", "/app/waiting")
    assert "424242" in await pages.see("mira", "/app/waiting")
    assert "/app/decide/1" not in await pages.see("mira", "/app/waiting")
    (foreign,) = await pages.desk.rows("SELECT id FROM approval WHERE account_id = ?", FOREIGN)
    for who, number in (("mira", 1), ("trader", foreign["id"])):
        answer = await pages.send(who, f"/app/decide/{number}", decision="approve", revision=0)
        assert answer.status == 404
    answer = await pages.send("trader", "/app/decide/1", decision="approve", revision=0)
    assert "Approved" in await answer.text()
    answer = await pages.send("owner", "/app/decide/1", decision="reject", revision=0)
    assert "Already approved by Trader" in await answer.text()
    await pages.desk.passes(2)
    assert len(pages.desk.positions()) == 1


async def test_a_plan_is_bought_by_the_invoice_the_chat_makes(pages: PageDesk) -> None:
    await pages.sign_in("guest")
    assert "Trader" in await pages.see("guest", "/app/plan")
    answer = await pages.send("guest", "/app/plan/buy", plan="trader", provider="crypto")
    assert 'href="https://pay.test/1?for=1"' in await answer.text()
    answer = await pages.send("guest", "/app/plan/buy", plan="desk", provider="stars")
    assert "in our chat" in await answer.text()
    assert pages.billed == [14]
    rows = await pages.desk.rows("SELECT plan, provider, status FROM invoice ORDER BY id")
    assert [tuple(row) for row in rows] == [("trader", "crypto", "open"), ("desk", "stars", "open")]


async def test_a_payment_service_that_is_away_leaves_the_plan_and_says_so(tmp_path: Path) -> None:
    async with page_desk(tmp_path, crypto="") as pages:
        await pages.sign_in("guest")
        answer = await pages.send("guest", "/app/plan/buy", plan="trader", provider="crypto")
        assert answer.status == 503
        assert "Nothing was charged" in await answer.text()


async def test_pages_speak_the_language_of_their_reader(pages: PageDesk) -> None:
    await pages.desk.rows("UPDATE member SET language = 'es', numbers = 'comma'")
    await pages.sign_in("owner")
    text = await pages.see("owner", f"/app/accounts/{OWN}")
    assert '<html lang="es"' in text
    assert "10.000,00" in text
    assert "Límites de drawdown" in text


async def test_an_account_has_its_charts_in_both_looks(pages: PageDesk) -> None:
    for hour in range(8):
        await pages.desk.rows(
            "INSERT INTO growth_span VALUES (1, 'hour', ?, ?, ?, '1', '1', '1', '0', '1')",
            f"2026-11-23T0{hour}",  # before the desk's own first reading
            1_795_392_000_000 + hour * 3_600_000,
            str(10_000 + hour),
        )
    await pages.sign_in("viewer")
    assert "Equity over 7 days: from 10,000.00" in await pages.see(
        "viewer", f"/app/accounts/{OWN}?days=7"
    )
    path = f"/app/accounts/{OWN}/chart/equity.svg?days=7&look="
    drawn = [await pages.see("viewer", f"{path}{look}") for look in ("light", "dark")]
    assert all("<svg" in one for one in drawn)
    assert drawn[0] != drawn[1]
    answer = await pages.browser("viewer").get(f"{path}dark")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert await answer.text() == drawn[1], "kept, not drawn again"


async def test_the_desk_goes_on_while_too_many_ask(pages: PageDesk) -> None:
    from bot.pages import gate  # noqa: PLC0415 - its limit is tried out

    client = await pages.sign_in("owner")
    before = gate.MOST_AT_ONCE
    try:
        gate.MOST_AT_ONCE = 0  # type: ignore[misc]  # what a busy moment looks like
        answer = await client.get("/app/")
        assert answer.status == 503
        assert "busy" in await answer.text()
    finally:
        gate.MOST_AT_ONCE = before  # type: ignore[misc]
