"""A classic rpyc server as mt5linux runs one; it prints its port on the first line.

``python -m tests.support.rpyc_server MODULE SERVICE``
"""

import importlib
import sys

from rpyc.core import service
from rpyc.utils.server import ThreadedServer

if __name__ == "__main__":
    sys.modules["MetaTrader5"] = importlib.import_module(sys.argv[1])
    server = ThreadedServer(getattr(service, sys.argv[2]), hostname="127.0.0.1", port=0)
    server._listen()  # noqa: SLF001 - as rpyc_classic does before it tells its port
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.start()
