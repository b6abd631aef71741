"""One broker in a folder: what a test sets (``control.json``) and what was traded (``book.json``).

Everything is read anew at each call, so the books outlive a killed worker, and a test in another
process can move prices, trade by hand and look at what is open. Only the package writes the books,
only the test writes the control.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import _structs as structs

FOLDER = "STRICT_MT5"
"""The environment's name for the folder."""

Row = dict[str, Any]

_TEXTS = {
    "name", "server", "currency", "company", "symbol", "comment", "external_id", "language",
    "path", "data_path", "commondata_path", "basis", "category", "currency_base",
    "currency_profit", "currency_margin", "bank", "description", "exchange", "formula", "isin",
    "page", "mqid_text",
}  # fmt: skip
TERMS: dict[str, Row] = {
    "EURUSD.r": {
        "digits": 5, "trade_contract_size": 100000.0, "filling_mode": 2, "currency_base": "EUR",
        "currency_margin": "EUR", "trade_stops_level": 10,
    },
    "XAUUSDc": {
        "digits": 2, "trade_contract_size": 100.0, "filling_mode": 1, "currency_base": "XAU",
        "currency_margin": "USD", "trade_stops_level": 20, "trade_freeze_level": 5,
        "trade_tick_size": 0.05,
    },
}  # fmt: skip
CONTROL: Row = {
    "offset": 3 * 3600,  # the server's clock ahead of UTC
    "accounts": {"5001": {"password": "right", "server": "Strict-Demo", "balance": 10000.0}},
    "last_login": 5001,
    "account": {},
    "terminal": {},
    "symbols": {},
    "quotes": {"EURUSD.r": [1.10000, 1.10010], "XAUUSDc": [2650.00, 2650.30]},
    "still": [],  # symbols whose market is closed: no new tick, no trade
    "warm_up": 2,  # polls of a newly selected symbol that still show zeros
    "deal_lag": 1.0,  # seconds a deal takes into the history
    "blank_result": True,  # servers that answer deal 0 and price 0.0
    "comment_max": 27,
    "commission": -3.5,  # a lot and side
    "unattached": "",  # never logged in by hand: initialize without credentials times out
    "faults": [],
    "by_hand": [],  # what people do at the broker: {"do": "open", "with": [...]}, each done once
}
BOOK: Row = {
    "next": 70000001, "login": 0, "balance": {}, "positions": [], "orders": [], "deals": [],
    "history": [], "selected": {}, "counts": {}, "sent": 0, "by_hand": 0,
    "late": [],
}  # fmt: skip


