"""Whether what the terminal shows is a reading at all: unknown is neither 0 % nor 100 %."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.drawdown.state import Reading
from trading.model import AccountState, Deal, DealReason
from trading.words import told

JUMP_TOLERANCE = Decimal("0.05")
"""Money by which balance and deals may differ before a change counts as unexplained."""
MAX_QUOTE_AGE = Decimal(30)


class InvalidReading(StrEnum):
    """Why a look at the account is not a number to act on: a closed list."""

    NO_ACCOUNT = "no_account"
    DISCONNECTED = "disconnected"
    WRONG_LOGIN = "wrong_login"
    NOT_A_NUMBER = "not_a_number"
    ZERO_EQUITY = "zero_equity"
    NEGATIVE_EQUITY = "negative_equity"
    STALE_QUOTES = "stale_quotes"
    OUT_OF_ORDER = "out_of_order"
    JUMP_WITHOUT_DEAL = "jump_without_deal"

    @property
    def halts(self) -> bool:
        """Tell whether it is no glitch to wait out: another account's money must not mix in."""
        return self is InvalidReading.WRONG_LOGIN


@dataclass(frozen=True, slots=True)
class Valid:
    reading: Reading


@dataclass(frozen=True, slots=True)
class Invalid:
    reason: InvalidReading
    words: str


@dataclass(frozen=True, slots=True)
class Look:
    """Everything one look at the terminal brought, before anyone believes it."""

    account: AccountState | None
    positions_open: int
    at: datetime
    monotonic_ms: int
    connected: bool = True
    quote_age: Decimal | None = None
    """Seconds since a quote of an open position changed; None where its market is closed."""
    explained: Decimal | None = None
    """What the deals since the previous reading did to the balance; None if not asked."""
    stopped_out: bool = False
    """The broker's history shows stop-out deals since the previous reading."""


def judge(
    look: Look,
    *,
    expected_login: int,
    previous: Reading | None = None,
    max_quote_age: Decimal = MAX_QUOTE_AGE,
    tolerance: Decimal = JUMP_TOLERANCE,
) -> Valid | Invalid:
    """Return the reading, or why there is none."""
    account = look.account
    if account is None:
        return Invalid(InvalidReading.NO_ACCOUNT, told("the terminal gave no account"))
    fault = (
        _identity(look, account, expected_login)
        or _numbers(account)
        or _ruin(look, account)
        or _age(look, previous, max_quote_age)
    )
    if fault is not None:
        return fault
    reading = Reading(
        at=look.at,
        monotonic_ms=look.monotonic_ms,
        balance=account.balance,
        equity=account.equity,
        credit=account.credit,
        positions_open=look.positions_open,
    )
    jump = None if previous is None else _jump(look, reading, previous, tolerance)
    return jump or Valid(reading)


def was_stopped_out(deals: tuple[Deal, ...]) -> bool:
    """Tell whether the broker closed a position for want of margin."""
    return any(deal.reason is DealReason.STOP_OUT for deal in deals)


def unexplained_change(reading: Reading, previous: Reading, explained: Decimal) -> Decimal:
    """Return how far the balance moved beyond what the deals say."""
    return reading.balance - previous.balance - explained


def _identity(look: Look, account: AccountState, expected_login: int) -> Invalid | None:
    if account.login != expected_login:
        return Invalid(
            InvalidReading.WRONG_LOGIN,
            told(
                "the terminal is logged in as {login}, not {expected_login}",
                login=account.login,
                expected_login=expected_login,
            ),
        )
    if not look.connected:
        return Invalid(
            InvalidReading.DISCONNECTED, told("the terminal is not connected to the broker")
        )
    return None


def _numbers(account: AccountState) -> Invalid | None:
    money = {"balance": account.balance, "equity": account.equity, "credit": account.credit}
    for name, value in money.items():
        if not value.is_finite():
            return Invalid(
                InvalidReading.NOT_A_NUMBER, told("{name} reads {value}", name=name, value=value)
            )
    return None


def _ruin(look: Look, account: AccountState) -> Invalid | None:
    """Refuse an equity of nothing unless the margin or the broker's stop-outs say it is real."""
    if account.equity > 0:
        return None
    margin_gone = not account.margin_level.is_finite() or account.margin_level <= 0
    if margin_gone and look.stopped_out:
        return None
    if account.equity < 0:
        return Invalid(
            InvalidReading.NEGATIVE_EQUITY, told("equity reads {equity}", equity=account.equity)
        )
    if look.positions_open or account.balance != 0:
        return Invalid(
            InvalidReading.ZERO_EQUITY,
            told(
                "equity reads 0 with {positions_open} positions and balance {balance}",
                positions_open=look.positions_open,
                balance=account.balance,
            ),
        )
    return None


def _age(look: Look, previous: Reading | None, max_quote_age: Decimal) -> Invalid | None:
    if look.positions_open and look.quote_age is not None and look.quote_age > max_quote_age:
        return Invalid(
            InvalidReading.STALE_QUOTES,
            told(
                "no quote of an open position changed for {quote_age} s",
                quote_age=f"{look.quote_age:.0f}",
            ),
        )
    if previous is not None and look.monotonic_ms < previous.monotonic_ms:
        return Invalid(
            InvalidReading.OUT_OF_ORDER, told("an answer older than the last one came late")
        )
    return None


def _jump(look: Look, reading: Reading, previous: Reading, tolerance: Decimal) -> Invalid | None:
    """Refuse a balance change that no deal explains and that moved equity with it.

    A position that closed moves money from floating to balance and leaves equity alone: its
    deal may be read a moment later without making the equity doubtful.
    """
    if look.explained is None:
        return None
    missing = unexplained_change(reading, previous, look.explained)
    if abs(missing) <= tolerance:
        return None
    moved = reading.own_equity - previous.own_equity - look.explained
    if moved * missing <= 0 or abs(moved) * 2 < abs(missing):
        return None
    return Invalid(
        InvalidReading.JUMP_WITHOUT_DEAL,
        told("the balance moved by {missing} that no deal explains", missing=missing),
    )
