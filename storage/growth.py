"""The growth of own equity without deposits and withdrawals, kept with each equity sample.

Between two samples the index grows by own equity now over own equity then plus what was paid in
(the time-weighted return), so neither a deposit is a gain nor a withdrawal a loss.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from storage.result_sums import booked_of_row
from storage.results import clock_of
from trading.clock import to_ms
from trading.ids import AccountId
from trading.model import ZERO, AccountState
from trading.money import CENT
from trading.results.figures import Booked, Stretch, at_index
from trading.results.periods import trading_day

WAITS = timedelta(minutes=10)
"""How long a balance that no deal explains is waited for before it is taken for a payment."""
_DIGITS = Decimal("1E-12")


def observe(
    connection: sqlite3.Connection, account_id: AccountId, account: AccountState, now: datetime
) -> None:
    """Take one reading of the account's money into its growth."""
    before = connection.execute(
        "SELECT * FROM growth WHERE account_id = ?", (account_id,)
    ).fetchone()
    booked = booked_of_row(
        connection.execute(
            "SELECT * FROM result_booked WHERE account_id = ? AND grain = 'all' AND period = ''",
            (account_id,),
        ).fetchone()
    )
    known = booked.result + booked.flows
    index = peak = Decimal(1)
    if before is not None:
        paid = _paid(connection, account_id, before, account.balance, booked, now)
        if paid is None:
            return
        base = Decimal(before["own_equity"]) + paid
        index = Decimal(before["value"])
        if base > 0 and account.own_equity > 0:
            index = (index * account.own_equity / base).quantize(_DIGITS)
        peak = max(index, Decimal(before["peak"]))
    connection.execute(
        "INSERT INTO growth (account_id, at_ms, value, peak, own_equity, balance,"
        " known, flows, held_since_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)"
        " ON CONFLICT (account_id) DO UPDATE SET (at_ms, value, peak, own_equity, balance, known,"
        " flows, held_since_ms) = (excluded.at_ms, excluded.value, excluded.peak,"
        " excluded.own_equity, excluded.balance, excluded.known, excluded.flows, NULL)",
        (
            account_id,
            to_ms(now),
            str(index),
            str(peak),
            str(account.own_equity),
            str(account.balance),
            str(known),
            str(booked.flows),
        ),
    )
    connection.execute(
        "UPDATE result_clock SET revision = revision + 1 WHERE account_id = ?", (account_id,)
    )
    day = trading_day(clock_of(connection, account_id), now).isoformat()
    hour = now.astimezone(UTC).strftime("%Y-%m-%dT%H")
    for grain, period in (("hour", hour), ("day", day), ("all", "")):
        _widen(connection, account_id, (grain, period), index, peak, account.own_equity, now)


def _paid(
    connection: sqlite3.Connection,
    account_id: AccountId,
    before: sqlite3.Row,
    balance: Decimal,
    booked: Booked,
    now: datetime,
) -> Decimal | None:
    """Return what was paid in since the last reading; None while a balance is not explained."""
    moved = balance - Decimal(before["balance"])
    if not moved:
        return ZERO  # deals that came since are of before the last reading
    unexplained = moved - (booked.result + booked.flows - Decimal(before["known"]))
    paid = booked.flows - Decimal(before["flows"])
    if abs(unexplained) < CENT:
        return paid
    return paid + unexplained if _waited(connection, account_id, before, now) else None


def _waited(
    connection: sqlite3.Connection, account_id: AccountId, before: sqlite3.Row, now: datetime
) -> bool:
    """Tell whether a difference has stood long enough; remember since when it stands."""
    since = before["held_since_ms"]
    if since is None:
        connection.execute(
            "UPDATE growth SET held_since_ms = ? WHERE account_id = ?", (to_ms(now), account_id)
        )
        return False
    return to_ms(now) - int(since) >= WAITS // timedelta(milliseconds=1)


def _widen(
    connection: sqlite3.Connection,
    account_id: AccountId,
    span: tuple[str, str],
    index: Decimal,
    peak: Decimal,
    equity: Decimal,
    now: datetime,
) -> None:
    row = connection.execute(
        "SELECT * FROM growth_span WHERE account_id = ? AND grain = ? AND period = ?",
        (account_id, *span),
    ).fetchone()
    stretch = at_index(index) if row is None else stretch_of(row).then(at_index(index))
    connection.execute(
        "INSERT INTO growth_span (account_id, grain, period, at_ms, equity, high, low,"
        " close, fall, peak) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (account_id, grain, period) DO UPDATE SET (at_ms, equity, high, low, close,"
        " fall, peak) = (excluded.at_ms, excluded.equity, excluded.high, excluded.low,"
        " excluded.close, excluded.fall, excluded.peak)",
        (
            account_id,
            *span,
            to_ms(now),
            str(equity),
            str(stretch.high),
            str(stretch.low),
            str(stretch.close),
            str(round(stretch.fall, 12)),
            str(peak),
        ),
    )


def stretch_of(row: sqlite3.Row) -> Stretch:
    """Return a row of a span of growth."""
    return Stretch(
        Decimal(row["high"]), Decimal(row["low"]), Decimal(row["close"]), Decimal(row["fall"])
    )
