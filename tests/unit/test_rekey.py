"""Passwords move to a new key all together, or stay where they are."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.keys import open_vault
from bot.rekey_command import rekey
from bot.settings import Settings, SettingsError, load_settings
from bot.vault import new_key
from storage.database import open_database
from storage.store import SqliteStore
from storage.terminals_store import TerminalsStore
from trading.clock import SystemClock
from trading.enrolment import context
from trading.errors import VaultError


def _settings(folder: Path, **keys: str) -> Settings:
    return load_settings(
        {"DATABASE_PATH": str(folder / "desk.db"), **keys}, None, need_telegram=False
    )


async def _enrol(settings: Settings) -> None:
    vault = open_vault(settings)
    assert vault is not None
    async with open_database(settings.database_path) as database:
        store, clock = SqliteStore(database, SystemClock()), SystemClock()
        await store.ensure_owners([7])
        member = await store.member(7)
        assert member is not None
        terminals = TerminalsStore(database, clock)
        await terminals.open_form(member.id, "account", timedelta(minutes=5))
        for login in (1, 2):
            sealed = vault.seal(f"secret-{login}", context(login, "Broker"))
            await terminals.enrol(member, "simulated", (), login, "Broker", sealed)


async def _passwords(settings: Settings) -> list[str]:
    vault = open_vault(settings)
    assert vault is not None
    async with open_database(settings.database_path) as database:
        found = await TerminalsStore(database, SystemClock()).terminals()
        return [
            vault.open(one.sealed, context(one.login, one.server)) for one in found if one.sealed
        ]


def test_every_password_moves_to_the_new_key(tmp_path: Path) -> None:
    import asyncio  # noqa: PLC0415 - rekey runs a loop of its own, so the test cannot be in one

    old, new = new_key(), new_key()
    asyncio.run(_enrol(_settings(tmp_path, ACCOUNTS_KEY=old)))
    assert rekey(_settings(tmp_path, ACCOUNTS_KEY=new, ACCOUNTS_OLD_KEY=old)) == 2
    assert asyncio.run(_passwords(_settings(tmp_path, ACCOUNTS_KEY=new))) == [
        "secret-1",
        "secret-2",
    ]


def test_a_wrong_old_key_changes_nothing(tmp_path: Path) -> None:
    import asyncio  # noqa: PLC0415

    old = new_key()
    asyncio.run(_enrol(_settings(tmp_path, ACCOUNTS_KEY=old)))
    with pytest.raises(VaultError):
        rekey(_settings(tmp_path, ACCOUNTS_KEY=new_key(), ACCOUNTS_OLD_KEY=new_key()))
    assert len(asyncio.run(_passwords(_settings(tmp_path, ACCOUNTS_KEY=old)))) == 2


def test_without_a_key_there_is_nothing_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ACCOUNTS_KEY"):
        rekey(_settings(tmp_path))
