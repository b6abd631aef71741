"""Everything a pass needs to know, in one hop."""

import sqlite3

from storage import orders, people, rows, signals
from trading.facts import PassFacts
from trading.ids import AccountId
from trading.model import Account, Order


def pass_facts(connection: sqlite3.Connection, account_id: AccountId, batch: int) -> PassFacts:
    """Return an account with its open orders and cards to work out."""
    symbols = tuple(signals.symbols_waiting(connection, account_id))
    return PassFacts(
        account=people.account(connection, account_id),
        orders=tuple(orders.open_orders(connection, account_id)),
        uncarded=tuple(signals.without_card(connection, account_id, batch)) if symbols else (),
        symbols=symbols,
    )


def known_account(
    connection: sqlite3.Connection, login: int | None, server: str | None
) -> Account | None:
    """Return the account of that login, or the only one there is where none is named."""
    found = connection.execute(
        "SELECT * FROM account WHERE login = coalesce(?, login) AND server = coalesce(?, server)",
        (login, server),
    ).fetchall()
    return rows.account(found[0]) if len(found) == 1 else None


def entry_by_client_id(connection: sqlite3.Connection, client_order_id: int) -> Order | None:
    """Return the entry order that carries that id at the broker."""
    row = connection.execute(
        "SELECT * FROM orders WHERE client_order_id = ? AND purpose = 'entry'",
        (client_order_id,),
    ).fetchone()
    return None if row is None else rows.order(row)
