"""Mail as a person sets it up in the chat, with a real mail server at the other end."""

from pathlib import Path

from tests.contract.test_mail import code_in
from tests.support.chat_desk import chat_desk
from tests.support.mail_server import by_mail, mail_server


async def test_an_address_is_proved_by_its_code_and_chosen_for_in_the_chat(tmp_path: Path) -> None:
    async with (
        mail_server(tmp_path) as server,
        chat_desk(tmp_path, None, **by_mail(server.port)) as desk,
    ):
        await desk.says("/email", "None goes out to you")
        await desk.says("/email not-an-address", "no e-mail address")
        await desk.says("/email Olga@Example.com", "code is on its way to Olga@example.com")
        await desk.says("/email 00000000", "not the code")
        await desk.says(f"/email {code_in(await server.arrival())}", "is confirmed")
        shown = await desk.says("/email", "It goes to Olga@example.com")
        await desk.owner.taps(shown, "receipts")
        await desk.owner.sees_in(shown, "It goes to")
        (box,) = desk.rows("SELECT receipt, critical FROM member_email")
        assert (box["receipt"], box["critical"]) == (0, 1)
        await desk.says("/email receipt on", "also come by e-mail")
        await desk.says("/email off", "forgotten")
        await desk.says("/email", "None goes out to you")


async def test_a_desk_without_a_mail_server_says_so(tmp_path: Path) -> None:
    async with chat_desk(tmp_path) as desk:
        await desk.says("/email olga@example.com", "not set up")
        assert desk.rows("SELECT * FROM member_email") == []
