"""Kill -9 at random moments under full load, and what is left: ``python -m tests.bench.chaos``.

Signals come in over HTTP, a person taps (and taps twice), prices fall through the cap again and
again, the terminal delays, loses answers, books late and dies, the Bot API answers 429 and 5xx,
cuts connections before and after it acts, and brings updates twice; meanwhile the desk is killed.
Broker and chat outlive it. At the end everything is left in peace, and the books are compared.

A run is bounded by ``--kills`` and ``--seconds``. With ``--folder`` it can be stopped and taken up
again: the counts go on, over the same database, the same broker and the same books.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import aiohttp

from bot.sandbox import Person, Sandbox
from bot.sandbox.chats import ChatMessage
from bot.signal_command import PATH, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from handlers.callbacks import Decide
from storage.nightly import check
from tests.bench.chaos_books import Tap, verdict
from tests.support import nursery
from tests.support.chat_desk import OWNER, SECRET, environment
from tests.support.process_desk import Nursery
from tests.support.simulated_desk import Row
from trading.clock import SystemClock, to_ms
from trading.terminal.simulated import admin

SETTLE = 2.0
QUIET_SECONDS = 60.0
ENOUGH = 4
"""Positions after which the owner wants everything closed."""
CALM, DIP = 15.0, 4.0
"""Seconds of calm prices, then of a fall through the cap, again and again."""


def prices(seconds: int = 14_400) -> list[Row]:
    """Return quotes that flicker, and fall by 110 pips for a while, again and again."""
    rows: list[Row] = []
    for quarter in range(seconds * 4):
        at = quarter / 4
        falls = at % (CALM + DIP) >= CALM
        base = "1.0890" if falls else "1.1000"
        rows.append((at, "EURUSD", f"{base}{quarter % 2}", f"{base[:-1]}1{quarter % 2}"))
    return rows


@dataclass
class Counts:
    """What happened so far; kept in the folder."""

    seed: int
    kills: int = 0
    in_flight: int = 0
    """Kills that found an order sent and not answered."""
    undelivered: int = 0
    """Kills that found a message not sent yet."""
    workers: int = 0
    """Kills that took the terminal's worker along."""
    lives_ready: int = 0
    ready_ms: list[float] = field(default_factory=list)
    signals: int = 0
    taps: int = 0
    redelivered: int = 0
    api_faults: int = 0
    resumes: int = 0


