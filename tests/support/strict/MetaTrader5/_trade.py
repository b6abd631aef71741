"""What the trade server does with a request: its checks in order, and the books they change."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._book import Book, Row

DEAL, PENDING, SLTP, MODIFY, REMOVE, CLOSE_BY = 1, 5, 6, 7, 8, 10
DONE, PARTIAL = 10009, 10010
_SIDE = (0, 1, 0, 1, 0, 1, 0, 1)
TEXTS = {
    10004: "Requote", 10008: "Order placed", 10009: "Request executed",
    10010: "Only part of the request was completed", 10012: "Request canceled by timeout",
    10013: "Invalid request", 10014: "Invalid volume", 10015: "Invalid price",
    10016: "Invalid stops", 10017: "Trade is disabled", 10018: "Market is closed",
    10019: "No money", 10022: "Invalid expiration", 10025: "No changes",
    10026: "Autotrading disabled by server", 10027: "AutoTrading disabled by client",
    10029: "Order or position frozen", 10030: "Unsupported filling mode", 10031: "No connection",
    10033: "Pending orders limit", 10034: "Volume limit", 10035: "Invalid order",
    10036: "Position doesn't exist", 10038: "Close volume exceeds the position's",
    10042: "Only long positions", 10043: "Only short positions", 10044: "Only closing",
}  # fmt: skip


class Refused(Exception):  # noqa: N818 - the server's no
    """A retcode that is not success."""

    def __init__(self, retcode: int) -> None:
        super().__init__(TEXTS.get(retcode, ""))
        self.retcode = retcode


@dataclass
class Answer:
    """What the server says beside the retcode."""

    retcode: int = DONE
    deal: int = 0
    order: int = 0
    volume: float = 0.0
    price: float = 0.0


def execute(book: Book, request: Row, *, fraction: float = 1.0, dry: bool = False) -> Answer:
    """Carry a request out, or raise ``Refused``; ``dry`` stops after the checks."""
    _account_allows(book)
    handler = _ACTIONS.get(request.get("action", 0))
    if handler is None:
        raise Refused(10013)
    return handler(book, request, fraction, dry)


def advance(book: Book) -> None:
    """Let people and prices do what they do: trade by hand, fill pendings, hit stops, expire."""
    for done in book.control["by_hand"][book.state["by_hand"] :]:
        book.state["by_hand"] += 1
        _BY_HAND[done["do"]](book, *done["with"])
    if not book.terminal()["connected"]:
        return
    _execute_late(book)
    for order in list(book.state["orders"]):
        _pending_by_price(book, order)
    for position in list(book.state["positions"]):
        _stop_by_price(book, position)


def _execute_late(book: Book) -> None:
    for one in [one for one in book.state["late"] if one["due"] <= book.clock()]:
        book.state["late"].remove(one)
        with contextlib.suppress(Refused):
            execute(book, one["request"])


def _account_allows(book: Book) -> None:
    terminal, account = book.terminal(), book.account()
    checks = (
        (not terminal["connected"], 10031),
        (not terminal["trade_allowed"], 10027),
        (not account["trade_allowed"], 10017),
        (not account["trade_expert"], 10026),
    )
    _first(checks)


def _first(checks: tuple[tuple[bool, int], ...]) -> None:
    for is_wrong, retcode in checks:
        if is_wrong:
            raise Refused(retcode)


def _symbol(book: Book, request: Row) -> Row:
    terms = book.terms(request.get("symbol", ""))
    if terms is None or not terms["select"]:
        raise Refused(10013)
    _first(((terms["trade_mode"] == 0, 10017), (request["symbol"] in book.control["still"], 10018)))
    return terms


def _volume(book: Book, request: Row, terms: Row, side: int) -> float:
    volume = float(request.get("volume", 0.0))
    steps = volume / terms["volume_step"]
    limit = terms["volume_limit"]
    held = sum(
        one.get("volume", one.get("volume_current", 0.0))
        for one in (*book.state["positions"], *book.state["orders"])
        if one["symbol"] == terms["name"] and _SIDE[one["type"]] == side
    )
    _first(
        (
            (volume < terms["volume_min"] - 1e-9, 10014),
            (volume > terms["volume_max"] + 1e-9, 10014),
            (abs(steps - round(steps)) > 1e-6, 10014),
            (bool(limit) and held + volume > limit + 1e-9, 10034),
        )
    )
    return round(volume, 2)


def _filling(request: Row, terms: Row) -> None:
    """Market execution knows no RETURN; a field left out is 0, which is FOK."""
    mode, mask = request.get("type_filling", 0), terms["filling_mode"]
    if not {0: mask & 1, 1: mask & 2, 2: terms["trade_exemode"] != 2}.get(mode, False):
        raise Refused(10030)


def _on_tick(price: float, terms: Row) -> bool:
    ticks = price / terms["trade_tick_size"]
    return bool(abs(ticks - round(ticks)) < 1e-4)


def _levels(request: Row, terms: Row, side: int, reference: float) -> tuple[float, float]:
    """Return sl and tp; both must lie on their side, far enough away and on a tick."""
    stop, target = float(request.get("sl", 0.0)), float(request.get("tp", 0.0))
    sign = 1 if side == 0 else -1
    least = terms["trade_stops_level"] * terms["point"] - 1e-9
    for level, away in ((stop, (reference - stop) * sign), (target, (target - reference) * sign)):
        if level and (away < least or away <= 0 or not _on_tick(level, terms)):
            raise Refused(10016)
    return stop, target


def _deal(book: Book, request: Row, fraction: float, dry: bool) -> Answer:
    terms = _symbol(book, request)
    side = request.get("type", 0)
    if side not in (0, 1):
        raise Refused(10013)
    _filling(request, terms)
    bid, ask = book.quote(terms["name"])
    price = ask if side == 0 else bid
    if terms["trade_exemode"] in (0, 1):
        off = abs(float(request.get("price", 0.0)) - price) / terms["point"]
        _first(((not request.get("price"), 10015), (off > request.get("deviation", 0), 10004)))
    position = request.get("position")
    if position:
        return _closing(book, request, terms, position, price, fraction, dry)
    allowed = {1: 0, 2: 1}.get(terms["trade_mode"], side)
    _first(((terms["trade_mode"] == 3, 10044), (allowed != side, 10041 + terms["trade_mode"])))
    volume = _volume(book, request, terms, side)
    levels = _levels(request, terms, side, bid if side == 0 else ask)
    needed = volume * terms["trade_contract_size"] * price / 100
    if needed > book.account()["margin_free"]:
        raise Refused(10019)
    if dry:
        return Answer(0)
    filled = volume if fraction >= 1 else max(terms["volume_min"], round(volume * fraction, 2))
    return _fill(book, request, terms, side, filled, price, levels, volume)


def _fill(
    book: Book,
    request: Row,
    terms: Row,
    side: int,
    filled: float,
    price: float,
    levels: tuple[float, float],
    asked: float,
) -> Answer:
    order = _history_order(book, request, terms, side, asked, filled, price)
    netted = _netted(book, terms["name"])
    if netted is None:
        position = _open(book, request, terms, side, filled, price, levels, order["ticket"])
        deal = _book_deal(book, request, order, position, side, 0, filled, price, 0.0)
    else:
        position, deal = _net(book, request, order, netted, side, filled, price, levels)
    order["position_id"] = position["identifier"]
    retcode = DONE if filled >= asked else PARTIAL
    blank = book.control["blank_result"]
    return Answer(
        retcode,
        0 if blank else deal["ticket"],
        order["ticket"],
        0.0 if blank and retcode == DONE else filled,
        0.0 if blank else price,
    )


def _netted(book: Book, symbol: str) -> Row | None:
    if book.account()["margin_mode"] == 2:
        return None
    return next((one for one in book.state["positions"] if one["symbol"] == symbol), None)


def _net(
    book: Book,
    request: Row,
    order: Row,
    held: Row,
    side: int,
    filled: float,
    price: float,
    levels: tuple[float, float],
) -> tuple[Row, Row]:
    """Add to, reduce, end or turn the one position of a netting account."""
    if held["type"] == side:
        total = held["volume"] + filled
        held["price_open"] = (held["price_open"] * held["volume"] + price * filled) / total
        held["volume"] = round(total, 2)
        held["sl"], held["tp"] = levels
        return held, _book_deal(book, request, order, held, side, 0, filled, price, 0.0)
    out = min(filled, held["volume"])
    gain = round(book.profit(held) * out / held["volume"], 2)
    rest = round(filled - held["volume"], 2)
    entry = 1 if rest <= 0 else 2
    deal = _book_deal(book, request, order, held, side, entry, filled, price, gain)
    held["volume"] = round(held["volume"] - out, 2)
    if not held["volume"]:
        book.state["positions"].remove(held)
        if rest > 0:  # turned: the ticket becomes the reversing order's, the identifier stays
            turned = {**held, "type": side, "volume": rest, "price_open": price}
            turned["ticket"] = order["ticket"]
            turned["sl"], turned["tp"] = levels
            book.state["positions"].append(turned)
    return held, deal


def _closing(
    book: Book,
    request: Row,
    terms: Row,
    ticket: int,
    price: float,
    fraction: float,
    dry: bool,
) -> Answer:
    position = find(book.state["positions"], ticket)
    if position is None:
        raise Refused(10036)
    if position["type"] == request["type"] or position["symbol"] != request["symbol"]:
        raise Refused(10013)
    volume = round(float(request.get("volume", 0.0)), 2)
    _first(((volume > position["volume"] + 1e-9, 10038), (volume <= 0, 10014)))
    if dry:
        return Answer(0)
    side = request["type"]
    filled = volume if fraction >= 1 else max(terms["volume_min"], round(volume * fraction, 2))
    order = _history_order(book, request, terms, side, volume, filled, price)
    order["position_id"] = position["identifier"]
    deal = reduce(book, position, filled, price, reason=3, request=request, order=order)
    retcode = DONE if filled >= volume else PARTIAL
    blank = book.control["blank_result"]
    return Answer(retcode, 0 if blank else deal["ticket"], order["ticket"], filled, price)


def reduce(
    book: Book,
    position: Row,
    volume: float,
    price: float,
    *,
    reason: int,
    request: Row | None = None,
    order: Row | None = None,
    comment: str = "",
    entry: int = 1,
) -> Row:
    """Close a position or a part of it at a price; who asked decides magic and reason."""
    side = 1 - position["type"]
    terms = book.terms(position["symbol"]) or {}
    sign = 1 if position["type"] == 0 else -1
    moved = (price - position["price_open"]) * sign
    gain = round(moved * volume * terms["trade_contract_size"], 2)
    its = request or {"magic": position["magic"], "comment": comment}
    if order is None:
        order = _history_order(book, its, terms, side, volume, volume, price)
        order["position_id"] = position["identifier"]
    deal = _book_deal(book, its, order, position, side, entry, volume, price, gain, reason)
    position["volume"] = round(position["volume"] - volume, 2)
    if position["volume"] <= 0:
        book.state["positions"].remove(position)
    return deal


def _pending(book: Book, request: Row, _: float, dry: bool) -> Answer:
    terms = _symbol(book, request)
    kind = request.get("type", 0)
    if kind not in range(2, 8) or not terms["order_mode"] & (2 << (kind // 2 - 1)):
        raise Refused(10035)
    if request.get("type_filling", 0) == 3:
        raise Refused(10030)
    side = _SIDE[kind]
    volume = _volume(book, request, terms, side)
    price = float(request.get("price", 0.0))
    _price_of_pending(book, terms, kind, price)
    anchor = price
    if kind in (6, 7):
        anchor = float(request.get("stoplimit", 0.0))
        if not anchor or (anchor - price) * (1 if side == 0 else -1) > 0:
            raise Refused(10015)
    stop, target = _levels(request, terms, side, anchor)
    expiration = _expiration(book, request, terms)
    limit = book.account()["limit_orders"]
    if limit and len(book.state["orders"]) >= limit:
        raise Refused(10033)
    if dry:
        return Answer(0)
    order = {
        "ticket": book.ticket(), **book.times("time_setup"), "time_done": 0, "time_done_msc": 0,
        "time_expiration": expiration, "type": kind, "type_time": request.get("type_time", 0),
        "type_filling": request.get("type_filling", 0), "state": 1,
        "magic": request.get("magic", 0), "position_id": 0, "position_by_id": 0, "reason": 3,
        "volume_initial": volume, "volume_current": volume, "price_open": price, "sl": stop,
        "tp": target, "price_current": price, "price_stoplimit": request.get("stoplimit", 0.0),
        "symbol": terms["name"], "comment": request.get("comment", ""), "external_id": "",
    }  # fmt: skip
    book.state["orders"].append(order)
    return Answer(DONE, 0, order["ticket"], volume, 0.0)


def _price_of_pending(book: Book, terms: Row, kind: int, price: float) -> None:
    """BUY_LIMIT < ask, SELL_LIMIT > bid, BUY_STOP > ask, SELL_STOP < bid, by the stops level."""
    bid, ask = book.quote(terms["name"])
    side = _SIDE[kind]
    market = ask if side == 0 else bid
    above = (kind in (4, 6)) if side == 0 else (kind == 3)
    away = (price - market) if above else (market - price)
    least = max(terms["trade_stops_level"] * terms["point"] - 1e-9, 1e-9)
    if not price or away < least or not _on_tick(price, terms):
        raise Refused(10015)


def _expiration(book: Book, request: Row, terms: Row) -> int:
    mode = request.get("type_time", 0)
    if not terms["expiration_mode"] & (1 << mode):
        raise Refused(10022)
    until = int(request.get("expiration", 0))
    if mode in (2, 3) and until <= book.stamp_ms() // 1000:
        raise Refused(10022)
    return until if mode in (2, 3) else 0


def _sltp(book: Book, request: Row, _: float, dry: bool) -> Answer:
    position = find(book.state["positions"], request.get("position", 0))
    if position is None and book.account()["margin_mode"] != 2:
        position = _netted(book, request.get("symbol", ""))
    if position is None:
        raise Refused(10036)
    terms = book.terms(position["symbol"]) or {}
    bid, ask = book.quote(position["symbol"])
    reference = bid if position["type"] == 0 else ask
    _frozen(terms, reference, (position["sl"], position["tp"]))
    stop, target = _levels(request, terms, position["type"], reference)
    if (stop, target) == (position["sl"], position["tp"]):
        raise Refused(10025)
    if not dry:
        position["sl"], position["tp"] = stop, target
    return Answer(0 if dry else DONE)


def _frozen(terms: Row, reference: float, levels: tuple[float, ...]) -> None:
    least = terms["trade_freeze_level"] * terms["point"]
    if any(level and abs(level - reference) <= least - 1e-9 for level in levels):
        raise Refused(10029)


def _modify(book: Book, request: Row, _: float, dry: bool) -> Answer:
    order = find(book.state["orders"], request.get("order", 0))
    if order is None:
        raise Refused(10013)
    terms = book.terms(order["symbol"]) or {}
    bid, ask = book.quote(order["symbol"])
    side = _SIDE[order["type"]]
    _frozen(terms, ask if side == 0 else bid, (order["price_open"],))
    price = float(request.get("price", 0.0))
    _price_of_pending(book, terms, order["type"], price)
    stop, target = _levels(request, terms, side, float(request.get("stoplimit", 0.0)) or price)
    changed = {
        "price_open": price, "sl": stop, "tp": target,
        "time_expiration": _expiration(book, request, terms),
        "price_stoplimit": float(request.get("stoplimit") or order["price_stoplimit"]),
    }  # fmt: skip
    if all(order[name] == value for name, value in changed.items()):
        raise Refused(10025)
    if not dry:
        order.update(changed)
    return Answer(0 if dry else DONE, order=order["ticket"])


def _remove(book: Book, request: Row, _: float, dry: bool) -> Answer:
    order = find(book.state["orders"], request.get("order", 0))
    if order is None:
        raise Refused(10013)
    if not dry:
        _end(book, order, 2)
    return Answer(0 if dry else DONE, order=order["ticket"])


def _close_by(book: Book, request: Row, _: float, dry: bool) -> Answer:
    one = find(book.state["positions"], request.get("position", 0))
    other = find(book.state["positions"], request.get("position_by", 0))
    if one is None or other is None:
        raise Refused(10036)
    if one["symbol"] != other["symbol"] or one["type"] == other["type"]:
        raise Refused(10013)
    if dry:
        return Answer(0)
    volume = min(one["volume"], other["volume"])
    terms = book.terms(one["symbol"]) or {}
    order = _history_order(book, request, terms, other["type"], volume, volume, 0.0)
    order["position_id"] = one["identifier"]
    price = other["price_open"]
    reduce(book, one, volume, price, reason=3, request=request, order=order, entry=3)
    reduce(book, other, volume, price, reason=3, request=request, order=order, entry=3)
    return Answer(DONE, 0, order["ticket"], volume, 0.0)


_ACTIONS: dict[int, Callable[[Book, Row, float, bool], Answer]] = {
    DEAL: _deal, PENDING: _pending, SLTP: _sltp, MODIFY: _modify, REMOVE: _remove,
    CLOSE_BY: _close_by,
}  # fmt: skip


def find(rows: list[Row], ticket: int) -> Row | None:
    """Return the row with a ticket."""
    return next((one for one in rows if one["ticket"] == ticket), None)


# --- rows ------------------------------------------------------------------------------------


def _open(
    book: Book,
    request: Row,
    terms: Row,
    side: int,
    volume: float,
    price: float,
    levels: tuple[float, float],
    ticket: int,
) -> Row:
    position: Row = {
        "ticket": ticket, **book.times("time"), **book.times("time_update"), "type": side,
        "magic": request.get("magic", 0), "identifier": ticket, "reason": 3, "volume": volume,
        "price_open": price, "sl": levels[0], "tp": levels[1], "price_current": price,
        "swap": 0.0, "profit": 0.0, "symbol": terms["name"],
        "comment": request.get("comment", ""), "external_id": "",
    }  # fmt: skip
    book.state["positions"].append(position)
    return position


def _history_order(
    book: Book, request: Row, terms: Row, side: int, asked: float, filled: float, price: float
) -> Row:
    order: Row = {
        "ticket": book.ticket(), **book.times("time_setup"), **book.times("time_done"),
        "time_expiration": 0, "type": side, "type_time": 0,
        "type_filling": request.get("type_filling", 0), "state": 4 if filled >= asked else 2,
        "magic": request.get("magic", 0), "position_id": 0, "position_by_id": 0, "reason": 3,
        "volume_initial": asked, "volume_current": round(asked - filled, 2), "price_open": price,
        "sl": 0.0, "tp": 0.0, "price_current": price, "price_stoplimit": 0.0,
        "symbol": terms["name"], "comment": request.get("comment", ""), "external_id": "",
    }  # fmt: skip
    book.state["history"].append(order)
    return order


def _book_deal(
    book: Book,
    request: Row,
    order: Row,
    position: Row,
    side: int,
    entry: int,
    volume: float,
    price: float,
    gain: float,
    reason: int = 3,
) -> Row:
    commission = round(book.control["commission"] * volume, 2)
    deal: Row = {
        "ticket": book.ticket(), "order": order["ticket"], **book.times("time"), "type": side,
        "entry": entry, "magic": request.get("magic", 0), "position_id": position["identifier"],
        "reason": reason, "volume": volume, "price": price, "commission": commission, "swap": 0.0,
        "profit": gain, "fee": 0.0, "symbol": position["symbol"],
        "comment": request.get("comment", ""), "external_id": "",
        "seen_from": book.clock() + book.control["deal_lag"],
    }  # fmt: skip
    book.state["deals"].append(deal)
    login = str(book.state["login"])
    book.state["balance"][login] = round(book.balance() + gain + commission, 2)
    return deal


def _pending_by_price(book: Book, order: Row) -> None:
    if order["time_expiration"] and book.stamp_ms() // 1000 >= order["time_expiration"]:
        _end(book, order, 6)
        return
    if order["symbol"] in book.control["still"]:
        return
    bid, ask = book.quote(order["symbol"])
    side = _SIDE[order["type"]]
    market, price = (ask if side == 0 else bid), order["price_open"]
    rising = order["type"] in (3, 4, 6)
    if not (market >= price if rising else market <= price):
        return
    if order["type"] in (6, 7):
        order["type"], order["price_open"] = order["type"] - 4, order["price_stoplimit"]
        return
    terms = book.terms(order["symbol"]) or {}
    levels, volume = (order["sl"], order["tp"]), order["volume_current"]
    _end(book, order, 4)
    position = _open(book, order, terms, side, volume, market, levels, order["ticket"])
    order["position_id"], order["volume_current"] = position["identifier"], 0.0
    _book_deal(book, order, order, position, side, 0, volume, market, 0.0)


def _end(book: Book, order: Row, state: int) -> None:
    book.state["orders"].remove(order)
    order.update(book.times("time_done"), state=state)
    book.state["history"].append(order)


def _stop_by_price(book: Book, position: Row) -> None:
    if position["symbol"] in book.control["still"]:
        return
    bid, ask = book.quote(position["symbol"])
    sign, price = (1, bid) if position["type"] == 0 else (-1, ask)
    for level, reason, mark, past in (
        (position["sl"], 4, "sl", -1),
        (position["tp"], 5, "tp", 1),
    ):
        if level and (price - level) * sign * past >= 0:
            said = f"[{mark} {level:.2f}]"
            reduce(book, position, position["volume"], price, reason=reason, comment=said)
            return


def _close_by_hand(book: Book, ticket: int, reason: int = 0) -> None:
    """Close a position as a person in the terminal would."""
    position = find(book.state["positions"], ticket)
    assert position is not None
    bid, ask = book.quote(position["symbol"])
    price = bid if position["type"] == 0 else ask
    reduce(book, position, position["volume"], price, reason=reason, request={})


def _trade_by_hand(book: Book, symbol: str, side: int, volume: float) -> None:
    """Open a position as a person in the terminal would."""
    terms: Any = book.terms(symbol)
    bid, ask = book.quote(symbol)
    price = ask if side == 0 else bid
    order = _history_order(book, {}, terms, side, volume, volume, price)
    position = _open(book, {}, terms, side, volume, price, (0.0, 0.0), order["ticket"])
    order["position_id"] = position["identifier"]
    _book_deal(book, {}, order, position, side, 0, volume, price, 0.0, 0)


def _remove_stop(book: Book, ticket: int) -> None:
    """Take both levels away, as a broker's bridge or a person might."""
    position = find(book.state["positions"], ticket)
    assert position is not None
    position["sl"] = position["tp"] = 0.0


def _cancel_by_hand(book: Book, ticket: int) -> None:
    """Remove a waiting order as a person in the terminal would."""
    order = find(book.state["orders"], ticket)
    assert order is not None
    _end(book, order, 2)


def _deposit(book: Book, amount: float) -> None:
    """Move the balance without a trade."""
    row = dict.fromkeys(("order", "magic", "position_id", "reason"), 0)
    money = dict.fromkeys(("volume", "price", "commission", "swap", "fee"), 0.0)
    deal = {"ticket": book.ticket(), **book.times("time"), "type": 2, "entry": 0, **row, **money}
    texts = {"symbol": "", "comment": "Deposit", "external_id": ""}
    book.state["deals"].append({**deal, **texts, "profit": amount, "seen_from": book.clock()})
    book.state["balance"][str(book.state["login"])] = book.balance() + amount


_BY_HAND: dict[str, Callable[..., None]] = {
    "open": _trade_by_hand,
    "close": _close_by_hand,
    "cancel": _cancel_by_hand,
    "remove_stop": _remove_stop,
    "deposit": _deposit,
}
