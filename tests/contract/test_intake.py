"""Messages of sources, from text to what is on disk, by the source's settings."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest_asyncio

from bot.cases_command import write_cases
from bot.settings import load_settings
from tests.support.fresh import engine_settings
from tests.support.intake_desk import IntakeDesk, intake_desk
from trading.incoming import OutcomeKind
from trading.model import Quote, Role
from trading.sources import SourceMode

GOLD = "GOLD BUY 3213\nSL 3205\nTP1 3220\nTP2 3230"


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[IntakeDesk]:
    async with intake_desk(tmp_path) as one:
        yield one


async def test_a_signal_is_stored_with_its_words_and_their_places(desk: IntakeDesk) -> None:
    outcome = await desk.says(GOLD, "m1")

    assert outcome.kind is OutcomeKind.SIGNAL
    (row,) = await desk.rows("SELECT * FROM signal")
    assert (row["source"], row["source_ref"], row["text"]) == ("Gold VIP", "m1:0", GOLD)
    assert '"sl": [17, 21]' in row["spans_json"]
    assert GOLD[17:21] == "3205"


async def test_a_redelivered_message_changes_nothing(desk: IntakeDesk) -> None:
    await desk.says(GOLD, "m1")
    again = await desk.says(GOLD, "m1")

    assert again.kind is OutcomeKind.KNOWN
    assert len(await desk.rows("SELECT * FROM signal")) == 1


async def test_the_same_signal_in_two_rooms_is_one(desk: IntakeDesk) -> None:
    first = await desk.says(GOLD, "m1")
    other = await desk.says("xau/usd long 3,213 stop 3205.0 targets 3220 3230", "m9", room="Copy")

    assert other.kind is OutcomeKind.KNOWN
    assert other.signals == first.signals
    assert "from Gold VIP" in other.words


async def test_the_same_words_much_later_are_a_new_signal(desk: IntakeDesk) -> None:
    await desk.says(GOLD, "m1")
    desk.clock.advance(3600)

    assert (await desk.says(GOLD, "m2")).kind is OutcomeKind.SIGNAL


async def test_what_is_too_old_after_an_outage_is_dropped_and_counted(desk: IntakeDesk) -> None:
    for number in range(3):
        outcome = await desk.says(GOLD.replace("3213", f"321{number}"), f"m{number}", age=4000)
        assert outcome.kind is OutcomeKind.STALE

    assert await desk.rows("SELECT * FROM signal") == []
    (told,) = await desk.told("stale_dropped")
    assert '"number":3' in told


async def test_a_flooding_source_is_throttled_and_told_once(desk: IntakeDesk) -> None:
    await desk.set("Gold VIP", "limit 5")
    kinds = [
        (await desk.says(GOLD.replace("3213", f"32{number}"), f"m{number}")).kind
        for number in range(10, 19)
    ]

    assert kinds.count(OutcomeKind.SIGNAL) == 5
    assert set(kinds[5:]) == {OutcomeKind.THROTTLED}
    assert len(await desk.told("source_flood")) == 1
    desk.clock.advance(61)
    assert (await desk.says(GOLD.replace("3213", "3219"), "m30")).kind is OutcomeKind.SIGNAL


async def test_an_unknown_channel_is_off_until_an_owner_says_otherwise(desk: IntakeDesk) -> None:
    outcome = await desk.says(GOLD, "m1", first_mode=SourceMode.OFF)

    assert outcome.kind is OutcomeKind.OFF
    assert len(await desk.told("source_met")) == 1
    await desk.set("Gold VIP", "ask")
    assert (await desk.says(GOLD, "m2")).kind is OutcomeKind.SIGNAL


async def test_a_shadow_source_is_traded_on_paper_and_asks_nobody(desk: IntakeDesk) -> None:
    await desk.set("Gold VIP", "shadow")

    assert (await desk.says(GOLD, "m1")).kind is OutcomeKind.SHADOW
    assert await desk.rows("SELECT * FROM approval") == []
    assert len(await desk.rows("SELECT * FROM paper WHERE status = 'waiting'")) == 1


async def test_auto_needs_its_limits_and_keeps_within_them(desk: IntakeDesk) -> None:
    source = await desk.intake.source("tg:Gold VIP", "Gold VIP")
    refused = await desk.channels.change(desk.owner, str(source.id), ["auto"])
    assert isinstance(refused, str)
    await desk.set("Gold VIP", "autorisk 0.5", "perday 2", "allow XAUUSD", "auto")

    for number in range(3):
        await desk.says(GOLD.replace("3213", f"321{number}"), f"m{number}")
    assert (await desk.says("EURUSD BUY 1.1 SL 1.09 TP 1.12", "m9")).kind is OutcomeKind.REFUSED
    rows = await desk.rows("SELECT status, detail FROM approval ORDER BY id")

    assert [row["status"] for row in rows] == ["approved", "approved", "offered"]
    (draft, *_) = await desk.rows("SELECT draft_json FROM signal")
    assert '"risk_percent":"0.5"' in draft["draft_json"]


async def test_symbol_map_suffix_offset_risk_and_time_are_the_sources(desk: IntakeDesk) -> None:
    await desk.set("Gold VIP", "map XAUUSD GOLDm", "offset XAUUSD -0.30", "risk 0.4", "ttl 60")
    await desk.says(GOLD, "m1")
    (row,) = await desk.rows("SELECT * FROM signal")

    assert row["symbol"] == "GOLDm"
    assert '"stop_loss":"3204.70"' in row["draft_json"]
    assert '"risk_percent":"0.4"' in row["draft_json"]
    assert row["expires_ms"] - row["created_ms"] == 60_000


async def test_a_wrong_stop_is_held_with_the_words_why_then_mended_and_kept_as_a_case(
    desk: IntakeDesk,
) -> None:
    outcome = await desk.says("XAUUSD BUY 3213\nSL 3219\nTP 3230", "m1")
    assert outcome.words == "stop 3219 is above the entry 3213 of a BUY"
    (held,) = await desk.rows("SELECT * FROM held")
    assert "Not yet" in await desk.fixes.take(desk.owner, held["id"])

    assert await desk.fixes.ask(desk.owner, held["id"], "stop") is None
    assert await desk.fixes.answer(desk.owner, "3209") is None
    assert "Taken" in await desk.fixes.take(desk.owner, held["id"])
    assert await desk.fixes.take(desk.owner, held["id"]) == "This one is settled already."

    (signal,) = await desk.rows("SELECT * FROM signal")
    assert '"stop_loss":"3209"' in signal["draft_json"]
    ((source, text, draft),) = await desk.sources.cases()
    assert (source, text[:10], draft.stop_loss) == ("Gold VIP", "XAUUSD BUY", Decimal(3209))
    out = StringIO()
    settings = load_settings(engine_settings(desk.path), None, need_telegram=False)
    write_cases(settings, out)
    line = json.loads(out.getvalue())
    assert (line["source"], line["signals"][0]["sl"]) == ("Gold VIP", 3209)


async def test_a_call_and_its_details_become_one_card(desk: IntakeDesk) -> None:
    assert (await desk.says("gold buy now", "m1")).kind is OutcomeKind.HELD
    desk.clock.advance(90)
    joined = await desk.says("SL 3205\nTP 3220\nTP 3230", "m2")

    assert joined.kind is OutcomeKind.SIGNAL
    (signal,) = await desk.rows("SELECT * FROM signal")
    assert '"take_profits":["3220","3230"]' in signal["draft_json"]
    (held,) = await desk.rows("SELECT * FROM held")
    assert (held["status"], held["signal_id"]) == ("completed", signal["id"])


async def test_details_that_come_too_late_are_not_joined(desk: IntakeDesk) -> None:
    await desk.says("gold buy now", "m1")
    desk.clock.advance(121)
    await desk.says("SL 3205\nTP 3220", "m2")

    assert await desk.rows("SELECT * FROM signal") == []


async def test_a_missing_stop_is_asked_for_with_levels_or_refused(desk: IntakeDesk) -> None:
    now = desk.clock.now()
    quote = Quote("XAUUSD", Decimal("3212.90"), Decimal("3213.20"), now, 0.5)
    desk.quotes["XAUUSD"] = quote
    await desk.says("gold buy now", "m1")
    (held,) = await desk.rows("SELECT * FROM held")
    assert '"3206.47"' in held["stops_json"]
    words = await desk.fixes.stop_at(desk.owner, held["id"], Decimal("3206.47"))
    assert "Taken" in words

    await desk.set("Gold VIP", "nostop refuse")
    assert (await desk.says("gold sell now", "m2")).kind is OutcomeKind.REFUSED


async def test_an_edit_closes_the_open_card_and_offers_the_new_words(desk: IntakeDesk) -> None:
    await desk.says(GOLD, "m1")
    await desk.says(GOLD.replace("3205", "3207"), "m1")
    rows = await desk.rows(
        "SELECT a.status, s.draft_json FROM approval a JOIN signal s ON s.id = a.signal_id"
        " ORDER BY a.id"
    )

    assert [row["status"] for row in rows] == ["canceled", "offered"]
    assert '"stop_loss":"3207"' in rows[1]["draft_json"]
    (message,) = await desk.rows("SELECT * FROM source_message")
    assert message["edits"] == 1


async def test_an_edit_of_typography_changes_nothing(desk: IntakeDesk) -> None:
    await desk.says(GOLD, "m1")
    await desk.says(GOLD.replace("GOLD", "🔥 GOLD"), "m1")

    assert [row["status"] for row in await desk.rows("SELECT * FROM approval")] == ["offered"]


async def test_an_edit_into_a_result_closes_the_open_card(desk: IntakeDesk) -> None:
    await desk.says(GOLD, "m1")
    await desk.says(GOLD + "\nTP1 hit ✅", "m1")

    assert [row["status"] for row in await desk.rows("SELECT * FROM approval")] == ["canceled"]


async def test_only_an_owner_changes_a_source_and_it_is_audited(desk: IntakeDesk) -> None:
    source = await desk.set("Gold VIP", "risk 0.5")
    trader = type(desk.owner)(desk.owner.id, 8, "Tom", Role.TRADER, reachable=True)

    refused = await desk.channels.change(trader, str(source.id), ["risk", "5"])
    assert isinstance(refused, str)
    (row,) = await desk.rows("SELECT * FROM audit WHERE action = 'source_changed'")
    assert row["detail"] == "Gold VIP: risk 0.5"


async def test_what_nobody_looks_at_expires_without_a_trade(desk: IntakeDesk) -> None:
    await desk.says("XAUUSD BUY 3213\nSL 3219\nTP 3230", "m1")
    desk.clock.advance(901)

    assert await desk.fixes.expire() == 1
    assert [row["status"] for row in await desk.rows("SELECT * FROM held")] == ["expired"]
