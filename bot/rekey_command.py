"""Moves every sealed password to the present key, all or none, while the desk is stopped."""

import asyncio

from bot.desk_database import open_desk_database
from bot.keys import open_vault
from bot.settings import Settings, SettingsError
from storage import terminals
from trading.clock import SystemClock
from trading.enrolment import context


def rekey(settings: Settings) -> int:
    """Seal every password under ACCOUNTS_KEY, opening it with that or the old key."""
    vault = open_vault(settings)
    if vault is None:
        raise SettingsError(("ACCOUNTS_KEY: is required: python -m bot key prints a new one",))

    def again(sealed: bytes, login: int, server: str) -> bytes:
        bound = context(login, server)
        return vault.seal(vault.open(sealed, bound), bound)

    async def run() -> int:
        async with open_desk_database(settings) as database:
            return await database.run(terminals.reseal, again, SystemClock().now())

    return asyncio.run(run())
