"""RpycTransport: the worker's text runs inside a classic rpyc server beside the terminal.

The text is shipped once a connection; then one round trip a call, text both ways, no proxies.
rpyc blocks, so it has one thread of its own; it is imported only where a remote terminal is used.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from trading.errors import ProtocolError, TerminalTimeout, TerminalUnavailable
from trading.terminal.transport import AnswerLost
from trading.words import told

CONNECTING = 5.0
"""Seconds for the connection, and again for each step of shipping the worker's text."""

_WORKER_TEXT = Path(__file__).with_name("worker.py")

T = TypeVar("T")


class RpycTransport:
    """A worker inside another machine's or container's rpyc server."""

    def __init__(self, host: str, port: int, *, allow_any_host: bool = False) -> None:
        if not allow_any_host and not is_loopback(host):
            raise ValueError(
                f"TERMINAL_HOST is {host}: the classic rpyc protocol lets anyone who can reach the "
                "port run any code on that machine, so only this machine's own addresses are "
                "taken. Use a tunnel (ssh -L), or set TERMINAL_ALLOW_REMOTE_HOST=true on a "
                "network you trust"
            )
        self._host = host
        self._port = port
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rpyc")
        self._stream: Any = None
        self._connection: Any = None
        self._remote_call: Callable[[str], str] | None = None

    @property
    def alive(self) -> bool:
        return self._connection is not None and not self._connection.closed

    async def boot(self) -> None:
        return None

    async def start(self) -> None:
        await self._in_thread(self._connect)

    async def call(self, call_id: int, body: bytes, deadline: float) -> bytes:
        return await self._in_thread(lambda: self._call(body, deadline))

    async def restart(self) -> None:
        await self._in_thread(self._disconnect)  # a hung server would keep us: start comes later

    async def close(self) -> None:
        await self._in_thread(self._disconnect)
        self._thread.shutdown(wait=False)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # --- in the thread ---------------------------------------------------------------------

    def _connect(self) -> None:
        if self._connection is not None and not self._connection.closed:
            return
        try:
            self._ship()
        except (OSError, EOFError) as error:
            was_reached = self._connection is not None or self._stream is not None
            self._disconnect()
            if was_reached and isinstance(error, TimeoutError):
                raise TerminalUnavailable(
                    told(
                        "the rpyc server at {where} is there but does not answer: a call of"
                        " MetaTrader hangs in it; if it stays so, restart that server",
                        where=self._where,
                    )
                ) from error
            raise TerminalUnavailable(
                told(
                    "no rpyc server answers at {where} ({why}): start it and check TERMINAL_HOST"
                    " and TERMINAL_PORT",
                    where=self._where,
                    why=str(error) or "closed",
                )
            ) from error
        except Exception as error:  # rpyc re-raises here whatever the far side raised
            self._disconnect()
            if "invalid message type" in str(error):
                raise ProtocolError(
                    f"the rpyc server at {self._where} speaks another major version of rpyc: "
                    "install rpyc 6 on that side (pip install 'rpyc>=6,<7')"
                ) from error
            raise ProtocolError(f"the worker does not run at {self._where}: {error}") from error

    def _ship(self) -> None:
        from rpyc.core.stream import SocketStream  # noqa: PLC0415 - 12 MB that only this kind needs
        from rpyc.utils.factory import connect_stream  # noqa: PLC0415

        link = socket.create_connection((self._host, self._port), CONNECTING)
        link.settimeout(None)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._stream = SocketStream(link)
        config = {"sync_request_timeout": CONNECTING}
        self._connection = connect_stream(self._stream, service=_guest(), config=config)
        self._connection.execute(_WORKER_TEXT.read_text("utf-8"))
        self._remote_call = self._connection.namespace["call"]

    def _call(self, body: bytes, deadline: float) -> bytes:
        remote_call = self._ready_call()
        assert self._connection is not None
        self._connection._config["sync_request_timeout"] = deadline  # noqa: SLF001 - no public way
        try:
            answer = remote_call(body.decode("ascii"))
        except TimeoutError as error:
            raise TerminalTimeout(
                told("the terminal did not answer within {seconds} s", seconds=f"{deadline:g}")
            ) from error
        except (EOFError, OSError) as error:
            self._disconnect()
            raise AnswerLost(told("the rpyc link broke before the answer came")) from error
        except Exception as error:  # rpyc re-raises here whatever the far side raised
            raise ProtocolError(f"the worker failed at {self._where}: {error}") from error
        return str(answer).encode("utf-8")

    def _ready_call(self) -> Callable[[str], str]:
        """Return the remote function of a link that has not ended unnoticed since the last call."""
        try:
            if self._connection is not None and not self._connection.closed:
                self._connection.poll(0)
        except EOFError:
            self._disconnect()
        if self._connection is None or self._remote_call is None or self._connection.closed:
            raise TerminalUnavailable(told("the rpyc link to {where} is closed", where=self._where))
        return self._remote_call

    def _disconnect(self) -> None:
        stream, self._stream = self._stream, None
        connection, self._connection, self._remote_call = self._connection, None, None
        if stream is not None:
            stream.close()  # first: rpyc's own good-bye would wait for a hung server
        if connection is not None:
            connection.close()

    @property
    def _where(self) -> str:
        return f"{self._host}:{self._port}"


def _guest() -> Any:
    """Return a service that gives the far side nothing, though a classic server expects us to.

    rpyc's own ``classic.connect`` would let the server run code in this process.
    """
    from rpyc.core.service import MasterService  # noqa: PLC0415 - see _ship

    class Guest(MasterService):  # type: ignore[misc]  # rpyc is untyped
        def exposed_getmodule(self, _: object) -> None:
            return None

        def exposed_eval(self, _: object) -> None:
            return None

        def exposed_execute(self, _: object) -> None:
            return None

        exposed_namespace = None

    return Guest


def is_loopback(host: str) -> bool:
    """Tell whether a host name can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
