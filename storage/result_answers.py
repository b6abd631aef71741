"""What people ask of the results: every question reads sums or a page, never history."""

import sqlite3
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from storage.growth import stretch_of
from storage.result_sums import booked_of_row, tally_of_sums
from storage.results import clock_of
from trading.clock import from_ms
from trading.ids import AccountId
from trading.model import Side
from trading.money import HUNDRED
from trading.results.figures import (
    Booked,
    EquityPoint,
    SpanResult,
    Stretch,
    Tally,
    daily_returns,
    ratios,
)
from trading.results.periods import Grain, latest, starts_at, trading_day
from trading.results.views import Cursor, Dimension, Statistics, Summary, Trade, TradePage

HOURLY_DAYS = 14
"""Windows up to so many days are drawn by the hour, longer ones by the day."""
_SUM = "SELECT * FROM result_tally WHERE account_id = ? AND grain = ? AND dimension = ?"


def summary(
    connection: sqlite3.Connection,
    account_id: AccountId,
    days: int | None,
    side: Side | None,
    now: datetime,
) -> Summary:
    """Return the sums of the last so many trading days, or of everything."""
    clock = clock_of(connection, account_id)
    if days is None:
        since, grain, first = None, Grain.ALL, ""
    else:
        day = trading_day(clock, now) - timedelta(days=days - 1)
        since, grain, first = starts_at(clock, day), Grain.DAY, day.isoformat()
    return Summary(
        _tally(connection, account_id, grain, first, side),
        None if side is not None else _booked(connection, account_id, grain, first),
        _extreme(connection, account_id, first, side, best=True),
        _extreme(connection, account_id, first, side, best=False),
        since,
        _grown(connection, account_id, grain, first)[0],
    )


def _tally(
    connection: sqlite3.Connection,
    account_id: AccountId,
    grain: Grain,
    first: str,
    side: Side | None,
) -> Tally:
    found = connection.execute(
        f"{_SUM} AND period >= ?", (account_id, grain, Dimension.SIDE, first)
    )
    total = Tally()
    for row in found:
        if side is None or row["name"] == side:
            total = total.plus(tally_of_sums(row))
    return total


def _booked(
    connection: sqlite3.Connection, account_id: AccountId, grain: Grain, first: str
) -> Booked:
    found = connection.execute(
        "SELECT * FROM result_booked WHERE account_id = ? AND grain = ? AND period >= ?",
        (account_id, grain, first),
    )
    total = Booked()
    for row in found:
        total = total.plus(booked_of_row(row))
    return total


def _extreme(
    connection: sqlite3.Connection,
    account_id: AccountId,
    first: str,
    side: Side | None,
    *,
    best: bool,
) -> Trade | None:
    """Return the best winner or the worst loser, from each day's."""
    values: list[int | str]
    which, order, beyond = ("best", "DESC", ">") if best else ("worst", "ASC", "<")
    if first:
        where, values = "account_id = ? AND day >= ?", [account_id, first]
        if side is not None:
            where, values = f"{where} AND side = ?", [*values, side]
        row = connection.execute(
            f"SELECT t.* FROM (SELECT {which}_id AS id FROM result_extreme WHERE {where}"  # noqa: S608 - our own words
            f" AND {which}_rank {beyond} 0 ORDER BY {which}_rank {order} LIMIT 1) e"
            " JOIN trade t ON t.id = e.id",
            values,
        ).fetchone()
        return None if row is None else trade_of(row)
    where, values = "account_id = ? AND closed_ms IS NOT NULL", [account_id]
    if side is not None:
        where, values = f"{where} AND side = ?", [*values, side]
    index = "trade_ranked" if side is None else "trade_ranked_by_side"
    row = connection.execute(
        f"SELECT * FROM trade INDEXED BY {index} WHERE {where}"  # noqa: S608 - the same
        f" AND net_rank {beyond} 0 ORDER BY net_rank {order} LIMIT 1",
        values,
    ).fetchone()
    return None if row is None else trade_of(row)


def spans(
    connection: sqlite3.Connection,
    account_id: AccountId,
    grain: Grain,
    count: int,
    now: datetime,
) -> list[SpanResult]:
    """Return the last so many spans, newest first, walking the balance back from its last."""
    wanted = latest(grain, clock_of(connection, account_id), now, count)
    since = wanted[-1].key
    booked = {
        row["period"]: booked_of_row(row)
        for row in connection.execute(
            "SELECT * FROM result_booked WHERE account_id = ? AND grain = ? AND period >= ?",
            (account_id, grain, since),
        )
    }
    tallies: dict[str, Tally] = {}
    for row in connection.execute(
        f"{_SUM} AND period >= ?", (account_id, grain, Dimension.SIDE, since)
    ):
        tallies[row["period"]] = tallies.get(row["period"], Tally()).plus(tally_of_sums(row))
    found, balance = [], balance_of(connection, account_id)
    for period in wanted:
        one = booked.get(period.key, Booked())
        if balance is not None:
            balance -= one.result + one.flows
        found.append(SpanResult(period.first, one, tallies.get(period.key, Tally()), balance))
    return found


