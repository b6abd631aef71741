"""Terminals for tests: a client over each transport, a fake whose faults a file switches."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from trading.clock import SystemClock
from trading.ids import ClientOrderId, mint_client_order_id, order_comment
from trading.model import Action, Filling, OrderRequest, OrderType, Side
from trading.terminal.client import TerminalClient
from trading.terminal.pipe import PipeTransport
from trading.terminal.remote import RpycTransport
from trading.terminal.session import Deadlines, Login
from trading.terminal.transport import Transport
from trading.terminal.worker import Worker

WORKER = (sys.executable, "-m", "trading.terminal.worker")
FAKE = "tests.support.fake_metatrader"
SIMULATED = "trading.terminal.simulated"
QUICK = Deadlines(hello=5, snapshot=0.4, send=0.4, other=0.4)
"""For tests of hangs."""
PATIENT = Deadlines(hello=10, snapshot=5, send=5, other=5)


@dataclass(frozen=True)
class Fault:
    """The file that tells the fake what to do next."""

    file: Path

    def set(self, **script: object) -> None:
        """Replace every fault by these."""
        self.file.write_text(json.dumps(script), "utf-8")

    @property
    def environment(self) -> dict[str, str]:
        return {"FAKE_MT5_FILE": str(self.file)}


class InProcessTransport:
    """The worker without a process: for what needs no pipe."""

    def __init__(self, module: str) -> None:
        self._worker = Worker(module)

    alive = True

    async def boot(self) -> None:
        return None

    async def start(self) -> None:
        return None

    async def call(self, call_id: int, body: bytes, deadline: float) -> bytes:
        return self._worker.answer(body.decode()).encode()

    async def restart(self) -> None:
        return None

    async def close(self) -> None:
        self._worker.close()


def pipe(module: str, extra: Mapping[str, str] | None = None) -> PipeTransport:
    """Return a transport to a worker process over a stand-in for the MetaTrader5 module."""
    return PipeTransport((*WORKER, "--module", module), extra)


@asynccontextmanager
async def rpyc_server(
    module: str, extra: Mapping[str, str] | None = None, service: str = "ClassicService"
) -> AsyncIterator[int]:
    """Run a classic rpyc server whose ``import MetaTrader5`` finds the stand-in; give its port."""
    command = (sys.executable, "-m", "tests.support.rpyc_server", module, service)
    environment = {"PYTHONPATH": str(Path.cwd()), **(extra or {})}
    server = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, env=environment)
    assert server.stdout is not None
    try:
        yield int(await server.stdout.readline())
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


@asynccontextmanager
async def opened(
    transport: Transport, deadlines: Deadlines = PATIENT, login: Login | None = None
) -> AsyncIterator[TerminalClient]:
    """Give a started client, closed afterwards."""
    client = TerminalClient(transport, SystemClock(), login, deadlines)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def remote(
    module: str, extra: Mapping[str, str] | None = None, service: str = "ClassicService"
) -> AsyncIterator[RpycTransport]:
    """Give a transport to a fresh rpyc server."""
    async with rpyc_server(module, extra, service) as port:
        yield RpycTransport("127.0.0.1", port)


def market_order(symbol: str = "EURUSD", **changes: object) -> OrderRequest:
    """Return a market buy of 0.1 lots with an id of its own."""
    client_order_id: ClientOrderId = mint_client_order_id()
    request = OrderRequest(
        action=Action.DEAL,
        client_order_id=client_order_id,
        symbol=symbol,
        side=Side.BUY,
        order_type=OrderType.MARKET,
        volume=Decimal("0.1"),
        fillings=(Filling.FOK, Filling.IOC),
        comment=order_comment(client_order_id),
    )
    return replace(request, **changes)  # type: ignore[arg-type]  # a test names the field
