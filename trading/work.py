"""Work that takes longer than an answer may: what it says while it runs and what it gives."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from trading.ids import MemberId
from trading.model import Reader


@dataclass(frozen=True, slots=True)
class Finished:
    """What a work gives the person who asked for it."""

    words: str
    """Plain text."""
    file: Path | None = None
    """Sent as a document under its own name; it may go once it was sent."""
    picture: bytes | None = None
    """A PNG."""


class WorkError(Exception):
    """A work that cannot be done; the words are for a person and name the next step."""


class Unfinished(NamedTuple):
    """A work that a stop of the program cut short."""

    id: int
    chat_id: int
    message_id: int
    title: str
    reader: Reader
    """Whoever asked for it."""


class Progress(Protocol):
    """How far a work is, shown now and then; awaiting it is where a work can be cancelled."""

    async def __call__(self, done: int, total: int | None) -> None: ...


Job = Callable[[Progress, Path], Awaitable[Finished]]
"""A work: given where to tell how far it is, and a folder of its own that goes when it ends."""


class WorkStore(Protocol):
    """Which works run, each method one durable transaction."""

    async def begin(self, member_id: MemberId, chat_id: int, message_id: int, title: str) -> int:
        """Write down that a work runs and which message shows it; return its number."""

    async def end(self, work_id: int, outcome: str) -> None:
        """Write down that a work ended, and how."""

    async def unfinished(self) -> list[Unfinished]:
        """Return every work without an end."""
