"""What each person sees of the desk, and that no page of it walks through history."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from storage import overview
from storage.database import connect, prepare
from storage.overview_store import OverviewStore
from tests.support.loop_desk import OWNER, LoopDesk
from tests.support.simulated_desk import Row
from trading.clock import to_ms
from trading.drawdown import CapKind
from trading.ids import AccountId, MemberId
from trading.loop import TradingLoop
from trading.model import Breach, Member, Side
from trading.overview import FateKind, OverviewService

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ROWS: list[Row] = [(float(second), "EURUSD", "1.1000", "1.1001") for second in range(240)]
_SMALL = frozenset({"member", "account", "m", "a", "b", "unmatched_payment"})
"""As many rows as people or accounts, or read from the end and cut."""


@dataclass
class Seen:
    """A running account, and the overview of the desk it is on."""

    desk: LoopDesk
    service: OverviewService
    owner: Member


@pytest.fixture
async def seen(tmp_path: Path) -> AsyncIterator[Seen]:
    desk = await LoopDesk(tmp_path, ROWS).open()
    await desk.passes(3)
    owner = await desk.store.member(OWNER)
    assert owner is not None
    service = OverviewService(
        OverviewStore(desk.database, desk.clock),
        TradingLoop({0: desk.loop}, "test"),
        desk.clock,
    )
    yield Seen(desk, service, owner)
    await desk.drop()


async def _stranger(desk: LoopDesk) -> Member:
    """Return a member with no right on any account."""
    await desk.rows(
        "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (8, 'Mira', 'viewer', 0)"
    )
    member = await desk.store.member(8)
    assert member is not None
    return member


async def test_an_account_shows_its_money_and_its_room_live_or_as_kept(seen: Seen) -> None:
    page = await seen.service.accounts(seen.owner, 0, 10)
    (account,) = page.rows
    assert page.next is None
    assert account.live
    assert account.own_equity == account.balance == Decimal("10000.00")
    (cap,) = account.caps
    assert cap.kind is CapKind.STATIC
    assert (cap.floor, cap.room) == (Decimal(8000), Decimal(2000))
    assert account.room == 2000

    blind = OverviewService(seen.service.store, TradingLoop({}, "test"), seen.desk.clock)
    kept = await blind.account(seen.owner, AccountId(1))
    assert kept is not None
    assert not kept.live
    assert kept.positions is None
    assert (kept.own_equity, kept.room) == (account.own_equity, account.room)


async def test_a_signal_is_followed_from_its_card_to_its_result(seen: Seen) -> None:
    desk, service, owner = seen.desk, seen.service, seen.owner
    await desk.ingest()
    await desk.passes(1)
    (card,) = await service.store.waiting(owner.id, 10)
    assert card.signal.source == "test"
    assert await service.store.waiting_count(owner.id) == 1
    assert (await service.store.counts()).waiting == 1
    await desk.approve()
    await desk.passes(3)
    opened = await service.positions(owner)
    assert opened is not None
    assert [(one.symbol, one.side, one.source) for one in opened] == [("EURUSD", Side.BUY, "test")]
    assert service.open_positions() == 1
    page = await service.store.fates(owner.id, AccountId(1), None, 10)
    assert page is not None
    (fate,) = page.rows
    assert (fate.kind, fate.filled, fate.net) == (FateKind.FILLED, Decimal("0.10"), None)
    (signal,) = (await service.store.signals(None, 10)).rows
    assert signal.fates == {FateKind.FILLED: 1}

    panic = Breach(equity=Decimal(10_000), asked_by="Olga", scope="all")
    await desk.store.latch(AccountId(1), panic, ())
    await desk.passes(6)
    page = await service.store.fates(owner.id, AccountId(1), None, 10)
    assert page is not None
    assert page.rows[0].net is not None


async def test_a_foreign_account_is_as_if_it_did_not_exist(seen: Seen) -> None:
    await seen.desk.ingest()
    await seen.desk.passes(1)
    mira = await _stranger(seen.desk)
    service, account = seen.service, AccountId(1)
    assert not (await service.accounts(mira, 0, 10)).rows
    assert await service.account(mira, account) is None
    assert await service.positions(mira, account) is None
    assert await service.positions(mira) == []
    assert await service.store.fates(mira.id, account, None, 10) is None
    assert await service.store.waiting(mira.id, 10) == []
    assert await service.store.waiting_count(mira.id) == 0
    assert not await service.store.owns_desk(mira.id)
    assert await service.store.owns_desk(seen.owner.id)


async def test_an_owner_of_one_account_is_no_owner_of_the_desk(seen: Seen) -> None:
    mira = await _stranger(seen.desk)
    await seen.desk.rows(
        "INSERT INTO account_member (account_id, member_id, role) VALUES (1, ?, 'owner')", mira.id
    )
    assert (await seen.service.account(mira, AccountId(1))) is not None
    assert not await seen.service.store.owns_desk(mira.id)


async def test_people_show_their_plan_and_revenue_its_months(seen: Seen) -> None:
    desk, store = seen.desk, seen.service.store
    mira = await _stranger(desk)
    at = to_ms(desk.clock.now())
    for number, (amount, currency, provider, refunded) in enumerate(
        [("750", "XTR", "stars", None), ("9.90", "USDT", "crypto", at), ("0", "", "grant", None)]
    ):
        await desk.rows(
            "INSERT INTO booking (member_id, provider, external_id, plan, days, amount, currency,"
            " at_ms, refunded_ms) VALUES (?, ?, ?, 'trader', 30, ?, ?, ?, ?)",
            mira.id,
            provider,
            str(number),
            amount,
            currency,
            at,
            refunded,
        )
    people = (await store.people(0, 10)).rows
    assert [one.member.name for one in people] == [str(OWNER), "Mira"]
    person = people[1]
    assert (person.standing.plan.key, person.paid) == ("trader", {"XTR": Decimal(750)})
    assert person.standing.until == desk.clock.now() + timedelta(days=60)
    revenue = await store.revenue(12)
    assert [(one.currency, one.amount, one.refunded) for one in revenue.months] == [
        ("USDT", Decimal("9.90"), Decimal("9.90")),
        ("XTR", Decimal(750), Decimal(0)),
    ]
    assert revenue.holders == {"trader": 1}
    assert not (await store.people(mira.id, 10)).rows


async def test_deliveries_tell_how_messages_fare_and_not_what_they_say(seen: Seen) -> None:
    await seen.desk.rows("UPDATE outbox SET status = 'dead', error = 'blocked' WHERE id = 1")
    counts = await seen.service.store.delivery_counts()
    assert counts.dead == 1
    dead = (await seen.service.store.deliveries(None, 5, dead=True)).rows
    assert [(one.id, one.error, one.to) for one in dead] == [(1, "blocked", str(OWNER))]
    assert not hasattr(dead[0], "body_json")


def _asked(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield every query behind a page, its values written out."""
    member, account = MemberId(1), AccountId(1)
    reads: dict[str, Callable[[], object]] = {
        "accounts": lambda: overview.kept(connection, member, 0, 50),
        "account": lambda: overview.kept_one(connection, member, account),
        "its name": lambda: overview.kept_accounts(connection, member),
        "fates": lambda: overview.fates(connection, member, account, 9, 25),
        "deals": lambda: overview.deals(connection, member, account, 9, 25),
        "caps": lambda: overview.caps_of(connection, [account]),
        "waiting": lambda: overview.waiting(connection, member, 20),
        "count of waiting": lambda: overview.waiting_count(connection, member),
        "signals": lambda: overview.signal_rows(connection, 9, 25),
        "deliveries": lambda: overview.deliveries(connection, 9, 25),
        "dead": lambda: overview.deliveries(connection, 9, 25, dead=True),
        "counts of messages": lambda: overview.delivery_counts(connection),
        "people": lambda: overview.people(connection, 0, 25, NOW),
        "revenue": lambda: overview.revenue(connection, 12, NOW),
        "counts": lambda: overview.counts(connection),
    }
    for name, read in reads.items():
        said: list[str] = []
        connection.set_trace_callback(said.append)
        read()
        connection.set_trace_callback(None)
        yield from ((name, sql) for sql in said if sql.startswith("SELECT"))


