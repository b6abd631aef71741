"""Which accounts a signal is put to, at whose risk, and whether one may act without asking."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from storage import billing, people, rows
from storage.audit import audit
from storage.base import StoreBase
from trading.clock import to_ms
from trading.ids import AccountId, MemberId
from trading.model import Role, TradingState
from trading.people import needs_second
from trading.plans import Plan
from trading.sources import PERSON, Offer, SourceId
from trading.subscriptions import Following, Level
from trading.words import told

_NO_RIGHT = told("You may not do that on this account. Nothing was changed.")
_TARGETS = (
    "SELECT a.*, f.level, s.id AS source_id FROM account a"
    " LEFT JOIN source s ON s.name = ?1"
    " LEFT JOIN account_source f ON f.account_id = a.id AND f.source_id = s.id"
    " WHERE a.id = coalesce(CAST(?2 AS BIGINT), a.id)"
    # What a person brings themselves is for their accounts, whatever those follow.
    " AND CASE WHEN CAST(?3 AS BIGINT) IS NULL THEN coalesce(f.level, '') <> 'off' ELSE"
    " EXISTS (SELECT 1 FROM account_member am WHERE am.account_id = a.id"
    " AND am.member_id = ?3 AND am.role IN ('owner', 'trader')) END"
    " ORDER BY a.id"
)


@dataclass(frozen=True, slots=True)
class Target:
    """An account that is asked about a signal."""

    id: AccountId
    state: TradingState
    risk: Decimal | None
    """Its own percent, where the signal names no size and it has one."""
    automatic: bool
    """Whether an automatic signal acts here without asking."""


def targets(
    connection: sqlite3.Connection,
    source: str,
    offer: Offer,
    risk: Decimal | None,
    now: datetime,
) -> list[Target]:
    """Return the accounts that a signal of this risk is put to, oldest first."""
    found = connection.execute(_TARGETS, (source, offer.only, offer.by)).fetchall()
    asked = []
    for row in found:
        plan = _plan_of(connection, row["member_id"], now) if offer.limited else None
        if plan is not None and offer.by is None and not _within(connection, row, plan):
            continue
        own = None if offer.sized else rows.decimal(row["risk_percent"])
        asked.append(
            Target(
                AccountId(row["id"]),
                TradingState(row["trading_state"]),
                own,
                _acts_alone(row, plan, own or risk, offer),
            )
        )
    return asked


def _acts_alone(row: sqlite3.Row, plan: Plan | None, risk: Decimal | None, offer: Offer) -> bool:
    """Tell whether nobody is asked here: auto never skips a second person or its own limit."""
    desks = row["member_id"] is None
    if row["level"] != Level.AUTO and not (desks and row["level"] is None):
        return False
    if plan is not None and not plan.auto:
        return False
    too_much = offer.most is not None and (risk is None or risk > offer.most)
    return not too_much and not needs_second(risk, rows.decimal(row["second_above"]))


def _plan_of(connection: sqlite3.Connection, member_id: int | None, now: datetime) -> Plan | None:
    """Return the plan that limits an account; None for the desk's own and its owners'."""
    if member_id is None:
        return None
    return billing.plan_of(connection, MemberId(member_id), now)


def _within(connection: sqlite3.Connection, row: sqlite3.Row, plan: Plan) -> bool:
    return row["source_id"] in _counted(connection, AccountId(row["id"]), plan.sources)


def _counted(connection: sqlite3.Connection, account_id: AccountId, most: int) -> list[int]:
    """Return the sources an account follows within its plan: chosen ones first, then by age."""
    found = connection.execute(
        "SELECT s.id FROM source s LEFT JOIN account_source f"
        " ON f.source_id = s.id AND f.account_id = ?"
        " WHERE s.mode <> 'off' AND substr(s.key, 1, CAST(? AS INTEGER)) <> ?"
        " AND coalesce(f.level, '') <> 'off'"
        " ORDER BY f.since_ms IS NULL, f.since_ms, s.id LIMIT ?",
        (account_id, len(PERSON), PERSON, most),
    )
    return [one["id"] for one in found]


def following(
    connection: sqlite3.Connection,
    member_id: MemberId,
    source_id: SourceId,
    now: datetime,
    *,
    limited: bool,
) -> list[Following]:
    """Return what each account a member may trade on does with a source."""
    found = connection.execute(
        "SELECT a.id, a.login, a.member_id, f.level, s.id AS source_id FROM account a"
        " JOIN account_member am ON am.account_id = a.id JOIN source s ON s.id = ?"
        " LEFT JOIN account_source f ON f.account_id = a.id AND f.source_id = s.id"
        " WHERE am.member_id = ? AND am.role IN ('owner', 'trader') ORDER BY a.id",
        (source_id, member_id),
    ).fetchall()
    shown = []
    for row in found:
        plan = _plan_of(connection, row["member_id"], now) if limited else None
        shown.append(
            Following(
                AccountId(row["id"]),
                str(row["login"]),
                None if row["level"] is None else Level(row["level"]),
                desks=row["member_id"] is None,
                beyond_plan=plan is not None and not _within(connection, row, plan),
                may_auto=plan is None or plan.auto,
            )
        )
    return shown


def follow(
    connection: sqlite3.Connection,
    member_id: MemberId,
    account_id: AccountId,
    source_id: SourceId,
    level: Level,
    now: datetime,
    *,
    limited: bool,
) -> str | None:
    """Set what an account does with a source; the words of a refusal, or None where it holds."""
    role = people.role_on(connection, member_id, account_id)
    if role is None or not role.may(Role.OWNER if level is Level.AUTO else Role.TRADER):
        return _NO_RIGHT
    row = connection.execute("SELECT member_id FROM account WHERE id = ?", (account_id,)).fetchone()
    plan = _plan_of(connection, row["member_id"], now) if limited else None
    if plan is not None and level is Level.AUTO and not plan.auto:
        return told("Your plan has no auto mode: /upgrade. Nothing was changed.")
    if plan is not None and level is not Level.OFF:
        chosen = connection.execute(
            "SELECT count(*) FROM account_source WHERE account_id = ? AND level <> 'off'"
            " AND source_id <> ?",
            (account_id, source_id),
        ).fetchone()[0]
        if chosen >= plan.sources:
            return told(
                "Your plan has {most} sources and you follow that many: leave one first, or"
                " /upgrade. Nothing was changed.",
                most=plan.sources,
            )
    connection.execute(
        "INSERT INTO account_source (account_id, source_id, level, since_ms) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (account_id, source_id) DO UPDATE SET level = excluded.level,"
        " since_ms = CASE WHEN account_source.level = 'off' THEN excluded.since_ms"
        " ELSE account_source.since_ms END",
        (account_id, source_id, level, to_ms(now)),
    )
    detail = f"source {source_id}: {level}"
    audit(connection, now, "source_followed", detail, member=member_id, account=account_id)
    return None


def set_risk(
    connection: sqlite3.Connection,
    member_id: MemberId,
    account_id: AccountId,
    percent: Decimal | None,
    usual: Decimal,
    now: datetime,
) -> str | None:
    """Set an account's own risk; more than now is an owner's. The words of a refusal, or None."""
    row = connection.execute(
        "SELECT risk_percent FROM account WHERE id = ?", (account_id,)
    ).fetchone()
    role = people.role_on(connection, member_id, account_id)
    if row is None or role is None or not role.may(Role.TRADER):
        return _NO_RIGHT
    before, after = rows.decimal(row["risk_percent"]) or usual, percent or usual
    if after > before and role is not Role.OWNER:
        return told("That risks more: only an owner may. Nothing was changed.")
    connection.execute(
        "UPDATE account SET risk_percent = ? WHERE id = ?", (rows.text(percent), account_id)
    )
    detail = "the desk's" if percent is None else f"{percent:f} %"
    audit(connection, now, "account_risk", detail, member=member_id, account=account_id)
    return None


class SubscriptionStore(StoreBase):
    """What accounts chose of sources and risk; raises ``StoreError`` when it cannot."""

    async def following(
        self, member_id: MemberId, source_id: SourceId, *, limited: bool
    ) -> list[Following]:
        return await self._read(following, member_id, source_id, self._now(), limited=limited)

    async def follow(
        self,
        member_id: MemberId,
        account_id: AccountId,
        source_id: SourceId,
        level: Level,
        *,
        limited: bool,
    ) -> str | None:
        return await self._write(
            follow, member_id, account_id, source_id, level, self._now(), limited=limited
        )

    async def set_risk(
        self,
        member_id: MemberId,
        account_id: AccountId,
        percent: Decimal | None,
        usual: Decimal,
    ) -> str | None:
        return await self._write(set_risk, member_id, account_id, percent, usual, self._now())
