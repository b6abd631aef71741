"""Results kept in the transaction that records deals: round trips and their sums.

Everything here follows from the deals alone: a position is folded anew whenever one of its
deals arrives, and what changed is taken out of the sums and put in again. So late and repeated
deals need no care of their own.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from storage.result_sums import Sums
from trading.clock import from_ms, to_ms
from trading.drawdown.dayclock import DayClock
from trading.ids import AccountId, ClientOrderId, Ticket, is_ours
from trading.model import Deal, DealEntry, DealReason, DealType
from trading.results.figures import Booked
from trading.results.periods import wall_hour
from trading.results.trades import Money, RoundTrip, round_trips
from trading.results.views import MANUAL, ExitReason

_TRADES = frozenset({DealType.BUY, DealType.SELL})
_FLOWS = frozenset({DealType.BALANCE, DealType.BONUS, DealType.CORRECTION})
_RANK = 1_000_000
_PRICE = Decimal("1E-10")
_CHUNK = 2_000


def book(
    connection: sqlite3.Connection,
    account_id: AccountId,
    fresh: Iterable[Deal],
    redated: Iterable[tuple[datetime, Deal]] = (),
) -> None:
    """Take deals that were just recorded into the account's results.

    ``redated`` are known ones whose instant was corrected, each with the one it had.
    """
    deals, moved = list(fresh), list(redated)
    if not deals and not moved:
        return
    # What is summed by a clock is remembered with it, so that another one starts a new count.
    connection.execute(
        "INSERT INTO result_clock (account_id, zone, starts_at) SELECT ?, zone, starts_at"
        " FROM result_clock WHERE account_id = 0 ON CONFLICT DO NOTHING",
        (account_id,),
    )
    sums = Sums(account_id, clock_of(connection, account_id))
    for deal in deals:
        sums.add_booked(deal.at, booked_of(deal))
    for before, deal in moved:
        sums.add_booked(before, booked_of(deal).negated())
        sums.add_booked(deal.at, booked_of(deal))
    deals += [deal for _, deal in moved]
    for position_id in sorted({deal.position_id for deal in deals if deal.deal_type in _TRADES}):
        _fold(connection, account_id, position_id, sums)
    sums.flush(connection)


def booked_of(deal: Deal) -> Booked:
    """Return what a deal adds to the results; credit is the broker's money and adds nothing."""
    if deal.deal_type in _TRADES:
        return Booked(Money(deal.profit, deal.swap, deal.commission, deal.fee))
    if deal.deal_type in _FLOWS:
        return Booked(flows=deal.result)
    return Booked() if deal.deal_type is DealType.CREDIT else Booked(charges=deal.result)


def clock_of(connection: sqlite3.Connection, account_id: AccountId) -> DayClock:
    """Return the clock an account's days begin by."""
    row = connection.execute(
        "SELECT zone, starts_at FROM result_clock WHERE account_id IN (0, ?)"
        " ORDER BY account_id DESC LIMIT 1",
        (account_id,),
    ).fetchone()
    return DayClock(row["zone"], time.fromisoformat(row["starts_at"]))


def revision_of(connection: sqlite3.Connection, account_id: AccountId) -> int:
    """Return how often something was booked for an account: what it was, answers are as of."""
    row = connection.execute(
        "SELECT revision FROM result_clock WHERE account_id = ?", (account_id,)
    ).fetchone()
    return 0 if row is None else int(row["revision"])


def set_clock(connection: sqlite3.Connection, clock: DayClock) -> None:
    """Let every account's days begin by this clock; those summed by another are built anew."""
    zone, starts_at = clock.zone, clock.at.strftime("%H:%M")
    connection.execute(
        "UPDATE result_clock SET zone = ?, starts_at = ?, built = CASE WHEN account_id = 0"
        " THEN 1 ELSE 0 END, built_to = 0"
        " WHERE zone <> ? OR starts_at <> ?",
        (zone, starts_at, zone, starts_at),
    )