def test_every_page_finds_its_rows_by_an_index(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    prepare(path)
    with closing(connect(path)) as connection:
        connection.executescript(
            "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (7, 'O', 'owner', 0);"
            "INSERT INTO account (login, server, currency, margin_mode, trading_state,"
            " deals_seen_ms, created_ms) VALUES (1, 's', 'USD', 'hedging', 'active', 0, 0);"
            "INSERT INTO account_member VALUES (1, 1, 'owner');"
            "INSERT INTO signal (source, source_ref, digest, symbol, side, order_type, draft_json,"
            " created_ms, expires_ms) VALUES ('s', 'r', '', 'EURUSD', 'buy', 'market',"
            ' \'{"symbol":"EURUSD","side":"buy","order_type":"market","entry":null,'
            '"stop_loss":null}\', 0, 1);'
            "INSERT INTO approval (signal_id, account_id, status, expires_ms)"
            " VALUES (1, 1, 'offered', 1);"
            "INSERT INTO orders (account_id, approval_id, client_order_id, purpose, symbol,"
            " request_json, status, position_id, created_ms)"
            " VALUES (1, 1, 1, 'entry', 'EURUSD', '{}', 'filled', 5, 0);"
        )
        seen = 0
        for name, sql in _asked(connection):
            for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"):
                words = row["detail"].split()
                by_index = words[0] != "SCAN" or "INDEX" in words
                assert by_index or words[1] in _SMALL, f"{name}: {row['detail']}: {sql}"
            seen += 1
        assert seen > 20
