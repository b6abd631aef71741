"""Reports made of the sums, and the plans that post them: a slot is used up as it is told."""

import sqlite3
from datetime import datetime, time
from decimal import Decimal

from storage import billing, outbox, people
from storage.base import StoreBase
from storage.growth import stretch_of
from storage.result_answers import balance_of, spans
from storage.results import clock_of
from trading.clock import from_ms, to_ms
from trading.ids import AccountId, MemberId
from trading.money import HUNDRED
from trading.notices import Priority, ReportDue
from trading.results.periods import Grain, begin, clock_name, trading_day
from trading.results.report import LOOKS_BACK, Plan, Report


def report(
    connection: sqlite3.Connection, account_id: AccountId, grain: Grain, at: datetime
) -> Report:
    """Return the report of the span an instant lies in."""
    account = people.account(connection, account_id)
    clock = clock_of(connection, account_id)
    sample = connection.execute(
        "SELECT equity FROM equity WHERE account_id = ? ORDER BY at_ms DESC LIMIT 1",
        (account_id,),
    ).fetchone()
    (span,) = spans(connection, account_id, grain, 1, at)
    return Report(
        account=people.label(account),
        currency=account.currency,
        grain=grain,
        first=span.first,
        clock=clock_name(clock),
        result=span.booked.result,
        percent=span.percent,
        trades=span.tally.trades,
        wins=span.tally.wins,
        losses=span.tally.losses,
        profit_factor=span.tally.profit_factor,
        average_r=span.tally.average_r,
        costs=span.booked.money.commission + span.booked.money.fee + span.booked.charges,
        swap=span.booked.money.swap,
        flows=span.booked.flows,
        balance=balance_of(connection, account_id),
        equity=None if sample is None else Decimal(sample["equity"]),
        drawdown=_fall(connection, account_id, grain, at),
    )


def _fall(
    connection: sqlite3.Connection, account_id: AccountId, grain: Grain, at: datetime
) -> Decimal | None:
    last = trading_day(clock_of(connection, account_id), at)
    found = connection.execute(
        "SELECT * FROM growth_span WHERE account_id = ? AND grain = 'day' AND period >= ?"
        " AND period <= ? ORDER BY period",
        (account_id, begin(grain, last).isoformat(), last.isoformat()),
    )
    grown = None
    for row in found:
        one = stretch_of(row)
        grown = one if grown is None else grown.then(one)
    return None if grown is None else grown.fall * HUNDRED


def keep_plan(
    connection: sqlite3.Connection,
    account_id: AccountId,
    member_id: MemberId,
    plan: Plan,
    now: datetime,
) -> datetime:
    """Keep a plan in place of the member's one of the same grain; return its next slot."""
    slot = plan.after(now)
    connection.execute(
        "INSERT INTO report_plan (account_id, member_id, grain, weekday, starts_at, zone, next_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id, member_id, grain) DO UPDATE SET"
        " weekday = excluded.weekday, starts_at = excluded.starts_at, zone = excluded.zone,"
        " next_ms = excluded.next_ms",
        (
            account_id,
            member_id,
            plan.grain,
            plan.weekday,
            plan.at.strftime("%H:%M"),
            plan.zone,
            to_ms(slot),
        ),
    )
    return slot


def plans(connection: sqlite3.Connection, account_id: AccountId, member_id: MemberId) -> list[Plan]:
    """Return a member's plans."""
    found = connection.execute(
        "SELECT * FROM report_plan WHERE account_id = ? AND member_id = ? ORDER BY grain",
        (account_id, member_id),
    )
    return [_plan(row) for row in found]


def drop_plans(connection: sqlite3.Connection, account_id: AccountId, member_id: MemberId) -> int:
    """Drop a member's plans; return how many there were."""
    return connection.execute(
        "DELETE FROM report_plan WHERE account_id = ? AND member_id = ?", (account_id, member_id)
    ).rowcount


def post_due(connection: sqlite3.Connection, now: datetime, *, limited: bool = False) -> int:
    """Post every due report and move its plan on, in one transaction: once a slot.

    Of slots that passed while the program was down only the last is told. ``limited``: one whose
    member's tier has none any more is not told, and comes again once it has.
    """
    due = connection.execute(
        "SELECT p.*, m.telegram_id, EXISTS (SELECT 1 FROM account_member am"
        " WHERE am.account_id = p.account_id AND am.member_id = p.member_id) AS allowed"
        " FROM report_plan p JOIN member m ON m.id = p.member_id WHERE p.next_ms <= ?"
        " ORDER BY p.id",
        (to_ms(now),),
    ).fetchall()
    for row in due:
        if not row["allowed"]:
            connection.execute("DELETE FROM report_plan WHERE id = ?", (row["id"],))
            continue
        plan, slot = _plan(row), from_ms(row["next_ms"])
        while (later := plan.after(slot)) <= now:
            slot = later
        if not limited or billing.allows_reports(connection, row["member_id"], now):
            account_id = AccountId(row["account_id"])
            outbox.post(
                connection,
                [row["telegram_id"]],
                ReportDue(report(connection, account_id, plan.grain, slot - LOOKS_BACK)),
                Priority.ROUTINE,
                now,
                topic=f"report:{row['id']}:{to_ms(slot)}",
            )
        connection.execute(
            "UPDATE report_plan SET next_ms = ? WHERE id = ?", (to_ms(later), row["id"])
        )
    return len(due)


def _plan(row: sqlite3.Row) -> Plan:
    at = time.fromisoformat(row["starts_at"])
    return Plan(Grain(row["grain"]), at, row["zone"], row["weekday"])


class ReportStore(StoreBase):
    """Implements ``trading.results.report.ReportStore``."""

    async def report(self, account_id: AccountId, grain: Grain) -> Report:
        return await self._aside(report, account_id, grain, self._now())

    async def plan(self, account_id: AccountId, member_id: MemberId, plan: Plan) -> datetime:
        return await self._write(keep_plan, account_id, member_id, plan, self._now())

    async def plans(self, account_id: AccountId, member_id: MemberId) -> list[Plan]:
        return await self._aside(plans, account_id, member_id)

    async def unplan(self, account_id: AccountId, member_id: MemberId) -> int:
        return await self._write(drop_plans, account_id, member_id)

    async def send_due(self, *, limited: bool = False) -> int:
        return await self._write(post_due, self._now(), limited=limited)