class Book:
    """The files of one broker."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:  # noqa: TID251 - the broker's own clock
        self.folder = folder
        self.clock = clock
        self.control: Row = {}
        self.state: Row = {}

    def load(self) -> None:
        """Read both files; what is not there is as it is by default."""
        self.control = {**CONTROL, **_read(self.folder / "control.json")}
        self.state = {**json.loads(json.dumps(BOOK)), **_read(self.folder / "book.json")}

    def save(self) -> None:
        """Write what was traded, all or nothing."""
        _write(self.folder / "book.json", self.state)

    def set(self, **control: object) -> None:
        """Change what a test controls."""
        path = self.folder / "control.json"
        _write(path, {**_read(path), **control})

    def strike(self, call: str) -> Row | None:
        """Return the fault that befalls this call, and count it."""
        for index, rule in enumerate(self.control["faults"]):
            key = str(rule.get("id", index))
            done = self.state["counts"].get(key, 0)
            if rule["call"] in (call, "*") and done < rule.get("times", 10**9):
                self.state["counts"][key] = done + 1
                self.save()
                return dict(rule)
        return None

    def do(self, what: str, *given: object) -> None:
        """Let a person do something at the broker, at the next call."""
        done = [*self.control.get("by_hand", []), {"do": what, "with": given}]
        self.control["by_hand"] = done
        self.set(by_hand=done)

    # --- time and prices ---------------------------------------------------------------------

    def stamp_ms(self) -> int:
        """Return the server's wall clock written as if it were UTC."""
        return int((self.clock() + self.control["offset"]) * 1000)

    def times(self, name: str) -> Row:
        """Return a pair of fields for a moment."""
        now = self.stamp_ms()
        return {name: now // 1000, f"{name}_msc": now}

    def quote(self, symbol: str) -> tuple[float, float]:
        """Return bid and ask."""
        bid, ask = self.control["quotes"][symbol]
        return float(bid), float(ask)

    def ticket(self) -> int:
        """Return the next number the broker gives."""
        self.state["next"] += 1
        return int(self.state["next"])

    # --- views -------------------------------------------------------------------------------

    def terms(self, symbol: str) -> Row | None:
        """Return a symbol's properties, every field of the type."""
        own = {**TERMS, **self.control["symbols"]}
        if symbol not in own:
            return None
        row: Row = {name: "" if name in _TEXTS else 0 for name in structs.SymbolInfo.names}
        row.update({
            "trade_mode": 4, "trade_exemode": 2, "order_mode": 127, "expiration_mode": 15,
            "volume_min": 0.01, "volume_max": 50.0, "volume_step": 0.01, "volume_limit": 0.0,
            "currency_profit": "USD", "name": symbol, "path": f"Forex\\{symbol}",
            "swap_rollover3days": 3,
        })  # fmt: skip
        row.update(TERMS.get(symbol, {}))
        row.update(self.control["symbols"].get(symbol, {}))
        row["point"] = 10.0 ** -row["digits"]
        row["trade_tick_size"] = row["trade_tick_size"] or row["point"]
        value = row["trade_contract_size"] * row["trade_tick_size"]
        if symbol in self.state["selected"]:
            row.update({
                "select": True, "visible": True, "trade_tick_value": value,
                "trade_tick_value_profit": value, "trade_tick_value_loss": value,
                "bid": self.quote(symbol)[0], "ask": self.quote(symbol)[1],
            })  # fmt: skip
        else:
            row.update({"select": False, "visible": False})
        return row

    def account(self) -> Row:
        """Return the active account as the terminal shows it."""
        login = str(self.state["login"])
        row: Row = {name: "" if name in _TEXTS else 0 for name in structs.AccountInfo.names}
        own = self.control["accounts"].get(login, {})
        row.update({
            "login": int(login), "leverage": 100, "trade_allowed": True, "trade_expert": True,
            "margin_mode": 2, "currency_digits": 2, "fifo_close": False, "name": "Test Person",
            "currency": "USD", "company": "Strict Broker", "margin_so_call": 100.0,
            "margin_so_so": 50.0, "credit": 0.0, "server": own.get("server", ""),
        })  # fmt: skip
        profit = sum(self.profit(one) + one["swap"] for one in self.state["positions"])
        margin = sum(
            one["volume"]
            * (self.terms(one["symbol"]) or {})["trade_contract_size"]
            * one["price_open"]
            / 100
            for one in self.state["positions"]
        )
        balance = self.balance()
        equity = round(balance + profit, 2)
        row.update({
            "balance": round(balance, 2), "profit": round(profit, 2), "equity": equity,
            "margin": round(margin, 2), "margin_free": round(equity - margin, 2),
            "margin_level": round(equity / margin * 100, 2) if margin else 0.0,
        })  # fmt: skip
        row.update(self.control["account"])
        return row

    def terminal(self) -> Row:
        """Return what the terminal says of itself."""
        row: Row = {name: "" if name in _TEXTS else 0 for name in structs.TerminalInfo.names}
        row.update({
            "connected": True, "trade_allowed": True, "tradeapi_disabled": False, "build": 5430,
            "maxbars": 100000, "codepage": 0, "ping_last": 23456, "mqid": False,
            "community_account": False, "community_connection": False, "dlls_allowed": False,
            "email_enabled": False, "ftp_enabled": False, "notifications_enabled": False,
            "company": "MetaQuotes Ltd.", "name": "MetaTrader 5", "language": "English",
        })  # fmt: skip
        row.update(self.control["terminal"])
        return row

    def balance(self) -> float:
        """Return the active account's balance."""
        login = str(self.state["login"])
        opening = self.control["accounts"].get(login, {}).get("balance", 10000.0)
        return float(self.state["balance"].get(login, opening))

    def profit(self, position: Row) -> float:
        """Return a position's floating result without swap and commission."""
        bid, ask = self.quote(position["symbol"])
        contract = (self.terms(position["symbol"]) or {})["trade_contract_size"]
        moved = (bid if position["type"] == 0 else ask) - position["price_open"]
        gain = moved * (1 if position["type"] == 0 else -1) * position["volume"] * contract
        return round(float(gain), 2)


def from_environment() -> Book:
    """Return the broker that this process was told of."""
    return Book(Path(os.environ[FOLDER]))


def _read(path: Path) -> Row:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return {}


def _write(path: Path, value: Row) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(value), "utf-8")
    fresh.replace(path)
