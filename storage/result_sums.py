"""The sums of results by span, changed by differences and written once a transaction."""

import sqlite3
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

from trading.clock import from_ms, to_ms
from trading.drawdown.dayclock import DayClock
from trading.ids import AccountId
from trading.results.figures import Booked, Tally, tally_of
from trading.results.periods import Grain, Period, periods_of, starts_at, trading_day
from trading.results.trades import Money
from trading.results.views import Dimension

_MONEY = "profit, swap, commission, fee, charges, flows"
_COUNTS = "trades, wins, losses, gross_profit, gross_loss, r_sum, r_trades, held_ms, held_trades"
_Place = tuple[str, str]
_Name = tuple[str, str, str, str]


@cache
def _replaced(columns: str) -> str:
    """Return the same columns of the row that could not be inserted."""
    return ", ".join(f"excluded.{name}" for name in columns.split(", "))


class Sums:
    """What a transaction adds to an account's sums, kept until it is flushed."""

    def __init__(self, account_id: AccountId, clock: DayClock) -> None:
        self.clock = clock
        self._account_id = account_id
        self._booked: dict[_Place, Booked] = {}
        self._tallies: dict[_Name, Tally] = {}
        self._days: set[date] = set()
        """Trading days whose best and worst trade may have changed."""

    def add_booked(self, at: datetime, booked: Booked) -> None:
        """Add what a deal did to the balance."""
        for period in periods_of(self.clock, at):
            place = (period.grain.value, period.key)
            self._booked[place] = self._booked.get(place, Booked()).plus(booked)

    def add_trade(self, row: sqlite3.Row) -> None:
        """Add a trade's row; one that is open adds nothing."""
        self._change(row, 1)

    def take_trade(self, row: sqlite3.Row) -> None:
        """Take out what a trade's row added before it changed."""
        self._change(row, -1)

    def _change(self, row: sqlite3.Row, times: int) -> None:
        if row["closed_ms"] is None:
            return
        tally = tally_of_row(row)
        self._days.add(trading_day(self.clock, from_ms(row["closed_ms"])))
        for period in periods_of(self.clock, from_ms(row["closed_ms"])):
            for dimension, name in _names(row, period):
                place = (period.grain.value, dimension.value, period.key, name)
                known = self._tallies.get(place, Tally())
                self._tallies[place] = known.plus(tally, times)

    def flush(self, connection: sqlite3.Connection) -> None:
        """Write the changed sums."""
        for (grain, key), booked in self._booked.items():
            self._write_booked(connection, grain, key, booked)
        for place, tally in self._tallies.items():
            self._write_tally(connection, place, tally)
        for day in self._days:
            self._write_extremes(connection, day)
        connection.execute(
            "UPDATE result_clock SET revision = revision + 1 WHERE account_id = ?",
            (self._account_id,),
        )
        self._booked.clear()
        self._tallies.clear()
        self._days.clear()

    def _write_booked(
        self, connection: sqlite3.Connection, grain: str, key: str, booked: Booked
    ) -> None:
        place = (self._account_id, grain, key)
        row = connection.execute(
            f"SELECT {_MONEY} FROM result_booked"  # noqa: S608 - our own list of columns
            " WHERE account_id = ? AND grain = ? AND period = ?",
            place,
        ).fetchone()
        total = booked if row is None else booked_of_row(row).plus(booked)
        connection.execute(
            f"INSERT INTO result_booked (account_id, grain, period, {_MONEY})"  # noqa: S608
            f" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id, grain, period)"
            f" DO UPDATE SET ({_MONEY}) = ({_replaced(_MONEY)})",
            (*place, *map(str, (*total.money, total.charges, total.flows))),
        )

    def _write_extremes(self, connection: sqlite3.Connection, day: date) -> None:
        """Look the day's trades through: they are few, and what was best may have changed."""
        begins, ends = (starts_at(self.clock, one) for one in (day, day + timedelta(days=1)))
        connection.execute(
            "DELETE FROM result_extreme WHERE account_id = ? AND day = ?",
            (self._account_id, day.isoformat()),
        )
        found: dict[str, list[tuple[int, int]]] = {}
        for row in connection.execute(
            "SELECT side, net_rank, id FROM trade WHERE account_id = ? AND closed_ms >= ?"
            " AND closed_ms < ?",
            (self._account_id, to_ms(begins), to_ms(ends)),
        ):
            found.setdefault(row["side"], []).append((row["net_rank"], row["id"]))
        for side, ranked in found.items():
            connection.execute(
                "INSERT INTO result_extreme (account_id, day, side, best_rank, best_id,"
                " worst_rank, worst_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._account_id, day.isoformat(), side, *max(ranked), *min(ranked)),
            )

    def _write_tally(self, connection: sqlite3.Connection, at: _Name, tally: Tally) -> None:
        place = (self._account_id, *at)
        row = connection.execute(
            f"SELECT {_COUNTS} FROM result_tally"  # noqa: S608 - our own list of columns
            " WHERE account_id = ? AND grain = ? AND dimension = ? AND period = ? AND name = ?",
            place,
        ).fetchone()
        total = tally if row is None else tally_of_sums(row).plus(tally)
        connection.execute(
            f"INSERT INTO result_tally"  # noqa: S608 - the same
            f" (account_id, grain, dimension, period, name, {_COUNTS})"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (account_id, grain, dimension, period, name)"
            f" DO UPDATE SET ({_COUNTS}) = ({_replaced(_COUNTS)})",
            (
                *place,
                total.trades,
                total.wins,
                total.losses,
                str(total.gross_profit),
                str(total.gross_loss),
                str(total.r_sum),
                total.r_trades,
                total.held_ms,
                total.held_trades,
            ),
        )


def tally_of_row(row: sqlite3.Row) -> Tally:
    """Return what a closed trade's row counts for."""
    held = None
    if row["opened_ms"] is not None:
        held = timedelta(milliseconds=row["closed_ms"] - row["opened_ms"])
    return tally_of(Decimal(row["net"]), None if row["r"] is None else Decimal(row["r"]), held)


def tally_of_sums(row: sqlite3.Row) -> Tally:
    """Return a row of sums as a tally."""
    return Tally(
        row["trades"],
        row["wins"],
        row["losses"],
        Decimal(row["gross_profit"]),
        Decimal(row["gross_loss"]),
        Decimal(row["r_sum"]),
        row["r_trades"],
        row["held_ms"],
        row["held_trades"],
    )


def booked_of_row(row: sqlite3.Row | None) -> Booked:
    """Return a row of booked money; nothing where there is no row."""
    if row is None:
        return Booked()
    parts = (Decimal(row[name]) for name in ("profit", "swap", "commission", "fee"))
    return Booked(Money(*parts), Decimal(row["charges"]), Decimal(row["flows"]))


def _names(row: sqlite3.Row, period: Period) -> list[tuple[Dimension, str]]:
    """Return where a trade counts: by side in every span, by the rest for all of time."""
    names = [(Dimension.SIDE, str(row["side"]))]
    if period.grain is Grain.ALL:
        hour = "" if row["hour"] is None else f"{row['hour']:02d}"
        names += [
            (Dimension.SYMBOL, row["symbol"]),
            (Dimension.SOURCE, row["source"]),
            (Dimension.HOUR, hour),
            (Dimension.REASON, row["reason"]),
        ]
    return names
