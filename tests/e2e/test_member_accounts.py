"""Members bring their own accounts: added in private, theirs alone, gone with their password."""

from pathlib import Path

from bot.vault import new_key
from tests.support.chat_desk import ChatDesk, chat_desk
from tests.support.fresh import direct

PASSWORD = "correct-horse-battery"  # noqa: S105 - of these tests alone


def _let_in(desk: ChatDesk, telegram_id: int, name: str, role: str = "trader") -> None:
    with direct(desk.settings.database_path) as database:
        database.execute(
            "INSERT INTO member (telegram_id, name, role, created_ms) VALUES (?, ?, ?, 0)",
            (telegram_id, name, role),
        )


async def test_a_member_adds_an_account_and_trades_it_alone(tmp_path: Path) -> None:
    async with chat_desk(tmp_path, ACCOUNTS_KEY=new_key()) as desk:
        _let_in(desk, 2001, "Mira")
        mira = desk.sandbox.person(2001, "Mira")
        sent = await mira.sends("/account add")
        await mira.sees("login, password and server", after=sent)
        form = await mira.sends(f"5012345 {PASSWORD} Broker-Demo")
        await mira.sees("Connecting 5012345", after=form)
        await mira.sees("Account connected")
        assert all(PASSWORD not in one.text for one in mira.messages)
        assert _files_with(tmp_path, PASSWORD) == []

        status, _ = await desk.post()
        assert status == 201
        card = await mira.sees("BUY EURUSD")
        assert "5012345" in card.text
        toast = await mira.taps(card, "Approve")
        assert toast is not None
        await mira.sees_in(card, "Filled")
        own = await mira.sends("/positions")
        await mira.sees("1 open", after=own)
        # The owner of the desk sees neither the account nor its money.
        theirs = await desk.says("/status", "Balance")
        assert "5012345" not in theirs.text
        assert "5012345" not in "".join(one.text for one in desk.owner.messages)

        gone = await mira.sends("/account remove 5012345")
        await mira.sees("is removed", after=gone)
        (row,) = desk.rows("SELECT state, sealed FROM terminal")
        assert row == {"state": "removed", "sealed": None}


async def test_a_restart_brings_members_accounts_back(tmp_path: Path) -> None:
    from bot.sandbox import Sandbox  # noqa: PLC0415 - only this test stops the process part
    from bot.settings import load_settings  # noqa: PLC0415
    from tests.support.chat_desk import OWNER, environment, running, steady  # noqa: PLC0415

    async with Sandbox() as sandbox:
        given = environment(tmp_path, sandbox.url, steady(), ACCOUNTS_KEY=new_key())
        settings = load_settings(given, None, need_telegram=True)
        desk = ChatDesk(tmp_path, sandbox, settings, sandbox.person(OWNER, "Olga"))
        async with running(desk):
            _let_in(desk, 2001, "Mira")
            mira = desk.sandbox.person(2001, "Mira")
            await mira.sends("/account add")
            await mira.sees("login, password")
            await mira.sends(f"5012345 {PASSWORD} Broker-Demo")
            await mira.sees("Account connected")
        async with running(desk):
            card_before = mira.messages[-1]
            await desk.post()
            card = await mira.sees("BUY EURUSD", after=card_before)
            assert "5012345" in card.text
            assert sum("Account connected" in one.text for one in mira.messages) == 1


async def test_bad_forms_foreign_logins_and_groups_are_refused(tmp_path: Path) -> None:
    async with chat_desk(tmp_path, ACCOUNTS_KEY=new_key()) as desk:
        _let_in(desk, 2001, "Mira")
        mira = desk.sandbox.person(2001, "Mira")
        await mira.sends("/account add")
        await mira.sees("login, password")
        sent = await mira.sends(f"my password is {PASSWORD}")
        await mira.sees("Not read", after=sent)
        assert all(PASSWORD not in one.text for one in mira.messages)
        (own,) = desk.rows("SELECT login, server FROM account")
        await mira.sends("/account add")
        sent = await mira.sends(f"{own['login']} {PASSWORD} {own['server']}")
        await mira.sees("on this desk already", after=sent)
        sent = await mira.sends(f"/account add 1 {PASSWORD} X")
        await mira.sees("Not in a command", after=sent)
        assert all(PASSWORD not in one.text for one in mira.messages)
        for wrong in ("/account remove 999", "/account check 999"):
            sent = await mira.sends(wrong)
            await mira.sees("none of your accounts", after=sent)
        assert desk.rows("SELECT id FROM terminal") == []


async def test_without_a_key_members_add_nothing(tmp_path: Path) -> None:
    async with chat_desk(tmp_path) as desk:
        await desk.says("/account add", "switched off")


def _files_with(folder: Path, text: str) -> list[str]:
    found = [one for one in folder.rglob("*") if one.is_file()]
    return [one.name for one in found if text.encode() in one.read_bytes()]
