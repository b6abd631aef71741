"""From settings to a terminal: which worker, reached how."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trading.clock import Clock
from trading.model import TerminalKind
from trading.terminal.client import TerminalClient
from trading.terminal.pipe import PipeTransport
from trading.terminal.session import Deadlines, Login
from trading.terminal.transport import Transport

WORKER = "trading.terminal.worker"
SIMULATED = "trading.terminal.simulated"


@dataclass(frozen=True, slots=True)
class TerminalConfig:
    """Where a terminal is and which account it must show; the names follow the settings."""

    kind: TerminalKind = "simulated"
    path: str | None = None
    login: int | None = None
    password: str | None = field(default=None, repr=False)
    server: str | None = None
    host: str = "127.0.0.1"
    port: int = 18812
    allow_any_host: bool = False
    """Let ``remote`` leave this machine: whoever can reach the port can run any code there."""
    ticks: str | None = None
    speed: Decimal = Decimal(1)
    balance: Decimal = Decimal(10000)
    currency: str = "USD"
    leverage: int = 100
    account_file: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    """More environment for the worker's process."""


def open_terminal(
    config: TerminalConfig, clock: Clock, deadlines: Deadlines | None = None
) -> TerminalClient:
    """Return the client of a terminal, not yet started; raise ``ValueError`` on a bad address."""
    login = Login(config.path, config.login, config.password, config.server)
    return TerminalClient(_transport(config), clock, login, deadlines)


def _transport(config: TerminalConfig) -> Transport:
    command = (sys.executable, "-m", WORKER)
    match config.kind:
        case "local":
            return PipeTransport(command, config.extra)
        case "remote":
            from trading.terminal.remote import RpycTransport  # noqa: PLC0415 - memory: see there

            return RpycTransport(config.host, config.port, allow_any_host=config.allow_any_host)
        case "simulated":
            return PipeTransport((*command, "--module", SIMULATED), _simulation(config))


def _simulation(config: TerminalConfig) -> dict[str, str]:
    named = {
        "TERMINAL_TICKS": config.ticks,
        "TERMINAL_SPEED": f"{config.speed:f}",
        "TERMINAL_BALANCE": f"{config.balance:f}",
        "TERMINAL_CURRENCY": config.currency,
        "TERMINAL_LEVERAGE": str(config.leverage),
        "TERMINAL_LOGIN": None if config.login is None else str(config.login),
        "TERMINAL_SERVER": config.server,
        "SIMULATED_ACCOUNT_FILE": config.account_file,
    }
    return {**{name: value for name, value in named.items() if value is not None}, **config.extra}
