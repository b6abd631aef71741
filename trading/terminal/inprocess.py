"""The worker and the simulated broker without a process or a clock of their own: for replays."""

import sys
from itertools import count
from types import ModuleType

from trading.terminal import simulated
from trading.terminal.simulated.broker import Broker
from trading.terminal.worker import Worker

_numbers = count()


class InProcessTransport:
    """The same bytes as over a pipe, answered at once by a worker over one broker."""

    alive = True

    def __init__(self, broker: Broker) -> None:
        self._name = f"{__name__}.broker_{next(_numbers)}"
        sys.modules[self._name] = _module(self._name, broker)
        self._worker = Worker(self._name)

    async def boot(self) -> None:
        return None

    async def start(self) -> None:
        return None

    async def call(self, call_id: int, body: bytes, deadline: float) -> bytes:
        del call_id, deadline
        return self._worker.answer(body.decode()).encode()

    async def restart(self) -> None:
        return None

    async def close(self) -> None:
        self._worker.close()
        sys.modules.pop(self._name, None)


def _module(name: str, broker: Broker) -> ModuleType:
    """Return a stand-in for the MetaTrader5 module whose functions act on that broker."""
    module = ModuleType(name)
    for attribute in dir(simulated):
        if not attribute.startswith("_"):
            setattr(module, attribute, getattr(simulated, attribute))
    for attribute in dir(Broker):
        if not attribute.startswith("_") and hasattr(simulated, attribute):
            setattr(module, attribute, getattr(broker, attribute))
    return module
