"""Buying a plan: with stars in the chat, with crypto by a link, and getting the money back."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.billing import CRYPTO_PATH
from bot.cryptopay import signature
from bot.sandbox import Person
from tests.support.chat_desk import ChatDesk, chat_desk
from tests.support.crypto_pay import TOKEN, crypto_pay, tell
from tests.support.fresh import direct
from trading.clock import SystemClock

MIRA = 2001


def _let_in(desk: ChatDesk) -> Person:
    with direct(desk.settings.database_path) as database:
        database.execute(
            "INSERT INTO member (telegram_id, name, role, created_ms)"
            " VALUES (?, 'Mira', 'trader', 0)",
            (MIRA,),
        )
    return desk.sandbox.person(MIRA, "Mira")


async def _ask(person: Person, text: str, expected: str) -> str:
    sent = await person.sends(text)
    return (await person.sees(expected, after=sent)).text


async def test_money_of_somebody_whose_rights_were_taken_is_booked_and_told(
    tmp_path: Path,
) -> None:
    async with chat_desk(tmp_path, PLANS_ENABLED="true") as desk:
        mira = _let_in(desk)
        sent = await mira.sends("/upgrade")
        offer = await mira.sees("Plans", after=sent)
        await mira.taps(offer, "Trader · 750")
        invoice = await mira.sees("Plan trader", after=offer)
        charge = await mira.pays(invoice, meanwhile=lambda: _revoke(desk))
        told = await desk.owner.sees("Somebody without rights has paid")
        assert charge in told.text
        (row,) = desk.rows("SELECT external_id FROM booking")
        assert row["external_id"] == charge
        assert desk.rows("SELECT * FROM unmatched_payment") == []
        await _ask(mira, "/start", "Your Telegram id")
        with pytest.raises(AssertionError, match="not yours"):
            await mira.pays(invoice)


def _revoke(desk: ChatDesk) -> None:
    with direct(desk.settings.database_path) as database:
        database.execute("UPDATE member SET revoked_ms = 1 WHERE telegram_id = ?", (MIRA,))


async def test_stars_buy_a_plan_once_and_come_back(tmp_path: Path) -> None:
    async with chat_desk(tmp_path, PLANS_ENABLED="true", PLANS_CONTACT="@desk_owner") as desk:
        mira = _let_in(desk)
        assert "Accounts   1" in await _ask(mira, "/plan", "Free")
        sent = await mira.sends("/upgrade")
        offer = await mira.sees("Plans", after=sent)
        await mira.taps(offer, "Trader · 750")
        invoice = await mira.sees("Plan trader", after=offer)
        charge = await mira.pays(invoice)
        desk.sandbox.faults.redeliver(3)
        receipt = await mira.sees("Reference", after=invoice)
        assert charge in receipt.text
        assert "Trader" in await _ask(mira, "/plan", "Accounts   3")
        assert len(desk.rows("SELECT id FROM booking")) == 1
        with pytest.raises(AssertionError, match="paid already"):
            await mira.pays(invoice)
        assert charge in await _ask(mira, "/invoice", "paid")

        await _ask(mira, f"/refund {charge}", "needs the role owner")
        await desk.says(f"/refund {charge}", "Asked for")
        assert desk.app is not None
        await desk.app.billing.step()
        await mira.sees("Refunded", after=receipt)
        await _ask(mira, "/plan", "Free")
        await desk.says(f"/refund {charge}", "refunded before")
        assert "@desk_owner" in await _ask(mira, "/paysupport", "Payments")
        assert "never depend on a plan" in await _ask(mira, "/terms", "Terms")


async def test_gifts_trials_and_codes_count_once(tmp_path: Path) -> None:
    async with chat_desk(tmp_path, PLANS_ENABLED="true") as desk:
        mira = _let_in(desk)
        await _ask(mira, "/trial", "Trader")
        await _ask(mira, "/trial", "had your trial")
        await _ask(mira, "/promo NOPE", "not known")
        await _ask(mira, "/promo", "Write it like")
        await desk.says(f"/grantplan {MIRA} desk 30", "given")
        assert "Desk" in await _ask(mira, "/plan", "Auto mode  yes")
        await desk.says("/grantplan 5 desk 30", "no member")
        await desk.says("/grantplan nonsense", "Write it like")


async def test_crypto_is_booked_by_webhook_or_by_asking_and_never_twice(tmp_path: Path) -> None:
    async with (
        crypto_pay() as server,
        chat_desk(
            tmp_path, PLANS_ENABLED="true", CRYPTO_TOKEN=TOKEN, CRYPTO_API_URL=server.url
        ) as desk,
    ):
        mira = _let_in(desk)
        url = f"http://127.0.0.1:{desk.settings.http.port}{CRYPTO_PATH}"
        sent = await mira.sends("/upgrade")
        offer = await mira.sees("Plans", after=sent)
        server.away = True
        await mira.taps(offer, "Trader · 9.9")
        await mira.sees("does not answer", after=offer)
        server.away = False
        for _ in range(3):
            before = mira.messages[-1]
            await mira.taps(offer, "Trader · 9.9")
            await mira.sees("Pay within an hour", after=before)
        first, second, third = sorted(server.invoices)

        bookings = "SELECT external_id FROM booking"
        kept = "SELECT external_id FROM unmatched_payment"
        server.paid(first)
        body = server.update(first)
        signed = signature(TOKEN, body)
        assert await tell(url, body, "0" * 64) == 401
        assert await tell(url, body.replace(b"9.90", b"9.91"), signed) == 401
        old = server.update(first, SystemClock().now() - timedelta(hours=1))
        assert await tell(url, old) == 403
        assert desk.rows(bookings) == desk.rows(kept) == []

        server.paid(second)
        assert await tell(url, server.update(second)) == 200
        assert await tell(url, server.update(second)) == 200
        await mira.sees("Trader", after=offer)
        assert desk.rows(bookings) == [{"external_id": str(second)}]
        server.paid(third, "5.00")
        assert desk.app is not None
        await desk.app.billing.step()
        await desk.app.billing.step()
        await desk.owner.sees("5.00 of 9.90")
        assert desk.rows(kept) == [{"external_id": str(third)}]
        assert {row["external_id"] for row in desk.rows(bookings)} == {str(first), str(second)}


async def test_switched_off_everything_is_open(tmp_path: Path) -> None:
    async with chat_desk(tmp_path) as desk:
        for text in ("/plan", "/upgrade", "/trial"):
            await desk.says(text, "everything is open to you")
