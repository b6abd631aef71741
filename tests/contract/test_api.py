"""The API over HTTP: who is answered, what is answered, and that its description says so."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator, FormatChecker

from bot.api.routes import BASE
from tests.support.api_desk import A_MINUTE, ApiDesk, api_desk
from trading.accounts import Done, Refused
from trading.tokens import OWNERS, Scope, hashed

DOCUMENT: dict[str, Any] = json.loads(
    (resources.files("bot.api") / "openapi.json").read_text(encoding="utf-8")
)
POSTS = {"/signals", "/tradingview/{token}"}


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[ApiDesk]:
    async with api_desk(tmp_path, a_minute=100_000) as made:
        yield made


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]}, format_checker=FormatChecker()
    )


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    _, _, kind, name = part["$ref"].split("/")
    found: dict[str, Any] = DOCUMENT["components"][kind][name]
    return found


def check(path: str, method: str, status: int, body: object, headers: dict[str, str]) -> None:
    """Fail where an answer is not what the description promises of it."""
    operation = DOCUMENT["paths"][path][method]
    assert str(status) in operation["responses"], f"{method} {path}: {status} is not described"
    answer = resolved(operation["responses"][str(status)])
    (kind,) = answer["content"]
    assert headers["Content-Type"].startswith(kind)
    for name, header in answer.get("headers", {}).items():
        assert re.search(header["schema"].get("pattern", ""), headers[name])
    problems = list(validator(answer["content"][kind]["schema"]).iter_errors(body))
    assert not problems, f"{method} {path} {status}: {problems[0].json_path} {problems[0].message}"


def gets() -> Iterator[tuple[str, Scope | None]]:
    for path, methods in DOCUMENT["paths"].items():
        if "get" in methods and methods["get"]["security"]:
            (scopes,) = methods["get"]["security"][0].values()
            yield path, Scope(scopes[0]) if scopes else None


def at(path: str, account: object = 1) -> str:
    return path.replace("{account}", str(account))


async def test_every_route_is_described_and_every_described_one_is_there(desk: ApiDesk) -> None:
    assert {(path, scope) for path, scope, _ in desk.api.routes()} == set(gets())
    Draft202012Validator.check_schema({"$defs": DOCUMENT["components"]["schemas"]})
    status, served, _ = await desk.ask("/openapi.json")
    assert (status, served) == (200, DOCUMENT)
    assert DOCUMENT["servers"] == [{"url": BASE}]


async def test_every_answer_to_an_owner_is_as_described_and_holds_what_was_traded(
    desk: ApiDesk,
) -> None:
    token = await desk.token(desk.owner)
    found = {}
    for path, _ in gets():
        status, body, headers = await desk.ask(at(path), token)
        assert status == 200, f"{path}: {body}"
        check(path, "get", status, body, headers)
        assert headers["Cache-Control"] == "no-store"
        found[path] = body
    for path, body in found.items():
        rows = body.get("items") if isinstance(body, dict) else None
        assert rows is None or rows, f"{path} shows nothing: its schema was not tried"
    account = found["/accounts/{account}"]
    assert isinstance(account, dict)
    assert account["currency"] == "USD"
    assert re.fullmatch(r"\d+\.\d+", account["equity"])


async def test_the_table_of_who_may_ask_what(desk: ApiDesk) -> None:
    """Role by route by own or foreign account: what is not in the table is refused."""
    whole, part = await desk.token(desk.owner), await desk.token(desk.mira)
    await desk.desk.rows(
        "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (9, 'Ada', 'trader', 0)"
    )
    ada = await desk.desk.store.member(9)
    assert ada is not None
    await desk.desk.rows(
        "INSERT INTO account_member (account_id, member_id, role) VALUES (1, ?, 'owner')", ada.id
    )
    granted = await desk.token(ada)
    tried = 0
    for path, scope in gets():
        of_account = "{account}" in path
        of_desk = scope in OWNERS
        wanted = {
            None: 401,
            "nonsense": 401,
            whole: 200,
            granted: 403 if of_desk else 200,
            part: 403 if of_desk else 404 if of_account else 200,
        }
        for token, status in wanted.items():
            got, body, headers = await desk.ask(at(path), token)
            assert got == status, f"{path} by {token}: {body}"
            check(path, "get", got, body, headers)
            tried += 1
        if of_account:
            for account in ("2", "0", "999999999999999999", "x", "-1", "1.0", "%00", "1%2F2"):
                got, body, _ = await desk.ask(at(path, account), whole)
                assert got == 404, f"{path} {account}: {body}"
                tried += 1
        for other in set(Scope) - {scope}:
            if scope is None:
                break
            narrow = await desk.token(desk.owner, other)
            got, body, headers = await desk.ask(at(path), narrow)
            assert got == 403, f"{path} by {other}"
            check(path, "get", got, body, headers)
            await desk.tokens.revoke(desk.owner, narrow[:11])
            tried += 1
    assert tried >= 150


async def test_a_members_answers_hold_nothing_of_anybody_else(desk: ApiDesk) -> None:
    token = await desk.token(desk.mira)
    for path in ("/accounts", "/positions"):
        assert (await desk.ask(path, token))[1] == {"items": [], "next": None}
    status, body, _ = await desk.ask("/me", token)
    assert status == 200
    assert isinstance(body, dict)
    assert body["plan"]["key"] == "trader"
    assert body["owns_desk"] is False


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", "limit=x", "limit=-1", "limit=1e2", "limit=", "limit=1&limit=2",
        "cursor=x", "cursor=%00", "cursor=1.5", "cursor=" + "9" * 19, "limt=5", "limit=%D9%A1",
    ],
)  # fmt: skip
async def test_a_question_that_is_not_understood_is_not_guessed_at(
    desk: ApiDesk, query: str
) -> None:
    token = await desk.token(desk.owner)
    for path in ("/accounts", "/accounts/1/deals", "/deliveries"):
        status, body, headers = await desk.ask(f"{path}?{query}", token)
        assert status == 400, body
        check(path.replace("/1/", "/{account}/"), "get", status, body, headers)


async def test_pages_hold_every_row_once(desk: ApiDesk) -> None:
    token = await desk.token(desk.owner)
    for path in ("/accounts/1/deals", "/accounts/1/signals", "/accounts/1/trades", "/deliveries"):
        _, whole, _ = await desk.ask(f"{path}?limit=200", token)
        assert isinstance(whole, dict)
        seen: list[object] = []
        cursor = ""
        while True:
            _, page, _ = await desk.ask(f"{path}?limit=1{cursor}", token)
            assert isinstance(page, dict)
            seen += page["items"]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert seen == whole["items"]
        assert len(seen) >= 1


async def test_a_token_that_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    async with api_desk(tmp_path) as desk:
        one, other = await desk.token(desk.owner), await desk.token(desk.owner)
        answers = [await desk.ask("/me", one) for _ in range(20)]
        assert [status for status, _, _ in answers] == [200] * 15 + [429] * 5
        check("/me", "get", *answers[-1])
        wait = int(answers[-1][2]["Retry-After"])
        assert wait == 60 / A_MINUTE
        assert (await desk.ask("/me", other))[0] == 200, "each token has its own"
        desk.desk.clock.advance(wait)
        assert (await desk.ask("/me", one))[0] == 200
        assert (await desk.ask("/me", one))[0] == 429


async def test_a_token_ends_when_it_is_old_revoked_or_its_member_is(desk: ApiDesk) -> None:
    old = await desk.token(desk.owner, "accounts 1")
    ended = await desk.token(desk.owner, "accounts")
    assert isinstance(await desk.tokens.revoke(desk.mira, ended[:11]), Refused)
    assert (await desk.ask("/accounts", ended))[0] == 200
    assert isinstance(await desk.tokens.revoke(desk.owner, ended[:11]), Done)
    assert (await desk.ask("/accounts", ended))[0] == 401
    desk.desk.clock.advance(86_399)
    assert (await desk.ask("/accounts", old))[0] == 200
    desk.desk.clock.advance(1)
    assert (await desk.ask("/accounts", old))[0] == 401
    hers = await desk.token(desk.mira, "accounts")
    await desk.desk.rows("UPDATE member SET revoked_ms = 1 WHERE id = ?", desk.mira.id)
    assert (await desk.ask("/accounts", hers))[0] == 401
    trail = await desk.desk.rows("SELECT action, detail FROM audit WHERE action LIKE 'token%'")
    assert [row[0] for row in trail].count("token_made") == 3
    assert [row[0] for row in trail].count("token_ended") == 1


async def test_a_right_taken_away_takes_the_tokens_with_it_for_good(desk: ApiDesk) -> None:
    from storage import rights, tokens  # noqa: PLC0415 - of this test alone

    token = await desk.token(desk.mira, "accounts")

    def taken(connection: Any) -> None:
        now = desk.desk.clock.now()
        connection.execute("INSERT INTO account_member VALUES (1, ?, 'viewer')", (desk.mira.id,))
        rights._take(connection, desk.owner.id, desk.mira.id, None, now)  # noqa: SLF001
        assert tokens.tokens(connection, desk.mira.id, now) == []
        connection.execute("UPDATE member SET revoked_ms = NULL WHERE id = ?", (desk.mira.id,))

    await desk.desk.database.run(taken)
    assert (await desk.ask("/accounts", token))[0] == 401


async def test_a_desk_owner_no_more_reads_no_more_of_the_desk(desk: ApiDesk) -> None:
    token = await desk.token(desk.owner)
    assert (await desk.ask("/people", token))[0] == 200
    await desk.desk.rows("UPDATE member SET everywhere = NULL WHERE id = ?", desk.owner.id)
    assert (await desk.ask("/people", token))[0] == 403
    assert (await desk.ask("/accounts", token))[0] == 200


async def test_a_token_is_kept_as_a_hash_alone(desk: ApiDesk) -> None:
    token = await desk.token(desk.owner, "accounts")
    (row,) = await desk.desk.rows("SELECT * FROM api_token")
    assert row["token_hash"] == hashed(token)
    assert token.startswith(row["prefix"])
    assert token[12:] not in str(tuple(row))
    (audited,) = await desk.desk.rows("SELECT detail FROM audit WHERE action = 'token_made'")
    assert token[12:] not in audited["detail"]
    tampered = token[:-1] + ("A" if token[-1] != "A" else "B")
    for given in (tampered, token.upper(), token[:11], "", f"{token} x", f"Bearer {token}"):
        assert (await desk.ask("/accounts", given))[0] == 401


async def test_a_member_has_ten_tokens_at_most_and_asks_for_what_there_is(desk: ApiDesk) -> None:
    for words in ("", "everything", "desk", "revenue 5", "accounts 0", "accounts 366"):
        assert isinstance(await desk.tokens.new(desk.mira, words.split()), Refused), words
    for _ in range(10):
        await desk.token(desk.mira, "accounts,signals 7d")
    assert isinstance(await desk.tokens.new(desk.mira, ["accounts"]), Refused)
    assert isinstance(await desk.tokens.revoke(desk.mira, "all"), Done)
    assert await desk.tokens.mine(desk.mira) == []


async def test_whatever_is_refused_is_a_problem_document(desk: ApiDesk) -> None:
    token = await desk.token(desk.owner)
    schema = validator({"$ref": "#/components/schemas/Problem"})
    for path, method, status in (
        ("/nothing", "GET", 404),
        ("/accounts", "POST", 405),
        ("/accounts", "DELETE", 405),
        ("/accounts/1", "PUT", 405),
        ("/signals", "PATCH", 405),
    ):
        got, body, headers = await desk.ask(path, token, method)
        assert got == status
        assert headers["Content-Type"].startswith("application/problem+json")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert schema.is_valid(body), body
        assert status != 405 or headers["Allow"]


async def test_signals_in_are_answered_as_described(desk: ApiDesk) -> None:
    signal = {"source": "api", "ref": "r1", "symbol": "EURUSD", "side": "buy", "stop_loss": "1.09"}
    good = json.dumps(signal).encode()
    for body, status in (
        (good, 201),
        (good, 200),
        (json.dumps({**signal, "side": "sell"}).encode(), 409),
        (json.dumps({**signal, "side": "up", "ref": "r2"}).encode(), 422),
        (b"[]", 422),
        (b"{", 415),
        (b'{"source":"a","source":"b","ref":"r3","symbol":"EURUSD","side":"buy"}', 422),
        (b'{"source":"a","ref":"r3","symbol":"EURUSD","side":"buy","comment":{"x":1,"x":2}}', 422),
    ):
        got, answer = await desk.post(body)
        assert got == status, (body, answer)
        kind = "application/json" if status < 300 else "application/problem+json"
        check("/signals", "post", got, answer, {"Content-Type": kind})


def test_every_posting_route_is_described() -> None:
    assert {path for path, methods in DOCUMENT["paths"].items() if "post" in methods} == POSTS