def build_some(connection: sqlite3.Connection) -> bool:
    """Build a part of what is not built yet from the deals; False when nothing is left."""
    row = connection.execute(
        "SELECT account_id, built_to FROM result_clock WHERE built = 0 AND account_id > 0"
        " ORDER BY account_id LIMIT 1"
    ).fetchone()
    if row is None:
        return False
    account_id, built_to = AccountId(row["account_id"]), row["built_to"]
    sums = Sums(account_id, clock_of(connection, account_id))
    if not built_to:
        for statement in (
            "DELETE FROM trade WHERE account_id = ?",
            "DELETE FROM result_booked WHERE account_id = ?",
            "DELETE FROM result_tally WHERE account_id = ?",
            "DELETE FROM result_extreme WHERE account_id = ?",
        ):
            connection.execute(statement, (account_id,))
        for deal in _moneys(connection, account_id):
            sums.add_booked(deal.at, booked_of(deal))
    positions = [
        one["position_id"]
        for one in connection.execute(
            "SELECT DISTINCT position_id FROM deal WHERE account_id = ? AND position_id > ?"
            " ORDER BY position_id LIMIT ?",
            (account_id, built_to, _CHUNK),
        )
    ]
    for position_id in positions:
        for deal in _fold(connection, account_id, position_id, sums):
            sums.add_booked(deal.at, booked_of(deal))
    sums.flush(connection)
    connection.execute(
        "UPDATE result_clock SET built_to = ?, built = ? WHERE account_id = ?",
        (max(positions, default=built_to) or 1, len(positions) < _CHUNK, account_id),
    )
    return True


@dataclass(frozen=True, slots=True)
class _Origin:
    """What our books know of the order behind a trade."""

    source: str
    stop_loss: Decimal | None
    expected: Decimal | None
    signal_id: int | None
    order_id: int | None


def _fold(
    connection: sqlite3.Connection, account_id: AccountId, position_id: int, sums: Sums
) -> list[Deal]:
    deals = [
        deal_of(row)
        for row in connection.execute(
            "SELECT * FROM deal WHERE account_id = ? AND position_id = ? ORDER BY ticket",
            (account_id, position_id),
        )
    ]
    deals = [deal for deal in deals if deal.deal_type in _TRADES]
    before = {
        row["leg"]: row
        for row in connection.execute(
            "SELECT * FROM trade WHERE account_id = ? AND position_id = ? ORDER BY leg",
            (account_id, position_id),
        )
    }
    for trip in round_trips(deals):
        _keep(connection, account_id, trip, before.pop(trip.leg, None), sums)
    for gone in before.values():
        sums.take_trade(gone)
        connection.execute("DELETE FROM trade WHERE id = ?", (gone["id"],))
    return deals


def _keep(
    connection: sqlite3.Connection,
    account_id: AccountId,
    trip: RoundTrip,
    before: sqlite3.Row | None,
    sums: Sums,
) -> None:
    if before is not None:
        if trip.closed_at is not None and _same(before, trip):
            return
        sums.take_trade(before)
    row = connection.execute(
        "INSERT INTO trade (account_id, position_id, leg, symbol, side, opened_ms, closed_ms,"
        " volume_in, volume_out, price_in, price_out, profit, swap, commission, fee, net, net_rank,"
        " risk, r, slippage, source, reason, hour, signal_id, order_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (account_id, position_id, leg) DO UPDATE SET"
        " (symbol, side, opened_ms, closed_ms, volume_in, volume_out, price_in, price_out, profit,"
        " swap, commission, fee, net, net_rank, risk, r, slippage, source, reason, hour, signal_id,"
        " order_id) = (excluded.symbol, excluded.side, excluded.opened_ms, excluded.closed_ms,"
        " excluded.volume_in, excluded.volume_out, excluded.price_in, excluded.price_out,"
        " excluded.profit, excluded.swap, excluded.commission, excluded.fee, excluded.net,"
        " excluded.net_rank, excluded.risk, excluded.r, excluded.slippage, excluded.source,"
        " excluded.reason, excluded.hour, excluded.signal_id, excluded.order_id) RETURNING *",
        _values(connection, account_id, trip, sums.clock),
    ).fetchone()
    sums.add_trade(row)


def _same(before: sqlite3.Row, trip: RoundTrip) -> bool:
    return (
        before["closed_ms"] == _ms(trip.closed_at)
        and before["opened_ms"] == _ms(trip.opened_at)
        and Decimal(before["net"]) == trip.net
        and Decimal(before["volume_out"]) == trip.volume_out
    )


