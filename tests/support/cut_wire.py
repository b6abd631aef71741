"""A wire to a PostgreSQL server that a test can cut, at a word if need be, and mend."""

import asyncio
import contextlib
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

_MOST = 1 << 16


class CutWire:
    """Carries bytes both ways over loopback until it is cut; ``dsn`` leads over it."""

    def __init__(self, dsn: str) -> None:
        self._given = conninfo_to_dict(dsn)
        self._is_cut = False
        self._word: bytes | None = None
        self._forward = False
        self._ours: list[asyncio.StreamWriter] = []
        self._theirs: list[asyncio.StreamWriter] = []
        self.dsn = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        over = {"host": "127.0.0.1", "port": port, "sslmode": "disable", "gssencmode": "disable"}
        self.dsn = make_conninfo("", **{**self._given, **over})
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        self._server.close()
        for writer in (*self._ours, *self._theirs):
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        await self._server.wait_closed()

    def sever(self) -> None:
        """Drop every client and take no more; what the server sees of it is nothing."""
        self._is_cut = True
        for writer in self._ours:
            writer.close()

    def heal(self) -> None:
        """Carry again."""
        self._is_cut = False

    def cut_at(self, word: bytes, *, forward: bool) -> None:
        """Drop the next client that says a word, once; the server hears it or its connection ends.

        Where it hears it, its side of the connection stays open.
        """
        self._word, self._forward = word, forward

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ours.append(writer)
        if self._is_cut:
            writer.close()
            return
        host, port = str(self._given["host"]), self._given.get("port") or 5432
        if host.startswith("/"):
            there, back = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            there, back = await asyncio.open_connection(host, int(port))
        self._theirs.append(back)
        answers = asyncio.ensure_future(_copy(there, writer))  # noqa: TID251 - ended below
        with contextlib.suppress(OSError):
            while data := await reader.read(_MOST):
                if self._word is None or self._word not in data:
                    back.write(data)
                    continue
                self._word = None
                answers.cancel()
                if self._forward:
                    back.write(data)
                    await there.read(_MOST)  # its answer, which goes no further
                else:
                    back.close()
                break
            else:
                if not self._is_cut:
                    back.close()
        answers.cancel()
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_MOST):
            writer.write(data)
    writer.close()
