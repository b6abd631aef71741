"""How frames reach a worker: the narrow interface the client stands on."""

from typing import Protocol

from trading.errors import TerminalTimeout


class AnswerLost(TerminalTimeout):
    """Asked, and the worker or the link to it went away before it answered."""


class Transport(Protocol):
    """One worker at the other end: one call at a time.

    After ``TerminalTimeout`` the worker may still be busy with the call: only ``restart`` ends it.
    """

    @property
    def alive(self) -> bool:
        """Tell whether the worker is known to be gone: False is certain, True is not."""

    async def boot(self) -> None:
        """Begin to bring the worker up where that takes no waiting; ``start`` does the rest."""

    async def start(self) -> None:
        """Bring the worker up; raise ``TerminalUnavailable`` where that fails."""

    async def call(self, call_id: int, body: bytes, deadline: float) -> bytes:
        """Return the body of the answer with that id; answers with another are dropped.

        Raise ``TerminalUnavailable`` when nothing was written, ``TerminalTimeout`` when no answer
        came within ``deadline`` seconds, ``AnswerLost`` when none will.
        """

    async def restart(self) -> None:
        """End the worker, hung or not; ``start`` waits for the next one."""

    async def close(self) -> None:
        """Let the worker finish and end it."""