def _values(
    connection: sqlite3.Connection, account_id: AccountId, trip: RoundTrip, clock: DayClock
) -> tuple[object, ...]:
    origin = _origin(connection, account_id, trip)
    entry = trip.price_in
    risk = trip.risk(origin.stop_loss)
    slippage = None
    if entry is not None and origin.expected is not None:
        slippage = (entry - origin.expected) * trip.side.sign
    return (
        account_id,
        trip.position_id,
        trip.leg,
        trip.symbol,
        trip.side,
        _ms(trip.opened_at),
        _ms(trip.closed_at),
        str(trip.volume_in),
        str(trip.volume_out),
        _price(entry),
        _price(trip.price_out),
        str(trip.money.profit),
        str(trip.money.swap),
        str(trip.money.commission),
        str(trip.money.fee),
        str(trip.net),
        int(trip.net * _RANK),
        None if risk is None else str(round(risk, 2)),
        None if not risk else str(round(trip.net / risk, 4)),
        _price(slippage),
        origin.source,
        "" if trip.closed_at is None else _reason(connection, account_id, trip),
        None if trip.opened_at is None else wall_hour(clock, trip.opened_at),
        origin.signal_id,
        origin.order_id,
    )


def _origin(connection: sqlite3.Connection, account_id: AccountId, trip: RoundTrip) -> _Origin:
    row = connection.execute(
        "SELECT d.magic, o.id AS order_id, o.expected_price, s.id AS signal_id, s.source,"
        " o.request_json"
        " FROM deal d LEFT JOIN orders o ON o.id = d.order_id"
        " LEFT JOIN approval a ON a.id = o.approval_id LEFT JOIN signal s ON s.id = a.signal_id"
        " WHERE d.account_id = ? AND d.ticket = ?",
        (account_id, trip.entry_ticket),
    ).fetchone()
    if row is None:
        return _Origin(MANUAL, None, None, None, None)
    source = row["source"] or (ExitReason.DESK if is_ours(row["magic"]) else MANUAL)
    request, expected = row["request_json"], row["expected_price"]
    stop = None if request is None else json.loads(request).get("stop_loss")
    return _Origin(
        str(source),
        None if stop is None else Decimal(str(stop)),
        None if expected is None else Decimal(expected),
        row["signal_id"],
        row["order_id"],
    )


def _reason(connection: sqlite3.Connection, account_id: AccountId, trip: RoundTrip) -> ExitReason:
    if trip.closed_by in _BY_ENTRY:
        return _BY_ENTRY[trip.closed_by]
    if trip.exit_reason in _BY_REASON:
        return _BY_REASON[trip.exit_reason]
    row = connection.execute(
        "SELECT d.magic, b.cause FROM deal d LEFT JOIN orders o ON o.id = d.order_id"
        " LEFT JOIN breach b ON b.id = o.breach_id WHERE d.account_id = ? AND d.ticket = ?",
        (account_id, trip.exit_ticket),
    ).fetchone()
    if row is not None and row["cause"] is not None:
        return ExitReason.CAP if row["cause"] == "cap" else ExitReason.PANIC
    if row is not None and is_ours(row["magic"]):
        return ExitReason.DESK
    return ExitReason.OTHER


_BY_ENTRY = {DealEntry.OUT_BY: ExitReason.CLOSE_BY, DealEntry.INOUT: ExitReason.REVERSED}
_BY_REASON = {
    DealReason.STOP_LOSS: ExitReason.STOP_LOSS,
    DealReason.TAKE_PROFIT: ExitReason.TAKE_PROFIT,
    DealReason.STOP_OUT: ExitReason.STOP_OUT,
    DealReason.CLIENT: ExitReason.BY_HAND,
    DealReason.MOBILE: ExitReason.BY_HAND,
    DealReason.WEB: ExitReason.BY_HAND,
}


def _moneys(connection: sqlite3.Connection, account_id: AccountId) -> list[Deal]:
    """Return the deals that are no trades: deposits, charges and the like."""
    found = connection.execute(
        "SELECT * FROM deal WHERE account_id = ? AND deal_type NOT IN ('buy', 'sell')"
        " ORDER BY ticket",
        (account_id,),
    )
    return [deal_of(row) for row in found]


def deal_of(row: sqlite3.Row) -> Deal:
    """Return a kept deal."""
    return Deal(
        Ticket(row["ticket"]),
        Ticket(row["order_ticket"]),
        Ticket(row["position_id"]),
        DealType(row["deal_type"]),
        DealEntry(row["entry"]),
        row["symbol"],
        Decimal(row["volume"]),
        Decimal(row["price"]),
        Decimal(row["profit"]),
        Decimal(row["swap"]),
        Decimal(row["commission"]),
        Decimal(row["fee"]),
        DealReason(row["reason"]),
        ClientOrderId(row["magic"]),
        row["comment"],
        from_ms(row["at_ms"]),
    )


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def _price(value: Decimal | None) -> str | None:
    if value is None:
        return None
    rounded = value.quantize(_PRICE).normalize()
    return f"{rounded:f}"
