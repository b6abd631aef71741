"""What the commands say and refuse when the database is a server's."""

import asyncio
from io import StringIO
from pathlib import Path

import pytest

from bot.cases_command import write_cases
from bot.look import how_it_is, only_a_file
from bot.rekey_command import rekey
from bot.settings import Settings, SettingsError, load_settings
from bot.vault import new_key
from storage.migrate import migrations
from storage.postgres import open_postgres
from tests.support import postgres_server
from trading.errors import DatabaseInUse

needs_server = pytest.mark.skipif(postgres_server.why_not() != "", reason=postgres_server.why_not())
URL = "postgresql://desk:s3cr%2Fet@db.example/desk"


def settings(url: str, **more: str) -> Settings:
    return load_settings({"DATABASE_URL": url, **more}, None, need_telegram=False)


@needs_server
async def test_the_check_looks_beside_whoever_writes(tmp_path: Path) -> None:
    one = settings(postgres_server.fresh(tmp_path))
    newest = migrations()[-1][0]
    async with open_postgres(postgres_server.dsn(tmp_path)) as database:
        well, words = how_it_is(one)
        assert (well, words.endswith(f"schema {newest} of {newest}")) == (True, True)
        assert "on PostgreSQL" in words
        out = StringIO()
        write_cases(one, out)
        assert out.getvalue() == ""
        await database.run(lambda db: db.execute("UPDATE desk_right SET version = 9999"))
        well, words = how_it_is(one)
        assert (well, "has schema 9999" in words) == (False, True)


@needs_server
async def test_passwords_are_not_sealed_anew_beside_a_running_bot(tmp_path: Path) -> None:
    one = settings(postgres_server.fresh(tmp_path), ACCOUNTS_KEY=new_key())
    async with open_postgres(postgres_server.dsn(tmp_path)):
        with pytest.raises(DatabaseInUse, match="is in use by"):
            await asyncio.to_thread(rekey, one)
    assert await asyncio.to_thread(rekey, one) == 0


def test_copies_are_the_servers_own() -> None:
    with pytest.raises(SettingsError, match="pg_dump"):
        only_a_file(settings(URL))


def test_a_server_that_is_not_there_is_told_without_its_password() -> None:
    well, words = how_it_is(settings("postgresql://desk:s3cret@127.0.0.1:1/desk"))
    assert not well
    assert "s3cret" not in words


def test_the_address_and_its_password_are_secrets() -> None:
    assert {URL, "s3cr/et"} <= set(settings(URL).secrets())
    with pytest.raises(SettingsError, match="must begin with postgresql://") as caught:
        settings("mysql://desk:s3cret@db/desk")
    assert "s3cret" not in str(caught.value)
