"""Words that signals, orders and the broker share."""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

ZERO = Decimal(0)

TerminalKind = Literal["simulated", "local", "remote"]
"""How a terminal is reached: a simulation, MetaTrader here, or one behind rpyc."""


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        """+1 where a rising price is a gain, -1 where it is a loss."""
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"


class MarginMode(StrEnum):
    NETTING = "netting"
    EXCHANGE = "exchange"
    HEDGING = "hedging"
