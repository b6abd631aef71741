"""What a broker or the account's owner does behind the bot's back.

An instruction is a dict: ``{"admin": "deposit", "amount": "-500", "id": "x1"}``. It is carried
out once an id, at the next call to the terminal. The functions here append one to the account
file; a file of faults may hold them too.

=========  ====================================================================
admin      other keys
=========  ====================================================================
deposit    amount (negative: a withdrawal), comment
credit     amount, comment
open       symbol, side ("buy" or "sell"), volume, sl, tp, magic, comment
close      ticket
remove     ticket of a pending order
levels     ticket, sl, tp
=========  ====================================================================
"""

import uuid
from pathlib import Path
from typing import Any

from trading.terminal.simulated.book import DEAL_BALANCE, DEAL_CREDIT, Book, money
from trading.terminal.simulated.journal import Journal
from trading.terminal.simulated.ledger import CANCELED, CLIENT, Fill, Ledger
from trading.terminal.simulated.market import BUY, SELL, Market
from trading.terminal.simulated.records import Order


def deposit(account_file: Path, amount: object, comment: str = "Deposit") -> str:
    """Pay in, or out if negative; return the instruction's id."""
    return instruct(account_file, {"admin": "deposit", "amount": str(amount), "comment": comment})


def place_foreign_trade(
    account_file: Path, symbol: str, side: str, volume: object, **more: object
) -> str:
    """Open a position by hand; ``more`` may give sl, tp, magic and comment."""
    order = {"admin": "open", "symbol": symbol, "side": side, "volume": str(volume)}
    extra = {key: value if key == "magic" else str(value) for key, value in more.items()}
    return instruct(account_file, {**order, **extra})


def close_by_hand(account_file: Path, ticket: int) -> str:
    """Close a position by hand."""
    return instruct(account_file, {"admin": "close", "ticket": ticket})


def instruct(account_file: Path, instruction: dict[str, Any]) -> str:
    """Append an instruction to the account file; return its id."""
    identity = str(instruction.get("id") or uuid.uuid4())
    journal = Journal(account_file)
    try:
        with journal.locked():
            for _ in journal.unread():
                pass
            journal.append({"admin": {**instruction, "id": identity}})
    finally:
        journal.close()
    return identity


def carry_out(instruction: dict[str, Any], market: Market, book: Book, ledger: Ledger) -> None:
    """Do what an instruction says; one that cannot be done (any more) does nothing."""
    kind = instruction["admin"]
    ticket = int(instruction.get("ticket", 0))
    if kind in ("deposit", "credit"):
        deal = DEAL_CREDIT if kind == "credit" else DEAL_BALANCE
        words = str(instruction.get("comment", kind.capitalize()))
        ledger.move_money(money(instruction["amount"]), words, deal)
    elif kind == "open":
        _open(instruction, market, book, ledger)
    elif kind == "close" and ticket in book.positions:
        ledger.close(book.positions[ticket], CLIENT, "")
    elif kind == "remove" and ticket in book.orders:
        book.finish_order(book.orders[ticket], CANCELED, ledger.now_msc)
    elif kind == "levels" and ticket in book.positions:
        position = book.positions[ticket]
        position.sl, position.tp = (money(instruction.get(key, 0)) for key in ("sl", "tp"))
        book.put_position(position)


def _open(instruction: dict[str, Any], market: Market, book: Book, ledger: Ledger) -> None:
    symbol = str(instruction["symbol"])
    quote = market.quote(symbol) if symbol in market.specs else None
    if quote is None:
        return
    side = SELL if instruction["side"] == "sell" else BUY
    price = quote.ask if side == BUY else quote.bid
    volume = money(instruction["volume"])
    order = Order(
        book.next_ticket(), symbol, side, volume, volume, price,
        money(instruction.get("sl", 0)), money(instruction.get("tp", 0)), ledger.now_msc,
        magic=int(instruction.get("magic", 0)), reason=CLIENT,
        comment=str(instruction.get("comment", "")),
    )  # fmt: skip
    ledger.execute(Fill(order, side, price), None)
