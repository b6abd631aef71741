"""What SQLite's planner is told of the tables that grow: how many rows share a key.

Without it a table's two indexes that begin alike look the same to it, and it reads every deal of
an account to find the few of one position. The figures are those of a desk of some years
(https://www.sqlite.org/fileformat2.html#stat1tab): rows, then rows for each prefix of the key.
"""

import sqlite3
from typing import Final

FACTS: Final = (
    # Of a table without row ids, the key goes by the table's own name.
    ("deal", "deal", "1000000 500000 1"),
    ("deal", "deal_by_time", "1000000 500000 2 1"),
    ("deal", "deal_by_position", "1000000 500000 2 1"),
    ("deal", "deal_flow", "2000 1000 1 1"),
    ("deal", "deal_flow_waiting", "10 5 1"),
    ("approval", "approval_waiting", "10 5 1"),
    ("approval", "approval_due", "10 5 1 1"),
    ("approval", "approval_by_account", "100000 50000 1"),
    ("approval", "sqlite_autoindex_approval_1", "100000 1 1"),
    ("orders", "orders_open", "10 5 1"),
    ("orders", "orders_by_position", "200000 100000 2"),
    ("orders", "orders_by_ticket", "200000 100000 1"),
)


def tell_planner(connection: sqlite3.Connection) -> None:
    """Write the facts down where they differ; every connection opened later reads them."""
    connection.execute("ANALYZE sqlite_schema")  # makes the table, and looks at nothing
    known = {tuple(row) for row in connection.execute("SELECT tbl, idx, stat FROM sqlite_stat1")}
    if known == set(FACTS):
        return
    connection.execute("DELETE FROM sqlite_stat1")
    connection.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", FACTS)
    connection.execute("ANALYZE sqlite_schema")
