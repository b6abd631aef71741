"""Thousands of orders while every fifth call goes wrong, from a seed: what is left must add up."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.fault_desk import FaultDesk, MemoryBook
from tests.support.strict.MetaTrader5._book import Row
from trading.model import OrderType, Position, Side

CODES = (-10000, -10001, -10002, -10003, -10004, -10005, -1)
RETCODES = (10004, 10011, 10012, 10018, 10020, 10021, 10024, 10027, 10031)
READS = ("positions_get", "orders_get", "account_info", "history_orders_get", "history_deals_get")
BATCH = 4
ROUNDS = 14


@dataclass
class Tally:
    """What a run came to."""

    orders: int = 0
    """Intents that were sent: entries and closes."""
    batches: int = 0
    filled: int = 0
    refused: int = 0
    doubles: int = 0
    untold: int = 0
    stuck: int = 0
    sent_blind: int = 0
    late: int = 0
    restarts: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing was doubled, lost, left over or sent blind."""
        return not (self.doubles or self.untold or self.stuck or self.sent_blind)


class Unlucky:
    """Decides by chance what befalls a call."""

    def __init__(self, rng: random.Random, tally: Tally, share: float) -> None:
        self._rng = rng
        self._tally = tally
        self._share = share
        self.is_on = False

    def __call__(self, call: str) -> Row | None:
        if not self.is_on or call not in ("order_send", *READS):
            return None
        if self._rng.random() >= self._share:
            return None
        rule = self._trade() if call == "order_send" else self._read()
        self._tally.faults[f"{'send' if call == 'order_send' else 'read'} {rule['kind']}"] += 1
        return {"call": call, **rule}

    def _read(self) -> Row:
        kind = self._rng.choice(("delay", "hang", "die", "none", "none"))
        return {"kind": kind, "code": self._rng.choice(CODES), "text": "IPC"}

    def _trade(self) -> Row:
        kinds = (
            *("delay", "hang", "die", "none", "retcode", "partial", "late"),
            *("execute_then_hang", "execute_then_die", "execute_then_none"),
        )
        return {
            "kind": self._rng.choice(kinds),
            "code": self._rng.choice(CODES),
            "text": "IPC",
            "retcode": self._rng.choice(RETCODES),
            "seconds": self._rng.choice((1, 4, 12, 60)),
        }


class _UnluckyBook(MemoryBook):
    """Books whose calls go wrong by chance."""

    luck: Unlucky

    def strike(self, call: str) -> Row | None:
        rule = self.luck(call)
        if rule is not None and rule["kind"] in ("delay", "hang", "execute_then_hang"):
            rule["seconds"] = 1.0 if rule["kind"] == "delay" else 600.0
        return rule


async def run(folder: Path, seed: int, orders: int, share: float = 0.2) -> Tally:
    """Trade so many orders under faults and return what they came to."""
    rng, tally = random.Random(seed), Tally()  # noqa: S311 - a test's dice
    desk = FaultDesk(folder)
    book = _UnluckyBook(desk.clock)
    account = {"password": "right", "server": "Strict-Demo", "balance": 1_000_000.0}
    book.set(deal_lag=2.0, accounts={"5001": account})
    book.luck = Unlucky(rng, tally, share)
    desk.book = book
    await desk.ready()
    try:
        while tally.orders < orders:
            await _batch(desk, rng, tally, book.luck)
            (row,) = await desk.rows("SELECT count(*) AS n FROM orders WHERE submitted_ms > 0")
            tally.orders = row["n"]
        await _check(desk, tally)
    finally:
        await desk.drop()
    tally.sent_blind = len(desk.sent_blind)
    return tally


async def _batch(desk: FaultDesk, rng: random.Random, tally: Tally, luck: Unlucky) -> None:
    tally.batches += 1
    refs = [f"{tally.batches}-{number}" for number in range(BATCH)]
    for ref in refs:
        await desk.ingest(ref, **_draft(rng))
    await desk.passes(3)
    with _bad_luck(luck):
        for row in await desk.rows("SELECT id FROM approval WHERE status = 'offered'"):
            await desk.approve(row["id"])
        for number in range(ROUNDS):
            await desk.passes(1, rng.choice((0.3, 1.0, 3.0)))
            if number == ROUNDS // 2:
                await _close_something(desk, rng)
        if rng.random() < 0.1:
            tally.restarts += 1
            await desk.drop()
            await desk.open()
            await desk.passes(3)
    await desk.passes(8, 10.0)
    await desk.settle()
    _flatten(desk)
    await desk.passes(5)


@contextmanager
def _bad_luck(luck: Unlucky) -> Iterator[None]:
    luck.is_on = True
    try:
        yield
    finally:
        luck.is_on = False


def _draft(rng: random.Random) -> dict[str, Any]:
    side = rng.choice((Side.BUY, Side.SELL))
    stop, target = (("1.0800", "1.1200"), ("1.1200", "1.0800"))[side is Side.SELL]
    fields: dict[str, Any] = {
        "side": side,
        "stop_loss": Decimal(stop),
        "take_profits": (Decimal(target),),
        "volume": Decimal("0.02"),
    }
    if rng.random() < 0.25:
        price = Decimal("1.0950" if side is Side.BUY else "1.1050")
        fields |= {"order_type": OrderType.LIMIT, "entry": (price, price)}
    return fields


async def _close_something(desk: FaultDesk, rng: random.Random) -> None:
    """Close one of our positions as the desk does it, by the snapshot it last saw."""
    snapshot, account = desk.loop.snapshot, desk.loop.account
    held: list[Position] = [] if snapshot is None else list(snapshot.positions)
    if held and account is not None:
        await desk.loop.executor.close(account.id, rng.choice(held))


def _flatten(desk: FaultDesk) -> None:
    """Let a person clear the table, so that the next batch has room."""
    for position in desk.held():
        desk.book.do("close", position["ticket"])
    for order in list(desk.book.state["orders"]):
        desk.book.do("cancel", order["ticket"])


async def _check(desk: FaultDesk, tally: Tally) -> None:
    """Hold the database and the messages against the broker's books."""
    await desk.passes(3, 70.0)
    opened = Counter(deal["magic"] for deal in desk.opened())
    tally.doubles = sum(count > 1 for count in opened.values())
    for order in await desk.rows("SELECT * FROM orders WHERE purpose = 'entry'"):
        was_opened = opened[order["client_order_id"]] > 0
        tally.filled += was_opened
        tally.refused += order["status"] in ("rejected", "denied")
        tally.late += was_opened and "late" in order["detail"]
        tally.stuck += order["status"] == "submitted"
        tally.untold += was_opened != (order["status"] == "filled")
        tally.untold += not await _card_agrees(desk, order)
    tally.stuck += len(await desk.rows("SELECT 1 FROM orders WHERE status = 'submitted'"))
    known = {row["ticket"] for row in await desk.rows("SELECT ticket FROM deal")}
    told = {row["topic"] for row in await desk.rows("SELECT topic FROM outbox")}
    for deal in desk.book.state["deals"]:
        tally.untold += deal["ticket"] not in known
        if deal["entry"] == 1:
            tally.untold += f"closed:1:{deal['ticket']}" not in told


async def _card_agrees(desk: FaultDesk, order: Any) -> bool:
    rows = await desk.rows(
        "SELECT body_json FROM outbox WHERE topic = ?", f"approval:{order['approval_id']}"
    )
    shown = json.loads(rows[0]["body_json"])["order"] if rows else None
    return shown is not None and shown["status"] == order["status"] and not shown["unresolved"]
