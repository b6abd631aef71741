"""A look into the desk's database beside whoever writes it, for commands that change nothing."""

import contextlib
import sqlite3
from collections.abc import Iterator

from bot.desk_database import NO_DRIVER
from bot.settings import Settings, SettingsError
from storage.migrate import migrations, version
from trading.errors import StoreError

NOT_A_FILE = "DATABASE_URL: the server keeps this database; copy it with pg_dump, see docs"


@contextlib.contextmanager
def looking(settings: Settings) -> Iterator[sqlite3.Connection]:
    """Give a connection for the storage functions that read; raise ``StoreError``."""
    if settings.database_url is None:
        address = f"{settings.database_path.resolve().as_uri()}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
                connection.row_factory = sqlite3.Row
                yield connection
        except sqlite3.Error as error:
            raise StoreError(f"{settings.database_path} cannot be read: {error}") from error
        return
    try:
        from storage import postgres  # noqa: PLC0415 - an extra, and only where used
    except ImportError as error:
        raise SettingsError((NO_DRIVER,)) from error
    with postgres.looking(settings.database_url.get_secret_value()) as surface:
        yield surface


def how_it_is(settings: Settings) -> tuple[bool, str]:
    """Tell whether the database can be used, and in words how it is."""
    newest = migrations()[-1][0]
    path = settings.database_path
    if settings.database_url is None and not path.exists():
        return True, f"{path} will be made at the first start"
    try:
        with looking(settings) as connection:
            if settings.database_url is not None:
                from storage.postgres import about  # noqa: PLC0415

                name, present, verdict = about(connection)
            else:
                name, present = str(path), version(connection)
                (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except StoreError as error:
        return False, str(error)
    if present > newest:
        return False, f"{name} has schema {present}, this program knows {newest}: upgrade it"
    if verdict != "ok":
        return False, f"{name} is damaged: {verdict}: restore a backup"
    return True, f"{name}, schema {present} of {newest}"


def only_a_file(settings: Settings) -> None:
    """Raise ``SettingsError`` where the database is no file of this machine."""
    if settings.database_url is not None:
        raise SettingsError((NOT_A_FILE,))