def balance_of(connection: sqlite3.Connection, account_id: AccountId) -> Decimal | None:
    """Return the balance after every known deal; None before the first reading.

    A reading is older or newer than the deals we know, so what it had of them is taken out.
    """
    read = connection.execute(
        "SELECT balance, known FROM growth WHERE account_id = ?", (account_id,)
    ).fetchone()
    if read is None:
        return None
    known = _booked(connection, account_id, Grain.ALL, "")
    return Decimal(read["balance"]) - Decimal(read["known"]) + known.result + known.flows


def groups(
    connection: sqlite3.Connection, account_id: AccountId, dimension: Dimension
) -> list[tuple[str, Tally]]:
    """Return the sums of all closed trades by one dimension, best result first."""
    found = connection.execute(f"{_SUM} AND period = ''", (account_id, Grain.ALL, dimension))
    sums = [(str(row["name"]), tally_of_sums(row)) for row in found]
    if dimension is Dimension.HOUR:
        return sorted((one for one in sums if one[1].trades), key=lambda one: one[0])
    return sorted((one for one in sums if one[1].trades), key=lambda one: (-one[1].net, one[0]))


def page(
    connection: sqlite3.Connection, account_id: AccountId, cursor: Cursor | None, count: int
) -> TradePage:
    """Return closed trades from a place on, newest first; found by key, not by counting."""
    where, order = "account_id = ? AND closed_ms IS NOT NULL", "DESC"
    values: list[int] = [account_id]
    if cursor is not None:
        where += f" AND (closed_ms, id) {'>' if cursor.newer else '<'} (?, ?)"
        values += [cursor.closed_ms, cursor.trade_id]
        order = "ASC" if cursor.newer else "DESC"
    rows = connection.execute(
        f"SELECT * FROM trade WHERE {where}"  # noqa: S608 - our own words
        f" ORDER BY closed_ms {order}, id {order} LIMIT ?",
        (*values, count + 1),
    ).fetchall()
    more, rows = len(rows) > count, rows[:count]
    newer, older = cursor is not None, more
    if cursor is not None and cursor.newer:
        rows.reverse()
        newer, older = more, True
    total = _tally(connection, account_id, Grain.ALL, "", None).trades
    return TradePage(
        [trade_of(row) for row in rows],
        Cursor(rows[0]["closed_ms"], rows[0]["id"], newer=True) if newer and rows else None,
        Cursor(rows[-1]["closed_ms"], rows[-1]["id"]) if older and rows else None,
        total,
    )


def statistics(
    connection: sqlite3.Connection, account_id: AccountId, days: int, now: datetime
) -> Statistics:
    """Return the figures of the last so many days."""
    first = trading_day(clock_of(connection, account_id), now) - timedelta(days=days - 1)
    grown, closes = _grown(connection, account_id, Grain.DAY, first.isoformat())
    return Statistics(
        days,
        _tally(connection, account_id, Grain.DAY, first.isoformat(), None),
        ratios(daily_returns(closes)),
        grown,
        groups(connection, account_id, Dimension.REASON),
    )


def _grown(
    connection: sqlite3.Connection, account_id: AccountId, grain: Grain, first: str
) -> tuple[Stretch | None, list[tuple[date, Decimal]]]:
    """Return the growth of a window as one span, and its close of each day."""
    grown: Stretch | None = None
    closes: list[tuple[date, Decimal]] = []
    for row in connection.execute(
        "SELECT * FROM growth_span WHERE account_id = ? AND grain = ? AND period >= ?"
        " ORDER BY period",
        (account_id, grain, first),
    ):
        one = stretch_of(row)
        grown = one if grown is None else grown.then(one)
        if grain is Grain.DAY:
            closes.append((date.fromisoformat(row["period"]), one.close))
    return grown, closes


def curve(
    connection: sqlite3.Connection, account_id: AccountId, days: int, now: datetime
) -> list[EquityPoint]:
    """Return equity and drawdown of the last so many days.

    By the hour where they are few or the account is young, else by the day.
    """
    since = now - timedelta(days=days)
    if days > HOURLY_DAYS:
        found = _points(connection, account_id, "day", since.date().isoformat())
        if len(found) > 2:
            return found
    return _points(connection, account_id, "hour", since.astimezone(UTC).strftime("%Y-%m-%dT%H"))


def _points(
    connection: sqlite3.Connection, account_id: AccountId, grain: str, first: str
) -> list[EquityPoint]:
    found = connection.execute(
        "SELECT at_ms, equity, close, peak FROM growth_span WHERE account_id = ? AND grain = ?"
        " AND period >= ? ORDER BY period",
        (account_id, grain, first),
    )
    return [
        EquityPoint(
            from_ms(row["at_ms"]),
            Decimal(row["equity"]),
            (1 - Decimal(row["close"]) / Decimal(row["peak"])) * HUNDRED,
        )
        for row in found
    ]


def trade_of(row: sqlite3.Row) -> Trade:
    """Return a closed trade's row as a record."""
    opened = row["opened_ms"]
    return Trade(
        row["id"],
        row["position_id"],
        row["symbol"],
        Side(row["side"]),
        None if opened is None else from_ms(opened),
        from_ms(row["closed_ms"]),
        Decimal(row["volume_out"]),
        _decimal(row["price_in"]),
        _decimal(row["price_out"]),
        Decimal(row["net"]),
        _decimal(row["r"]),
        row["source"],
        row["reason"],
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
