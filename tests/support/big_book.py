"""A database that years have filled, made by bulk SQL: what it holds adds up as real deals do."""

import sqlite3
from contextlib import closing
from pathlib import Path

from storage.database import connect

_DAY = 86_400_000

_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)"
# Cents of a trade's profit, a fixed scatter of losses and wins.
_CENTS = "((i * 7919) % 20011 - 9900)"
_SYMBOLS = "substr('EURUSDGBPUSDUSDJPYXAUUSDAUDUSDUSDCHF', (i % 6) * 6 + 1, 6)"
_SIDE = "CASE WHEN i % 2 THEN 'sell' ELSE 'buy' END"
_CLOSED = "(?2 - ?3 * (?1 - i) / ?1 - 3600000)"


def fill(path: Path, deals: int, signals: int, now_ms: int, years: int = 5) -> None:
    """Add so many deals and signals to the desk's account 1, spread over the years before now."""
    trades, span = deals // 2, years * 365 * _DAY
    values = (trades, now_ms, span)
    with closing(connect(path)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        _deals(database, values)
        _trades(database, values)
        _sums(database)
        _extremes(database)
        _growth(database, now_ms, years)
        _signals(database, signals, now_ms, span)
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _deals(database: sqlite3.Connection, values: tuple[int, int, int]) -> None:
    for entry, kind, offset, after in (("in", 0, 0, -3_600_000), ("out", 1, 1, 0)):
        profit = f"printf('%.2f', {_CENTS} / 100.0)" if kind else "'0'"
        database.execute(
            f"{_NUMBERS} INSERT INTO deal (account_id, ticket, order_id,"  # noqa: S608 - our own numbers
            " order_ticket, position_id, deal_type, entry, symbol, volume, price, profit, swap,"
            " commission, fee, reason, magic, comment, at_ms) SELECT"
            f" 1, 10000000 + i * 2 + {offset}, NULL,"
            f" 50000000 + i * 2 + {offset}, 20000000 + i,"
            f" CASE WHEN (i + {kind}) % 2 THEN 'sell' ELSE 'buy' END, '{entry}', {_SYMBOLS},"
            f" '0.10', '1.1', {profit}, '0', '-0.35', '0', 'client', 0, '',"
            f" {_CLOSED} + {after} FROM n",
            values,
        )


def _trades(database: sqlite3.Connection, values: tuple[int, int, int]) -> None:
    database.execute(
        f"{_NUMBERS} INSERT INTO trade (account_id, position_id, leg, symbol, side, opened_ms,"  # noqa: S608 - the same
        " closed_ms, volume_in, volume_out, price_in, price_out, profit, swap, commission, fee,"
        f" net, net_rank, source, reason, hour) SELECT 1, 20000000 + i, 0, {_SYMBOLS}, {_SIDE},"
        f" {_CLOSED} - 3600000, {_CLOSED}, '0.10', '0.10', '1.1', '1.1',"
        f" printf('%.2f', {_CENTS} / 100.0), '0', '-0.70', '0',"
        f" printf('%.2f', ({_CENTS} - 70) / 100.0), ({_CENTS} - 70) * 10000,"
        " 'source ' || (i % 40), CASE i % 3 WHEN 0 THEN 'stop loss' WHEN 1 THEN 'take profit'"
        f" ELSE 'by hand' END, strftime('%H', ({_CLOSED} - 3600000) / 1000, 'unixepoch') FROM n",
        values,
    )


_PERIODS = {
    "day": "date({at} / 1000, 'unixepoch')",
    "week": "date({at} / 1000, 'unixepoch', 'weekday 0', '-6 days')",
    "month": "date({at} / 1000, 'unixepoch', 'start of month')",
    "all": "''",
}
_TALLY = (
    "count(*), sum(net_rank > 0), sum(net_rank < 0),"
    " printf('%.2f', sum(max(net_rank, 0)) / 1000000.0),"
    " printf('%.2f', sum(min(net_rank, 0)) / 1000000.0),"
    " '0', 0, sum(closed_ms - opened_ms), count(*)"
)


def _sums(database: sqlite3.Connection) -> None:
    """Sum what stands as the desk does, its days by UTC."""
    database.execute("DELETE FROM result_tally")
    database.execute("DELETE FROM result_booked")
    for grain, template in _PERIODS.items():
        period = template.format(at="closed_ms")
        names = {"side": "side"}
        if grain == "all":
            names |= {"symbol": "symbol", "source": "source", "reason": "reason"}
            names["hour"] = "printf('%02d', hour)"
        for dimension, name in names.items():
            database.execute(
                f"INSERT INTO result_tally SELECT 1, '{grain}', '{dimension}', {period}, {name},"  # noqa: S608
                f" {_TALLY} FROM trade WHERE closed_ms IS NOT NULL GROUP BY {period}, {name}"
            )
        period = template.format(at="at_ms")
        database.execute(
            f"INSERT INTO result_booked SELECT 1, '{grain}', {period},"  # noqa: S608
            " printf('%.2f', sum(CASE WHEN deal_type IN ('buy', 'sell')"
            " THEN CAST(round(profit * 100) AS INTEGER) ELSE 0 END) / 100.0),"
            " printf('%.2f', sum(CAST(round(swap * 100) AS INTEGER)) / 100.0),"
            " printf('%.2f', sum(CAST(round(commission * 100) AS INTEGER)) / 100.0), '0', '0',"
            " printf('%.2f', sum(CASE WHEN deal_type = 'balance'"
            " THEN CAST(round(profit * 100) AS INTEGER) ELSE 0 END) / 100.0)"
            f" FROM deal GROUP BY {period}"
        )


def _extremes(database: sqlite3.Connection) -> None:
    """Keep each day's best and worst: a bare column goes with its row's max or min."""
    database.execute("DELETE FROM result_extreme")
    day = _PERIODS["day"].format(at="closed_ms")
    database.execute(
        "INSERT INTO result_extreme SELECT 1, b.day, b.side, b.rank, b.id, w.rank, w.id FROM"  # noqa: S608
        f" (SELECT {day} AS day, side, max(net_rank) AS rank, id FROM trade GROUP BY 1, 2) b JOIN"
        f" (SELECT {day} AS day, side, min(net_rank) AS rank, id FROM trade GROUP BY 1, 2) w"
        " ON w.day = b.day AND w.side = b.side"
    )


def _growth(database: sqlite3.Connection, now_ms: int, years: int) -> None:
    spans = (("hour", 3_600_000, "%Y-%m-%dT%H"), ("day", _DAY, "%Y-%m-%d"))
    for grain, width, form in spans:
        database.execute(
            f"{_NUMBERS} INSERT OR IGNORE INTO growth_span SELECT 1, ?2,"  # noqa: S608 - the same
            f" strftime('{form}', (?3 - i * {width}) / 1000, 'unixepoch'), ?3 - i * {width},"
            " printf('%.2f', 10000 + (i * 7919) % 997), printf('%.6f', 1 + (i % 97) / 1000.0),"
            " printf('%.6f', 0.9 + (i % 97) / 1000.0), printf('%.6f', 0.95 + (i % 97) / 1000.0),"
            " '0.05', '1.2' FROM n",
            (years * 365 * _DAY // width, grain, now_ms),
        )


def _signals(database: sqlite3.Connection, signals: int, now_ms: int, span: int) -> None:
    draft = (
        '{"symbol":"EURUSD","side":"buy","order_type":"market","entry":null,'
        '"stop_loss":"1.05","take_profits":["1.2"]}'
    )
    database.execute(
        f"{_NUMBERS} INSERT INTO signal (id, source, source_ref, digest, symbol, side,"  # noqa: S608
        " order_type, draft_json, created_ms, expires_ms)"
        f" SELECT 1000 + i, 'source ' || (i % 40), 'r' || i, 'd', {_SYMBOLS}, 'buy', 'market', ?4,"
        f" {_CLOSED}, {_CLOSED} + 300000 FROM n",
        (signals, now_ms, span, draft),
    )
    database.execute(
        f"{_NUMBERS} INSERT INTO approval (signal_id, account_id, status, decided_ms, expires_ms)"  # noqa: S608
        " SELECT 1000 + i, 1, CASE i % 3 WHEN 0 THEN 'rejected' WHEN 1 THEN 'expired'"
        f" ELSE 'ordered' END, {_CLOSED}, {_CLOSED} + 300000 FROM n",
        (signals, now_ms, span),
    )
