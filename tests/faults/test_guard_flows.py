"""The guard against a real simulated broker: money paid in and out, resets, pauses, questions."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.loop_desk import OWNER, START, LoopDesk
from tests.support.simulated_desk import Row
from trading.accounts import AccountService, Asked, Done
from trading.drawdown import Cap, CapAction, CapKind, DayBase, DayClock, LockAt, Unit
from trading.drawdown.protections import LossStreak
from trading.ids import AccountId
from trading.loop import TradingLoop
from trading.model import TradingState
from trading.protecting import ProtectionKeeper
from trading.terminal.simulated import admin

CALM: list[Row] = [(half / 2, "EURUSD", f"1.1000{half % 2}", "1.10009") for half in range(2400)]


async def begun(folder: Path, rows: list[Row] = CALM, **environment: str) -> LoopDesk:
    desk = await LoopDesk(folder, rows, TERMINAL_BALANCE="10000", **environment).open()
    await desk.passes(3)
    return desk


async def put(desk: LoopDesk, cap: Cap) -> None:
    account = desk.loop.account
    assert account is not None
    await desk.store.put_cap(account.id, cap, None, "owner")
    desk.loop.caps_changed()
    await desk.passes(2)


async def floors(desk: LoopDesk) -> dict[str, Decimal]:
    assert desk.loop.account is not None
    return {
        cap.kind.value: state.floor
        for cap, state in await desk.store.caps(desk.loop.account.id)
        if state is not None
    }


async def test_edge_04_a_withdrawal_moves_every_cap_and_breaches_none(tmp_path: Path) -> None:
    desk = await begun(tmp_path)
    await put(desk, Cap(CapKind.TRAILING, Decimal(1000), Unit.MONEY, lock_at=LockAt.INITIAL))
    assert await floors(desk) == {"static": 8000, "trailing": 9000}
    admin.deposit(desk.folder / "account.jsonl", -5000, "Withdrawal")
    await desk.passes(4)
    assert await floors(desk) == {"static": 4000, "trailing": 4000}
    account = await desk.rows("SELECT * FROM account")
    assert account[0]["trading_state"] == "active"
    await desk.drop()


async def test_edge_04_a_flow_is_taken_once_even_when_the_desk_died_between(
    tmp_path: Path,
) -> None:
    desk = await begun(tmp_path)
    admin.deposit(desk.folder / "account.jsonl", -5000, "Withdrawal")
    # The deals are on disk, the caps have not moved yet: exactly there it dies.
    assert desk.loop.snapshot is not None
    snapshot = await desk.client.snapshot([])
    reconciler = desk.loop._reconciler  # noqa: SLF001 - the moment between two of its calls
    assert reconciler is not None
    assert await reconciler.pull_deals(snapshot)
    await desk.drop()
    await desk.open()
    await desk.passes(4)
    assert await floors(desk) == {"static": 4000}
    await desk.passes(4)
    assert await floors(desk) == {"static": 4000}
    assert not await desk.rows("SELECT * FROM deal WHERE flow_ms IS NULL AND deal_type='balance'")
    await desk.drop()


async def test_a_cap_that_stops_entries_leaves_positions_alone(tmp_path: Path) -> None:
    desk = await begun(tmp_path)
    admin.place_foreign_trade(desk.folder / "account.jsonl", "EURUSD", "buy", "0.10")
    await put(desk, Cap(CapKind.FLOOR, Decimal("9999.5"), Unit.MONEY, action=CapAction.PAUSE))
    await desk.passes(6)
    assert len(desk.positions()) == 1
    (account,) = await desk.rows("SELECT * FROM account")
    assert (account["trading_state"], account["flatten_asked_ms"]) == ("halted", None)
    (row,) = await desk.rows("SELECT body_json FROM outbox WHERE topic = 'breach:1'")
    assert json.loads(row["body_json"])["closes"] is False
    await desk.drop()


async def test_a_cap_that_only_warns_says_when_its_floor_is_reached(tmp_path: Path) -> None:
    desk = await begun(tmp_path)
    admin.place_foreign_trade(desk.folder / "account.jsonl", "EURUSD", "buy", "0.10")
    await put(desk, Cap(CapKind.FLOOR, Decimal("9999.5"), Unit.MONEY, action=CapAction.WARN))
    await desk.passes(4)
    told = await desk.rows("SELECT body_json FROM outbox WHERE body_json LIKE '%drawdown_warning%'")
    assert json.loads(told[-1]["body_json"])["level_percent"] == 100
    (account,) = await desk.rows("SELECT * FROM account")
    assert account["trading_state"] == "active"
    await desk.drop()


async def test_edge_08_a_daily_cap_set_at_noon_takes_the_day_from_the_broker_s_deals(
    tmp_path: Path,
) -> None:
    desk = await begun(tmp_path)
    # The day began with 10,000; 3,000 of it was paid out since, and 100 was lost by hand.
    admin.deposit(desk.folder / "account.jsonl", -3000, "Withdrawal")
    await desk.passes(2)
    daily = Cap(CapKind.DAILY, Decimal(500), Unit.MONEY, base=DayBase.BALANCE, day=DayClock("UTC"))
    await put(desk, daily)
    assert (await floors(desk))["daily"] == 6500
    await desk.drop()


async def test_edge_07_a_breach_at_the_coming_reset_is_told_before_it(tmp_path: Path) -> None:
    flat: list[Row] = [(half * 10, "EURUSD", f"1.1000{half % 2}", "1.10009") for half in range(720)]
    rows: list[Row] = [
        (at, symbol, bid if at < 60 else f"1.0500{int(at / 10) % 2}", ask if at < 60 else "1.05009")
        for at, symbol, bid, ask in flat
    ]
    desk = await begun(tmp_path, rows)
    admin.place_foreign_trade(desk.folder / "account.jsonl", "EURUSD", "buy", "0.10")
    ends = START + timedelta(hours=1, minutes=30)
    clock = DayClock("UTC", ends.time())
    await put(
        desk,
        Cap(CapKind.DAILY, Decimal(4), base=DayBase.BALANCE, day=clock, action=CapAction.WARN),
    )
    for _ in range(16):
        desk.clock.advance(5 * 60)
        await desk.passes(2, every=15)
    told = await desk.rows("SELECT topic FROM outbox WHERE topic LIKE 'reset:%' ORDER BY id")
    assert [row["topic"].rsplit(":", 1)[1] for row in told][:2] == ["60", "15"]
    await desk.drop()


async def test_edge_04_a_balance_that_no_deal_explains_is_held_then_asked_about(
    tmp_path: Path,
) -> None:
    desk = await begun(tmp_path)
    await put(desk, Cap(CapKind.TRAILING, Decimal(10)))
    real = desk.client.snapshot

    async def richer(symbols: object) -> object:
        seen = await real(symbols)  # type: ignore[arg-type]
        money = seen.account
        more = replace(money, balance=money.balance + 700, equity=money.equity + 700)
        return replace(seen, account=more)

    desk.client.snapshot = richer  # type: ignore[method-assign,assignment]
    await desk.passes(3)
    # The state is kept, entries are blocked at once.
    assert "no deal explains" in desk.loop.verdict.problem
    await desk.passes(14, every=5.0)
    assert desk.loop.verdict.unexplained == 700
    assert (await floors(desk))["trailing"] == 9000  # the mark did not follow
    (row,) = await desk.rows("SELECT * FROM outbox WHERE topic = 'balance:1'")
    assert json.loads(row["body_json"])["amount"] == "700.0"
    assert await desk.store.answer_question(1, "flow", "Olga")
    assert not await desk.store.answer_question(1, "result", "Pavel")
    await desk.passes(3)
    assert not await desk.rows("SELECT * FROM balance_question WHERE settled_ms IS NULL")
    assert (await floors(desk))["trailing"] == 9630  # the peak moved with it, as F1 scales it
    await desk.drop()


async def test_a_loss_streak_pauses_entries_tells_once_and_can_be_forgiven(tmp_path: Path) -> None:
    desk = await begun(tmp_path)
    account = desk.loop.account
    assert account is not None
    await desk.passes(4)  # the broker's clock is known by now, and so are the instants of deals
    await desk.store.put_protection(account.id, LossStreak(2, timedelta(hours=1)), "owner", None)
    for _ in range(2):
        admin.place_foreign_trade(desk.folder / "account.jsonl", "EURUSD", "buy", "0.10")
        await desk.passes(2)
        (one,) = desk.positions()
        admin.close_by_hand(desk.folder / "account.jsonl", one.ticket)
        await desk.passes(3)
    (denial,) = await desk.loop.pauses()
    assert denial.facts["value"] == "2"
    told = await desk.rows("SELECT * FROM outbox WHERE body_json LIKE '%entries_paused%'")
    assert len(told) == 1
    await desk.ingest()
    await desk.passes(2)
    await desk.approve()
    await desk.passes(3)
    (order,) = await desk.rows("SELECT * FROM orders WHERE purpose = 'entry'")
    assert (order["status"], order["detail"]) == ("denied", "loss_streak")
    assert await desk.store.forgive_protections(AccountId(account.id), "Olga") == 1
    assert await desk.loop.pauses() == ()
    keeper = ProtectionKeeper(account, desk.store, desk.clock)
    desk.clock.advance(2 * 3600)
    assert await keeper.judge() == ()
    await desk.drop()


@pytest.mark.parametrize("restart", [False, True])
async def test_no_reading_restart_or_edit_clears_a_latch(tmp_path: Path, restart: bool) -> None:
    desk = await begun(tmp_path)
    await put(desk, Cap(CapKind.FLOOR, Decimal(10_500), Unit.MONEY))
    await desk.passes(4)
    account = desk.loop.account
    assert account is not None
    if restart:
        await desk.drop()
        await desk.open()
        await desk.passes(1)
    await put(desk, Cap(CapKind.FLOOR, Decimal(10_400), Unit.MONEY))
    admin.deposit(desk.folder / "account.jsonl", 5000)
    await desk.passes(6)
    now = await desk.store.account(account.id)
    assert now.trading_state is TradingState.HALTED
    await desk.drop()


async def test_a_history_that_cannot_be_read_puts_off_the_day_and_not_the_breach(
    tmp_path: Path,
) -> None:
    desk = await begun(tmp_path)
    soon = DayClock("UTC", (START + timedelta(seconds=30)).time())
    await put(desk, Cap(CapKind.DAILY, Decimal(4), base=DayBase.BALANCE, day=soon))
    await put(desk, Cap(CapKind.FLOOR, Decimal("9999.5"), Unit.MONEY))
    desk.faults.write_text(json.dumps([{"kind": "none", "call": "history_deals_get"}]))
    desk.clock.advance(40)
    admin.place_foreign_trade(desk.folder / "account.jsonl", "EURUSD", "buy", "0.10")
    await desk.passes(6)
    (account,) = await desk.rows("SELECT * FROM account")
    assert account["trading_state"] == "halted"
    desk.faults.unlink()
    await desk.passes(12)
    (row,) = await desk.rows("SELECT state_json FROM cap WHERE kind = 'daily' AND active = 1")
    assert json.loads(row["state_json"])["day_id"] == START.date().isoformat()
    await desk.drop()


async def test_a_resume_starts_a_daily_cap_from_the_equity_of_now(tmp_path: Path) -> None:
    falling: list[Row] = [
        (half / 2, "EURUSD", f"{bid}{half % 2}", f"{bid}9")
        for half in range(2400)
        for bid in ["1.1000" if half < 40 else "1.0500"]
    ]
    desk = await begun(tmp_path, falling)
    await put(desk, Cap(CapKind.DAILY, Decimal(4), base=DayBase.BALANCE))
    admin.place_foreign_trade(desk.folder / "account.jsonl", "EURUSD", "buy", "0.10")
    await desk.passes(30)
    account = desk.loop.account
    assert account is not None
    assert (await desk.store.account(account.id)).trading_state is TradingState.HALTED
    assert desk.positions() == ()
    owner = await desk.store.member(OWNER)
    assert owner is not None
    service = AccountService(desk.store, TradingLoop({0: desk.loop}, "test"), desk.clock)
    asked = await service.ask_resume(owner, account.id)
    assert isinstance(asked, Asked)
    assert "starts anew from here" in asked.words
    assert isinstance(await service.confirm(owner, asked.confirm_id, yes=True), Done)
    await desk.passes(10)
    assert (await desk.store.account(account.id)).trading_state is TradingState.ACTIVE
    equity = desk.loop.snapshot.account.own_equity if desk.loop.snapshot else Decimal(0)
    assert (await floors(desk))["daily"] == equity * Decimal("0.96")
    assert len(await desk.rows("SELECT * FROM breach")) == 1
    await desk.drop()


async def test_a_daily_cap_is_armed_again_at_its_reset_and_only_an_owner_resumes(
    tmp_path: Path,
) -> None:
    falling: list[Row] = [
        (half / 2, "EURUSD", f"{bid}{half % 2}", f"{bid}9")
        for half in range(2400)
        for bid in ["1.1000" if half < 40 else "1.0500" if half < 500 else "1.0000"]
    ]
    desk = await begun(tmp_path, falling)
    clock = DayClock("UTC", (START + timedelta(seconds=120)).time())
    await put(desk, Cap(CapKind.DAILY, Decimal(4), base=DayBase.BALANCE, day=clock))
    hand = desk.folder / "account.jsonl"
    admin.place_foreign_trade(hand, "EURUSD", "buy", "0.10")
    await desk.passes(30)
    account = desk.loop.account
    assert account is not None
    assert not await desk.rows("SELECT * FROM outbox WHERE topic LIKE 'recovered:%'")
    await desk.passes(100)
    assert await desk.rows("SELECT * FROM outbox WHERE topic LIKE 'recovered:%'")
    assert (await desk.store.account(account.id)).trading_state is TradingState.HALTED
    owner = await desk.store.member(OWNER)
    assert owner is not None
    service = AccountService(desk.store, TradingLoop({0: desk.loop}, "test"), desk.clock)
    asked = await service.ask_resume(owner, account.id)
    assert isinstance(asked, Asked)
    assert "starts anew" not in asked.words  # the new day's floor leaves room as it is
    await service.confirm(owner, asked.confirm_id, yes=True)
    admin.place_foreign_trade(hand, "EURUSD", "buy", "0.10")
    await desk.passes(130)
    assert len(await desk.rows("SELECT * FROM breach")) == 2
    assert desk.positions() == ()
    await desk.drop()


async def test_a_commission_whose_deal_comes_late_blinds_nobody_and_lifts_no_mark(
    tmp_path: Path,
) -> None:
    desk = await begun(tmp_path)
    await put(desk, Cap(CapKind.TRAILING, Decimal(10)))
    real = desk.client.snapshot

    async def charged(symbols: object) -> object:
        seen = await real(symbols)  # type: ignore[arg-type]
        money = seen.account
        less = Decimal("3.50")
        paid = replace(money, balance=money.balance - less, equity=money.equity + 20)
        return replace(seen, account=paid)

    desk.client.snapshot = charged  # type: ignore[method-assign,assignment]
    await desk.passes(4)
    assert not desk.loop.blind
    assert (await floors(desk))["trailing"] == 9000
    await desk.passes(14, every=5.0)  # too small to ask about: after a minute it is a result
    assert not await desk.rows("SELECT * FROM balance_question")
    assert (await floors(desk))["trailing"] == 9018
    await desk.drop()
