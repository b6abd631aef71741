"""The card of an update to signals: what it asks for, and what became of each thing it asked."""

import json
import sqlite3
from datetime import datetime

from storage import cards, outbox
from storage.rows import decode
from trading.amending import Option
from trading.clock import from_ms
from trading.ids import AccountId
from trading.notices import Priority
from trading.parser import SignalUpdate
from trading.positions.model import WishLine
from trading.source_notices import UpdateCard, UpdateOption

_CAUSE = "update:"


def cause(amendment_id: int) -> str:
    """Return how a wish says which update it carries out."""
    return f"{_CAUSE}{amendment_id}"


def changed(connection: sqlite3.Connection, wish: sqlite3.Row, now: datetime) -> None:
    """Tell what became of a wish, where an update made it: on its card and on its signal's."""
    if not wish["cause"].startswith(_CAUSE):
        return
    show(connection, int(wish["cause"].removeprefix(_CAUSE)), now)
    approval = cards.of_trade(connection, AccountId(wish["account_id"]), wish["target"])
    if approval is not None:
        cards.refresh(connection, approval, now)


def options(row: sqlite3.Row) -> tuple[Option, ...]:
    """Return the trades an update may be about."""
    return tuple(Option(**one) for one in json.loads(row["options_json"]))


def show(connection: sqlite3.Connection, amendment_id: int, now: datetime) -> None:
    """Make every copy of an update's card say what is true now."""
    row = connection.execute(
        "SELECT m.*, s.name AS source, p.name AS by FROM amendment m"
        " JOIN source s ON s.id = m.source_id LEFT JOIN member p ON p.id = m.member_id"
        " WHERE m.id = ?",
        (amendment_id,),
    ).fetchone()
    update = decode(SignalUpdate, row["update_json"])
    card = UpdateCard(
        amendment_id=amendment_id,
        source=row["source"],
        text=row["text"],
        kinds=tuple(kind.value for kind in update.kinds),
        options=tuple(UpdateOption(o.signal_id, o.label, o.words) for o in options(row)),
        status=row["status"],
        by=row["by"],
        expires_at=from_ms(row["expires_ms"]),
        lines=_lines(connection, amendment_id),
    )
    chats = {
        chat
        for account in json.loads(row["accounts_json"])
        for chat in outbox.chats(connection, AccountId(account))
    }
    outbox.post(
        connection, sorted(chats), card, Priority.DECISION, now, topic=f"update:{amendment_id}"
    )


def _lines(connection: sqlite3.Connection, amendment_id: int) -> tuple[WishLine, ...]:
    found = connection.execute(
        "SELECT w.*, o.average_price, o.filled_volume, o.unresolved_ms FROM wish w"
        " LEFT JOIN orders o ON o.id = w.order_id WHERE w.cause = ? ORDER BY w.id",
        (cause(amendment_id),),
    ).fetchall()
    return tuple(cards.wish_line(row) for row in found)
