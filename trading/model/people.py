"""People, their accounts, and what latches one."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.ids import AccountId, MemberId
from trading.model.terms import MarginMode


class Role(StrEnum):
    OWNER = "owner"
    TRADER = "trader"
    VIEWER = "viewer"

    def may(self, needed: "Role") -> bool:
        """Tell whether this role includes the rights of the needed one."""
        order = [Role.VIEWER, Role.TRADER, Role.OWNER]
        return order.index(self) >= order.index(needed)


class Numbers(StrEnum):
    """How a person writes one thousand two hundred thirty-four and a half."""

    POINT = "point"
    """1,234.50"""
    COMMA = "comma"
    """1.234,50"""
    SPACE = "space"
    """1 234,50"""


@dataclass(frozen=True, slots=True)
class Reader:
    """How a person reads: language, zone (an IANA name) and the form of numbers."""

    language: str = "en"
    zone: str = "UTC"
    numbers: Numbers = Numbers.POINT


EVERYONE = Reader()
"""Nobody in particular: English, UTC, points."""


@dataclass(frozen=True, slots=True)
class Member:
    """A Telegram person we know."""

    id: MemberId
    telegram_id: int
    name: str
    role: Role
    reachable: bool = True
    reader: Reader = EVERYONE
    speaks: str = ""
    """The language of their Telegram, as it last said."""
    everywhere: Role | None = None
    """Their role on every account of the desk; None where they have rights on single ones alone."""

    def may_on_desk(self, needed: Role) -> bool:
        """Tell whether this person may do what concerns the whole desk: no own account gives that.

        ``role`` is the highest on any account, a person's own included, and opens commands only.
        """
        return self.everywhere is not None and self.everywhere.may(needed)

    @property
    def owns_desk(self) -> bool:
        """An owner of the whole desk."""
        return self.may_on_desk(Role.OWNER)


class TradingState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    """By a person: no entries, positions are still managed."""
    HALTED = "halted"
    """By a drawdown cap or /panic: latched until an owner resumes."""


@dataclass(frozen=True, slots=True)
class Account:
    """One broker login on one terminal."""

    id: AccountId
    login: int
    server: str
    currency: str
    margin_mode: MarginMode
    trading_state: TradingState
    entry_equity: Decimal | None
    """Own equity when the desk first saw the account; the base of the percent cap."""
    flatten_asked_at: datetime | None = None
    """Set while every position is to be closed; cleared by a snapshot that shows none."""
    second_above: Decimal | None = None
    """Percent of risk above which two people approve; None: one is enough."""
    risk_percent: Decimal | None = None
    """Percent an order risks whose signal names no size; None: the desk's."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a confirm button was for, used up."""

    account_id: AccountId
    action: str
    detail: str


@dataclass(frozen=True, slots=True)
class Breach:
    """Why an account is to be halted: a cap that acts, or a person's /panic."""

    equity: Decimal
    asked_by: str
    """Who or what: a member's name, or "drawdown guard"."""
    scope: str
    """Whose positions are closed: ``own`` or ``all``."""
    cap_id: int | None = None
    cap_text: str = ""
    cap_percent: Decimal | None = None
    floor: Decimal | None = None
    drawdown_percent: Decimal | None = None
    member_id: MemberId | None = None
