"""What the environment asks of the simulated terminal, read once at ``initialize``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any


class SetupError(Exception):
    """The terminal cannot start, in words for a person."""


@dataclass(frozen=True)
class Shock:
    """A scripted fall of one symbol of the market model (a negative percent is a rise)."""

    symbol: str
    percent: float
    after_ms: int
    over_ms: int


@dataclass(frozen=True)
class Config:
    """One account, one source of prices; instants are milliseconds since the epoch."""

    ticks: Path | None = None
    speed: Decimal = Decimal(1)
    balance: Decimal = Decimal(10000)
    currency: str = "USD"
    leverage: int = 100
    login: int = 1000001
    server: str = "Simulated-Demo"
    password: str = ""
    account_file: Path | None = None
    start_ms: int | None = None
    is_netting: bool = False
    seed: int = 1
    offset_ms: int = 10_800_000
    faults: Path | None = None
    suffix: str = ""
    shock: Shock | None = None
    commission: Decimal = Decimal("3.5")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Config":
        """Return the configuration; raise ``SetupError`` naming the first bad variable."""
        values: dict[str, Any] = {}
        for variable, (field, read) in _VARIABLES.items():
            text = env.get(variable, "").strip()
            if not text:
                continue
            try:
                values[field] = read(text)
            except (ValueError, KeyError, InvalidOperation) as error:
                raise SetupError(f"{variable}={text!r} is not valid") from error
        return cls(**values)


def _positive(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or number <= 0:
        raise ValueError(text)
    return number


def _not_negative(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or number < 0:
        raise ValueError(text)
    return number


def _instant(text: str) -> int:
    if text.isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def _shock(text: str) -> Shock:
    symbol, percent, after, over = text.split(":")
    return Shock(
        symbol, float(percent), round(float(after) * 1000), max(1, round(float(over) * 1000))
    )


_VARIABLES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "TERMINAL_TICKS": ("ticks", Path),
    "TERMINAL_SPEED": ("speed", _positive),
    "TERMINAL_BALANCE": ("balance", _not_negative),
    "TERMINAL_CURRENCY": ("currency", str.upper),
    "TERMINAL_LEVERAGE": ("leverage", lambda text: int(_positive(text))),
    "TERMINAL_LOGIN": ("login", int),
    "TERMINAL_SERVER": ("server", str),
    "SIMULATED_PASSWORD": ("password", str),
    "SIMULATED_ACCOUNT_FILE": ("account_file", Path),
    "SIMULATED_START": ("start_ms", _instant),
    "SIMULATED_MARGIN_MODE": ("is_netting", {"hedging": False, "netting": True}.__getitem__),
    "SIMULATED_SEED": ("seed", int),
    "SIMULATED_SERVER_OFFSET_SECONDS": ("offset_ms", lambda text: int(text) * 1000),
    "SIMULATED_FAULTS": ("faults", Path),
    "SIMULATED_SYMBOL_SUFFIX": ("suffix", str),
    "SIMULATED_SHOCK": ("shock", _shock),
    "SIMULATED_COMMISSION": ("commission", _not_negative),
}
