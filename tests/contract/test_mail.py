"""Mails from their fact to a real SMTP server, over every answer it may give and every death."""

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.mail.access import look
from bot.mail.message import UNSUBSCRIBE_PATH, Writer
from bot.mail.page import UnsubscribePage
from bot.mail.sender import MailSender
from bot.mail.smtp import Access, Link
from bot.resilience import MAILING
from bot.settings import load_settings
from handlers.cards import render
from storage.database import Database
from storage.mail_store import MailStore
from storage.outbox import post
from storage.store import SqliteStore
from tests.support.fresh import ON_POSTGRES, direct, fresh_database
from tests.support.loop_desk import Crash, ManualClock, Tripwire, wired
from tests.support.mail_server import PASSWORD, USER, MailServer, mail_server
from trading.ids import MemberId
from trading.mail import CodeAsked, Confirm, MailKind, TooMany, parse_address
from trading.notices import (
    Blind,
    Notice,
    PaymentBooked,
    PaymentUnmatched,
    Priority,
    Trouble,
)

OLGA, PAVEL = 7, 8
SENDER = "Trade desk <desk@example.com>"
LATE = MAILING.longest + MAILING.jitter


class Desk:
    """A mail sender over a database file; dropped and opened again as after a kill."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = ManualClock()
        self.server: MailServer
        self.tls = "none"
        self.login = False
        self.host = "127.0.0.1"
        self._stack = AsyncExitStack()

    async def open(self, *, served: bool = True) -> None:
        self.database: Database = await self._stack.enter_async_context(fresh_database(self.path))
        self.desk = SqliteStore(self.database, self.clock)
        await self.desk.ensure_owners([OLGA, PAVEL])
        self.store = MailStore(self.database, self.clock, code_key=b"a key of this test")
        await self.store.recover(served=served)
        ca_file = self.server.ca_file
        access = Access(
            self.host,
            self.server.port,
            self.tls,
            USER if self.login else None,
            PASSWORD if self.login else None,
            None if ca_file is None else str(ca_file),
        )
        writer = Writer(SENDER, "https://desk.example.com", render, self.store.code)
        self.link = Link(access)
        self._stack.push_async_callback(self.link.close)
        self.sender = MailSender(self.store, writer.envelope, self.link, self.clock)

    def wire(self, wire: Tripwire) -> None:
        """Let the sender die at a call to its store or to the server."""
        store, link = wired(self.store, wire), wired(self.link, wire)
        writer = Writer(SENDER, "https://desk.example.com", render, self.store.code)
        self.sender = MailSender(store, writer.envelope, link, self.clock)

    async def close(self) -> None:
        await self._stack.aclose()
        self._stack = AsyncExitStack()

    async def member(self, telegram_id: int = OLGA) -> MemberId:
        found = await self.desk.member(telegram_id)
        assert found is not None
        return found.id

    async def confirmed(self, address: str = "olga@example.com") -> None:
        member = await self.member()
        assert await self.store.ask(member, address) == CodeAsked()
        await self.work()
        assert await self.store.confirm(member, code_in(self.server.mails[-1])) is Confirm.DONE
        self.server.mails.clear()
        self.server.raw.clear()

    async def tell(
        self, notice: Notice, priority: Priority = Priority.CRITICAL, topic: str | None = None
    ) -> None:
        now = self.clock.now()
        await self.database.run(post, [OLGA], notice, priority, now, topic=topic)

    async def work(self, seconds: float = 12.0) -> None:
        """Let that time pass and everything that is due be tried."""
        self.clock.advance(seconds)
        for _ in range(20):
            if await self.sender.step() > 0:
                return

    def rows(self, sql: str) -> list[sqlite3.Row]:
        with direct(self.path) as connection:
            return list(connection.execute(sql).fetchall())

    def told(self, chat: int = OLGA) -> list[str]:
        found = self.rows(
            f"SELECT body_json FROM outbox WHERE kind = 'mail_trouble' AND chat_id = {chat}"  # noqa: S608
        )
        return [row[0] for row in found]


def code_in(mail: EmailMessage) -> str:
    found = re.search(r"\b(\d{8})\b", mail["Subject"])
    assert found is not None
    return found[1]


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    return text.get_content(), html.get_content()


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with mail_server(tmp_path) as server:
        made = Desk(tmp_path / "desk.db")
        made.server = server
        await made.open()
        try:
            yield made
        finally:
            await made.close()


def unmatched(reference: str = "C1", why: str = "it names no invoice of this desk") -> Notice:
    return PaymentUnmatched("crypto", reference, Decimal(5), "USDT", None, why)


RECEIPT = PaymentBooked(
    "Trader", 30, "stars", Decimal(750), "XTR", "charge-1", refunded=False, now_has="Trader",
    until=None,
)  # fmt: skip


async def test_an_alert_is_mailed_once_with_text_and_html_in_the_readers_language(
    desk: Desk,
) -> None:
    await desk.confirmed()
    await desk.database.run(
        lambda connection: connection.execute("UPDATE member SET language = 'es'")
    )
    await desk.tell(unmatched())
    await desk.work()
    await desk.work(3600)
    (mail,) = desk.server.mails
    assert (mail["To"], mail["From"]) == ("olga@example.com", SENDER)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None, "what is critical has no one-click way out"
    assert mail["Message-ID"].endswith("@example.com>")
    text, html = parts(mail)
    assert "Un pago no encaja" in mail["Subject"]
    assert "C1" in text
    assert "<" not in text
    assert 'lang="es"' in html
    assert "<th scope=" in html
    assert [row[0] for row in desk.rows("SELECT status FROM mail")] == ["sent", "sent"]


async def test_a_mail_is_in_the_transaction_of_its_fact(desk: Desk) -> None:
    await desk.confirmed()

    def fails(connection: sqlite3.Connection) -> None:
        post(connection, [OLGA], unmatched(), Priority.CRITICAL, desk.clock.now())
        raise ValueError("the fact itself fails")

    with pytest.raises(ValueError, match="fact itself"):
        await desk.database.run(fails)
    assert desk.rows("SELECT id FROM mail WHERE kind = 'critical'") == []


@pytest.mark.parametrize(
    ("where", "how"),
    [
        ("mail", "421 too many connections"),
        ("rcpt", "451 greylisted, try later"),
        ("rcpt", "552 mailbox full"),
        ("data", "452 disk full"),
        ("mail", "cut"),
        ("rcpt", "cut"),
        ("data", "cut"),
    ],
)
async def test_what_was_not_taken_is_tried_again_as_the_same_mail(
    desk: Desk, where: str, how: str
) -> None:
    await desk.confirmed()
    desk.server.fail(where, how, times=3)
    await desk.tell(unmatched())
    for _ in range(4):
        await desk.work(30)
    assert len(desk.server.mails) == 1
    assert desk.told() == []


async def test_a_mail_whose_fate_is_unknown_goes_again_with_the_same_id(desk: Desk) -> None:
    await desk.confirmed()
    desk.server.fail("data", "take, cut", times=2)
    await desk.tell(unmatched())
    for _ in range(3):
        await desk.work(LATE)
    assert len(desk.server.raw) == 3
    assert len(set(desk.server.raw)) == 1, "a mail program must be able to see that they are one"
    await desk.work(LATE)
    assert len(desk.server.raw) == 3


@pytest.mark.parametrize("after", [False, True])
async def test_a_kill_between_loses_nothing_and_doubles_under_one_id(
    desk: Desk, *, after: bool
) -> None:
    await desk.confirmed()
    await desk.tell(unmatched())
    desk.clock.advance(12)
    mail = await desk.store.claim()
    assert mail is not None
    if after:
        writer = Writer(SENDER, "https://desk.example.com", render, desk.store.code)
        await desk.link.send(writer.envelope(mail))
    await desk.close()
    await desk.open()
    await desk.work()
    assert len(desk.server.raw) == 1 + after
    assert len(set(desk.server.raw)) == 1


@pytest.mark.parametrize("after", [False, True])
async def test_a_death_at_any_step_loses_nothing_and_doubles_under_one_id(
    desk: Desk, *, after: bool
) -> None:
    await desk.confirmed()
    steps = 0
    while True:
        await desk.tell(unmatched(f"step {steps}"))
        desk.server.raw.clear()
        wire = Tripwire(steps + 1, after=after)
        desk.wire(wire)
        with contextlib.suppress(Crash):
            await desk.work()
        died = wire.calls > steps
        await desk.close()
        await desk.open()
        await desk.work(30)
        assert len(desk.server.raw) in (1, 2)
        assert len(set(desk.server.raw)) == 1
        waiting = desk.rows("SELECT id FROM mail WHERE status <> 'sent'")
        assert waiting == []
        if not died:
            break
        steps += 1
    assert steps >= 4, "read, claimed, handed over, marked"


async def test_what_is_due_at_once_shares_a_connection_that_ends_with_it(desk: Desk) -> None:
    await desk.confirmed()
    desk.server.sessions.clear()
    left = desk.server.left
    for number in range(5):
        await desk.tell(unmatched(f"C{number}"))
    desk.clock.advance(12)
    running = asyncio.ensure_future(desk.sender.run())  # noqa: TID251 - of this test alone
    async with asyncio.timeout(10):
        while desk.server.left == left:  # noqa: ASYNC110 - the server says when
            await asyncio.sleep(0.01)
    await desk.sender.stop()
    await running
    assert len(desk.server.mails) == 5
    assert len(desk.server.sessions) == 1


async def test_a_refused_address_is_taken_out_of_use_and_its_person_told(desk: Desk) -> None:
    await desk.confirmed()
    desk.server.fail("rcpt", "550 <b>No such user</b>")
    await desk.tell(unmatched())
    await desk.work()
    box = await desk.store.box(await desk.member())
    assert box.address is None
    assert "No such user" in box.refused
    (told,) = desk.told()
    assert "olga@example.com" in told
    await desk.tell(unmatched("C2"))
    await desk.work(LATE)
    assert desk.server.mails == []


async def test_a_mail_the_server_never_takes_is_told_to_the_owners_once(desk: Desk) -> None:
    await desk.confirmed()
    desk.server.fail("data", "554 this looks like spam", times=3)
    for number in range(3):
        await desk.tell(unmatched(f"C{number}"))
    await desk.work()
    assert [row[0] for row in desk.rows("SELECT status FROM mail WHERE kind = 'critical'")] == (
        ["dead"] * 3
    )
    assert len(desk.told(OLGA)) == len(desk.told(PAVEL)) == 1
    assert "spam" in desk.told()[0]


async def test_a_server_that_is_away_for_a_day_ends_it_and_the_owners_are_told_once(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.confirmed()
    desk.server.fail("mail", "cut", times=1000)
    await desk.tell(unmatched())
    await desk.work()
    assert desk.told() == [], "nobody is woken for a minute of it"
    for _ in range(110):
        await desk.work(LATE)
    assert [row[0] for row in desk.rows("SELECT status FROM mail WHERE kind = 'critical'")] == [
        "dead"
    ]
    assert len(desk.told()) == 1
    desk.server.faults.clear()
    await desk.tell(unmatched("C2"))
    await desk.work(LATE)
    assert len(desk.server.mails) == 1


async def test_without_starttls_no_password_is_sent_and_the_owners_hear_of_it(
    tmp_path: Path,
) -> None:
    async with mail_server(tmp_path) as server:
        desk = Desk(tmp_path / "desk.db")
        desk.server, desk.tls, desk.login = server, "starttls", True
        await desk.open()
        await desk.store.ask(await desk.member(), "olga@example.com")
        for _ in range(3):
            await desk.work(30)
        await desk.close()
    assert not server.logins
    assert not server.mails
    assert len(desk.told()) == 1
    assert "offers no STARTTLS" in desk.told()[0]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_mail_goes_over_tls_with_a_login(tmp_path: Path, tls: str) -> None:
    async with mail_server(tmp_path, tls) as server:
        desk = Desk(tmp_path / "desk.db")
        desk.server, desk.tls, desk.login, desk.host = server, tls, True, "localhost"
        await desk.open()
        await desk.store.ask(await desk.member(), "olga@example.com")
        await desk.work()
        await desk.close()
    assert server.logins == [(USER, PASSWORD)]
    assert server.to == ["olga@example.com"]


async def test_a_server_with_anothers_certificate_gets_no_password(tmp_path: Path) -> None:
    async with mail_server(tmp_path, "starttls") as server:
        desk = Desk(tmp_path / "desk.db")
        desk.server, desk.tls, desk.login, desk.host = server, "starttls", True, "localhost"
        server.ca_file = None
        await desk.open()
        await desk.store.ask(await desk.member(), "olga@example.com")
        await desk.work()
        await desk.close()
    assert not server.logins
    assert not server.mails
    assert "certificate" in desk.told()[0].casefold()


@pytest.mark.parametrize(
    ("password", "security", "says"),
    [
        (PASSWORD, "starttls", "lets desk in"),
        ("another-password", "starttls", "does not take SMTP_USER"),
        (PASSWORD, "tls", ""),
    ],
)
async def test_the_check_tells_whether_mail_would_get_out(
    tmp_path: Path, password: str, security: str, says: str
) -> None:
    async with mail_server(tmp_path, "starttls") as server:
        given = {
            "TELEGRAM_TOKEN": "1:a",
            "TELEGRAM_OWNER_IDS": "1",
            "SMTP_HOST": "localhost",
            "SMTP_PORT": str(server.port),
            "SMTP_SECURITY": security,
            "SMTP_USER": USER,
            "SMTP_PASSWORD": password,
            "SMTP_SENDER": SENDER,
            "SMTP_CA_FILE": str(server.ca_file),
        }
        found = await look(load_settings(given, None, need_telegram=True))
    assert found is not None
    assert found[0] is (says == "lets desk in")
    assert says in found[1]
    assert password not in found[1]
    assert server.mails == []


async def test_what_comes_and_goes_is_mailed_once_and_once_more_when_it_is_over(desk: Desk) -> None:
    await desk.confirmed()
    began = desk.clock.now()
    gone = Blind("1001", "no answer", began, None)
    await desk.tell(gone)
    await desk.tell(replace(gone, why="still none"))
    await desk.work()
    for _ in range(3):
        await desk.tell(gone)
        await desk.work()
    await desk.tell(replace(gone, healed_at=desk.clock.now()))
    await desk.work()
    first, second = desk.server.mails
    assert "still none" in parts(first)[0]
    assert second["In-Reply-To"] == first["Message-ID"]
    for _ in range(5):  # and a terminal that flaps fills nobody's mailbox
        await desk.tell(gone)
        await desk.work(20)
        await desk.tell(replace(gone, healed_at=desk.clock.now()))
        await desk.work(20)
    assert len(desk.server.mails) == 2
    await desk.work(700)
    assert len(desk.server.mails) == 3


async def test_the_end_of_a_trouble_takes_the_place_of_its_unsent_beginning(desk: Desk) -> None:
    await desk.confirmed()
    since = desk.clock.now()
    await desk.tell(Trouble("disk", "full", since, None), topic="trouble:disk:1")
    await desk.tell(
        Trouble("disk", "", since, since + timedelta(seconds=5)), topic="trouble:disk:1"
    )
    await desk.work()
    assert len(desk.server.mails) == 1


async def test_receipts_are_left_by_one_click_and_nobody_elses_are(desk: Desk) -> None:
    await desk.confirmed()
    await desk.tell(RECEIPT, Priority.INFO)
    await desk.tell(replace(RECEIPT, amount=Decimal(0)), Priority.INFO)
    await desk.work()
    (mail,) = desk.server.mails
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://desk.example.com/email/unsubscribe/")
    assert link in parts(mail)[0]
    page = UnsubscribePage(desk.store)
    site = web.Application()
    site.router.add_get(UNSUBSCRIBE_PATH + "{token}", page.ask)
    site.router.add_post(UNSUBSCRIBE_PATH + "{token}", page.take)
    path = link.removeprefix("https://desk.example.com")
    member = await desk.member()
    async with TestClient(TestServer(site)) as client:
        for forged in (path[:-1] + ("0" if path[-1] != "0" else "1"), path.replace("/1.", "/2.")):
            assert (await client.post(forged)).status == 404
        critical = re.sub(r"receipt", "critical", path)
        assert (await client.post(critical)).status == 404
        assert (await client.get(path)).status == 200
        assert MailKind.RECEIPT in (await desk.store.box(member)).wanted, "a scanner only looks"
        await desk.tell(replace(RECEIPT, reference="charge-2"), Priority.INFO)
        body = "List-Unsubscribe=One-Click"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for _ in range(2):
            assert (await client.post(path, data=body, headers=form)).status == 200
    assert MailKind.RECEIPT not in (await desk.store.box(member)).wanted
    assert MailKind.CRITICAL in (await desk.store.box(member)).wanted
    await desk.work()
    assert len(desk.server.mails) == 1, "what waited is not sent either"
    trail = desk.rows("SELECT detail FROM audit WHERE action = 'email_kind'")
    assert [row[0] for row in trail] == ["receipt off"]


async def test_a_code_is_kept_nowhere_expires_and_is_tried_five_times(desk: Desk) -> None:
    olga, pavel = await desk.member(), await desk.member(PAVEL)
    assert await desk.store.confirm(olga, "12345678") is Confirm.NONE_ASKED
    await desk.store.ask(olga, "olga@example.com")
    await desk.work()
    code = code_in(desk.server.mails[-1])
    assert ON_POSTGRES or code.encode() not in desk.path.read_bytes()
    kept = [tuple(row) for row in desk.rows("SELECT * FROM mail")]
    assert code not in str(kept + [tuple(row) for row in desk.rows("SELECT * FROM member_email")])
    assert await desk.store.confirm(pavel, code) is Confirm.NONE_ASKED
    wrong = "0" * 8 if code != "0" * 8 else "1" * 8
    tries = [await desk.store.confirm(olga, wrong) for _ in range(5)]
    assert tries == [*[Confirm.WRONG] * 4, Confirm.SPENT]
    assert await desk.store.confirm(olga, code) is Confirm.SPENT

    await desk.store.ask(olga, "olga@example.com")
    await desk.work()
    desk.clock.advance(10 * 60)
    assert await desk.store.confirm(olga, code_in(desk.server.mails[-1])) is Confirm.EXPIRED
    assert await desk.store.ask(olga, "olga@example.com") == CodeAsked()
    assert await desk.store.ask(olga, "victim@example.com") == TooMany()
    await desk.work()
    assert await desk.store.confirm(olga, code_in(desk.server.mails[-1])) is Confirm.DONE
    assert "victim@example.com" not in desk.server.to


async def test_off_forgets_the_address_and_what_waits(desk: Desk) -> None:
    await desk.confirmed()
    await desk.tell(unmatched())
    assert await desk.store.forget(await desk.member())
    await desk.work(60)
    await desk.tell(unmatched("C2"))
    await desk.work(60)
    assert desk.server.mails == []
    assert "olga@example.com" not in str([tuple(r) for r in desk.rows("SELECT * FROM mail")][:1])


async def test_a_revoked_person_gets_no_mail(desk: Desk) -> None:
    await desk.confirmed()
    await desk.tell(unmatched())
    await desk.database.run(
        lambda connection: connection.execute("UPDATE member SET revoked_ms = 1 WHERE id = 1")
    )
    await desk.tell(unmatched("C2"))
    await desk.work()
    assert desk.server.mails == []


async def test_a_desk_without_a_mail_server_writes_no_mail(desk: Desk) -> None:
    await desk.confirmed()
    await desk.close()
    await desk.open(served=False)
    await desk.tell(unmatched())
    assert len(desk.rows("SELECT id FROM mail")) == 1, "the code of before"


async def test_nothing_foreign_ends_a_header_or_becomes_markup(desk: Desk) -> None:
    await desk.confirmed()
    nasty = "x\r\nBcc: thief@example.com\r\n\r\n<script>alert(1)</script>\u2028&amp;"
    await desk.tell(replace(RECEIPT, plan=nasty, now_has=nasty, reference=nasty), Priority.INFO)
    await desk.work()
    (mail,) = desk.server.mails
    assert mail["Bcc"] is None
    assert desk.server.to[-1] == "olga@example.com"
    assert "\n" not in mail["Subject"]
    html = parts(mail)[1]
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    "text",
    [
        "olga", "olga@", "@example.com", "olga@example", "olga@localhost", "a b@example.com",
        "olga@example.com\r\nBcc: x@y.z", "olga@exam_ple.com", "<olga@example.com>", "o..a@b.com",
        '"o a"@example.com', "olga@-a.com", "olga@1.2.3.4", "ölga@example.com",
        "olga@b.com,c@d.com",
        f"{'a' * 65}@example.com", f"a@{'b' * 250}.com", "olga@example.com ", "olga@[127.0.0.1]",
    ],
)  # fmt: skip
def test_only_a_plain_address_is_one(text: str) -> None:
    assert parse_address(text) is None


def test_an_address_keeps_its_own_part_as_written() -> None:
    assert parse_address("Olga.K+desk@Example.COM") == "Olga.K+desk@example.com"
