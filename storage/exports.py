"""Rows for an export, appended to its file page by page on a reader's thread."""

import csv
import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC
from pathlib import Path

from storage.base import StoreBase
from trading.clock import from_ms, to_ms
from trading.results.export import ExportRequest, Format, Page, Place, What

PAGE = 1_000
"""Rows read and written in one go: some 20 ms, in which nothing else is held up."""

_TRADE_COLUMNS = (
    "position_id, leg, symbol, side, opened_ms, closed_ms, volume_out AS volume, price_in,"
    " price_out, profit, swap, commission, fee, net, risk, r, slippage, source, reason,"
    " signal_id, order_id"
)
_DEAL_COLUMNS = (
    "ticket, order_ticket, position_id, deal_type, entry, symbol, volume, price, profit, swap,"
    " commission, fee, reason, magic, comment, at_ms"
)
_SOURCES = {
    What.TRADES: ("trade", "closed_ms", "id", _TRADE_COLUMNS),
    What.DEALS: ("deal", "at_ms", "ticket", _DEAL_COLUMNS),
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WORDS = frozenset({"symbol", "source", "reason", "comment"})


def count(connection: sqlite3.Connection, request: ExportRequest) -> int:
    """Return how many rows an export has."""
    table, at, _, _ = _SOURCES[request.what]
    (number,) = connection.execute(
        f"SELECT count(*) FROM {table} WHERE account_id = ? AND {at} >= ? AND {at} < ?",  # noqa: S608 - our own names
        (request.account_id, to_ms(request.since), to_ms(request.until)),
    ).fetchone()
    return int(number)


def append(
    connection: sqlite3.Connection, request: ExportRequest, out: Path, after: Place | None
) -> Page:
    """Write the page behind a place to the end of the file."""
    table, at, key, columns = _SOURCES[request.what]
    start = after or Place(to_ms(request.since), -1)
    rows = connection.execute(
        f"SELECT {at} AS page_at, {key} AS page_key, {columns} FROM {table}"  # noqa: S608 - the same
        f" WHERE account_id = ? AND {at} < ? AND ({at}, {key}) > (?, ?)"
        f" ORDER BY {at}, {key} LIMIT ?",
        (request.account_id, to_ms(request.until), *start, PAGE),
    ).fetchall()
    is_last = len(rows) < PAGE
    with out.open("a", encoding="utf-8", newline="") as file:
        if request.form is Format.CSV:
            writer = csv.writer(file)
            if after is None:
                writer.writerow(_names(rows[0].keys() if rows else ()))
            writer.writerows(map(_csv_values, rows))
        else:
            file.write("[\n" if after is None else "")
            lines = (json.dumps(_json_object(row), ensure_ascii=False) for row in rows)
            file.write(",\n" if after is not None and rows else "")
            file.write(",\n".join(lines))
            file.write("\n]\n" if is_last else "")
    end = None if is_last else Place(rows[-1]["page_at"], rows[-1]["page_key"])
    return Page(len(rows), end)


def _names(columns: Iterable[str]) -> list[str]:
    return [name.removesuffix("_ms") if name.endswith("_ms") else name for name in columns][2:]


def _csv_values(row: sqlite3.Row) -> list[object]:
    return [
        _no_formula(value) if name in _WORDS else _plain(name, value)
        for name, value in zip(row.keys()[2:], tuple(row)[2:], strict=True)
    ]


def _json_object(row: sqlite3.Row) -> dict[str, object]:
    names: Sequence[str] = row.keys()[2:]
    plain = [_plain(name, value) for name, value in zip(names, tuple(row)[2:], strict=True)]
    return dict(zip(_names(row.keys()), plain, strict=True))


def _plain(name: str, value: object) -> object:
    """Return an amount as the exact text it is kept as, and an instant in ISO 8601."""
    if name.endswith("_ms") and isinstance(value, int):
        return from_ms(value).astimezone(UTC).isoformat(timespec="milliseconds")
    return value


def _no_formula(value: object) -> object:
    """A broker's or a stranger's words must not run in anyone's spreadsheet."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


class ExportStore(StoreBase):
    """Implements ``trading.results.export.ExportStore``."""

    async def count(self, request: ExportRequest) -> int:
        return await self._aside(count, request)

    async def append(self, request: ExportRequest, out: Path, after: Place | None) -> Page:
        return await self._aside(append, request, out, after)
