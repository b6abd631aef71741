"""What each page costs at 200 accounts and a million deals, from the request to its last byte.

One process holds 200 real account loops over simulated brokers, their caps and open positions,
and a database with a million deals, a hundred thousand signals, and 300 newer ones that each went
to all 200 accounts; 200 members with a year of payments; 100,000 messages. Pages are asked for
over HTTP by the desk's owner, who has a right on every account. The floor is a file of the
package over the same connection. The processor's time is that of the whole process, client
included: it tells what a page costs on a machine whose cores are shared. Telegram, Crypto Pay and
the chart's drawing are in no figure but their own.
"""

import asyncio
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.test_utils import TestClient

from storage.database import connect
from tests.bench.harness import Report, arguments, percentile
from tests.support.big_book import fill
from tests.support.page_desk import PageDesk, page_desk
from trading.clock import to_ms
from trading.loop import AccountLoop, TradingLoop

ACCOUNTS, DEALS, SIGNALS, FANNED_OUT = 200, 1_000_000, 100_000, 300
PEOPLE, MESSAGES = 200, 100_000
LIMIT_MS: Final = 100.0
PAGES: Final = (
    *("/", "/?after=100", "/accounts/1", "/accounts/1?days=365", "/accounts/1/signals"),
    *("/accounts/1/trades", "/accounts/1/caps", "/positions", "/positions?from=100", "/waiting"),
    *("/plan", "/health", "/sessions", "/more", "/signals", "/signals/200000", "/deliveries"),
    *("/deliveries?show=dead", "/people", "/people?after=100", "/revenue", "/audit"),
)

Client = TestClient[web.Request, web.Application]


async def main() -> int:
    options = arguments(__doc__ or "", 60)
    report = Report("pages", options)
    with tempfile.TemporaryDirectory(prefix="bench-pages-") as folder:
        async with page_desk(Path(folder)) as pages:
            await _fill(pages, Path(folder) / "desk.db")
            client = await pages.sign_in("owner")
            floor, _ = await _times(client, "/app/static/icon.svg", options.count)
            report.series("a file of the package", floor, unit="ms")
            worst: dict[str, float] = {}
            dearest: dict[str, float] = {}
            for page in PAGES:
                times, cpu = await _times(client, f"/app{page}", options.count)
                worst[page], dearest[page] = percentile(times, 95), percentile(cpu, 50)
                report.series(page, times, unit="ms", floor=floor)
            slow, dear = max(worst, key=worst.__getitem__), max(dearest, key=dearest.__getitem__)
            report.value(f"slowest at p95: {slow}", worst[slow], "ms", at_most=LIMIT_MS)
            report.value(f"dearest, processor time at p50: {dear}", dearest[dear], "ms")
            report.value("all pages, processor time at p50", sum(dearest.values()), "ms")
            await _charts(report, client)
    return report.finish()


async def _times(client: Client, path: str, count: int) -> tuple[list[float], list[float]]:
    """Return milliseconds of so many loads, after a first one that fills what is kept.

    Those that passed, and those of the processor.
    """
    times, cpu = [], []
    for number in range(count + 1):
        began, worked = time.perf_counter(), time.process_time()
        answer = await client.get(path)
        await answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        if number:
            times.append((time.perf_counter() - began) * 1000)
            cpu.append((time.process_time() - worked) * 1000)
    return times, cpu


async def _charts(report: Report, client: Client) -> None:
    path = "/app/accounts/1/chart/{}.svg?days={}"
    for name in ("the first chart", "another chart", "the same chart"):
        kind, days = ("drawdown", 365) if name == "another chart" else ("equity", 90)
        (took,) = await _times_once(client, path.format(kind, days))
        report.value(name, took, "ms")


async def _times_once(client: Client, path: str) -> list[float]:
    began = time.perf_counter()
    answer = await client.get(path)
    await answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {await answer.text()}")
    return [(time.perf_counter() - began) * 1000]


async def _fill(pages: PageDesk, path: Path) -> None:
    desk = pages.desk
    loops: dict[int, AccountLoop] = {0: desk.loop}
    for number in range(1, ACCOUNTS):
        loops[number] = desk.another(2_000_000 + number)
        for _ in range(2):
            await loops[number].guarded_pass()
    pages.pages.loop.loops = TradingLoop(loops, "bench").loops
    for number in range(10):
        await desk.ingest(f"open {number}")
    for loop in loops.values():
        await loop.guarded_pass()
    await desk.rows(
        "UPDATE approval SET status = 'approved', decided_ms = 1 WHERE signal_id % 2 = 0"
    )
    for _ in range(3):
        desk.clock.advance(1)
        for loop in loops.values():
            await loop.guarded_pass()
    now = to_ms(desk.clock.now())
    await asyncio.to_thread(fill, path, DEALS, SIGNALS, now)
    await asyncio.to_thread(_others, path, now)


_COUNT = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"


def _others(path: Path, now: int) -> None:
    """Add what came lately: signals for everyone, people who paid, messages."""
    with closing(connect(path)) as database:
        database.execute("BEGIN")
        database.execute(
            f"{_COUNT} INSERT INTO signal (id, source, source_ref, digest, symbol, side,"  # noqa: S608 - our own numbers
            " order_type, draft_json, created_ms, expires_ms) SELECT 199999 + i, 'source',"
            " 'n' || i, 'd', 'EURUSD', 'buy', 'market',"
            " (SELECT draft_json FROM signal WHERE id = 1000), ?, ? FROM n",
            (FANNED_OUT, now, now),
        )
        database.execute(
            "INSERT INTO approval (signal_id, account_id, status, expires_ms)"
            " SELECT s.id, a.id, CASE a.id % 3 WHEN 0 THEN 'rejected' WHEN 1 THEN 'expired'"
            " ELSE 'canceled' END, s.expires_ms FROM signal s, account a WHERE s.id >= 200000"
        )
        database.execute(
            f"{_COUNT} INSERT INTO member (telegram_id, name, role, created_ms)"  # noqa: S608 - the same
            " SELECT 700000 + i, 'Member ' || i, 'viewer', 0 FROM n",
            (PEOPLE,),
        )
        database.execute(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 11)"
            " INSERT INTO booking (member_id, provider, external_id, plan, days, amount, currency,"
            " at_ms) SELECT m.id, 'stars', m.id || ':' || i, 'trader', 30, '750', 'XTR',"
            " ? - i * 2592000000 FROM member m, n WHERE m.telegram_id > 700000",
            (now,),
        )
        database.execute(
            f"{_COUNT} INSERT INTO outbox (chat_id, priority, body_json, kind, status, created_ms,"  # noqa: S608 - the same
            " sent_ms) SELECT 700000 + i % 200, 2, '{}', 'heartbeat', CASE WHEN i % 500 THEN 'sent'"
            " ELSE 'dead' END, ? - i * 1000, ? - i * 1000 + 400 FROM n",
            (MESSAGES, now, now),
        )
        database.execute("COMMIT")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
