"""Moves a desk from its file to the server of DATABASE_URL, once, while it is stopped."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

from bot.desk_database import open_desk_database
from bot.instance import hold
from bot.settings import Settings, SettingsError
from storage.database import connect_read_only, prepare
from storage.moving import carry


def move(settings: Settings) -> tuple[dict[str, int], Path]:
    """Copy everything, set the file aside; return the rows of each table and the file's new name.

    Nothing is set aside before all of it is on the server, and with the file set aside nobody
    goes on trading from it by mistake.
    """
    path = settings.database_path
    if settings.database_url is None:
        raise SettingsError(("DATABASE_URL: is required: it names the server to move to",))
    if not path.exists():
        raise SettingsError((f"DATABASE_PATH: {path} is not there: there is nothing to move",))
    aside = path.with_name(f"{path.name}.moved")
    if aside.exists():
        raise SettingsError((f"{aside} is there from a move before: put it elsewhere first",))
    with hold(path):
        prepare(path)
        with contextlib.closing(connect_read_only(path, 0)) as source:
            counts = asyncio.run(_carry(settings, source))
        path.rename(aside)
    return counts, aside


async def _carry(settings: Settings, source: sqlite3.Connection) -> dict[str, int]:
    async with open_desk_database(settings) as database:
        return await database.run(carry, source)