class Chaos:
    """The load, the faults and the kills of one run."""

    def __init__(self, folder: Path, counts: Counts, sandbox: Sandbox, bots: Nursery) -> None:
        self.folder, self.counts, self.sandbox, self.bots = folder, counts, sandbox, bots
        self.dice = random.Random(f"{counts.seed}:{counts.kills}")  # noqa: S311 - a test's dice
        self.settings = environment(
            folder,
            sandbox.url,
            prices(),
            DRAWDOWN_MAX_PERCENT="6",
            RISK_MAX_OPEN_POSITIONS="500",
            SIGNAL_TTL_SECONDS="40",
            HEARTBEAT_INTERVAL_SECONDS="2",
            LOG_FORMAT="json",
            LOG_LEVEL="WARNING",
            HTTP_PORT=str(lasting_port(self.dice)),
        )
        self.database = Path(self.settings["DATABASE_PATH"])
        self.life = {
            "env": self.settings
            | {"SIMULATED_FAULTS": str(folder / "faults.json"), "SIMULATED_COMMISSION": "0"},
            "log": str(folder / "desk.log"),
            # The simulated broker is late by less than a second: its settle time is scaled too.
            "settle": SETTLE,
        }
        self.owner: Person = sandbox.person(OWNER, "Olga")
        self.taps: dict[int, Tap] = {}
        """Approval to the decision that was tapped first, and when."""
        self.is_calm = False

    # --- load ----------------------------------------------------------------------------

    async def post_signals(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as session:
            while not self.is_calm:
                self.counts.signals += 1
                await self._post(session, f"{self.counts.seed}-{self.counts.signals}")
                await asyncio.sleep(self.dice.uniform(0.1, 0.6))

    async def _post(self, session: aiohttp.ClientSession, ref: str) -> None:
        """Post until it is answered 2xx: the key makes a repetition harmless."""
        body = json.dumps(
            {
                "source": "chaos", "ref": ref, "symbol": "EURUSD", "side": "buy",
                "type": "market", "stop_loss": "1.0880", "take_profits": ["1.2000"],
                "volume": "0.05",
            }
        ).encode()  # fmt: skip
        url = f"http://127.0.0.1:{self.settings['HTTP_PORT']}{PATH}"
        while not self.is_calm:
            stamp = str(int(SystemClock().now().timestamp()))
            headers = {
                "Content-Type": "application/json",
                TIMESTAMP_HEADER: stamp,
                SIGNATURE_HEADER: sign(SECRET, stamp, body),
            }
            try:
                async with session.post(url, data=body, headers=headers) as answer:
                    if answer.status < 300:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.1)

    async def tap_cards(self, group: asyncio.TaskGroup) -> None:
        while not self.is_calm:
            for message in self.owner.messages[-60:]:
                approval = asks_for(message)
                if approval is not None and approval not in self.taps:
                    self._tap(group, message, approval)
            self._tap_unseen(group)
            await asyncio.sleep(0.05)

    def _tap_unseen(self, group: asyncio.TaskGroup) -> None:
        """Tap what a slow chat has not shown yet, as another member's phone may have."""
        found = self._ask(
            "SELECT id FROM approval WHERE status = 'offered' AND proposal_json IS NOT NULL"
            " ORDER BY id DESC"
        )
        standing = [message for message in self.owner.messages if message.from_bot]
        if found and standing and (approval := int(str(found[0][0]))) not in self.taps:
            self._tap(group, standing[-1], approval)

    def _tap(self, group: asyncio.TaskGroup, message: ChatMessage, approval: int) -> None:
        label = "Approve" if self.dice.random() < 0.9 else "Reject"
        self.taps[approval] = (label.lower(), to_ms(SystemClock().now()))
        for _ in range(2 if self.dice.random() < 0.2 else 1):
            self.counts.taps += 1
            data = Decide(approval_id=approval, decision=label.lower()).pack()
            group.create_task(self._tapped(message, data))

    async def _tapped(self, message: ChatMessage, data: str) -> None:
        await self.owner.taps_data(message, data, 3)

    async def be_the_owner(self) -> None:
        """Tighten the cap or press panic once enough is open; lift the latch, pay the losses."""
        while not self.is_calm:
            await asyncio.sleep(0.7)
            with contextlib.suppress(AssertionError):
                await self._own()

    async def _own(self) -> None:
        if self._ask(
            "SELECT 1 FROM account WHERE trading_state = 'halted' AND flatten_asked_ms IS NULL"
        ):
            admin.deposit(self.database.with_suffix(".simulated"), "300")
            await self._confirmed("/resume")
            self.counts.resumes += 1
        elif self._opened() == 0 and self._ask(
            "SELECT 1 FROM cap WHERE active = 1 AND kind = 'static'"
            " AND json_extract(body_json, '$.size') = '1'"
        ):
            await self._confirmed("/cap 6")
        elif self._opened() >= ENOUGH:
            if self.dice.random() < 0.5:
                await self._confirmed("/panic")
            else:
                await self.owner.sends("/cap 1")

    async def _confirmed(self, words: str) -> None:
        sent = await self.owner.sends(words)
        for _ in range(40):
            for message in self.owner.messages:
                labels = [label for row in message.buttons for label in row]
                if message.message_id > sent.message_id and "✅ Confirm" in labels:
                    await self.owner.taps(message, "Confirm", 2)
                    return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{words} was not answered")

    def _opened(self) -> int:
        """Return how many entries were filled since the last latch."""
        found = self._ask(
            "SELECT count(*) FROM orders WHERE purpose = 'entry' AND status = 'filled'"
            " AND finished_ms > (SELECT coalesce(max(at_ms), 0) FROM breach)"
        )
        return int(str(found[0][0])) if found else 0

    # --- faults --------------------------------------------------------------------------

    async def bot_api_faults(self) -> None:
        faults = self.sandbox.faults
        methods = ("sendMessage", "editMessageText", "answerCallbackQuery", "getUpdates")
        while not self.is_calm:
            await asyncio.sleep(self.dice.uniform(0.3, 1.5))
            faults.clear()  # or what no call has met yet would pile up to an outage without end
            self.counts.api_faults += 1
            method, kind = self.dice.choice(methods), self.dice.randrange(8)
            if kind == 0:
                faults.fail_next(method, status=429, retry_after=1)
            elif kind in {1, 2}:
                faults.fail_next(method, self.dice.randrange(1, 4), status=502)
            elif kind == 3:
                faults.drop_before(method)
            elif kind == 4:
                faults.drop_after(method)
            elif kind == 5:
                self.counts.redelivered += faults.redeliver(self.dice.randrange(1, 4))
            elif kind == 6:
                faults.duplicate_next_update()
            else:
                faults.outage = True
                await asyncio.sleep(self.dice.uniform(0.1, 0.8))
                faults.outage = False

    def terminal_faults(self) -> None:
        """Put this life's faults in force: always slow, now and then worse."""
        kinds = (
            {"kind": "none", "code": -10004}, {"kind": "execute_then_none"}, {"kind": "die"},
            {"kind": "execute_then_die"}, {"kind": "late_book", "seconds": 0.5},
            {"kind": "requote"},
        )  # fmt: skip
        worse = {
            **self.dice.choice(kinds), "call": "order_send", "times": 1,
            "after": self.dice.randrange(4), "id": f"k{self.counts.kills}",
        }  # fmt: skip
        slow = {"kind": "delay", "call": "order_send", "seconds": self.dice.uniform(0.1, 0.8)}
        self._write_faults([worse, slow] if self.dice.random() < 0.5 else [slow])

    def _write_faults(self, rules: list[dict[str, object]]) -> None:
        fresh = self.folder / "faults.new"
        fresh.write_text(json.dumps(rules))
        fresh.replace(self.folder / "faults.json")

    # --- lives ---------------------------------------------------------------------------

    async def one_life(self) -> None:
        """Start the desk, let it live a while, kill it at a moment nobody chose."""
        self.terminal_faults()
        pid = await self.bots.start(**self.life)
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            life = group.create_task(self.bots.wait(pid))
            await self._live(pid, began, life)
        self.counts.kills += 1

    async def _live(self, pid: int, began: float, life: asyncio.Task[int]) -> None:
        early = self.dice.random() < 0.15
        if early:
            await asyncio.sleep(self.dice.uniform(0.0, 0.8))
        elif await self._is_ready(began, life):
            long = self.dice.random() < 0.15
            await asyncio.sleep(
                self.dice.uniform(SETTLE, SETTLE * 2.5) if long else self.dice.uniform(0, 1.2)
            )
        if life.done():
            raise RuntimeError(f"the desk ended by itself: see {self.folder / 'desk.log'}")
        self._count_state()
        workers = _children(pid) if self.dice.random() < 0.4 else []
        for one in (pid, *workers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self.counts.workers += bool(workers)

    async def _is_ready(self, began: float, life: asyncio.Task[int]) -> bool:
        url = f"http://127.0.0.1:{self.settings['HTTP_PORT']}/health/ready"
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as session:
            while time.monotonic() - began < 6 and not life.done():
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(url) as answer:
                        if answer.status == 200:
                            self.counts.lives_ready += 1
                            self.counts.ready_ms.append((time.monotonic() - began) * 1000)
                            return True
                await asyncio.sleep(0.02)
        return False

    def _count_state(self) -> None:
        self.counts.in_flight += bool(self._ask("SELECT 1 FROM orders WHERE status = 'submitted'"))
        self.counts.undelivered += bool(
            self._ask("SELECT 1 FROM outbox WHERE status IN ('ready', 'sending')")
        )

    def _ask(self, sql: str) -> list[tuple[object, ...]]:
        try:
            with contextlib.closing(
                sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
            ) as db:
                return db.execute(f"{sql} LIMIT 1").fetchall()
        except sqlite3.Error:
            return []

    async def rest(self) -> None:
        """Leave a last life in peace until nothing is in flight and everything is said."""
        self.is_calm = True
        self.sandbox.faults.clear()
        self._write_faults([])
        pid = await self.bots.start(**self.life)
        ended = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < ended:
            await asyncio.sleep(0.5)
            busy = self._ask(
                "SELECT 1 FROM orders WHERE status = 'submitted' UNION ALL"
                " SELECT 1 FROM outbox WHERE status IN ('ready', 'sending') AND priority < 3"
                " UNION ALL SELECT 1 FROM account WHERE flatten_asked_ms IS NOT NULL UNION ALL"
                " SELECT 1 FROM approval WHERE status IN ('offered', 'approved')"
            )
            if not busy and not self.sandbox.pending_updates:
                break
        os.kill(pid, signal.SIGTERM)
        await self.bots.wait(pid)


def lasting_port(dice: random.Random) -> int:
    """Return a port that no outgoing connection takes between two lives of the desk."""
    while True:
        port = dice.randrange(15_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def asks_for(message: ChatMessage) -> int | None:
    """Return the approval that a card's Approve button stands for."""
    if not message.from_bot or not message.buttons:
        return None
    with contextlib.suppress(AssertionError, ValueError, TypeError):
        data = str(message.button("Approve").get("callback_data", ""))
        return Decide.unpack(data).approval_id
    return None


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [int(one) for one in path.read_text().split()]
    except OSError:
        return []


@contextlib.asynccontextmanager
async def loaded(chaos: Chaos) -> AsyncIterator[None]:
    """Keep the load and the faults going until the block ends."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(one)
            for one in (
                chaos.post_signals(),
                chaos.tap_cards(group),
                chaos.be_the_owner(),
                chaos.bot_api_faults(),
            )
        ]
        yield
        for task in tasks:
            task.cancel()
        await chaos.rest()


async def run(folder: Path, kills: int, seconds: float, seed: int) -> int:
    """Kill so often or so long; print the counts and what is wrong; 0 when nothing is."""
    state = folder / "chaos.json"
    counts = Counts(**json.loads(state.read_text())) if state.exists() else Counts(seed)
    ends = time.monotonic() + seconds
    began_ms = to_ms(SystemClock().now())
    async with Sandbox() as sandbox, Nursery() as bots:
        chaos = Chaos(folder, counts, sandbox, bots)
        taps = folder / "taps.json"
        if taps.exists():
            known = json.loads(taps.read_text())
            chaos.taps = {int(key): (words, at) for key, (words, at) in known.items()}
        async with loaded(chaos):
            while counts.kills < kills and time.monotonic() < ends:
                await chaos.one_life()
                if counts.kills % 25 == 0:
                    sys.stdout.write(f"{counts.kills} kills, {counts.in_flight} in flight\n")
                    sys.stdout.flush()
        wrong = verdict(chaos.database, chaos.taps, sandbox, OWNER, began_ms)
        damage = check(chaos.database)
        state.write_text(json.dumps(asdict(counts)))
        taps.write_text(json.dumps(chaos.taps))
    return report(counts, {**wrong, "damage": [] if damage == "ok" else [damage]}, chaos.database)


def report(counts: Counts, wrong: dict[str, list[str]], database: Path) -> int:
    """Print the run's counts and findings as JSON and words."""
    ready = sorted(counts.ready_ms)
    with contextlib.closing(sqlite3.connect(database)) as db:
        ends = dict(db.execute("SELECT status, count(*) FROM orders GROUP BY status").fetchall())
        (breaches,) = db.execute("SELECT count(*) FROM breach").fetchone()
    figures = {
        **{key: value for key, value in asdict(counts).items() if key != "ready_ms"},
        "orders": ends,
        "breaches": breaches,
        "ready_ms_p50": round(ready[len(ready) // 2]) if ready else None,
        "ready_ms_p95": round(ready[len(ready) * 95 // 100]) if ready else None,
        "wrong": {name: len(found) for name, found in wrong.items()},
    }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    for name, found in wrong.items():
        sys.stdout.writelines(f"{name}: {one}\n" for one in found[:10])
    return 1 if any(wrong.values()) else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep everything here, and go on from it")
    options, _ = parser.parse_known_args()
    with nursery.opened(), tempfile.TemporaryDirectory(prefix="desk-chaos-") as name:
        folder = options.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        return asyncio.run(run(folder, options.kills, options.seconds, options.seed))


if __name__ == "__main__":
    sys.exit(main())
