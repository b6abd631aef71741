"""The three sets of books after a chaos run: database, broker and chat must tell one story."""

import contextlib
import json
import sqlite3
from collections import Counter
from pathlib import Path

from bot.sandbox import Sandbox
from handlers.cards import render
from storage.rows import decode
from trading.clock import SystemClock
from trading.ids import is_ours
from trading.notices import Notice
from trading.terminal.simulated.broker import Broker

Tap = tuple[str, int]
"""What was tapped first on a card, and when, in milliseconds."""
IN_TIME_MS = 25_000
"""A tap so long before its signal's end has been handled before it, whatever was killed."""
_DONE = {"denied", "filled", "rejected", "canceled", "expired"}


def verdict(
    database: Path, taps: dict[int, Tap], sandbox: Sandbox, owner: int, since_ms: int
) -> dict[str, list[str]]:
    """Return what is wrong, by kind; every list is empty after a good run.

    ``since_ms`` is when this sandbox's chat began: cards of an earlier run went with its own.
    """
    with contextlib.closing(sqlite3.connect(database)) as db:
        db.row_factory = sqlite3.Row
        opened, positions = _broker(database)
        return {
            "double orders": _doubles(opened),
            "orders unlike the broker's": _unlike(db, opened),
            "orders without an end": _endless(db),
            "lost decisions": _lost(db, taps),
            "approvals without their one order": _orderless(db),
            "critical messages not delivered": _unsaid(db),
            "cards that do not show the truth": _untrue(db, sandbox, owner, since_ms),
            "latched accounts with positions": _latched(db, positions),
        }


def _broker(database: Path) -> tuple[Counter[int], list[int]]:
    """Return how often each of our ids opened a position, and the ids of what is open."""
    broker = Broker({"SIMULATED_ACCOUNT_FILE": str(database.with_suffix(".simulated"))})
    broker.initialize()
    deals = broker.history_deals_get(0, 4_000_000_000) or ()
    orders = {deal.order: deal.magic for deal in deals if deal.type in (0, 1) and deal.entry == 0}
    found: Counter[int] = Counter(orders.values())
    return found, [one.magic for one in broker.positions_get() or ()]


def _doubles(opened: Counter[int]) -> list[str]:
    return [f"id {magic} was opened {count} times" for magic, count in opened.items() if count > 1]


def _unlike(db: sqlite3.Connection, opened: Counter[int]) -> list[str]:
    wrong, known = [], set()
    for row in db.execute("SELECT * FROM orders WHERE purpose = 'entry'"):
        known.add(row["client_order_id"])
        is_open = bool(opened.get(row["client_order_id"]))
        if is_open != (row["status"] == "filled"):
            wrong.append(f"order {row['id']} is {row['status']}, opened at the broker: {is_open}")
    strangers = [magic for magic in opened if is_ours(magic) and magic not in known]
    return wrong + [f"the broker opened {magic}, nobody here asked for it" for magic in strangers]


def _endless(db: sqlite3.Connection) -> list[str]:
    return [
        f"order {row['id']} is still {row['status']}"
        for row in db.execute("SELECT * FROM orders")
        if row["status"] not in _DONE
    ]


def _lost(db: sqlite3.Connection, taps: dict[int, Tap]) -> list[str]:
    """A tap counts unless its approval ended before it came: canceled, or expired just then."""
    rows = {row["id"]: row for row in db.execute("SELECT id, status, expires_ms FROM approval")}
    fits = {"approve": {"approved", "ordered"}, "reject": {"rejected"}}
    wrong = []
    for approval, (decision, at) in taps.items():
        row = rows.get(approval)
        status = None if row is None else row["status"]
        late = row is not None and row["expires_ms"] - at < IN_TIME_MS
        if status in fits[decision] or status == "canceled" or (status == "expired" and late):
            continue
        wrong.append(f"approval {approval} was tapped {decision} and is {status}")
    return wrong


def _orderless(db: sqlite3.Connection) -> list[str]:
    rows = db.execute(
        "SELECT a.id, a.status, count(o.id) AS orders FROM approval a LEFT JOIN orders o"
        " ON o.approval_id = a.id GROUP BY a.id"
    )
    return [
        f"approval {row['id']} is {row['status']} and has {row['orders']} orders"
        for row in rows
        if row["orders"] != (1 if row["status"] == "ordered" else 0)
    ]


def _unsaid(db: sqlite3.Connection) -> list[str]:
    rows = db.execute(
        "SELECT id, topic, status FROM outbox WHERE priority = 0 AND (status <> 'sent'"
        " OR sent_revision < revision)"
    )
    return [f"message {row['id']} ({row['topic']}) is {row['status']}" for row in rows]


def _untrue(db: sqlite3.Connection, sandbox: Sandbox, owner: int, since_ms: int) -> list[str]:
    """Compare each card's standing text with what its row would be rendered as, line one."""
    chat, now, wrong = sandbox.chats[owner], SystemClock().now(), []
    rows = db.execute(
        "SELECT * FROM outbox WHERE chat_id = ? AND message_id IS NOT NULL"
        " AND topic LIKE 'approval:%' AND created_ms >= ?",
        (owner, since_ms),
    )
    for row in rows:
        message = chat.find(row["message_id"])
        if message is None:  # an earlier run's chat, gone with its sandbox
            continue
        notice: Notice = decode(Notice, row["body_json"])  # type: ignore[arg-type]  # a union
        wanted = _first_line(render(notice, now).text)
        if wanted != _first_line(message.text):
            wrong.append(f"{row['topic']} shows {_first_line(message.text)!r}, not {wanted!r}")
        if message.buttons and json.loads(row["body_json"])["status"] != "offered":
            wrong.append(f"{row['topic']} still has its buttons")
    return wrong


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    for tag in ("<b>", "</b>", "<i>", "</i>", "<s>", "</s>"):
        line = line.replace(tag, "")
    return line


def _latched(db: sqlite3.Connection, positions: list[int]) -> list[str]:
    halted = db.execute("SELECT count(*) FROM account WHERE trading_state = 'halted'").fetchone()[0]
    ours = [magic for magic in positions if is_ours(magic)]
    return [f"{len(ours)} positions are open on a halted account"] if halted and ours else []
