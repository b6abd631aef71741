"""Ending flat against a real simulated broker: its order, its obstacles, its report."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.loop_desk import LoopDesk
from tests.support.simulated_desk import Row
from trading.ids import mint_client_order_id
from trading.model import Breach
from trading.terminal.simulated import admin

CALM: list[Row] = [
    (half / 2, symbol, bid, bid[:-1] + "9")
    for half in range(2400)
    for symbol, bid in (("EURUSD", f"1.1000{half % 2}"), ("GBPUSD", f"1.3000{half % 2}"))
]


class Breached:
    """A desk with positions of a person's own, and a panic."""

    def __init__(self, folder: Path, rows: list[Row] = CALM) -> None:
        self.desk = LoopDesk(folder, rows, TERMINAL_BALANCE="100000")

    async def begin(self, *trades: tuple[str, str, str]) -> LoopDesk:
        await self.desk.open()
        await self.desk.passes(2)
        for symbol, side, volume in trades:
            admin.place_foreign_trade(self.desk.folder / "account.jsonl", symbol, side, volume)
        await self.desk.passes(2)
        return self.desk

    async def panic(self) -> None:
        account, snapshot = self.desk.loop.account, self.desk.loop.snapshot
        assert account is not None
        assert snapshot is not None
        breach = Breach(
            equity=snapshot.account.own_equity,
            asked_by="owner",
            scope="all",
            floor=Decimal(99_990),
        )
        await self.desk.store.latch(account.id, breach, snapshot.positions)


def sent(desk: LoopDesk) -> list[dict[str, object]]:
    """Return the closing deals in the order they were made."""
    return [{"position": one.position_id, "entry": one.entry} for one in desk.deals() if one.entry]


async def report(desk: LoopDesk) -> dict[str, object]:
    (row,) = await desk.rows("SELECT body_json FROM outbox WHERE topic = 'breach:1'")
    told: dict[str, object] = json.loads(row["body_json"])
    return told


async def test_a_hedged_pair_is_closed_by_each_other_and_the_rest_at_the_market(
    tmp_path: Path,
) -> None:
    breached = Breached(tmp_path)
    desk = await breached.begin(
        ("EURUSD", "buy", "1.00"), ("EURUSD", "sell", "0.40"), ("GBPUSD", "buy", "0.10")
    )
    await breached.panic()
    await desk.passes(4)
    assert desk.positions() == ()
    by = [one for one in sent(desk) if one["entry"] == 3]
    assert len(by) == 2  # both legs of one close_by
    told = await report(desk)
    assert told["flat_at"] is not None
    tickets = told["tickets"]
    assert isinstance(tickets, list)
    assert [one["problem"] for one in tickets] == ["", "", ""]
    assert all(one["result"] is not None for one in tickets)
    await desk.drop()


async def test_a_fifo_broker_gets_the_oldest_first(tmp_path: Path) -> None:
    breached = Breached(tmp_path)
    desk = await breached.begin(("EURUSD", "buy", "0.10"), ("EURUSD", "buy", "2.00"))
    oldest, young = (one.ticket for one in desk.positions())
    desk.faults.write_text(json.dumps([{"kind": "account", "set": {"is_fifo": True}}]))
    await desk.passes(1)
    await breached.panic()
    await desk.passes(4)
    assert desk.positions() == ()
    assert [one["position"] for one in sent(desk)] == [oldest, young]
    await desk.drop()


async def test_a_part_that_was_filled_is_followed_by_the_rest(tmp_path: Path) -> None:
    breached = Breached(tmp_path)
    desk = await breached.begin(("EURUSD", "buy", "1.00"))
    desk.faults.write_text(json.dumps([{"kind": "partial", "times": 1}]))
    await breached.panic()
    await desk.passes(4)
    assert desk.positions() == ()
    assert len(sent(desk)) == 2
    await desk.drop()


@pytest.mark.parametrize("retcode", [10004, 10020, 10021])
async def test_a_requote_is_asked_again_at_once(tmp_path: Path, retcode: int) -> None:
    breached = Breached(tmp_path)
    desk = await breached.begin(("EURUSD", "buy", "1.00"))
    rule = {"kind": "retcode", "retcode": retcode, "times": 2}
    desk.faults.write_text(json.dumps([rule]))
    await breached.panic()
    await desk.passes(4, every=0.1)
    assert desk.positions() == ()
    await desk.drop()


def closing_market() -> list[Row]:
    """EURUSD that is quoted for 10 s, is silent for an hour, and is quoted again."""
    open_ = [(half / 2, "EURUSD", f"1.1000{half % 2}", "1.10009") for half in range(20)]
    again = [(3600 + half / 2, "EURUSD", f"1.0900{half % 2}", "1.09009") for half in range(200)]
    return [*open_, *again]


async def test_a_closed_market_keeps_the_latch_escalates_and_closes_when_quotes_return(
    tmp_path: Path,
) -> None:
    breached = Breached(tmp_path, closing_market())
    desk = await breached.begin(("EURUSD", "buy", "1.00"))
    desk.clock.advance(120)
    await desk.passes(1)
    await breached.panic()
    await desk.passes(20, every=10)
    stuck = await desk.rows("SELECT * FROM outbox WHERE topic LIKE 'stuck:%' ORDER BY id")
    told = json.loads(stuck[0]["body_json"])
    assert told["minutes"] == 3
    assert "closed" in told["tickets"][0]["problem"]
    await desk.passes(70, every=10)
    assert len(desk.positions()) == 1
    # A closed market is not asked again and again: about once a minute.
    (tries,) = await desk.rows("SELECT count(*) AS n FROM orders WHERE purpose = 'close'")
    assert tries["n"] <= 18
    while desk.clock.monotonic() < 1000 + 3600:
        desk.clock.advance(30)
    await desk.passes(4)
    assert desk.positions() == ()
    (account,) = await desk.rows("SELECT * FROM account")
    assert account["trading_state"] == "halted"
    assert account["flatten_asked_ms"] is None
    await desk.passes(3)
    equity = Decimal(str((await report(desk))["equity_after"]))
    assert equity < 99_990  # the gap of the reopening, past the floor, is in the report
    await desk.drop()


async def test_an_entry_of_ours_that_comes_to_life_after_the_end_is_closed_too(
    tmp_path: Path,
) -> None:
    breached = Breached(tmp_path)
    desk = await breached.begin(("EURUSD", "buy", "0.10"))
    await breached.panic()
    await desk.passes(4)
    assert desk.positions() == ()
    admin.place_foreign_trade(
        desk.folder / "account.jsonl", "EURUSD", "buy", "0.20", magic=mint_client_order_id()
    )
    await desk.passes(5)
    assert desk.positions() == ()
    # What a person opens by hand meanwhile is theirs.
    admin.place_foreign_trade(desk.folder / "account.jsonl", "EURUSD", "buy", "0.30")
    await desk.passes(5)
    assert len(desk.positions()) == 1
    await desk.drop()
