"""Filters of the ``*_get`` functions: group masks, tickets and time windows (F§3)."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from trading.terminal.simulated.book import Book
from trading.terminal.simulated.records import Deal, Order, Position
from trading.terminal.simulated.requests import BadArgument, read_filters, read_instant

Open = TypeVar("Open", Position, Order)
Past = TypeVar("Past", Order, Deal)


def in_group(symbol: str, mask: str) -> bool:
    """Return whether a comma list of masks takes a symbol in; ``!`` takes it out again."""
    is_in = False
    for part in (text.strip() for text in mask.split(",")):
        if part.startswith("!"):
            is_in = is_in and not fnmatchcase(symbol, part[1:])
        elif part:
            is_in = is_in or fnmatchcase(symbol, part)
    return is_in


def open_ones(records: Iterable[Open], filters: dict[str, Any]) -> list[Open]:
    """Return open positions or orders by symbol, else by ticket, else by group (F§3)."""
    chosen = sorted(records, key=lambda one: one.ticket)
    if "symbol" in filters:
        return [one for one in chosen if one.symbol == filters["symbol"]]
    if "ticket" in filters:
        return [one for one in chosen if one.ticket == filters["ticket"]]
    if "group" in filters:
        return [one for one in chosen if in_group(one.symbol, filters["group"])]
    return chosen


def past_orders(book: Book, window: tuple[Any, ...], keywords: dict[str, Any]) -> list[Order]:
    """Return finished orders by ticket, by position or by a window of the server's clock."""
    filters = read_filters(window, keywords, 2, ("group",))
    orders = list(book.history.values())
    if "ticket" in filters:
        return [one for one in orders if one.ticket == filters["ticket"]]
    if "position" in filters:
        wanted = filters["position"]
        return [one for one in orders if wanted in (one.position_id, one.position_by_id)]
    first, last = _window(window)
    return _of_group([one for one in orders if first <= one.done_msc <= last], filters)


def past_deals(book: Book, window: tuple[Any, ...], keywords: dict[str, Any]) -> list[Deal]:
    """Return deals by the ticket of their order, by position or by a window (F§3)."""
    filters = read_filters(window, keywords, 2, ("group",))
    deals = list(book.deals.values())
    if "ticket" in filters:
        return [one for one in deals if one.order == filters["ticket"]]
    if "position" in filters:
        return [one for one in deals if one.position_id == filters["position"]]
    first, last = _window(window)
    return _of_group([one for one in deals if first <= one.time_msc <= last], filters)


def _window(window: tuple[Any, ...]) -> tuple[float, float]:
    if not window:
        raise BadArgument("Invalid arguments")
    since, until = read_instant(window[0], "1st"), read_instant(window[1], "2nd")
    return since * 1000, until * 1000 + 999


def _of_group(records: list[Past], filters: dict[str, Any]) -> list[Past]:
    mask = filters.get("group", "*")
    return [one for one in records if mask == "*" or in_group(one.symbol, mask)]
