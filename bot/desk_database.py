"""The database of the settings, to write to it: a file that is ours alone, or a server's."""

import contextlib
from collections.abc import AsyncIterator, Callable

from bot.instance import hold
from bot.settings import Settings, SettingsError
from storage.database import Database, open_database

NO_DRIVER = "DATABASE_URL: needs the driver of PostgreSQL: pip install 'tradedesk[postgres]'"

Wait = Callable[[str], contextlib.AbstractAsyncContextManager[None]]
"""What goes on around an instance while the one it names is active."""


@contextlib.asynccontextmanager
async def open_desk_database(
    settings: Settings, make_room: Callable[[], bool] = lambda: False, wait: Wait | None = None
) -> AsyncIterator[Database]:
    """Open the database as the one that writes it; on a server, ``wait`` until it may be.

    Raises ``DatabaseInUse`` where it does not wait; ``make_room`` is for a file on a full disk.
    """
    url = settings.database_url
    if url is None:
        with hold(settings.database_path):
            async with open_database(settings.database_path, make_room) as database:
                yield database
        return
    try:
        from storage.postgres import open_postgres  # noqa: PLC0415 - an extra, and only where used
    except ImportError as error:
        raise SettingsError((NO_DRIVER,)) from error
    # What lies beside a file, a simulated account for one, lies there for a server as well.
    settings.database_path.parent.mkdir(parents=True, exist_ok=True)
    async with open_postgres(url.get_secret_value(), wait) as database:
        yield database
