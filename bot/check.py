"""``python -m bot check``: settings, database, terminals, Telegram; it changes nothing."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator

import aiohttp

from bot.keys import open_vault
from bot.look import how_it_is, looking
from bot.mail.access import look
from bot.settings import Settings
from bot.terminals import member_terminal_config, terminal_config
from storage.terminals import all_of
from trading.clock import SystemClock
from trading.enrolment import MemberTerminal, context
from trading.errors import StoreError, TerminalError, VaultError
from trading.symbols import LIQUID, SymbolBook
from trading.terminal.client import TerminalClient
from trading.terminal.factory import TerminalConfig, open_terminal
from trading.terminal.readiness import ReadinessItem

SETTLE_SECONDS = 3.0
TELEGRAM_SECONDS = 10.0


def main(settings: Settings) -> int:
    """Print how everything is and return 0 when all of it is well, else 1."""
    return asyncio.run(check(settings))


async def check(settings: Settings) -> int:
    """Do what ``main`` promises, in a loop that runs already."""
    well = _say("settings", ok=True, words="can be used")
    well &= _say("database", *how_it_is(settings))
    async for name, ok, words in _terminal(settings):
        well &= _say(name, ok, words)
    well &= _say("telegram", *await _telegram(settings))
    mail = await look(settings)
    if mail is not None:
        well &= _say("mail", *mail)
    return 0 if well else 1


def _say(name: str, ok: bool | None, words: str) -> bool:
    mark = "note" if ok is None else "ok  " if ok else "FAIL"
    sys.stdout.write(f"{mark} {name}: {words}\n")
    sys.stdout.flush()
    return ok is not False


async def _terminal(settings: Settings) -> AsyncIterator[tuple[str, bool | None, str]]:
    """Yield what each account's terminal needs; None is worth knowing and nothing to mend."""
    own = terminal_config(settings, settings.database_path, persistent=False)
    async for line in _readiness("terminal", own):
        yield line
    for row in _members_terminals(settings):
        name = f"terminal of {row.login}"
        vault = open_vault(settings)
        if vault is None or row.sealed is None:
            yield name, False, "ACCOUNTS_KEY is not set, so its password cannot be read"
            continue
        try:
            password = vault.open(row.sealed, context(row.login, row.server))
        except VaultError as error:
            yield name, False, str(error)
            continue
        async for line in _readiness(name, member_terminal_config(settings, row, password)):
            yield line


async def _readiness(
    prefix: str, config: TerminalConfig
) -> AsyncIterator[tuple[str, bool | None, str]]:
    try:
        terminal = open_terminal(config, SystemClock())
    except ValueError as error:
        yield prefix, False, str(error)
        return
    await terminal.start()
    try:
        if terminal.state.up_since is None:
            yield f"{prefix} worker", False, terminal.state.last_error
            return
        async for item in _items(terminal):
            is_known = item.name != "server_time" or item.ok
            yield f"{prefix} {item.name}", item.ok if is_known else None, item.words
    finally:
        await terminal.close()


async def _items(terminal: TerminalClient) -> AsyncIterator[ReadinessItem]:
    """Yield the readiness, after a moment in which a quote may be seen to move."""
    symbols = SymbolBook(terminal, SystemClock())
    try:
        watched = list((await symbols.broker_symbols(LIQUID)).values())
    except TerminalError:
        watched = []  # the reading below says why
    items = await terminal.readiness(watched)
    deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
    while terminal.server_offset is None and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.2)
        items = await terminal.readiness(watched)
    for item in items:
        yield item


def _members_terminals(settings: Settings) -> list[MemberTerminal]:
    if settings.database_url is None and not settings.database_path.exists():
        return []
    try:
        with looking(settings) as connection:
            return all_of(connection)
    except (StoreError, sqlite3.Error):
        return []  # the database's own line says what is wrong with it


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
