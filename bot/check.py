"""``python -m bot check``: settings, database, terminal, Telegram, a line each; changes nothing."""

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import AsyncIterator

import aiohttp

from bot.settings import Settings
from bot.terminals import terminal_config
from storage.migrate import migrations, version
from trading.clock import SystemClock
from trading.terminal.factory import open_terminal

SETTLE_SECONDS = 1.2
TELEGRAM_SECONDS = 10.0


def main(settings: Settings) -> int:
    """Print how everything is and return 0 when all of it is well, else 1."""
    return asyncio.run(_check(settings))


async def _check(settings: Settings) -> int:
    well = _say("settings", ok=True, words="can be used")
    well &= _say("database", *_database(settings))
    async for name, ok, words in _terminal(settings):
        well &= _say(name, ok, words)
    well &= _say("telegram", *await _telegram(settings))
    return 0 if well else 1


def _say(name: str, ok: bool, words: str) -> bool:
    sys.stdout.write(f"{'ok  ' if ok else 'FAIL'} {name}: {words}\n")
    sys.stdout.flush()
    return ok


def _database(settings: Settings) -> tuple[bool, str]:
    path = settings.database_path
    newest = migrations()[-1][0]
    if not path.exists():
        return True, f"{path} will be made at the first start"
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        ) as db:
            present = version(db)
            (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return False, f"{path} cannot be read: {error}"
    if present > newest:
        return False, f"{path} has schema {present}, this program knows {newest}: upgrade it"
    if verdict != "ok":
        return False, f"{path} is damaged: {verdict}: restore a backup"
    return True, f"{path}, schema {present} of {newest}"


async def _terminal(settings: Settings) -> AsyncIterator[tuple[str, bool, str]]:
    config = terminal_config(settings, settings.database_path, persistent=False)
    try:
        terminal = open_terminal(config, SystemClock())
    except ValueError as error:
        yield "terminal", False, str(error)
        return
    await terminal.start()
    try:
        items = await terminal.readiness()
        if any(item.name == "server_time" and not item.ok for item in items):
            await asyncio.sleep(SETTLE_SECONDS)  # the clock is known once a quote was seen to move
            items = await terminal.readiness()
        for item in items:
            yield f"terminal {item.name}", item.ok, item.words
    finally:
        await terminal.close()


async def _telegram(settings: Settings) -> tuple[bool, str]:
    token = settings.telegram.token.get_secret_value()
    url = f"{settings.telegram.api_url}/bot{token}/getMe"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TELEGRAM_SECONDS)) as session,
            session.post(url) as answer,
        ):
            body = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return False, f"no answer from {settings.telegram.api_url}: {type(error).__name__}"
    if not isinstance(body, dict) or not body.get("ok"):
        said = body.get("description", "") if isinstance(body, dict) else ""
        return False, f"refused: {said or answer.status}"
    return True, f"@{body['result'].get('username', '?')} answers"
