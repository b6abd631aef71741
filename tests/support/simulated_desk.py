"""A simulated terminal with scripted quotes and a clock that only the test moves."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trading.terminal.simulated.broker import Broker

START_MS = 1_700_000_000_000
"""Tuesday 2023-11-14 22:13:20 UTC: Wednesday 01:13:20 on the broker's clock."""
EVER = (0, 2_000_000_000)

Row = tuple[float, str, str, str]


class Halt(Exception):  # noqa: N818 - stands for the end of a process
    """The process would have ended here."""


class Desk:
    """A broker over a tick file of (seconds, symbol, bid, ask) rows, or over the market model."""

    def __init__(self, folder: Path, rows: Sequence[Row] | None = None, **env: str) -> None:
        self.wall = START_MS
        self.slept: list[float] = []
        self.env = dict(env)
        self.faults_file = folder / "faults.json"
        self.account_file = folder / "account.jsonl"
        self.env.setdefault("SIMULATED_FAULTS", str(self.faults_file))
        if rows is not None:
            self.env["TERMINAL_TICKS"] = str(write_ticks(folder / "ticks.csv", rows))
        self.open()

    def open(self) -> None:
        """Start, or start again as a new process would."""
        self.broker = Broker(self.env, clock=lambda: self.wall, sleep=self._sleep, end=_halt)
        assert self.broker.initialize(), self.broker.last_error()
        for info in self.broker.symbols_get():
            assert self.broker.symbol_select(info.name)

    def keep(self) -> None:
        """Keep the account in a file from now on."""
        self.env["SIMULATED_ACCOUNT_FILE"] = str(self.account_file)
        self.open()

    def at(self, seconds: float) -> "Desk":
        """Move the clock to so many seconds after the start."""
        self.wall = START_MS + round(seconds * 1000)
        self.broker.terminal_info()
        return self

    def send(self, **request: Any) -> Any:
        """Send a request; the type of filling is what every symbol here takes."""
        return self.broker.order_send({"symbol": "EURUSD", **request})

    def buy(self, volume: float = 0.1, symbol: str = "EURUSD", **more: Any) -> Any:
        """Buy at the market."""
        return self.send(action=1, type=0, symbol=symbol, volume=volume, **more)

    def sell(self, volume: float = 0.1, symbol: str = "EURUSD", **more: Any) -> Any:
        """Sell at the market."""
        return self.send(action=1, type=1, symbol=symbol, volume=volume, **more)

    def pend(self, kind: int, price: float, volume: float = 0.1, **more: Any) -> Any:
        """Place a pending order."""
        more.setdefault("type_filling", 2)
        return self.send(action=5, type=kind, price=price, volume=volume, **more)

    def fault(self, *rules: dict[str, Any]) -> None:
        """Put faults in force."""
        self.faults_file.write_text(json.dumps(rules))

    def positions(self) -> Any:
        """Return the open positions."""
        return self.broker.positions_get()

    def deals(self) -> Any:
        """Return every deal."""
        return self.broker.history_deals_get(*EVER)

    def account(self) -> Any:
        """Return the account."""
        return self.broker.account_info()

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def write_ticks(path: Path, rows: Sequence[Row]) -> Path:
    """Write a tick file whose first second is an arbitrary one of 2020."""
    lines = [f"{1_577_900_000_000 + round(row[0] * 1000)},{','.join(row[1:])}" for row in rows]
    path.write_text("\n".join(["time_msc,symbol,bid,ask", *lines]) + "\n")
    return path


def euros(*rows: tuple[float, str, str]) -> list[Row]:
    """Return rows of EURUSD."""
    return [(seconds, "EURUSD", bid, ask) for seconds, bid, ask in rows]


def _halt(code: int) -> None:
    raise Halt(code)
