"""I1, I6, I15: the bot as a process; killed, stopped and started again, it loses no tap."""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from storage.database import connect
from tests.contract.test_mail import code_in
from tests.support.fresh import ON_POSTGRES, locked
from tests.support.kills import kill_at_many_moments
from tests.support.mail_server import by_mail, mail_server
from tests.support.process_desk import Nursery, ProcessDesk, process_desk

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="forks and POSIX signals"),
    pytest.mark.timeout(180),
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def nursery() -> AsyncIterator[Nursery]:
    async with Nursery() as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def desk(tmp_path: Path, nursery: Nursery) -> AsyncIterator[ProcessDesk]:
    async with process_desk(tmp_path, nursery) as one:
        yield one


@pytest.mark.asyncio(loop_scope="module")
async def test_a_kill_before_the_commit_brings_the_tap_again_and_after_it_is_done(
    desk: ProcessDesk,
) -> None:
    await desk.start()
    card = await desk.card()
    with locked(desk.settings.database_path):  # the handler's commit waits behind this one
        await desk.owner.taps(card, "Approve", timeout=0.3)
        await desk.kill()
    assert desk.rows("SELECT status FROM approval") == [{"status": "offered"}]
    assert desk.sandbox.pending_updates == 1
    await desk.start()
    await desk.owner.sees("Filled")  # in the card, or in its copy where the kill came early
    async with asyncio.timeout(30):
        while desk.sandbox.pending_updates:  # noqa: ASYNC110 - the sandbox has no event for it
            await asyncio.sleep(0.01)
    await desk.kill()
    await desk.start()
    sent = await desk.owner.sends("/positions")
    await desk.owner.sees("1 open", after=sent)
    assert len(desk.rows("SELECT id FROM orders")) == 1
    assert await desk.end() == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_kills_between_tap_and_message_leave_one_position_or_none(
    tmp_path: Path, nursery: Nursery
) -> None:
    tally = await kill_at_many_moments(tmp_path, nursery, 5, seed=7)
    assert tally.wrong == []
    assert tally.filled + tally.not_sent == 5


@pytest.mark.asyncio(loop_scope="module")
async def test_a_stop_during_an_order_in_flight_records_it(desk: ProcessDesk) -> None:
    await desk.start()
    card = await desk.card()
    desk.fault({"kind": "delay", "seconds": 1.0})
    await desk.owner.taps(card, "Approve")
    async with asyncio.timeout(30):
        while not desk.rows("SELECT id FROM orders WHERE status = 'submitted'"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert await desk.end(signal.SIGTERM) == 0
    (order,) = desk.rows("SELECT status, client_order_id FROM orders")
    assert order["status"] == "filled"
    assert [deal.magic for deal in desk.deals()] == [order["client_order_id"]]
    assert "Filled" in card.text
    assert "Traceback" not in desk.log


@pytest.mark.asyncio(loop_scope="module")
async def test_a_mail_goes_out_once_by_its_name_whenever_the_bot_is_killed(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with (
        mail_server(tmp_path) as server,
        process_desk(tmp_path, nursery, **by_mail(server.port)) as desk,
    ):
        moments = ["rcpt", "data"]  # before the server has it, and before it said so

        dead: asyncio.Queue[str] = asyncio.Queue()

        def heard(where: str) -> None:
            if moments and where == moments[0]:
                dead.put_nowait(moments.pop(0))
                assert desk.pid is not None
                os.kill(desk.pid, signal.SIGKILL)

        server.heard = heard
        await desk.start()
        await desk.says("/email olga@example.com", "code is on its way")
        for _ in range(2):
            await asyncio.wait_for(dead.get(), 30)
            assert await desk.ended() == -signal.SIGKILL
            await desk.start(ready=False)  # the mail may be quicker, and the kill with it
        async with asyncio.timeout(30):
            while desk.rows("SELECT status FROM mail") != [{"status": "sent"}]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert len(server.mails) == 2
        assert len({mail["Message-ID"] for mail in server.mails}) == 1
        await desk.says(f"/email {code_in(server.mails[-1])}", "is confirmed")
        assert await desk.end() == 0


@pytest.mark.skipif(ON_POSTGRES, reason="is about a file")
@pytest.mark.asyncio(loop_scope="module")
async def test_a_second_instance_a_newer_and_a_closed_database_start_nothing(
    desk: ProcessDesk,
) -> None:
    await desk.start()
    first = desk.pid
    await desk.start(ready=False)
    assert await desk.ended() == 3
    assert f"is in use by another instance (process {first})" in desk.log
    desk.pid = first
    assert await desk.end(signal.SIGINT) == 0
    with closing(connect(desk.settings.database_path)) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        database.execute(f"PRAGMA user_version = {version + 1}")
    polls = len(desk.sandbox.calls_of("getUpdates"))
    await desk.start(ready=False)
    assert await desk.ended() == 1
    assert f"the database has schema {version + 1}, this program knows {version}" in desk.log
    # The kernel's own folder: nobody makes files there, not even who may write everywhere.
    await desk.start(ready=False, env={**desk.environment, "DATABASE_PATH": "/sys/desk.db"})
    assert await desk.ended() == 2
    assert "DATABASE_PATH: /sys/desk.db.lock: " in desk.log
    assert len(desk.sandbox.calls_of("getUpdates")) == polls
    assert "Traceback" not in desk.log


@pytest.mark.skipif(ON_POSTGRES, reason="is about a file")
@pytest.mark.asyncio(loop_scope="module")
async def test_a_full_disk_takes_no_tap_and_no_signal_and_says_so(desk: ProcessDesk) -> None:
    await desk.start()
    card = await desk.card()
    await desk.says("/id", str(desk.owner.id))
    assert desk.pid is not None
    _, most = resource.prlimit(desk.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(desk.pid, resource.RLIMIT_FSIZE, (1, most))  # not one byte more in any file
    toast = await desk.owner.taps(card, "Approve")
    assert toast is not None
    assert "Not taken" in toast.text
    status, body = await desk.post()
    assert (status, body["detail"]) == (503, "the signal could not be stored")
    assert desk.rows("SELECT status FROM approval") == [{"status": "offered"}]
    resource.prlimit(desk.pid, resource.RLIMIT_FSIZE, (most, most))
    await desk.owner.taps(card, "Approve")
    await desk.owner.sees_in(card, "Filled")
    assert await desk.end() == 0
