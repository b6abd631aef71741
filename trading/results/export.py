"""Exports: trades or deals of a span, written page by page so that memory does not grow."""

import asyncio
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from trading.ids import AccountId
from trading.words import told
from trading.work import Finished, Progress, WorkError

LARGEST = 45 * 1024 * 1024
"""Telegram takes documents of a bot up to 50 MB."""


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"


class What(StrEnum):
    TRADES = "trades"
    """Closed round trips, one row each."""
    DEALS = "deals"
    """The broker's deals as they are, deposits among them."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is to be written, from an instant on and before another."""

    account_id: AccountId
    what: What
    form: Format
    since: datetime
    until: datetime


class Place(NamedTuple):
    """Where a page ended: the next begins behind it."""

    at_ms: int
    key: int


class Page(NamedTuple):
    """What was written: how many rows, and where to go on (None: that was all)."""

    rows: int
    after: Place | None


class ExportStore(Protocol):
    """What an export reads; nothing here waits for, or is waited for by, a commit."""

    async def count(self, request: ExportRequest) -> int:
        """Return how many rows there are to write."""

    async def append(self, request: ExportRequest, out: Path, after: Place | None) -> Page:
        """Write the next page behind a place to the end of the file."""


async def export(
    store: ExportStore, request: ExportRequest, name: str, progress: Progress, folder: Path
) -> Finished:
    """Write a file of the request; too large for Telegram, it is zipped or refused."""
    total = await store.count(request)
    if not total:
        raise WorkError(_NOTHING[request.what])
    out = folder / f"{name}.{request.form}"
    after, done = None, 0
    while True:
        page = await store.append(request, out, after)
        after, done = page.after, done + page.rows
        await progress(done, total)
        if after is None:
            break
    if out.stat().st_size > LARGEST:
        out = await asyncio.to_thread(_zip, out)
    if out.stat().st_size > LARGEST:
        raise WorkError(told("The file is too large for Telegram: name a shorter span of dates."))
    return Finished(_rows(request.what, done), file=out)


def _rows(what: What, done: int) -> str:
    count = f"{done:,}"
    if what is What.TRADES:
        return told("1 trade") if done == 1 else told("{count} trades", count=count)
    return told("1 deal") if done == 1 else told("{count} deals", count=count)


_NOTHING = {
    What.TRADES: told("There are no trades in that span."),
    What.DEALS: told("There are no deals in that span."),
}


def _zip(file: Path) -> Path:
    packed = file.with_name(f"{file.name}.zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(file, file.name)
    file.unlink()
    return packed


def dates(words: list[str]) -> tuple[date | None, date | None] | str:
    """Return the first and last day that were written, or the word that is no date."""
    found: list[date] = []
    for word in words:
        try:
            found.append(date.fromisoformat(word))
        except ValueError:
            return word
    return (found[0] if found else None, found[1] if len(found) > 1 else None)
