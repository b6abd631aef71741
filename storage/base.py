"""What every store shares: one call is one transaction, and a commit may have said something."""

from collections.abc import Callable
from datetime import datetime
from sqlite3 import Connection
from typing import Concatenate, ParamSpec, TypeVar

from storage.database import Database
from trading.clock import Clock

P = ParamSpec("P")
T = TypeVar("T")


class StoreBase:
    """A concern's methods over the one database; each runs a plain function in one hop."""

    def __init__(
        self, database: Database, clock: Clock, said: Callable[[], None] = lambda: None
    ) -> None:
        self._database = database
        self._clock = clock
        self._said = said
        """Called after a commit that may have written a message."""

    async def _read(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._database.run(function, *args, **kwargs)

    async def _glance(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Read a few rows by index without a hop; see ``Database.glance``."""
        return await self._database.glance(function, *args, **kwargs)

    async def _aside(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Read what may take long, on a thread of its own; see ``Database.aside``."""
        return await self._database.aside(function, *args, **kwargs)

    async def _write(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        result = await self._database.run(function, *args, **kwargs)
        self._said()
        return result

    def _now(self) -> datetime:
        return self._clock.now()
